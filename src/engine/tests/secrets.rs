//! Secrets that outlive the operator's keys, numbers that somebody has already, and keys of the older form.

use super::*;
use crate::domain::api_key::{IssuedKey, KeyName};
use crate::domain::endpoint::Endpoint as At;
use crate::domain::id::MerchantId;
use crate::engine::Edit;
use crate::keys::{digest, sent_hash};

/// A clock that draws the same bytes a few times, and then others.
struct Drawing {
    clock: Arc<TestClock>,
    same: AtomicUsize,
}

impl Clock for Drawing {
    fn ahead(&self) -> Duration {
        self.clock.ahead()
    }

    fn entropy(&self) -> [u8; 32] {
        let left = self.same.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() { [7; 32] } else { self.clock.entropy() }
    }
}

/// A node with these keys.
fn node(ground: &Ground, keys: &[&str], clock: Arc<dyn Clock>) -> Engine {
    Engine::new(Parts {
        store: Arc::clone(&ground.store),
        keys: Keys::parse(&keys.join(",")).unwrap(),
        clock,
        banks: Vec::new(),
        institutions: Vec::new(),
        dialects: vec![Arc::new(Terse)],
        public_url: PublicUrl::parse("https://pay.example").unwrap(),
        rules: Rules::default(),
        budget: Duration::from_millis(250),
        longest_life: Duration::from_hours(90 * 24),
        operator: Vec::new(),
        herald: Arc::new(crate::engine::NoHerald),
    })
}

fn name(text: &str) -> MerchantName {
    MerchantName::parse(text).unwrap()
}

async fn stored(engine: &Engine, id: MerchantId) -> Merchant {
    engine.merchant(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_kept_for_a_merchant_outlives_the_operators_old_key() {
    let ground = Ground::new();
    let clock = || Arc::clone(&ground.clock) as Arc<dyn Clock>;
    let keys = [("k1", 3), ("k2", 4)].map(|(id, fill)| Keys::write_fresh(id, [fill; 32]).reveal().to_owned());
    let [old, new] = keys.each_ref().map(String::as_str);
    let before = node(&ground, &[old], clock());
    let id = before.add_merchant(name("Shop")).await.unwrap().merchant.id;
    let hour = Duration::from_hours(1);
    before.rotate_signing_secret(id, hour).await.unwrap().unwrap();
    before.rotate_webhook_key(id, hour).await.unwrap().unwrap();
    let cipher = before.seal_for(id, &Secret::new("of the endpoint")).unwrap();
    let url = CallbackUrl::parse("https://shop.example/told", &Rules::default()).unwrap();
    let endpoint = At { cipher: Some(cipher), ..At::at(url) };
    before.edit(id, &Edit::AddEndpoint(endpoint), None).await.unwrap();
    let shop = stored(&before, id).await;
    let (secrets, webhook_keys) = (before.signing_secrets(&shop).unwrap(), before.webhook_keys(&shop));
    assert_eq!((secrets.len(), webhook_keys.len()), (2, 2));
    assert_eq!(before.reseal().await, Ok(0), "it is sealed under the current key");

    assert_eq!(node(&ground, &[new, old], clock()).reseal().await, Ok(1));
    let after = node(&ground, &[new], clock());
    let shop = stored(&after, id).await;
    assert_eq!(after.signing_secrets(&shop).unwrap(), secrets);
    assert_eq!(after.webhook_keys(&shop), webhook_keys);
    let cipher = shop.endpoints.at(0).and_then(|endpoint| endpoint.cipher.clone()).unwrap();
    assert_eq!(after.keys.open(&cipher, id.as_bytes()).unwrap().as_slice(), b"of the endpoint");
    assert_eq!(after.reseal().await, Ok(0));
}

#[tokio::test]
async fn a_number_that_another_merchant_has_is_drawn_again() {
    let ground = Ground::new();
    let drawing = Arc::new(Drawing { clock: Arc::clone(&ground.clock), same: AtomicUsize::new(0) });
    let key = Keys::write_fresh("k1", [3; 32]);
    let engine = node(&ground, &[key.reveal()], Arc::clone(&drawing) as Arc<dyn Clock>);
    let [first, second] = ["First", "Second"].map(name);
    let (first, second) = (engine.add_merchant(first).await.unwrap(), engine.add_merchant(second).await.unwrap());
    let name = || KeyName::parse("drawn").unwrap();
    drawing.same.store(1, Ordering::SeqCst);
    let taken = engine.add_key(first.merchant.id, name()).await.unwrap().unwrap();
    drawing.same.store(3, Ordering::SeqCst);
    let other = engine.add_key(second.merchant.id, name()).await.unwrap().unwrap();
    assert_ne!(taken.issued.number, other.issued.number);
    for (new, id) in [(&taken, first.merchant.id), (&other, second.merchant.id)] {
        let known = engine.authenticate(new.key.reveal()).await.unwrap().unwrap();
        assert_eq!(known.id, id);
    }
}

#[tokio::test]
async fn a_key_of_the_older_form_opens_what_it_opened_before_and_can_be_ended() {
    let ground = Ground::new();
    let key = Keys::write_fresh("k1", [3; 32]);
    let engine = node(&ground, &[key.reveal()], Arc::clone(&ground.clock) as Arc<dyn Clock>);
    let shop = engine.add_merchant(name("Shop")).await.unwrap().merchant;
    let (text, sent) = (format!("hbk_{}_{}", shop.id.to_string().replace('-', ""), "s".repeat(43)), "5f".repeat(20));
    let older = IssuedKey::older(digest("api key", text.as_bytes()), Some(sent_hash(&sent)), shop.created_at);
    let (number, own) = (older.number, shop.api_keys[0].number);
    let with_older = Merchant { revision: 2, api_keys: vec![shop.api_keys[0].clone(), older], ..shop.clone() };
    ground.store.replace(&with_older, None).await.unwrap();

    assert_eq!(engine.authenticate(&text).await.unwrap().unwrap().id, shop.id);
    for password in [&text, &sent] {
        assert_eq!(engine.authenticate_as(shop.id, password).await.unwrap().unwrap().id, shop.id);
    }
    assert!(engine.authenticate(&text.replace("ss", "st")).await.unwrap().is_none());
    assert!(engine.revoke_key(shop.id, number).await.unwrap());
    assert!(engine.authenticate(&text).await.unwrap().is_none());
    assert!(engine.authenticate_as(shop.id, &sent).await.unwrap().is_none());
    assert_eq!(
        engine.revoke_key(shop.id, own).await.unwrap_err().to_string(),
        "key: is the last one; add another first, or rotate this one"
    );
}

#[tokio::test]
async fn the_newcomers_page_keeps_its_key_when_the_merchant_rotates_its_own() {
    let ground = Ground::new();
    let key = Keys::write_fresh("k1", [3; 32]);
    let engine = node(&ground, &[key.reveal()], Arc::clone(&ground.clock) as Arc<dyn Clock>);
    let new = engine.add_merchant(name("Shop")).await.unwrap();
    let id = new.merchant.id;
    let page = engine.demo_key(id).await.unwrap().unwrap();
    assert_eq!(engine.demo_key(id).await.unwrap().unwrap(), page, "the same at every start");
    let rotated = engine.rotate_key(id, None, Duration::ZERO).await.unwrap().unwrap();
    assert!(engine.authenticate(new.api_key.reveal()).await.unwrap().is_none());
    for key in [&page, &rotated.key] {
        assert_eq!(engine.authenticate(key.reveal()).await.unwrap().unwrap().id, id);
    }
    engine.add_key(id, KeyName::parse("till").unwrap()).await.unwrap().unwrap();
    let refused = engine.rotate_key(id, None, Duration::ZERO).await.unwrap_err().to_string();
    assert!(refused.contains("(first)") && refused.contains("(till)"), "{refused}");
}

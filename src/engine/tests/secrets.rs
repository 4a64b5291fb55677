//! Secrets that outlive the operator's keys, and numbers that somebody has already.

use super::*;
use crate::domain::{KeyName, MerchantId, Mode, SavedEndpoint, SealedHeader, endpoint::WebhookEndpoint as At};
use crate::engine::{Edit, derive, merchant_keys, use_cases};
use crate::keys::Keys;

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
    let keys = Keys::parse(&keys.join(",")).unwrap();
    Engine::new(Deps { keys, dialects: vec![Arc::new(Terse)], ..deps(Arc::clone(&ground.store), clock) })
}

fn name(text: &str) -> MerchantName {
    MerchantName::parse(text).unwrap()
}

async fn stored(engine: &Engine, id: MerchantId) -> Merchant {
    use_cases::authenticate::merchant(engine, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_kept_for_a_merchant_outlives_the_operators_old_key() {
    let ground = Ground::new();
    let clock = || Arc::clone(&ground.clock) as Arc<dyn Clock>;
    let keys = [("k1", 3), ("k2", 4)].map(|(id, fill)| Keys::write_fresh(id, [fill; 32]).reveal().to_owned());
    let [old, new] = keys.each_ref().map(String::as_str);
    let before = node(&ground, &[old], clock());
    let id = use_cases::merchants::add(&before, name("Shop"), Mode::Test).await.unwrap().merchant.id;
    let hour = Duration::from_hours(1);
    use_cases::secrets::rotate_signing_secret(&before, id, hour).await.unwrap().unwrap();
    use_cases::secrets::rotate_webhook_key(&before, id, hour).await.unwrap().unwrap();
    let cipher = derive::seal_for(&before.deps, id, &Secret::new("of the endpoint")).unwrap();
    let url = CallbackUrl::parse("https://shop.example/told", &Rules::default()).unwrap();
    let value = derive::seal_for(&before.deps, id, &Secret::new("of the header")).unwrap();
    let headers = vec![SealedHeader { name: "authorization".into(), value }];
    let endpoint = SavedEndpoint { headers, ..At { cipher: Some(cipher), ..At::at(url) }.into() };
    use_cases::profile::edit(&before, id, &Edit::AddEndpoint(endpoint), None).await.unwrap();
    let shop = stored(&before, id).await;
    let (secrets, webhook_keys) = (
        merchant_keys::signing_secrets(&before.deps, &shop).unwrap(),
        merchant_keys::webhook_keys(&before.deps, &shop),
    );
    assert_eq!((secrets.len(), webhook_keys.len()), (2, 2));
    assert_eq!(use_cases::secrets::reseal(&before).await, Ok(0), "it is sealed under the current key");

    assert_eq!(use_cases::secrets::reseal(&node(&ground, &[new, old], clock())).await, Ok(1));
    let after = node(&ground, &[new], clock());
    let shop = stored(&after, id).await;
    assert_eq!(merchant_keys::signing_secrets(&after.deps, &shop).unwrap(), secrets);
    assert_eq!(merchant_keys::webhook_keys(&after.deps, &shop), webhook_keys);
    let cipher = shop.endpoints.at(0).and_then(|endpoint| endpoint.cipher.clone()).unwrap();
    assert_eq!(after.deps.keys.open(&cipher, id.as_bytes()).unwrap().as_slice(), b"of the endpoint");
    let header = shop.endpoints.at(0).and_then(|endpoint| endpoint.headers.first()).unwrap();
    assert_eq!(after.deps.keys.open(&header.value, id.as_bytes()).unwrap().as_slice(), b"of the header");
    assert_eq!(use_cases::secrets::reseal(&after).await, Ok(0));
}

#[tokio::test]
async fn a_number_that_another_merchant_has_is_drawn_again() {
    let ground = Ground::new();
    let drawing = Arc::new(Drawing { clock: Arc::clone(&ground.clock), same: AtomicUsize::new(0) });
    let key = Keys::write_fresh("k1", [3; 32]);
    let engine = node(&ground, &[key.reveal()], Arc::clone(&drawing) as Arc<dyn Clock>);
    let [first, second] = ["First", "Second"].map(name);
    let (first, second) = (
        use_cases::merchants::add(&engine, first, Mode::Test).await.unwrap(),
        use_cases::merchants::add(&engine, second, Mode::Test).await.unwrap(),
    );
    let name = || KeyName::parse("drawn").unwrap();
    drawing.same.store(1, Ordering::SeqCst);
    let taken = use_cases::secrets::add_key(&engine, first.merchant.id, name()).await.unwrap().unwrap();
    drawing.same.store(3, Ordering::SeqCst);
    let other = use_cases::secrets::add_key(&engine, second.merchant.id, name()).await.unwrap().unwrap();
    assert_ne!(taken.issued.number, other.issued.number);
    for (new, id) in [(&taken, first.merchant.id), (&other, second.merchant.id)] {
        let known = use_cases::authenticate::authenticate(&engine, new.key.reveal()).await.unwrap().unwrap();
        assert_eq!(known.id, id);
    }
}

#[tokio::test]
async fn the_newcomers_page_keeps_its_key_when_the_merchant_rotates_its_own() {
    let ground = Ground::new();
    let key = Keys::write_fresh("k1", [3; 32]);
    let engine = node(&ground, &[key.reveal()], Arc::clone(&ground.clock) as Arc<dyn Clock>);
    let new = use_cases::merchants::add(&engine, name("Shop"), Mode::Test).await.unwrap();
    let id = new.merchant.id;
    let page = use_cases::secrets::demo_key(&engine, id).await.unwrap().unwrap();
    assert_eq!(use_cases::secrets::demo_key(&engine, id).await.unwrap().unwrap(), page, "the same at every start");
    let rotated = use_cases::secrets::rotate_key(&engine, id, None, Duration::ZERO).await.unwrap().unwrap();
    assert!(use_cases::authenticate::authenticate(&engine, new.api_key.reveal()).await.unwrap().is_none());
    for key in [&page, &rotated.key] {
        assert_eq!(use_cases::authenticate::authenticate(&engine, key.reveal()).await.unwrap().unwrap().id, id);
    }
    use_cases::secrets::add_key(&engine, id, KeyName::parse("till").unwrap()).await.unwrap().unwrap();
    let refused = use_cases::secrets::rotate_key(&engine, id, None, Duration::ZERO).await.unwrap_err().to_string();
    assert!(refused.contains("(first)") && refused.contains("(till)"), "{refused}");
}

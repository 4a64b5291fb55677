//! How far a call came, and how often a bank is looked up.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::fake::{Fake, Play};
use super::{STATE, bank, jwk, openid, plain, sign, trip};
use crate::bank::oidc::settings::{Endpoints, OidcConfig};
use crate::bank::{Bank as _, BankTrouble};
use crate::clock::{Clock as _, TestClock};
use crate::domain::outcome::{Cause, Fact, Offer, Outcome};

fn with_token_at(config: OidcConfig, address: &str) -> OidcConfig {
    let Endpoints::Explicit(mut endpoints) = config.endpoints else { panic!() };
    endpoints.token = address.into();
    OidcConfig { endpoints: Endpoints::Explicit(endpoints), ..config }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_has_not_been_asked() {
    let fake = Fake::start().await;
    let address = format!("{}/token", fake.base().replace("http:", "https:"));
    let bank = bank(with_token_at(plain(fake.base()), &address), &Arc::default());
    let trouble = bank.exchange(&trip(), &Offer::of("c")).await.unwrap_err();
    assert!(matches!(trouble, BankTrouble::Unreachable(_)), "{trouble:?}");
}

#[tokio::test]
async fn an_address_without_a_listener_or_a_name_has_not_been_asked() {
    let fake = Fake::start().await;
    for address in ["http://127.0.0.1:1/token", "https://no-such-bank.invalid/token"] {
        let bank = bank(with_token_at(plain(fake.base()), address), &Arc::default());
        let trouble = bank.exchange(&trip(), &Offer::of("c")).await.unwrap_err();
        assert!(matches!(trouble, BankTrouble::Unreachable(_)), "{address}: {trouble:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let fake = Fake::start().await;
    fake.play("/token", Play::Cut);
    let bank = bank(plain(fake.base()), &Arc::default());
    let answer = bank.exchange(&trip(), &Offer::of("c")).await;
    assert_eq!(answer, Err(BankTrouble::Unanswered("the connection broke".into())));
    assert_eq!(fake.asked("/token").len(), 1, "it was asked once, and not again");
}

#[tokio::test]
async fn a_bank_of_plain_oauth_2_says_yes_without_a_signature() {
    let fake = Fake::start().await;
    fake.play("/token", Play::Say(200, r#"{"access_token":"a","token_type":"Bearer","consent_id":"c-7"}"#.into()));
    let fact = bank(plain(fake.base()), &Arc::default()).exchange(&trip(), &Offer::of("c")).await.unwrap();
    assert_eq!(fact.outcome(), Outcome::Authorised);
    assert_eq!(fact.bank_tokens().unwrap().consent.as_deref(), Some("c-7"));
}

/// A bank whose token endpoint gives this `id_token`.
async fn telling(fake: &Fake, clock: &Arc<TestClock>, claims: serde_json::Value) -> Fact {
    let mut all = json!({"iss": fake.base(), "aud": "us", "sub": "alice", "nonce": STATE,
        "iat": clock.now().as_millis() / 1000, "exp": clock.now().as_millis() / 1000 + 60});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": sign(1, Some("k"), &all)});
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(1, "k")] }).to_string()));
    fake.play("/token", Play::Say(200, answer.to_string()));
    bank(openid(fake.base()), clock).exchange(&trip(), &Offer::of("c")).await.unwrap()
}

#[tokio::test]
async fn a_banks_own_id_of_the_consent_is_kept_where_it_can_be() {
    let (fake, clock) = (Fake::start().await, Arc::default());
    let long = "x".repeat(257);
    for (claims, consent) in [
        (json!({}), None),
        (json!({"openbanking_intent_id": "intent-1"}), Some("intent-1")),
        (json!({"consent_id": "c-1", "openbanking_intent_id": "intent-1"}), Some("intent-1")),
        (json!({"consent_id": "c-1"}), Some("c-1")),
        (json!({"consent_id": "two\nlines"}), None),
        (json!({ "consent_id": long }), None),
    ] {
        let fact = telling(&fake, &clock, claims).await;
        assert_eq!(fact.bank_tokens().unwrap().consent.as_deref(), consent);
    }
}

#[tokio::test]
async fn an_access_token_that_the_signature_does_not_cover_is_a_no() {
    let (fake, clock) = (Fake::start().await, Arc::default());
    // SHA-256 of `a`: its left half, all of it, and its left half with another bit.
    let fact = telling(&fake, &clock, json!({"at_hash": "ypeBEsobvcr6wjGzmiPcTQ"})).await;
    assert_eq!(fact.outcome(), Outcome::Authorised);
    for wrong in ["ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs", "ypeBEsobvcr6wjGzmiPcTg", ""] {
        let fact = telling(&fake, &clock, json!({ "at_hash": wrong })).await;
        let Cause::Bank(Some(error)) = fact.cause() else { panic!("{fact:?}") };
        assert_eq!(error.code(), "invalid_token");
    }
}

#[tokio::test]
async fn a_spent_code_whose_keys_cannot_be_looked_up_has_no_answer() {
    let (fake, clock) = (Fake::start().await, Arc::default());
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(2, "other")] }).to_string()));
    let bank = bank(openid(fake.base()), &clock);
    bank.prepare().await.unwrap();
    fake.play("/jwks", Play::Say(500, String::new()));
    let answer = json!({"access_token": "a", "id_token": sign(1, Some("k"), &json!({}))});
    fake.play("/token", Play::Say(200, answer.to_string()));
    let answer = bank.exchange(&trip(), &Offer::of("c")).await;
    assert_eq!(answer, Err(BankTrouble::Unanswered("keys: answered 500".into())));
}

#[tokio::test]
async fn keys_are_sought_every_five_seconds_at_the_most() {
    let (fake, clock) = (Fake::start().await, Arc::new(TestClock::default()));
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(2, "other")] }).to_string()));
    let bank = bank(openid(fake.base()), &clock);
    let token = sign(1, Some("k"), &json!({}));
    assert!(bank.knowledge.verified(&token).await.is_err());
    assert_eq!(fake.asked("/jwks").len(), 2, "once at first, and once for the unknown key");
    clock.advance(Duration::from_millis(1));
    let second = tokio::time::timeout(Duration::from_millis(50), bank.knowledge.verified(&token));
    assert!(second.await.is_err(), "the second one waits for its turn");
    assert_eq!(fake.asked("/jwks").len(), 2);
    clock.advance(Duration::from_secs(5));
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(1, "k")] }).to_string()));
    assert!(bank.knowledge.verified(&token).await.is_ok());
}

#[tokio::test]
async fn what_is_known_grows_stale_and_serves_on() {
    let (fake, clock) = (Fake::start().await, Arc::new(TestClock::default()));
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(1, "k")] }).to_string()));
    let bank = bank(openid(fake.base()), &clock);
    let token = sign(1, Some("k"), &json!({}));
    bank.prepare().await.unwrap();
    clock.advance(Duration::from_mins(59));
    bank.prepare().await.unwrap();
    assert_eq!(fake.asked("/jwks").len(), 1);
    // It is looked up again, by whoever comes first, and nobody waits for that; it fails.
    fake.play("/jwks", Play::Say(500, String::new()));
    clock.advance(Duration::from_mins(1));
    for _ in 0..5 {
        assert!(bank.knowledge.verified(&token).await.is_ok());
    }
    until(|| fake.asked("/jwks").len() == 2).await;
    // After a minute it is tried again, and now the key is gone.
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(2, "k")] }).to_string()));
    clock.advance(Duration::from_mins(1));
    bank.prepare().await.unwrap();
    until(|| fake.asked("/jwks").len() == 3).await;
    while bank.knowledge.verified(&token).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

async fn until(holds: impl Fn() -> bool) {
    let holding = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), holding).await.expect("it holds in time");
}

//! How far a call came, and how often a bank is looked up.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::fake::{Fake, Play};
use super::{STATE, bank, context, jwk, openid, plain, sign};
use crate::clock::{Clock as _, TestClock};
use crate::domain::{Cause, Evidence, Fact, Outcome};
use crate::provider::oidc::settings::{Endpoints, OidcConfig};
use crate::provider::{Provider as _, ProviderError};

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
    let trouble = bank.exchange(&context(), &Evidence::of("c")).await.unwrap_err();
    assert!(matches!(trouble, ProviderError::Unreachable(_)), "{trouble:?}");
}

#[tokio::test]
async fn an_address_without_a_listener_or_a_name_has_not_been_asked() {
    let fake = Fake::start().await;
    for address in ["http://127.0.0.1:1/token", "https://no-such-bank.invalid/token"] {
        let bank = bank(with_token_at(plain(fake.base()), address), &Arc::default());
        let trouble = bank.exchange(&context(), &Evidence::of("c")).await.unwrap_err();
        assert!(matches!(trouble, ProviderError::Unreachable(_)), "{address}: {trouble:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let fake = Fake::start().await;
    fake.play("/token", Play::Cut);
    let bank = bank(plain(fake.base()), &Arc::default());
    let answer = bank.exchange(&context(), &Evidence::of("c")).await;
    assert_eq!(answer, Err(ProviderError::Unanswered("the connection broke".into())));
    assert_eq!(fake.asked("/token").len(), 1, "it was asked once, and not again");
}

#[tokio::test]
async fn a_bank_of_plain_oauth_2_says_yes_without_a_signature() {
    let fake = Fake::start().await;
    fake.play("/token", Play::Say(200, r#"{"access_token":"a","token_type":"Bearer","consent_id":"c-7"}"#.into()));
    let fact = bank(plain(fake.base()), &Arc::default()).exchange(&context(), &Evidence::of("c")).await.unwrap();
    assert_eq!(fact.outcome(), Outcome::Authorised);
    assert_eq!(fact.bank_tokens().unwrap().consent.as_deref(), Some("c-7"));
}

#[tokio::test]
async fn codes_go_to_a_bank_over_a_connection_that_is_kept() {
    let fake = Fake::start().await;
    fake.play("/token", Play::Say(200, r#"{"access_token":"a","token_type":"Bearer"}"#.into()));
    let bank = bank(plain(fake.base()), &Arc::default());
    for _ in 0..10 {
        bank.exchange(&context(), &Evidence::of("c")).await.unwrap();
    }
    assert_eq!((fake.asked("/token").len(), fake.connections()), (10, 1));
}

/// A bank whose token endpoint gives this `id_token`.
async fn telling(fake: &Fake, clock: &Arc<TestClock>, claims: serde_json::Value) -> Fact {
    let mut all = json!({"iss": fake.base(), "aud": "us", "sub": "alice", "nonce": STATE,
        "iat": clock.now().as_millis() / 1000, "exp": clock.now().as_millis() / 1000 + 60});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": sign(1, Some("k"), &all)});
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(1, "k")] }).to_string()));
    fake.play("/token", Play::Say(200, answer.to_string()));
    bank(openid(fake.base()), clock).exchange(&context(), &Evidence::of("c")).await.unwrap()
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
        let Cause::Provider(Some(error)) = fact.cause() else { panic!("{fact:?}") };
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
    let answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": sign(1, Some("k"), &json!({}))});
    fake.play("/token", Play::Say(200, answer.to_string()));
    let answer = bank.exchange(&context(), &Evidence::of("c")).await;
    assert_eq!(answer, Err(ProviderError::Unanswered("keys: answered 500".into())));
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
    // It is looked up again, by the first caller, and nobody waits for that; it fails.
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

#[tokio::test]
async fn what_is_known_serves_on_for_a_day_and_no_longer() {
    let halves = [("/jwks", json!({ "keys": [jwk(1, "k")] })), ("/.well-known/openid-configuration", json!({}))];
    for (away, _) in &halves {
        let (fake, clock) = (Fake::start().await, Arc::new(TestClock::default()));
        let base = fake.base();
        let described = json!({"issuer": base, "authorization_endpoint": format!("{base}/auth"),
            "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/jwks")});
        let bank = bank(OidcConfig { endpoints: Endpoints::Discover, ..openid(base) }, &clock);
        let token = sign(1, Some("k"), &json!({}));
        for (path, keys) in &halves {
            let body = if *path == "/jwks" { keys } else { &described };
            fake.play(path, Play::Say(200, body.to_string()));
        }
        bank.prepare().await.unwrap();
        fake.play(away, Play::Say(500, String::new()));
        for _ in 0..23 {
            clock.advance(Duration::from_hours(1));
            assert!(bank.knowledge.verified(&token).await.is_ok(), "{away}: it serves on");
        }
        clock.advance(Duration::from_hours(1));
        for _ in 0..3 {
            let answer = bank.knowledge.verified(&token).await.map(|signed| signed.algorithm);
            assert!(matches!(answer, Err(ProviderError::Unreachable(_))), "{away}: {answer:?}");
            assert!(matches!(bank.request(&context()).await, Err(ProviderError::Unreachable(_))), "{away}");
            assert!(matches!(bank.prepare().await, Err(ProviderError::Unreachable(_))), "{away}: the metric says so");
        }
        let repaired = if *away == "/jwks" { &halves[0].1 } else { &described };
        fake.play(away, Play::Say(200, repaired.to_string()));
        clock.advance(Duration::from_secs(1));
        assert!(bank.knowledge.verified(&token).await.is_ok(), "{away}: whoever comes first looks it up");
    }
}

#[tokio::test]
async fn nothing_is_said_to_be_agreed_that_the_bank_did_not_grant() {
    let fake = Fake::start().await;
    let scope = ["openid", "accounts", "offline_access"].map(str::to_owned).to_vec();
    let bank = bank(OidcConfig { scope, ..openid(fake.base()) }, &Arc::default());
    fake.play("/jwks", Play::Say(200, json!({ "keys": [jwk(1, "k")] }).to_string()));
    let now = bank.clock.now().as_millis() / 1000;
    let id_token =
        json!({"iss": fake.base(), "aud": "us", "sub": "alice", "nonce": STATE, "iat": now, "exp": now + 60});
    for (response, granted) in [
        (json!({}), true),
        (json!({"scope": "openid accounts offline_access"}), true),
        (json!({"scope": "offline_access more accounts openid"}), true),
        // Banks leave out what else in the answer grants.
        (json!({"scope": "accounts", "refresh_token": "r"}), true),
        (json!({"scope": "openid accounts"}), false),
        (json!({"scope": "openid"}), false),
        (json!({"scope": "openid account offline_access"}), false),
        (json!({"scope": ""}), false),
        (json!({"scope": ["openid", "offline_access"]}), false),
    ] {
        let mut answer =
            json!({"access_token": "a", "token_type": "Bearer", "id_token": sign(1, Some("k"), &id_token)});
        answer.as_object_mut().unwrap().extend(response.as_object().unwrap().clone());
        fake.play("/token", Play::Say(200, answer.to_string()));
        let fact = bank.exchange(&context(), &Evidence::of("c")).await.unwrap();
        assert_eq!(fact.outcome() == Outcome::Authorised, granted, "{response}");
        if let Cause::Provider(Some(error)) = fact.cause() {
            assert_eq!(error.code(), "invalid_scope", "{response}");
            assert!(error.description().is_some_and(|why| why.contains("less than was asked for")), "{error:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_came_and_cannot_be_read_is_told_from_one_that_never_came() {
    let fake = Fake::start().await;
    let bank = bank(plain(fake.base()), &Arc::default());
    let huge = format!(r#"{{"filler":"{}"}}"#, "x".repeat(1 << 20));
    for (play, expected) in [
        (Play::Say(204, String::new()), ProviderError::Unreadable("it is empty".into())),
        (Play::Say(200, "{}".into()), ProviderError::Unreadable("it holds no access token".into())),
        (Play::Say(200, "<html>".into()), ProviderError::Unreadable("it is not a JSON object".into())),
        (Play::Say(200, "{".into()), ProviderError::Unreadable("its JSON breaks off".into())),
        (Play::Say(200, huge), ProviderError::Unreadable("it is longer than 1 MiB".into())),
        (Play::Cut, ProviderError::Unanswered("the connection broke".into())),
    ] {
        fake.play("/token", play);
        assert_eq!(bank.exchange(&context(), &Evidence::of("c")).await, Err(expected));
    }
    let told = |trouble: ProviderError| trouble.as_error().description().unwrap_or_default().to_owned();
    assert_eq!(told(ProviderError::Unanswered("x".into())), "The bank did not answer.");
    assert_eq!(told(ProviderError::Unreadable("x".into())), "The bank gave an answer that cannot be read.");
    for (trouble, open) in [
        (ProviderError::Unanswered("x".into()), true),
        (ProviderError::Unreadable("y".into()), true),
        (ProviderError::Unreachable("z".into()), false),
    ] {
        assert_eq!(ProviderError::leaves_open(&trouble.as_error()), open, "{trouble}");
    }
}

#[tokio::test]
async fn a_description_or_keys_that_cannot_be_read_say_why() {
    let fake = Fake::start().await;
    let base = fake.base();
    let described = json!({"issuer": base, "authorization_endpoint": format!("{base}/auth"),
        "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/jwks")})
    .to_string();
    let odd = "the answer cannot be read: a field is missing, of another type, or there twice";
    let huge = format!(r#"{{"filler":"{}"}}"#, "x".repeat(1 << 20));
    for (what, path) in [("discovery", "/.well-known/openid-configuration"), ("keys", "/jwks")] {
        for (status, body, expected) in [
            (204, String::new(), "the answer cannot be read: it is empty"),
            (200, "<html>".into(), "the answer cannot be read: it is not a JSON object"),
            (200, "[]".into(), "the answer cannot be read: it is not a JSON object"),
            (200, "{".into(), "the answer cannot be read: its JSON breaks off"),
            (200, "{}".into(), odd),
            (200, r#"{"keys":[],"keys":[],"issuer":"a","issuer":"b"}"#.into(), odd),
            (200, huge.clone(), "the answer cannot be read: it is longer than 1 MiB"),
            (503, "<html>".into(), "answered 503"),
        ] {
            fake.play("/.well-known/openid-configuration", Play::Say(200, described.clone()));
            fake.play(path, Play::Say(status, body));
            let bank = bank(OidcConfig { endpoints: Endpoints::Discover, ..openid(base) }, &Arc::default());
            assert_eq!(bank.prepare().await, Err(ProviderError::Unreachable(format!("{what}: {expected}"))));
        }
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

//! A bank is looked up when it can be, and again when it could not be or has new keys.

use std::sync::Arc;
use std::time::Duration;

use handback::clock::{SystemClock, TestClock};
use handback::domain::secret::Secret;
use handback::provider::oidc::Oidc;
use handback::provider::oidc::settings::{Endpoints, Explicit, Iss, OidcConfig, Par, Requests, SigningAlg, SigningKey};
use handback::provider::{Provider, ProviderError, Requested};

use super::customer::Decision;
use super::process::Banks;
use super::visit::{Visit, ready, visit};

const HOME: &str = "http://127.0.0.1:8080";

/// What makes a look-up fail.
const FAULTS: [&str; 7] = ["down", "html", "html200", "500", "empty", "huge", "redirect"];

fn is_unreachable<T: std::fmt::Debug>(answer: &Result<T, ProviderError>) -> bool {
    matches!(answer, Err(ProviderError::Unreachable(_)))
}

#[tokio::test]
async fn a_bank_that_cannot_be_looked_up_is_looked_up_later() {
    let banks = Banks::start(HOME);
    for (endpoint, faults) in [("discovery", [&FAULTS[..], &["wrong_issuer"]].concat()), ("jwks", FAULTS.to_vec())] {
        let clock = Arc::new(TestClock::default());
        for fault in faults {
            let bank = banks.bank("failing", Arc::clone(&clock) as _);
            banks.fail("failing", endpoint, fault);
            assert!(is_unreachable(&bank.prepare().await), "{endpoint} {fault}");
            let context = Visit::begin(&banks, "failing");
            assert!(is_unreachable(&bank.request(&context.context()).await), "{endpoint} {fault}");
            banks.fail("failing", endpoint, "none");
            clock.advance(Duration::from_secs(1));
            assert_eq!(bank.prepare().await, Ok(()), "after {endpoint} {fault}");
        }
    }
    visit(&banks, &ready(&banks, "plain").await, Decision::Approve).await.tokens();
}

#[tokio::test]
async fn a_bank_that_is_away_is_left_alone_for_a_second() {
    let banks = Banks::start(HOME);
    let clock = Arc::new(TestClock::default());
    let bank = banks.bank("failing", Arc::clone(&clock) as _);
    banks.fail("failing", "discovery", "500");
    for _ in 0..20 {
        assert!(is_unreachable(&bank.prepare().await));
    }
    assert!(banks.count("failing", "discovery") <= 2, "it was not left alone");
    banks.fail("failing", "port", "closed");
    clock.advance(Duration::from_secs(1));
    assert!(is_unreachable(&bank.prepare().await));
}

#[tokio::test]
async fn a_node_that_has_just_begun_takes_over_what_another_left() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "hybrid", "jarm", "mtls"] {
        let first = ready(&banks, kind).await;
        let visit = Visit::begin(&banks, kind);
        let landing = visit.decide(&banks, &first, Decision::Approve).await;
        // It knows the bank's settings, and nothing of the bank.
        let second = banks.bank(kind, Arc::new(TestClock::default()));
        visit.prove(&second, &landing.answer()).await.tokens();
    }
}

#[tokio::test]
async fn a_code_is_kept_while_its_bank_cannot_be_looked_up() {
    let banks = Banks::start(HOME);
    let visit = Visit::begin(&banks, "failing");
    let landing = visit.decide(&banks, &ready(&banks, "failing").await, Decision::Approve).await;
    let clock = Arc::new(TestClock::default());
    let bank = banks.bank("failing", Arc::clone(&clock) as _);
    banks.fail("failing", "jwks", "down");
    let proven = visit.prove(&bank, &landing.answer()).await;
    assert!(matches!(proven.trouble(), ProviderError::Unreachable(_)), "{proven:?}");
    assert_eq!(banks.count("failing", "token"), 0);
    banks.fail("failing", "jwks", "none");
    clock.advance(Duration::from_secs(1));
    visit.prove(&bank, &landing.answer()).await.tokens();
}

#[tokio::test]
async fn new_keys_are_looked_up_when_they_sign() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "hybrid", "jarm"] {
        let clock = Arc::new(TestClock::default());
        let bank = banks.bank(kind, Arc::clone(&clock) as _);
        bank.prepare().await.unwrap();
        for rotation in 1..=2 {
            banks.fail(kind, "jwks", "rotate");
            visit(&banks, &bank, Decision::Approve).await.tokens();
            assert_eq!(banks.count(kind, "jwks"), 1 + rotation, "{kind}");
            clock.advance(Duration::from_secs(5));
        }
    }
}

#[tokio::test]
async fn unknown_keys_are_not_looked_up_again_and_again() {
    let banks = Banks::start(HOME);
    let bank = Arc::new(ready(&banks, "jarm").await);
    // Ten answers under a key that has gone since, all at once.
    let mut old = Vec::new();
    for _ in 0..10 {
        let visit = Visit::begin(&banks, "jarm");
        let landing = visit.decide(&banks, &bank, Decision::Approve).await;
        old.push((visit, landing));
    }
    banks.fail("jarm", "jwks", "rotate");
    let fresh = Arc::new(ready(&banks, "jarm").await);
    let before = banks.count("jarm", "jwks");
    let proving = old.into_iter().map(|(visit, landing)| {
        let bank = Arc::clone(&fresh);
        tokio::spawn(async move { visit.prove(&bank, &landing.answer()).await })
    });
    for proof in proving.collect::<Vec<_>>() {
        let proven = proof.await.unwrap();
        let expected = ProviderError::Forged("no key of the bank's has signed it".into());
        assert_eq!(proven.trouble(), &expected);
    }
    let asked = banks.count("jarm", "jwks") - before;
    assert!((1..=2).contains(&asked), "the keys were looked up {asked} times for ten answers");
    assert_eq!(banks.count("jarm", "token"), 0);
}

#[tokio::test]
async fn answers_under_keys_that_cannot_be_looked_up_are_not_forged() {
    let banks = Banks::start(HOME);
    let bank = Arc::new(ready(&banks, "jarm").await);
    banks.fail("jarm", "jwks", "rotate");
    let mut new = Vec::new();
    for _ in 0..5 {
        let visit = Visit::begin(&banks, "jarm");
        let landing = visit.decide(&banks, &bank, Decision::Approve).await;
        new.push((visit, landing));
    }
    banks.fail("jarm", "jwks", "500");
    let proving = new.into_iter().map(|(visit, landing)| {
        let bank = Arc::clone(&bank);
        tokio::spawn(async move {
            let proven = visit.prove(&bank, &landing.answer()).await;
            (visit, landing, proven)
        })
    });
    let mut waited = Vec::new();
    for proof in proving.collect::<Vec<_>>() {
        let (visit, landing, proven) = proof.await.unwrap();
        assert!(matches!(proven.trouble(), ProviderError::Unreachable(_)), "{proven:?}");
        waited.push((visit, landing));
    }
    banks.fail("jarm", "jwks", "none");
    for (visit, landing) in waited {
        visit.prove(&bank, &landing.answer()).await.tokens();
    }
}

#[tokio::test]
async fn tokens_that_came_wait_for_the_keys_that_verify_them() {
    let banks = Arc::new(Banks::start(HOME));
    let bank = ready(&banks, "plain").await;
    let context = Visit::begin(&banks, "plain");
    banks.fail("plain", "jwks", "rotate");
    let landing = context.decide(&banks, &bank, Decision::Approve).await;
    banks.fail("plain", "jwks", "500");
    let asked = banks.count("plain", "jwks");
    let repaired = Arc::clone(&banks);
    let repair = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        repaired.fail("plain", "jwks", "none");
    });
    context.prove(&bank, &landing.answer()).await.tokens();
    repair.await.unwrap();
    assert!(banks.count("plain", "jwks") >= asked + 2, "its keys were to be had at once");
    assert_eq!(banks.count("plain", "token"), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_pushed_leads_nowhere() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "par").await;
    for fault in ["down", "html", "html200", "500json", "empty", "huge", "redirect"] {
        banks.fail("par", "par", fault);
        let context = Visit::begin(&banks, "par");
        assert!(is_unreachable(&bank.request(&context.context()).await), "{fault}");
        banks.fail("par", "par", "none");
    }
    banks.fail("par", "par", "error:invalid_request");
    let requested = bank.request(&Visit::begin(&banks, "par").context()).await;
    let Ok(Requested::Refused(error)) = requested else { panic!("{requested:?}") };
    assert_eq!((error.code(), error.description()), ("invalid_request", Some("Scripted refusal")));
    banks.fail("par", "par", "none");
    visit(&banks, &bank, Decision::Approve).await.tokens();
}

#[tokio::test]
async fn an_issuer_can_be_required_before_the_bank_is_known() {
    let banks = Banks::start(HOME);
    banks.fail("plain", "authorize", "no_iss");
    let visit = Visit::begin(&banks, "plain");
    let landing = visit.decide(&banks, &ready(&banks, "plain").await, Decision::Approve).await;
    let config = OidcConfig { iss: Iss::Required, ..banks.config("plain") };
    let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
    assert_eq!(visit.prove(&bank, &landing.answer()).await.invalid(), "iss");
    assert_eq!(banks.count("plain", "token"), 0);
}

#[tokio::test]
async fn a_bank_without_discovery_is_told_where_it_is() {
    let banks = Banks::start(HOME);
    let config = banks.config("plain");
    let at = |path: &str| format!("{}{path}", config.issuer);
    let explicit = Explicit {
        authorization: at("/auth"),
        token: at("/token"),
        jwks_uri: Some(at("/jwks")),
        par: None,
        mtls_token: None,
        mtls_par: None,
    };
    let config = OidcConfig { endpoints: Endpoints::Explicit(Box::new(explicit)), ..config };
    let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
    visit(&banks, &bank, Decision::Approve).await.tokens();
    assert_eq!(banks.count("plain", "discovery"), 0);
}

#[tokio::test]
async fn a_bank_that_is_not_what_the_operator_said_is_reported() {
    let banks = Banks::start(HOME);
    let prepared =
        |config: OidcConfig| async { Oidc::new(config.parse().unwrap(), Arc::new(SystemClock)).prepare().await };
    let no_authority = OidcConfig { extra_ca: None, ..banks.config("mtls") };
    assert!(is_unreachable(&prepared(no_authority).await), "its certificate is nobody's");
    let other = OidcConfig { issuer: format!("{}/", banks.member("plain", "issuer")), ..banks.config("plain") };
    assert!(is_unreachable(&prepared(other).await), "the issuer differs by a slash");
    let pushes = OidcConfig { par: Par::Always, ..banks.config("par") };
    assert_eq!(prepared(pushes).await, Ok(()));
}

/// Held against what eight real providers say of themselves.
#[tokio::test]
async fn a_bank_that_requires_what_it_is_not_given_is_not_ready() {
    let banks = Banks::start(HOME);
    let pushes_not = OidcConfig { par: Par::Never, ..banks.config("par") };
    let signs_not = OidcConfig { requests: Requests::Plain, ..banks.config("hybrid") };
    for (kind, config, setting) in [("par", pushes_not, "par = "), ("hybrid", signs_not, "requests = ")] {
        let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
        let Err(ProviderError::Unreachable(why)) = bank.prepare().await else { panic!("{kind} is ready") };
        assert!(why.starts_with("it is not what it was configured as: it requires ") && why.contains(setting), "{why}");
        ready(&banks, kind).await;
    }
}

#[tokio::test]
async fn either_key_of_a_client_signs() {
    let banks = Banks::start(HOME);
    for kind in ["par", "hybrid"] {
        for prefix in ["", "rsa_"] {
            let of = |member: &str| banks.member(kind, &format!("{prefix}{member}")).to_owned();
            let alg = SigningAlg::parse(&of("alg")).unwrap();
            let key = SigningKey { pem: Secret::new(of("private_key_pem")), kid: Some(of("kid")), alg };
            let config = OidcConfig { signing_key: Some(key), ..banks.config(kind) };
            let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
            visit(&banks, &bank, Decision::Approve).await.tokens();
        }
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_pinned_is_not_taken() {
    let banks = Banks::start(HOME);
    let config = OidcConfig { id_token_algs: vec![SigningAlg::parse("ES256").unwrap()], ..banks.config("plain") };
    let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
    assert_eq!(visit(&banks, &bank, Decision::Approve).await.refused(), "invalid_token");
}

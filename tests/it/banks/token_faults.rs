//! The token endpoint does not do as it should: every code is brought there once, and ends in a fact or in a trouble
//! that says whether the bank has been asked.

use std::time::{Duration, Instant};

use handback::clock::SystemClock;
use handback::domain::outcome::Evidence;
use handback::domain::secret::Secret;
use handback::provider::oidc::Oidc;
use handback::provider::oidc::settings::{ClientAuth, OidcConfig};
use handback::provider::{Provider as _, ProviderError};
use std::sync::Arc;

use super::customer::Decision;
use super::process::Banks;
use super::visit::{Proven, Visit, ready, visit};

const HOME: &str = "http://127.0.0.1:8080";

/// Says yes at a kind of bank whose token endpoint fails.
async fn failing(banks: &Banks, bank: &Oidc, fault: &str) -> Proven {
    banks.fail(bank.name(), "token", fault);
    let proven = visit(banks, bank, Decision::Approve).await;
    banks.fail(bank.name(), "token", "none");
    proven
}

/// A visit that has come back with a code.
async fn with_code(banks: &Banks, bank: &Oidc) -> (Visit, Evidence) {
    let visit = Visit::begin(banks, bank.name());
    let landing = visit.decide(banks, bank, Decision::Approve).await;
    let Ok(evidence) = visit.offered(bank, &landing.answer()) else { panic!("no code") };
    (visit, evidence)
}

#[tokio::test]
async fn tokens_that_are_not_under_the_banks_signature_are_a_no() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "post", "hybrid"] {
        let bank = ready(&banks, kind).await;
        for fault in [
            "wrong_nonce",
            "bad_signature",
            "wrong_iss_claim",
            "wrong_aud",
            "expired_id_token",
            "alg_none",
            "no_id_token",
            "unknown_kid",
        ] {
            assert_eq!(failing(&banks, &bank, fault).await.refused(), "invalid_token", "{kind} {fault}");
        }
    }
}

#[tokio::test]
async fn the_one_who_agreed_in_the_browser_is_the_one_of_the_tokens() {
    let banks = Banks::start(HOME);
    let hybrid = ready(&banks, "hybrid").await;
    assert_eq!(failing(&banks, &hybrid, "two_subs").await.refused(), "invalid_token");
    visit(&banks, &hybrid, Decision::Approve).await.tokens();
}

#[tokio::test]
async fn a_slow_answer_is_an_answer() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "plain").await;
    for fault in ["slow:3000", "trickle:1000"] {
        let began = Instant::now();
        failing(&banks, &bank, fault).await.tokens();
        assert!(began.elapsed() >= Duration::from_millis(990), "{fault} was not slow");
    }
}

#[tokio::test]
async fn no_answer_is_neither_yes_nor_no() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "plain").await;
    let broke = ProviderError::Unanswered("the connection broke".into());
    let unreadable = |why: &str| ProviderError::Unreadable(why.into());
    for (fault, expected) in [
        ("hang:300", broke.clone()),
        ("down", broke),
        ("html200", unreadable("it is not a JSON object")),
        ("empty", unreadable("it holds no access token")),
        ("huge", unreadable("it is longer than 1 MiB")),
    ] {
        assert_eq!(failing(&banks, &bank, fault).await.trouble(), &expected, "{fault}");
    }
}

#[tokio::test]
async fn tokens_that_nobody_here_may_use_are_a_no() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "hybrid", "jarm", "mtls"] {
        let bank = ready(&banks, kind).await;
        for (fault, error) in [
            ("token_type:DPoP", "unsupported_token_type"),
            ("token_type:none", "unsupported_token_type"),
            ("scope:openid", "invalid_scope"),
            ("old_id_token", "invalid_token"),
        ] {
            assert_eq!(failing(&banks, &bank, fault).await.refused(), error, "{kind} {fault}");
        }
        for fault in ["token_type:bearer", "scope:none"] {
            failing(&banks, &bank, fault).await.tokens();
        }
    }
}

/// A bank gives a refresh token to a customer who was shown what that means, and to nobody else.
#[tokio::test]
async fn access_while_the_customer_is_away_is_asked_for_so_that_it_is_given() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "par", "hybrid"] {
        let mut config = banks.config(kind);
        config.scope.push("offline_access".into());
        let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
        let tokens = visit(&banks, &bank, Decision::Approve).await.tokens();
        assert!(tokens["refresh_token"].is_string(), "{kind}: {:?}", tokens.as_object().map(|all| all.keys()));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_yes_is_a_no() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "plain").await;
    for (fault, error) in [
        ("html", "server_error"),
        ("500", "server_error"),
        ("500json", "server_error"),
        ("redirect", "server_error"),
        ("error:invalid_grant", "invalid_grant"),
        ("error:temporarily_unavailable", "temporarily_unavailable"),
    ] {
        assert_eq!(failing(&banks, &bank, fault).await.refused(), error, "{fault}");
    }
}

#[tokio::test]
async fn a_bank_that_takes_no_connection_has_not_been_asked() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "mtls"] {
        let bank = ready(&banks, kind).await;
        let (visit, evidence) = with_code(&banks, &bank).await;
        banks.fail(kind, "port", "closed");
        // The call before lets nothing else run: here it is noticed that kept connections are closed.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let proven = visit.redeem(&bank, &evidence).await;
        assert!(matches!(proven.trouble(), ProviderError::Unreachable(_)), "{kind}: {proven:?}");
        banks.fail(kind, "port", "none");
        assert_eq!(banks.count(kind, "token"), 0);
        visit.redeem(&bank, &evidence).await.tokens();
    }
}

#[tokio::test]
async fn a_code_that_has_been_spent_is_a_no() {
    let banks = Banks::start(HOME);
    let bank = ready(&banks, "plain").await;
    let (visit, evidence) = with_code(&banks, &bank).await;
    visit.redeem(&bank, &evidence).await.tokens();
    assert_eq!(visit.redeem(&bank, &evidence).await.refused(), "invalid_grant");
    assert_eq!(banks.codes("plain").into_values().collect::<Vec<_>>(), [2], "this test asked twice on purpose");
    banks.reset();
}

#[tokio::test]
async fn a_client_that_the_bank_does_not_know_is_a_no() {
    let banks = Banks::start(HOME);
    let config = OidcConfig { auth: ClientAuth::SecretBasic(Secret::new("another")), ..banks.config("plain") };
    let bank = Oidc::new(config.parse().unwrap(), Arc::new(SystemClock));
    assert_eq!(visit(&banks, &bank, Decision::Approve).await.refused(), "invalid_client");
}

//! What comes back through the browser is not what the bank should have sent: then the bank is not asked about it.

use handback::provider::{AuthorizationResponse, ProviderError};

use super::customer::Decision;
use super::process::{Banks, KINDS};
use super::visit::{Proven, Visit, ready, visit};

const HOME: &str = "http://127.0.0.1:8080";

/// Says yes at a kind of bank whose answer is changed on its way.
async fn changed(banks: &Banks, kind: &str, fault: &str) -> Proven {
    banks.fail(kind, "authorize", fault);
    let proven = visit(banks, &ready(banks, kind).await, Decision::Approve).await;
    assert_eq!(banks.count(kind, "token"), 0, "{kind} was asked after {fault}");
    banks.fail(kind, "authorize", "none");
    proven
}

#[track_caller]
fn forged(proven: &Proven, why: &str) {
    assert_eq!(proven.trouble(), &ProviderError::Forged(why.into()));
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "post", "par", "form-post", "hybrid", "mtls"] {
        assert_eq!(changed(&banks, kind, "wrong_iss").await.invalid(), "iss", "{kind}");
    }
    forged(&changed(&banks, "jarm", "wrong_iss").await, "its issuer is another");
}

#[tokio::test]
async fn an_answer_without_its_issuer_is_refused() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "form-post"] {
        assert_eq!(changed(&banks, kind, "no_iss").await.invalid(), "iss", "{kind}");
    }
    forged(&changed(&banks, "jarm", "no_iss").await, "its issuer is another");
    // An error has no id_token that would name the issuer.
    banks.fail("hybrid", "authorize", "no_iss");
    let bank = ready(&banks, "hybrid").await;
    assert_eq!(visit(&banks, &bank, Decision::Deny).await.invalid(), "iss");
    visit(&banks, &bank, Decision::Approve).await.tokens();
}

#[tokio::test]
async fn an_answer_without_its_state_belongs_to_nobody() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "form-post", "hybrid", "jarm"] {
        for fault in ["no_state", "wrong_state"] {
            let proven = changed(&banks, kind, fault).await;
            assert!(matches!(proven, Proven::OtherState), "{kind} {fault}: {proven:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_with_neither_code_nor_error_is_malformed() {
    let banks = Banks::start(HOME);
    for kind in ["plain", "form-post", "jarm"] {
        assert_eq!(changed(&banks, kind, "no_code_no_error").await.refusal(), "malformed_response", "{kind}");
    }
}

#[tokio::test]
async fn a_banks_error_is_a_no_with_its_name() {
    let banks = Banks::start(HOME);
    for kind in KINDS {
        for error in ["server_error", "temporarily_unavailable", "invented_by_a_bank"] {
            assert_eq!(changed(&banks, kind, &format!("error:{error}")).await.refusal(), error, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_repeated_answer_is_refused() {
    let banks = Banks::start(HOME);
    for (kind, field) in [("plain", "code"), ("form-post", "code"), ("hybrid", "code"), ("jarm", "response")] {
        banks.fail(kind, "authorize", "repeat_code");
        let bank = ready(&banks, kind).await;
        let landing = Visit::begin(&banks, kind).decide(&banks, &bank, Decision::Approve).await;
        let (carried, pairs) = landing.carried();
        assert_eq!(AuthorizationResponse::read(carried, pairs).unwrap_err().field(), field, "{kind}");
    }
}

#[tokio::test]
async fn a_bank_that_signs_its_answers_is_taken_at_its_word_alone() {
    let banks = Banks::start(HOME);
    assert_eq!(changed(&banks, "jarm", "clear").await.invalid(), "code");
    forged(&changed(&banks, "jarm", "bad_jarm_signature").await, "its signature is wrong");
    forged(&changed(&banks, "jarm", "old_jarm").await, "it was issued too long ago");
}

#[tokio::test]
async fn a_state_beside_a_signed_answer_does_no_harm() {
    let banks = Banks::start(HOME);
    banks.fail("jarm", "authorize", "state_beside");
    visit(&banks, &ready(&banks, "jarm").await, Decision::Approve).await.tokens();
}

/// A refusal is under the bank's signature, too: else anybody who reads a state could end a journey.
#[tokio::test]
async fn a_signed_refusal_is_verified() {
    let banks = Banks::start(HOME);
    banks.fail("jarm", "authorize", "bad_jarm_signature");
    let bank = ready(&banks, "jarm").await;
    forged(&visit(&banks, &bank, Decision::Deny).await, "its signature is wrong");
}

#[tokio::test]
async fn a_hybrid_answer_is_bound_to_its_code_its_state_and_its_journey() {
    let banks = Banks::start(HOME);
    for (fault, why) in [
        ("bad_c_hash", "its c_hash is of another code"),
        ("bad_s_hash", "its s_hash is of another state"),
        ("no_s_hash", "it has no s_hash, which FAPI requires"),
        ("front_old", "it was issued too long ago"),
        ("front_wrong_nonce", "its nonce is another"),
        ("front_bad_signature", "its signature is wrong"),
    ] {
        forged(&changed(&banks, "hybrid", fault).await, why);
    }
}

/// Somebody's code under another one's journey: what is signed gives it away, before the code is spent.
#[tokio::test]
async fn a_code_does_not_pass_from_one_journey_to_another() {
    let banks = Banks::start(HOME);
    for (kind, why) in [("hybrid", "its nonce is another"), ("jarm", "its state is another")] {
        let bank = ready(&banks, kind).await;
        let (mine, theirs) = (Visit::begin(&banks, kind), Visit::begin(&banks, kind));
        let landing = theirs.decide(&banks, &bank, Decision::Approve).await;
        let Ok(evidence) = theirs.offered(&bank, &landing.answer()) else { panic!("{kind}: no code") };
        forged(&mine.genuine(&bank, &evidence).await.unwrap_err(), why);
    }
    // Where nothing is signed, the bank itself says no: the verifier is another (RFC 7636).
    let bank = ready(&banks, "plain").await;
    let (mine, theirs) = (Visit::begin(&banks, "plain"), Visit::begin(&banks, "plain"));
    let landing = theirs.decide(&banks, &bank, Decision::Approve).await;
    let Ok(evidence) = theirs.offered(&bank, &landing.answer()) else { panic!("no code") };
    assert_eq!(mine.redeem(&bank, &evidence).await.refused(), "invalid_grant");
}

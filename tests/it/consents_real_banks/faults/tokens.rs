//! The token endpoint, or what it answers, is not as it should be.

use std::time::Duration;

use super::{ExpectedError, Setup, on_both_stores, one_time_token};
use crate::banks::customer::Decision::Approve;
use crate::support::gateway::StoreKind;

on_both_stores![
    tokens_that_are_not_under_the_banks_signature_fail_the_consent,
    a_token_endpoint_in_trouble_fails_the_consent,
    new_keys_of_a_bank_are_no_trouble,
    what_takes_a_while_to_tell_is_told,
];

/// The code is spent, and what came for it is not the bank's word.
const INVALID: ExpectedError<'_> =
    ("uncategorized_error", "institution", "What the bank answered is not under its signature.");

/// The bank was asked, and nobody knows what it said.
const LOST: ExpectedError<'_> = ("uncategorized_error", "institution", "The bank did not answer.");

/// The bank was asked, and said something that nobody understands.
const UNREADABLE: ExpectedError<'_> =
    ("uncategorized_error", "institution", "The bank gave an answer that cannot be read.");

/// The customer agreed to more than the bank let us have.
const WITHHELD: ExpectedError<'_> =
    ("institution_server_error", "institution", "The bank granted less than was asked for: not accounts.");

/// Says yes at a kind whose token endpoint fails: the callback that comes home, after one token request.
async fn fails(setup: &Setup, kind: &str, fault: &str, refusal: ExpectedError<'_>) {
    setup.banks.fail(kind, "token", fault);
    for with_one_time_token in [false, true] {
        let before = setup.asked_for_tokens(kind);
        let asked = setup.ask(kind, with_one_time_token).await;
        let landing = setup.decided(kind, &asked, Approve).await;
        let home = setup.home(&landing).await;
        setup.is_refused(kind, &asked, &home, (refusal, "FAILED")).await;
        assert_eq!(setup.home(&landing).await, home, "{kind} {fault}");
        assert_eq!(setup.asked_for_tokens(kind), before + 1, "{kind} {fault}");
    }
    setup.banks.fail(kind, "token", "none");
}

async fn tokens_that_are_not_under_the_banks_signature_fail_the_consent(store: StoreKind) {
    let setup = Setup::start(store).await;
    for kind in ["plain", "hybrid"] {
        for fault in [
            "wrong_nonce",
            "bad_signature",
            "wrong_iss_claim",
            "wrong_aud",
            "expired_id_token",
            "alg_none",
            "no_id_token",
        ] {
            fails(&setup, kind, fault, INVALID).await;
        }
    }
    // Who agreed in the browser is not who the tokens are for.
    fails(&setup, "hybrid", "two_subs", INVALID).await;
    for kind in ["form-post", "jarm", "mtls"] {
        fails(&setup, kind, "wrong_nonce", INVALID).await;
        fails(&setup, kind, "bad_signature", INVALID).await;
    }
}

/// A key that the bank does not publish signs nothing. Keys are looked for every five seconds at the most, so that a
/// second such token is late.
async fn signed_by_nobody(setup: &Setup, kind: &str) {
    setup.banks.fail(kind, "token", "unknown_kid");
    let asked = setup.ask(kind, false).await;
    let landing = setup.decided(kind, &asked, Approve).await;
    let home = setup.home(&landing).await;
    setup.is_refused(kind, &asked, &home, (INVALID, "FAILED")).await;
    let asked = setup.ask(kind, true).await;
    let landing = setup.decided(kind, &asked, Approve).await;
    let home = setup.home(&landing).await;
    let exchanged = setup.tpp.exchange(&one_time_token(kind, &asked, &home)).await.is(201).json();
    assert_eq!((&exchanged["id"], &exchanged["status"]), (&asked.data["id"], &"FAILED".into()));
    assert!(exchanged.get("consentToken").is_none(), "{exchanged}");
    assert_eq!((setup.asked_for_tokens(kind), setup.banks.count(kind, "jwks")), (2, 3));
}

async fn a_token_endpoint_in_trouble_fails_the_consent(store: StoreKind) {
    let setup = Setup::start(store).await;
    for (fault, refusal) in [
        ("down", LOST),
        ("hang:300", LOST),
        ("html200", UNREADABLE),
        ("empty", UNREADABLE),
        ("huge", UNREADABLE),
        ("scope:openid payments", WITHHELD),
        (
            "token_type:DPoP",
            ("uncategorized_error", "institution", "The bank's access token is not of the type Bearer."),
        ),
        ("html", ("invalid_grant", "institution", "The bank answered 503.")),
        ("500", ("invalid_grant", "institution", "The bank answered 500.")),
        ("redirect", ("invalid_grant", "institution", "The bank answered 307.")),
        ("500json", ("invalid_grant", "institution", "Scripted failure")),
        ("error:invalid_grant", ("invalid_grant", "institution", "Scripted refusal")),
        ("error:invalid_client", ("configuration_error", "institution", "Scripted refusal")),
        ("error:unauthorized_client", ("institution_server_error", "institution", "Scripted refusal")),
    ] {
        fails(&setup, "failing", fault, refusal).await;
    }
    for kind in ["hybrid", "jarm", "mtls"] {
        fails(&setup, kind, "down", LOST).await;
    }
}

async fn new_keys_of_a_bank_are_no_trouble(store: StoreKind) {
    let setup = Setup::start(store).await;
    for kind in ["plain", "hybrid", "jarm"] {
        // The gateway knows the old ones.
        for rotated in [false, true] {
            if rotated {
                setup.banks.fail(kind, "jwks", "rotate");
            }
            let asked = setup.ask(kind, false).await;
            let landing = setup.decided(kind, &asked, Approve).await;
            let home = setup.home(&landing).await;
            setup.is_given(kind, &asked, &home).await;
        }
        assert_eq!(setup.banks.count(kind, "jwks"), 2, "{kind}");
    }
}

async fn what_takes_a_while_to_tell_is_told(store: StoreKind) {
    let setup = Setup::start(store).await;
    tokio::join!(
        signed_by_nobody(&setup, "post"),
        away_for_a_moment(&setup, "plain"),
        away_for_good(&setup, "failing"),
    );
}

/// As long as it is certain that the bank has not been asked, it is tried again.
async fn away_for_a_moment(setup: &Setup, kind: &str) {
    let asked = setup.ask(kind, false).await;
    let landing = setup.decided(kind, &asked, Approve).await;
    setup.banks.fail(kind, "port", "closed");
    let back = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(setup.asked_for_tokens(kind), 0);
        setup.banks.fail(kind, "port", "none");
    };
    let (home, ()) = tokio::join!(setup.home(&landing), back);
    setup.is_given(kind, &asked, &home).await;
    assert_eq!(setup.asked_for_tokens(kind), 1);
}

async fn away_for_good(setup: &Setup, kind: &str) {
    let asked = setup.ask(kind, false).await;
    let landing = setup.decided(kind, &asked, Approve).await;
    setup.banks.fail(kind, "port", "closed");
    let home = setup.home(&landing).await;
    let refusal = ("invalid_grant", "institution", "The bank could not be asked.");
    setup.is_refused(kind, &asked, &home, (refusal, "FAILED")).await;
    setup.banks.fail(kind, "port", "none");
    assert_eq!(setup.home(&landing).await, home);
    assert_eq!(setup.asked_for_tokens(kind), 0);
}

//! What the browser brings is not what the bank should have sent.

use super::{ExpectedError, Setup, on_both_stores};
use crate::banks::customer::Decision::{self, Approve, Deny};
use crate::banks::process::KINDS;
use crate::support::gateway::StoreKind;

on_both_stores![
    what_is_not_the_banks_answer_gets_a_page_and_changes_nothing,
    what_stays_in_the_browser_is_nobodys_concern,
    every_error_of_the_table_comes_home_as_documented,
    every_kind_of_bank_brings_its_errors_home,
];

/// The status of a page, and what it says.
type Page = (u16, &'static str);

const UNREADABLE: Page = (400, "We could not read this request");
const UNMATCHED: Page = (404, "We cannot match this answer");

/// An answer that is not its bank's: at which kinds, what is wrong with it, what the customer had decided, and the
/// page.
type Foreign = (&'static [&'static str], &'static str, Decision, Page);

const NOT_THE_BANKS: [Foreign; 15] = [
    (&["plain", "form-post", "hybrid", "jarm"], "no_state", Approve, UNREADABLE),
    (&["plain", "form-post", "hybrid", "jarm"], "wrong_state", Approve, UNMATCHED),
    (&["plain", "post", "par", "form-post", "hybrid", "jarm", "mtls"], "wrong_iss", Approve, UNREADABLE),
    (&["plain", "form-post", "jarm"], "no_iss", Approve, UNREADABLE),
    // Beside an id_token a hybrid bank names itself there; an error has none.
    (&["hybrid"], "no_iss", Deny, UNREADABLE),
    (&["hybrid"], "no_code_no_error", Approve, UNREADABLE),
    (&["plain", "form-post", "hybrid", "jarm"], "repeat_code", Approve, UNREADABLE),
    (&["form-post", "hybrid"], "two_places", Approve, UNREADABLE),
    (&["jarm"], "clear", Approve, UNREADABLE),
    (&["jarm"], "bad_jarm_signature", Approve, UNREADABLE),
    (&["jarm"], "bad_jarm_signature", Deny, UNREADABLE),
    (&["hybrid"], "bad_c_hash", Approve, UNREADABLE),
    (&["hybrid"], "bad_s_hash", Approve, UNREADABLE),
    (&["hybrid"], "front_wrong_nonce", Approve, UNREADABLE),
    (&["hybrid"], "front_bad_signature", Approve, UNREADABLE),
];

async fn what_is_not_the_banks_answer_gets_a_page_and_changes_nothing(store: StoreKind) {
    let setup = Setup::start(store).await;
    for (kinds, fault, decision, page) in NOT_THE_BANKS {
        for kind in kinds {
            is_turned_away(&setup, kind, fault, decision, page).await;
        }
    }
}

async fn is_turned_away(setup: &Setup, kind: &str, fault: &str, decision: Decision, (status, words): Page) {
    let what = format!("{kind} {fault} {decision:?}");
    let before = setup.asked_for_tokens(kind);
    let asked = setup.ask(kind, false).await;
    setup.banks.fail(kind, "authorize", fault);
    let landing = setup.decided(kind, &asked, decision).await;
    setup.banks.fail(kind, "authorize", "none");
    for _ in 0..2 {
        let page = setup.arrives(&landing).await;
        assert_eq!(page.status, status, "{what}: {}", page.text());
        assert!(!page.has("location"), "{what}");
        page.says(words);
    }
    setup.awaits(&asked, &what).await;
    assert_eq!(setup.asked_for_tokens(kind), before, "{what}");
    // And it has cost the genuine answer nothing.
    let genuine = setup.decided(kind, &asked, Approve).await;
    let home = setup.home(&genuine).await;
    setup.is_given(kind, &asked, &home).await;
    assert_eq!(setup.asked_for_tokens(kind), before + 1, "{what}");
}

/// A bank that answers in the query and once more behind a `#`: only the first ever leaves the browser.
async fn what_stays_in_the_browser_is_nobodys_concern(store: StoreKind) {
    let setup = Setup::start(store).await;
    for kind in ["plain", "jarm"] {
        setup.banks.fail(kind, "authorize", "two_places");
        let asked = setup.ask(kind, false).await;
        let landing = setup.decided(kind, &asked, Approve).await;
        assert!(landing.url.query().is_some() && landing.url.fragment().is_some(), "{}", landing.url);
        let home = setup.home(&landing).await;
        setup.is_given(kind, &asked, &home).await;
        assert_eq!(setup.asked_for_tokens(kind), 1);
    }
}

/// Says yes at a kind whose answer is changed into this, and comes home with this refusal, however often.
async fn comes_home(setup: &Setup, kind: &str, fault: &str, refused: (ExpectedError<'_>, &str)) {
    setup.banks.fail(kind, "authorize", fault);
    // A refusal is the same where a one-time token was asked for: it comes home without one.
    for one_time_token in [false, true] {
        let asked = setup.ask(kind, one_time_token).await;
        let landing = setup.decided(kind, &asked, Approve).await;
        let home = setup.home(&landing).await;
        setup.is_refused(kind, &asked, &home, refused).await;
        assert_eq!(setup.home(&landing).await, home, "{kind} {fault}");
    }
    setup.banks.fail(kind, "authorize", "none");
    assert_eq!(setup.asked_for_tokens(kind), 0, "{kind} was asked after {fault}");
}

/// The contract's table, row by row: the bank's errors, and the `error` and `error-source` that they come home as.
const TABLE: [(&[&str], &str, &str); 5] = [
    (
        &["access_denied", "user_cancelled", "login_required", "account_selection_required", "interaction_required"],
        "access_denied",
        "user",
    ),
    (
        &[
            "invalid_grant",
            "consent_required",
            "server_error",
            "temporarily_unavailable",
            "request_not_supported",
            "request_uri_not_supported",
        ],
        "invalid_grant",
        "institution",
    ),
    (
        &[
            "invalid_request",
            "registration_not_supported",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope",
        ],
        "institution_server_error",
        "institution",
    ),
    (&["invalid_client"], "configuration_error", "institution"),
    (&["invented_by_a_bank"], "uncategorized_error", "institution"),
];

async fn every_error_of_the_table_comes_home_as_documented(store: StoreKind) {
    let setup = Setup::start(store).await;
    for (codes, error, source) in TABLE {
        for code in codes {
            let status = if source == "user" { "REJECTED" } else { "FAILED" };
            let refused = ((error, source, "Scripted refusal"), status);
            comes_home(&setup, "failing", &format!("error:{code}"), refused).await;
        }
    }
}

async fn every_kind_of_bank_brings_its_errors_home(store: StoreKind) {
    let setup = Setup::start(store).await;
    for kind in KINDS {
        let refused = (("invalid_grant", "institution", "Scripted refusal"), "FAILED");
        comes_home(&setup, kind, "error:temporarily_unavailable", refused).await;
    }
    // Neither code nor error is the bank's fault, and nobody's decision.
    let malformed = ("uncategorized_error", "institution", "The institution could not or would not.");
    for kind in ["plain", "form-post", "jarm"] {
        comes_home(&setup, kind, "no_code_no_error", (malformed, "FAILED")).await;
    }
}

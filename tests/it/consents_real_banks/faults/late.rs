//! The bank is slow, or takes no request: the customer is answered inside the budget all the same.

use std::time::Duration;

use super::{Setup, on_both_stores, one_time_token};
use crate::banks::customer::Decision::Approve;
use crate::consents_real_banks::way;
use crate::support::gateway::StoreKind;
use crate::support::http::HttpReply;

on_both_stores![
    a_slow_bank_keeps_nobody_waiting,
    a_bank_that_takes_no_push_gets_a_page_with_another_try,
    an_error_that_the_bank_names_for_a_push_comes_home,
];

/// The budget as it is by default, and how long an answer inside it may take on a busy machine: half of what the bank
/// takes.
const BUDGET: (&str, &str) = ("HANDBACK_RETURN_BUDGET", "100ms");
const SOON: Duration = Duration::from_millis(1500);
const SLOW: &str = "slow:3000";

async fn a_slow_bank_keeps_nobody_waiting(store: StoreKind) {
    let setup = Setup::start_with(store, &[BUDGET]).await;
    // Each at a bank of its own, and so all at once.
    tokio::join!(
        waits_on_a_page(&setup, "plain"),
        waits_on_a_page(&setup, "form-post"),
        waits_on_a_page(&setup, "hybrid"),
        is_home_at_once(&setup, "failing"),
        is_home_at_once(&setup, "jarm"),
        is_told_by_the_callback(&setup, "post"),
        is_told_by_the_exchange(&setup, "mtls"),
        is_pushed_meanwhile(&setup, "par"),
    );
}

/// A callback that would claim the consent waits until that is proven.
async fn waits_on_a_page(setup: &Setup, kind: &str) {
    let asked = setup.ask(kind, false).await;
    setup.banks.fail(kind, "token", SLOW);
    let landing = setup.decided(kind, &asked, Approve).await;
    let page = setup.arrives(&landing).await;
    assert!(page.took < SOON, "{kind}: {:?}", page.took);
    let next = next_of(kind, page);
    assert!(next.starts_with(&format!("/return/{kind}/wait?state=")) && !next.contains("code"), "{next}");
    setup.awaits(&asked, kind).await;
    let home = way::sent_on(async || setup.gateway.http.get(&next).await).await;
    setup.is_given(kind, &asked, &home).await;
    assert_eq!(setup.home(&landing).await, home, "{kind}");
    assert_eq!(setup.asked_for_tokens(kind), 1, "{kind}");
}

/// A one-time token promises nothing: it goes home, and exchanging it waits for the fact.
async fn is_home_at_once(setup: &Setup, kind: &str) {
    let asked = setup.ask(kind, true).await;
    setup.banks.fail(kind, "token", SLOW);
    let landing = setup.decided(kind, &asked, Approve).await;
    let answer = setup.arrives(&landing).await;
    assert!(answer.took < SOON, "{kind}: {:?}", answer.took);
    let home = answer.location();
    setup.awaits(&asked, kind).await;
    setup.is_exchanged(kind, &asked, &home).await;
    assert_eq!(setup.home(&landing).await, home, "{kind}");
    assert_eq!(setup.asked_for_tokens(kind), 1, "{kind}");
}

/// Says nothing for a while, then breaks the connection.
const LOST_LATE: &str = "hang:1500";

async fn is_told_by_the_callback(setup: &Setup, kind: &str) {
    let asked = setup.ask(kind, false).await;
    setup.banks.fail(kind, "token", LOST_LATE);
    let landing = setup.decided(kind, &asked, Approve).await;
    let next = next_of(kind, setup.arrives(&landing).await);
    let home = way::sent_on(async || setup.gateway.http.get(&next).await).await;
    let refusal = ("uncategorized_error", "institution", "The bank did not answer.");
    setup.is_refused(kind, &asked, &home, (refusal, "FAILED")).await;
    assert_eq!(setup.home(&landing).await, home);
    assert_eq!(setup.asked_for_tokens(kind), 1);
}

async fn is_told_by_the_exchange(setup: &Setup, kind: &str) {
    let asked = setup.ask(kind, true).await;
    setup.banks.fail(kind, "token", LOST_LATE);
    let landing = setup.decided(kind, &asked, Approve).await;
    let home = setup.arrives(&landing).await.location();
    let token = one_time_token(kind, &asked, &home);
    let consent = setup.tpp.exchange(&token).await.is(201).json();
    assert_eq!((&consent["id"], &consent["status"]), (&asked.data["id"], &"FAILED".into()));
    assert!(consent.get("consentToken").is_none(), "{consent}");
    assert_eq!(setup.home(&landing).await, home);
    assert_eq!(setup.asked_for_tokens(kind), 1);
}

/// A slow push shows a page that moves on to the bank.
async fn is_pushed_meanwhile(setup: &Setup, kind: &str) {
    setup.banks.fail(kind, "par", SLOW);
    let asked = setup.ask(kind, false).await;
    let out = asked.data["authorisationUrl"].as_str().expect("an address");
    let page = setup.gateway.http.get(out).await;
    assert!(page.took < SOON, "{:?}", page.took);
    let next = next_of(kind, page);
    let bank = way::sent_on(async || setup.gateway.http.get(&next).await).await;
    assert_eq!(setup.banks.count(kind, "par"), 1, "it was pushed once for one departure");
    setup.awaits(&asked, kind).await;
    let landing = way::at_bank(&setup.gateway, &setup.banks, kind, &bank, Approve).await;
    let home = setup.home(&landing).await;
    setup.is_given(kind, &asked, &home).await;
}

async fn a_bank_that_takes_no_push_gets_a_page_with_another_try(store: StoreKind) {
    let setup = Setup::start(store).await;
    for fault in ["500", "500json", "html", "html200", "down"] {
        setup.banks.fail("par", "par", fault);
        let asked = setup.ask("par", false).await;
        let out = asked.data["authorisationUrl"].as_str().expect("an address");
        let page = setup.gateway.http.get(out).await.is(200).says("Bank of par");
        assert!(!page.has("location"), "{fault}");
        setup.awaits(&asked, fault).await;
        let again = between(&page.text(), "href=\"/consent/leaving?", "\"").expect("another try");
        let again = format!("/consent/leaving?{}", plain(&again));
        setup.banks.fail("par", "par", "none");
        let bank = way::sent_on(async || setup.gateway.http.get(&again).await).await;
        let landing = way::at_bank(&setup.gateway, &setup.banks, "par", &bank, Approve).await;
        let home = setup.home(&landing).await;
        setup.is_given("par", &asked, &home).await;
    }
}

/// By the table, as those of the token endpoint, and the same however often the customer tries.
async fn an_error_that_the_bank_names_for_a_push_comes_home(store: StoreKind) {
    let setup = Setup::start(store).await;
    for (code, error) in [
        ("invalid_request", "institution_server_error"),
        ("invalid_client", "configuration_error"),
        ("invalid_scope", "institution_server_error"),
        ("server_error", "invalid_grant"),
        ("invalid_request_object", "uncategorized_error"),
    ] {
        setup.banks.fail("par", "par", &format!("error:{code}"));
        let before = setup.banks.count("par", "par");
        let asked = setup.ask("par", code == "invalid_scope").await;
        let out = asked.data["authorisationUrl"].as_str().expect("an address");
        let home = way::sent_on(async || setup.gateway.http.get(out).await).await;
        let refusal = (error, "institution", "Scripted refusal");
        setup.is_refused("par", &asked, &home, (refusal, "FAILED")).await;
        setup.gateway.http.get(out).await.is(200).says("Bank of par");
        assert_eq!(setup.banks.count("par", "par"), before + 1, "{code}: the bank has said it");
    }
    setup.banks.fail("par", "par", "none");
    let asked = setup.ask("par", false).await;
    let landing = setup.decided("par", &asked, Approve).await;
    let home = setup.home(&landing).await;
    setup.is_given("par", &asked, &home).await;
}

/// Where a light page goes by itself. It tells nobody anything.
fn next_of(kind: &str, page: HttpReply) -> String {
    let page = page.is(200).says("http-equiv=\"refresh\"").never_says("consent=").never_says("one-time-token");
    assert!(!page.has("location"), "{kind}");
    plain(&between(&page.text(), ";url=", "\"").expect("a way on"))
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside.to_owned())
}

fn plain(html: &str) -> String {
    html.replace("&#38;", "&").replace("&amp;", "&")
}

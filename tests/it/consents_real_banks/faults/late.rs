//! The bank is slow, or takes no request: the customer is answered inside the budget all the same.

use std::time::Duration;

use super::{Town, on_both_stores, one_time_token};
use crate::banks::customer::Decision::Approve;
use crate::consents_real_banks::way;
use crate::support::house::StoreKind;
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
    let town = Town::found_with(store, &[BUDGET]).await;
    // Each at a bank of its own, and so all at once.
    tokio::join!(
        waits_on_a_page(&town, "plain"),
        waits_on_a_page(&town, "form-post"),
        waits_on_a_page(&town, "hybrid"),
        is_home_at_once(&town, "failing"),
        is_home_at_once(&town, "jarm"),
        is_told_by_the_callback(&town, "post"),
        is_told_by_the_exchange(&town, "mtls"),
        is_pushed_meanwhile(&town, "par"),
    );
}

/// A callback that would claim the consent waits until that is proven.
async fn waits_on_a_page(town: &Town, kind: &str) {
    let asked = town.ask(kind, false).await;
    town.banks.fail(kind, "token", SLOW);
    let landing = town.decided(kind, &asked, Approve).await;
    let page = town.arrives(&landing).await;
    assert!(page.took < SOON, "{kind}: {:?}", page.took);
    let next = next_of(kind, page);
    assert!(next.starts_with(&format!("/return/{kind}/wait?state=")) && !next.contains("code"), "{next}");
    town.awaits(&asked, kind).await;
    let home = way::sent_on(async || town.house.http.get(&next).await).await;
    town.is_given(kind, &asked, &home).await;
    assert_eq!(town.home(&landing).await, home, "{kind}");
    assert_eq!(town.asked_for_tokens(kind), 1, "{kind}");
}

/// A one-time token promises nothing: it goes home, and exchanging it waits for the fact.
async fn is_home_at_once(town: &Town, kind: &str) {
    let asked = town.ask(kind, true).await;
    town.banks.fail(kind, "token", SLOW);
    let landing = town.decided(kind, &asked, Approve).await;
    let answer = town.arrives(&landing).await;
    assert!(answer.took < SOON, "{kind}: {:?}", answer.took);
    let home = answer.location();
    town.awaits(&asked, kind).await;
    town.is_exchanged(kind, &asked, &home).await;
    assert_eq!(town.home(&landing).await, home, "{kind}");
    assert_eq!(town.asked_for_tokens(kind), 1, "{kind}");
}

/// Says nothing for a while, then breaks the connection.
const LOST_LATE: &str = "hang:1500";

async fn is_told_by_the_callback(town: &Town, kind: &str) {
    let asked = town.ask(kind, false).await;
    town.banks.fail(kind, "token", LOST_LATE);
    let landing = town.decided(kind, &asked, Approve).await;
    let next = next_of(kind, town.arrives(&landing).await);
    let home = way::sent_on(async || town.house.http.get(&next).await).await;
    let refusal = ("uncategorized_error", "institution", "The bank did not answer.");
    town.is_refused(kind, &asked, &home, (refusal, "FAILED")).await;
    assert_eq!(town.home(&landing).await, home);
    assert_eq!(town.asked_for_tokens(kind), 1);
}

async fn is_told_by_the_exchange(town: &Town, kind: &str) {
    let asked = town.ask(kind, true).await;
    town.banks.fail(kind, "token", LOST_LATE);
    let landing = town.decided(kind, &asked, Approve).await;
    let home = town.arrives(&landing).await.location();
    let token = one_time_token(kind, &asked, &home);
    let consent = town.tpp.exchange(&token).await.is(201).json();
    assert_eq!((&consent["id"], &consent["status"]), (&asked.data["id"], &"FAILED".into()));
    assert!(consent.get("consentToken").is_none(), "{consent}");
    assert_eq!(town.home(&landing).await, home);
    assert_eq!(town.asked_for_tokens(kind), 1);
}

/// A slow push shows a page that moves on to the bank.
async fn is_pushed_meanwhile(town: &Town, kind: &str) {
    town.banks.fail(kind, "par", SLOW);
    let asked = town.ask(kind, false).await;
    let out = asked.data["authorisationUrl"].as_str().expect("an address");
    let page = town.house.http.get(out).await;
    assert!(page.took < SOON, "{:?}", page.took);
    let next = next_of(kind, page);
    let bank = way::sent_on(async || town.house.http.get(&next).await).await;
    assert_eq!(town.banks.count(kind, "par"), 1, "it was pushed once for one departure");
    town.awaits(&asked, kind).await;
    let landing = way::at_bank(&town.house, &town.banks, kind, &bank, Approve).await;
    let home = town.home(&landing).await;
    town.is_given(kind, &asked, &home).await;
}

async fn a_bank_that_takes_no_push_gets_a_page_with_another_try(store: StoreKind) {
    let town = Town::found(store).await;
    for fault in ["500", "500json", "html", "html200", "down"] {
        town.banks.fail("par", "par", fault);
        let asked = town.ask("par", false).await;
        let out = asked.data["authorisationUrl"].as_str().expect("an address");
        let page = town.house.http.get(out).await.is(200).says("Bank of par");
        assert!(!page.has("location"), "{fault}");
        town.awaits(&asked, fault).await;
        let again = between(&page.text(), "href=\"/consent/leaving?", "\"").expect("another try");
        let again = format!("/consent/leaving?{}", plain(&again));
        town.banks.fail("par", "par", "none");
        let bank = way::sent_on(async || town.house.http.get(&again).await).await;
        let landing = way::at_bank(&town.house, &town.banks, "par", &bank, Approve).await;
        let home = town.home(&landing).await;
        town.is_given("par", &asked, &home).await;
    }
}

/// By the table, as those of the token endpoint, and the same however often the customer tries.
async fn an_error_that_the_bank_names_for_a_push_comes_home(store: StoreKind) {
    let town = Town::found(store).await;
    for (code, error) in [
        ("invalid_request", "institution_server_error"),
        ("invalid_client", "configuration_error"),
        ("invalid_scope", "institution_server_error"),
        ("server_error", "invalid_grant"),
        ("invalid_request_object", "uncategorized_error"),
    ] {
        town.banks.fail("par", "par", &format!("error:{code}"));
        let before = town.banks.count("par", "par");
        let asked = town.ask("par", code == "invalid_scope").await;
        let out = asked.data["authorisationUrl"].as_str().expect("an address");
        let home = way::sent_on(async || town.house.http.get(out).await).await;
        let refusal = (error, "institution", "Scripted refusal");
        town.is_refused("par", &asked, &home, (refusal, "FAILED")).await;
        town.house.http.get(out).await.is(200).says("Bank of par");
        assert_eq!(town.banks.count("par", "par"), before + 1, "{code}: the bank has said it");
    }
    town.banks.fail("par", "par", "none");
    let asked = town.ask("par", false).await;
    let landing = town.decided("par", &asked, Approve).await;
    let home = town.home(&landing).await;
    town.is_given("par", &asked, &home).await;
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

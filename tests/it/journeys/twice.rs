//! A bank that wants the browser twice: what it brings the first time leads it out again, in the same journey.

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::token_io_client::{CALLBACK, TokenIoClient};

on_every_store![
    the_first_yes_leads_out_again_and_the_second_home,
    a_no_is_a_no_at_either_page,
    only_the_browser_that_left_is_led_on,
    token_ios_way_home_says_how_it_stands,
    an_app_that_takes_the_answers_itself_is_told_where_to_go_next,
];

/// Where the browser is after it has left for the bank, and the state there.
async fn leave(gateway: &TestGateway, shop: &MerchantClient) -> (String, String, String) {
    let link = shop.link(json!({ "recipient_note": "twice:order 7", "callback_url": "https://shop.example/cb" })).await;
    let page = gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.location();
    let state = query_value(&page, "state");
    (link.id, page, state)
}

async fn the_first_yes_leads_out_again_and_the_second_home(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let (id, page, state) = leave(&gateway, &shop).await;
    let first = format!("code=ok&state={state}");
    let second_page = gateway.http.back(&first).await.location();
    let second_state = query_value(&second_page, "state");
    assert!(second_page.starts_with(&format!("{}/sandbox/authorise?", gateway.http.base())), "{second_page}");
    assert_ne!((&second_page, &second_state), (&page, &state));
    assert_eq!(shop.journey(&id).await["status"], json!("away"));
    // Back and Reload bring the first answer again: it leads to the same page, and another one under its state too.
    assert_eq!(gateway.http.back(&first).await.location(), second_page);
    assert_eq!(gateway.http.back(&format!("code=another&state={state}")).await.location(), second_page);
    let home = gateway.http.back(&format!("code=ok&state={second_state}")).await.location();
    assert!(home.ends_with("status=success"), "{home}");
    let shown = shop.journey(&id).await;
    let events: Vec<&Value> = shown["timeline"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(events.iter().filter(|event| ***event == json!("led_on")).count(), 2, "{events:?}");
    // The first answer leads out no more: its journey is home.
    assert_eq!(gateway.http.back(&first).await.location(), home);
}

async fn a_no_is_a_no_at_either_page(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let (id, _, state) = leave(&gateway, &shop).await;
    gateway.http.back(&format!("error=access_denied&state={state}")).await;
    assert_eq!(shop.journey(&id).await["status"], json!("cancelled"));
    let (id, _, state) = leave(&gateway, &shop).await;
    let second_page = gateway.http.back(&format!("code=ok&state={state}")).await.location();
    let second_state = query_value(&second_page, "state");
    gateway.http.back(&format!("error=access_denied&state={second_state}")).await;
    assert_eq!(shop.journey(&id).await["status"], json!("cancelled"));
}

async fn only_the_browser_that_left_is_led_on(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    shop.choose(json!({ "same_browser": "required" })).await;
    let link = shop.link(json!({ "recipient_note": "twice", "callback_url": "https://shop.example/cb" })).await;
    let left = gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await;
    let cookie = left.header("set-cookie").split(';').next().unwrap().to_owned();
    let back = format!("/return/sandbox?code=ok&state={}", query_value(&left.location(), "state"));
    gateway.http.get(&back).await.is(403);
    let out = gateway.http.get_with(&back, &[("cookie", &cookie)]).await;
    let second_page = out.location();
    // It is known at its second return, by the cookie of that visit.
    let next = out.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_ne!(cookie, next);
    let back = format!("/return/sandbox?code=ok&state={}", query_value(&second_page, "state"));
    gateway.http.get(&back).await.is(403);
    let cookies = format!("{cookie}; {next}");
    let home = gateway.http.get_with(&back, &[("cookie", &cookies)]).await.location();
    assert!(home.ends_with("status=success"), "{home}");
}

async fn token_ios_way_home_says_how_it_stands(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = member.ask(json!({ "remittanceInformationPrimary": "twice" })).await;
    let second_page = gateway.http.back(&asked.back("code=ok")).await.location();
    assert_eq!(member.status(&asked.id).await, "INITIATION_PENDING_REDIRECT_AUTH");
    let second_state = query_value(&second_page, "state");
    let home = gateway.http.back(&format!("code=ok&state={second_state}")).await.location();
    let ids = format!("member-id={}&payment-id={}", member.id, asked.id);
    assert_eq!(home, format!("{CALLBACK}?{ids}&state=6242e45e-3063-4c42-8376&status=INITIATION_COMPLETED"));
    assert_eq!(member.status(&asked.id).await, "INITIATION_COMPLETED");
    // One redirect, no status.
    let asked = member.ask(json!({})).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    assert!(!home.contains("status="), "{home}");
}

async fn an_app_that_takes_the_answers_itself_is_told_where_to_go_next(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    member.merchant.save(CALLBACK).await;
    member.merchant.choose(json!({ "answers_to": "app" })).await;
    let asked = member.ask(json!({ "remittanceInformationPrimary": "twice" })).await;
    let bring =
        async |query: &str| member.post("/callback/initiation", &json!({ "query": query })).await.is(200).json();
    let told = bring(&asked.back("code=ok")).await;
    let next = told["redirectUrl"].as_str().unwrap_or_else(|| panic!("{told}"));
    assert_eq!(told["payment"]["authentication"]["redirectUrl"], json!(next));
    assert_eq!(told["payment"]["status"], json!("INITIATION_PENDING_REDIRECT_AUTH"));
    assert_eq!(bring(&asked.back("code=ok")).await, told, "again it is the same");
    // Under the app's own state, too: it is no answer of the second page.
    let own = "code=ok&state=6242e45e-3063-4c42-8376";
    assert_eq!(bring(own).await["payment"]["status"], json!("INITIATION_PENDING_REDIRECT_AUTH"));
    let told = bring(&format!("code=ok&state={}", query_value(next, "state"))).await;
    assert_eq!(told["payment"]["status"], json!("INITIATION_COMPLETED"), "{told}");
    assert_eq!(told.get("redirectUrl"), None);
}

//! Token.io's hosted pages: a customer chooses the bank, and comes home (contracts/token-io.md, sections 1 and 7).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{HttpReply, query_value};
use crate::support::on_every_store;
use crate::support::token_io_client::{Asked, CALLBACK, TokenIoClient};

on_every_store![
    a_customer_chooses_a_bank_and_comes_home,
    a_bank_that_the_merchant_named_is_the_only_one_offered,
    a_second_press_leaves_under_the_same_state,
    a_press_on_cancel_leads_home,
    whoever_has_the_id_alone_learns_no_more_than_that_it_is_over,
    of_presses_at_once_only_the_one_on_cancel_leads_home,
    a_country_narrows_the_list_down,
    what_is_no_session_is_told_so,
    a_payment_by_api_alone_has_no_page_and_each_kind_only_its_own,
];

/// Asks for the contract's payment on hosted pages.
async fn hosted(member: &TokenIoClient, changes: Value) -> Asked {
    let mut own = json!({ "flowType": "FULL_HOSTED_PAGES", "bankId": null });
    own.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    member.ask(own).await
}

fn page(asked: &Asked) -> String {
    format!("/token-io/session/{}", asked.id)
}

async fn choose(gateway: &TestGateway, asked: &Asked, bank: &str) -> HttpReply {
    gateway.http.submit(&format!("{}/choose", page(asked)), &[("institution", bank)]).await
}

fn cookie(left: &HttpReply) -> String {
    left.header("set-cookie").split(';').next().expect("a cookie").to_owned()
}

async fn a_customer_chooses_a_bank_and_comes_home(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = hosted(&member, json!({})).await;
    assert_eq!(asked.status(), "INITIATION_PENDING_REDIRECT_HP");
    assert_eq!(asked.redirect_url(), format!("{}{}", gateway.http.base(), page(&asked)));
    for (address, amount) in
        [(asked.redirect_url(), "10.23 EUR"), (format!("{}?lang=de", asked.redirect_url()), "10,23\u{a0}EUR")]
    {
        let shown = gateway.http.get(&address).await.is(200);
        shown
            .says("Shop")
            .says(amount)
            .says("Customer Inc.")
            .says("Sweepco")
            .says("Modelo Sandbox")
            .says("Mock Sandbox");
    }
    assert_eq!(member.status(&asked.id).await, "INITIATION_PENDING_REDIRECT_HP", "looking changes nothing");
    let left = choose(&gateway, &asked, "mock-sandbox").await;
    let back = format!("code=ok&state={}", query_value(&left.location(), "state"));
    let home = gateway.http.back(&back).await.location();
    assert_eq!(home, format!("{CALLBACK}?payment-id={}&state=6242e45e-3063-4c42-8376", asked.id), "no member-id");
    assert_eq!(member.status(&asked.id).await, "INITIATION_COMPLETED");
    assert_eq!(gateway.http.back(&back).await.location(), home, "the same return, the same bytes");
    // Back and Reload, in the browser that left: home, for as long as it has the cookie.
    let again = gateway.http.get_with(&page(&asked), &[("cookie", &cookie(&left))]).await;
    assert_eq!(again.location(), home);
    let pressed = gateway.http.submit(&format!("{}/choose", page(&asked)), &[("institution", "mock-sandbox")]).await;
    pressed.is(410).never_says(CALLBACK);
}

async fn a_bank_that_the_merchant_named_is_the_only_one_offered(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    for flow in ["FULL_HOSTED_PAGES", "EMBEDDED_HOSTED_PAGES"] {
        let asked = hosted(&member, json!({ "flowType": flow, "bankId": "modelo-sandbox" })).await;
        let shown = gateway.http.get(&page(&asked)).await.is(200);
        shown.says("Pay at your bank").says("Modelo Sandbox").never_says("Mock Sandbox");
        choose(&gateway, &asked, "mock-sandbox").await.is(400);
        let left = choose(&gateway, &asked, "modelo-sandbox").await.location();
        let home = gateway.http.back(&format!("code=ok&state={}", query_value(&left, "state"))).await.location();
        assert!(home.starts_with(&format!("{CALLBACK}?payment-id=")), "{home}");
        assert_eq!(member.status(&asked.id).await, "INITIATION_COMPLETED");
    }
}

async fn a_second_press_leaves_under_the_same_state(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = hosted(&member, json!({})).await;
    let first = choose(&gateway, &asked, "modelo-sandbox").await;
    let second = choose(&gateway, &asked, "modelo-sandbox").await;
    assert_eq!(query_value(&first.location(), "state"), query_value(&second.location(), "state"));
    // Back from the bank, the page is there again, and another bank can be chosen.
    gateway.http.get_with(&page(&asked), &[("cookie", &cookie(&first))]).await.is(200).says("Mock Sandbox");
    let elsewhere = choose(&gateway, &asked, "mock-sandbox").await;
    let other = elsewhere.location();
    assert_ne!(query_value(&other, "state"), query_value(&first.location(), "state"));
    // The first bank's answer still leads home, once.
    let home =
        gateway.http.back(&format!("code=ok&state={}", query_value(&first.location(), "state"))).await.location();
    assert_eq!(member.status(&asked.id).await, "INITIATION_COMPLETED");
    let late = format!("/return/sandbox?error=access_denied&state={}", query_value(&other, "state"));
    gateway.http.get(&late).await.is(410).never_says(CALLBACK);
    let late = gateway.http.get_with(&late, &[("cookie", &cookie(&elsewhere))]).await.location();
    assert_eq!(late, home, "paid stays paid");
    assert_eq!(member.status(&asked.id).await, "INITIATION_COMPLETED");
}

async fn a_press_on_cancel_leads_home(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = hosted(&member, json!({})).await;
    let cancelled = gateway.http.submit(&format!("{}/cancel", page(&asked)), &[]).await.location();
    assert_eq!(cancelled, format!("{CALLBACK}?payment-id={}&state=6242e45e-3063-4c42-8376", asked.id));
    assert_eq!(member.status(&asked.id).await, "INITIATION_DECLINED");
}

async fn whoever_has_the_id_alone_learns_no_more_than_that_it_is_over(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = hosted(&member, json!({ "callbackState": "secret-of-the-shop" })).await;
    // While it is open it is what a link is; it hands out no link.
    let shown = gateway.http.get(&page(&asked)).await.is(200);
    shown.never_says("link_id").never_says("secret-of-the-shop").never_says(CALLBACK);
    let left = choose(&gateway, &asked, "modelo-sandbox").await;
    gateway.http.back(&format!("code=ok&state={}", query_value(&left.location(), "state"))).await;
    for cookies in [vec![], vec![("cookie", "__Host-hb-00000000=x")]] {
        for address in [page(&asked), format!("{}/leaving", page(&asked))] {
            let over = gateway.http.get_with(&address, &cookies).await.is(410).says("This payment is over");
            over.never_says("secret-of-the-shop").never_says("10.23").never_says("Sweepco").never_says(CALLBACK);
        }
    }
    gateway.http.submit(&format!("{}/cancel", page(&asked)), &[]).await.is(410);
    let other = hosted(&member, json!({})).await;
    let elsewhere = choose(&gateway, &other, "modelo-sandbox").await;
    let over = gateway.http.get_with(&page(&asked), &[("cookie", &cookie(&elsewhere))]).await;
    over.is(410);
}

async fn of_presses_at_once_only_the_one_on_cancel_leads_home(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    for _ in 0..20 {
        let asked = hosted(&member, json!({})).await;
        let cancel = async { gateway.http.submit(&format!("{}/cancel", page(&asked)), &[]).await };
        let chosen = futures_util::future::join_all((0..8).map(|_| choose(&gateway, &asked, "modelo-sandbox")));
        let (cancelled, others) = futures_util::future::join(cancel, chosen).await;
        assert!(cancelled.location().starts_with(CALLBACK));
        for press in others {
            let to = if press.status == 303 { press.location() } else { String::new() };
            assert!(!to.starts_with(CALLBACK), "{to}");
        }
    }
}

async fn a_country_narrows_the_list_down(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = hosted(&member, json!({})).await;
    let here = gateway.http.get(&format!("{}?country=gb", page(&asked))).await.is(200);
    here.says("Modelo Sandbox").never_says("Show all banks");
    let nowhere = gateway.http.get(&format!("{}?country=ZZ&lang=xx", page(&asked))).await.is(200);
    nowhere.says("Modelo Sandbox");
    gateway.http.get(&format!("{}?country=%FF", page(&asked))).await.is(200);
}

async fn what_is_no_session_is_told_so(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = hosted(&member, json!({})).await;
    let secpaid = member.merchant.link_to("https://shop.example/cb").await;
    for address in
        ["/token-io/session/x".to_owned(), format!("{}x", page(&asked)), format!("/token-io/session/{}", secpaid.id)]
    {
        gateway.http.get(&address).await.is(404).says("We do not know this link");
    }
    choose(&gateway, &asked, "no-such-bank").await.is(400);
    gateway.http.submit(&format!("{}/choose", page(&asked)), &[]).await.is(400);
    let head = gateway.http.send(Method::HEAD, &page(&asked), &[], Vec::new()).await;
    head.is(204);
    gateway.http.get_with(&page(&asked), &[("sec-purpose", "prefetch")]).await.is(204);
    gateway.wait(Duration::from_hours(25));
    gateway.http.get(&page(&asked)).await.is(410);
}

/// Its id stands in webhooks and in logs: anybody who has it must not have a say in the payment.
async fn a_payment_by_api_alone_has_no_page_and_each_kind_only_its_own(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let api = member.ask(json!({})).await;
    let link = json!({ "paymentTemplate": {
        "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": "COFFEE",
        "creditor": { "name": "Shop", "iban": "GB29NWBK60161331926819" },
    } });
    let link = member.post("/v2/payment-links", &link).await.is(200).json()["paymentLink"]["id"].clone();
    let request = json!({ "requestPayload": {
        "refId": "r", "redirectUrl": CALLBACK, "transferBody": { "currency": "EUR", "lifetimeAmount": "3.00" },
    } });
    let request = member.post("/token-requests", &request).await.is(200).json()["tokenRequest"]["id"].clone();
    let (link, request) = (link.as_str().unwrap(), request.as_str().unwrap());
    let hosted = hosted(&member, json!({})).await.id;
    // The same journey under an id of another kind.
    let journey = handback::dialect::token_io::read_request_id(request).unwrap();
    let (as_payment, as_link) =
        (handback::dialect::token_io::payment_id(journey), handback::dialect::token_io::link_id(journey));
    for address in [
        format!("/session/{}", api.id),
        format!("/session/{as_payment}"),
        format!("/session/{as_link}"),
        format!("/pay-by-link/{hosted}"),
        format!("/pay-by-link/{request}"),
        format!("/app/request-token/{link}"),
        format!("/app/request-token/{hosted}"),
    ] {
        gateway.http.get(&format!("/token-io{address}")).await.is(404).says("We do not know this link");
    }
    for press in ["cancel", "choose"] {
        let form = [("institution", "modelo-sandbox")];
        gateway.http.submit(&format!("/token-io/session/{}/{press}", api.id), &form).await.is(404);
        gateway.http.submit(&format!("/token-io/session/{as_payment}/{press}"), &form).await.is(404);
    }
    assert_eq!(member.status(&api.id).await, "INITIATION_PENDING_REDIRECT_AUTH", "nobody has ended it");
    for address in
        [format!("/session/{hosted}"), format!("/pay-by-link/{link}"), format!("/app/request-token/{request}")]
    {
        gateway.http.get(&format!("/token-io{address}")).await.is(200);
    }
}

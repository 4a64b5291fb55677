//! What a browser or a careless app says about addresses changes nothing about our own.

use reqwest::Method;
use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;

on_every_store![
    a_forged_host_names_no_address_of_ours,
    a_browser_cannot_name_where_it_goes,
    line_breaks_reach_no_header,
    a_token_of_each_outcome_tells_what_is_in_force,
];

async fn a_forged_host_names_no_address_of_ours(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let forged = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example"),
    ];
    let made = merchant.secpaid_with("createLink", &forged, &json!({ "amount": 25 })).await.is(200);
    made.never_says("evil.example");
    let link = merchant.link(json!({})).await;
    let form = [&forged[..], &[("content-type", "application/x-www-form-urlencoded")]].concat();
    let body = format!("link_id={}", link.text);
    let left = gateway.http.send(Method::POST, "/payment/pay", &form, body).await;
    assert!(left.location().starts_with(gateway.http.base()), "{}", left.location());
    let state = query_value(&left.location(), "state");
    let back = gateway.http.get_with(&format!("/return/sandbox?code=ok&state={state}"), &forged).await;
    assert_eq!(json!(back.location()), link.data["pay_link"]);
}

async fn a_browser_cannot_name_where_it_goes(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let evil = "redirect_uri=https%3A%2F%2Fevil.example&callback_url=https%3A%2F%2Fevil.example&url=//evil.example";
    let sent_out = gateway.http.leave(&link.text).await;
    let home = format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success"));
    assert_eq!(
        gateway.http.back(&sent_out.with(&format!("code=ok&{evil}&status=cancel&pay_id=1"))).await.location(),
        home
    );
    assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}&{evil}", link.text)).await.location(), home);
    let form = [("link_id", link.text.as_str()), ("callback_url", "https://evil.example/")];
    assert_eq!(gateway.http.submit("/payment/cancel", &form).await.location(), home);
}

async fn line_breaks_reach_no_header(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for note in ["a\r\nLocation: https://evil.example", "a\nb", "a\u{0}b", "\u{7f}"] {
        let body = json!({ "amount": 1, "recipient_note": note });
        merchant.secpaid("createLink", &body).await.is(400);
    }
    for url in [
        "https://shop.example/\r\nx: y",
        "https://shop.example/\tx",
        "https://shop.example/é",
        " https://shop.example/",
    ] {
        merchant.refusal(&json!(url)).await;
    }
    let encoded = merchant.link_to("https://shop.example/%0d%0aLocation:%20x").await;
    let home = gateway.http.pay(&encoded.text, "code=ok").await.location();
    assert!(home.starts_with("https://shop.example/%0d%0aLocation:%20x?pay_id="), "{home}");
}

/// A cancellation and the payment that superseded it have a token each; whichever is redeemed afterwards says paid.
async fn a_token_of_each_outcome_tells_what_is_in_force(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "https://shop.example/cb", "one_time_token": true })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    let cancelled = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
    let paid = gateway.http.back(&sent_out.with("code=ok")).await.location();
    for home in [cancelled, paid] {
        let token = query_value(&home, "one-time-token");
        let outcome = merchant.redeem(&token).await.is(200).json();
        assert_eq!((&outcome["status"], &outcome["pay_id"]), (&json!("paid"), &json!(link.id)));
        merchant.redeem(&token).await.is(410);
    }
}

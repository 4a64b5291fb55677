//! What a customer keeps: the reference and the day on the page, and a copy as a text in the language of the page.

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::Tpp;

on_every_store![a_customer_saves_a_copy_of_a_payment, a_customer_saves_a_copy_of_a_consent];

async fn a_customer_saves_a_copy_of_a_payment(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let (page, copy) = (format!("/payment?link_id={}", link.text), format!("/payment/copy?link_id={}", link.text));
    // There is nothing to keep before the end: the link leads to its page.
    assert!(gateway.http.get(&copy).await.location().ends_with(&page));
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.http.back_in_it(&sent_out, "code=ok").await.location();
    let reference = gateway.http.get(&page).await.is(200);
    let reference = reference.says(&format!("href=\"{copy}\"")).says("Reference").text();
    let reference =
        reference.split("<dt>Reference</dt><dd><bdi>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let saved = gateway.http.get_with(&copy, &[("accept-language", "de")]).await.is(200);
    assert_eq!(saved.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(saved.header("content-disposition"), format!("attachment; filename=\"payment-{reference}.txt\""));
    assert_eq!((saved.header("cache-control"), saved.header("vary")), ("no-store".into(), "accept-language".into()));
    let saved = saved.says("Sie haben 25,00\u{a0}EUR an Shop gezahlt.").says("Dies ist ein Test.");
    saved.says(&format!("Referenz\n  {reference}\n")).says("Datum\n  ").never_says("link_id").never_says("<");
    gateway.http.get("/payment/copy?link_id=nothing").await.is(404);
}

async fn a_customer_saves_a_copy_of_a_consent(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    gateway.http.back(&asked.back("code=ok")).await.location();
    let page = asked.data["authorisationUrl"].as_str().unwrap();
    let copy = format!("/consent/copy?link_id={}", query_value(page, "link_id"));
    gateway.http.get(page).await.is(200).says(&format!("href=\"{copy}\"")).says("Reference");
    let saved = gateway.http.get(&copy).await.is(200);
    assert!(saved.header("content-disposition").starts_with("attachment; filename=\"consent-"));
    saved
        .says("You have agreed\nShop can now read your accounts until ")
        .says("Requested by\n  Shop\n")
        .says("Date\n  ");
}

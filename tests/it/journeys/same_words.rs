//! What a customer agrees to is the same text on every page of the journey: ours, and the bank's.

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::HttpReply;
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;
use crate::support::tpp::Tpp;

on_every_store![payee_amount_and_reference_are_the_same_on_every_page_in_every_dialect];

/// The page's text without its tags, where the payee stands in the heading or behind "To".
#[track_caller]
fn names(page: &HttpReply, [payee, amount, reference]: [&str; 3]) {
    let text = page.text();
    let is_payee = [format!("</span> <bdi>{payee}</bdi></h1>"), format!("<dt>To</dt><dd><bdi>{payee}</bdi></dd>")];
    assert!(is_payee.iter().any(|own| text.contains(own)) || text.contains(&format!(" to {payee}")), "{payee}: {text}");
    for words in [amount, reference] {
        assert!(text.contains(words), "it does not say {words}: {text}");
    }
    for words in [payee, amount, reference] {
        assert!(!words.is_empty());
    }
}

#[expect(clippy::too_many_lines, reason = "one step after the other, in each dialect")]
async fn payee_amount_and_reference_are_the_same_on_every_page_in_every_dialect(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let (long, http) = ("Donaudampfschifffahrtsgesellschaft ".repeat(4), &gateway.http);
    let long = long.trim();

    // Token.io: hosted pages, by API alone, a payment link, a token request.
    let order = [long, "10.23 EUR", "Order 7"];
    let asked = json!({
        "flowType": "FULL_HOSTED_PAGES", "bankId": null, "remittanceInformationPrimary": order[2],
        "creditor": { "name": long, "iban": "GB29NWBK60161331926819" },
    });
    let hosted = member.ask(asked.clone()).await;
    names(&http.get(&hosted.redirect_url()).await.is(200), order);
    let choose = format!("/token-io/session/{}/choose", hosted.id);
    let left = http.submit(&choose, &[("institution", "modelo-sandbox")]).await.location();
    names(&http.get(&left).await.is(200), order);
    let mut api = asked;
    api["flowType"] = json!("API_ONLY");
    api["bankId"] = json!("modelo-sandbox");
    names(&http.get(&member.ask(api).await.redirect_url()).await.is(200), order);

    let coffee = ["Corner Bookshop", "10.00 EUR", "Two books"];
    let template = json!({
        "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": "COFFEE",
        "remittanceInformationPrimary": coffee[2],
        "creditor": { "name": coffee[0], "iban": "GB29NWBK60161331926819" },
    });
    let link = member.post("/v2/payment-links", &json!({ "paymentTemplate": template })).await.is(200).json();
    let id = link["paymentLink"]["id"].as_str().expect("an id").to_owned();
    names(&http.get(link["paymentLink"]["url"].as_str().expect("a page")).await.is(200), coffee);
    let choose = format!("/token-io/session/{id}/choose");
    let left = http.submit(&choose, &[("institution", "modelo-sandbox")]).await.location();
    names(&http.get(&left).await.is(200), coffee);
    // There is no callback: it ends on one of our pages.
    let state = crate::support::http::query_value(&left, "state");
    let home = http.back(&format!("code=ok&state={state}")).await.location();
    names(&http.get(&home).await.is(200), coffee);

    let request = json!({ "requestPayload": {
        "refId": "r", "redirectUrl": "https://tpp.com/callback", "description": "Order 8",
        "transferBody": { "currency": "EUR", "lifetimeAmount": "3.00", "instructions": { "transferDestinations": [
            { "customerData": { "legalNames": ["Corner Bookshop"] } },
        ] } },
    } });
    let asked = member.post("/token-requests", &request).await.is(200).json();
    let id = asked["tokenRequest"]["id"].as_str().expect("an id").to_owned();
    let third = ["Corner Bookshop", "3.00 EUR", "Order 8"];
    names(&http.get(&format!("/token-io/app/request-token/{id}")).await.is(200), third);
    let choose = format!("/token-io/session/{id}/choose");
    let left = http.submit(&choose, &[("institution", "modelo-sandbox")]).await.location();
    names(&http.get(&left).await.is(200), third);

    // SecPaid: the merchant is paid.
    let secpaid = member.merchant.link(json!({ "recipient_note": "Order 9" })).await;
    let ninth = ["Shop", "25.00 EUR", "Order 9"];
    names(&http.get(&format!("/payment?link_id={}", secpaid.text)).await.is(200), ninth);
    names(&http.get(&http.leave(&secpaid.text).await.location).await.is(200), ninth);

    // IXOPAY: so it is here.
    let client = Client::of(&gateway);
    let answer = client.begin("debit", &debit("t-10", json!({ "description": "Order 10" }))).await;
    let text = link_of(&answer);
    let amount = "9.99 EUR";
    let tenth = ["Shop", amount, "Order 10"];
    names(&http.get(&format!("/payment?link_id={text}")).await.is(200), tenth);
    names(&http.get(&http.leave(&text).await.location).await.is(200), tenth);

    // Yapily: the payee that the request names.
    let tpp = Tpp::named(&gateway, "TPP").await;
    let asked = tpp.ask_payment(json!({})).await;
    let bill = ["BILLS COFFEE LTD", "8.70 GBP", "Bill payment"];
    let page = asked.data["authorisationUrl"].as_str().expect("a page").to_owned();
    let bank = http.get(&page).await.location();
    names(&http.get(&bank).await.is(200), bill);
}

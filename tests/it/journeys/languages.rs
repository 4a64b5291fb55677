//! In which language a customer reads: the call's, the merchant's, the browser's, and English where none of them is
//! spoken here. And what every page shows besides: that it is a test, and whom to turn to.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{HttpReply, query_value};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;
use crate::support::tpp::Tpp;

on_every_store![
    a_page_is_in_the_language_of_the_browser_unless_somebody_chose_another,
    the_language_of_a_journey_goes_with_its_customer,
    a_tag_that_is_not_well_formed_is_refused_and_one_that_nobody_speaks_is_not,
    a_problem_is_told_in_the_language_of_its_journey_or_its_browser,
    vendors_clients_name_the_language_in_their_own_way,
    a_test_is_marked_and_the_merchants_own_pages_are_linked,
    a_consent_keeps_the_version_of_the_text_that_its_customer_read,
];

const ENGLISH: &str = "<html lang=\"en\" dir=\"ltr\">";
const GERMAN: &str = "<html lang=\"de\" dir=\"ltr\">";
const FRENCH: &str = "<html lang=\"fr\" dir=\"ltr\">";
const ARABIC: &str = "<html lang=\"ar\" dir=\"rtl\">";

/// Opens a payment of 25 EUR, with these fields besides.
async fn opened(merchant: &MerchantClient, more: Value) -> Value {
    let mut body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    merchant.v1(Method::POST, "/journeys", &body).await.is(201).json()
}

fn checkout(journey: &Value) -> &str {
    journey["pay_link"].as_str().unwrap_or_else(|| panic!("no link: {journey}"))
}

async fn read_in(gateway: &TestGateway, page: &str, accepted: &str) -> HttpReply {
    gateway.http.get_with(page, &[("accept-language", accepted)]).await
}

async fn a_page_is_in_the_language_of_the_browser_unless_somebody_chose_another(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let plain = opened(&merchant, json!({})).await;
    let french = opened(&merchant, json!({ "language": "fr-CA" })).await;
    merchant.choose(json!({ "language": "ar" })).await;
    let arabic = opened(&merchant, json!({})).await;
    for (journey, accepted, start) in [
        (&plain, "de-DE,de;q=0.9,en;q=0.8", GERMAN),
        (&plain, "en;q=0.5, fr;q=0.7", FRENCH),
        (&plain, "nl, fi;q=0.5", ENGLISH),
        (&plain, "de;q=0, fr;q=0.1", FRENCH),
        (&plain, "", ENGLISH),
        (&plain, "\u{fc};q=x", ENGLISH),
        (&french, "de", FRENCH),
        (&arabic, "de", ARABIC),
    ] {
        let page = read_in(&gateway, checkout(journey), accepted).await.is(200).says(start);
        assert_eq!(page.header("vary"), "accept-language");
    }
    read_in(&gateway, checkout(&plain), "de").await.says("25,00\u{a0}EUR zahlen").says("Sie bestätigen die Zahlung");
    gateway.http.get(checkout(&plain)).await.is(200).says(ENGLISH).says("Pay 25.00 EUR");
    read_in(&gateway, "/", "de").await.is(200).says("<html lang=\"en\">");
}

async fn the_language_of_a_journey_goes_with_its_customer(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let journey = opened(&merchant, json!({ "language": "de" })).await;
    let link = checkout(&journey).split_once("link_id=").unwrap().1.to_owned();
    gateway.http.submit("/payment/cancel", &[("link_id", &link)]).await.location();
    let ended = read_in(&gateway, checkout(&journey), "fr").await.is(200);
    ended.says(GERMAN).says("Zahlung abgebrochen").says("Zurück zu Shop");
    // It is the journey's: what the merchant chooses later is for later journeys.
    merchant.choose(json!({ "language": "pl" })).await;
    read_in(&gateway, checkout(&journey), "fr").await.is(200).says(GERMAN);
}

async fn a_tag_that_is_not_well_formed_is_refused_and_one_that_nobody_speaks_is_not(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for bad in ["", "d", "de_DE", "deutsch land"] {
        let body = json!({ "amount": "25.00", "currency": "EUR", "language": bad });
        let refused = merchant.v1(Method::POST, "/journeys", &body).await.is(422).json();
        assert_eq!(refused["field"], "language", "{refused}");
    }
    let journey = opened(&merchant, json!({ "language": "nl-BE" })).await;
    read_in(&gateway, checkout(&journey), "fr").await.is(200).says(FRENCH);
}

async fn a_problem_is_told_in_the_language_of_its_journey_or_its_browser(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for page in ["/payment?link_id=unknown", "/return/sandbox?state=unknown&code=x", "/nowhere", "/%61pp"] {
        let told = read_in(&gateway, page, "de").await;
        assert!((400..500).contains(&told.status), "{page}");
        assert_eq!(
            (told.header("vary").as_str(), told.header("content-type").as_str()),
            ("accept-language", "text/html; charset=utf-8")
        );
        told.says(GERMAN);
        gateway.http.get(page).await.says(ENGLISH);
    }
    let wrong = gateway.http.send(Method::DELETE, "/payment", &[("accept-language", "es")], "").await.is(405);
    wrong.says("<html lang=\"es\" dir=\"ltr\">").says("Esta página no se puede usar así");
    merchant.choose(json!({ "same_browser": "required" })).await;
    let journey = opened(&merchant, json!({ "language": "fr" })).await;
    let link = checkout(&journey).split_once("link_id=").unwrap().1.to_owned();
    let sent_out = gateway.http.leave(&link).await;
    gateway.http.back_in_it(&sent_out, "code=ok").await.location();
    let home = format!("/payment/home?link_id={link}");
    read_in(&gateway, &home, "de").await.is(403).says(FRENCH).says("Veuillez continuer dans le navigateur");
}

async fn vendors_clients_name_the_language_in_their_own_way(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = member.ask(json!({ "flowType": "FULL_HOSTED_PAGES", "bankId": null })).await;
    let session = format!("{}?lang=fr", asked.redirect_url());
    let shown = read_in(&gateway, &session, "de").await.is(200);
    shown.says(FRENCH).says(&format!("/token-io/session/{}/choose?lang=fr", asked.id));
    read_in(&gateway, &asked.redirect_url(), "de").await.is(200).says(GERMAN);
    read_in(&gateway, &format!("{}?lang=\"><b>", asked.redirect_url()), "de")
        .await
        .is(200)
        .says(GERMAN)
        .never_says("<b>");

    let tpp = Tpp::of(&gateway).await;
    let body = json!({
        "applicationUserId": "ada", "redirectUrl": "https://tpp-application.com/home",
        "institutionIdentifiers": { "institutionCountryCode": "GB" },
        "userSettings": { "language": "AR", "location": "GB" },
    });
    let hosted = tpp.post("/hosted/consent-requests", &body).await.is(201).json()["data"]["hostedUrl"].clone();
    read_in(&gateway, hosted.as_str().unwrap(), "de").await.is(200).says(ARABIC).says("اختيار البنك");
}

async fn a_test_is_marked_and_the_merchants_own_pages_are_linked(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let before = opened(&merchant, json!({})).await;
    merchant
        .choose(json!({
            "support_url": "https://shop.example/help?a=b&c", "legal_url": "https://shop.example/legal",
            "color": "#FFCC00",
        }))
        .await;
    let after = opened(&merchant, json!({})).await;
    let page = gateway.http.get(checkout(&after)).await.is(200);
    let page = page.says("This is a test. No money moves.").says(">Help from Shop</a>").says(">Legal notice</a>");
    let page = page.says("href=\"https://shop.example/help?a=b&#38;c\"").never_says("Handback</footer>");
    let html = page.text();
    let style = html.split('"').find(|part| part.starts_with("/static/color-ffcc00.")).unwrap();
    let style = gateway.http.get(style).await.is(200);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    style.says("--fill:#ffcc00").says("--on-fill:#000000");
    let other = gateway.http.get("/static/color-ffcc00.000000000000.css").await.is(200);
    assert_eq!(other.header("cache-control"), "no-store");
    let page = gateway.http.get(checkout(&before)).await.is(200);
    page.says("This is a test. No money moves.").never_says("<footer>").never_says("/static/color-");
}

async fn a_consent_keeps_the_version_of_the_text_that_its_customer_read(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let body = json!({
        "applicationUserId": "ada", "redirectUrl": "https://tpp-application.com/home",
        "institutionIdentifiers": { "institutionCountryCode": "GB" }, "userSettings": { "location": "GB" },
    });
    let mut versions = Vec::new();
    for language in ["de", "en", "de"] {
        let hosted = tpp.post("/hosted/consent-requests", &body).await.is(201).json()["data"]["hostedUrl"].clone();
        let link = query_value(hosted.as_str().unwrap(), "link_id");
        let page = read_in(&gateway, hosted.as_str().unwrap(), language).await.is(200);
        page.says(if language == "de" { "Ihre Konten und deren Nummern" } else { "Your accounts and their numbers" });
        let fields = [("link_id", link.as_str()), ("institution", "modelo-sandbox")];
        gateway.http.submit_with("/consent/choose", &fields, &[("accept-language", language)]).await.location();
        let newest = tpp.merchant.look("/journeys?limit=1").await.is(200).json()["journeys"][0]["journey_id"].clone();
        let journey = tpp.merchant.journey(newest.as_str().unwrap()).await;
        let left = journey["timeline"].as_array().unwrap().iter().find(|event| event["event"] == "left").unwrap();
        versions.push(left["text"].as_str().unwrap().to_owned());
    }
    assert!(versions[0].starts_with("de-") && versions[1].starts_with("en-"), "{versions:?}");
    assert_eq!(versions[0], versions[2], "the same words are the same version");
    // Where the bank alone asks, there is no text of ours.
    let asked = tpp.ask(json!({})).await;
    let journey = tpp.merchant.journey(&asked.id).await;
    assert!(journey["timeline"].as_array().unwrap().iter().all(|event| event["text"].is_null()), "{journey}");
}

//! Provider accounts and settings in the console, in the words of `/v1`.

use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, between};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

on_every_store![an_account_is_removed_once_nothing_needs_it];

const NEW: &str = "/console/accounts/new";

/// The form of a kind of account, with what is filled in.
async fn connect(browser: &Browser, kind: &str, fields: &[(&str, &str)]) -> crate::support::http::HttpReply {
    browser.submit(&format!("{NEW}?kind={kind}"), NEW, &[&[("kind", kind)], fields].concat()).await
}

#[tokio::test]
async fn the_form_of_each_kind_is_made_of_its_settings() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    for (kind, least) in [("http", 1), ("ixopay", 4), ("token_io", 11), ("yapily", 8)] {
        assert!(browser.page(NEW).await.contains(&format!("kind={kind}\"")), "{kind}");
        let form = browser.page(&format!("{NEW}?kind={kind}")).await;
        let fields = form.matches("-more\"").count() / 2;
        assert_eq!(fields, least + 4, "{kind}: beside name, label, url and currencies");
    }
    let made = connect(&browser, "http", &[("name", "engine"), ("url", "https://pay.example/x")]).await.is(200).text();
    let secret = between(&made, "<code class=\"copy\">", "</code>");
    assert!(secret.starts_with("whsec_"), "{made}");
    let filled = [
        ("name", "cards"),
        ("label", "Cards & more"),
        ("url", "https://gateway.ixopay.example/api/v3"),
        ("currencies", "EUR, gbp"),
        ("api_key", "my-connector"),
        ("user", "api-user"),
        ("password", "hush-password"),
    ];
    let refused = connect(&browser, "ixopay", &filled).await.is(422).text();
    assert!(refused.contains("Shared_secret is missing") && !refused.contains("hush"), "{refused}");
    assert!(refused.contains("value=\"api-user\""), "what is no secret is there again: {refused}");
    let whole = [&filled[..], &[("shared_secret", "hush-shared")]].concat();
    let made = connect(&browser, "ixopay", &whole).await;
    assert_eq!(browser.path(&made), "/console/accounts/cards");
    let shown = merchant.look("/provider-accounts/cards").await.is(200).json();
    assert_eq!((&shown["label"], &shown["currencies"]), (&json!("Cards & more"), &json!(["EUR", "GBP"])), "{shown}");
    for page in ["/console/accounts", "/console/accounts/cards", "/console/audit"] {
        let html = browser.page(page).await;
        assert!(html.contains("cards") && !html.contains("hush"), "{page}: {html}");
    }
    let again = connect(&browser, "ixopay", &whole).await.is(422).text();
    assert!(again.contains("Name is taken"), "{again}");
}

#[tokio::test]
async fn a_form_that_draws_a_secret_shows_the_same_one_when_it_is_sent_twice() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let token = browser.token().await;
    let sent = async |page: &str, once: &str, fields: &[(&str, &str)]| {
        let own = [("form_token", token.as_str()), ("once", once)];
        let reply = browser.post(page, &[&own, fields].concat()).await;
        let status = reply.status;
        (
            status,
            reply
                .text()
                .split("<code class=\"copy\">whsec_")
                .nth(1)
                .map(|rest| rest.split('<').next().unwrap().to_owned()),
        )
    };
    let new = [("kind", "http"), ("name", "engine"), ("url", "https://pay.example/x")];
    let first = sent(NEW, "a", &new).await;
    assert!(first.0 == 200 && first.1.is_some(), "{first:?}");
    assert_eq!(sent(NEW, "a", &new).await, first);
    let corrected = [new[0], new[1], ("url", "https://pay.example/y")];
    assert_eq!(sent(NEW, "a", &corrected).await, (422, None), "what was corrected is not said to be saved");
    assert_eq!(sent(NEW, "b", &new).await, (422, None), "another form finds the name taken");
    let rotate = "/console/accounts/engine/rotate";
    let rotated = sent(rotate, "c", &[]).await;
    assert!(rotated.0 == 200 && rotated.1 != first.1, "{rotated:?}");
    assert_eq!(sent(rotate, "c", &[]).await, rotated);
    assert_eq!(sent(rotate, "d", &[]).await, (422, None), "the overlap lasts");
    assert_eq!(sent(rotate, "", &[]).await, (400, None), "none of our pages sends no mark");
    let shown = merchant.look("/provider-accounts").await.is(200).json();
    assert_eq!(shown["provider_accounts"].as_array().map(Vec::len), Some(1), "{shown}");
}

#[tokio::test]
async fn an_account_is_changed_tried_disabled_and_its_secret_replaced() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let account = json!({ "name": "engine", "kind": "http", "url": "http://127.0.0.1:9/x", "currencies": ["EUR"] });
    merchant.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let (page, act) = ("/console/accounts/engine", |what: &str| format!("/console/accounts/engine/{what}"));
    let wrong = [("label", "Engine"), ("url", "nowhere"), ("currencies", "EUR")];
    let refused = browser.submit(page, &act("change"), &wrong).await.is(422).text();
    assert!(refused.contains("aria-invalid=\"true\"") && refused.contains("URL is not an address"), "{refused}");
    let right = [("label", "Engine"), ("url", "http://127.0.0.1:9/y"), ("currencies", "")];
    browser.submit(page, &act("change"), &right).await.location();
    let shown = async || merchant.look("/provider-accounts/engine").await.is(200).json();
    let changed = shown().await;
    assert_eq!((&changed["label"], &changed["url"]), (&json!("Engine"), &json!("http://127.0.0.1:9/y")), "{changed}");
    assert_eq!(changed["currencies"], json!([]), "an empty field takes all of them");
    let tested = browser.submit(page, &act("test"), &[]).await.is(200).text();
    assert!(tested.contains("It did not answer"), "nothing listens there: {tested}");
    let rotated = browser.submit(page, &act("rotate"), &[]).await.is(200).text();
    assert!(rotated.contains("whsec_"), "{rotated}");
    browser.submit(page, &act("state"), &[("state", "disabled")]).await.location();
    assert_eq!(shown().await["state"], "disabled");
    browser.submit(page, &act("remove"), &[]).await.location();
    merchant.look("/provider-accounts/engine").await.is(404);
    let log = browser.page("/console/audit").await;
    for action in ["changed", "tested", "secret_rotated", "removed"] {
        assert!(log.contains(&format!("provider_account.{action}")), "{action}: {log}");
    }
    assert!(!log.contains("whsec_"), "{log}");
    let reader = Browser::of(&gateway, &merchant.id, "read").await;
    assert!(!reader.page("/console/accounts").await.contains("/console/accounts/new"));
}

async fn an_account_is_removed_once_nothing_needs_it(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let make = async |name: &str| {
        let account = json!({ "name": name, "kind": "http", "url": "http://127.0.0.1:9/x" });
        merchant.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    };
    let path = |name: &str| format!("/provider-accounts/{name}");
    let remove = async |name: &str| merchant.v1(Method::DELETE, &path(name), &Value::Null).await;
    let disable = async |merchant: &MerchantClient, name: &str| {
        merchant.v1(Method::PATCH, &path(name), &json!({ "state": "disabled" })).await.is(200);
    };
    make("used").await;
    make("unused").await;
    assert_eq!(remove("used").await.is(422).json()["field"], "state", "it is enabled");
    let payment = json!({ "amount": "1.00", "currency": "EUR", "provider": "used" });
    merchant.v1(Method::POST, "/journeys", &payment).await.is(201);
    for name in ["used", "unused"] {
        disable(&merchant, name).await;
    }
    let refused = remove("used").await.is(422).json();
    assert_eq!(refused["field"], "name", "{refused}");
    remove("unused").await.is(204);
    remove("unused").await.is(404);
    merchant.look(&path("used")).await.is(200);
}

#[tokio::test]
async fn settings_are_chosen_in_a_form_of_all_of_them() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let (page, before) = ("/console/settings", merchant.look("/profile/settings").await.is(200).json());
    let html = browser.page(page).await;
    for name in before.as_object().unwrap().keys() {
        assert!(html.contains(&format!("<label for=\"{name}\">{name}</label>")), "{name}");
    }
    let wrong = [("support_url", "nowhere"), ("when_late", "hand_back"), ("journey_life_seconds", "600")];
    let refused = browser.submit(page, page, &wrong).await.is(422).text();
    assert!(refused.contains("value=\"nowhere\" ") && refused.contains("value=\"600\" "), "{refused}");
    assert!(refused.contains("<option selected>hand_back</option>"), "what was filled in is there again: {refused}");
    for (name, text) in [("journey_life_seconds", "1"), ("journey_life_seconds", "soon"), ("when_late", "never")] {
        browser.submit(page, page, &[(name, text)]).await.is(422);
    }
    assert_eq!(merchant.look("/profile/settings").await.json(), before, "nothing was changed");
    let right = [("support_url", "https://shop.example/help"), ("when_late", "hand_back"), ("language", "de")];
    browser.submit(page, page, &right).await.location();
    let after = merchant.look("/profile/settings").await.json();
    for (name, value) in before.as_object().unwrap() {
        let chosen = right.iter().find(|(own, _)| own == name).map(|(_, text)| json!(text));
        assert_eq!(&after[name], chosen.as_ref().unwrap_or(value), "{name}");
    }
    let log = browser.page("/console/audit").await;
    assert!(log.contains("settings.changed") && log.contains("when_late, language, support_url"), "{log}");
    let reader = Browser::of(&gateway, &merchant.id, "read").await.page(page).await;
    assert!(reader.contains("https://shop.example/help") && !reader.contains("<select"), "{reader}");
}

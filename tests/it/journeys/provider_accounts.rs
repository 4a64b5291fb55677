//! Provider accounts: a merchant's own money goes to its own payment engine, which it connects without a restart.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::{PaymentEngine, SECRET};
use crate::support::receiver::Receiver;

/// A secret that replaces the other.
const NEXT: &str = "whsec_YUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

macro_rules! on_both_stores {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() { super::$story(super::gateway(super::StoreKind::Embedded).await).await; })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::gateway(super::StoreKind::Redis).await).await; })+
        }
    };
}

on_both_stores![
    a_merchants_payment_goes_to_its_own_engine_and_comes_home,
    an_account_is_nobody_elses,
    the_preferred_provider_is_the_merchants_choice,
    a_disabled_account_takes_nothing_new_and_what_is_under_way_ends,
    a_secret_is_rotated_while_a_payment_is_under_way,
];

/// A gateway that may call this machine, with the sandbox.
async fn gateway(kind: StoreKind) -> TestGateway {
    TestGateway::open_own(kind, "sandbox.enabled = true\negress.allow = ['127.0.0.0/8']\n").await
}

async fn connected(merchant: &MerchantClient, name: &str, engine: &PaymentEngine, more: Value) -> Value {
    let mut body = json!({ "name": name, "kind": "http", "url": engine.url(), "secret": SECRET });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    merchant.v1(Method::POST, "/provider-accounts", &body).await.is(201).json()
}

async fn opened(merchant: &MerchantClient, more: Value) -> Value {
    let mut body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    merchant.v1(Method::POST, "/journeys", &body).await.is(201).json()
}

/// Sends the customer of a journey to the engine; answers the payment's reference there.
async fn left(gateway: &TestGateway, journey: &Value, engine: &PaymentEngine) -> String {
    let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
    let page = gateway.http.get(journey["pay_link"].as_str().unwrap()).await.is(200).text();
    assert!(page.contains("action=\"/payment/pay\""), "{page}");
    let left = gateway.http.submit("/payment/pay", &[("link_id", &link)]).await;
    assert!(left.location().starts_with("http://127.0.0.1:9/pay/"), "{}", left.location());
    let reference = format!("{}-1", journey["pay_id"].as_str().unwrap());
    assert!(engine.references().contains(&reference), "{reference}");
    reference
}

async fn status(merchant: &MerchantClient, journey: &Value) -> Value {
    merchant.journey(journey["journey_id"].as_str().unwrap()).await["status"].clone()
}

async fn a_merchants_payment_goes_to_its_own_engine_and_comes_home(mut gateway: TestGateway) {
    let (engine, server) = (PaymentEngine::start(), Receiver::saying(200));
    let shop = gateway.merchant("Shop");
    let account = connected(&shop, "acme", &engine, json!({ "label": "Acme Pay" })).await;
    // What was sent is not shown.
    assert_eq!((&account["secret"], &account["state"]), (&Value::Null, &json!("enabled")));
    let shown = shop.look("/provider-accounts/acme").await.is(200).json();
    assert_eq!((&shown["secret"], &shown["label"]), (&Value::Null, &json!("Acme Pay")));
    assert_eq!(shop.look("/provider-accounts").await.is(200).json()["provider_accounts"], json!([shown]));
    let tested = shop.v1(Method::POST, "/provider-accounts/acme/test", &json!({})).await.is(200).json();
    assert_eq!(tested["answers"], json!(true), "{tested}");
    let journey = opened(&shop, json!({ "endpoints": [server.url("/hook")] })).await;
    assert_eq!(journey["provider"], json!("acme"));
    let reference = left(&gateway, &journey, &engine).await;
    let created = engine.payment(&reference);
    assert_eq!(created["notification_url"], account["notification_url"]);
    let return_url = created["return_url"].as_str().unwrap().to_owned();
    assert!(return_url.starts_with(account["return_url"].as_str().unwrap()), "{return_url}");
    // A node that has never read this merchant takes the browser back all the same.
    gateway.restart().await;
    engine.pay(&reference);
    let home = gateway.http.get(&return_url).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.contains("status=paid"), "{home}");
    eventually("the webhook has come", async || server.count() == 1).await;
    // And so does one that is to give the money back.
    gateway.restart().await;
    let (id, key) = (journey["journey_id"].as_str().unwrap(), [("idempotency-key", "r-1")]);
    let refund = json!({ "amount": "5.00" });
    let refunded = shop.v1_with(Method::POST, &format!("/journeys/{id}/refunds"), &key, &refund).await.is(201).json();
    assert_eq!((&refunded["status"], &refunded["provider"]), (&json!("paid"), &json!("acme")), "{refunded}");
    assert_eq!(engine.operations(), [("payment.refund".to_owned(), "5.00".to_owned())]);
}

async fn an_account_is_nobody_elses(gateway: TestGateway) {
    let engine = PaymentEngine::start();
    let (shop, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    connected(&shop, "acme", &engine, json!({})).await;
    for (method, path) in [(Method::GET, "/acme"), (Method::PATCH, "/acme"), (Method::POST, "/acme/test")] {
        other.v1(method, &format!("/provider-accounts{path}"), &json!({})).await.is(404);
    }
    let rotation = json!({ "overlap_seconds": 0 });
    other.v1(Method::POST, "/provider-accounts/acme/secret/rotate", &rotation).await.is(404);
    assert_eq!(opened(&other, json!({})).await["provider"], json!("sandbox"));
    let full = format!("acme.{}", shop.look("/profile").await.json()["short_id"].as_str().unwrap());
    for name in ["acme", full.as_str()] {
        let body = json!({ "amount": "1.00", "currency": "EUR", "provider": name });
        let refused = other.v1(Method::POST, "/journeys", &body).await.is(422).json();
        assert_eq!(refused["field"], json!("provider"), "{refused}");
    }
    // Both may have an account of one name, each with its own secret.
    let twin = PaymentEngine::start();
    let body = json!({ "name": "acme", "kind": "http", "url": twin.url() });
    let drawn = other.v1(Method::POST, "/provider-accounts", &body).await.is(201).json();
    assert!(drawn["secret"].as_str().unwrap().starts_with("whsec_") && drawn["secret"] != json!(SECRET), "{drawn}");
    let journey = opened(&shop, json!({})).await;
    let reference = left(&gateway, &journey, &engine).await;
    // What another account notifies, with its own right secret, is of nobody's payment there.
    let foreign = drawn["notification_url"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let before = engine.asked("payment.get");
    let secret = drawn["secret"].as_str().unwrap();
    engine.notify_as(&gateway, (&foreign, secret), &reference).await.is(204);
    engine.notify_as(&gateway, (&foreign, SECRET), &reference).await.is(401);
    engine.notify_as(&gateway, (&full, secret), &reference).await.is(401);
    engine.notify_as(&gateway, ("acme", SECRET), &reference).await.is(404);
    engine.notify_as(&gateway, ("acme.nobody", SECRET), &reference).await.is(404);
    assert_eq!(engine.asked("payment.get"), before);
    engine.pay(&reference);
    engine.notify_as(&gateway, (&full, SECRET), &reference).await.is(204);
    eventually("the payment is paid", async || status(&shop, &journey).await == json!("paid")).await;
}

async fn the_preferred_provider_is_the_merchants_choice(gateway: TestGateway) {
    let (euros, francs) = (PaymentEngine::start(), PaymentEngine::start());
    let shop = gateway.merchant("Shop");
    connected(&shop, "euros", &euros, json!({ "currencies": ["EUR"] })).await;
    connected(&shop, "francs", &francs, json!({ "currencies": ["CHF"] })).await;
    for (currency, provider) in [("EUR", "euros"), ("CHF", "francs"), ("GBP", "sandbox")] {
        assert_eq!(opened(&shop, json!({ "currency": currency })).await["provider"], json!(provider));
    }
    shop.choose(json!({ "provider": "sandbox" })).await;
    assert_eq!(opened(&shop, json!({})).await["provider"], json!("sandbox"));
    assert_eq!(opened(&shop, json!({ "provider": "euros" })).await["provider"], json!("euros"));
    // Money never goes elsewhere than where it was sent.
    shop.choose(json!({ "provider": "francs" })).await;
    for (preferred, rule) in [("francs", "does not take this currency"), ("nobody", "is no provider")] {
        shop.choose(json!({ "provider": preferred })).await;
        let body = json!({ "amount": "1.00", "currency": "EUR" });
        let refused = shop.v1(Method::POST, "/journeys", &body).await.is(422).json();
        assert_eq!(refused["field"], json!("provider"), "{refused}");
        assert!(refused["rule"].as_str().unwrap().contains(rule), "{refused}");
    }
    shop.choose(json!({ "provider": "" })).await;
    assert_eq!(opened(&shop, json!({})).await["provider"], json!("euros"));
}

async fn a_disabled_account_takes_nothing_new_and_what_is_under_way_ends(gateway: TestGateway) {
    let engine = PaymentEngine::start();
    let shop = gateway.merchant("Shop");
    connected(&shop, "acme", &engine, json!({})).await;
    let journey = opened(&shop, json!({})).await;
    let reference = left(&gateway, &journey, &engine).await;
    let disable = json!({ "state": "disabled" });
    let changed = shop.v1(Method::PATCH, "/provider-accounts/acme", &disable).await.is(200).json();
    assert_eq!(changed["state"], json!("disabled"));
    assert_eq!(opened(&shop, json!({})).await["provider"], json!("sandbox"));
    let body = json!({ "amount": "1.00", "currency": "EUR", "provider": "acme" });
    shop.v1(Method::POST, "/journeys", &body).await.is(422);
    engine.pay(&reference);
    gateway.wait(Duration::from_secs(10));
    eventually("the payment is paid", async || status(&shop, &journey).await == json!("paid")).await;
    shop.v1(Method::PATCH, "/provider-accounts/acme", &json!({ "state": "enabled" })).await.is(200);
    assert_eq!(opened(&shop, json!({})).await["provider"], json!("acme"));
}

async fn a_secret_is_rotated_while_a_payment_is_under_way(gateway: TestGateway) {
    let engine = PaymentEngine::start();
    let shop = gateway.merchant("Shop");
    let account = connected(&shop, "acme", &engine, json!({})).await;
    let provider = account["notification_url"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let journey = opened(&shop, json!({})).await;
    let reference = left(&gateway, &journey, &engine).await;
    let rotate = "/provider-accounts/acme/secret/rotate";
    let next = json!({ "secret": NEXT, "overlap_seconds": 60 });
    let rotated = shop.v1(Method::POST, rotate, &next).await.is(201).json();
    assert_eq!(rotated.get("secret"), None);
    assert!(rotated["previous_ends_at"].is_string(), "{rotated}");
    shop.v1(Method::POST, rotate, &next).await.is(422);
    // For the overlap the engine may sign with either, and is asked with the new one.
    for (secret, status) in [(SECRET, 204), (NEXT, 204)] {
        engine.notify_as(&gateway, (&provider, secret), &reference).await.is(status);
    }
    gateway.wait(Duration::from_hours(2));
    engine.notify_as(&gateway, (&provider, SECRET), &reference).await.is(401);
    engine.notify_as(&gateway, (&provider, NEXT), &reference).await.is(204);
}

#[tokio::test]
async fn what_is_no_account_is_refused_by_its_field() {
    let gateway = TestGateway::open_own(StoreKind::Embedded, "sandbox.enabled = true\n").await;
    let shop = gateway.merchant("Shop");
    let good = json!({ "name": "acme", "kind": "http", "url": "https://pay.acme.example/x" });
    for (more, field) in [
        (json!({ "name": "Acme" }), "name"),
        (json!({ "name": "sandbox" }), "name"),
        (json!({ "name": "a.b" }), "name"),
        (json!({ "kind": "soap" }), "kind"),
        (json!({ "label": "" }), "label"),
        (json!({ "label": "a\u{202e}b" }), "label"),
        (json!({ "url": "pay.acme.example" }), "url"),
        (json!({ "url": format!("https://pay.acme.example/{}", "x".repeat(2048)) }), "url"),
        (json!({ "url": "http://pay.acme.example/x" }), "url"),
        (json!({ "url": "https://user@pay.acme.example/x" }), "url"),
        (json!({ "url": "https://pay.acme.example/x?y=1" }), "url"),
        (json!({ "url": "https://10.0.0.1/x" }), "url"),
        (json!({ "url": "https://169.254.169.254/x" }), "url"),
        (json!({ "url": "http://127.0.0.1:1/x" }), "url"),
        (json!({ "url": "https://localhost/x" }), "url"),
        (json!({ "secret": "hush" }), "secret"),
        (json!({ "secret": format!("{SECRET},{NEXT}") }), "secret"),
        (json!({ "currencies": ["euro"] }), "currencies"),
        (json!({ "currencies": vec!["EUR"; 51] }), "currencies"),
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = shop.v1(Method::POST, "/provider-accounts", &body).await.is(422).json();
        assert_eq!(refused["field"], json!(field), "{more}: {refused}");
        assert!(!refused.to_string().contains("hush"), "{refused}");
    }
    assert_eq!(shop.look("/provider-accounts").await.json()["provider_accounts"], json!([]));
    shop.v1(Method::POST, "/provider-accounts", &good).await.is(201);
    let taken = shop.v1(Method::POST, "/provider-accounts", &good).await.is(422).json();
    assert!(taken["rule"].as_str().unwrap().contains("taken"), "{taken}");
    let unreachable =
        shop.v1(Method::PATCH, "/provider-accounts/acme", &json!({ "url": "https://192.168.0.1/x" })).await;
    assert_eq!(unreachable.is(422).json()["field"], json!("url"));
    for n in 1..20 {
        let body = json!({ "name": format!("acme-{n}"), "kind": "http", "url": "https://pay.acme.example/x" });
        shop.v1(Method::POST, "/provider-accounts", &body).await.is(201);
    }
    let body = json!({ "name": "acme-20", "kind": "http", "url": "https://pay.acme.example/x" });
    let refused = shop.v1(Method::POST, "/provider-accounts", &body).await.is(422).json();
    assert!(refused["rule"].as_str().unwrap().contains("one too many"), "{refused}");
}

//! Provider accounts that take bank transfers: a merchant is a member at Token.io, or has an application at Yapily, and
//! connects it by API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::gateway_process::GatewayProcess;
use crate::support::http::{Http, query_value};
use crate::support::merchant_client::MerchantClient;
use crate::support::token_io_host::{KEY_ID, MEMBER, PRIVATE_KEY, TokenIoHost, WEBHOOK_KEY};
use crate::support::yapily_host::{APPLICATION, INSTITUTION, SECRET, YapilyHost};

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
    a_member_is_connected_its_key_is_replaced_and_it_is_paid_into,
    an_application_is_connected_its_secret_is_replaced_and_it_is_paid_into,
    an_account_takes_the_payments_of_its_merchant_alone,
];

/// What stands in the private key, and nowhere else.
const KEY_BYTES: &str = "BwcHBwcHBwcHBwcH";

/// A gateway that may call this machine, with the sandbox.
async fn gateway(kind: StoreKind) -> TestGateway {
    TestGateway::open_own(kind, "sandbox.enabled = true\negress.allow = ['127.0.0.0/8']\n").await
}

/// The private key of somebody else.
fn other_key() -> String {
    PRIVATE_KEY.replace("IAcH", "IAgI").replace("BwcH", "CAgI")
}

fn member(url: &str, more: Value) -> Value {
    let body = json!({ "name": "transfer", "kind": "token_io", "label": "Bank transfer", "url": url, "member": MEMBER,
        "key_id": KEY_ID, "private_key": PRIVATE_KEY, "payee": "Shop", "iban": "DE89 3704 0044 0532 0130 00" });
    with(body, more)
}

fn application(url: &str, more: Value) -> Value {
    let body = json!({ "name": "modelo", "kind": "yapily", "label": "Modelo", "url": url, "application_id": APPLICATION,
        "application_secret": SECRET, "institution": INSTITUTION, "payee": "Shop", "iban": "DE89370400440532013000" });
    with(body, more)
}

/// A body with these fields besides; one that is null is left out.
fn with(mut body: Value, more: Value) -> Value {
    let (Value::Object(fields), Value::Object(more)) = (&mut body, more) else { panic!("no fields") };
    fields.extend(more);
    fields.retain(|_, value| !value.is_null());
    body
}

async fn connected(merchant: &MerchantClient, body: &Value) -> Value {
    merchant.v1(Method::POST, "/provider-accounts", body).await.is(201).json()
}

async fn patched(merchant: &MerchantClient, name: &str, body: Value) -> Value {
    merchant.v1(Method::PATCH, &format!("/provider-accounts/{name}"), &body).await.is(200).json()
}

/// Asks an account until it answers so: what was found is kept for a second.
async fn tested(merchant: &MerchantClient, name: &str, answers: bool) {
    let path = format!("/provider-accounts/{name}/test");
    let ask = async || merchant.v1(Method::POST, &path, &json!({})).await.is(200).json();
    eventually("it answers so", async || ask().await["answers"] == json!(answers)).await;
    if !answers {
        assert!(ask().await["detail"].as_str().unwrap().contains("401"));
    }
}

async fn opened(merchant: &MerchantClient, more: Value) -> Value {
    let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    merchant.v1(Method::POST, "/journeys", &with(body, more)).await.is(201).json()
}

/// Where Pay leads.
async fn left(gateway: &TestGateway, journey: &Value) -> String {
    let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location()
}

fn reference(journey: &Value) -> String {
    format!("{}-1", journey["pay_id"].as_str().unwrap())
}

async fn a_member_is_connected_its_key_is_replaced_and_it_is_paid_into(mut gateway: TestGateway) {
    let host = TokenIoHost::start();
    let shop = gateway.merchant("Shop");
    let account = connected(&shop, &member(&host.url(), json!({ "private_key": other_key() }))).await;
    for (name, value) in [
        ("member", MEMBER),
        ("key_id", KEY_ID),
        ("scheme", "SEPA"),
        ("payee", "Shop"),
        ("iban", "DE89370400440532013000"),
    ] {
        assert_eq!(account[name], json!(value), "{account}");
    }
    for hidden in ["private_key", "webhook_key", "bank", "on_behalf_of", "sort_code", "secret"] {
        assert_eq!(account.get(hidden), None, "{hidden}: {account}");
    }
    tested(&shop, "transfer", false).await;
    patched(&shop, "transfer", json!({ "private_key": PRIVATE_KEY, "key_id": KEY_ID })).await;
    tested(&shop, "transfer", true).await;
    assert!(host.references().is_empty(), "a test makes nothing");
    let journey = opened(&shop, json!({})).await;
    assert_eq!(journey["provider"], json!("transfer"));
    assert!(left(&gateway, &journey).await.starts_with("http://127.0.0.1:9/session/pm2:"));
    let reference = reference(&journey);
    let made = host.payment(&reference)["initiation"].clone();
    assert_eq!(made["creditor"], json!({ "name": "Shop", "iban": "DE89370400440532013000" }));
    assert_eq!(made["callbackUrl"], account["return_url"]);
    // A node that has never read this merchant takes the browser back all the same.
    gateway.restart().await;
    host.succeed(&reference);
    let home = gateway.http.get(&host.way_back(&reference)).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.ends_with("&status=paid"), "{home}");
    // Webhooks are believed from when the key is known that verifies them.
    let journey = opened(&shop, json!({})).await;
    left(&gateway, &journey).await;
    let (reference, notify) = (self::reference(&journey), account["notification_url"].as_str().unwrap());
    host.succeed(&reference);
    host.webhook(&gateway.http, notify, &reference).await.is(404);
    let shown = patched(&shop, "transfer", json!({ "webhook_key": WEBHOOK_KEY })).await;
    assert_eq!((&shown["webhook_key"], &shown["key_id"]), (&json!(WEBHOOK_KEY), &json!(KEY_ID)));
    host.webhook(&gateway.http, notify, &reference).await.is(200);
    let id = journey["pay_id"].as_str().unwrap();
    eventually("it is paid", async || shop.journey(id).await["status"] == json!("paid")).await;
}

async fn an_application_is_connected_its_secret_is_replaced_and_it_is_paid_into(mut gateway: TestGateway) {
    let host = YapilyHost::start();
    let shop = gateway.merchant("Shop");
    let body = application(&host.url(), json!({ "application_secret": "not yet", "country": "DE" }));
    let account = connected(&shop, &body).await;
    for (name, value) in [
        ("application_id", APPLICATION),
        ("institution", INSTITUTION),
        ("payee", "Shop"),
        ("iban", "DE89370400440532013000"),
        ("country", "DE"),
    ] {
        assert_eq!(account[name], json!(value), "{account}");
    }
    assert!(!account.to_string().contains("not yet"), "{account}");
    tested(&shop, "modelo", false).await;
    patched(&shop, "modelo", json!({ "application_secret": SECRET })).await;
    tested(&shop, "modelo", true).await;
    assert_eq!(host.called("authorise"), 0, "a test asks nobody to agree");
    let journey = opened(&shop, json!({})).await;
    assert_eq!(journey["provider"], json!("modelo"));
    let page = left(&gateway, &journey).await;
    let (asked, _) = host.consents().pop().unwrap();
    assert!(asked["callback"].as_str().unwrap().starts_with(account["return_url"].as_str().unwrap()), "{asked}");
    assert_eq!(asked["paymentRequest"]["payee"]["address"], json!({ "country": "DE" }));
    let way_home = host.agree(&page);
    // A node that has never read this merchant orders the payment all the same.
    gateway.restart().await;
    let home = gateway.http.get(&way_home).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.ends_with("&status=paid"), "{home}");
    assert_eq!(host.payment_of(&reference(&journey))["status"], json!("COMPLETED"));
}

async fn an_account_takes_the_payments_of_its_merchant_alone(gateway: TestGateway) {
    let (member_host, application_host) = (TokenIoHost::start(), YapilyHost::start());
    let shop = gateway.merchant("Shop");
    // Even one of the very name that is paid there.
    let other = gateway.merchant("Shop");
    connected(&shop, &member(&member_host.url(), json!({}))).await;
    connected(&shop, &application(&application_host.url(), json!({}))).await;
    assert_eq!(opened(&other, json!({})).await["provider"], json!("sandbox"));
    let short = shop.look("/profile").await.json()["short_id"].as_str().unwrap().to_owned();
    for name in ["transfer", "modelo"] {
        for named in [name.to_owned(), format!("{name}.{short}")] {
            let body = json!({ "amount": "1.00", "currency": "EUR", "provider": named });
            let refused = other.v1(Method::POST, "/journeys", &body).await.is(422).json();
            assert_eq!(refused["field"], json!("provider"), "{refused}");
        }
        other.look(&format!("/provider-accounts/{name}")).await.is(404);
        let path = format!("/provider-accounts/{name}/test");
        other.v1(Method::POST, &path, &json!({})).await.is(404);
        assert_eq!(opened(&shop, json!({ "provider": name })).await["provider"], json!(name));
    }
    // Money goes where the account says, and in the currency of that account alone.
    assert_eq!(opened(&shop, json!({ "currency": "GBP" })).await["provider"], json!("sandbox"));
    // A customer who is shown another payee is not sent there.
    let renamed = gateway.merchant("Other shop");
    connected(&renamed, &member(&member_host.url(), json!({}))).await;
    assert_eq!(opened(&renamed, json!({})).await["provider"], json!("sandbox"));
}

#[tokio::test]
async fn an_account_is_of_its_merchants_mode() {
    let host = YapilyHost::start();
    let gateway = gateway(StoreKind::Embedded).await;
    let live = gateway.merchant_of("live", "Shop");
    connected(&live, &application(&host.url(), json!({}))).await;
    // The institution is one for tests.
    let path = "/provider-accounts/modelo/test";
    let tested = live.v1(Method::POST, path, &json!({})).await.is(200).json();
    assert_eq!(tested["answers"], json!(false), "{tested}");
    assert!(tested["detail"].as_str().unwrap().contains("of the other mode"), "{tested}");
    let open = opened(&live, json!({})).await;
    assert_eq!((&open["provider"], &open["mode"]), (&json!("modelo"), &json!("live")));
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_its_field() {
    let gateway = gateway(StoreKind::Embedded).await;
    let shop = gateway.merchant("Shop");
    let url = "https://api.example";
    let refused = async |body: Value, field: &str| {
        let refused = shop.v1(Method::POST, "/provider-accounts", &body).await.is(422).json();
        assert_eq!(refused["field"], json!(field), "{body}: {refused}");
        assert!(!refused.to_string().contains("hush"), "{refused}");
    };
    let uk = |scheme| json!({ "scheme": scheme, "iban": null, "sort_code": "12-34-56", "account_number": "12345678" });
    for (more, field) in [
        (json!({ "url": "http://api.example" }), "url"),
        (json!({ "url": "https://10.0.0.1" }), "url"),
        (json!({ "member": null }), "member"),
        (json!({ "member": "m a" }), "member"),
        (json!({ "key_id": null }), "key_id"),
        (json!({ "key_id": "x".repeat(201) }), "key_id"),
        (json!({ "private_key": null }), "private_key"),
        (json!({ "private_key": "hush" }), "private_key"),
        (json!({ "private_key": "hush".repeat(1025) }), "private_key"),
        (json!({ "webhook_key": "hush" }), "webhook_key"),
        (json!({ "scheme": "SWIFT" }), "scheme"),
        (json!({ "scheme": "FASTER_PAYMENTS" }), "scheme"),
        (uk("SEPA"), "scheme"),
        (json!({ "payee": null }), "payee"),
        (json!({ "payee": " " }), "payee"),
        (json!({ "iban": null }), "iban"),
        (json!({ "iban": "DE88370400440532013000" }), "iban"),
        (json!({ "sort_code": "123456" }), "sort_code"),
        (json!({ "iban": null, "account_number": "12345678" }), "sort_code"),
        (json!({ "iban": null, "sort_code": "123456" }), "account_number"),
        (json!({ "bank": "" }), "bank"),
        (json!({ "on_behalf_of": "a b" }), "on_behalf_of"),
        (json!({ "secret": "hush" }), "secret"),
        (json!({ "application_secret": "hush" }), "application_secret"),
        (json!({ "country": "DE" }), "country"),
    ] {
        refused(member(url, more), field).await;
    }
    for (more, field) in [
        (json!({ "application_id": null }), "application_id"),
        (json!({ "application_id": "a:b" }), "application_id"),
        (json!({ "application_secret": null }), "application_secret"),
        (json!({ "application_secret": "hush\n" }), "application_secret"),
        (json!({ "institution": null }), "institution"),
        (json!({ "institution": "../me" }), "institution"),
        (json!({ "payee": "a\u{202e}b" }), "payee"),
        (json!({ "iban": null, "sort_code": "12", "account_number": "12345678" }), "sort_code"),
        (json!({ "iban": null, "sort_code": "123456", "account_number": "1" }), "account_number"),
        (json!({ "country": "Germany" }), "country"),
        (json!({ "private_key": "hush" }), "private_key"),
        (json!({ "scheme": "SEPA" }), "scheme"),
    ] {
        refused(application(url, more), field).await;
    }
    assert_eq!(shop.look("/provider-accounts").await.json()["provider_accounts"], json!([]));
    connected(&shop, &member(url, uk("FASTER_PAYMENTS"))).await;
}

#[tokio::test]
async fn what_is_replaced_must_be_the_accounts_own_and_whole() {
    let gateway = gateway(StoreKind::Embedded).await;
    let shop = gateway.merchant("Shop");
    let url = "https://api.example";
    connected(&shop, &member(url, json!({}))).await;
    connected(&shop, &application(url, json!({}))).await;
    let http = json!({ "name": "acme", "kind": "http", "url": "https://pay.example/x" });
    connected(&shop, &http).await;
    let before = shop.look("/provider-accounts").await.json();
    for (name, patch, field) in [
        ("transfer", json!({ "private_key": PRIVATE_KEY }), "key_id"),
        ("transfer", json!({ "key_id": KEY_ID }), "private_key"),
        ("transfer", json!({ "key_id": KEY_ID, "private_key": "hush" }), "private_key"),
        ("transfer", json!({ "webhook_key": "hush" }), "webhook_key"),
        ("transfer", json!({ "application_secret": "hush" }), "application_secret"),
        ("transfer", json!({ "password": "hush" }), "password"),
        ("modelo", json!({ "application_secret": "" }), "application_secret"),
        ("modelo", json!({ "private_key": PRIVATE_KEY, "key_id": KEY_ID }), "key_id"),
        ("modelo", json!({ "webhook_key": WEBHOOK_KEY }), "webhook_key"),
        ("acme", json!({ "application_secret": "hush" }), "application_secret"),
        // A credential is not carried to another host.
        ("transfer", json!({ "url": "https://mine.example" }), "private_key"),
        ("modelo", json!({ "url": "https://mine.example" }), "application_secret"),
    ] {
        let refused = shop.v1(Method::PATCH, &format!("/provider-accounts/{name}"), &patch).await.is(422).json();
        assert_eq!(refused["field"], json!(field), "{patch}: {refused}");
        assert!(!refused.to_string().contains("hush"), "{refused}");
    }
    // What payments under way were made with stays.
    for (name, patch, field) in [
        ("transfer", json!({ "iban": "GB29NWBK60161331926819" }), "iban"),
        ("modelo", json!({ "institution": "other" }), "institution"),
    ] {
        let refused = shop.v1(Method::PATCH, &format!("/provider-accounts/{name}"), &patch).await.is(400).json();
        assert_eq!(refused["field"], json!(field), "{refused}");
    }
    // Both sides share no secret: the refusal says what is replaced instead.
    for (name, instead) in [("transfer", "private_key and key_id"), ("modelo", "application_secret")] {
        for body in [json!({}), json!({ "secret": "another" })] {
            let path = format!("/provider-accounts/{name}/secret/rotate");
            let refused = shop.v1(Method::POST, &path, &body).await.is(422).json();
            assert_eq!(refused["field"], json!("secret"), "{refused}");
            assert!(refused["hint"].as_str().unwrap().contains(instead), "{refused}");
        }
    }
    assert_eq!(shop.look("/provider-accounts").await.json(), before);
    let moved = json!({ "url": "https://eu.api.example", "application_secret": "another" });
    assert_eq!(patched(&shop, "modelo", moved).await["url"], json!("https://eu.api.example"));
}

#[tokio::test]
async fn what_is_secret_stands_in_no_answer_and_no_log() {
    let (member_host, application_host) = (TokenIoHost::start(), YapilyHost::start());
    let gateway = GatewayProcess::start(&[("LOG", "debug")]);
    let (merchant_id, api_key) = gateway.add_merchant();
    let shop =
        MerchantClient::new(Http::to(&gateway.base()), &json!({ "merchant_id": merchant_id, "api_key": api_key }));
    let is_shown = |text: &str| text.contains(KEY_BYTES) || text.contains("application: secret");
    assert!(is_shown(PRIVATE_KEY) && is_shown(SECRET));
    for (name, body, patch) in [
        (
            "transfer",
            member(&member_host.url(), json!({})),
            json!({ "private_key": PRIVATE_KEY, "key_id": KEY_ID, "webhook_key": WEBHOOK_KEY }),
        ),
        ("modelo", application(&application_host.url(), json!({})), json!({ "application_secret": SECRET })),
    ] {
        let path = format!("/provider-accounts/{name}");
        for (method, path, body) in [
            (Method::POST, "/provider-accounts", &body),
            (Method::PATCH, path.as_str(), &patch),
            // And where it is refused.
            (Method::POST, "/provider-accounts", &body),
            (Method::POST, "/provider-accounts", &with(body.clone(), json!({ "name": "A" }))),
            (Method::PATCH, path.as_str(), &with(patch.clone(), json!({ "state": "odd" }))),
            (Method::POST, &format!("{path}/secret/rotate"), &json!({ "secret": SECRET })),
            (Method::POST, &format!("{path}/test"), &json!({})),
            (Method::GET, path.as_str(), &Value::Null),
            (Method::GET, "/provider-accounts", &Value::Null),
        ] {
            let answer = shop.v1(method, path, body).await;
            assert!(answer.status < 500 && !is_shown(&answer.text()), "{path}: {}", answer.text());
        }
        tested(&shop, name, true).await;
    }
    gateway.await_log("answered");
    assert!(!is_shown(&gateway.log()), "{}", gateway.log());
}

#[tokio::test]
async fn the_examples_of_the_manual_are_taken() {
    let gateway = gateway(StoreKind::Embedded).await;
    let shop = gateway.merchant("Acme Ltd");
    let manual = gateway.http.get("/v1/openapi.json").await.is(200).json();
    let examples = |path: &str, method: &str| {
        let content = &manual["paths"][path][method]["requestBody"]["content"]["application/json"];
        content["examples"].as_object().unwrap().clone()
    };
    let created = examples("/v1/provider-accounts", "post");
    assert_eq!(created.keys().collect::<Vec<_>>(), ["http", "ixopay", "token_io", "yapily"]);
    for (kind, example) in created {
        let account = connected(&shop, &example["value"]).await;
        assert_eq!(account["kind"], json!(kind));
    }
    let changed = examples("/v1/provider-accounts/{name}", "patch");
    patched(&shop, "acme", changed["disabled"]["value"].clone()).await;
    patched(&shop, "modelo", changed["yapily"]["value"].clone()).await;
    for (currency, provider) in [("EUR", "transfer"), ("GBP", "modelo")] {
        let journey = opened(&shop, json!({ "currency": currency, "provider": provider })).await;
        assert_eq!(journey["provider"], json!(provider));
    }
}

//! Yapily's refusals (contracts/yapily.md, sections 2 and 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::{CALLBACK, Tpp, account_request, basic};

on_every_store![
    without_credentials_that_belong_together_every_call_is_unauthorised,
    bodies_that_are_none_are_refused_in_the_envelope,
    unknown_addresses_and_methods_are_refused_in_the_envelope,
    a_banks_error_text_comes_home_whole_or_visibly_cut_at_a_word,
];

/// A bank's text, and what of it comes home beside a callback of so many bytes.
async fn a_banks_error_text_comes_home_whole_or_visibly_cut_at_a_word(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let russian = "Банк отклонил запрос, потому что срок действия вашего согласия истёк сегодня";
    let english = "The payment was refused because the account is closed. ".repeat(12);
    for (sent, callback, whole) in [
        ("é".repeat(300), 0, true),
        (russian.to_owned(), 0, true),
        ("銀行は要求を拒否しました。".repeat(11), 0, true),
        (english.trim().to_owned(), 0, true),
        ("line\nbreak".to_owned(), 0, true),
        (english.trim().to_owned(), 1_200, false),
        (russian.repeat(8), 1_200, false),
    ] {
        let url = format!("{CALLBACK}?own={}", "x".repeat(callback));
        let asked = tpp.ask(json!({ "callback": url })).await;
        let text = percent_encoding::utf8_percent_encode(&sent, percent_encoding::NON_ALPHANUMERIC);
        let home =
            gateway.http.back(&asked.back(&format!("error=server_error&error_description={text}"))).await.location();
        let said = STANDARD.decode(query_value(&home, "error-description")).expect("base64");
        let said = String::from_utf8(said).expect("whole characters");
        assert!(home.len() <= 2048, "{}", home.len());
        if whole {
            assert_eq!(said, sent.replace('\n', " "));
            continue;
        }
        let kept = said.strip_suffix('…').unwrap_or_else(|| panic!("the cut is not seen: {said}"));
        assert!(sent.starts_with(kept) && sent[kept.len()..].starts_with(' '), "it is cut between words: {said}");
        assert!(home.len() > 1_900, "the room is used: {}", home.len());
    }
}

const CALLS: [(Method, &str); 14] = [
    (Method::POST, "/account-auth-requests"),
    (Method::PATCH, "/account-auth-requests"),
    (Method::POST, "/payment-auth-requests"),
    (Method::GET, "/consents?limit=1"),
    (Method::GET, "/consents/2d5c3632-1729-4a5e-bc69-c7fa1cbba815"),
    (Method::DELETE, "/consents/2d5c3632-1729-4a5e-bc69-c7fa1cbba815"),
    (Method::POST, "/consents/2d5c3632-1729-4a5e-bc69-c7fa1cbba815/extend"),
    (Method::POST, "/consent-one-time-token"),
    (Method::POST, "/consent-auth-code"),
    (Method::GET, "/institutions"),
    (Method::GET, "/institutions/modelo-sandbox"),
    (Method::POST, "/users"),
    (Method::GET, "/users"),
    (Method::DELETE, "/users/3ddf5dd0-aa48-4d0f-baa7-fa057e9e911d"),
];

async fn without_credentials_that_belong_together_every_call_is_unauthorised(gateway: TestGateway) {
    let (tpp, other) = (Tpp::of(&gateway).await, Tpp::named(&gateway, "Other").await);
    let bearer = format!("Bearer {}", tpp.merchant.key);
    let wrong = [
        String::new(),
        bearer,
        "Basic".into(),
        "Basic !".into(),
        basic(&tpp.merchant.id, "wrong"),
        basic(&tpp.merchant.id, &other.merchant.key),
        basic("", &tpp.merchant.key),
        basic(&tpp.merchant.key, &tpp.merchant.id),
    ];
    for (method, path) in CALLS {
        for authorization in &wrong {
            let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
            let headers = if authorization.is_empty() { &headers[1..] } else { &headers[..] };
            let refused = gateway.http.send(method.clone(), &format!("/yapily{path}"), headers, "{}").await.is(401);
            assert_eq!(refused.header("www-authenticate"), "Basic realm=\"YAPILY_API_SECURITY_REALM\"");
            assert_eq!(refused.header("yapily-tracing-id").len(), 32);
            assert_eq!(
                refused.json(),
                json!({ "error": {
                    "code": 401, "status": "UNAUTHORIZED",
                    "message": "Full authentication is required to access this resource",
                } }),
                "{method} {path}"
            );
        }
    }
}

async fn bodies_that_are_none_are_refused_in_the_envelope(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let basic = basic(&tpp.merchant.id, &tpp.merchant.key);
    let large = format!(r#"{{"a":"{}"}}"#, "a".repeat(70_000));
    for path in [
        "/account-auth-requests",
        "/payment-auth-requests",
        "/consent-one-time-token",
        "/consent-auth-code",
        "/exchange-code/",
    ] {
        for (status, kind, body) in [
            (400, "application/json", ""),
            (400, "application/json", "{"),
            (400, "application/json", "[]"),
            (400, "application/json", "null"),
            (400, "application/json", "{\"a\":1,\"a\":2}"),
            (400, "application/json", "\u{0}"),
            (413, "application/json", large.as_str()),
            (415, "text/plain", "{}"),
            (415, "application/x-www-form-urlencoded", "a=b"),
        ] {
            let headers = [("authorization", basic.as_str()), ("content-type", kind)];
            let refused = gateway.http.send(Method::POST, &format!("/yapily{path}"), &headers, body.to_owned()).await;
            let error = refused.clone().is(status).json()["error"].clone();
            assert_eq!(error["code"], status, "{path}: {error}");
            assert_eq!(error["tracingId"], refused.header("yapily-tracing-id"));
            assert!(error["message"].is_string() && error["status"].is_string(), "{error}");
        }
    }
    tpp.post("/users", &json!([])).await.is(400);
}

async fn unknown_addresses_and_methods_are_refused_in_the_envelope(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for path in ["", "/", "/nothing", "/consents/", "/users/a/b", "/hosted", "/consents/x/y", "/accounts"] {
        let error = tpp.get(path).await.is(404).json()["error"].clone();
        assert_eq!((&error["code"], &error["status"]), (&json!(404), &json!("NOT_FOUND")), "{path}");
    }
    for (method, path, allow) in [
        (Method::GET, "/account-auth-requests", "POST, PATCH"),
        (Method::PUT, "/payment-auth-requests", "POST"),
        (Method::POST, "/consents", "GET, HEAD"),
        (Method::PATCH, "/consents/x", "GET, HEAD, DELETE"),
        (Method::GET, "/consent-one-time-token", "POST"),
        (Method::GET, "/exchange-code/", "POST"),
        (Method::DELETE, "/institutions", "GET, HEAD"),
        (Method::PATCH, "/users/x", "GET, HEAD, DELETE"),
    ] {
        let refused = tpp.call(method.clone(), path, &Value::Null).await.is(405);
        assert_eq!(refused.header("allow"), allow, "{method} {path}");
        assert_eq!(refused.json()["error"]["status"], "METHOD_NOT_ALLOWED");
    }
    for path in
        ["/consents/x", "/consents/2d5c3632-1729-4a5e-bc69-c7fa1cbba815", "/institutions/x", "/users/x", "/users/%ff"]
    {
        assert_eq!(tpp.get(path).await.is(404).json()["error"]["status"], "NOT_FOUND", "{path}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_a_503_in_the_envelope() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let tpp = Tpp::of(&gateway).await;
    gateway.redis().pause();
    for answer in
        [tpp.get("/consents?limit=1").await, tpp.post("/account-auth-requests", &account_request(json!({}))).await]
    {
        let refused = answer.is(503);
        assert!(refused.has("retry-after"));
        let error = refused.json()["error"].clone();
        assert_eq!((&error["status"], &error["source"]), (&json!("SERVICE_UNAVAILABLE"), &json!("YAPILY")));
    }
    gateway.redis().resume();
}

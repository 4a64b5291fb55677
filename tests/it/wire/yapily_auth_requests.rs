//! Yapily's auth requests (contracts/yapily.md, sections 1 to 3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::{Asked, CALLBACK, Tpp, account_request, payment_request};

on_every_store![
    the_documented_account_request_has_the_documented_answer,
    the_documented_payment_request_has_the_documented_answer,
    what_clients_really_send_is_read,
    a_callback_has_to_be_covered_by_a_saved_one,
    a_redirect_of_the_apps_own_has_to_be_saved_too,
    a_user_is_made_when_it_does_not_exist_and_left_alone_when_the_call_is_refused,
    the_institution_has_to_exist_and_to_offer_what_is_asked_for,
    the_same_key_opens_the_same_consent,
    refusals_name_the_path,
];

async fn the_documented_account_request_has_the_documented_answer(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let request = json!({ "oneTimeToken": true, "accountRequest": {
        "transactionFrom": "2020-01-01T00:00:00.000Z", "transactionTo": "2020-06-01T00:00:00.000Z",
        "featureScope": ["ACCOUNTS", "ACCOUNT"],
    } });
    let created = tpp.post("/account-auth-requests", &account_request(request)).await.is(201);
    assert_eq!(created.header("content-type"), "application/json;charset=UTF-8");
    assert_eq!(created.header("cache-control"), "no-cache, no-store, max-age=0, must-revalidate");
    assert_eq!((created.header("pragma"), created.header("expires")), ("no-cache".into(), "0".into()));
    let envelope = created.json();
    let members: Vec<_> = envelope.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["data", "meta"]);
    assert_eq!(envelope["meta"]["tracingId"], created.header("yapily-tracing-id"));
    assert!(is_hex(&envelope["meta"]["tracingId"]), "{envelope}");
    let asked = Asked::read(&envelope).await;
    assert_eq!(asked.data["id"].as_str().unwrap().len(), 36);
    assert!(is_hex(&asked.data["state"]), "{envelope}");
    for (name, value) in [
        ("applicationUserId", json!("john.doe@company.com")),
        ("institutionId", json!("modelo-sandbox")),
        ("status", json!("AWAITING_AUTHORIZATION")),
        ("featureScope", json!(["ACCOUNTS", "ACCOUNT"])),
        ("transactionFrom", json!("2020-01-01T00:00:00.000Z")),
        ("transactionTo", json!("2020-06-01T00:00:00.000Z")),
    ] {
        assert_eq!(asked.data[name], value, "{name}");
    }
    assert!(asked.data["createdAt"].as_str().unwrap().ends_with('Z') && asked.data["userUuid"].is_string());
    for absent in ["consentToken", "authorizedAt", "lastConfirmedAt", "reconfirmBy", "expiresAt", "timeToExpire"] {
        assert!(asked.data.get(absent).is_none(), "{absent}: {envelope}");
    }
    let url = asked.data["authorisationUrl"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/consent?link_id=", gateway.http.base())), "{url}");
    assert_eq!(query_value(url, "state"), asked.data["state"]);
    assert_ne!(asked.state, asked.data["state"], "the bank answers under another one");
    let qr = asked.data["qrCodeUrl"].as_str().unwrap();
    assert!(qr.starts_with(&format!("{}/consent/qr.png?link_id=", gateway.http.base())), "no third party is told");
    assert_eq!(query_value(qr, "link_id"), query_value(url, "link_id"));
}

async fn the_documented_payment_request_has_the_documented_answer(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask_payment(json!({})).await;
    assert_eq!(
        asked.data["featureScope"],
        json!(["CREATE_DOMESTIC_SINGLE_PAYMENT", "EXISTING_PAYMENTS_DETAILS", "EXISTING_PAYMENT_INITIATION_DETAILS"])
    );
    assert_eq!(asked.data["status"], "AWAITING_AUTHORIZATION");
    assert!(asked.data["authorisationUrl"].is_string() && asked.data["qrCodeUrl"].is_string());
    let journey = tpp.merchant.journey(&asked.id).await;
    assert_eq!((&journey["amount"], &journey["currency"]), (&json!("8.70"), &json!("GBP")));
    assert_eq!((&journey["note"], &journey["dialect"]), (&json!("Bill payment"), &json!("yapily")));
}

async fn what_clients_really_send_is_read(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let body = account_request(json!({ "oneTimeToken": "true", "somethingNew": [1], "forwardParameters": [] }));
    for kind in ["application/json;charset=utf-8", "application/json;charset=UTF-8", "application/json"] {
        let basic = crate::support::tpp::basic(&tpp.merchant.id, &tpp.merchant.key);
        let headers = [
            ("authorization", basic.as_str()),
            ("content-type", kind),
            ("accept", "application/json;charset=UTF-8"),
            ("psu-ip-address", "192.0.2.7"),
            ("x-yapily-api-version", "1.0"),
        ];
        gateway.http.send(Method::POST, "/yapily/account-auth-requests", &headers, body.to_string()).await.is(201);
    }
    let mut payment = account_request(json!({ "paymentRequest": payment_request() }));
    payment["paymentRequest"]["amount"]["amount"] = json!("8.70");
    let asked = Asked::read(&tpp.post("/payment-auth-requests", &payment).await.is(201).json()).await;
    assert_eq!(tpp.merchant.journey(&asked.id).await["amount"], "8.70");
}

async fn a_callback_has_to_be_covered_by_a_saved_one(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    tpp.merchant.save("https://exact.example/cb").await;
    tpp.merchant.save("com.example.app://callback").await;
    for covered in [
        CALLBACK,
        "https://tpp-application.com/confirmation-accounts",
        "https://tpp-application.com/a/b?own=1&x=y",
        "https://tpp-application.com/?own=1#/open",
        "https://exact.example/cb?own=query",
        "com.example.app://callback?own=1",
    ] {
        tpp.ask(json!({ "callback": covered })).await;
    }
    for other in [
        "https://tpp-application.com.evil.example/",
        "https://tpp-application.com:444/",
        "http://tpp-application.com/",
        "https://exact.example/cb/below",
        "https://exact.example/",
        "https://tpp-application.com/../x",
        "https://user@tpp-application.com/",
        "https://tpp-application.com\\@evil.example/",
        "https://elsewhere.example/",
        "com.example.other://callback",
        "0",
        " ",
        "https://tpp-application.com/?consent=mine",
        "https://tpp-application.com//evil",
        "https://tpp-application.com/..%2fx",
        "https://tpp-application.com/..%5Cx",
        "https://tpp-application.com/..;/x",
        &format!("https://tpp-application.com/?own={}", "x".repeat(1_500)),
    ] {
        let refused = tpp.post("/account-auth-requests", &account_request(json!({ "callback": other }))).await.is(400);
        let message = refused.json()["error"]["message"].clone();
        assert!(message.as_str().unwrap().starts_with("callback: "), "{other}: {message}");
    }
    let refused =
        tpp.post("/account-auth-requests", &account_request(json!({ "callback": "https://x.example/" }))).await;
    refused.is(400).says("is not one of the application's authorised callbacks").says("ends in a slash");
}

async fn a_redirect_of_the_apps_own_has_to_be_saved_too(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let redirect = |url: &str| json!({ "callback": null, "redirect": { "url": url } });
    tpp.ask(redirect("https://tpp-application.com/answer")).await;
    let refused = tpp.post("/account-auth-requests", &account_request(redirect("https://elsewhere.example/"))).await;
    refused.is(400).says("redirect.url: is not one of the application's authorised callbacks");
    let both = json!({ "redirect": { "url": CALLBACK } });
    tpp.post("/account-auth-requests", &account_request(both))
        .await
        .is(400)
        .says("redirect: came together with callback");
}

async fn a_user_is_made_when_it_does_not_exist_and_left_alone_when_the_call_is_refused(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let first = tpp.ask(json!({})).await.data["userUuid"].clone();
    assert_eq!(tpp.ask(json!({})).await.data["userUuid"], first);
    assert_eq!(
        tpp.ask(json!({ "userUuid": first, "applicationUserId": null })).await.data["applicationUserId"],
        "john.doe@company.com"
    );
    assert_eq!(tpp.ask(json!({ "userUuid": first })).await.data["userUuid"], first);
    let refuse = async |changes: Value, why: &str| {
        tpp.post("/account-auth-requests", &account_request(changes)).await.is(400).says(why);
    };
    refuse(json!({ "userUuid": first, "applicationUserId": "another" }), "applicationUserId: is not that of").await;
    refuse(json!({ "userUuid": tpp.merchant.id }), "userUuid: names no user").await;
    refuse(json!({ "applicationUserId": null }), "userUuid: is required, unless").await;
    refuse(json!({ "applicationUserId": "newcomer", "callback": "https://x.example/" }), "callback: is not one").await;
    let known = tpp.get("/users").await.is(200).json();
    assert_eq!(known.as_array().unwrap().len(), 1, "{known}");
    // Another merchant's user is nobody here.
    let other = Tpp::named(&gateway, "Other").await;
    other.post("/account-auth-requests", &account_request(json!({ "userUuid": first }))).await.is(400);
    assert_ne!(other.ask(json!({})).await.data["userUuid"], first);
}

async fn the_institution_has_to_exist_and_to_offer_what_is_asked_for(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let unknown =
        tpp.post("/account-auth-requests", &account_request(json!({ "institutionId": "nowhere" }))).await.is(400);
    unknown.says("institutionId: names \\\"nowhere\\\"");
    let request = json!({ "accountRequest": { "featureScope": ["ACCOUNT_STATEMENTS"] } });
    let unsupported = tpp.post("/account-auth-requests", &account_request(request)).await.is(424).json();
    let error = &unsupported["error"];
    assert_eq!((&error["code"], &error["status"]), (&json!(424), &json!("FAILED_DEPENDENCY")));
    assert_eq!(error["source"], "INSTITUTION");
    assert_eq!(error["message"], "The institution modelo-sandbox does not support ACCOUNT_STATEMENTS");
    let mut payment = account_request(json!({ "paymentRequest": payment_request() }));
    payment["paymentRequest"]["type"] = json!("DOMESTIC_INSTANT_PAYMENT");
    tpp.post("/payment-auth-requests", &payment).await.is(424).says("CREATE_DOMESTIC_SINGLE_INSTANT_PAYMENT");
}

async fn the_same_key_opens_the_same_consent(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let key = [("idempotency-key", "once")];
    let post = async |changes: Value| {
        tpp.call_with(Method::POST, "/account-auth-requests", &key, &account_request(changes)).await
    };
    let first = Asked::read(&post(json!({})).await.is(201).json()).await;
    let again = Asked::read(&post(json!({})).await.is(201).json()).await;
    assert_eq!(first.data, again.data);
    let conflict = post(json!({ "oneTimeToken": true })).await.is(409).json();
    assert_eq!(conflict["error"]["status"], "CONFLICT");
    assert_ne!(tpp.ask(json!({})).await.id, first.id);
}

async fn refusals_name_the_path(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let mut payment = account_request(json!({ "paymentRequest": payment_request() }));
    payment["paymentRequest"]["amount"]["amount"] = json!(-1);
    let refused = tpp.post("/payment-auth-requests", &payment).await.is(400);
    let error = refused.json()["error"].clone();
    assert_eq!(
        (&error["code"], &error["status"], &error["source"]),
        (&json!(400), &json!("BAD_REQUEST"), &json!("USER"))
    );
    assert_eq!(error["tracingId"], refused.header("yapily-tracing-id"));
    assert!(error["message"].as_str().unwrap().starts_with("paymentRequest.amount.amount: "), "{error}");
    for (changes, path) in [
        (json!({ "callback": null, "oneTimeToken": true }), "oneTimeToken: "),
        (json!({ "forwardParameters": ["x"] }), "forwardParameters: are not offered"),
        (json!({ "accountRequest": { "expiresAt": "2020-01-01T00:00:00Z" } }), "accountRequest.expiresAt: "),
        (json!({ "institutionId": null }), "institutionId: "),
    ] {
        tpp.post("/account-auth-requests", &account_request(changes)).await.is(400).says(path);
    }
}

fn is_hex(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

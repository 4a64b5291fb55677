//! Yapily's hosted pages for consents (contracts/yapily.md, section 10).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::{CALLBACK, Tpp};

on_every_store![
    a_hosted_request_leads_to_a_page_of_ours_and_home_again,
    a_hosted_request_with_an_institution_leads_there_at_once,
    hosted_refusals_list_their_issues,
    a_hosted_payment_is_agreed_to_at_the_bank_that_its_customer_chose,
];

fn request(changes: &Value) -> Value {
    let mut body = json!({
        "applicationUserId": "john.doe@company.com", "redirectUrl": "https://tpp-application.com/home?own=1#f",
        "institutionIdentifiers": { "institutionCountryCode": "GB" },
        "userSettings": { "language": "EN", "location": "GB" },
    });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

async fn ask(tpp: &Tpp, changes: &Value) -> Value {
    tpp.post("/hosted/consent-requests", &request(changes)).await.is(201).json()["data"].clone()
}

/// The names of the phases that an answer tells of; each has its moment.
fn phases(of: &Value) -> Vec<&str> {
    let phases = of["phases"].as_array().unwrap_or_else(|| panic!("no phases: {of}"));
    assert!(phases.iter().all(|phase| phase["phaseCreatedAt"].as_str().unwrap().ends_with('Z')), "{of}");
    phases.iter().map(|phase| phase["phaseName"].as_str().unwrap()).collect()
}

async fn look(tpp: &Tpp, asked: &Value) -> Value {
    let id = asked["consentRequestId"].as_str().unwrap();
    tpp.get(&format!("/hosted/consent-requests/{id}")).await.is(200).json()["data"].clone()
}

async fn a_hosted_request_leads_to_a_page_of_ours_and_home_again(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let account = json!({ "featureScope": ["ACCOUNTS"], "transactionFrom": "2023-07-01T00:00:00.000Z" });
    let asked = ask(&tpp, &json!({ "accountRequest": account })).await;
    let hosted_url = asked["hostedUrl"].as_str().unwrap();
    assert!(hosted_url.starts_with(&format!("{}/consent?link_id=", gateway.http.base())), "{hosted_url}");
    for (name, value) in [
        ("applicationUserId", json!("john.doe@company.com")),
        ("applicationId", json!(tpp.merchant.id)),
        ("institutionIdentifiers", json!({ "institutionCountryCode": "GB" })),
        ("userSettings", json!({ "language": "EN", "location": "GB" })),
        ("redirectUrl", json!("https://tpp-application.com/home?own=1#f")),
        ("accountRequestDetails", account),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    assert!(
        asked["userId"].is_string() && asked["createdAt"].is_string() && asked["authorisationExpiresAt"].is_string()
    );
    assert!(asked.get("status").is_none() && asked.get("consentToken").is_none(), "{asked}");
    let waiting = look(&tpp, &asked).await;
    assert_eq!(waiting["status"], "AWAITING_AUTHORIZATION");
    assert_eq!(phases(&waiting), ["INITIATED"]);
    // The customer chooses a bank on the page, and agrees there.
    let link = query_value(hosted_url, "link_id");
    gateway.http.get(hosted_url).await.is(200).says("Modelo Sandbox").says("Mock Sandbox");
    let chosen = [("link_id", link.as_str()), ("institution", "mock-sandbox")];
    let left = gateway.http.submit("/consent/choose", &chosen).await.location();
    let home = gateway.http.back(&format!("code=ok&state={}", query_value(&left, "state"))).await.location();
    let token = query_value(&home, "consent");
    let user = asked["userId"].as_str().unwrap();
    assert_eq!(
        home,
        format!(
            "https://tpp-application.com/home?own=1&consent={token}&application-user-id=john.doe%40company.com\
             &user-uuid={user}&institution=mock-sandbox#f"
        )
    );
    let given = look(&tpp, &asked).await;
    assert_eq!((&given["status"], &given["consentToken"]), (&json!("AUTHORIZED"), &json!(token)));
    assert_eq!(given["institutionIdentifiers"]["institutionId"], "mock-sandbox");
    assert_eq!(phases(&given), ["INITIATED", "INSTITUTION_SUBMITTED", "AUTHORISATION_CREATED", "AUTHORISED"]);
    let consent = tpp.consent(given["consentId"].as_str().unwrap()).await;
    assert_eq!((&consent["consentToken"], &consent["featureScope"]), (&json!(token), &json!(["ACCOUNTS"])));
    // Asked again, it leads to the bank that was chosen.
    let again = tpp.ask_again(&token).await.is(201).json()["data"].clone();
    let link = query_value(again["authorisationUrl"].as_str().unwrap(), "link_id");
    let chosen = [("link_id", link.as_str()), ("institution", "mock-sandbox")];
    let left = gateway.http.submit("/consent/choose", &chosen).await.location();
    let state = query_value(&left, "state");
    let home = gateway.http.back(&format!("code=again&state={state}")).await.location();
    assert_eq!(query_value(&home, "institution"), "mock-sandbox");
}

async fn a_hosted_request_with_an_institution_leads_there_at_once(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let place = json!({ "institutionId": "modelo-sandbox", "institutionCountryCode": "GB" });
    let asked = ask(&tpp, &json!({ "institutionIdentifiers": place, "oneTimeToken": true })).await;
    assert_eq!(asked["institutionIdentifiers"], place);
    let left = gateway.http.get(asked["hostedUrl"].as_str().unwrap()).await.location();
    let home = gateway.http.back(&format!("code=ok&state={}", query_value(&left, "state"))).await.location();
    let exchanged = tpp.exchange(&query_value(&home, "one-time-token")).await.is(201).json();
    assert_eq!((&exchanged["id"], &exchanged["status"]), (&asked["consentRequestId"], &json!("AUTHORIZED")));
    // A consent that was asked for in another way is no hosted request.
    let other = tpp.ask(json!({ "callback": CALLBACK })).await;
    tpp.get(&format!("/hosted/consent-requests/{}", other.id)).await.is(404);
}

async fn hosted_refusals_list_their_issues(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for (changes, field) in [
        (json!({ "redirectUrl": null }), "redirectUrl: is required"),
        (json!({ "redirectUrl": "https://elsewhere.example/" }), "redirectUrl: is not one of the application's"),
        (json!({ "institutionIdentifiers": null }), "institutionIdentifiers: is required"),
        (json!({ "institutionIdentifiers": {} }), "institutionIdentifiers.institutionCountryCode: is required"),
        (
            json!({ "institutionIdentifiers": { "institutionCountryCode": "FR" } }),
            "institutionIdentifiers.institutionCountryCode: is no country",
        ),
        (
            json!({ "institutionIdentifiers": { "institutionCountryCode": "GB", "institutionId": "x" } }),
            "institutionIdentifiers.institutionId: names no institution",
        ),
        (
            json!({ "institutionIdentifiers": { "institutionCountryCode": "UK" } }),
            "institutionIdentifiers.institutionCountryCode: is not a country's code",
        ),
        (json!({ "applicationUserId": null }), "userId: is required, unless"),
        (json!({ "userSettings": "x" }), "userSettings: is not a JSON object"),
        (json!({ "userSettings": { "language": 7 } }), "userSettings.language: is not a text"),
        (json!({ "userSettings": { "language": "xx" } }), "userSettings.language: is not a language's code"),
        (json!({ "userSettings": { "location": "XX" } }), "userSettings.location: is not a country's code"),
        (json!({ "oneTimeToken": "maybe" }), "oneTimeToken: is neither true nor false"),
    ] {
        let refused = tpp.post("/hosted/consent-requests", &request(&changes)).await.is(400).json()["error"].clone();
        let issue = &refused["issues"][0];
        assert_eq!((&refused["code"], &refused["status"]), (&json!(400), &json!("BAD_REQUEST")));
        assert_eq!((&issue["type"], &issue["code"]), (&json!("BAD_REQUEST"), &json!(10_600)));
        assert!(issue["message"].as_str().unwrap().starts_with(field), "{field}: {refused}");
        assert!(refused["tracingId"].is_string() && refused["source"].is_string(), "{refused}");
    }
    assert_eq!(tpp.get("/users").await.is(200).json(), json!([]), "a refused request leaves no user");
    // The enhanced envelope has its required fields in every status, also where the classic one's sample has none.
    for path in ["/hosted/consent-requests", "/hosted/payment-requests"] {
        let refused = gateway.http.send(Method::POST, &format!("/yapily{path}"), &[], "{}").await.is(401);
        let error = refused.json()["error"].clone();
        assert_eq!(error["tracingId"], refused.header("yapily-tracing-id"), "{error}");
        assert_eq!((&error["code"], &error["issues"][0]["code"]), (&json!(401), &json!(10_700)));
    }
    let classic = gateway.http.send(Method::GET, "/yapily/users", &[], "").await.is(401).json();
    assert!(classic["error"].get("tracingId").is_none(), "{classic}");
    let unknown = "/hosted/consent-requests/2d5c3632-1729-4a5e-bc69-c7fa1cbba815";
    let refused = tpp.call(Method::GET, unknown, &Value::Null).await.is(404).json()["error"].clone();
    assert_eq!(refused["issues"][0]["code"], 10_800);
}

async fn a_hosted_payment_is_agreed_to_at_the_bank_that_its_customer_chose(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let details = json!({
        "paymentIdempotencyId": "1d54cf71bfe44b1b8e67247aed455d96", "type": "DOMESTIC_PAYMENT", "reference": "Bill payment",
        "amountDetails": { "amountToPay": 8.70, "currency": "GBP" },
        "payee": {
            "name": "BILLS COFFEE LTD",
            "accountIdentifications": [{ "type": "ACCOUNT_NUMBER", "identification": "99999999" }],
        },
    });
    let body = request(&json!({ "paymentRequestDetails": details }));
    let asked = tpp.post("/hosted/payment-requests", &body).await.is(201).json()["data"].clone();
    assert_eq!((&asked["status"], &asked["paymentRequestDetails"]), (&json!("ACTIVE"), &details));
    assert!(asked.get("consentRequestId").is_none() && asked.get("consentStatus").is_none(), "{asked}");
    let id = asked["paymentRequestId"].as_str().unwrap();
    let look = async || tpp.get(&format!("/hosted/payment-requests/{id}")).await.is(200).json()["data"].clone();
    let waiting = look().await;
    assert_eq!((&waiting["consentStatus"], &waiting["payments"]), (&json!("AWAITING_AUTHORIZATION"), &json!([])));
    let hosted_url = asked["hostedUrl"].as_str().unwrap();
    gateway.http.get(hosted_url).await.is(200).says("8.70 GBP").says("BILLS COFFEE LTD").says("Modelo Sandbox");
    let chosen = [("link_id", &*query_value(hosted_url, "link_id")), ("institution", "modelo-sandbox")];
    let left = gateway.http.submit("/consent/choose", &chosen).await.location();
    let home = gateway.http.back(&format!("code=ok&state={}", query_value(&left, "state"))).await.location();
    let given = look().await;
    assert_eq!((&given["status"], &given["consentStatus"]), (&json!("ACTIVE"), &json!("AUTHORIZED")));
    assert_eq!(given["consentToken"], query_value(&home, "consent"));
    let payment = &given["payments"][0];
    for (name, value) in [
        ("paymentId", json!(id)),
        ("consentId", given["consentId"].clone()),
        ("institutionIdentifiers", json!({ "institutionId": "modelo-sandbox", "institutionCountryCode": "GB" })),
        ("paymentStatus", json!("PENDING")),
        ("paymentIdempotencyId", details["paymentIdempotencyId"].clone()),
        ("reference", json!("Bill payment")),
        ("type", json!("DOMESTIC_PAYMENT")),
        ("payee", details["payee"].clone()),
        ("amount", json!({ "amount": 8.7, "currency": "GBP" })),
    ] {
        assert_eq!(payment[name], value, "{name}");
    }
    assert_eq!(phases(payment), ["INITIATED", "INSTITUTION_SUBMITTED", "AUTHORISATION_CREATED", "AUTHORISED"]);
    assert!(payment.get("amountDetails").is_none(), "{payment}");
    // One that its customer refused has failed.
    let again = tpp.post("/hosted/payment-requests", &body).await.is(201).json()["data"].clone();
    let link = query_value(again["hostedUrl"].as_str().unwrap(), "link_id");
    let chosen = [("link_id", link.as_str()), ("institution", "modelo-sandbox")];
    let left = gateway.http.submit("/consent/choose", &chosen).await.location();
    gateway.http.back(&format!("error=access_denied&state={}", query_value(&left, "state"))).await.location();
    let path = format!("/hosted/payment-requests/{}", again["paymentRequestId"].as_str().unwrap());
    let refused = tpp.get(&path).await.is(200).json()["data"].clone();
    let payment = &refused["payments"][0];
    assert_eq!((&payment["paymentStatus"], phases(payment)[3]), (&json!("FAILED"), "AUTHORISATION_REJECTED"));
    assert_eq!(refused["authorisationError"]["error"], "access_denied");
    // The two kinds have addresses of their own.
    tpp.get(&format!("/hosted/consent-requests/{id}")).await.is(404);
    let unpaid = tpp.post("/hosted/payment-requests", &request(&json!({}))).await.is(400);
    unpaid.says("paymentRequestDetails");
}

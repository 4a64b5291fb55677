//! Yapily's consents: lists, single ones, the end of them (contracts/yapily.md, section 4).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;
use crate::support::tpp::{Asked, Tpp};

on_every_store![
    a_consent_that_was_given_has_every_documented_field,
    consents_are_found_by_every_filter,
    a_list_is_paged_newest_first_and_says_how_many_there_are,
    a_consent_is_deleted_and_stays_so,
    a_confirmation_moves_what_has_to_be_reconfirmed,
    a_consent_is_its_own_merchants_alone,
    a_consent_to_a_payment_knows_no_confirmation,
];

const DAY: Duration = Duration::from_hours(24);

async fn given(gateway: &TestGateway, tpp: &Tpp, changes: Value) -> Asked {
    let asked = tpp.ask(changes).await;
    gateway.http.back(&asked.back("code=ok")).await.is(303);
    asked
}

async fn a_consent_that_was_given_has_every_documented_field(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = given(&gateway, &tpp, json!({})).await;
    let answer = tpp.get(&format!("/consents/{}", asked.id)).await.is(200);
    assert_eq!(answer.json()["meta"], json!({ "tracingId": answer.header("yapily-tracing-id") }));
    let consent = &answer.json()["data"];
    for name in ["id", "userUuid", "applicationUserId", "institutionId", "createdAt", "featureScope", "state"] {
        assert_eq!(consent[name], asked.data[name], "{name}");
    }
    assert_eq!(consent["status"], "AUTHORIZED");
    assert_eq!(consent["lastConfirmedAt"], consent["authorizedAt"]);
    let at = |name: &str| consent[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at("expiresAt").duration_since(at("authorizedAt")).as_hours(), 90 * 24);
    assert_eq!(at("reconfirmBy").duration_since(at("lastConfirmedAt")).as_hours(), 90 * 24);
    assert!(consent["timeToExpire"].as_str().unwrap().starts_with("PT2"), "{consent}");
    assert!(consent["timeToExpireInMillis"].is_u64() && consent["consentToken"].is_string());
    let claims = claims(consent["consentToken"].as_str().unwrap());
    assert_eq!(
        claims,
        json!({
            "INSTITUTION": "modelo-sandbox", "CONSENT": asked.id, "APPLICATION_USER_ID": "john.doe@company.com",
            "USER": asked.data["userUuid"],
        })
    );
    // Less was asked for: it ends then.
    let soon = tpp.merchant.http.clone();
    let until = (at("authorizedAt") + jiff::SignedDuration::from_hours(48)).to_string();
    let short = tpp.ask(json!({ "accountRequest": { "expiresAt": until } })).await;
    soon.back(&short.back("code=ok")).await.is(303);
    gateway.wait(DAY);
    assert_eq!(tpp.consent(&short.id).await["status"], "AUTHORIZED");
    gateway.wait(2 * DAY);
    let expired = tpp.consent(&short.id).await;
    assert_eq!(expired["status"], "EXPIRED");
    assert!(expired.get("consentToken").is_none() && expired.get("timeToExpire").is_none(), "{expired}");
}

async fn consents_are_found_by_every_filter(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let first = given(&gateway, &tpp, json!({ "applicationUserId": "a+b@c.d" })).await;
    gateway.wait(Duration::from_secs(60));
    let second = tpp.ask(json!({ "applicationUserId": "other", "institutionId": "mock-sandbox" })).await;
    gateway.wait(Duration::from_secs(60));
    let third = tpp.ask_payment(json!({ "applicationUserId": "a+b@c.d" })).await;
    // What no consent is, is in no list.
    tpp.merchant.link_to("https://tpp-application.com/").await;
    let find = async |query: &str| {
        let envelope = tpp.get(&format!("/consents?{query}")).await.is(200).json();
        let rows = envelope["data"].as_array().unwrap().clone();
        assert_eq!(envelope["meta"]["count"], rows.len(), "{query}");
        assert_eq!(envelope["meta"]["pagination"]["totalCount"], rows.len(), "{query}");
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (a, b, c) = (first.id.as_str(), second.id.as_str(), third.id.as_str());
    let user = first.data["userUuid"].as_str().unwrap();
    let between = second.data["createdAt"].as_str().unwrap();
    for (query, expected) in [
        ("limit=10".to_owned(), vec![c, b, a]),
        ("filter%5BapplicationUserId%5D=a%2Bb%40c.d".to_owned(), vec![c, a]),
        ("filter[applicationUserId]=a%2Bb%40c.d&filter[applicationUserId]=other".to_owned(), vec![c, b, a]),
        ("filter[applicationUserId]=nobody".to_owned(), vec![]),
        (format!("filter[userUuid]={user}"), vec![c, a]),
        (format!("filter[userUuid]={user}&filter[applicationUserId]=other"), vec![]),
        (format!("filter[userUuid]={user}&filter[applicationUserId]=a%2Bb%40c.d"), vec![c, a]),
        ("filter[institution]=mock-sandbox&limit=1000".to_owned(), vec![b]),
        ("filter[institution]=mock-sandbox&filter[institution]=modelo-sandbox&limit=9".to_owned(), vec![c, b, a]),
        ("filter[status]=AUTHORIZED&limit=9".to_owned(), vec![a]),
        ("filter[status]=AUTHORIZED&filter[status]=AWAITING_AUTHORIZATION&limit=9".to_owned(), vec![c, b, a]),
        ("filter[status]=AWAITING_SCA_CODE&limit=9".to_owned(), vec![]),
        (format!("from={between}&limit=9"), vec![c, b]),
        (format!("before={between}&limit=9"), vec![b, a]),
        (format!("from={between}&before={between}&limit=9"), vec![b]),
        ("unknown=x&limit=9".to_owned(), vec![c, b, a]),
    ] {
        assert_eq!(find(&query).await, expected, "{query}");
    }
    for query in
        ["", "filter[status]=AUTHORIZED", "limit=0", "limit=1001", "limit=9&filter[status]=X", "limit=9&from=x"]
    {
        let error = tpp.get(&format!("/consents?{query}")).await.is(400).json()["error"].clone();
        assert_eq!(error["status"], "BAD_REQUEST", "{query}");
    }
}

async fn a_list_is_paged_newest_first_and_says_how_many_there_are(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.insert(0, tpp.ask(json!({})).await.id);
        gateway.wait(Duration::from_millis(5));
    }
    for (query, expected, own) in [
        ("limit=3", &ids[..3], json!({ "limit": 3, "sort": "-date", "offset": 0 })),
        ("limit=3&offset=5", &ids[5..], json!({ "limit": 3, "sort": "-date", "offset": 5 })),
        ("limit=3&offset=70", &ids[..0], json!({ "limit": 3, "sort": "-date", "offset": 70 })),
        ("filter[applicationUserId]=john.doe@company.com&offset=6", &ids[6..], json!({ "sort": "-date", "offset": 6 })),
    ] {
        let envelope = tpp.get(&format!("/consents?{query}")).await.is(200).json();
        let found: Vec<_> = envelope["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
        assert_eq!(found, expected, "{query}");
        assert_eq!(envelope["meta"]["pagination"], json!({ "totalCount": 7, "self": own }), "{query}");
    }
}

async fn a_consent_is_deleted_and_stays_so(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = given(&gateway, &tpp, json!({})).await;
    let token = tpp.consent(&asked.id).await["consentToken"].as_str().unwrap().to_owned();
    let path = format!("/consents/{}?forceDelete=true", asked.id);
    let deleted = tpp.call(Method::DELETE, &path, &Value::Null).await.is(200).json();
    assert_eq!(
        deleted["data"],
        json!({
            "id": asked.id, "deleteStatus": "SUCCESS", "institutionId": "modelo-sandbox",
            "creationDate": asked.data["createdAt"],
        })
    );
    let consent = tpp.consent(&asked.id).await;
    assert_eq!((&consent["status"], &consent["isDeletedByInstitution"]), (&json!("REVOKED"), &json!(false)));
    assert!(consent.get("consentToken").is_none(), "{consent}");
    let again = tpp.call(Method::DELETE, &path, &Value::Null).await.is(200).json();
    assert_eq!(again["data"], deleted["data"]);
    tpp.ask_again(&token).await.is(403).says("The consent status is [REVOKED]");
    tpp.call(Method::DELETE, &format!("/consents/{}?forceDelete=maybe", asked.id), &Value::Null).await.is(400);
    // Python's `str(bool)`.
    tpp.call(Method::DELETE, &format!("/consents/{}?forceDelete=True", asked.id), &Value::Null).await.is(200);
    // One that nobody has given yet ends too, and its customer comes home with an error.
    let waiting = tpp.ask(json!({})).await;
    tpp.call(Method::DELETE, &format!("/consents/{}", waiting.id), &Value::Null).await.is(200);
    assert_eq!(tpp.consent(&waiting.id).await["status"], "REVOKED");
    let home = gateway.http.back(&waiting.back("error=access_denied")).await.location();
    assert!(home.contains("&error=uncategorized_error&error-source=institution&"), "{home}");
}

async fn a_confirmation_moves_what_has_to_be_reconfirmed(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = given(&gateway, &tpp, json!({})).await;
    let before = tpp.consent(&asked.id).await;
    gateway.wait(30 * DAY);
    let now = tpp.ask(json!({})).await.data["createdAt"].clone();
    let path = format!("/consents/{}/extend", asked.id);
    let extended = tpp.post(&path, &json!({ "lastConfirmedAt": now })).await.is(200).json()["data"].clone();
    assert_eq!(extended["lastConfirmedAt"], now);
    assert_ne!(extended["reconfirmBy"], before["reconfirmBy"]);
    for kept in ["expiresAt", "authorizedAt", "consentToken", "status"] {
        assert_eq!(extended[kept], before[kept], "{kept}");
    }
    for wrong in
        [json!({}), json!({ "lastConfirmedAt": "today" }), json!({ "lastConfirmedAt": "2999-01-01T00:00:00Z" })]
    {
        tpp.post(&path, &wrong).await.is(400).says("lastConfirmedAt: ");
    }
    // Its clock may be ahead of ours by some seconds, which are not taken for the future.
    let shifted = |seconds| {
        let now: jiff::Timestamp = now.as_str().unwrap().parse().unwrap();
        json!({ "lastConfirmedAt": (now + jiff::SignedDuration::from_secs(seconds)).to_string() })
    };
    let ahead = tpp.post(&path, &shifted(9)).await.is(200).json()["data"]["lastConfirmedAt"].clone();
    assert!(ahead.as_str() < shifted(9)["lastConfirmedAt"].as_str(), "it counts from now: {ahead}");
    tpp.post(&path, &shifted(11)).await.is(400).says("lastConfirmedAt: is in the future");
    let waiting = tpp.ask(json!({})).await;
    let refused =
        tpp.post(&format!("/consents/{}/extend", waiting.id), &json!({ "lastConfirmedAt": now })).await.is(400);
    assert_eq!(
        refused.json()["error"]["message"],
        "The given consent can not be used. The consent status is [AWAITING_AUTHORIZATION]"
    );
}

async fn a_consent_is_its_own_merchants_alone(gateway: TestGateway) {
    let (tpp, thief) = (Tpp::of(&gateway).await, Tpp::named(&gateway, "Thief").await);
    let asked = given(&gateway, &tpp, json!({})).await;
    let token = tpp.consent(&asked.id).await["consentToken"].as_str().unwrap().to_owned();
    let path = format!("/consents/{}", asked.id);
    thief.get(&path).await.is(404);
    thief.call(Method::DELETE, &path, &Value::Null).await.is(404);
    thief.post(&format!("{path}/extend"), &json!({ "lastConfirmedAt": "2020-01-01T00:00:00Z" })).await.is(404);
    thief.ask_again(&token).await.is(403);
    let user = asked.data["userUuid"].as_str().unwrap();
    let listed = thief.get(&format!("/consents?filter[userUuid]={user}&limit=9")).await.is(200).json();
    assert_eq!(listed["data"], json!([]));
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
    // A checkout is no consent, whoever asks.
    let link = tpp.merchant.link_to("https://tpp-application.com/").await;
    let checkout = tpp.merchant.journey(&link.id).await["journey_id"].as_str().unwrap().to_owned();
    tpp.get(&format!("/consents/{checkout}")).await.is(404);
}

async fn a_consent_to_a_payment_knows_no_confirmation(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask_payment(json!({})).await;
    gateway.http.back(&asked.back("code=ok")).await.is(303);
    let consent = tpp.consent(&asked.id).await;
    assert_eq!(consent["status"], "AUTHORIZED");
    assert!(consent.get("lastConfirmedAt").is_none() && consent.get("reconfirmBy").is_none(), "{consent}");
    let now = json!({ "lastConfirmedAt": consent["authorizedAt"] });
    tpp.post(&format!("/consents/{}/extend", asked.id), &now).await.is(400);
    let token = consent["consentToken"].as_str().unwrap();
    let refused = tpp.ask_again(token).await.is(406).json();
    assert_eq!(refused["error"]["status"], "NOT_ACCEPTABLE");
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).expect("claims");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).expect("base64url");
    serde_json::from_slice(&json).expect("JSON")
}

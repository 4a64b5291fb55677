//! Yapily's users and institutions (contracts/yapily.md, section 8).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;
use crate::support::tpp::Tpp;

on_every_store![
    a_user_is_added_bare_and_found_again,
    the_same_application_user_id_is_a_conflict_and_the_same_key_is_not,
    a_list_of_users_is_newest_first_and_says_that_it_goes_on,
    a_user_is_forgotten_after_its_consents_have_ended,
    institutions_are_listed_and_shown,
];

async fn a_user_is_added_bare_and_found_again(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let body = json!({ "applicationUserId": "user@ours.com", "referenceId": "old" });
    let added = tpp.post("/users", &body).await.is(201).json();
    assert_eq!(
        added,
        json!({
            "uuid": added["uuid"], "applicationUuid": tpp.merchant.id, "applicationUserId": "user@ours.com",
            "createdAt": added["createdAt"], "institutionConsents": [],
        })
    );
    assert!(added["createdAt"].as_str().unwrap().ends_with('Z'));
    let nameless = tpp.post("/users", &json!({})).await.is(201).json();
    assert!(nameless.get("applicationUserId").is_none() && nameless["uuid"] != added["uuid"], "{nameless}");
    let found = tpp.get(&format!("/users/{}", added["uuid"].as_str().unwrap())).await.is(200).json();
    assert_eq!(found, added);
    let list = async |query: &str| {
        let users = tpp.get(&format!("/users{query}")).await.is(200).json();
        users.as_array().expect("a bare list").iter().map(|user| user["uuid"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await.len(), 2);
    assert_eq!(list("?filter%5BapplicationUserId%5D=user%40ours.com").await, [added["uuid"].clone()]);
    assert!(list("?filter[applicationUserId]=nobody").await.is_empty());
    assert_eq!(list("?filter[applicationUserId]=").await.len(), 2, "an empty parameter is as good as absent");
    tpp.post("/users", &json!({ "applicationUserId": "a".repeat(256) })).await.is(400);
    let other = Tpp::named(&gateway, "Other").await;
    other.get(&format!("/users/{}", added["uuid"].as_str().unwrap())).await.is(404);
    assert_eq!(other.get("/users").await.is(200).json(), json!([]));
    let asked = tpp.ask(json!({ "applicationUserId": "user@ours.com" })).await;
    gateway.http.back(&asked.back("code=ok")).await.is(303);
    let found = tpp.get(&format!("/users/{}", added["uuid"].as_str().unwrap())).await.is(200).json();
    assert_eq!(found["institutionConsents"], json!([{ "institutionId": "modelo-sandbox" }]));
}

async fn a_list_of_users_is_newest_first_and_says_that_it_goes_on(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let body = json!({});
    for answer in futures_util::future::join_all((0..1000).map(|_| tpp.post("/users", &body))).await {
        answer.is(201);
    }
    gateway.wait(std::time::Duration::from_secs(1));
    let last = tpp.post("/users", &json!({ "applicationUserId": "last" })).await.is(201).json();
    let first = tpp.get("/users").await.is(200);
    let link = format!("<{}/yapily/users?limit=1000&offset=1000>; rel=\"next\"", gateway.http.base());
    assert_eq!(first.header("link"), link);
    let first = first.json();
    assert_eq!((first.as_array().unwrap().len(), &first[0]["uuid"]), (1000, &last["uuid"]));
    let rest = tpp.get("/users?limit=1000&offset=1000").await.is(200);
    assert!(!rest.has("link"), "it is the end");
    let rest = rest.json();
    assert_eq!(rest.as_array().unwrap().len(), 1);
    assert!(!first.as_array().unwrap().contains(&rest[0]), "nobody is listed twice");
    let some = tpp.get("/users?limit=2&offset=1").await.is(200);
    assert!(some.header("link").contains("limit=2&offset=3"), "{}", some.header("link"));
    assert_eq!(some.json(), json!([first[1], first[2]]));
    for wrong in ["limit=0", "limit=1001", "offset=-1", "offset=x"] {
        tpp.get(&format!("/users?{wrong}")).await.is(400).says(wrong.split('=').next().unwrap());
    }
}

async fn the_same_application_user_id_is_a_conflict_and_the_same_key_is_not(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let add =
        async |key: &str, body: Value| tpp.call_with(Method::POST, "/users", &[("idempotency-key", key)], &body).await;
    for (key, body) in [("first", json!({ "applicationUserId": "a" })), ("second", json!({}))] {
        let added = add(key, body.clone()).await.is(201).json();
        assert_eq!(add(key, body).await.is(201).json(), added);
        add(key, json!({ "applicationUserId": "b" })).await.is(409);
    }
    let conflict = tpp.post("/users", &json!({ "applicationUserId": "a" })).await.is(409).json();
    assert_eq!((&conflict["error"]["code"], &conflict["error"]["status"]), (&json!(409), &json!("CONFLICT")));
    add("third", json!({ "applicationUserId": "a" })).await.is(409);
    assert_eq!(tpp.get("/users").await.is(200).json().as_array().unwrap().len(), 2);
}

async fn a_user_is_forgotten_after_its_consents_have_ended(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let given = tpp.ask(json!({})).await;
    gateway.http.back(&given.back("code=ok")).await.is(303);
    let waiting = tpp.ask(json!({})).await;
    let others = tpp.ask(json!({ "applicationUserId": "other" })).await;
    let user = given.data["userUuid"].as_str().unwrap();
    let gone = tpp.call(Method::DELETE, &format!("/users/{user}"), &Value::Null).await.is(200).json();
    assert!(gone["meta"]["tracingId"].is_string());
    assert_eq!((&gone["data"]["id"], &gone["data"]["deleteStatus"]), (&json!(user), &json!("SUCCESS")));
    let consents = gone["data"]["userConsents"].as_array().unwrap();
    let mut ids: Vec<_> = consents.iter().map(|consent| consent["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected = [given.id.as_str(), waiting.id.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert!(consents.iter().all(|consent| consent["deleteStatus"] == "SUCCESS"), "{gone}");
    for asked in [&given, &waiting] {
        assert_eq!(tpp.consent(&asked.id).await["status"], "REVOKED");
    }
    assert_eq!(tpp.consent(&others.id).await["status"], "AWAITING_AUTHORIZATION");
    tpp.get(&format!("/users/{user}")).await.is(404);
    tpp.call(Method::DELETE, &format!("/users/{user}"), &Value::Null).await.is(404);
    // Its name is free again.
    assert_ne!(tpp.ask(json!({})).await.data["userUuid"], user);
}

async fn institutions_are_listed_and_shown(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let envelope = tpp.get("/institutions").await.is(200).json();
    assert_eq!(envelope["meta"]["count"], 2);
    assert!(envelope["meta"].get("pagination").is_none(), "{envelope}");
    let list = envelope["data"].as_array().unwrap();
    let types: Vec<_> = list.iter().map(|one| (one["id"].as_str().unwrap(), one["environmentType"].clone())).collect();
    assert_eq!(types, [("modelo-sandbox", json!("SANDBOX")), ("mock-sandbox", json!("MOCK"))]);
    let one = tpp.get("/institutions/modelo-sandbox").await.is(200).json();
    assert_eq!(one, list[0], "bare");
    assert_eq!(one["countries"], json!([{ "displayName": "United Kingdom", "countryCode2": "GB" }]));
    assert!(one["features"].as_array().unwrap().contains(&json!("ACCOUNTS")) && one["media"].is_array());
    assert!(one["name"].is_string() && one["fullName"].is_string());
}

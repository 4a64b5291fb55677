//! Token.io's payment links and QR codes (contracts/token-io.md, section 2).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::token_io_client::{CALLBACK, TokenIoClient};

on_every_store![
    a_link_is_opened_paid_and_used_up,
    a_merchant_ends_a_link_unless_it_has_been_used,
    a_link_without_a_callback_ends_on_our_own_page,
    a_link_has_its_own_time,
    links_are_listed_by_their_filters,
    a_code_shows_an_address_of_ours_to_everybody,
];

fn request(changes: &Value) -> Value {
    let mut body = json!({ "paymentTemplate": {
        "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": "COFFEESHOP123",
        "creditor": { "name": "Customer Inc.", "iban": "GB29NWBK60161331926819" }, "callbackUrl": CALLBACK,
    } });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

async fn ask(member: &TokenIoClient, changes: Value) -> Value {
    member.post("/v2/payment-links", &request(&changes)).await.is(200).json()["paymentLink"].clone()
}

fn id(link: &Value) -> &str {
    link["id"].as_str().expect("an id")
}

async fn look(member: &TokenIoClient, link: &Value) -> Value {
    member.get(&format!("/v2/payment-links/{}", id(link))).await.is(200).json()["paymentLink"].clone()
}

/// The id of the payment behind a link.
async fn payment_of(member: &TokenIoClient) -> Value {
    member.get("/v2/payments?limit=1").await.is(200).json()["payments"][0].clone()
}

/// Pays a link, and answers where its customer came home.
async fn pay(gateway: &TestGateway, link: &Value) -> String {
    let session = format!("/token-io/session/{}", id(link));
    let left = gateway.http.submit(&format!("{session}/choose"), &[("institution", "modelo-sandbox")]).await.location();
    gateway.http.back(&format!("code=ok&state={}", query_value(&left, "state"))).await.location()
}

async fn a_link_is_opened_paid_and_used_up(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let link = ask(&member, json!({})).await;
    assert!(id(&link).starts_with("pl-"), "{link}");
    assert_eq!(link["url"], json!(format!("{}/token-io/pay-by-link/{}", gateway.http.base(), id(&link))));
    assert_eq!((&link["status"], &link["memberId"]), (&json!("LINK_ACTIVE"), &json!(member.id)));
    assert_eq!(link["paymentTemplate"], request(&json!({}))["paymentTemplate"], "it is an echo");
    assert_eq!(
        (&link["linkConfig"]["maxUsageCount"], &link["currentUsage"]),
        (&json!(1), &json!({ "remainingCount": 1 }))
    );
    assert_eq!(look(&member, &link).await, link);
    let payment = payment_of(&member).await;
    assert_eq!(payment["status"], "INITIATION_PENDING_REDIRECT_PBL");
    assert_eq!(payment["authentication"]["redirectUrl"], link["url"]);
    assert_eq!(payment["paymentLinkStatus"], "LINK_ACTIVE", "{payment}");
    let ref_id = payment["initiation"]["refId"].as_str().unwrap();
    assert!(ref_id.len() == 18 && ref_id.starts_with("COFFEESHOP123-"), "{ref_id}");

    gateway.http.get(link["url"].as_str().unwrap()).await.is(200).says("10.00 EUR").says("Modelo Sandbox");
    let home = pay(&gateway, &link).await;
    assert_eq!(home, format!("{CALLBACK}?payment-id={}", payment["id"].as_str().unwrap()));
    let used = look(&member, &link).await;
    assert_eq!(
        (&used["status"], &used["currentUsage"]),
        (&json!("USAGE_LIMIT_REACHED"), &json!({ "remainingCount": 0 }))
    );
    let paid = payment_of(&member).await;
    assert_eq!(
        (&paid["status"], &paid["paymentLinkStatus"]),
        (&json!("INITIATION_COMPLETED"), &json!("LINK_REDEEMED"))
    );
    gateway.http.get(link["url"].as_str().unwrap()).await.is(410);
}

async fn a_merchant_ends_a_link_unless_it_has_been_used(gateway: TestGateway) {
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    let (used, unused) = (ask(&member, json!({})).await, ask(&member, json!({})).await);
    pay(&gateway, &used).await;
    let end = |member: &TokenIoClient, link: &Value| {
        let (member, path) = (member.clone(), format!("/v2/payment-links/{}", id(link)));
        async move { member.call(Method::DELETE, &path, &Value::Null).await }
    };
    end(&other, &unused).await.is(404);
    let refused = end(&member, &used).await.is(409).json();
    assert_eq!(refused["error"]["errorCode"], "Field.Invalid", "{refused}");
    let ended = end(&member, &unused).await.is(200).json()["paymentLink"].clone();
    assert_eq!(ended["status"], "LINK_CANCELED");
    let ended = payment_of(&member).await;
    assert_eq!((&ended["status"], &ended["paymentLinkStatus"]), (&json!("CANCELED"), &json!("LINK_CANCELED")));
    gateway.http.get(unused["url"].as_str().unwrap()).await.is(410);
    end(&member, &unused).await.is(409);
    end(&member, &json!({ "id": "pl-x" })).await.is(404);
    let wrong = member.call(Method::PUT, "/v2/payment-links", &Value::Null).await;
    assert_eq!(wrong.is(405).header("allow"), "GET, HEAD, POST");
}

async fn a_link_without_a_callback_ends_on_our_own_page(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    member.merchant.save("https://shop.example/first").await;
    let mut template = request(&json!({}))["paymentTemplate"].clone();
    template.as_object_mut().unwrap().remove("callbackUrl");
    let link = ask(&member, json!({ "paymentTemplate": template })).await;
    let home = pay(&gateway, &link).await;
    assert!(home.starts_with(&format!("{}/payment?link_id=", gateway.http.base())), "{home}");
    gateway.http.get(&home).await.is(200).says("Payment complete").says("10.00 EUR");
}

async fn a_link_has_its_own_time(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let payment = member.ask(json!({})).await.payment;
    let opened: jiff::Timestamp = payment["createdDateTime"].as_str().unwrap().parse().unwrap();
    let soon = (opened + jiff::SignedDuration::from_mins(5)).to_string();
    let link = ask(&member, json!({ "linkConfig": { "expiresAt": soon, "maxUsageCount": 1 } })).await;
    assert_eq!(link["linkConfig"]["expiresAt"].as_str().unwrap()[..19], soon[..19]);
    gateway.http.get(link["url"].as_str().unwrap()).await.is(200);
    gateway.wait(Duration::from_mins(6));
    assert_eq!(look(&member, &link).await["status"], "LINK_EXPIRED");
    gateway.http.get(link["url"].as_str().unwrap()).await.is(410);
    let session = format!("/token-io/session/{}", id(&link));
    gateway.http.submit(&format!("{session}/choose"), &[("institution", "modelo-sandbox")]).await.is(410);
    let path = format!("/v2/payment-links/{}", id(&link));
    member.call(Method::DELETE, &path, &Value::Null).await.is(409);
    let many = json!({ "linkConfig": { "maxUsageCount": 5 } });
    let refused = member.post("/v2/payment-links", &request(&many)).await.is(400).json();
    assert_eq!(refused["error"]["paths"], json!(["linkConfig.maxUsageCount"]));
}

async fn links_are_listed_by_their_filters(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    member.ask(json!({})).await;
    let mut links = Vec::new();
    for psu in ["a", "b", "c"] {
        let mut template = request(&json!({}))["paymentTemplate"].clone();
        template["externalPsuReference"] = json!(psu);
        links.push(ask(&member, json!({ "paymentTemplate": template })).await);
        gateway.wait(Duration::from_secs(1));
    }
    pay(&gateway, &links[0]).await;
    links.reverse();
    let listed = |query: String| {
        let member = member.clone();
        async move {
            let body = member.get(&format!("/v2/payment-links?{query}")).await.is(200).json();
            let ids: Vec<_> = body["paymentLinks"].as_array().unwrap().iter().map(|link| link["id"].clone()).collect();
            (ids, body["pageInfo"].clone())
        }
    };
    let ids = |links: &[Value]| links.iter().map(|link| link["id"].clone()).collect::<Vec<_>>();
    assert_eq!(listed("statuses=LINK_ACTIVE".into()).await.0, ids(&links[..2]));
    assert_eq!(listed("statuses=USAGE_LIMIT_REACHED".into()).await.0, ids(&links[2..]));
    assert_eq!(listed("externalPsuReference=b".into()).await.0, ids(&links[1..2]));
    assert_eq!(listed(format!("ids={}&ids=pl-x", id(&links[2]))).await.0, ids(&links[2..]));
    let (page, info) = listed("createdAfter=2000-01-01T00:00:00Z&limit=2".into()).await;
    assert_eq!((page, &info["haveMore"]), (ids(&links[..2]), &json!(true)));
    let next = info["nextOffset"].as_str().expect("a place");
    assert_eq!(listed(format!("createdAfter=2000-01-01T00:00:00Z&limit=2&offset={next}")).await.0, ids(&links[2..]));
    assert_eq!(listed("expiresBefore=2000-01-01T00:00:00Z".into()).await.0, ids(&[]));
    let refused = member.get("/v2/payment-links?limit=5").await.is(400).json();
    assert_eq!(refused["error"]["errorCode"], "Field.Expected");
}

async fn a_code_shows_an_address_of_ours_to_everybody(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let link = ask(&member, json!({})).await;
    let code = |data: &str| {
        format!("/qr-code?data={}", url::form_urlencoded::byte_serialize(data.as_bytes()).collect::<String>())
    };
    let own = gateway.http.get(&format!("/token-io{}", code(link["url"].as_str().unwrap()))).await.is(200);
    assert_eq!(own.header("content-type"), "image/svg+xml");
    let own = own.says(r#"<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240""#);
    drop(own);
    // Other people's addresses are drawn for members alone.
    let foreign = [code("https://elsewhere.example/"), code(&format!("{}.evil.example/", gateway.http.base()))];
    for path in &foreign {
        gateway.http.get(&format!("/token-io{path}")).await.is(401);
        member.get(path).await.is(200).says("<svg");
    }
    for (path, rule) in
        [("/qr-code", "is required"), ("/qr-code?data=", "is required"), ("/qr-code?data=a&data=b", "came twice")]
    {
        gateway.http.get(&format!("/token-io{path}")).await.is(400).says(rule);
    }
    gateway.http.get(&format!("/token-io{}", code(&"x".repeat(2049)))).await.is(400).says("is longer than 2048 bytes");
}

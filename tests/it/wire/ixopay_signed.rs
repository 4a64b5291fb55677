//! IXOPAY's signed calls (contracts/ixopay.md, section 3).

use std::time::Duration;

use handback::clock::Clock as _;
use handback::domain::moment::UnixMillis;
use reqwest::Method;
use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::ixopay::{Client, Signing, date, debit, signed};
use crate::support::on_every_store;
use crate::support::tpp::basic;

on_every_store![
    a_signature_is_checked_when_it_comes_and_missed_where_it_has_to,
    a_date_that_proxies_leave_alone_goes_first,
    a_signature_that_nobody_can_read_is_a_wrong_one,
    a_client_signs_the_path_that_it_knows_with_our_prefix_and_without,
    a_signed_call_is_of_today,
];

async fn a_signature_is_checked_when_it_comes_and_missed_where_it_has_to(gateway: TestGateway) {
    let client = Client::of(&gateway);
    for (id, signing) in [Signing::Nothing, Signing::Md5, Signing::Sha512].into_iter().enumerate() {
        let client = client.clone().signing(signing);
        let uuid = client.begin("debit", &debit(&id.to_string(), json!({}))).await["uuid"].clone();
        assert_eq!(client.status(&uuid).await["uuid"], uuid, "{signing:?}");
    }
    client.merchant.choose(json!({ "signed_calls": "required" })).await;
    let unsigned = client.clone().signing(Signing::Nothing).ask("debit", &debit("7", json!({}))).await.is(401).json();
    assert_eq!(unsigned["errorCode"], 1004, "{unsigned}");
    client.begin("debit", &debit("8", json!({}))).await;
    let mut other = client.clone();
    other.merchant.signing_secret.push('x');
    let refused = other.ask("debit", &debit("9", json!({}))).await.is(401).json();
    assert_eq!((&refused["success"], &refused["errorCode"]), (&json!(false), &json!(1004)));
    assert!(refused.get("uuid").is_none(), "{refused}");
    // What was refused has not used its id.
    client.begin("debit", &debit("9", json!({}))).await;
}

async fn a_date_that_proxies_leave_alone_goes_first(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let path = format!("/ixopay/api/v3/transaction/{}/debit?own=1", client.merchant.id);
    let (own, rewritten) = (date(gateway.clock.now()), date(gateway.clock.now().plus(Duration::from_secs(2))));
    let (own, rewritten) = (own.as_str(), rewritten.as_str());
    for (id, signed_date, dates, status) in [
        ("1", own, [("x-date", own), ("date", rewritten)], 200),
        ("2", rewritten, [("x-date", own), ("date", rewritten)], 401),
        ("2", rewritten, [("x-other", own), ("date", rewritten)], 200),
        // A signature is over a date.
        ("3", "", [("x-other", own), ("x-another", own)], 401),
        ("3", "", [("x-date", ""), ("date", rewritten)], 401),
    ] {
        let body = debit(id, json!({})).to_string();
        let signature =
            signed(&client.merchant.signing_secret, ["POST", &body, "application/json", signed_date, &path]);
        let basic = basic(&client.merchant.id, &client.merchant.key);
        let headers = [
            ("authorization", basic.as_str()),
            ("content-type", "application/json"),
            ("x-signature", signature.as_str()),
            dates[0],
            dates[1],
        ];
        gateway.http.send(Method::POST, &path, &headers, body).await.is(status);
    }
}

/// That the header is there decides, not what is in it: a caller that sends one means it to be checked.
async fn a_signature_that_nobody_can_read_is_a_wrong_one(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let path = format!("/ixopay/api/v3/transaction/{}/debit", client.merchant.id);
    let date = date(gateway.clock.now());
    let date = date.as_str();
    let body = debit("7", json!({})).to_string();
    let own = signed(&client.merchant.signing_secret, ["POST", &body, "application/json", date, &path]);
    let basic = basic(&client.merchant.id, &client.merchant.key);
    let call = async |signatures: &[&str]| {
        let mut headers = vec![("authorization", basic.as_str()), ("content-type", "application/json"), ("date", date)];
        headers.extend(signatures.iter().map(|signature| ("x-signature", *signature)));
        gateway.http.send(Method::POST, &path, &headers, body.clone()).await
    };
    let (own, not_ascii) = (own.as_str(), format!("{own}é"));
    for bad in [&[""] as &[&str], &[" "], &["é"], &[&not_ascii], &[own, own], &[own, "x"], &["", own]] {
        let refused = call(bad).await.is(401).json();
        assert_eq!(refused["errorCode"], 1004, "{bad:?}: {refused}");
        assert!(refused.get("uuid").is_none(), "{refused}");
    }
    call(&[own]).await.is(200);
}

/// A client whose base URL is a host alone, and whatever stands behind a proxy, knows nothing of what we have put
/// before IXOPAY's own paths.
async fn a_client_signs_the_path_that_it_knows_with_our_prefix_and_without(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let basic = basic(&client.merchant.id, &client.merchant.key);
    let date = date(gateway.clock.now());
    let call = async |method: Method, path: &str, signed_path: &str, body: &str| {
        let lines = [method.as_str(), body, "application/json", &date, signed_path];
        let signature = signed(&client.merchant.signing_secret, lines);
        let headers = [
            ("authorization", basic.as_str()),
            ("content-type", "application/json"),
            ("date", date.as_str()),
            ("x-signature", signature.as_str()),
        ];
        gateway.http.send(method, path, &headers, body.to_owned()).await
    };
    for (id, kind, query) in [("1", "debit", ""), ("2", "preauthorize", "?own=1"), ("3", "register", "")] {
        let own = format!("/api/v3/transaction/{}/{kind}{query}", client.merchant.id);
        let path = format!("/ixopay{own}");
        let status = format!("/api/v3/status/{}/getByMerchantTransactionId/{id}", client.merchant.id);
        let body = debit(id, json!({})).to_string();
        for wrong in [&own[4..], &format!("/ixopay{path}"), "/ixopay", ""] {
            let refused = call(Method::POST, &path, wrong, &body).await.is(401).json();
            assert_eq!(refused["errorCode"], 1004, "{wrong}: {refused}");
        }
        call(Method::POST, &path, &own, &body).await.is(200);
        let again = call(Method::POST, &path, &path, &body).await.is(400).json();
        assert_eq!(again["errorCode"], 3004, "signed with the prefix, too");
        let found = call(Method::GET, &format!("/ixopay{status}"), &status, "").await.is(200).json();
        assert_eq!(found["merchantTransactionId"], json!(id));
    }
}

/// A call that was overheard is no use tomorrow; a clock that is wrong by its time zone is.
async fn a_signed_call_is_of_today(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let path = format!("/ixopay/api/v3/transaction/{}/debit", client.merchant.id);
    let basic = basic(&client.merchant.id, &client.merchant.key);
    let now = gateway.clock.now();
    let hours = |hours: u64| Duration::from_hours(hours);
    let before =
        |span| date(UnixMillis::from_millis(now.as_millis() - u64::try_from(hours(span).as_millis()).unwrap()));
    let after = |span| date(now.plus(hours(span)));
    for (id, header, date, status, said) in [
        ("1", "date", "garbage".to_owned(), 401, "is not a date"),
        ("1", "x-date", "2026-11-20".to_owned(), 401, "is not a date"),
        ("1", "date", "Mon, 01 Jan 2001 00:00:00 GMT".to_owned(), 401, "more than 24 hours"),
        ("1", "x-date", before(25), 401, "more than 24 hours"),
        ("1", "date", after(25), 401, "more than 24 hours"),
        ("2", "date", before(23), 200, ""),
        ("3", "x-date", after(23), 200, ""),
    ] {
        let body = debit(id, json!({})).to_string();
        let signature = signed(&client.merchant.signing_secret, ["POST", &body, "application/json", &date, &path]);
        let headers = [
            ("authorization", basic.as_str()),
            ("content-type", "application/json"),
            (header, date.as_str()),
            ("x-signature", signature.as_str()),
        ];
        let answer = gateway.http.send(Method::POST, &path, &headers, body).await.is(status).json();
        if status == 401 {
            assert_eq!(answer["errorCode"], 1004, "{date}: {answer}");
            assert!(answer["errorMessage"].as_str().unwrap().contains(said), "{date}: {answer}");
        }
    }
}

//! IXOPAY's signed calls (contracts/ixopay.md, section 3).

use reqwest::Method;
use serde_json::json;

use crate::support::house::House;
use crate::support::ixopay::{Client, Signing, debit, signed};
use crate::support::on_every_store;
use crate::support::tpp::basic;

on_every_store![
    a_signature_is_checked_when_it_comes_and_missed_where_it_has_to,
    a_date_that_proxies_leave_alone_goes_first,
    a_signature_that_nobody_can_read_is_a_wrong_one,
];

async fn a_signature_is_checked_when_it_comes_and_missed_where_it_has_to(house: House) {
    let client = Client::of(&house);
    for (id, signing) in [Signing::Nothing, Signing::Md5, Signing::Sha512].into_iter().enumerate() {
        let client = client.clone().signing(signing);
        let uuid = client.begin("debit", &debit(&id.to_string(), json!({}))).await["uuid"].clone();
        assert_eq!(client.status(&uuid).await["uuid"], uuid, "{signing:?}");
    }
    client.shop.choose(json!({ "signed_calls": "required" })).await;
    let unsigned = client.clone().signing(Signing::Nothing).ask("debit", &debit("7", json!({}))).await.is(401).json();
    assert_eq!(unsigned["errorCode"], 1004, "{unsigned}");
    client.begin("debit", &debit("8", json!({}))).await;
    let mut other = client.clone();
    other.shop.signing_secret.push('x');
    let refused = other.ask("debit", &debit("9", json!({}))).await.is(401).json();
    assert_eq!((&refused["success"], &refused["errorCode"]), (&json!(false), &json!(1004)));
    assert!(refused.get("uuid").is_none(), "{refused}");
    // What was refused has not used its id.
    client.begin("debit", &debit("9", json!({}))).await;
}

async fn a_date_that_proxies_leave_alone_goes_first(house: House) {
    let client = Client::of(&house);
    let path = format!("/ixopay/api/v3/transaction/{}/debit?own=1", client.shop.id);
    let (own, rewritten) = ("Fri, 20 Nov 2026 10:26:58 UTC", "Fri, 20 Nov 2026 10:27:00 GMT");
    for (id, signed_date, dates, status) in [
        ("1", own, [("x-date", own), ("date", rewritten)], 200),
        ("2", rewritten, [("x-date", own), ("date", rewritten)], 401),
        ("2", rewritten, [("x-other", own), ("date", rewritten)], 200),
        // A signature is over a date.
        ("3", "", [("x-other", own), ("x-another", own)], 401),
        ("3", "", [("x-date", ""), ("date", rewritten)], 401),
    ] {
        let body = debit(id, json!({})).to_string();
        let signature = signed(&client.shop.signing_secret, ["POST", &body, "application/json", signed_date, &path]);
        let basic = basic(&client.shop.id, &client.shop.key);
        let headers = [
            ("authorization", basic.as_str()),
            ("content-type", "application/json"),
            ("x-signature", signature.as_str()),
            dates[0],
            dates[1],
        ];
        house.http.send(Method::POST, &path, &headers, body).await.is(status);
    }
}

/// That the header is there decides, not what is in it: whoever sends one means it to be checked.
async fn a_signature_that_nobody_can_read_is_a_wrong_one(house: House) {
    let client = Client::of(&house);
    let path = format!("/ixopay/api/v3/transaction/{}/debit", client.shop.id);
    let date = "Fri, 20 Nov 2026 10:26:58 UTC";
    let body = debit("7", json!({})).to_string();
    let own = signed(&client.shop.signing_secret, ["POST", &body, "application/json", date, &path]);
    let basic = basic(&client.shop.id, &client.shop.key);
    let call = async |signatures: &[&str]| {
        let mut headers = vec![("authorization", basic.as_str()), ("content-type", "application/json"), ("date", date)];
        headers.extend(signatures.iter().map(|signature| ("x-signature", *signature)));
        house.http.send(Method::POST, &path, &headers, body.clone()).await
    };
    let (own, not_ascii) = (own.as_str(), format!("{own}é"));
    for bad in [&[""] as &[&str], &[" "], &["é"], &[&not_ascii], &[own, own], &[own, "x"], &["", own]] {
        let refused = call(bad).await.is(401).json();
        assert_eq!(refused["errorCode"], 1004, "{bad:?}: {refused}");
        assert!(refused.get("uuid").is_none(), "{refused}");
    }
    call(&[own]).await.is(200);
}

//! Every API that a merchant's key opens, each dialect's in its own words.

use reqwest::Method;

use super::http::{Http, HttpReply};
use super::token_io_client;
use super::tpp::basic;

/// A call that reads something, in each API; its name, and what it is answered.
pub async fn knock(http: &Http, id: &str, key: &str) -> Vec<(&'static str, HttpReply)> {
    let (bearer, basic, token_io) = (format!("Bearer {key}"), basic(id, key), token_io_client::basic(key));
    let status = format!("/ixopay/api/v3/status/{id}/getByMerchantTransactionId/none");
    let json = ("content-type", "application/json");
    let calls = [
        ("api", Method::GET, "/v1/profile", ("authorization", bearer.as_str())),
        ("secpaid", Method::POST, "/secpaid/api/v2/getMyUnusedLinks", ("token", key)),
        ("yapily", Method::GET, "/yapily/institutions", ("authorization", basic.as_str())),
        ("ixopay", Method::GET, status.as_str(), ("authorization", basic.as_str())),
        ("token_io", Method::GET, "/token-io/v2/payments?limit=1", ("authorization", token_io.as_str())),
    ];
    let mut answers = Vec::new();
    for (door, method, page, credentials) in calls {
        let body = if method == Method::POST { "{}" } else { "" };
        answers.push((door, http.send(method, page, &[credentials, json], body).await));
    }
    answers
}

/// Asserts that every API is opened by this key, or that every one is shut.
pub async fn open(http: &Http, id: &str, key: &str, expected: bool) {
    for (door, answer) in knock(http, id, key).await {
        assert_eq!(answer.status == 200, expected, "{door}: {}", answer.text());
        assert!(answer.status == 200 || answer.status == 401, "{door}: {}", answer.text());
    }
}

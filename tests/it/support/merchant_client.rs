//! A merchant's app: it calls the gateway over HTTP, in SecPaid's words and in Handback's own.

use reqwest::Method;
use serde_json::{Value, json};

use super::http::{Http, HttpReply};
use super::manual;

/// A merchant, as `handback merchant add --json` has made it.
#[derive(Debug, Clone)]
pub struct MerchantClient {
    pub http: Http,
    pub id: String,
    pub key: String,
    pub signing_secret: String,
}

/// A link that the gateway has answered.
#[derive(Debug, Clone)]
pub struct Link {
    /// The number: `pay_id`.
    pub id: String,
    /// The text that opens its pages: `link_id`.
    pub text: String,
    /// All that was answered.
    pub data: Value,
}

impl MerchantClient {
    pub fn new(http: Http, merchant: &Value) -> Self {
        let text = |name: &str| merchant[name].as_str().unwrap_or_else(|| panic!("no {name}: {merchant}")).to_owned();
        // A rotated key comes without it.
        let signing_secret = merchant["signing_secret"].as_str().unwrap_or_default().to_owned();
        Self { id: text("merchant_id"), key: text("api_key"), signing_secret, http }
    }

    /// Calls SecPaid's endpoint of this name with a JSON body.
    pub async fn secpaid(&self, call: &str, body: &Value) -> HttpReply {
        self.secpaid_with(call, &[], body).await
    }

    pub async fn secpaid_with(&self, call: &str, headers: &[(&str, &str)], body: &Value) -> HttpReply {
        let headers = [&[("token", self.key.as_str()), ("content-type", "application/json")], headers].concat();
        self.http.send(Method::POST, &format!("/secpaid/api/v2/{call}"), &headers, body.to_string()).await
    }

    /// Makes a link of 25 EUR with these further fields.
    pub async fn link(&self, fields: Value) -> Link {
        let mut body = json!({ "amount": 25 });
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        Link::read(&self.secpaid("createLink", &body).await.is(200).json())
    }

    /// Makes a link that comes home to this callback.
    pub async fn link_to(&self, callback: &str) -> Link {
        self.link(json!({ "callback_url": callback })).await
    }

    /// Why a link with this callback is refused.
    pub async fn refusal(&self, callback: &Value) -> String {
        let refused = self.secpaid("createLink", &json!({ "amount": 25, "callback_url": callback })).await.is(400);
        let body = refused.json();
        assert_eq!((&body["ResponseCode"], &body["Result"]), (&json!(0), &json!("False")), "{body}");
        assert!(body.get("data").is_none(), "{body}");
        body["ResponseMsg"].as_str().expect("a message").to_owned()
    }

    /// Calls Handback's own API.
    pub async fn v1(&self, method: Method, path: &str, body: &Value) -> HttpReply {
        self.v1_with(method, path, &[], body).await
    }

    pub async fn v1_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> HttpReply {
        let bearer = format!("Bearer {}", self.key);
        let headers = [&[("authorization", bearer.as_str()), ("content-type", "application/json")], headers].concat();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("/v1{path}");
        let answer = self.http.send(method.clone(), &path, &headers, body).await;
        manual::check(&method, &path, &answer);
        answer
    }

    pub async fn look(&self, path: &str) -> HttpReply {
        self.v1(Method::GET, path, &Value::Null).await
    }

    /// Saves a callback and answers its index.
    pub async fn save(&self, url: &str) -> u64 {
        self.save_as(json!({ "url": url })).await
    }

    pub async fn save_as(&self, callback: Value) -> u64 {
        let saved = self.v1(Method::POST, "/profile/callbacks", &callback).await.is(201);
        saved.json()["index"].as_u64().expect("an index")
    }

    /// Chooses settings.
    pub async fn choose(&self, settings: Value) {
        self.v1(Method::PATCH, "/profile/settings", &settings).await.is(200);
    }

    /// A journey with everything about it.
    pub async fn journey(&self, id: &str) -> Value {
        self.look(&format!("/journeys/{id}")).await.is(200).json()
    }

    /// The status of a journey, in one word.
    pub async fn status(&self, link: &Link) -> String {
        self.journey(&link.id).await["status"].as_str().expect("a status").to_owned()
    }

    pub async fn redeem(&self, token: &str) -> HttpReply {
        self.redeem_with(token, &[]).await
    }

    pub async fn redeem_with(&self, token: &str, headers: &[(&str, &str)]) -> HttpReply {
        let body = json!({ "one_time_token": token });
        self.v1_with(Method::POST, "/one-time-tokens/redeem", headers, &body).await
    }

    /// The query of this merchant's callbacks: `pay_id=…&user_id=…` and what follows.
    pub fn query(&self, link: &Link, more: &str) -> String {
        format!("pay_id={}&user_id={}{more}", link.id, self.id)
    }
}

impl Link {
    pub fn read(envelope: &Value) -> Self {
        let data = envelope["data"].clone();
        let pay_link = data["pay_link"].as_str().unwrap_or_else(|| panic!("no link: {envelope}"));
        let text = super::http::query_value(pay_link, "link_id");
        Self { id: data["id"].to_string(), text, data }
    }
}

//! A merchant's app that speaks Yapily: it asks for consents, and exchanges what its customers bring home.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::gateway::TestGateway;
use super::http::HttpReply;
use super::merchant_client::MerchantClient;

/// Where its customers come home; everything below it is covered.
pub const CALLBACK: &str = "https://tpp-application.com/";

/// A third party provider, as open banking calls such apps.
#[derive(Debug, Clone)]
pub struct Tpp {
    pub merchant: MerchantClient,
    authorization: String,
}

/// A consent that was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub id: String,
    /// The `state` under which the bank answers; the API tells another one.
    pub state: String,
    /// All of `data`.
    pub data: Value,
}

impl Tpp {
    /// A merchant whose [`CALLBACK`] is saved.
    pub async fn of(gateway: &TestGateway) -> Self {
        Self::named(gateway, "Shop").await
    }

    pub async fn named(gateway: &TestGateway, name: &str) -> Self {
        Self::calling_as(gateway.merchant(name)).await
    }

    /// This merchant, with its [`CALLBACK`] saved.
    pub async fn calling_as(merchant: MerchantClient) -> Self {
        merchant.save(CALLBACK).await;
        let authorization = basic(&merchant.id, &merchant.key);
        Self { merchant, authorization }
    }

    pub async fn call(&self, method: Method, path: &str, body: &Value) -> HttpReply {
        self.call_with(method, path, &[], body).await
    }

    pub async fn call_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> HttpReply {
        let own = [("authorization", self.authorization.as_str()), ("content-type", "application/json;charset=utf-8")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.merchant.http.send(method, &format!("/yapily{path}"), &[&own, headers].concat(), body).await
    }

    pub async fn get(&self, path: &str) -> HttpReply {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> HttpReply {
        self.call(Method::POST, path, body).await
    }

    /// Asks for account access, with these fields changed in the contract's example.
    pub async fn ask(&self, changes: Value) -> Asked {
        Asked::read(&self.post("/account-auth-requests", &account_request(changes)).await.is(201).json()).await
    }

    /// Asks for a payment of 8.70 GBP.
    pub async fn ask_payment(&self, changes: Value) -> Asked {
        let mut body = account_request(changes);
        body["paymentRequest"] = payment_request();
        Asked::read(&self.post("/payment-auth-requests", &body).await.is(201).json()).await
    }

    /// The consent of this id, as it stands.
    pub async fn consent(&self, id: &str) -> Value {
        self.get(&format!("/consents/{id}")).await.is(200).json()["data"].clone()
    }

    pub async fn exchange(&self, token: &str) -> HttpReply {
        self.exchange_with(token, &[]).await
    }

    pub async fn exchange_with(&self, token: &str, headers: &[(&str, &str)]) -> HttpReply {
        let body = json!({ "oneTimeToken": token });
        self.call_with(Method::POST, "/consent-one-time-token", headers, &body).await
    }

    /// Asks the customer again.
    pub async fn ask_again(&self, consent_token: &str) -> HttpReply {
        self.call_with(Method::PATCH, "/account-auth-requests", &[("consent", consent_token)], &Value::Null).await
    }
}

impl Asked {
    /// Reads what was answered. Nobody is at the bank, so its `state` is not known.
    pub fn unseen(envelope: &Value) -> Self {
        let data = envelope["data"].clone();
        let id = data["id"].as_str().unwrap_or_else(|| panic!("no id: {data}")).to_owned();
        Self { id, state: String::new(), data }
    }

    /// Reads what was answered, and looks where the customer is sent.
    pub async fn read(envelope: &Value) -> Self {
        let asked = Self::unseen(envelope);
        let state = state_at_the_bank(asked.data["authorisationUrl"].as_str().expect("an address")).await;
        Self { state, ..asked }
    }

    /// The query with which the bank sends the browser back: these words of its own, and the state.
    pub fn back(&self, answer: &str) -> String {
        format!("{answer}&state={}", self.state)
    }
}

/// The `state` with which an authorisation URL sends its customer to the bank; nothing where it sends nobody.
pub async fn state_at_the_bank(authorisation_url: &str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let client = client.build().expect("a client");
    let sent =
        client.get(authorisation_url).send().await.unwrap_or_else(|error| panic!("{authorisation_url}: {error}"));
    let to = sent.headers().get("location").map(|to| to.to_str().expect("ASCII").to_owned());
    let to = to.and_then(|to| url::Url::parse(&to).ok());
    let state =
        to.and_then(|to| to.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned()));
    state.unwrap_or_default()
}

/// The contract's example of a request, with these fields changed; `null` is as good as absent.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub fn account_request(changes: Value) -> Value {
    let mut body = json!({
        "applicationUserId": "john.doe@company.com", "institutionId": "modelo-sandbox", "callback": CALLBACK,
    });
    body.as_object_mut().expect("an object").extend(changes.as_object().expect("changes").clone());
    body
}

/// The contract's example of a payment.
pub fn payment_request() -> Value {
    json!({
        "paymentIdempotencyId": "1d54cf71bfe44b1b8e67247aed455d96", "type": "DOMESTIC_PAYMENT",
        "reference": "Bill payment", "amount": { "amount": 8.70, "currency": "GBP" },
        "payee": {
            "name": "BILLS COFFEE LTD",
            "accountIdentifications": [
                { "type": "ACCOUNT_NUMBER", "identification": "99999999" },
                { "type": "SORT_CODE", "identification": "999999" },
            ],
        },
    })
}

/// The header of HTTP Basic.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

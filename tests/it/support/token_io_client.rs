//! A merchant's app that speaks Token.io: it signs its calls as the vendor's example does.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use handback::clock::{Clock as _, TestClock};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;

use super::gateway::TestGateway;
use super::http::{Http, HttpReply};
use super::merchant_client::MerchantClient;

/// Where its customers come home.
pub const CALLBACK: &str = "https://tpp.com/callback";

/// The public half of the key that [`TokenIoClient::of`] signs with, and the SDK (RFC 8032, section 7.1, test 1).
pub const PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// A member, as Token.io calls those who ask for payments.
#[derive(Clone)]
pub struct TokenIoClient {
    pub merchant: MerchantClient,
    /// `m:…:…`.
    pub id: String,
    /// The id of its registered key.
    pub key: String,
    /// The gateway's own public key, which signs webhooks.
    pub webhook_key: String,
    clock: Arc<TestClock>,
    signing: SigningKey,
}

/// A payment that was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub id: String,
    /// The whole object.
    pub payment: Value,
}

impl TokenIoClient {
    /// A merchant whose public key is registered.
    pub async fn of(gateway: &TestGateway) -> Self {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let byte = |at| u8::from_str_radix(&seed[2 * at..2 * at + 2], 16).expect("a byte");
        Self::signing(gateway, gateway.merchant("Shop"), std::array::from_fn(byte)).await
    }

    /// Another one, with a key pair of its own.
    pub async fn named(gateway: &TestGateway, name: &str) -> Self {
        Self::of_shop(gateway, gateway.merchant(name)).await
    }

    /// A merchant who speaks another dialect as well, with a key pair of its own.
    pub async fn of_shop(gateway: &TestGateway, merchant: MerchantClient) -> Self {
        let seed = Sha256::digest(&merchant.id).into();
        Self::signing(gateway, merchant, seed).await
    }

    async fn signing(gateway: &TestGateway, merchant: MerchantClient, seed: [u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(&seed);
        let key = json!({ "key": URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes()) });
        let registered = merchant.v1(Method::POST, "/profile/public-keys", &key).await.is(201);
        let profile = merchant.look("/profile").await.is(200).json();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {profile}")).to_owned();
        Self {
            id: text(&profile["token_io"]["member_id"]),
            key: text(&registered.json()["id"]),
            webhook_key: text(&profile["token_io"]["webhook_public_key"]),
            clock: Arc::clone(&gateway.clock),
            signing,
            merchant,
        }
    }

    fn http(&self) -> &Http {
        &self.merchant.http
    }

    /// Calls with a detached JWT over the body.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> HttpReply {
        self.call_with(method, path, &[], body).await
    }

    pub async fn call_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> HttpReply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = format!("Bearer {}", self.token(&method, path, &body, ""));
        let own = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.http().send(method, &format!("/token-io{path}"), &[&own, headers].concat(), body).await
    }

    /// A JWT over a call, with this in its middle.
    pub fn token(&self, method: &Method, path: &str, body: &str, inline: &str) -> String {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let exp = self.clock.now().plus(Duration::from_mins(10)).as_millis();
        let mut header = json!({
            "alg": "EdDSA", "exp": exp.to_string(), "mid": self.id, "kid": self.key, "method": method.as_str(),
            "host": self.host(), "path": path,
        });
        if !query.is_empty() {
            header["query"] = json!(query);
        }
        let (header, body) = (URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(body));
        let signature = self.sign(&format!("{header}.{body}"));
        format!("{header}.{inline}.{signature}")
    }

    /// The `Authorization` of the published SDK, whose base address is that of our API.
    pub fn of_sdk(&self, method: &Method, path: &str, body: &str) -> String {
        let at = self.clock.now().as_millis().to_string();
        let mut says = json!({
            "createdAtMs": at, "method": method.as_str(), "uriHost": format!("{}/token-io", self.host()), "uriPath": path,
        });
        if !body.is_empty() {
            // Read and written, its members are sorted.
            says["requestBody"] = json!(serde_json::from_str::<Value>(body).expect("JSON").to_string());
        }
        let (member, key, signature) = (&self.id, &self.key, self.sign(&says.to_string()));
        format!("Token-Ed25519-SHA512 member-id={member},key-id={key},signature={signature},created-at-ms={at}")
    }

    /// The `Authorization` of the sandbox.
    pub fn basic(&self) -> String {
        basic(&self.merchant.key)
    }

    fn sign(&self, message: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.signing.sign(message.as_bytes()).to_bytes())
    }

    fn host(&self) -> &str {
        self.http().base().trim_start_matches("http://")
    }

    pub async fn get(&self, path: &str) -> HttpReply {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> HttpReply {
        self.call(Method::POST, path, body).await
    }

    /// Asks for the contract's payment, with these fields changed; a `null` is taken out.
    pub async fn ask(&self, changes: Value) -> Asked {
        Asked::read(&self.post("/v2/payments", &request(changes)).await.is(200).json())
    }

    /// The payment as it stands.
    pub async fn payment(&self, id: &str) -> Value {
        self.get(&format!("/v2/payments/{id}")).await.is(200).json()["payment"].clone()
    }

    pub async fn status(&self, id: &str) -> String {
        self.payment(id).await["status"].as_str().expect("a status").to_owned()
    }

    /// Has every change sent there.
    pub async fn listen(&self, url: &str) {
        let body = json!({ "config": { "type": ["PAYMENT_STATUS_CHANGED"], "url": url } });
        self.call(Method::PUT, "/webhook/config", &body).await.is(200);
    }
}

impl Asked {
    pub fn read(body: &Value) -> Self {
        let payment = body["payment"].clone();
        let id = payment["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned();
        Self { id, payment }
    }

    pub fn status(&self) -> &str {
        self.payment["status"].as_str().expect("a status")
    }

    /// Where its browser must go.
    #[track_caller]
    pub fn redirect_url(&self) -> String {
        let url = self.payment["authentication"]["redirectUrl"].as_str();
        url.unwrap_or_else(|| panic!("nowhere to go: {}", self.payment)).to_owned()
    }

    /// The query with which the bank sends the browser back: these words of its own, and the state.
    #[track_caller]
    pub fn back(&self, answer: &str) -> String {
        format!("{answer}&state={}", super::http::query_value(&self.redirect_url(), "state"))
    }
}

/// The `Authorization` of the sandbox with this API key.
pub fn basic(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(key))
}

/// The contract's request, with these fields of `initiation` changed; a `null` is taken out.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub fn request(changes: Value) -> Value {
    let mut initiation = json!({
        "bankId": "modelo-sandbox", "refId": "9htio4a1sp2akdr1aa", "remittanceInformationPrimary": "Sweepco",
        "amount": { "value": "10.23", "currency": "EUR" }, "localInstrument": "SEPA",
        "creditor": { "iban": "GB29NWBK60161331926819", "name": "Customer Inc." },
        "callbackUrl": CALLBACK, "callbackState": "6242e45e-3063-4c42-8376", "flowType": "API_ONLY",
    });
    let fields = initiation.as_object_mut().expect("an object");
    fields.extend(changes.as_object().expect("changes").clone());
    fields.retain(|_, value| !value.is_null());
    json!({ "initiation": initiation })
}

//! A merchant's server that speaks IXOPAY as the vendor's PHP client does: its spelling of the password, of dates and
//! of slashes, and its signature, written here anew so that the gateway's own is held against it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handback::clock::{Clock as _, TestClock};
use handback::domain::moment::UnixMillis;
use hmac::{Hmac, Mac as _};
use md5::Md5;
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha512};

use super::gateway::TestGateway;
use super::http::HttpReply;
use super::merchant_client::MerchantClient;
use super::receiver::Received;
use super::tpp::basic;

/// What the PHP client sends and insists on.
pub const TYPE: &str = "application/json; charset=utf-8";

/// A date as the PHP client writes it: `Fri, 20 Nov 2026 10:26:58 UTC`.
pub fn date(moment: UnixMillis) -> String {
    handback::dialect::ixopay::date(moment).replace("GMT", "UTC")
}

/// How a client signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// Not at all.
    Nothing,
    /// With MD5, as the PHP client does.
    Md5,
    /// As the documentation has it.
    Sha512,
}

/// A merchant's server.
#[derive(Debug, Clone)]
pub struct Client {
    pub merchant: MerchantClient,
    pub signing: Signing,
    pub clock: Arc<TestClock>,
}

impl Client {
    /// The PHP client of a new merchant.
    pub fn of(gateway: &TestGateway) -> Self {
        Self { merchant: gateway.merchant("Shop"), signing: Signing::Md5, clock: Arc::clone(&gateway.clock) }
    }

    /// This client, signing so.
    pub fn signing(self, signing: Signing) -> Self {
        Self { signing, ..self }
    }

    /// Calls an address below `/api/v3`, of which the API key is left out: `/transaction//debit`.
    pub async fn call(&self, method: Method, path: &str, body: &str) -> HttpReply {
        let path = format!("/ixopay/api/v3{}", path.replace("//", &format!("/{}/", self.merchant.id)));
        let basic = basic(&self.merchant.id, &hashed(&self.merchant.key));
        let date = date(self.clock.now());
        let signature = signature(self, [method.as_str(), body, &date, &path]);
        let mut headers = vec![
            ("authorization", basic.as_str()),
            ("content-type", TYPE),
            ("date", date.as_str()),
            ("x-sdk-type", "PHP Client"),
            ("x-sdk-version", "3.19.0"),
            ("x-sdk-platformversion", "8.3.6"),
        ];
        headers.extend(signature.as_deref().map(|signature| ("x-signature", signature)));
        self.merchant.http.send(method, &path, &headers, body.to_owned()).await
    }

    /// Asks for a transaction with this body, in which slashes are escaped.
    pub async fn ask(&self, kind: &str, body: &Value) -> HttpReply {
        let body = body.to_string().replace('/', "\\/");
        self.call(Method::POST, &format!("/transaction//{kind}"), &body).await
    }

    /// The answer to a transaction that is asked for.
    pub async fn begin(&self, kind: &str, body: &Value) -> Value {
        let answer = self.ask(kind, body).await.is(200);
        assert_eq!(answer.header("content-type"), "application/json");
        answer.json()
    }

    /// A transaction that is asked for by a client of the test's own, unsigned: nobody waits for its answer.
    pub fn request(&self, client: &reqwest::Client, base: &str, kind: &str, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{base}/ixopay/api/v3/transaction/{}/{kind}", self.merchant.id);
        let basic = basic(&self.merchant.id, &hashed(&self.merchant.key));
        client.post(url).header("authorization", basic).header("content-type", TYPE).body(body.to_string())
    }

    /// The status of a `uuid`.
    pub async fn status(&self, uuid: &Value) -> Value {
        let uuid = uuid.as_str().expect("a uuid");
        self.call(Method::GET, &format!("/status//getByUuid/{uuid}"), "").await.is(200).json()
    }

    /// Whether a callback is signed with this hash, by the PHP client's rule.
    pub fn has_signed(&self, callback: &Received, signing: Signing) -> bool {
        let (content_type, date) = (&callback.headers["content-type"], &callback.headers["date"]);
        let lines = [&callback.method, &digest(signing, &callback.body), content_type, date, &callback.target];
        sign(&self.merchant.signing_secret, &lines.map(String::as_str)) == callback.headers["x-signature"]
    }
}

/// A signature with SHA-512 over what a test has chosen itself: method, body, media type, date and path.
pub fn signed(secret: &str, [method, body, media_type, date, path]: [&str; 5]) -> String {
    sign(secret, &[method, &digest(Signing::Sha512, body), media_type, date, path])
}

/// The documented debit of 9.99 EUR, with these fields more.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub fn debit(id: &str, more: Value) -> Value {
    let mut body = json!({ "merchantTransactionId": id, "amount": "9.99", "currency": "EUR" });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("fields").clone());
    body
}

/// The text that opens the pages of an answer's transaction: its address in other digits.
pub fn link_of(answer: &Value) -> String {
    let (uuid, url) = (answer["uuid"].as_str().expect("a uuid"), answer["redirectUrl"].as_str().expect("an address"));
    let number = u128::from_str_radix(uuid, 16).expect("digits") >> 27;
    let secret = u128::from_str_radix(url.rsplit('/').next().expect("a secret"), 16).expect("digits");
    let bytes = [&number.to_be_bytes()[9..], &secret.to_be_bytes()].concat();
    handback::domain::base32::write(&bytes)
}

/// What the PHP client sends instead of a password.
pub fn hashed(password: &str) -> String {
    (0..10).fold(password.to_owned(), |text, _| hexadecimal(&Sha1::digest(text)))
}

fn signature(client: &Client, [method, body, date, path]: [&str; 4]) -> Option<String> {
    let lines = [method, &digest(client.signing, body), TYPE, date, path];
    (client.signing != Signing::Nothing).then(|| sign(&client.merchant.signing_secret, &lines))
}

fn digest(signing: Signing, body: &str) -> String {
    if signing == Signing::Md5 { hexadecimal(&Md5::digest(body)) } else { hexadecimal(&Sha512::digest(body)) }
}

fn sign(secret: &str, lines: &[&str]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("a secret");
    mac.update(lines.join("\n").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

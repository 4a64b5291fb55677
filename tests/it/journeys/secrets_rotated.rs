//! Secrets that are replaced while calls and webhooks are under way: nobody is refused in between.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::gateway::{TestGateway, eventually};
use crate::support::ixopay::{Client, Signing, debit};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::token_io_client::TokenIoClient;

on_every_store![
    webhooks_are_signed_with_both_secrets_until_the_old_one_ends,
    signed_calls_verify_by_either_secret_and_callbacks_carry_the_new_one,
    a_new_webhook_key_is_announced_before_it_signs,
];

const HOUR: Duration = Duration::from_hours(1);

/// Replaces the signing secret, with an overlap of an hour; the merchant knows the new one.
async fn rotated(merchant: &MerchantClient) -> MerchantClient {
    let hour = json!({ "overlap_seconds": 3600 });
    let new = merchant.v1(Method::POST, "/profile/signing-secret/rotate", &hour).await.is(201).json();
    MerchantClient { signing_secret: new["signing_secret"].as_str().expect("a secret").to_owned(), ..merchant.clone() }
}

/// Whether one of the signatures is what the reference library signs with this merchant's secret. (Its verifier looks
/// at the machine's clock, and these stories move the gateway's.)
fn accepts(merchant: &MerchantClient, received: &Received) -> bool {
    let library = Webhook::new(&merchant.signing_secret).expect("a secret");
    let at = received.headers["webhook-timestamp"].parse().expect("seconds");
    let own = library.sign(received.id(), at, received.body.as_bytes()).expect("a signature");
    received.headers["webhook-signature"].split(' ').any(|signature| signature == own)
}

/// What a server is sent for a payment and for a callback of the merchant's own.
async fn told(gateway: &TestGateway, merchant: &MerchantClient) -> [Received; 2] {
    let receiver = Receiver::saying(204);
    let link = merchant.link(json!({ "payment_endpoint": receiver.url("/paid") })).await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    eventually("the payment is told", || async { receiver.count() == 1 }).await;
    let asked = json!({ "callback_url": receiver.url("/done") });
    let id = merchant.v1(Method::POST, "/jobs", &asked).await.is(202).json()["id"].clone();
    let result = format!("/jobs/{}/result", id.as_str().expect("an id"));
    merchant.v1(Method::POST, &result, &json!({ "status": "done" })).await;
    eventually("the callback is told", || async { receiver.count() == 2 }).await;
    receiver.received().try_into().expect("two requests")
}

async fn webhooks_are_signed_with_both_secrets_until_the_old_one_ends(gateway: TestGateway) {
    let (old, stranger) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let new = rotated(&old).await;
    for received in told(&gateway, &new).await {
        assert_eq!(received.headers["webhook-signature"].split(' ').count(), 2, "{:?}", received.headers);
        assert!(accepts(&new, &received) && accepts(&old, &received) && !accepts(&stranger, &received));
    }
    gateway.wait(HOUR);
    for received in told(&gateway, &new).await {
        assert!(accepts(&new, &received) && !accepts(&old, &received), "{:?}", received.headers);
    }
}

async fn signed_calls_verify_by_either_secret_and_callbacks_carry_the_new_one(gateway: TestGateway) {
    let old = Client::of(&gateway).signing(Signing::Sha512);
    old.merchant.choose(json!({ "signed_calls": "required" })).await;
    let new = Client { merchant: rotated(&old.merchant).await, ..old.clone() };
    for (client, id) in [(&old, "old"), (&new, "new")] {
        let receiver = Receiver::answering(|_, _| Reply::Saying(200, "OK"));
        let body = debit(id, json!({ "callbackUrl": receiver.url("/callback") }));
        let begun = client.begin("debit", &body).await;
        gateway.http.pay(&crate::support::ixopay::link_of(&begun), "code=ok").await;
        eventually("it is told", || async { receiver.count() >= 1 }).await;
        let callback = receiver.received().pop().expect("a callback");
        assert!(new.has_signed(&callback, Signing::Sha512), "{id}");
        assert!(!old.has_signed(&callback, Signing::Sha512), "{id}");
    }
    gateway.wait(HOUR);
    let refused = old.ask("debit", &debit("later", json!({}))).await.is(401).json();
    assert_eq!(refused["errorCode"], 1004, "{refused}");
    new.begin("debit", &debit("later", json!({}))).await;
}

fn verifies(key: &Value, received: &Received) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(key.as_str().expect("a key")).expect("base64url");
    let key = VerifyingKey::from_bytes(&bytes.try_into().expect("32 bytes")).expect("a key");
    let signature = URL_SAFE_NO_PAD.decode(&received.headers["token-signature"]).expect("base64url");
    let signature = Signature::from_slice(&signature).expect("64 bytes");
    key.verify_strict(received.body.as_bytes(), &signature).is_ok()
}

async fn a_new_webhook_key_is_announced_before_it_signs(gateway: TestGateway) {
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    assert_ne!(member.webhook_key, other.webhook_key, "each member has a key of its own");
    let receiver = Receiver::saying(200);
    member.listen(&receiver.url("/hook")).await;
    let hour = json!({ "overlap_seconds": 3600 });
    let rotated = member.merchant.v1(Method::POST, "/profile/webhook-key/rotate", &hour).await.is(201).json();
    let keys = &rotated["webhook_public_keys"];
    assert_eq!(keys[0]["key"], json!(member.webhook_key));
    assert_eq!(keys[0]["ends_at"], keys[1]["signs_from"]);
    let profile = member.merchant.look("/profile").await.is(200).json();
    assert_eq!(&profile["token_io"]["webhook_public_keys"], keys, "the profile shows both");

    member.ask(json!({})).await;
    eventually("it is told", || async { receiver.count() >= 2 }).await;
    for received in receiver.received() {
        assert!(verifies(&keys[0]["key"], &received) && !verifies(&keys[1]["key"], &received));
    }
    let before = receiver.count();
    gateway.wait(HOUR);
    member.ask(json!({})).await;
    eventually("it is told", || async { receiver.count() >= before + 2 }).await;
    for received in &receiver.received()[before..] {
        assert!(!verifies(&keys[0]["key"], received) && verifies(&keys[1]["key"], received));
    }
    let profile = member.merchant.look("/profile").await.is(200).json();
    assert_eq!(profile["token_io"]["webhook_public_key"], keys[1]["key"]);
}

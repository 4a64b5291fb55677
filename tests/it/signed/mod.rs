//! Signed returns: what comes home, what the gateway says of it, and what the manual's own verifiers say.

mod home;
mod ixopay;
mod verifiers;
mod verify;

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;

/// The parameter.
const PARAMETER: &str = "hb_signature";

/// A merchant whose returns are signed in this way.
async fn merchant(gateway: &TestGateway, signed_returns: &str) -> MerchantClient {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "signed_returns": signed_returns })).await;
    merchant
}

/// Where a paid customer of a link with this callback comes home.
async fn paid(gateway: &TestGateway, merchant: &MerchantClient, callback: &str) -> String {
    let link = merchant.link_to(callback).await;
    gateway.http.pay(&link.text, "code=ok").await.location()
}

/// The URL before its signature, and the signature.
#[track_caller]
fn split(url: &str) -> (String, String) {
    let (before, signature) = url.split_once(&format!("{PARAMETER}=")).unwrap_or_else(|| panic!("{url} is not signed"));
    let signature = signature.split('#').next().unwrap();
    (before.trim_end_matches(['?', '&', '#']).to_owned(), signature.to_owned())
}

async fn keys(merchant: &MerchantClient) -> Value {
    merchant.look("/returns/keys").await.is(200).json()
}

fn seconds(signature: &str) -> u64 {
    signature.split('.').nth(1).unwrap().parse().unwrap()
}

fn signature_of(url: &str) -> String {
    query_value(url, PARAMETER)
}

//! Signed returns: what comes home, what the house says of it, and what the manual's own verifiers say.

mod home;
mod ixopay;
mod verifiers;
mod verify;

use serde_json::{Value, json};

use crate::support::house::House;
use crate::support::http::query_value;
use crate::support::shop::Shop;

/// The parameter.
const PARAMETER: &str = "hb_signature";

/// A shop whose returns are signed in this way.
async fn shop(house: &House, signed_returns: &str) -> Shop {
    let shop = house.shop("Shop");
    shop.choose(json!({ "signed_returns": signed_returns })).await;
    shop
}

/// Where a paid customer of a link with this callback comes home.
async fn paid(house: &House, shop: &Shop, callback: &str) -> String {
    let link = shop.link_to(callback).await;
    house.http.pay(&link.text, "code=ok").await.location()
}

/// The URL before its signature, and the signature.
#[track_caller]
fn split(url: &str) -> (String, String) {
    let (before, signature) = url.split_once(&format!("{PARAMETER}=")).unwrap_or_else(|| panic!("{url} is not signed"));
    let signature = signature.split('#').next().unwrap();
    (before.trim_end_matches(['?', '&', '#']).to_owned(), signature.to_owned())
}

async fn keys(shop: &Shop) -> Value {
    shop.look("/returns/keys").await.is(200).json()
}

fn seconds(signature: &str) -> u64 {
    signature.split('.').nth(1).unwrap().parse().unwrap()
}

fn signature_of(url: &str) -> String {
    query_value(url, PARAMETER)
}

//! Logos. A merchant's is fetched when it is chosen, shown by the pages of its journeys, and dropped; a bank's is fetched
//! when a browser first asks for it.

use handback::domain::consent::Kind;
use handback::domain::open_request::RequestedCallbacks;
use reqwest::Method;
use serde_json::json;

use crate::support::custom_gateway::{CustomGateway, ProviderBehaviour};
use crate::support::merchant_client::MerchantClient;

/// The address of the logo on a page, if it has one.
fn logo_on(page: &str) -> Option<String> {
    let tag = page.split('<').find(|tag| tag.starts_with("img class=\"logo\""))?;
    assert!(tag.contains("alt=\"\" width=\"120\" height=\"40\" loading=\"lazy\""), "{tag}");
    Some(tag.split("src=\"").nth(1)?.split('"').next()?.to_owned())
}

#[tokio::test]
async fn a_merchants_logo_is_shown_by_its_journeys_from_our_own_address() {
    let gateway = CustomGateway::open(&[]).await;
    let new = json!({ "merchant_id": gateway.merchant.id.to_string(), "api_key": gateway.api_key.reveal() });
    let merchant = MerchantClient::new(gateway.http.clone(), &new);
    let page = async || {
        let link = merchant.link_to("https://shop.example/cb").await;
        gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200).text()
    };
    assert_eq!(logo_on(&page().await), None);
    merchant.choose(json!({ "logo_url": "https://shop.example/logo.png" })).await;
    let before = page().await;
    let first = logo_on(&before).unwrap();
    let shown = gateway.http.get(&first).await.is(200);
    assert_eq!((shown.text().as_str(), shown.header("content-type").as_str()), ("one", "image/webp"));
    assert_eq!(shown.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");

    // What cannot be fetched changes nothing, the other settings of the call neither.
    let bad = json!({ "logo_url": "https://shop.example/nothing.png", "color": "#ffcc00" });
    let refused = merchant.v1(Method::PATCH, "/profile/settings", &bad).await.is(422).json();
    assert_eq!(refused["detail"], "logo_url: was answered with 404, not with a picture");
    assert_eq!(merchant.look("/profile/settings").await.json()["color"], "");
    assert_eq!(logo_on(&page().await), Some(first.clone()));

    merchant.choose(json!({ "logo_url": "https://shop.example/new.png" })).await;
    let second = logo_on(&page().await).unwrap();
    assert_ne!(second, first);
    let older = gateway.http.get(&first).await.is(200);
    assert_eq!((older.text().as_str(), older.header("cache-control").as_str()), ("new", "no-store"));

    merchant.choose(json!({ "logo_url": "" })).await;
    assert_eq!(logo_on(&page().await), None);
    gateway.http.get(&second).await.is(404);
    for nothing in ["/logo/x/y.webp", "/logo/2gFU/0123456789ab.webp"] {
        gateway.http.get(nothing).await.is(404);
    }
}

#[tokio::test]
async fn a_banks_picture_stands_beside_its_name_and_is_fetched_once() {
    let banks = [ProviderBehaviour::plain("new"), ProviderBehaviour::plain("plain")];
    let gateway = CustomGateway::open(&banks).await;
    let home = RequestedCallbacks::Text("https://shop.example/cb".into());
    let consent = gateway.consent(Kind::Accounts, None, home).await;
    let page = gateway.http.get(&format!("/consent?link_id={}", gateway.link(&consent))).await.is(200).text();
    for (bank, shown) in [("of-new", true), ("of-plain", true), ("modelo-sandbox", false)] {
        let picture = format!("<img src=\"/logo/{bank}\" alt=\"\" width=\"28\" height=\"28\" loading=\"lazy\">");
        assert_eq!(page.contains(&picture), shown, "{bank}: {page}");
    }
    let picture = gateway.http.get("/logo/of-new").await.is(200);
    assert_eq!((picture.text().as_str(), picture.header("content-type").as_str()), ("new", "image/webp"));
    assert_eq!(picture.header("cache-control"), "public, max-age=86400");
    for nothing in ["/logo/of-plain", "/logo/modelo-sandbox", "/logo/of-nobody"] {
        gateway.http.get(nothing).await.is(404);
    }
}

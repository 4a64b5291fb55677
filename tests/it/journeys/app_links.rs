//! Callbacks into apps: a page with a real button, or straight on where the merchant says so.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{HttpReply, kind_of, query_value};
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;
use crate::support::tpp::Tpp;

on_every_store![
    an_app_is_opened_by_a_page_with_a_real_button,
    the_address_that_a_history_keeps_opens_the_app_for_ten_minutes,
    a_merchant_can_have_its_app_opened_directly,
    the_page_of_an_app_is_nobodys_before_there_is_an_outcome,
    each_device_has_its_own_way_home_behind_one_address,
    a_device_that_might_be_a_mac_is_offered_both,
    ways_are_frozen_when_the_journey_opens,
    ways_that_would_be_too_long_or_hold_a_name_of_ours_are_refused_at_opening,
    a_callback_says_for_itself_how_its_app_is_opened,
    a_customer_who_is_home_before_the_fact_is_told_so,
    a_consent_comes_home_to_an_app_too,
    who_lacks_the_app_installs_it_and_goes_on_in_it,
    a_handle_lives_a_day_and_opens_nothing_to_anybody_else,
    a_merchant_that_requires_the_same_browser_has_it_on_the_way_to_the_store_too,
    a_store_that_no_customer_could_need_is_refused,
];

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.5 Mobile/15E148 Safari/604.1";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile \
                       Safari/537.36";
const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                   Version/18.5 Safari/605.1.15";

/// What a browser of this kind finds at `page`, and where it is shown: a page with a button has an address of its own.
async fn shown_on(gateway: &TestGateway, device: &str, page: &str) -> (String, HttpReply) {
    let answer = gateway.http.get_with(page, &[("user-agent", device)]).await;
    let moved = (answer.status == 303).then(|| answer.location()).filter(|to| to.contains("/app?ticket="));
    match moved {
        Some(to) => (to.clone(), gateway.http.get_with(&to, &[("user-agent", device)]).await),
        None => (page.to_owned(), answer),
    }
}

async fn on(gateway: &TestGateway, device: &str, page: &str) -> HttpReply {
    shown_on(gateway, device, page).await.1
}

/// The value of an attribute of the first tag with this id, as a browser reads it.
fn attribute(page: &str, id: &str, name: &str) -> Option<String> {
    let tag = page.split('<').find(|tag| tag.contains(&format!("id=\"{id}\"")))?;
    let value = tag.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    Some(value.replace("&#38;", "&").replace("&#34;", "\""))
}

/// What the page of an app offers: the button, what is tried once, and the way on in the browser.
#[track_caller]
fn offers(answer: HttpReply) -> (String, Option<String>, Option<String>) {
    let page = answer.is(200);
    assert!(!page.has("location"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    let page = page.text();
    let button = attribute(&page, "open", "href").unwrap_or_else(|| panic!("no button: {page}"));
    (button, attribute(&page, "open", "data-attempt"), attribute(&page, "elsewhere", "href"))
}

async fn an_app_is_opened_by_a_page_with_a_real_button(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link =
        merchant.link(json!({ "callback_url": ["com.example.shop://paid?a=1&b=%22", "https://hook.example/n"] })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    let page = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert_eq!(page, format!("{}/payment/app?link_id={}", gateway.http.base(), link.text));
    assert_eq!(gateway.http.back(&sent_out.with("code=ok")).await.location(), page);
    let app = format!("com.example.shop://paid?a=1&b=%22&{}", merchant.query(&link, "&status=success"));
    let html =
        on(&gateway, DESKTOP, &page).await.is(200).says("You have paid 25.00 EUR to Shop").says(">Open Shop</a>");
    assert_eq!(offers(html), (app.clone(), Some(app.clone()), None));
    let intent = format!("intent:{}#Intent;scheme=com.example.shop;end", app.split_once(':').unwrap().1);
    assert_eq!(offers(on(&gateway, ANDROID, &page).await), (intent, Some(app), None));
    // A customer who opens the link again is led the same way.
    gateway.http.get(link.data["pay_link"].as_str().unwrap()).await.is(200).says("/payment/home");
    assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), page);
    // Scanners and previews open nothing.
    gateway.http.send(Method::HEAD, &page, &[], "").await.is(204);
    gateway.http.get_with(&page, &[("sec-purpose", "prefetch")]).await.is(204);
}

async fn the_address_that_a_history_keeps_opens_the_app_for_ten_minutes(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "com.example.shop://paid", "one_time_token": true })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    let page = gateway.http.back_in_it(&sent_out, "code=ok").await.location();
    let (address, html) = shown_on(&gateway, IPHONE, &page).await;
    let token = query_value(&offers(html).0, "one-time-token");
    assert!(!address.contains(&link.text) && !address.contains(&token), "{address}");
    for _ in 0..2 {
        gateway.wait(Duration::from_mins(4));
        offers(on(&gateway, IPHONE, &address).await);
    }
    gateway.wait(Duration::from_mins(2));
    let over = on(&gateway, IPHONE, &address).await.is(410).says("This page has expired");
    over.never_says("com.example").never_says(&link.text);
    // A ticket is a journey's own, and none can be made up.
    let (kept, last) = address.split_at(address.len() - 1);
    let forged = format!("{kept}{}", if last == "A" { "Q" } else { "A" });
    for nobody in [forged.as_str(), "/payment/app?ticket=x", "/payment/app", "/consent/app"] {
        gateway.http.get(nobody).await.is(404).never_says("com.example");
    }
    gateway.http.get(&format!("{address}&ticket=x")).await.is(400);
    // A customer with the link still finds the way in the browser that left, and reads what became of it in any other.
    on(&gateway, IPHONE, &page).await.is(410).says("Payment complete").never_says("com.example");
    let own = [("user-agent", IPHONE), ("cookie", sent_out.cookie.as_str())];
    let ticket = gateway.http.get_with(&page, &own).await.location();
    offers(gateway.http.get_with(&ticket, &own).await);
}

async fn a_merchant_can_have_its_app_opened_directly(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "app_links": "direct" })).await;
    let link = merchant.link_to("com.example.shop:/paid").await;
    let home = gateway.http.pay(&link.text, "error=access_denied").await.location();
    assert_eq!(home, format!("com.example.shop:/paid?{}", merchant.query(&link, "&status=cancel")));
}

async fn the_page_of_an_app_is_nobodys_before_there_is_an_outcome(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("com.example.shop://paid").await;
    let page = format!("/payment/app?link_id={}", link.text);
    assert_eq!(json!(gateway.http.get(&page).await.location()), link.data["pay_link"]);
    let elsewhere = merchant.link_to("https://shop.example/cb").await;
    let home = gateway.http.pay(&elsewhere.text, "code=ok").await.location();
    assert_eq!(gateway.http.get(&format!("/payment/app?link_id={}", elsewhere.text)).await.location(), home);
    gateway.http.get("/payment/app?link_id=x").await.is(404).says("We do not know this link");
}

/// A callback with a way of its own for everybody.
fn everywhere() -> Value {
    json!({
        "url": "https://shop.example:8443/paid?own=1#top",
        "web": "https://shop.example/desktop",
        "ios": "https://app.shop.example/ios",
        "android": "com.example.shop://paid?own=%22#top",
        "android_package": "com.example.shop",
        "fallback": "https://shop.example/no-app?own=a,b",
    })
}

async fn each_device_has_its_own_way_home_behind_one_address(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save_as(everywhere()).await;
    let link = merchant.link(json!({ "callback_url": 0, "one_time_token": true })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    let back = async |device: &str| {
        let page = format!("/return/sandbox?{}", sent_out.with("code=ok"));
        gateway.http.get_with(&page, &[("user-agent", device)]).await.location()
    };
    let page = back(IPHONE).await;
    assert_eq!(page, format!("{}/payment/app?link_id={}", gateway.http.base(), link.text));
    for device in [ANDROID, DESKTOP, MAC, ""] {
        assert_eq!(back(device).await, page, "one return has one Location");
    }
    let desktop = on(&gateway, DESKTOP, &page).await.location();
    let token = query_value(&desktop, "one-time-token");
    let query = merchant.query(&link, &format!("&status=success&one-time-token={token}"));
    assert_eq!(desktop, format!("https://shop.example/desktop?{query}"));
    let fallback = format!("https://shop.example/no-app?own=a,b&{query}");
    let ios = format!("https://app.shop.example/ios?{query}");
    assert_eq!(offers(on(&gateway, IPHONE, &page).await), (ios, None, Some(fallback.clone())), "a press opens it");
    let android = format!("com.example.shop://paid?own=%22&{query}#top");
    let encoded: String = url::form_urlencoded::byte_serialize(fallback.as_bytes()).collect();
    let intent = format!(
        "intent://paid?own=%22&{query}#top#Intent;scheme=com.example.shop;package=com.example.shop;\
         S.browser_fallback_url={encoded};end"
    );
    assert_eq!(offers(on(&gateway, ANDROID, &page).await), (intent, Some(android), Some(fallback)));
    // All of them carry the one token.
    merchant.redeem(&token).await.is(200);
    merchant.redeem(&token).await.is(410);
}

async fn a_device_that_might_be_a_mac_is_offered_both(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save_as(everywhere()).await;
    let link = merchant.link_to("0").await;
    let page = gateway.http.pay(&link.text, "error=access_denied").await.location();
    let query = merchant.query(&link, "&status=cancel");
    let html = on(&gateway, MAC, &page).await.says("data-either").says("Continue in the browser");
    let (app, web) = (format!("https://app.shop.example/ios?{query}"), format!("https://shop.example/desktop?{query}"));
    assert_eq!(offers(html), (app, None, Some(web)));
    // Where the same URL serves all but one device, it is a redirect for all the others.
    merchant
        .v1(
            Method::PUT,
            "/profile/callbacks/0",
            &json!({ "url": "https://shop.example/cb", "android": "com.example.shop:/x" }),
        )
        .await
        .is(200);
    let link = merchant.link_to("0").await;
    let page = gateway.http.pay(&link.text, "code=ok").await.location();
    let home = format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success"));
    for device in [IPHONE, MAC, DESKTOP] {
        assert_eq!(on(&gateway, device, &page).await.location(), home);
    }
    assert_eq!(offers(on(&gateway, ANDROID, &page).await).2, Some(home));
}

async fn ways_are_frozen_when_the_journey_opens(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save_as(json!({ "url": "https://shop.example/cb", "ios": "com.example.before://x" })).await;
    let before = merchant.link_to("0,https://hook.example/n").await;
    merchant.v1(Method::PUT, "/profile/callbacks/0", &json!({ "url": "https://shop.example/cb" })).await.is(200);
    let after = merchant.link_to("0").await;
    let landing = merchant.journey(&before.id).await["callbacks"]["destination"].clone();
    assert_eq!(landing["ios"], "com.example.before://x");
    let page = gateway.http.pay(&before.text, "code=ok").await.location();
    assert!(page.contains("/payment/app?link_id="), "{page}");
    assert!(offers(on(&gateway, IPHONE, &page).await).0.starts_with("com.example.before://x?pay_id="));
    let home = gateway.http.pay(&after.text, "code=ok").await.location();
    assert!(home.starts_with("https://shop.example/cb?"), "{home}");
    // In the background there is no device, and nobody's way.
    merchant.v1(Method::PUT, "/profile/callbacks/0", &everywhere()).await.is(200);
    let link = merchant.link_to("https://shop.example/cb,0").await;
    let told = merchant.journey(&link.id).await["callbacks"]["background"].clone();
    assert_eq!(told, json!([{ "index": 0, "url": everywhere()["url"], "params_in": "query" }]));
}

async fn ways_that_would_be_too_long_or_hold_a_name_of_ours_are_refused_at_opening(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let url = "https://shop.example/cb";
    let long = format!("https://shop.example/{}", "a".repeat(2000));
    merchant.save_as(json!({ "url": url, "ios": long })).await;
    let refusal = merchant.refusal(&json!("0")).await;
    assert!(
        refusal.starts_with("callback_url: has a URL for ios that is 2105 bytes long, more than 2048"),
        "{refusal}"
    );
    merchant.link_to("https://shop.example/cb,0").await;
    let held = json!({ "url": url, "ios": "com.example.app://x", "fallback": "https://shop.example/?Pay.Id=1" });
    let saved = merchant.v1(Method::POST, "/profile/callbacks", &held).await.is(201).json();
    let reason = saved["unusable_in"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "fallback already holds the parameter pay_id, which is appended");
    let refusal = merchant.refusal(&json!("1")).await;
    assert!(refusal.contains("has a URL for fallback that already holds the parameter pay_id"), "{refusal}");
}

async fn a_callback_says_for_itself_how_its_app_is_opened(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let direct = merchant.save_as(json!({ "url": "com.example.shop:/a", "app_links": "direct" })).await;
    let page = merchant.save_as(json!({ "url": "com.example.shop:/b", "app_links": "page" })).await;
    for setting in ["page", "direct"] {
        merchant.choose(json!({ "app_links": setting })).await;
        let link = merchant.link(json!({ "callback_url": direct })).await;
        let home = gateway.http.pay(&link.text, "code=ok").await.location();
        assert_eq!(home, format!("com.example.shop:/a?{}", merchant.query(&link, "&status=success")));
        let link = merchant.link(json!({ "callback_url": page })).await;
        let home = gateway.http.pay(&link.text, "code=ok").await.location();
        assert!(home.contains("/payment/app?link_id="), "{home}");
    }
}

async fn a_customer_who_is_home_before_the_fact_is_told_so(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "one_time_token": "on", "when_late": "hand_back" })).await;
    let link = merchant.link_to("com.example.shop://paid").await;
    let page = gateway.http.pay(&link.text, "code=slow:6000").await.location();
    let html = on(&gateway, DESKTOP, &page).await.is(200).says("Your bank has not confirmed yet");
    let (button, ..) = offers(html);
    assert!(button.contains("one-time-token=") && !button.contains("status="), "{button}");
}

async fn a_consent_comes_home_to_an_app_too(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let app = json!({ "url": "https://tpp-application.com/open", "ios": "com.example.tpp://agreed" });
    tpp.merchant.save_as(app).await;
    let callback = json!({ "callback": "https://tpp-application.com/open" });
    for (answer, sentence, parameter) in [
        ("code=ok", "Shop can now read your accounts until ", "?consent="),
        ("error=access_denied", "You declined, and Shop has been given nothing", "&error=access_denied&"),
        ("error=server_error", "Your bank is not available at the moment", "&error=invalid_grant&"),
    ] {
        let asked = tpp.ask(callback.clone()).await;
        let link = query_value(asked.data["authorisationUrl"].as_str().unwrap(), "link_id");
        let page = gateway.http.back(&asked.back(answer)).await.location();
        assert_eq!(page, format!("{}/consent/app?link_id={link}", gateway.http.base()));
        assert_eq!(gateway.http.back(&asked.back(answer)).await.location(), page);
        let (address, _) = shown_on(&gateway, IPHONE, &format!("/consent/app?link_id={link}")).await;
        assert!(address.starts_with(&format!("{}/consent/app?ticket=", gateway.http.base())), "{address}");
        let html = on(&gateway, IPHONE, &page).await.is(200).says(sentence).says(">Open Shop</a>");
        let (button, attempt, elsewhere) = offers(html);
        assert!(button.starts_with("com.example.tpp://agreed?") && button.contains(parameter), "{button}");
        assert_eq!(attempt, Some(button.clone()));
        let query = button.split_once('?').unwrap().1;
        assert_eq!(elsewhere, Some(format!("https://tpp-application.com/open?{query}")));
        assert_eq!(Some(on(&gateway, DESKTOP, &page).await.location()), elsewhere);
    }
    // What is asked for below the saved one, or with a query of its own, is a place of its own.
    let asked = tpp.ask(json!({ "callback": "https://tpp-application.com/open?own=1" })).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    assert!(home.starts_with("https://tpp-application.com/open?own=1&consent="), "{home}");
    let checkout = tpp.merchant.link_to("com.example.tpp://paid").await;
    let elsewhere = gateway.http.get(&format!("/consent/app?link_id={}", checkout.text)).await.location();
    assert_eq!(json!(elsewhere), checkout.data["pay_link"]);
}

#[tokio::test]
async fn an_operator_can_list_schemes_that_are_no_reversed_domain() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_APP_SCHEMES", "shopapp")]).await;
    let merchant = gateway.merchant("Shop");
    merchant.link_to("shopapp://paid").await;
    let refusal = merchant.refusal(&json!("otherapp://paid")).await;
    assert!(refusal.contains("neither https nor a reversed domain name"), "{refusal}");
    merchant.save_as(json!({ "url": "https://shop.example/cb", "ios": "shopapp://paid" })).await;
}

/// A merchant whose app customers can get in both stores, and a payment of 25 EUR that comes home to it.
async fn with_stores(gateway: &TestGateway) -> (MerchantClient, Link) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "one_time_token": "on" })).await;
    let callback = json!({
        "url": "com.example.shop://paid?own=1", "app_store": "https://apps.apple.com/app/id123456789",
        "play_store": "https://play.google.com/store/apps/details?id=com.example.shop",
    });
    merchant.save_as(callback).await;
    let link = merchant.link_to("0").await;
    (merchant, link)
}

async fn redeemed(merchant: &MerchantClient, handle: &str, headers: &[(&str, &str)]) -> HttpReply {
    let body = json!({ "resume_handle": handle });
    merchant.v1_with(Method::POST, "/resume-handles/redeem", headers, &body).await
}

async fn who_lacks_the_app_installs_it_and_goes_on_in_it(gateway: TestGateway) {
    let (merchant, link) = with_stores(&gateway).await;
    let page = gateway.http.pay(&link.text, "code=ok").await.location();
    let android = on(&gateway, ANDROID, &page).await.is(200).says("I do not have the app yet").text();
    let play = attribute(&android, "store", "href").unwrap();
    let referrer = query_value(&play, "referrer");
    assert!(play.starts_with("https://play.google.com/store/apps/details?id=com.example.shop&referrer="), "{play}");
    let handle = referrer.strip_prefix("hb_resume=").unwrap_or_else(|| panic!("{referrer}"));
    let intent = attribute(&android, "open", "href").unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(play.as_bytes()).collect();
    assert!(intent.ends_with(&format!("S.browser_fallback_url={encoded};end")), "{intent}");

    let ios = on(&gateway, IPHONE, &page).await.is(200).text();
    let resume = attribute(&ios, "store", "href").unwrap();
    assert_eq!(resume, format!("{}/payment/app?resume={handle}", gateway.http.base()));
    // Long after the page of the app is over, and without a cookie: who has the handle was shown it there.
    gateway.wait(Duration::from_hours(20));
    let missing = on(&gateway, IPHONE, &resume).await.is(200).says("Get the Shop app").never_says("ott_");
    assert_eq!(missing.header("cache-control"), "no-store");
    let missing = missing.never_says(&link.text).text();
    assert_eq!(attribute(&missing, "store", "href").unwrap(), "https://apps.apple.com/app/id123456789");
    let opened = attribute(&missing, "open", "href").unwrap();
    assert_eq!(opened, format!("com.example.shop://paid?own=1&hb_resume={handle}"));
    assert!(attribute(&on(&gateway, ANDROID, &resume).await.is(200).text(), "store", "href").unwrap() == play);
    on(&gateway, DESKTOP, &resume).await.is(404).never_says("com.example");

    redeemed(&gateway.merchant("Other"), handle, &[]).await.is(404);
    let key = [("idempotency-key", "resume-1")];
    let first = redeemed(&merchant, handle, &key).await.is(200).json();
    assert_eq!(first["pay_id"], link.id.as_str());
    assert_eq!(redeemed(&merchant, handle, &key).await.is(200).json(), first, "the same call, the same token");
    let spent = redeemed(&merchant, handle, &[]).await.is(410).json();
    assert!(spent["spent_at"].is_string() && kind_of(&spent) == "spent", "{spent}");
    let token = first["one_time_token"].as_str().unwrap();
    assert_eq!(merchant.redeem(token).await.is(200).json()["status"], "paid");
    merchant.redeem(token).await.is(410);
    on(&gateway, IPHONE, &resume).await.is(410).says("This page has expired").never_says("com.example");
}

async fn a_handle_lives_a_day_and_opens_nothing_to_anybody_else(gateway: TestGateway) {
    let (merchant, link) = with_stores(&gateway).await;
    let page = gateway.http.pay(&link.text, "code=ok").await.location();
    let resume = attribute(&on(&gateway, IPHONE, &page).await.text(), "store", "href").unwrap();
    let handle = query_value(&resume, "resume");
    let (start, last) = handle.split_at(handle.len() - 1);
    let forged = format!("{start}{}", if last == "a" { "b" } else { "a" });
    for nobody in [forged.as_str(), &link.text, "rsm_", "x"] {
        redeemed(&merchant, nobody, &[]).await.is(404);
        gateway.http.get(&format!("/payment/app?resume={nobody}")).await.is(404).never_says("com.example");
    }
    gateway.http.get(&resume.replace("/payment/", "/consent/")).await.is(404);
    let prefetched = gateway.http.get_with(&resume, &[("sec-purpose", "prefetch")]).await.is(204);
    assert!(prefetched.text().is_empty());
    gateway.wait(Duration::from_hours(24));
    let expired = redeemed(&merchant, &handle, &[]).await.is(410).json();
    assert!(expired["expired_at"].is_string() && kind_of(&expired) == "expired", "{expired}");
    on(&gateway, IPHONE, &resume).await.is(410);
}

async fn a_merchant_that_requires_the_same_browser_has_it_on_the_way_to_the_store_too(gateway: TestGateway) {
    let (merchant, _) = with_stores(&gateway).await;
    merchant.choose(json!({ "same_browser": "required" })).await;
    let link = merchant.link_to("0").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let page = gateway.http.back_in_it(&sent_out, "code=ok").await.location();
    let own = [("user-agent", IPHONE), ("cookie", sent_out.cookie.as_str())];
    let ticket = gateway.http.get_with(&page, &own).await.location();
    let shown = gateway.http.get_with(&ticket, &own).await.is(200).text();
    let resume = attribute(&shown, "store", "href").unwrap();
    on(&gateway, IPHONE, &resume).await.is(403).never_says("com.example");
    gateway.http.get_with(&resume, &own).await.is(200).says("Open the App Store");
}

async fn a_store_that_no_customer_could_need_is_refused(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let app_store = "https://apps.apple.com/app/id123456789";
    for (field, body) in [
        ("app_store", json!({ "url": "https://shop.example/cb", "app_store": app_store })),
        ("app_store", json!({ "url": "com.example.shop:/x", "app_store": "https://shop.example/app/id1" })),
        (
            "play_store",
            json!({ "url": "com.example.shop:/x", "play_store": "https://play.google.com/store/apps/details" }),
        ),
        ("url", json!({ "url": "com.example.shop:/x?hb_resume=1", "app_store": app_store })),
    ] {
        let refused = merchant.v1(Method::POST, "/profile/callbacks", &body).await.is(422).json();
        assert!(refused["detail"].as_str().unwrap().starts_with(&format!("{field}: ")), "{refused}");
    }
}

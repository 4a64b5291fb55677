//! A payment that is started on one device and paid on a phone, by a code: who may pay, who goes home, and who does not.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::{HttpReply, query_value};
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::{on_every_store, qr};

on_every_store![
    the_first_device_goes_home_once_the_phone_is_back,
    a_phone_that_came_back_without_its_cookie_leads_nobody_home,
    a_code_is_good_for_one_phone,
    a_code_is_over_after_two_minutes,
    a_phone_has_to_be_asked_first,
    whoever_only_has_the_link_or_the_code_goes_nowhere,
    a_failure_leads_the_first_device_back_to_the_checkout,
    the_first_device_can_pay_all_the_same,
    a_first_device_that_gets_no_token_gets_no_handle_either,
    no_code_where_the_same_browser_is_required,
    only_looking_begins_nothing,
];

/// One device, with the cookies that it has been given.
struct Browser<'a> {
    gateway: &'a TestGateway,
    cookies: Vec<String>,
}

impl<'a> Browser<'a> {
    fn new(gateway: &'a TestGateway) -> Self {
        Self { gateway, cookies: Vec::new() }
    }

    fn keep(&mut self, reply: HttpReply) -> HttpReply {
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            let name = cookie.split('=').next().unwrap().to_owned();
            self.cookies.retain(|own| own.split('=').next() != Some(&name));
            self.cookies.push(cookie);
        }
        reply
    }

    async fn get(&mut self, page: &str) -> HttpReply {
        let cookies = self.cookies.join("; ");
        let reply = self.gateway.http.get_with(page, &[("cookie", &cookies)]).await;
        self.keep(reply)
    }

    async fn submit(&mut self, page: &str, fields: &[(&str, &str)]) -> HttpReply {
        let cookies = self.cookies.join("; ");
        let reply = self.gateway.http.submit_with(page, fields, &[("cookie", &cookies)]).await;
        self.keep(reply)
    }

    /// Has a code made for a link, and answers what a phone reads.
    async fn make_code(&mut self, link: &Link) -> String {
        let shown = self.submit("/payment/code", &[("link_id", &link.text)]).await.location();
        assert!(shown.contains("/payment/code?link_id="), "{shown}");
        let address = qr::read(&self.get(&shown).await.is(200).says("Scan this code").text());
        assert!(address.starts_with(&format!("{}/payment/phone?code=", self.gateway.http.base())), "{address}");
        query_value(&address, "code")
    }

    /// Opens a code, and presses Pay; answers where that leads.
    async fn press(&mut self, code: &str) -> HttpReply {
        self.get(&format!("/payment/phone?code={code}")).await.is(200).says("started on another device");
        self.submit("/payment/phone", &[("code", code)]).await
    }

    /// Comes back from the bank where it was sent, with this answer; answers where that leads.
    async fn back(&mut self, bank: &str, answer: &str) -> String {
        self.get(&format!("/return/sandbox?{answer}&state={}", query_value(bank, "state"))).await.location()
    }
}

struct Scene<'a> {
    shop: MerchantClient,
    link: Link,
    desktop: Browser<'a>,
    phone: Browser<'a>,
    code: String,
}

/// A payment whose code the first device shows.
async fn shown(gateway: &TestGateway) -> Scene<'_> {
    let shop = gateway.merchant("Shop");
    shop.choose(json!({ "one_time_token": "on" })).await;
    let link = shop.link_to("https://shop.example/cb").await;
    let (mut desktop, phone) = (Browser::new(gateway), Browser::new(gateway));
    let code = desktop.make_code(&link).await;
    Scene { shop, link, desktop, phone, code }
}

/// What the waiting page of the first device gets.
async fn waits(desktop: &mut Browser<'_>, link: &Link) -> HttpReply {
    desktop.get(&format!("/payment/code?link_id={}", link.text)).await
}

#[track_caller]
fn is_no_way_home(page: &str) {
    for secret in ["shop.example", "one-time-token", "link_id", "/payment/home"] {
        assert!(!page.contains(secret), "it shows {secret}: {page}");
    }
}

async fn the_first_device_goes_home_once_the_phone_is_back(gateway: TestGateway) {
    let Scene { shop, link, mut desktop, mut phone, code } = shown(&gateway).await;
    let bank = phone.press(&code).await.location();
    waits(&mut desktop, &link).await.is(200).says("Confirm the payment there").never_says("Scan this code");
    // Who goes back and asks for a code again has not lost the phone.
    let again = desktop.submit("/payment/code", &[("link_id", &link.text)]).await.location();
    desktop.get(&again).await.is(200).says("Confirm the payment there");
    let end = phone.back(&bank, "code=ok").await;
    assert!(end.contains("/payment/phone/end?visit="), "{end}");
    assert_eq!(shop.status(&link).await, "paid");
    waits(&mut desktop, &link).await.is(200).says("go on to the last page on your phone");
    let page = phone.get(&end).await.is(200).says("You have paid 25.00 EUR").says("Go back to the device");
    is_no_way_home(&page.text());
    desktop.submit("/payment/code", &[("link_id", &link.text)]).await.location();
    let home = waits(&mut desktop, &link).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.contains("status=success"), "{home}");
    assert!(home.contains("one-time-token="), "{home}");
    // The same for ever, on whichever of its pages.
    assert_eq!(waits(&mut desktop, &link).await.location(), home);
    assert_eq!(desktop.get(&format!("/payment/home?link_id={}", link.text)).await.location(), home);
    // Back, Reload and the same return lead the phone to the same page.
    assert_eq!(phone.back(&bank, "code=ok").await, end);
    assert_eq!(phone.get(&format!("/payment/phone?code={code}")).await.location(), end);
    assert_eq!(
        phone.submit("/payment/phone", &[("code", &code)]).await.location().split('?').next(),
        Some(&*format!("{}/payment/phone", gateway.http.base()))
    );
}

async fn a_phone_that_came_back_without_its_cookie_leads_nobody_home(gateway: TestGateway) {
    let Scene { shop, link, mut desktop, mut phone, code } = shown(&gateway).await;
    let bank = phone.press(&code).await.location();
    let mut other = Browser::new(&gateway);
    let end = other.back(&bank, "code=ok").await;
    is_no_way_home(&other.get(&end).await.is(200).says("You have paid").says("Open the app or the shop").text());
    assert_eq!(shop.status(&link).await, "paid");
    waits(&mut desktop, &link).await.is(200);
    gateway.wait(Duration::from_secs(121));
    let told = waits(&mut desktop, &link).await.is(410).says("You have paid");
    assert!(!told.text().contains("shop.example/cb"), "{}", told.text());
    // It is not too late for the phone itself.
    phone.get(&end).await.is(200);
    assert!(waits(&mut desktop, &link).await.location().contains("status=success"));
}

async fn a_code_is_good_for_one_phone(gateway: TestGateway) {
    let Scene { shop, link, mut phone, code, .. } = shown(&gateway).await;
    let mut second = Browser::new(&gateway);
    second.get(&format!("/payment/phone?code={code}")).await.is(200);
    let bank = phone.press(&code).await.location();
    assert_eq!(phone.press(&code).await.location(), bank, "a second press is the same visit");
    let mut late = Browser::new(&gateway);
    for page in [
        second.submit("/payment/phone", &[("code", &code)]).await,
        second.get(&format!("/payment/phone?code={code}")).await,
        late.get(&format!("/payment/phone?code={code}")).await,
    ] {
        is_no_way_home(&page.is(410).says("This code has been used before").text());
    }
    phone.back(&bank, "code=ok").await;
    assert_eq!(shop.status(&link).await, "paid");
    // Many at once: one of them begins.
    let Scene { code, .. } = shown(&gateway).await;
    let mut phones: Vec<_> = (0..8).map(|_| Browser::new(&gateway)).collect();
    for phone in &mut phones {
        phone.get(&format!("/payment/phone?code={code}")).await.is(200);
    }
    let presses = phones.iter_mut().map(async |phone| phone.submit("/payment/phone", &[("code", &code)]).await.status);
    let statuses = futures_util::future::join_all(presses).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 410].contains(status)), "{statuses:?}");
}

async fn a_code_is_over_after_two_minutes(gateway: TestGateway) {
    let Scene { link, mut desktop, mut phone, code, .. } = shown(&gateway).await;
    gateway.wait(Duration::from_secs(100));
    phone.get(&format!("/payment/phone?code={code}")).await.is(200).says("started on another device");
    gateway.wait(Duration::from_secs(20));
    phone.get(&format!("/payment/phone?code={code}")).await.is(410).says("This code has expired");
    phone.submit("/payment/phone", &[("code", &code)]).await.is(410).says("This code has expired");
    waits(&mut desktop, &link).await.is(200).says("This code has expired").says("Show a new code");
    let fresh = desktop.make_code(&link).await;
    assert_ne!(fresh, code);
    // A phone that has begun in time has the time of the payment.
    let bank = phone.press(&fresh).await.location();
    gateway.wait(Duration::from_mins(5));
    assert_eq!(phone.press(&fresh).await.location(), bank);
}

async fn a_phone_has_to_be_asked_first(gateway: TestGateway) {
    let Scene { shop, link, mut phone, code, .. } = shown(&gateway).await;
    // What another site's form would do: it brings no cookie of the page that asks.
    let asked = phone.submit("/payment/phone", &[("code", &code)]).await.location();
    assert_eq!(asked, format!("{}/payment/phone?code={code}", gateway.http.base()));
    assert_eq!(shop.status(&link).await, "open");
    phone.get(&asked).await.is(200).says("Pay 25.00 EUR").says("If somebody sent or showed you the code");
}

async fn whoever_only_has_the_link_or_the_code_goes_nowhere(gateway: TestGateway) {
    let Scene { link, mut desktop, mut phone, code, .. } = shown(&gateway).await;
    // Another browser with the link makes a code of its own: it is not the one that was used.
    let mut other = Browser::new(&gateway);
    other.make_code(&link).await;
    let bank = phone.press(&code).await.location();
    let end = phone.back(&bank, "code=ok").await;
    phone.get(&end).await.is(200);
    for page in ["/payment", "/payment/home", "/payment/code", "/payment/app"] {
        let told = other.get(&format!("{page}?link_id={}", link.text)).await;
        assert!([200, 410].contains(&told.status), "{page}: {}", told.status);
        assert!(
            !told.text().contains("shop.example/cb") && !told.text().contains("/payment/home"),
            "{page}: {}",
            told.text()
        );
    }
    // Nor does the phone, with the link and all its cookies.
    let told = phone.get(&format!("/payment/home?link_id={}", link.text)).await.is(410);
    assert!(!told.text().contains("shop.example/cb"), "{}", told.text());
    assert!(waits(&mut desktop, &link).await.location().starts_with("https://shop.example/cb?"));
    for bad in ["", "x", &code[1..], &link.text] {
        phone.get(&format!("/payment/phone?code={bad}")).await.is(404);
        phone.get(&format!("/payment/phone/end?visit={bad}")).await.is(404);
        phone.submit("/payment/phone", &[("code", bad)]).await.is(404);
    }
}

async fn a_failure_leads_the_first_device_back_to_the_checkout(gateway: TestGateway) {
    let Scene { shop, link, mut desktop, mut phone, code } = shown(&gateway).await;
    let bank = phone.press(&code).await.location();
    let end = phone.back(&bank, "error=server_error").await;
    is_no_way_home(&phone.get(&end).await.is(200).says("Payment failed").says("Go back to the device").text());
    let checkout = waits(&mut desktop, &link).await.location();
    desktop.get(&checkout).await.is(200).says("The payment did not go through");
    assert_eq!(phone.get(&format!("/payment/phone?code={code}")).await.location(), end, "its code is used");
    let fresh = desktop.make_code(&link).await;
    let bank = phone.press(&fresh).await.location();
    let end = phone.back(&bank, "code=ok").await;
    phone.get(&end).await.is(200);
    assert!(waits(&mut desktop, &link).await.location().contains("status=success"));
    assert_eq!(shop.status(&link).await, "paid");
}

async fn the_first_device_can_pay_all_the_same(gateway: TestGateway) {
    let Scene { shop, link, mut desktop, mut phone, code } = shown(&gateway).await;
    let there = phone.press(&code).await.location();
    let bank = desktop.submit("/payment/pay", &[("link_id", &link.text)]).await.location();
    assert_ne!(query_value(&there, "state"), query_value(&bank, "state"), "on a visit of its own");
    let home = desktop.back(&bank, "code=ok").await;
    assert!(home.starts_with("https://shop.example/cb?"), "{home}");
    // The phone is told, and goes nowhere.
    let end = phone.back(&there, "code=ok").await;
    is_no_way_home(&phone.get(&end).await.is(200).says("You have paid").text());
    assert_eq!(shop.status(&link).await, "paid");
    // Cancelled while the phone is away: the first device goes home with that, and without a token, which might say paid.
    let Scene { link, mut desktop, mut phone, code, .. } = shown(&gateway).await;
    let bank = phone.press(&code).await.location();
    let home = desktop.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
    assert!(home.contains("status=cancel") && !home.contains("one-time-token"), "{home}");
    let end = phone.back(&bank, "code=ok").await;
    waits(&mut desktop, &link).await.is(200).says("go on to the last page on your phone");
    phone.get(&end).await.is(200).says("You have paid");
    let home = waits(&mut desktop, &link).await.location();
    assert!(home.contains("status=success") && home.contains("one-time-token"), "payment supersedes: {home}");
    // Refused on its own visit: no token either, and the same for ever, also when the phone is back unpaid.
    let Scene { link, mut desktop, mut phone, code, .. } = shown(&gateway).await;
    let there = phone.press(&code).await.location();
    let bank = desktop.submit("/payment/pay", &[("link_id", &link.text)]).await.location();
    let home = desktop.back(&bank, "error=access_denied").await;
    assert!(home.starts_with("https://shop.example/cb?") && !home.contains("one-time-token"), "{home}");
    let end = phone.back(&there, "error=access_denied").await;
    phone.get(&end).await.is(200);
    assert_eq!(desktop.back(&bank, "error=access_denied").await, home);
}

async fn a_first_device_that_gets_no_token_gets_no_handle_either(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let store = "https://play.google.com/store/apps/details?id=com.example.shop";
    shop.save_as(json!({ "url": "com.example.shop://paid", "play_store": store })).await;
    for phone_is_away in [false, true] {
        let link = shop.link_to("0").await;
        let (mut desktop, mut phone) = (Browser::new(&gateway), Browser::new(&gateway));
        let code = desktop.make_code(&link).await;
        if phone_is_away {
            phone.press(&code).await.location();
        }
        let home = desktop.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
        let cookies = desktop.cookies.join("; ");
        let android = [("cookie", cookies.as_str()), ("user-agent", "Mozilla/5.0 (Linux; Android 10; K)")];
        let page = gateway.http.get_with(&home, &android).await.location();
        let page = gateway.http.get_with(&page, &android).await.is(200).says("id=\"open\"").text();
        assert_eq!(page.contains("rsm_"), !phone_is_away, "{page}");
    }
}

async fn no_code_where_the_same_browser_is_required(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let offered = shop.link_to("https://shop.example/cb").await;
    gateway.http.get(&format!("/payment?link_id={}", offered.text)).await.says("Continue on your phone");
    shop.choose(json!({ "same_browser": "required" })).await;
    let link = shop.link_to("https://shop.example/cb").await;
    gateway.http.get(&format!("/payment?link_id={}", link.text)).await.never_says("Continue on your phone");
    let refused = gateway.http.submit("/payment/code", &[("link_id", &link.text)]).await;
    assert!(!refused.has("set-cookie") && refused.location().contains("/payment?link_id="));
}

async fn only_looking_begins_nothing(gateway: TestGateway) {
    let Scene { link, mut phone, code, .. } = shown(&gateway).await;
    let page = format!("/payment/phone?code={code}");
    let looked = gateway.http.get_with(&page, &[("sec-purpose", "prefetch")]).await.is(204);
    assert!(!looked.has("set-cookie"));
    gateway.http.get_with(&format!("/payment/code?link_id={}", link.text), &[("purpose", "prefetch")]).await.is(204);
    phone.press(&code).await.location();
}

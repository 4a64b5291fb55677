//! The browser side of a consent: its link leads to the bank at once, and every other case is a page.

use std::time::Duration;

use handback::domain::consent::{Kind, Status};
use handback::domain::journey::Journey;
use handback::domain::money::{Amount, Currency};
use handback::domain::open_request::RequestedCallbacks;
use handback::domain::outcome::Outcome;
use handback::engine::use_cases;
use reqwest::Method;

use crate::support::custom_gateway::{CustomGateway, ProviderBehaviour};
use crate::support::http::query_value;

const HOME: &str = "https://shop.example/cb";

fn home() -> RequestedCallbacks {
    RequestedCallbacks::Text(HOME.into())
}

fn payment() -> Kind {
    let amount = Amount::parse("25", Currency::EUR).unwrap();
    Kind::Payment { amount, payee: "Ada <b> Ltd.".into(), reference: "Order 7".into() }
}

fn page(gateway: &CustomGateway, journey: &Journey, page: &str) -> String {
    format!("/consent{page}?link_id={}", gateway.link(journey))
}

async fn status(gateway: &CustomGateway, journey: &Journey) -> Option<Status> {
    gateway.now(journey).await.consent_status(journey.opening().opened_at)
}

#[tokio::test]
async fn a_consents_link_leads_to_the_bank_at_once_and_always_under_one_state() {
    let gateway = CustomGateway::open(&[]).await;
    let journey = gateway.consent(Kind::Accounts, Some("modelo-sandbox"), home()).await;
    let link = page(&gateway, &journey, "");
    let left = gateway.http.get(&link).await;
    let bank = left.location();
    assert!(bank.starts_with(&format!("{}/sandbox/authorise?", gateway.http.base())), "{bank}");
    assert!(left.header("set-cookie").starts_with("__Host-hb-"));
    assert_eq!(
        (query_value(&bank, "scope"), query_value(&bank, "client_name")),
        ("consent".into(), "Corner shop".into())
    );
    for again in [link.clone(), format!("{link}&state=theirs&iss=x"), page(&gateway, &journey, "/leaving")] {
        assert_eq!(gateway.http.get(&again).await.location(), bank);
    }
    let home = gateway.http.back(&format!("code=ok&state={}", query_value(&bank, "state"))).await.location();
    assert!(home.starts_with(HOME), "{home}");
    assert_eq!(status(&gateway, &journey).await, Some(Status::Authorised));
}

#[tokio::test]
async fn a_prefetch_of_a_consents_link_asks_no_bank() {
    let gateway = CustomGateway::open(&[]).await;
    let journey = gateway.consent(Kind::Accounts, None, home()).await;
    for path in ["", "/leaving", "/home"] {
        let page = page(&gateway, &journey, path);
        for header in [("sec-purpose", "prefetch"), ("purpose", "prefetch"), ("x-moz", "prefetch")] {
            assert!(!gateway.http.get_with(&page, &[header]).await.is(204).has("location"));
        }
        assert!(!gateway.http.send(Method::HEAD, &page, &[], "").await.is(204).has("location"));
    }
    assert_eq!(gateway.now(&journey).await, journey);
}

#[tokio::test]
async fn a_bank_that_is_late_is_waited_for_on_a_light_page() {
    let slow = ProviderBehaviour { visits_after: Duration::from_millis(1500), ..ProviderBehaviour::plain("slow") };
    let gateway = CustomGateway::open(&[slow]).await;
    let journey = gateway.consent(Kind::Accounts, Some("of-slow"), home()).await;
    let late = gateway.http.get(&page(&gateway, &journey, "")).await.is(200);
    assert!(late.took < Duration::from_millis(1400), "{:?}", late.took);
    assert!(!late.has("location") && late.header("set-cookie").starts_with("__Host-hb-"), "it is known from now on");
    let next = page(&gateway, &journey, "/leaving");
    late.says("Taking you to your bank").says(&format!("content=\"1;url={next}\""));
    let left = loop {
        let again = gateway.http.get(&next).await;
        if again.status == 303 {
            break again;
        }
        again.is(200).says("Taking you to your bank");
    };
    assert!(left.location().contains("/sandbox/authorise?"));
    assert!(left.has("set-cookie"));
}

#[tokio::test]
async fn a_checkout_whose_bank_is_late_is_waited_for_too() {
    let slow = ProviderBehaviour { visits_after: Duration::from_millis(1500), ..ProviderBehaviour::plain("slow") };
    let gateway = CustomGateway::open(&[slow]).await;
    let journey = gateway.checkout(HOME).await;
    let link = gateway.link(&journey);
    let next = format!("/payment/leaving?link_id={link}");
    // Nothing begins without a press on Pay.
    gateway.http.get(&next).await.is(200).says("action=\"/payment/pay\"");
    assert_eq!(gateway.now(&journey).await, journey);
    let late = gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.is(200);
    late.says("Taking you to your bank").says("25.00 EUR").says(&format!("content=\"1;url={next}\""));
    for header in [("purpose", "prefetch")] {
        gateway.http.get_with(&next, &[header]).await.is(204);
    }
    let left = loop {
        let again = gateway.http.get(&next).await;
        if again.status == 303 {
            break again.location();
        }
    };
    gateway
        .http
        .get(&format!("/return/slow?error=access_denied&state={}", query_value(&left, "state")))
        .await
        .location();
    gateway.http.get(&next).await.is(200).says("Payment cancelled");
}

#[tokio::test]
async fn a_bank_that_cannot_be_reached_is_a_page_with_a_way_on() {
    let closed = ProviderBehaviour { reachable: false, ..ProviderBehaviour::plain("closed") };
    let gateway = CustomGateway::open(&[closed]).await;
    let journey = gateway.consent(payment(), Some("of-closed"), home()).await;
    let away = gateway.http.get(&page(&gateway, &journey, "")).await.is(200);
    let away = away.says("Bank of closed cannot be reached").says("25.00 EUR").says("Ada &#60;b&#62; Ltd.");
    away.says(&format!("href=\"{}\"", page(&gateway, &journey, "/leaving"))).never_says("Choose another");
    let link = gateway.link(&journey);
    let cancelled = gateway.http.submit("/consent/cancel", &[("link_id", &link)]).await.location();
    assert!(cancelled.starts_with(HOME), "{cancelled}");
    assert_eq!(status(&gateway, &journey).await, Some(Status::Rejected));
    assert_eq!(gateway.http.submit("/consent/cancel", &[("link_id", &link)]).await.location(), cancelled);
    gateway
        .http
        .get(&page(&gateway, &journey, ""))
        .await
        .is(200)
        .says("You have not agreed")
        .says("Back to Corner shop");
    assert_eq!(gateway.http.get(&page(&gateway, &journey, "/home")).await.location(), cancelled);
}

#[tokio::test]
async fn a_customer_chooses_the_bank_and_can_choose_again() {
    let closed = ProviderBehaviour { reachable: false, ..ProviderBehaviour::plain("closed") };
    let gateway = CustomGateway::open(&[closed, ProviderBehaviour::plain("other")]).await;
    let journey = gateway.consent(Kind::Accounts, None, RequestedCallbacks::OwnPage).await;
    let (link, chooser) = (gateway.link(&journey), page(&gateway, &journey, ""));
    let offered = gateway.http.get(&chooser).await.is(200).says("Choose your bank").says("Corner shop asks to read");
    offered.says("value=\"modelo-sandbox\"").says("value=\"of-other\"").never_says("name=\"find\"");
    assert_eq!(gateway.now(&journey).await, journey);
    let choose = async |institution: &str| {
        gateway.http.submit("/consent/choose", &[("link_id", &link), ("institution", institution)]).await
    };
    for nobody in ["", "x", "of-nobody"] {
        assert!(!choose(nobody).await.is(400).has("location"));
    }
    choose("of-closed").await.is(200).says("Bank of closed cannot be reached").says(&format!("href=\"{chooser}\""));
    let first = choose("of-other").await.location();
    // Back leads to the list, and another choice to another bank, under another state.
    gateway.http.get(&chooser).await.is(200).says("Choose your bank");
    let second = choose("mock-sandbox").await.location();
    assert_ne!(query_value(&first, "state"), query_value(&second, "state"));
    assert_eq!(choose("mock-sandbox").await.location(), second);
    assert_eq!(gateway.http.get(&page(&gateway, &journey, "/leaving")).await.location(), second);
    assert!(query_value(&second, "redirect_uri").ends_with("/return/sandbox"));

    let state = query_value(&second, "state");
    let result = gateway.http.back(&format!("code=ok&state={state}")).await.location();
    assert_eq!(result, format!("{}{chooser}", gateway.http.base()));
    let result = gateway.http.get(&chooser).await.is(200).says("You have agreed").says("Mock Sandbox");
    result.says("You can close this window").never_says("Back to");
    choose("of-other").await.is(200).says("You have agreed");
}

#[tokio::test]
async fn a_long_list_of_banks_can_be_searched() {
    let names = ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8"];
    let gateway = CustomGateway::open(&names.map(ProviderBehaviour::plain)).await;
    let journey = gateway.consent(Kind::Accounts, None, home()).await;
    let chooser = page(&gateway, &journey, "");
    gateway.http.get(&chooser).await.is(200).says("name=\"find\"").says("of-b8").says("modelo-sandbox");
    let found = gateway.http.get(&format!("{chooser}&find=OF%20b3")).await.is(200);
    found.says("of-b3").says("value=\"OF b3\"").never_says("of-b8");
    let none = gateway.http.get(&format!("{chooser}&find=%3Cb%3Enowhere")).await.is(200);
    none.says("No bank of this name").says("&#60;b&#62;nowhere").never_says("<button name=\"institution\"");
}

#[tokio::test]
async fn a_consent_says_how_it_ended() {
    let gateway = CustomGateway::open(&[]).await;
    for (answer, title, outcome) in [
        ("code=ok", "You have agreed", Outcome::Authorised),
        ("error=access_denied", "You have not agreed", Outcome::Cancelled),
        ("error=server_error", "Your bank is not available", Outcome::Failed),
        ("code=fail:invalid_grant", "no longer valid", Outcome::Failed),
        ("error=invalid_client", "There is a problem with this shop’s connection to the bank", Outcome::Failed),
    ] {
        let journey = gateway.consent(payment(), Some("modelo-sandbox"), home()).await;
        let link = page(&gateway, &journey, "");
        let bank = gateway.http.get(&link).await.location();
        let home = gateway.http.back(&format!("{answer}&state={}", query_value(&bank, "state"))).await.location();
        assert!(home.starts_with(HOME), "{home}");
        let ended = gateway.http.get(&link).await.is(200).says(title).says("Modelo Sandbox").says("Order 7");
        ended.says(&format!("href=\"{}\"", page(&gateway, &journey, "/home")));
        assert_eq!(gateway.http.get(&page(&gateway, &journey, "/home")).await.location(), home);
        let concluded = gateway.now(&journey).await;
        assert_eq!(concluded.final_outcome().map(|final_outcome| final_outcome.outcome), Some(outcome));
    }
    let revoked = gateway.consent(Kind::Accounts, Some("modelo-sandbox"), home()).await;
    use_cases::consent::revoke(&gateway.engine, revoked.clone()).await.unwrap();
    gateway.http.get(&page(&gateway, &revoked, "")).await.is(200).says("Request withdrawn");
    let late = gateway.consent(Kind::Accounts, Some("modelo-sandbox"), home()).await;
    gateway.clock.advance(late.expires_at().since(late.opening().opened_at));
    gateway.http.get(&page(&gateway, &late, "")).await.is(200).says("Request expired");
}

#[tokio::test]
async fn who_refuses_what_was_given_before_is_not_told_to_have_agreed() {
    let gateway = CustomGateway::open(&[]).await;
    let journey = gateway.consent(Kind::Accounts, Some("modelo-sandbox"), home()).await;
    let link = page(&gateway, &journey, "");
    let bank = gateway.http.get(&link).await.location();
    gateway.http.back(&format!("code=ok&state={}", query_value(&bank, "state"))).await.location();
    gateway.http.get(&link).await.is(200).says("You have agreed");
    let given = gateway.now(&journey).await;
    use_cases::consent::reopen(&gateway.engine, &gateway.merchant, given).await.unwrap();
    let bank = gateway.http.get(&link).await.location();
    gateway.http.back(&format!("error=access_denied&state={}", query_value(&bank, "state"))).await.location();
    gateway.http.get(&link).await.is(200).says("You have not agreed").never_says("You have agreed");
    assert_eq!(status(&gateway, &journey).await, Some(Status::Authorised), "what was given before still is");
}

#[tokio::test]
async fn an_app_is_opened_with_the_words_of_a_consent() {
    let gateway = CustomGateway::open(&[]).await;
    let callback = RequestedCallbacks::Text("com.example.shop://bank".into());
    let journey = gateway.consent(Kind::Accounts, Some("modelo-sandbox"), callback).await;
    let bank = gateway.http.get(&page(&gateway, &journey, "")).await.location();
    let app = gateway.http.back(&format!("code=ok&state={}", query_value(&bank, "state"))).await.location();
    let shown = gateway.http.get(&app).await.location();
    gateway.http.get(&shown).await.is(200).says("Corner shop can now read your accounts until ").never_says("paid");
}

#[tokio::test]
async fn a_link_has_one_kind_of_page() {
    let gateway = CustomGateway::open(&[]).await;
    let (checkout, consent) =
        (gateway.checkout(HOME).await, gateway.consent(Kind::Accounts, Some("modelo-sandbox"), home()).await);
    let (pay, agree) = (gateway.link(&checkout), gateway.link(&consent));
    let base = gateway.http.base();
    assert_eq!(
        gateway.http.get(&format!("/payment?link_id={agree}")).await.location(),
        format!("{base}/consent?link_id={agree}")
    );
    for path in ["", "/leaving", "/home"] {
        let elsewhere = gateway.http.get(&format!("/consent{path}?link_id={pay}")).await.location();
        assert_eq!(elsewhere, format!("{base}/payment?link_id={pay}"));
    }
    for form in ["/consent/choose", "/consent/cancel"] {
        let fields = [("link_id", pay.as_str()), ("institution", "modelo-sandbox")];
        assert_eq!(gateway.http.submit(form, &fields).await.location(), format!("{base}/payment?link_id={pay}"));
    }
    assert_eq!(gateway.now(&checkout).await, checkout);
    for unknown in ["/consent", "/consent?link_id=", "/consent?link_id=x", "/consent/home?link_id=x"] {
        gateway.http.get(unknown).await.is(404).says("We do not know this link");
    }
    gateway.http.get("/consent?link_id=x&link_id=y").await.is(400);
    let drawn = gateway.http.get(&format!("/consent/qr.png?link_id={pay}")).await;
    assert_eq!(drawn.location(), format!("{base}/payment?link_id={pay}"));
    let drawn = gateway.http.get(&format!("/consent/qr.png?link_id={agree}")).await.is(200);
    assert_eq!(drawn.header("content-type"), "image/png");
    let expected = handback::web::views::qr::png(&format!("{base}/consent?link_id={agree}"));
    assert_eq!(Some(drawn.body), expected);
}

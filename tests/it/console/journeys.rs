//! Links and journeys in the console: made, found, exported, told, cancelled and refunded.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, between};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::ixopay::{Client, debit};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::payment_engine::PaymentEngine;
use crate::support::receiver::{Receiver, Reply};
use crate::support::token_io_client::TokenIoClient;

on_every_store![a_link_is_made_once_paid_found_and_told];

async fn a_link_is_made_once_paid_found_and_told(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/cb").await;
    let browser = Browser::of(&gateway, &merchant.id, "support").await;
    let new = "/console/journeys/new";
    let form = browser.page(new).await;
    let (token, once) = (browser.token().await, between(&form, "name=\"once\" value=\"", "\"").to_owned());
    let fields = [
        ("form_token", token.as_str()),
        ("once", &once),
        ("amount", "12.30"),
        ("currency", "EUR"),
        ("note", "Tickets & <b>more</b>"),
        ("reference", "order-7"),
        ("callback", "0"),
        ("hours", "2"),
        ("capture", "automatic"),
        ("language", "de"),
        ("metadata", "cart=81\r\nfrom = the fair, hall=3\r\n"),
    ];
    wrong_fields_are_refused(&browser, &fields).await;
    let made = browser.post(new, &fields).await;
    let journey = browser.path(&made);
    assert_eq!(browser.path(&browser.post(new, &fields).await), journey, "a double click is one link");
    another_link_is_not_the_old_one((&browser, &merchant), &fields).await;
    let page = browser.page(&journey).await;
    assert!(!page.contains("/refund") && !page.contains("/capture"), "nothing was paid: {page}");
    for part in ["12.30 EUR", "Tickets &#38; &#60;b&#62;more", "order-7", "qr.png", "status=paid", ">open<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let link = between(&page, "<code class=\"copy\">", "</code>").replace("&#38;", "&");
    let qr = between(&page, "<img src=\"/payment/", "\"").replace("&#38;", "&");
    assert_eq!(gateway.http.get(&format!("/payment/{qr}")).await.is(200).header("content-type"), "image/png");
    assert!(page.contains("the fair, hall=3"), "{page}");
    let checkout = gateway.http.get(&format!("/payment?link_id={}", query_value(&link, "link_id"))).await.is(200);
    checkout.says("lang=\"de\"");
    let home = gateway.http.pay(&query_value(&link, "link_id"), "code=ok").await.location();
    assert!(home.contains("status=paid"), "{home}");
    let page = browser.page(&journey).await;
    for part in ["Opened", "Sent out to the provider", "Came back", "Concluded", ">paid<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let id = journey.rsplit('/').next().unwrap();
    for find in [id, "order-7"] {
        let found = browser.get(&format!("/console/journeys?find={find}")).await;
        let is_there = if found.status == 303 { browser.path(&found) == journey } else { found.text().contains(id) };
        assert!(is_there, "{find}");
    }
    it_is_found_by(&browser, id).await;
    let refused = browser.get("/console/journeys?from=yesterday").await.is(422).text();
    assert!(refused.contains("is not a time"), "{refused}");
    assert!(!page.contains("/refund"), "support moves no money");
}

/// Each of these, in the place of what is sent, is refused.
async fn wrong_fields_are_refused(browser: &Browser, fields: &[(&str, &str)]) {
    for (name, wrong, says) in [
        ("metadata", "cart", "has a line without ="),
        ("metadata", "cart=1\ncart=2", "names a text twice"),
        ("language", "of the moon", "language"),
        ("capture", "never", "expected automatic or manual"),
        ("provider", "elsewhere", "provider"),
    ] {
        let wrong = fields.iter().filter(|(own, _)| *own != name).copied().chain([(name, wrong)]).collect::<Vec<_>>();
        browser.post("/console/journeys/new", &wrong).await.is(422).says(says);
    }
}

/// A paid journey of `/v1` that the sandbox took, with the cart 81.
async fn it_is_found_by(browser: &Browser, id: &str) {
    for (query, is_there) in [
        ("status=paid", true),
        ("status=failed", false),
        ("status=paid-not-returned", false),
        ("dialect=handback", true),
        ("dialect=secpaid", false),
        ("provider=sandbox&from=2020-01-01", true),
        ("to=2020-01-01", false),
        ("find=cart%3D81", true),
        ("find=cart%3D82", false),
    ] {
        let list = browser.page(&format!("/console/journeys?{query}")).await;
        assert_eq!(list.contains(id), is_there, "{query}: {list}");
    }
}

#[tokio::test]
async fn journeys_are_found_by_metadata_and_exported() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    for (cart, note) in [("81", "=1+1"), ("82", "two, \"three\"")] {
        let body = json!({ "amount": "1.00", "currency": "EUR", "note": note, "metadata": { "cart": cart } });
        merchant.v1(Method::POST, "/journeys", &body).await.is(201);
    }
    let browser = Browser::of(&gateway, &merchant.id, "read").await;
    let found = browser.page("/console/journeys?find=cart%3D82").await;
    assert!(found.contains("two, &#34;three&#34;") && !found.contains("=1+1"), "{found}");
    let file = browser.get("/console/journeys.csv").await.is(200);
    assert!(file.header("content-disposition").contains("journeys.csv"));
    let text = file.text();
    assert!(text.starts_with("journey_id,pay_id,opened_at,"), "{text}");
    let metadata = |cart: &str| format!(",,\"{{\"\"cart\"\":\"\"{cart}\"\"}}\"\r\n");
    for (note, cart) in [("'=1+1", "81"), ("\"two, \"\"three\"\"\"", "82")] {
        assert!(text.contains(&format!(",{note}{}", metadata(cart))), "{text}");
    }
    assert_eq!(text.lines().count(), 3);
    let one = browser.get("/console/journeys.csv?find=cart%3D81").await.text();
    assert_eq!(one.lines().count(), 2);
    // What the console filters by, the API does too.
    let listed = merchant.look("/journeys?dialect=secpaid").await.is(200).json();
    assert_eq!(listed["journeys"], json!([]));
}

#[tokio::test]
async fn a_long_list_goes_on_without_a_gap() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    for number in 0..53 {
        let body = json!({ "amount": "1.00", "currency": "EUR", "note": format!("note-{number}-") });
        merchant.v1(Method::POST, "/journeys", &body).await.is(201);
    }
    let browser = Browser::of(&gateway, &merchant.id, "read").await;
    let first = browser.page("/console/journeys?dialect=handback").await;
    let next = between(&first, "<a class=\"quiet\" href=\"", "\"").replace("&#38;", "&");
    assert!(next.contains("dialect=handback") && next.contains("after="), "{next}");
    let second = browser.page(&next).await;
    for number in 0..53 {
        let note = format!("note-{number}-");
        assert_eq!(first.matches(&note).count() + second.matches(&note).count(), 1, "{note}");
    }
    assert_eq!(second.matches("class=\"quiet\"").count(), 1, "it ends there: {second}");
    let file = browser.get("/console/journeys.csv").await.text();
    assert_eq!(file.lines().count(), 54);
}

#[tokio::test]
async fn a_link_is_cancelled_by_support_and_money_is_moved_by_an_admin_once() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/cb").await;
    let open = async || {
        let body = json!({ "amount": "5.00", "currency": "EUR" });
        merchant.v1(Method::POST, "/journeys", &body).await.is(201).json()
    };
    let support = Browser::of(&gateway, &merchant.id, "support").await;
    let (first, second) = (open().await, open().await);
    let page = |journey: &serde_json::Value| format!("/console/journeys/{}", journey["journey_id"].as_str().unwrap());
    let cancel = format!("{}/cancel", page(&first));
    support.submit(&page(&first), &cancel, &[]).await.location();
    assert_eq!(merchant.journey(first["journey_id"].as_str().unwrap()).await["status"], "cancelled");
    let link = query_value(second["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.pay(&link, "code=ok").await.location();
    let token = support.token().await;
    support.post(&format!("{}/cancel", page(&second)), &[("form_token", &token)]).await.is(409);
    let admin = Browser::of(&gateway, &merchant.id, "admin").await;
    assert!(!admin.page(&page(&first)).await.contains("/refund"));
    let html = admin.page(&page(&second)).await;
    let (token, once) = (admin.token().await, between(&html, "name=\"once\" value=\"", "\""));
    let fields = [("form_token", token.as_str()), ("once", once), ("amount", "2.00")];
    let refund = format!("{}/refund", page(&second));
    for _ in 0..2 {
        admin.post(&refund, &fields).await.location();
    }
    let id = second["journey_id"].as_str().unwrap();
    assert_eq!(merchant.journey(id).await["refunded"], "2.00", "a double click is one refund");
    assert!(admin.page(&page(&second)).await.contains("refund of 2.00 EUR"));
    for (once, amount, status, said) in
        [(once, "1.00", 409, "This form was sent before"), ("third", " ", 422, "Amount is missing")]
    {
        let fields = [("form_token", token.as_str()), ("once", once), ("amount", amount)];
        let refused = admin.post(&refund, &fields).await.is(status).text();
        assert!(refused.contains(said), "{refused}");
    }
    assert_eq!(merchant.journey(id).await["refunded"], "2.00");
    let ordered = actions(&merchant, "journey.refund_ordered").await;
    assert!(ordered.len() == 1 && ordered[0].ends_with(&format!(" 2.00 EUR of {id}")), "{ordered:?}");
    money_given_back_is_no_income(&admin, ordered[0].split(' ').next().unwrap(), id).await;
    let fields = [("form_token", token.as_str()), ("once", "another"), ("amount", "9.00")];
    let too_much = admin.path(&admin.post(&refund, &fields).await);
    assert_ne!(too_much, page(&second));
    assert!(admin.page(&too_much).await.contains("operation_not_possible"));
    assert_eq!(merchant.journey(id).await["refunded"], "2.00");
    let log = admin.page("/console/audit").await;
    for action in ["journey.cancelled", "journey.refund_ordered"] {
        assert!(log.contains(action), "{action}: {log}");
    }
}

/// The form of a link that was made, sent with another amount, is refused.
async fn another_link_is_not_the_old_one((browser, merchant): (&Browser, &MerchantClient), sent: &[(&str, &str)]) {
    let changed: Vec<_> =
        sent.iter().map(|(name, text)| (*name, if *name == "amount" { "99.00" } else { text })).collect();
    let refused = browser.post("/console/journeys/new", &changed).await.is(409).text();
    assert!(refused.contains("This form was sent before"), "{refused}");
    assert_eq!(actions(merchant, "journey.opened").await.len(), 1);
}

/// The objects of the merchant's entries of this action, the newest first.
async fn actions(merchant: &MerchantClient, action: &str) -> Vec<String> {
    let log = merchant.look("/audit").await.is(200).json();
    let entries = log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == action);
    entries.map(|entry| entry["object"].as_str().unwrap().to_owned()).collect()
}

/// A merchant has one cancelled link, and one that was paid and of which this operation gave 2.00 back.
async fn money_given_back_is_no_income(browser: &Browser, refund: &str, payment: &str) {
    let list = browser.page("/console/journeys?status=paid").await;
    assert!(
        list.contains("2.00 EUR <span class=\"badge\">refund</span>") && !list.contains(">not returned<"),
        "{list}"
    );
    let numbers = browser.page("/console/numbers").await;
    assert!(numbers.contains("1 capture, refund or chargeback is not among them."), "{numbers}");
    assert!(numbers.contains("paid</a></td><td class=\"number\">1</td>"), "{numbers}");
    let page = browser.page(&format!("/console/journeys/{refund}")).await;
    assert!(page.contains("<h1>refund of 2.00 EUR") && !page.contains("qr.png"), "{page}");
    let file = browser.get("/console/journeys.csv").await.text();
    let column = |line: &str, name: &str| {
        let at = file.lines().next().unwrap().split(',').position(|own| own == name).unwrap();
        line.split(',').nth(at).unwrap().to_owned()
    };
    let line = |id: &str| file.lines().find(|line| line.starts_with(id)).unwrap();
    assert_eq!(column(line(refund), "operation"), "refund");
    assert_eq!(column(line(refund), "of"), column(line(payment), "pay_id"));
    assert_eq!(column(line(payment), "operation"), "");
}

#[tokio::test]
async fn a_payment_is_found_by_what_a_dialect_and_its_provider_call_it() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let client = Client::of(&gateway);
    let merchant = &client.merchant;
    let (browser, other) = (Browser::of(&gateway, &merchant.id, "read").await, gateway.merchant("Other"));
    let other = Browser::of(&gateway, &other.id, "read").await;
    let urls = json!({ "successUrl": "https://m.example/s", "cancelUrl": "https://m.example/c", "errorUrl": "https://m.example/e" });
    let begun = client.begin("debit", &debit("order-9", urls)).await;
    let newest = async || merchant.look("/journeys?limit=1").await.is(200).json()["journeys"][0].clone();
    let page = |journey: &serde_json::Value| format!("/console/journeys/{}", journey["journey_id"].as_str().unwrap());
    let debited = newest().await;
    let body = json!({ "amount": "5.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    let own = merchant.v1(Method::POST, "/journeys", &body).await.is(201).json();
    let link = query_value(own["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
    let at_provider = newest().await["payment"]["reference"].as_str().unwrap().to_owned();
    let find = |text: &str| format!("/console/journeys?find={text}");
    let uuid = begun["uuid"].as_str().unwrap();
    assert_eq!(browser.path(&browser.get(&find(uuid)).await), page(&debited));
    let wrong = format!("{}{}", &uuid[..19], if uuid.ends_with('0') { '1' } else { '0' });
    for (browser, text) in [(&browser, wrong.as_str()), (&other, uuid), (&other, &at_provider)] {
        let found = browser.page(&find(text)).await;
        assert!(found.contains("No journey was found"), "{text}: {found}");
    }
    let found = browser.page(&find(&at_provider)).await;
    assert!(found.contains(&page(&own)) && !found.contains(&page(&debited)), "{found}");
    let listed = merchant.look(&format!("/journeys?provider_reference={at_provider}")).await.is(200).json();
    let [one] = &listed["journeys"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!(one["journey_id"], own["journey_id"]);
}

#[tokio::test]
async fn a_payment_is_found_by_the_id_that_token_ios_clients_know() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let member = TokenIoClient::of(&gateway).await;
    let browser = Browser::of(&gateway, &member.merchant.id, "read").await;
    let asked = member.ask(json!({})).await;
    let journey = member.merchant.look("/journeys").await.is(200).json()["journeys"][0]["journey_id"].clone();
    let found = browser.get(&format!("/console/journeys?find={}", asked.id)).await;
    assert_eq!(browser.path(&found), format!("/console/journeys/{}", journey.as_str().unwrap()));
}

#[tokio::test]
async fn a_link_that_the_api_withholds_is_not_shown() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "read").await;
    for (more, is_shown) in [(json!({}), true), (json!({ "attach": "engine" }), false)] {
        let mut body = json!({ "amount": "5.00", "currency": "EUR", "callback": "https://shop.example/cb" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let journey = merchant.v1(Method::POST, "/journeys", &body).await.is(201).json();
        assert_eq!(journey["pay_link"].is_string(), is_shown, "{journey}");
        let page = browser.page(&format!("/console/journeys/{}", journey["journey_id"].as_str().unwrap())).await;
        assert_eq!(page.contains("qr.png"), is_shown, "{page}");
    }
}

#[tokio::test]
async fn a_timeline_has_every_attempt_and_operation_and_is_live_until_it_is_over() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let receiver =
        Receiver::answering(|n, _| if n == 0 { Reply::Saying(500, "not today") } else { Reply::Status(204) });
    let endpoint = json!({ "url": receiver.url("/hook?key=hush") });
    merchant.v1(Method::POST, "/profile/endpoints", &endpoint).await.is(201);
    let browser = Browser::of(&gateway, &merchant.id, "read").await;
    let link = merchant.link(json!({ "amount": 5 })).await;
    let page = format!("/console/journeys/{}", link.id);
    let opened = browser.page(&page).await;
    assert!(
        opened.contains("<script src=\"/static/live.") && opened.contains("href=\"") && opened.contains(">Reload<")
    );
    let part = browser.get(&format!("{page}/live")).await.is(200);
    let tag = part.header("etag");
    let known = [("cookie", browser.cookie.as_str()), ("if-none-match", &tag)];
    let same = gateway.http.get_with(&format!("{page}/live"), &known).await.is(304);
    assert_eq!((same.header("etag"), same.body.len()), (tag.clone(), 0));
    gateway.http.pay(&link.text, "code=ok").await.location();
    eventually("the first attempt has failed", || async { receiver.count() == 1 }).await;
    eventually("it is shown", || async {
        let part = gateway.http.get_with(&format!("{page}/live"), &known).await;
        part.status == 200 && part.text().contains("not today")
    })
    .await;
    let part = browser.get(&format!("{page}/live")).await.is(200).text();
    assert!(!part.contains("data-over"), "it is tried again: {part}");
    gateway.wait(Duration::from_secs(6));
    eventually("it is over", || async { browser.get(&format!("{page}/live")).await.text().contains("data-over") })
        .await;
    let (refunds, key) = (format!("/journeys/{}/refunds", link.id), [("idempotency-key", "r-1")]);
    merchant.v1_with(Method::POST, &refunds, &key, &json!({ "amount": "2.00" })).await.is(201);
    let shown = merchant.journey(&link.id).await;
    let refund = shown["operations"][0].clone();
    assert_eq!(
        (&refund["operation"], &refund["amount"], &refund["status"]),
        (&json!("refund"), &json!("2.00"), &json!("paid"))
    );
    let over = browser.page(&page).await;
    let timeline = between(&over, "<ol class=\"timeline\">", "</ol>");
    let order = ["Opened", "Sent out", "Came back", "Concluded", "500, ", "not today", "204, ", "refund of 2.00 EUR"];
    let places: Vec<_> =
        order.iter().map(|text| timeline.find(text).unwrap_or_else(|| panic!("{text}: {timeline}"))).collect();
    assert!(places.is_sorted(), "{places:?}: {timeline}");
    assert!(timeline.contains(&receiver.url("/hook<")) && !timeline.contains("hush"), "{timeline}");
    assert!(!over.contains("<script"), "{over}");
}

//! Payments at an operator's own payment engine: whether or not a browser comes back, the merchant is told what became
//! of them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::payment_engine::{Fault, PaymentEngine, SECRET, notify};
use crate::support::receiver::Receiver;

/// Runs each story on every store, before an engine of its own.
macro_rules! before_an_engine {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Embedded).await).await; })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Redis).await).await; })+
        }
    };
}

before_an_engine![
    a_customer_pays_and_comes_home,
    whose_customer_never_returns_is_told_by_the_schedule,
    whose_customer_never_returns_is_told_by_a_notification,
    one_that_is_refused_leads_back_to_the_checkout,
    what_the_engine_refuses_to_create_leads_back_to_the_checkout,
    a_lost_answer_creates_no_second_payment,
    nobody_is_told_expired_while_the_engine_is_away,
    a_customer_waits_for_a_late_engine_and_goes_home,
    cancelling_closes_the_payment_first,
    another_amount_is_a_mismatch_and_no_end,
    what_is_not_the_engines_word_changes_nothing,
    operations_go_where_the_money_is,
    what_is_paid_late_is_given_back_once_where_the_merchant_wants_that,
];

/// A shop, its server, and an engine.
struct Scene {
    gateway: TestGateway,
    engine: PaymentEngine,
    shop: MerchantClient,
    server: Receiver,
}

impl Scene {
    async fn open(kind: StoreKind) -> Self {
        Self::open_with(kind, "").await
    }

    async fn open_with(kind: StoreKind, more: &str) -> Self {
        let (engine, server) = (PaymentEngine::start(), Receiver::saying(200));
        let gateway = TestGateway::open_own(kind, &engine.file(more)).await;
        let shop = gateway.merchant("Shop");
        shop.choose(json!({ "extra_outcomes": "on" })).await;
        Self { gateway, engine, shop, server }
    }

    async fn link(&self) -> Link {
        let fields = json!({ "callback_url": "https://shop.example/cb", "payment_endpoint": self.server.url("/told?s={status}") });
        self.shop.link(fields).await
    }

    /// A link whose customer is at the engine; answers it with the payment's reference and the return URL.
    async fn left(&self) -> (Link, String, String) {
        let before = self.engine.references();
        let link = self.link().await;
        let left = self.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await;
        assert!(left.location().starts_with("http://127.0.0.1:9/pay/"), "{}", left.location());
        let reference = self.engine.references().into_iter().find(|new| !before.contains(new)).expect("a payment");
        let return_url = self.engine.payment(&reference)["return_url"].as_str().expect("a URL").to_owned();
        (link, reference, return_url)
    }

    /// What the shop's server was told, in order.
    fn told(&self) -> Vec<String> {
        self.server.received().iter().map(|told| query_value(&self.server.url(&told.target), "s")).collect()
    }

    async fn until_told(&self, expected: &[&str]) {
        eventually("the shop is told", async || self.told().len() >= expected.len()).await;
        assert_eq!(self.told(), expected);
    }

    async fn payment_of(&self, link: &Link) -> Value {
        self.shop.journey(&link.id).await["payment"].clone()
    }
}

async fn a_customer_pays_and_comes_home(scene: Scene) {
    let (link, reference, return_url) = scene.left().await;
    let created = scene.engine.payment(&reference);
    assert_eq!(reference, format!("{}-1", link.id));
    for (name, value) in [("amount", "25.00"), ("currency", "EUR"), ("capture", "automatic"), ("payee", "Shop")] {
        assert_eq!(created[name], json!(value), "{name}");
    }
    assert_eq!(created["notification_url"], json!(format!("{}/notify/engine", scene.gateway.http.base())));
    let open = scene.shop.journey(&link.id).await;
    assert_eq!((&open["status"], &open["provider"]), (&json!("away"), &json!("engine")));
    assert_eq!(open["payment"], json!({ "reference": created["id"], "standing": "open" }));
    scene.engine.pay(&reference);
    let home = scene.gateway.http.get(&return_url).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.contains("status=success"), "{home}");
    assert_eq!(scene.gateway.http.get(&return_url).await.location(), home);
    scene.until_told(&["success"]).await;
    let paid = scene.shop.journey(&link.id).await;
    assert_eq!((&paid["status"], &paid["payment"]["standing"]), (&json!("paid"), &json!("proven")));
    assert!(paid["returned_at"].is_string(), "{paid}");
    assert_eq!((scene.engine.asked("payment.create"), scene.engine.asked("payment.get")), (1, 1));
}

async fn whose_customer_never_returns_is_told_by_the_schedule(scene: Scene) {
    let (paid, reference, return_url) = scene.left().await;
    let (refused, other, _) = scene.left().await;
    scene.engine.pay(&reference);
    scene.engine.refuse(&other);
    scene.gateway.wait(Duration::from_secs(6));
    eventually("the shop is told", async || scene.told().len() == 2).await;
    assert!(scene.told().contains(&"success".to_owned()) && scene.told().contains(&"failed".to_owned()));
    let journey = scene.shop.journey(&paid.id).await;
    assert_eq!((&journey["status"], journey.get("returned_at")), (&json!("paid"), None), "paid, and not returned");
    eventually("the refusal is known", async || scene.payment_of(&refused).await["standing"] == "over").await;
    // Hours later the browser comes after all.
    scene.gateway.wait(Duration::from_hours(3));
    let home = scene.gateway.http.get(&return_url).await.location();
    assert!(home.contains("status=success"), "{home}");
    assert!(scene.shop.journey(&paid.id).await["returned_at"].is_string());
}

async fn whose_customer_never_returns_is_told_by_a_notification(scene: Scene) {
    let (link, reference, _) = scene.left().await;
    scene.engine.notify(&scene.gateway, &reference).await.is(204);
    scene.engine.pay(&reference);
    scene.engine.notify(&scene.gateway, &reference).await.is(204);
    scene.until_told(&["success"]).await;
    assert_eq!(scene.shop.status(&link).await, "paid");
    for _ in 0..5 {
        scene.engine.notify(&scene.gateway, &reference).await.is(204);
    }
    assert!(scene.engine.asked("payment.get") <= 2, "{}", scene.engine.asked("payment.get"));
}

async fn one_that_is_refused_leads_back_to_the_checkout(scene: Scene) {
    scene.shop.choose(json!({ "extra_outcomes": "off" })).await;
    let (link, reference, return_url) = scene.left().await;
    scene.engine.refuse(&reference);
    let back = scene.gateway.http.get(&return_url).await.location();
    assert!(back.contains("/payment?link_id="), "{back}");
    scene.gateway.http.get(&back).await.is(200).says("/payment/pay");
    scene.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.is(303);
    let second = format!("{}-2", link.id);
    scene.engine.pay(&second);
    scene.engine.notify(&scene.gateway, &second).await.is(204);
    scene.until_told(&["success"]).await;
}

async fn what_the_engine_refuses_to_create_leads_back_to_the_checkout(scene: Scene) {
    scene.shop.choose(json!({ "extra_outcomes": "off" })).await;
    scene.engine.misbehave(Fault::Refusing);
    let link = scene.link().await;
    let back = scene.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.location();
    assert!(back.contains("/payment?link_id="), "{back}");
    scene.engine.misbehave(Fault::None);
    let left = scene.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.location();
    assert!(left.starts_with("http://127.0.0.1:9/pay/"), "{left}");
}

async fn a_lost_answer_creates_no_second_payment(scene: Scene) {
    let link = scene.link().await;
    scene.engine.misbehave(Fault::Mute);
    scene.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.is(200);
    scene.engine.misbehave(Fault::None);
    let left = scene.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.location();
    assert!(left.starts_with("http://127.0.0.1:9/pay/"), "{left}");
    assert_eq!((scene.engine.references().len(), scene.engine.asked("payment.create")), (1, 2));
    // Whoever presses again comes to the same page, and nothing is asked.
    assert_eq!(scene.gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.location(), left);
    assert_eq!(scene.engine.asked("payment.create"), 2);
}

async fn nobody_is_told_expired_while_the_engine_is_away(scene: Scene) {
    let (link, reference, _) = scene.left().await;
    let (unpaid, other, _) = scene.left().await;
    scene.engine.misbehave(Fault::Broken);
    for _ in 0..3 {
        scene.gateway.wait(Duration::from_hours(9));
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
    assert_eq!((scene.shop.status(&link).await, scene.told()), ("away".to_owned(), Vec::new()));
    let page = scene.gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200).text();
    assert!(!page.contains("/payment/pay") && !page.contains("expired"), "{page}");
    scene.engine.misbehave(Fault::None);
    scene.engine.pay(&reference);
    scene.gateway.wait(Duration::from_hours(2));
    eventually("both are known", async || scene.told().len() == 2).await;
    assert_eq!((scene.shop.status(&link).await, scene.shop.status(&unpaid).await), ("paid".into(), "expired".into()));
    assert_eq!(scene.engine.payment(&other)["status"], json!("closed"), "nobody pays it late");
}

async fn a_customer_waits_for_a_late_engine_and_goes_home(scene: Scene) {
    let (_, reference, return_url) = scene.left().await;
    scene.engine.pay(&reference);
    scene.engine.misbehave(Fault::Slow);
    let page = scene.gateway.http.get(&return_url).await.is(200);
    let text = page.text();
    let wait = &text[text.find("/return/engine/wait?").expect("a page that looks again")..];
    let wait = wait[..wait.find('"').expect("an end")].replace("&#38;", "&").replace("&amp;", "&");
    scene.engine.misbehave(Fault::None);
    // The first question is still under way, and the next one comes by the schedule.
    tokio::time::sleep(Duration::from_secs(5)).await;
    scene.gateway.wait(Duration::from_secs(6));
    scene.until_told(&["success"]).await;
    let home = scene.gateway.http.get(&wait).await.location();
    assert!(home.contains("status=success"), "{home}");
    assert_eq!(scene.gateway.http.get(&return_url).await.location(), home);
}

async fn cancelling_closes_the_payment_first(scene: Scene) {
    let cancel = async |link: &Link| {
        let left = scene.gateway.http.leave(&link.text).await;
        let cookie = [("cookie", left.cookie.as_str())];
        scene.gateway.http.submit_with("/payment/cancel", &[("link_id", &link.text)], &cookie).await
    };
    let (link, reference, _) = scene.left().await;
    assert!(cancel(&link).await.location().contains("status=cancel"), "it was not paid");
    assert_eq!(scene.engine.payment(&reference)["status"], json!("closed"));
    let (link, reference, _) = scene.left().await;
    scene.engine.pay(&reference);
    assert!(cancel(&link).await.location().contains("status=success"), "it was paid meanwhile");
    let (link, _, _) = scene.left().await;
    scene.engine.misbehave(Fault::Broken);
    cancel(&link).await.is(200);
    assert_eq!(scene.shop.status(&link).await, "away", "nobody knows yet");
    let withdrawn = scene.shop.secpaid("deleteLink", &json!({ "pay_id": link.id })).await.is(409).json();
    assert!(withdrawn["ResponseMsg"].as_str().unwrap().contains("is being closed at its provider"), "{withdrawn}");
    // It is not forgotten.
    scene.engine.misbehave(Fault::None);
    scene.gateway.wait(Duration::from_mins(10));
    eventually("it is cancelled", async || scene.shop.status(&link).await == "cancelled").await;
    scene.until_told(&["cancel", "success", "cancel"]).await;
}

async fn another_amount_is_a_mismatch_and_no_end(mut scene: Scene) {
    scene.gateway.expect_errors();
    let (link, reference, return_url) = scene.left().await;
    scene.engine.change(&reference, &json!({ "status": "paid", "amount": "2.50" }));
    scene.gateway.http.get(&return_url).await.is(200);
    let payment = scene.payment_of(&link).await;
    assert_eq!((&payment["standing"], &payment["reported"]), (&json!("mismatch"), &json!("2.50 EUR")));
    assert_eq!(scene.shop.status(&link).await, "away");
    scene.engine.change(&reference, &json!({ "amount": "25.00" }));
    scene.engine.notify(&scene.gateway, &reference).await.is(204);
    scene.until_told(&["success"]).await;
}

async fn what_is_not_the_engines_word_changes_nothing(scene: Scene) {
    let (link, reference, return_url) = scene.left().await;
    let body = json!({ "type": "payment.updated", "data": { "reference": reference, "status": "paid" } }).to_string();
    let other = "whsec_YUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    for (status, ago, secret) in [(401, 0, other), (401, 301, SECRET), (401, -301, SECRET), (204, 299, SECRET)] {
        notify(&scene.gateway, &body, ago, secret).await.is(status);
    }
    for bad in ["", "{}", "[]", "{\"data\":{}}", "\u{0}"] {
        notify(&scene.gateway, bad, 0, SECRET).await.is(400);
    }
    notify(&scene.gateway, &json!({ "data": { "reference": "1-1" } }).to_string(), 0, SECRET).await.is(204);
    notify(&scene.gateway, &"x".repeat(70_000), 0, SECRET).await.is(413);
    let http = &scene.gateway.http;
    http.send(Method::POST, "/notify/engine", &[], body.clone()).await.is(401);
    http.send(Method::POST, "/notify/nobody", &[], body.clone()).await.is(404);
    http.get("/notify/engine").await.is(405);
    // A forged return, with whatever a stranger thinks of.
    for query in ["&status=paid", "&code=ok", "&error=access_denied"] {
        scene.gateway.http.get(&format!("{return_url}{query}")).await.is(200);
    }
    assert_eq!((scene.shop.status(&link).await, scene.told()), ("away".to_owned(), Vec::new()));
}

async fn operations_go_where_the_money_is(scene: Scene) {
    let client = Client::of(&scene.gateway);
    let urls = json!({ "successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no",
        "errorUrl": "https://shop.example/no", "callbackUrl": scene.server.url("/told?s=op") });
    let begun = client.begin("preauthorize", &debit("order-1", urls.clone())).await;
    let link = link_of(&begun);
    scene.gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.is(303);
    let reference = scene.engine.references().remove(0);
    assert_eq!(scene.engine.payment(&reference)["capture"], json!("manual"));
    scene.engine.change(&reference, &json!({ "status": "authorised" }));
    let return_url = scene.engine.payment(&reference)["return_url"].as_str().unwrap().to_owned();
    assert_eq!(scene.gateway.http.get(&return_url).await.location(), "https://shop.example/ok");
    let after = |kind: &'static str, id: &'static str, amount: &'static str| {
        let mut body = debit(id, json!({ "referenceUuid": begun["uuid"] }));
        body["amount"] = json!(amount);
        let client = &client;
        async move { client.begin(kind, &body).await }
    };
    let captured = after("capture", "order-1-c", "4.00").await;
    assert_eq!(captured["returnType"], json!("FINISHED"), "{captured}");
    let refused = after("capture", "order-1-d", "6.66").await;
    assert_eq!(refused["returnType"], json!("ERROR"), "more than is left: {refused}");
    let second = after("capture", "order-1-e", "5.99").await;
    assert_eq!(second["returnType"], json!("FINISHED"), "{second}");
    let mut body = debit("order-1-f", json!({ "referenceUuid": captured["uuid"] }));
    body["amount"] = json!("1.00");
    let refunded = client.begin("refund", &body).await;
    assert_eq!(refunded["returnType"], json!("FINISHED"), "{refunded}");
    // One that takes its time, and whose first answer is lost: the shop is told in the end.
    scene.engine.misbehave(Fault::Mute);
    let mut body =
        debit("order-1-g", json!({ "referenceUuid": captured["uuid"], "callbackUrl": scene.server.url("/op") }));
    body["amount"] = json!("0.77");
    let pending = client.begin("refund", &body).await;
    assert_eq!(pending["returnType"], json!("PENDING"), "{pending}");
    scene.engine.misbehave(Fault::None);
    scene.gateway.wait(Duration::from_secs(40));
    eventually("the refund is pending there", async || scene.engine.asked("payment.refund") == 3).await;
    scene.gateway.wait(Duration::from_hours(1));
    let told = || scene.server.received().iter().filter(|told| told.target == "/op").count();
    eventually("the refund is known", async || told() == 1).await;
    assert_eq!(client.status(&pending["uuid"]).await["transactionStatus"], json!("SUCCESS"));
    let mut done = scene.engine.operations();
    done.sort();
    let expected = [
        ("payment.capture", "4.00"),
        ("payment.capture", "5.99"),
        ("payment.refund", "0.77"),
        ("payment.refund", "1.00"),
    ];
    assert_eq!(done, expected.map(|(kind, amount)| (kind.to_owned(), amount.to_owned())));
}

async fn what_is_paid_late_is_given_back_once_where_the_merchant_wants_that(scene: Scene) {
    let opened = async |amount: &str, capture: &str| {
        let body = json!({ "amount": amount, "currency": "EUR", "capture": capture, "reference": "order-7",
            "endpoints": [scene.server.url("/hook")], "metadata": { "cart": "81" } });
        let journey = scene.shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        scene.gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
        (journey["journey_id"].as_str().unwrap().to_owned(), format!("{}-1", journey["pay_id"].as_str().unwrap()))
    };
    let status = async |id: &str| scene.shop.journey(id).await["status"].clone();
    // First refused, and its merchant told so; then paid all the same.
    let late = async |amount: &str, capture: &str, proven: &str| {
        let (id, reference) = opened(amount, capture).await;
        scene.engine.refuse(&reference);
        scene.engine.notify(&scene.gateway, &reference).await.is(204);
        eventually("it has failed", async || status(&id).await == "failed").await;
        scene.engine.change(&reference, &json!({ "status": proven }));
        scene.engine.notify(&scene.gateway, &reference).await.is(204);
        scene.gateway.wait(Duration::from_secs(10));
        eventually("it is proven", async || status(&id).await == if proven == "paid" { "paid" } else { "authorised" })
            .await;
        id
    };
    late("20.00", "automatic", "paid").await;
    scene.gateway.wait(Duration::from_mins(1));
    scene.shop.choose(json!({ "late_payments": "refund" })).await;
    let id = late("25.00", "automatic", "paid").await;
    eventually("it is given back", async || !scene.engine.operations().is_empty()).await;
    // One that is refused is not tried again, and one that was set aside is released.
    late("6.66", "automatic", "paid").await;
    late("30.00", "manual", "authorised").await;
    eventually("all are given back", async || scene.engine.operations().len() == 3).await;
    scene.gateway.wait(Duration::from_hours(2));
    let after = scene.engine.asked("payment.refund");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!((scene.engine.asked("payment.refund"), scene.engine.operations().len()), (after, 3));
    let mut operations = scene.engine.operations();
    operations.sort_unstable();
    let expected = [("payment.refund", "25.00"), ("payment.refund", "6.66"), ("payment.void", "")];
    assert_eq!(operations, expected.map(|(kind, amount)| (kind.to_owned(), amount.to_owned())));
    assert_eq!(status(&id).await, json!("paid"), "what it came to stays");
    let told =
        || scene.server.received().iter().map(|told| serde_json::from_str(&told.body).unwrap()).collect::<Vec<Value>>();
    eventually("the merchant is told", async || told().iter().any(|told| told["type"] == "operation.paid")).await;
    let refunded = told().into_iter().find(|told| told["type"] == "operation.paid").unwrap();
    assert_eq!((&refunded["data"]["amount"], &refunded["data"]["reference"]), (&json!("25.00"), &json!("order-7")));
    // What gives a link's payment back is no second link of its merchant.
    let (link, reference, _) = scene.left().await;
    scene.gateway.wait(Duration::from_hours(25));
    let listed =
        async || scene.shop.secpaid("getPayInTransactions", &json!({})).await.json()["data"].as_array().unwrap().len();
    let before = listed().await;
    eventually("the link has expired", async || scene.shop.status(&link).await == "expired").await;
    scene.engine.change(&reference, &json!({ "status": "paid" }));
    scene.engine.notify(&scene.gateway, &reference).await.is(204);
    eventually("it is paid and given back", async || scene.engine.operations().len() == 4).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(listed().await, before + 1);
}

#[tokio::test]
async fn a_checkout_that_no_provider_takes_is_refused_by_its_field() {
    let scene = Scene::open_with(StoreKind::Embedded, "currencies = ['CHF']\n").await;
    let refused = scene.shop.secpaid("createLink", &json!({ "amount": 25 })).await.is(400).json();
    assert!(refused["ResponseMsg"].as_str().unwrap().contains("currency: is EUR"), "{refused}");
    let client = Client::of(&scene.gateway);
    let mut body = debit("order-1", json!({ "successUrl": "https://shop.example/ok" }));
    body["currency"] = json!("CHF");
    assert_eq!(client.begin("debit", &body).await["returnType"], json!("REDIRECT"));
    let registered = client.ask("register", &json!({ "merchantTransactionId": "r-1" })).await.json();
    assert!(registered["errorMessage"].as_str().unwrap().contains("kind of payment"), "{registered}");
}

#[tokio::test]
async fn the_check_of_a_provider_names_each_rule_that_is_broken() {
    let scene = Scene::open(StoreKind::Embedded).await;
    let check = ["provider", "check", "engine"];
    let said = scene.gateway.command(&check);
    assert!(said.contains("10 of 10 rules hold") && !said.contains("BROKEN"), "{said}");
    assert_eq!(scene.engine.payment(&scene.engine.references()[0])["status"], json!("closed"), "nothing is left open");
    scene.engine.misbehave(Fault::Forgetful);
    let refused = scene.gateway.refused_command(&check);
    assert!(refused.contains("1 of 10 rules are broken"), "{refused}");
    scene.engine.misbehave(Fault::Broken);
    assert!(scene.gateway.refused_command(&check).contains("1 of 1 rules are broken"));
    let unknown = scene.gateway.refused_command(&["provider", "check", "other"]);
    assert!(unknown.contains("no [[provider]] \"other\"; it has engine"), "{unknown}");
}

#[tokio::test]
async fn the_sandbox_plays_a_payment_whose_customer_never_returns() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_EGRESS_ALLOW", "127.0.0.0/8")]).await;
    let (shop, server) = (gateway.merchant("Shop"), Receiver::saying(200));
    shop.choose(json!({ "extra_outcomes": "on" })).await;
    let opened = async |note: &str| {
        let told = server.url("/told?s={status}");
        let link = shop.link(json!({ "recipient_note": note, "payment_endpoint": told })).await;
        gateway.http.leave(&link.text).await;
        link
    };
    let paid = opened("asked:4000:paid").await;
    let refused = opened("asked:4000:refused:order 7").await;
    let other = opened("asked:9000:paid:order 8").await;
    gateway.wait(Duration::from_secs(6));
    eventually("two are known", async || server.count() == 2).await;
    let status = async |link: &Link| shop.status(link).await;
    assert_eq!(
        (status(&paid).await, status(&refused).await, status(&other).await),
        ("paid".into(), "failed".into(), "away".into())
    );
    gateway.wait(Duration::from_secs(34));
    eventually("the third is known", async || server.count() == 3).await;
    assert_eq!(status(&other).await, "paid");
}

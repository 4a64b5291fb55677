//! Payments through Yapily: the gateway is the application there, and a payment is made only when it is ordered.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::{HttpReply, query_value};
use crate::support::merchant_client::MerchantClient;
use crate::support::token_io_client::{CALLBACK, TokenIoClient, request};
use crate::support::yapily_host::{DECOUPLED, INSTITUTION, Trouble, YapilyHost};

macro_rules! before_yapily {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Embedded, "").await).await; })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Redis, "").await).await; })+
        }
    };
}

before_yapily![
    a_customer_agrees_and_comes_home,
    whose_customer_has_agreed_and_never_returns_is_paid,
    who_has_not_agreed_pays_nothing,
    nobody_pays_after_it_was_withdrawn,
    whatever_becomes_of_an_order_is_what_its_status_says,
    an_order_whose_answer_was_lost_is_not_made_twice,
    what_was_withdrawn_is_not_made_by_the_question_what_became_of_it,
    an_order_of_which_nothing_can_be_found_out_is_named_by_hand,
    what_is_refused_leads_back_to_the_checkout,
    nobody_pays_by_what_another_has_agreed_to,
    however_many_tabs_come_back_one_payment_is_ordered,
];

struct Scene {
    gateway: TestGateway,
    host: YapilyHost,
    shop: MerchantClient,
}

impl Scene {
    async fn open(kind: StoreKind, more: &str) -> Self {
        let host = YapilyHost::start();
        let mut gateway = TestGateway::open_own(kind, &host.file(more)).await;
        gateway.expect_errors();
        let shop = gateway.merchant("Shop");
        Self { gateway, host, shop }
    }

    async fn opened(&self) -> Value {
        let body =
            json!({ "amount": "25.00", "currency": "EUR", "note": "order-7", "callback": "https://shop.example/cb" });
        self.shop.v1(Method::POST, "/journeys", &body).await.is(201).json()
    }

    /// Where Pay leads; empty where it leads nowhere.
    async fn press(&self, journey: &Value) -> String {
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        let left = self.gateway.http.submit("/payment/pay", &[("link_id", &link)]).await;
        if left.has("location") { left.location() } else { String::new() }
    }

    /// A journey whose customer is at the page of the bank.
    async fn left(&self) -> (Value, String) {
        let journey = self.opened().await;
        let page = self.press(&journey).await;
        assert!(page.starts_with("http://127.0.0.1:9/auth?"), "{page}");
        (journey, page)
    }

    async fn come_back(&self, url: &str) -> HttpReply {
        self.gateway.http.get(url).await
    }

    async fn shown(&self, journey: &Value) -> Value {
        self.shop.journey(pay_id(journey)).await
    }

    async fn status(&self, journey: &Value) -> Value {
        self.shown(journey).await["status"].clone()
    }

    async fn until(&self, journey: &Value, status: &str) {
        eventually(status, async || self.status(journey).await == status).await;
    }

    /// Waits until the schedule has asked once more.
    async fn ask(&self, call: &str) {
        let asked = self.host.called(call);
        self.gateway.wait(Duration::from_secs(40));
        eventually("it is asked", async || self.host.called(call) > asked).await;
    }
}

fn pay_id(journey: &Value) -> &str {
    journey["pay_id"].as_str().unwrap()
}

fn reference(journey: &Value) -> String {
    format!("{}-1", pay_id(journey))
}

async fn a_customer_agrees_and_comes_home(scene: Scene) {
    let (journey, page) = scene.left().await;
    assert_eq!(scene.press(&journey).await, page, "however often Pay is pressed");
    let (asked, _) = scene.host.consents().pop().unwrap();
    let account = json!([{ "type": "IBAN", "identification": "DE89370400440532013000" }]);
    let payment = json!({ "paymentIdempotencyId": format!("{}v1", pay_id(&journey)), "type": "DOMESTIC_PAYMENT",
        "reference": "order-7", "amount": { "amount": 25.0, "currency": "EUR" },
        "payee": { "name": "Shop", "accountIdentifications": account, "address": { "country": "DE" } } });
    assert_eq!(asked["paymentRequest"], payment);
    assert_eq!(
        (&asked["applicationUserId"], &asked["institutionId"]),
        (&json!(reference(&journey)), &json!(INSTITUTION))
    );
    let callback = asked["callback"].as_str().unwrap();
    assert!(callback.starts_with(&format!("{}/return/open-banking?state=", scene.gateway.http.base())), "{callback}");
    assert!(scene.host.references().is_empty(), "nothing is paid before its customer has agreed");
    let way_home = scene.host.agree(&page);
    let home = scene.come_back(&way_home).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.ends_with("&status=paid"), "{home}");
    let made = scene.host.payment_of(&reference(&journey));
    assert_eq!(scene.shown(&journey).await["payment"], json!({ "reference": made["id"], "standing": "proven" }));
    // A reload leads to the same place, and orders nothing.
    assert_eq!(scene.come_back(&way_home).await.location(), home);
    let calls = ["authorise", "exchange", "pay"].map(|call| scene.host.called(call));
    assert_eq!(calls, [1, 1, 1]);
}

async fn whose_customer_has_agreed_and_never_returns_is_paid(scene: Scene) {
    let (journey, page) = scene.left().await;
    scene.host.agree(&page);
    scene.ask("pay").await;
    scene.until(&journey, "paid").await;
    assert_eq!((scene.host.called("exchange"), scene.host.called("pay")), (0, 1));
}

async fn who_has_not_agreed_pays_nothing(scene: Scene) {
    // Whether a consent shows its token before it was exchanged is not documented.
    scene.host.misbehave(Trouble::Discreet);
    let (journey, page) = scene.left().await;
    scene.host.agree(&page);
    scene.ask("consent").await;
    assert_eq!(scene.status(&journey).await, json!("away"));
    scene.gateway.wait(Duration::from_hours(25));
    scene.until(&journey, "expired").await;
    let (_, consent) = scene.host.consents().pop().unwrap();
    assert_eq!(consent["status"], json!("REVOKED"), "nobody pays late");
    for (error, source, expected) in
        [("access_denied", "user", "cancelled"), ("institution_server_error", "institution", "failed")]
    {
        let (journey, page) = scene.left().await;
        let way_home = scene.host.refuse(&page, [error, source]);
        scene.come_back(&way_home).await;
        assert_eq!(scene.status(&journey).await, json!(expected), "{error}");
    }
    let (journey, page) = scene.left().await;
    scene.host.end(&page, "EXPIRED");
    scene.ask("consent").await;
    scene.until(&journey, "failed").await;
    assert_eq!((scene.host.called("pay"), scene.host.references().len()), (0, 0));
}

async fn nobody_pays_after_it_was_withdrawn(scene: Scene) {
    for agrees_before in [false, true] {
        let (journey, page) = scene.left().await;
        let way_home = agrees_before.then(|| scene.host.agree(&page));
        let cancel = format!("/journeys/{}/cancel", pay_id(&journey));
        scene.shop.v1(Method::POST, &cancel, &json!({})).await;
        scene.until(&journey, "cancelled").await;
        let (_, consent) = scene.host.consents().pop().unwrap();
        assert_eq!(consent["status"], json!("REVOKED"));
        if let Some(way_home) = way_home {
            scene.come_back(&way_home).await;
        }
        assert_eq!(scene.status(&journey).await, json!("cancelled"));
    }
    assert_eq!(scene.host.called("pay"), 0);
}

async fn whatever_becomes_of_an_order_is_what_its_status_says(scene: Scene) {
    scene.host.misbehave(Trouble::Pondering);
    for (changed, expected) in [
        (json!({ "status": "PENDING" }), "away"),
        (json!({ "status": "UNKNOWN" }), "away"),
        (json!({ "status": "COMPLETED" }), "paid"),
        (json!({ "status": "DECLINED" }), "failed"),
        (json!({ "status": "FAILED" }), "failed"),
        (json!({ "status": "COMPLETED", "amountDetails": null }), "paid"),
        (json!({ "status": "COMPLETED", "paymentIdempotencyId": null, "institutionConsentId": null }), "paid"),
    ] {
        let (journey, page) = scene.left().await;
        let waits = scene.come_back(&scene.host.agree(&page)).await;
        assert_eq!((waits.status, scene.status(&journey).await), (200, json!("away")), "the bank has not decided");
        let made = reference(&journey).replace('-', "v");
        scene.host.change(&made, &changed);
        scene.ask("details").await;
        scene.until(&journey, expected).await;
    }
    // Another amount than was asked for is a mismatch, and no end.
    let (journey, page) = scene.left().await;
    scene.come_back(&scene.host.agree(&page)).await;
    let less = json!({ "status": "COMPLETED", "amountDetails": { "amount": 24.99, "currency": "EUR" } });
    scene.host.change(&reference(&journey).replace('-', "v"), &less);
    scene.ask("details").await;
    eventually("it differs", async || scene.shown(&journey).await["payment"]["standing"] == "mismatch").await;
    assert_eq!(scene.status(&journey).await, json!("away"));
    // What its bank had accepted, and takes back, is told.
    scene.host.misbehave(Trouble::None);
    let (journey, page) = scene.left().await;
    scene.come_back(&scene.host.agree(&page)).await;
    assert_eq!(scene.status(&journey).await, json!("paid"));
    scene.host.change(&reference(&journey).replace('-', "v"), &json!({ "status": "FAILED" }));
    scene.gateway.wait(Duration::from_hours(30));
    eventually("it is taken back", async || scene.shown(&journey).await["charged_back"] == "25.00").await;
    assert_eq!(scene.status(&journey).await, json!("paid"));
}

async fn an_order_whose_answer_was_lost_is_not_made_twice(scene: Scene) {
    // It was not made: the answer comes at the next try, and not before the first may have come.
    let (journey, page) = scene.left().await;
    let way_home = scene.host.agree(&page);
    scene.host.misbehave(Trouble::Failing("pay"));
    scene.come_back(&way_home).await;
    scene.host.misbehave(Trouble::None);
    scene.ask("pay").await;
    scene.until(&journey, "paid").await;
    // It was made, and a repetition is answered as the first.
    let (journey, page) = scene.left().await;
    scene.host.misbehave(Trouble::Mute("pay"));
    let way_home = scene.host.agree(&page);
    scene.come_back(&way_home).await;
    scene.host.misbehave(Trouble::Repeating);
    let ordered = scene.host.called("pay");
    scene.gateway.wait(Duration::from_secs(10));
    for _ in 0..3 {
        scene.come_back(&way_home).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(scene.host.called("pay"), ordered, "however often a browser comes back");
    scene.ask("pay").await;
    scene.until(&journey, "paid").await;
    assert_eq!(scene.host.references().len(), 2);
    // What certainly did not get there is sent as if it was the first: then a refusal is one.
    let (journey, page) = scene.left().await;
    scene.host.misbehave(Trouble::Unauthorised("pay"));
    scene.come_back(&scene.host.agree(&page)).await;
    scene.host.misbehave(Trouble::Refusing("pay"));
    scene.ask("pay").await;
    scene.until(&journey, "failed").await;
}

async fn what_was_withdrawn_is_not_made_by_the_question_what_became_of_it(scene: Scene) {
    let (journey, page) = scene.left().await;
    // The order is written down, and does not get there.
    let way_home = scene.host.agree(&page);
    scene.host.misbehave(Trouble::Failing("pay"));
    scene.come_back(&way_home).await;
    scene.host.misbehave(Trouble::None);
    let ordered = scene.host.called("pay");
    let cancel = format!("/journeys/{}/cancel", pay_id(&journey));
    scene.shop.v1(Method::POST, &cancel, &json!({})).await.is(409);
    scene.gateway.wait(Duration::from_mins(2));
    eventually("somebody must look", async || scene.shown(&journey).await["payment"]["standing"] == "mismatch").await;
    assert_eq!((scene.host.called("pay"), scene.host.references().len()), (ordered, 0));
    // Whoever has looked says that nothing was made.
    let not_made = format!("/journeys/{}/not-made", pay_id(&journey));
    scene.shop.v1(Method::POST, &not_made, &json!({})).await.is(200);
    scene.until(&journey, "cancelled").await;
    scene.shop.v1(Method::POST, &not_made, &json!({})).await.is(409);
}

async fn an_order_of_which_nothing_can_be_found_out_is_named_by_hand(scene: Scene) {
    let (journey, page) = scene.left().await;
    scene.host.misbehave(Trouble::Stumbling("pay"));
    scene.come_back(&scene.host.agree(&page)).await;
    scene.host.misbehave(Trouble::None);
    // What refuses the repetitions may be the payment itself.
    for _ in 0..2 {
        scene.ask("pay").await;
    }
    scene.gateway.wait(Duration::from_mins(1));
    eventually("somebody must look", async || scene.shown(&journey).await["payment"]["standing"] == "mismatch").await;
    let ordered = scene.host.called("pay");
    scene.gateway.wait(Duration::from_hours(25));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(scene.status(&journey).await, json!("away"), "nobody is told an ending");
    assert_eq!(scene.host.called("pay"), ordered, "it is not ordered hours later");
    // Whoever has found it in Yapily's Console names it.
    let attach = format!("/journeys/{}/attach", pay_id(&journey));
    let name = async |reference: &str| scene.shop.v1(Method::POST, &attach, &json!({ "reference": reference })).await;
    name("pv3-nobodys").await.is(422);
    let made = scene.host.payment_of(&reference(&journey))["id"].as_str().unwrap().to_owned();
    name(&made).await.is(200);
    scene.until(&journey, "paid").await;
}

async fn what_is_refused_leads_back_to_the_checkout(scene: Scene) {
    scene.host.misbehave(Trouble::Refusing("authorise"));
    let journey = scene.opened().await;
    scene.press(&journey).await;
    assert_eq!(scene.status(&journey).await, json!("failed"));
    for trouble in [Trouble::Broken, Trouble::Busy, Trouble::Mute("authorise")] {
        scene.host.misbehave(trouble);
        let journey = scene.opened().await;
        assert_eq!(scene.press(&journey).await, "", "{trouble:?}");
        scene.host.misbehave(Trouble::None);
        assert_ne!(scene.press(&journey).await, "", "{trouble:?}");
    }
    let (journey, page) = scene.left().await;
    scene.host.misbehave(Trouble::Refusing("pay"));
    scene.come_back(&scene.host.agree(&page)).await;
    assert_eq!(scene.status(&journey).await, json!("failed"));
    for (name, value) in [("currency", json!("GBP")), ("capture", json!("manual"))] {
        let mut body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
        body[name] = value;
        scene.shop.v1(Method::POST, "/journeys", &body).await.is(422);
    }
    let attached = json!({ "amount": "25.00", "currency": "EUR", "attach": "open-banking" });
    assert_eq!(scene.shop.v1(Method::POST, "/journeys", &attached).await.is(422).json()["field"], json!("attach"));
}

async fn nobody_pays_by_what_another_has_agreed_to(scene: Scene) {
    scene.host.misbehave(Trouble::Discreet);
    let (journey, page) = scene.left().await;
    let (_, other_page) = scene.left().await;
    let other = scene.host.agree(&other_page);
    let (asked, _) = scene.host.consents().remove(0);
    let own = asked["callback"].as_str().unwrap();
    assert!(page.starts_with("http://127.0.0.1:9/"));
    for token in [query_value(&other, "one-time-token"), "forged".to_owned()] {
        scene.come_back(&format!("{own}&one-time-token={token}")).await;
    }
    assert_ne!(scene.status(&journey).await, json!("paid"));
    assert_eq!(scene.host.called("pay"), 0);
}

async fn however_many_tabs_come_back_one_payment_is_ordered(scene: Scene) {
    let (journey, page) = scene.left().await;
    let way_home = scene.host.agree(&page);
    let tabs = futures_util::future::join_all((0..8).map(|_| scene.come_back(&way_home))).await;
    assert!(tabs.iter().all(|tab| [200, 303].contains(&tab.status)));
    scene.until(&journey, "paid").await;
    assert_eq!((scene.host.called("pay"), scene.host.references().len()), (1, 1));
}

#[tokio::test]
async fn a_bank_without_a_page_is_refused() {
    let host = YapilyHost::start();
    let file = host.file("").replace(INSTITUTION, DECOUPLED);
    let gateway = TestGateway::open_own(StoreKind::Embedded, &file).await;
    let shop = gateway.merchant("Shop");
    let scene = Scene { gateway, host, shop };
    let journey = scene.opened().await;
    scene.press(&journey).await;
    assert_eq!(scene.status(&journey).await, json!("failed"));
}

#[tokio::test]
async fn an_app_that_takes_the_banks_answer_itself_brings_the_token() {
    let host = YapilyHost::start();
    let file = host.file("[[institution]]\nid = 'modelo'\nname = 'Modelo'\nbank = 'open-banking'\n");
    let gateway = TestGateway::open_own(StoreKind::Embedded, &file).await;
    let member = TokenIoClient::of(&gateway).await;
    member.merchant.save(CALLBACK).await;
    member.merchant.choose(json!({ "answers_to": "app" })).await;
    let creditor = json!({ "iban": "GB29NWBK60161331926819", "name": "Shop" });
    let asked = member.ask(json!({ "bankId": "modelo", "creditor": creditor })).await;
    let way_home = host.agree(&asked.redirect_url());
    assert!(way_home.starts_with(CALLBACK), "{way_home}");
    let (_, query) = way_home.split_once('?').unwrap();
    let brought = member.post("/callback/initiation", &json!({ "query": query })).await.is(200).json();
    assert_eq!(brought["payment"]["status"], json!("INITIATION_COMPLETED"), "{brought}");
    assert_eq!((host.called("exchange"), host.called("pay")), (1, 1));
    // What it does not take is refused by the bank's name.
    for changes in [
        json!({ "bankId": "modelo", "creditor": creditor, "amount": { "value": "1.00", "currency": "CHF" } }),
        json!({ "bankId": "modelo", "creditor": { "iban": "GB29NWBK60161331926819", "name": "Somebody else" } }),
    ] {
        let refused = member.post("/v2/payments", &request(changes)).await.is(400).text();
        assert!(refused.contains("bankId"), "{refused}");
    }
}

//! Payments through Token.io: the gateway is the member there.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::token_io_host::{TokenIoHost, Trouble, WEBHOOK_SEED, post_webhook};

macro_rules! before_token_io {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Embedded, "").await).await; })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Redis, "").await).await; })+
        }
    };
}

before_token_io![
    a_customer_agrees_and_comes_home,
    whose_customer_never_returns_is_told,
    whatever_becomes_of_it_is_what_the_status_says,
    a_lost_answer_is_found_with_its_page,
    a_late_bank_has_its_page_later,
    what_is_refused_leads_back_to_the_checkout,
    what_is_not_the_members_word_changes_nothing,
];

/// Where Token.io tells of payments.
const WEBHOOK_URL: &str = "/notify/transfer";

struct Scene {
    gateway: TestGateway,
    host: TokenIoHost,
    shop: MerchantClient,
}

impl Scene {
    async fn open(kind: StoreKind, more: &str) -> Self {
        let host = TokenIoHost::start();
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

    /// A journey whose customer is at the page, and the reference of its payment.
    async fn left(&self) -> (Value, String) {
        let journey = self.opened().await;
        let page = self.press(&journey).await;
        assert!(page.starts_with("http://127.0.0.1:9/session/pm2:"), "{page}");
        let reference = format!("{}-1", journey["pay_id"].as_str().unwrap());
        (journey, reference)
    }

    async fn status(&self, journey: &Value) -> Value {
        self.shop.journey(journey["pay_id"].as_str().unwrap()).await["status"].clone()
    }

    async fn until(&self, journey: &Value, status: &str) {
        eventually(status, async || self.status(journey).await == status).await;
    }
}

async fn a_customer_agrees_and_comes_home(scene: Scene) {
    let (journey, reference) = scene.left().await;
    let payment = scene.host.payment(&reference);
    let initiation = &payment["initiation"];
    for (name, value) in [
        ("amount", json!({ "value": "25.00", "currency": "EUR" })),
        ("creditor", json!({ "name": "Shop", "iban": "DE89370400440532013000" })),
        ("remittanceInformationPrimary", json!("order-7")),
        ("flowType", json!("FULL_HOSTED_PAGES")),
        ("callbackUrl", json!(format!("{}/return/transfer", scene.gateway.http.base()))),
    ] {
        assert_eq!(initiation[name], value, "{name}");
    }
    scene.host.succeed(&reference);
    let home = scene.gateway.http.get(&scene.host.way_back(&reference)).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.ends_with("&status=paid"), "{home}");
    let shown = scene.shop.journey(journey["pay_id"].as_str().unwrap()).await;
    assert_eq!(shown["payment"], json!({ "reference": payment["id"], "standing": "proven" }));
    // However often Pay is pressed, there is one.
    assert_eq!(scene.host.called("POST /v2/payments"), 1);
}

async fn whose_customer_never_returns_is_told(scene: Scene) {
    let (journey, reference) = scene.left().await;
    scene.host.succeed(&reference);
    for _ in 0..2 {
        let acknowledged = scene.host.webhook(&scene.gateway.http, WEBHOOK_URL, &reference).await.is(200);
        assert_eq!(acknowledged.text(), "OK");
    }
    scene.until(&journey, "paid").await;
    // And by the schedule, without a webhook.
    let (journey, reference) = scene.left().await;
    scene.host.refuse(&reference);
    scene.gateway.wait(Duration::from_secs(10));
    scene.until(&journey, "failed").await;
}

async fn whatever_becomes_of_it_is_what_the_status_says(scene: Scene) {
    for (status, expected) in [
        (json!({ "status": "INITIATION_PROCESSING" }), "away"),
        (json!({ "status": "INITIATION_NO_FINAL_STATUS_AVAILABLE" }), "away"),
        (json!({ "status": "INITIATION_EXPIRED", "bankPaymentStatus": "ACCP" }), "away"),
        (json!({ "status": "INITIATION_ODD" }), "away"),
        (json!({ "status": "INITIATION_COMPLETED" }), "paid"),
        (json!({ "status": "SETTLEMENT_INCOMPLETE" }), "paid"),
        (json!({ "status": "INITIATION_DECLINED" }), "cancelled"),
        (json!({ "status": "INITIATION_REJECTED_INSUFFICIENT_FUNDS" }), "failed"),
        (json!({ "status": "INITIATION_EXPIRED" }), "failed"),
    ] {
        let (journey, reference) = scene.left().await;
        scene.host.change(&reference, &status);
        scene.gateway.http.get(&scene.host.way_back(&reference)).await;
        assert_eq!(scene.status(&journey).await, json!(expected), "{status}");
    }
    // Another amount than was asked for is a mismatch, and no end.
    let (journey, reference) = scene.left().await;
    let mut initiation = scene.host.payment(&reference)["initiation"].clone();
    initiation["amount"]["value"] = json!("24.99");
    scene.host.change(&reference, &json!({ "status": "INITIATION_COMPLETED", "initiation": initiation }));
    scene.gateway.http.get(&scene.host.way_back(&reference)).await;
    let shown = scene.shop.journey(journey["pay_id"].as_str().unwrap()).await;
    assert_eq!((&shown["status"], &shown["payment"]["standing"]), (&json!("away"), &json!("mismatch")));
}

async fn a_lost_answer_is_found_with_its_page(scene: Scene) {
    let journey = scene.opened().await;
    scene.host.misbehave(Trouble::Mute);
    assert_eq!(scene.press(&journey).await, "");
    scene.host.misbehave(Trouble::None);
    // From then on it is looked for before another is made.
    scene.gateway.wait(Duration::from_secs(5));
    let page = scene.press(&journey).await;
    assert!(page.starts_with("http://127.0.0.1:9/session/pm2:"), "{page}");
    assert_eq!(scene.host.references().len(), 1);
    // Where it is made twice all the same, everybody is sent to the one that was written down.
    let journey = scene.opened().await;
    scene.host.misbehave(Trouble::Mute);
    let began = Instant::now();
    scene.press(&journey).await;
    scene.host.misbehave(Trouble::None);
    let page = scene.press(&journey).await;
    // On a slow machine the first is found instead.
    let is_late = began.elapsed() > Duration::from_millis(40);
    scene.gateway.wait(Duration::from_secs(30));
    assert_eq!(scene.press(&journey).await, page);
    let reference = format!("{}-1", journey["pay_id"].as_str().unwrap());
    let made = scene.host.references().iter().filter(|own| **own == reference).count();
    assert!(made == 2 || (is_late && made == 1), "{made}");
    // One of the same reference is refused: it is found by that.
    let journey = scene.opened().await;
    scene.host.misbehave(Trouble::Mute);
    scene.press(&journey).await;
    scene.host.misbehave(Trouble::Unique);
    assert!(scene.press(&journey).await.starts_with("http://127.0.0.1:9/session/pm2:"));
}

async fn a_late_bank_has_its_page_later(scene: Scene) {
    let journey = scene.opened().await;
    scene.host.misbehave(Trouble::Pondering);
    assert_eq!(scene.press(&journey).await, "");
    let reference = format!("{}-1", journey["pay_id"].as_str().unwrap());
    let page = json!({ "redirectUrl": "http://127.0.0.1:9/session/late" });
    let waits = json!({ "status": "INITIATION_PENDING_REDIRECT_HP", "authentication": page });
    scene.host.change(&reference, &waits);
    scene.gateway.wait(Duration::from_secs(5));
    assert_eq!(scene.press(&journey).await, "http://127.0.0.1:9/session/late");
    assert_eq!(scene.host.references().len(), 1);
}

async fn what_is_refused_leads_back_to_the_checkout(scene: Scene) {
    for (trouble, left_open) in
        [(Trouble::Refusing, false), (Trouble::Declining, false), (Trouble::Broken, true), (Trouble::Busy, true)]
    {
        let journey = scene.opened().await;
        scene.host.misbehave(trouble);
        scene.press(&journey).await;
        let expected = if left_open { "away" } else { "failed" };
        assert_eq!(scene.status(&journey).await, json!(expected), "{trouble:?}");
        scene.host.misbehave(Trouble::None);
    }
    let currency = json!({ "amount": "25.00", "currency": "CHF", "callback": "https://shop.example/cb" });
    assert_eq!(scene.shop.v1(Method::POST, "/journeys", &currency).await.is(422).json()["field"], json!("currency"));
    // Whom the customer is shown is who is paid.
    let other = scene.gateway.merchant("Other shop");
    let own = json!({ "amount": "25.00", "currency": "EUR", "provider": "transfer" });
    let refused = other.v1(Method::POST, "/journeys", &own).await.is(422).json();
    assert_eq!(refused["field"], json!("provider"), "{refused}");
    assert_eq!(other.v1(Method::POST, "/journeys", &json!({ "amount": "25.00", "currency": "EUR" })).await.status, 422);
    let later = json!({ "amount": "25.00", "currency": "EUR", "capture": "manual" });
    assert_eq!(scene.shop.v1(Method::POST, "/journeys", &later).await.status, 422);
}

async fn what_is_not_the_members_word_changes_nothing(scene: Scene) {
    let (journey, reference) = scene.left().await;
    let mut told =
        json!({ "id": "ev-1", "eventType": "PAYMENT_STATUS_CHANGED", "payment": scene.host.payment(&reference) });
    told["payment"]["status"] = json!("INITIATION_COMPLETED");
    let told = told.to_string();
    let asked = scene.host.called("GET /v2/payments/{id}");
    let event = ("PAYMENT_STATUS_CHANGED", told.as_str());
    post_webhook(&scene.gateway.http, WEBHOOK_URL, event, &[1; 32]).await.is(401);
    assert_eq!(scene.host.called("GET /v2/payments/{id}"), asked, "nobody is asked about a forged one");
    // A genuine one is a reason to ask, and decides nothing.
    post_webhook(&scene.gateway.http, WEBHOOK_URL, event, &WEBHOOK_SEED).await.is(200);
    eventually("it is asked about", async || scene.host.called("GET /v2/payments/{id}") > asked).await;
    assert_eq!(scene.status(&journey).await, json!("away"));
    let unknown = ("REFUND_STATUS_CHANGED", r#"{"id":"ev-2","refundStatusChanged":{}}"#);
    post_webhook(&scene.gateway.http, WEBHOOK_URL, unknown, &WEBHOOK_SEED).await.is(200);
}

#[tokio::test]
async fn a_bank_that_is_configured_is_where_everybody_agrees() {
    let scene = Scene::open(StoreKind::Embedded, "bank = 'ob-modelo'\n").await;
    let journey = scene.opened().await;
    let page = scene.press(&journey).await;
    assert!(page.starts_with("http://127.0.0.1:9/auth/pm2:"), "{page}");
    let reference = format!("{}-1", journey["pay_id"].as_str().unwrap());
    scene.host.succeed(&reference);
    let home = scene.gateway.http.get(&scene.host.way_back(&reference)).await.location();
    assert!(home.ends_with("&status=paid"), "{home}");
}

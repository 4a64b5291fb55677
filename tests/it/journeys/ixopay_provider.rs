//! Payments at a connector of IXOPAY's: the gateway is the merchant there.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::ixopay_connector::{API_KEY, Connector, PASSWORD, SHARED_SECRET, Trouble, USER, call_back};
use crate::support::merchant_client::MerchantClient;
use crate::support::receiver::{Receiver, Reply};

macro_rules! before_a_connector {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Embedded).await).await; })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Redis).await).await; })+
        }
    };
}

before_a_connector![
    a_customer_pays_and_comes_home,
    whose_customer_never_returns_is_told_by_a_callback,
    whatever_becomes_of_it_is_what_the_status_says,
    a_lost_answer_begins_no_second_transaction,
    money_is_captured_released_and_given_back,
    what_is_not_the_connectors_word_changes_nothing,
    a_chargeback_and_its_reversal_are_heard_of,
    whoever_reloads_does_not_use_up_the_questions,
];

struct Scene {
    gateway: TestGateway,
    connector: Connector,
    shop: MerchantClient,
}

impl Scene {
    async fn open(kind: StoreKind) -> Self {
        let connector = Connector::start();
        let mut gateway = TestGateway::open_own(kind, &connector.file()).await;
        gateway.expect_errors();
        let shop = gateway.merchant("Shop");
        shop.choose(json!({ "extra_outcomes": "on" })).await;
        Self { gateway, connector, shop }
    }

    async fn opened(&self, more: Value) -> Value {
        let mut body = json!({ "amount": "25.00", "currency": "EUR", "note": "Two tickets",
            "callback": "https://shop.example/cb" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.shop.v1(Method::POST, "/journeys", &body).await.is(201).json()
    }

    /// A journey whose customer is at the connector's page, and the id of its transaction.
    async fn left(&self, more: Value) -> (Value, String) {
        let journey = self.opened(more).await;
        let left = self.press(&journey).await;
        assert!(left.starts_with("http://127.0.0.1:9/redirect/"), "{left}");
        let id = format!("{}-1", journey["pay_id"].as_str().unwrap());
        (journey, id)
    }

    async fn press(&self, journey: &Value) -> String {
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        let left = self.gateway.http.submit("/payment/pay", &[("link_id", &link)]).await;
        if left.has("location") { left.location() } else { String::new() }
    }

    async fn journey(&self, journey: &Value) -> Value {
        self.shop.journey(journey["journey_id"].as_str().unwrap()).await
    }

    async fn until(&self, journey: &Value, status: &str) {
        eventually(status, async || self.journey(journey).await["status"] == status).await;
    }

    fn return_url(&self, id: &str) -> String {
        self.connector.transaction(id)["successUrl"].as_str().unwrap().to_owned()
    }
}

async fn a_customer_pays_and_comes_home(scene: Scene) {
    let (journey, id) = scene.left(json!({})).await;
    assert_eq!((&journey["provider"], scene.connector.ids()), (&json!("cards"), vec![id.clone()]));
    let begun = scene.connector.transaction(&id);
    let callback = format!("{}/notify/cards", scene.gateway.http.base());
    for (name, value) in [
        ("amount", "25.00"),
        ("currency", "EUR"),
        ("description", "Two tickets"),
        ("callbackUrl", &callback),
        ("transactionType", "DEBIT"),
    ] {
        assert_eq!(begun[name], json!(value), "{name}");
    }
    assert_eq!(begun["successUrl"], begun["cancelUrl"]);
    assert_eq!(scene.journey(&journey).await["payment"], json!({ "reference": begun["uuid"], "standing": "open" }));
    scene.connector.succeed(&id);
    let home = scene.gateway.http.get(&scene.return_url(&id)).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && home.ends_with("&status=paid"), "{home}");
    // However often Pay is pressed, there is one.
    assert_eq!(scene.connector.called("debit"), 1);
}

async fn whose_customer_never_returns_is_told_by_a_callback(scene: Scene) {
    let (journey, id) = scene.left(json!({})).await;
    scene.connector.succeed(&id);
    for _ in 0..2 {
        let acknowledged = scene.connector.call_back(&scene.gateway, &id, SHARED_SECRET).await.is(200);
        assert_eq!(acknowledged.text(), "OK");
    }
    scene.until(&journey, "paid").await;
    assert_eq!(scene.journey(&journey).await.get("returned_at"), None);
    // And by the schedule, without a callback.
    let (journey, id) = scene.left(json!({})).await;
    scene.connector.succeed(&id);
    scene.gateway.wait(Duration::from_secs(10));
    scene.until(&journey, "paid").await;
}

async fn whatever_becomes_of_it_is_what_the_status_says(scene: Scene) {
    for (changed, status, error) in [
        (json!({ "transactionStatus": "CANCELLED" }), "cancelled", json!(null)),
        (
            json!({ "transactionStatus": "ERROR", "message": "STOLEN_CARD", "code": "2016" }),
            "failed",
            json!("ixopay_2016"),
        ),
        (json!({ "transactionStatus": "ERROR", "errors": [{ "errorCode": 2005 }] }), "failed", json!("payment_closed")),
    ] {
        let (journey, id) = scene.left(json!({})).await;
        scene.connector.change(&id, &changed);
        let home = scene.gateway.http.get(&scene.return_url(&id)).await.location();
        assert!(home.contains(&format!("status={status}")), "{home}");
        let timeline = scene.journey(&journey).await["timeline"].clone();
        let ended = timeline.as_array().unwrap().iter().find(|event| event["event"] == "concluded").unwrap().clone();
        if !error.is_null() {
            assert_eq!(ended["error"], error, "{ended}");
        }
    }
    // What is over another amount is somebody's affair, and no end.
    let (journey, id) = scene.left(json!({})).await;
    scene.connector.change(&id, &json!({ "transactionStatus": "SUCCESS", "amount": "24.00" }));
    scene.connector.call_back(&scene.gateway, &id, SHARED_SECRET).await.is(200);
    eventually("the mismatch is known", async || scene.journey(&journey).await["payment"]["standing"] == "mismatch")
        .await;
    assert_eq!(scene.journey(&journey).await["payment"]["reported"], json!("24.00 EUR"));
    // Declined before there was a page, and decided at once without one.
    scene.connector.misbehave(Trouble::Declining);
    let journey = scene.opened(json!({})).await;
    let home = scene.press(&journey).await;
    assert!(home.contains("status=failed") && home.contains("error=ixopay_2003"), "{home}");
    scene.connector.misbehave(Trouble::Finishing);
    let journey = scene.opened(json!({})).await;
    let back = scene.press(&journey).await;
    assert!(back.contains("/return/cards?state="), "{back}");
    let home = scene.gateway.http.get(&back).await.location();
    assert!(home.ends_with("&status=paid"), "{home}");
}

async fn a_lost_answer_begins_no_second_transaction(scene: Scene) {
    // It was begun and decided, and nobody heard so.
    let first = scene.opened(json!({})).await;
    scene.connector.misbehave(Trouble::Mute);
    assert_eq!(scene.press(&first).await, "");
    let id = format!("{}-1", first["pay_id"].as_str().unwrap());
    scene.connector.succeed(&id);
    scene.connector.misbehave(Trouble::None);
    scene.gateway.wait(Duration::from_secs(10));
    scene.until(&first, "paid").await;
    // Nobody was sent to its page: after a while it is given up.
    let second = scene.opened(json!({})).await;
    scene.connector.misbehave(Trouble::Mute);
    assert_eq!(scene.press(&second).await, "");
    scene.connector.misbehave(Trouble::None);
    let standing = async || scene.journey(&second).await["payment"]["standing"].clone();
    let sought = scene.connector.called("getByMerchantTransactionId");
    scene.gateway.wait(Duration::from_secs(10));
    eventually("it is sought", async || scene.connector.called("getByMerchantTransactionId") > sought).await;
    assert_eq!(standing().await, json!("open"));
    scene.gateway.wait(Duration::from_mins(10));
    eventually("it is given up", async || scene.journey(&second).await["status"] == "failed").await;
    let of_second = scene.connector.ids().into_iter().filter(|id| id.starts_with(second["pay_id"].as_str().unwrap()));
    assert_eq!(of_second.count(), 1);
    // What was never begun is not begun to be cancelled.
    let never = scene.opened(json!({})).await;
    scene.connector.misbehave(Trouble::Busy);
    assert_eq!(scene.press(&never).await, "");
    scene.connector.misbehave(Trouble::None);
    let path = format!("/journeys/{}/cancel", never["journey_id"].as_str().unwrap());
    scene.shop.v1(Method::POST, &path, &json!({})).await;
    for _ in 0..2 {
        scene.gateway.wait(Duration::from_mins(61));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    scene.until(&never, "cancelled").await;
    let id = format!("{}-1", never["pay_id"].as_str().unwrap());
    assert!(!scene.connector.ids().contains(&id));
    // While it is in trouble nothing is begun, and nothing ends.
    for trouble in [Trouble::Broken, Trouble::Busy] {
        let journey = scene.opened(json!({})).await;
        scene.connector.misbehave(trouble);
        assert_eq!(scene.press(&journey).await, "");
        assert_ne!(scene.journey(&journey).await["status"], json!("failed"));
        scene.connector.misbehave(Trouble::None);
        scene.gateway.wait(Duration::from_mins(10));
        let id = format!("{}-1", journey["pay_id"].as_str().unwrap());
        eventually("it is begun", async || scene.connector.ids().contains(&id)).await;
    }
}

async fn money_is_captured_released_and_given_back(scene: Scene) {
    let order = async |of: &Value, what: &str, key: &str, body: Value| {
        let id = of["journey_id"].as_str().unwrap();
        let path = format!("/journeys/{id}/{what}");
        scene.shop.v1_with(Method::POST, &path, &[("idempotency-key", key)], &body).await.is(201).json()
    };
    let (journey, id) = scene.left(json!({ "capture": "manual" })).await;
    assert_eq!(scene.connector.transaction(&id)["transactionType"], json!("PREAUTHORIZE"));
    scene.connector.succeed(&id);
    let home = scene.gateway.http.get(&scene.return_url(&id)).await.location();
    assert!(home.ends_with("&status=authorised"), "{home}");
    let captured = order(&journey, "captures", "c", json!({ "amount": "10.00" })).await;
    assert_eq!(captured["status"], json!("paid"));
    let of = |operation: &Value| scene.connector.transaction(&format!("{}-1", operation["pay_id"].as_str().unwrap()));
    assert_eq!(of(&captured)["referenceUuid"], scene.connector.transaction(&id)["uuid"]);
    // What gives back refers to the capture.
    let refunded = order(&captured, "refunds", "r", json!({ "amount": "4.00", "note": "one ticket" })).await;
    assert_eq!(refunded["status"], json!("paid"));
    assert_eq!(of(&refunded)["referenceUuid"], of(&captured)["uuid"]);
    assert_eq!((&of(&refunded)["amount"], &of(&refunded)["description"]), (&json!("4.00"), &json!("one ticket")));
    assert_eq!(order(&journey, "voids", "v", json!({})).await["status"], json!("paid"));
    // One whose answer is lost, and one that takes its time, are done once.
    let (paid, id) = scene.left(json!({})).await;
    scene.connector.succeed(&id);
    scene.gateway.http.get(&scene.return_url(&id)).await.location();
    scene.connector.misbehave(Trouble::Mute);
    let lost = order(&paid, "refunds", "r1", json!({ "amount": "1.00" })).await;
    scene.connector.misbehave(Trouble::Pondering);
    let slow = order(&paid, "refunds", "r2", json!({ "amount": "2.00" })).await;
    assert_eq!((lost["status"] != "paid", slow["status"] != "paid"), (true, true), "{lost} {slow}");
    scene.connector.misbehave(Trouble::None);
    let slow_id = format!("{}-1", slow["pay_id"].as_str().unwrap());
    scene.connector.succeed(&slow_id);
    scene.connector.call_back(&scene.gateway, &slow_id, SHARED_SECRET).await.is(200);
    scene.until(&slow, "paid").await;
    scene.gateway.wait(Duration::from_mins(1));
    scene.until(&lost, "paid").await;
    let refunds = scene
        .connector
        .ids()
        .iter()
        .filter(|id| scene.connector.transaction(id)["transactionType"] == "REFUND")
        .count();
    assert_eq!(refunds, 3);
}

async fn a_chargeback_and_its_reversal_are_heard_of(scene: Scene) {
    let server = Receiver::answering(|_, _| Reply::Saying(200, "OK"));
    let (journey, id) = scene.left(json!({ "endpoints": [server.url("/hook")] })).await;
    let url = format!("{}/notify/cards", scene.gateway.http.base());
    let hears = async |callback: &Value| call_back(&scene.gateway, &url, &callback.to_string(), SHARED_SECRET).await;
    let taken = scene.connector.charge_back(&id, "cb1", None);
    // It is sent again until the payment is known, and while the connector cannot be asked.
    hears(&taken).await.is(503);
    scene.connector.succeed(&id);
    scene.gateway.http.get(&scene.return_url(&id)).await.location();
    scene.connector.misbehave(Trouble::Broken);
    hears(&taken).await.is(503);
    scene.connector.misbehave(Trouble::None);
    // A callback decides nothing: what it names is asked about, and must be a chargeback of this very transaction.
    let mut other = taken.clone();
    other["uuid"] = scene.connector.transaction(&id)["uuid"].clone();
    assert_eq!(hears(&other).await.is(200).text(), "OK");
    assert_eq!(scene.journey(&journey).await.get("charged_back"), None);
    let asked = scene.connector.called("getByUuid");
    for _ in 0..5 {
        assert_eq!(hears(&taken).await.is(200).text(), "OK");
    }
    assert_eq!(scene.connector.called("getByUuid"), asked + 1, "what is known is not asked about");
    assert_eq!(scene.journey(&journey).await["charged_back"], json!("25.00"));
    hears(&scene.connector.charge_back(&id, "cr1", Some("cb1"))).await.is(200);
    let now = scene.journey(&journey).await;
    assert_eq!((&now["status"], &now["charged_back"]), (&json!("paid"), &json!("0.00")));
    let told =
        || server.received().iter().map(|told| serde_json::from_str::<Value>(&told.body).unwrap()).collect::<Vec<_>>();
    eventually("both are told", async || told().len() == 3).await;
    let told: Vec<_> =
        told().into_iter().map(|told| (told["type"].clone(), told["data"]["operation"].clone())).collect();
    assert!(told.contains(&(json!("operation.paid"), json!("chargeback"))), "{told:?}");
    assert!(told.contains(&(json!("operation.paid"), json!("chargeback_reversal"))), "{told:?}");
}

async fn whoever_reloads_does_not_use_up_the_questions(scene: Scene) {
    let (journey, id) = scene.left(json!({})).await;
    let url = scene.return_url(&id);
    // Ten questions a minute are answered about one transaction.
    for _ in 0..12 {
        scene.gateway.http.get(&url).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(scene.connector.called("getByUuid"), 1, "the answer holds");
    // A callback does not wait for that.
    scene.connector.succeed(&id);
    scene.connector.call_back(&scene.gateway, &id, SHARED_SECRET).await.is(200);
    scene.until(&journey, "paid").await;
    assert!(scene.connector.called("getByUuid") <= 3, "{}", scene.connector.called("getByUuid"));
}

async fn what_is_not_the_connectors_word_changes_nothing(scene: Scene) {
    let (journey, id) = scene.left(json!({})).await;
    let url = format!("{}/notify/cards", scene.gateway.http.base());
    let asked = scene.connector.called("getByUuid");
    scene.connector.call_back(&scene.gateway, &id, "another-secret").await.is(401);
    for (body, status) in [
        (json!({ "result": "OK", "merchantTransactionId": "1-1" }), 200),
        (json!({ "result": "OK", "merchantTransactionId": "nobody" }), 200),
        (json!({ "result": "OK" }), 400),
        (json!([]), 400),
    ] {
        call_back(&scene.gateway, &url, &body.to_string(), SHARED_SECRET).await.is(status);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(scene.connector.called("getByUuid"), asked);
    // The callback says that it succeeded; the status, which decides, does not.
    let lie = json!({ "result": "OK", "merchantTransactionId": id, "amount": "25.00", "currency": "EUR" });
    call_back(&scene.gateway, &url, &lie.to_string(), SHARED_SECRET).await.is(200);
    eventually("it is asked", async || scene.connector.called("getByUuid") > asked).await;
    assert_eq!(scene.journey(&journey).await["status"], json!("away"));
    // Another transaction under this uuid is not this payment.
    scene.connector.change(&id, &json!({ "transactionStatus": "SUCCESS", "merchantTransactionId": "other-1" }));
    call_back(&scene.gateway, &url, &lie.to_string(), SHARED_SECRET).await.is(200);
    eventually("it is a mismatch", async || scene.journey(&journey).await["payment"]["standing"] == "mismatch").await;
}

#[tokio::test]
async fn a_merchant_connects_its_own_connector() {
    let connector = Connector::start();
    let gateway =
        TestGateway::open_own(StoreKind::Embedded, "sandbox.enabled = true\negress.allow = ['127.0.0.0/8']\n").await;
    let shop = gateway.merchant("Shop");
    let good = json!({ "name": "cards", "kind": "ixopay", "url": connector.url(), "api_key": API_KEY, "user": USER,
        "password": "not yet", "shared_secret": SHARED_SECRET });
    for (more, field) in [
        (json!({ "api_key": "a/b" }), "api_key"),
        (json!({ "user": "a:b" }), "user"),
        (json!({ "password": "" }), "password"),
        (json!({ "shared_secret": "\u{0}" }), "shared_secret"),
        (json!({ "secret": "whsec_x" }), "secret"),
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = shop.v1(Method::POST, "/provider-accounts", &body).await.is(422).json();
        assert_eq!(refused["field"], json!(field), "{refused}");
    }
    for field in ["api_key", "user", "password", "shared_secret"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        let refused = shop.v1(Method::POST, "/provider-accounts", &body).await.is(422).json();
        assert_eq!(refused["field"], json!(field), "{refused}");
    }
    let created = shop.v1(Method::POST, "/provider-accounts", &good).await.is(201).json();
    // The password is not carried to another host.
    let elsewhere = json!({ "url": "https://mine.example" });
    let refused = shop.v1(Method::PATCH, "/provider-accounts/cards", &elsewhere).await.is(422).json();
    assert_eq!(refused["field"], json!("password"), "{refused}");
    assert!(!created.to_string().contains(SHARED_SECRET) && !created.to_string().contains("not yet"), "{created}");
    assert_eq!((&created["api_key"], &created["user"]), (&json!(API_KEY), &json!(USER)));
    let test = async || shop.v1(Method::POST, "/provider-accounts/cards/test", &json!({})).await.is(200).json();
    let failed = test().await;
    assert_eq!(
        (&failed["answers"], failed["detail"].as_str().unwrap().contains("401")),
        (&json!(false), true),
        "{failed}"
    );
    shop.v1(Method::PATCH, "/provider-accounts/cards", &json!({ "password": PASSWORD })).await.is(200);
    eventually("it answers", async || test().await["answers"] == json!(true)).await;
    let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    let journey = shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
    let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
    let id = format!("{}-1", journey["pay_id"].as_str().unwrap());
    assert_eq!(connector.transaction(&id)["callbackUrl"], created["notification_url"]);
    connector.succeed(&id);
    assert_eq!(connector.call_back(&gateway, &id, SHARED_SECRET).await.is(200).text(), "OK");
    let paid = async || shop.journey(journey["journey_id"].as_str().unwrap()).await["status"] == "paid";
    eventually("it is paid", paid).await;
    // A secret of its kind is the provider's to give.
    let rotate = "/provider-accounts/cards/secret/rotate";
    assert_eq!(shop.v1(Method::POST, rotate, &json!({})).await.is(422).json()["field"], json!("secret"));
    let rotated = shop.v1(Method::POST, rotate, &json!({ "secret": "another" })).await.is(201).json();
    assert_eq!(rotated.get("secret"), None, "what was sent is not shown");
}

/// The account is made a provider anew in between.
#[tokio::test]
async fn a_lost_page_is_given_up_in_its_time_although_its_account_has_changed() {
    let connector = Connector::start();
    let gateway =
        TestGateway::open_own(StoreKind::Embedded, "sandbox.enabled = true\negress.allow = ['127.0.0.0/8']\n").await;
    let shop = gateway.merchant("Shop");
    let account = json!({ "name": "cards", "kind": "ixopay", "url": connector.url(), "api_key": API_KEY, "user": USER,
        "password": PASSWORD, "shared_secret": SHARED_SECRET });
    shop.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    let lost = shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
    connector.misbehave(Trouble::Mute);
    let link = query_value(lost["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.submit("/payment/pay", &[("link_id", &link)]).await;
    connector.misbehave(Trouble::None);
    let sought = connector.called("getByMerchantTransactionId");
    gateway.wait(Duration::from_secs(10));
    eventually("it is sought", async || connector.called("getByMerchantTransactionId") > sought).await;
    shop.v1(Method::PATCH, "/provider-accounts/cards", &json!({ "label": "Cards" })).await.is(200);
    gateway.wait(Duration::from_mins(2));
    let payment = async || shop.journey(lost["journey_id"].as_str().unwrap()).await["payment"].clone();
    eventually("it is given up", async || payment().await["standing"] == "over").await;
}

/// One gateway is the merchant of another, which speaks IXOPAY as well: what leaves the one is what the other takes.
#[tokio::test]
async fn a_gateway_is_paid_through_another_one() {
    let behind = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_EGRESS_ALLOW", "127.0.0.0/8")]).await;
    let own = behind.merchant("Reseller");
    let short = own.look("/profile").await.json()["short_id"].as_str().unwrap().to_owned();
    let file = format!(
        "egress.allow = ['127.0.0.0/8']\n[[provider]]\nname = 'cards'\nkind = 'ixopay'\nmode = 'test'\nurl = '{}/ixopay'\n\
         api_key = '{short}'\nuser = '{short}'\npassword = '{}'\nshared_secret = '{}'\nasks_per_second = 100\n",
        behind.http.base(),
        own.key,
        own.signing_secret
    );
    let front = TestGateway::open_own(StoreKind::Embedded, &file).await;
    let shop = front.merchant("Shop");
    shop.choose(json!({ "extra_outcomes": "on" })).await;
    let body =
        json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb", "note": "Two tickets" });
    for (answer, status) in
        [("code=ok", "paid"), ("error=access_denied", "cancelled"), ("error=server_error", "failed")]
    {
        let journey = shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        // The page where the other gateway's customers pay.
        let page = front.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
        let checkout = behind.http.get(&page).await;
        let behind_link = if checkout.has("location") { checkout.location() } else { page };
        let behind_link = query_value(&behind_link, "link_id");
        let back = behind.http.pay(&behind_link, answer).await.location();
        assert!(back.starts_with(&format!("{}/return/cards?state=", front.http.base())), "{back}");
        let home = front.http.get(&back).await.location();
        assert!(home.contains(&format!("status={status}")), "{home}");
        if status == "paid" {
            let refund = json!({ "amount": "5.00" });
            let path = format!("/journeys/{}/refunds", journey["journey_id"].as_str().unwrap());
            let refunded = shop.v1_with(Method::POST, &path, &[("idempotency-key", "r")], &refund).await.is(201).json();
            eventually("the refund is done", async || {
                shop.journey(refunded["journey_id"].as_str().unwrap()).await["status"] == "paid"
            })
            .await;
        }
    }
}

//! A customer who chooses among several providers.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::PaymentEngine;

struct Scene {
    gateway: TestGateway,
    engine: PaymentEngine,
    shop: MerchantClient,
}

impl Scene {
    async fn open(kind: StoreKind) -> Self {
        let engine = PaymentEngine::start();
        let file = format!("sandbox.enabled = true\n{}", engine.file(""));
        let gateway = TestGateway::open_own(kind, &file).await;
        let shop = gateway.merchant("Shop");
        Self { gateway, engine, shop }
    }

    /// A payment whose customer chooses, and its link.
    async fn opened(&self) -> (Value, String) {
        let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb",
            "provider": ["engine", "sandbox"] });
        let journey = self.shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        (journey, link)
    }

    async fn press(&self, link: &str, place: &str) -> String {
        let fields = [("link_id", link), ("provider", place)];
        self.gateway.http.submit("/payment/pay", &fields).await.location()
    }

    async fn now(&self, journey: &Value) -> Value {
        self.shop.journey(journey["pay_id"].as_str().unwrap()).await
    }
}

async fn whoever_has_not_chosen_is_asked(scene: Scene) {
    let (journey, link) = scene.opened().await;
    assert_eq!((journey.get("provider"), &journey["providers"]), (None, &json!(["engine", "sandbox"])));
    let page = scene.gateway.http.get(&format!("/payment?link_id={link}")).await.is(200).text();
    for label in ["Engine", "Test bank"] {
        assert!(page.contains(&format!("Pay with <bdi>{label}</bdi>")), "{page}");
    }
    for other in ["", "2", "-1", "engine", "0x0"] {
        let fields = [("link_id", link.as_str()), ("provider", other)];
        let asked = scene.gateway.http.submit("/payment/pay", &fields).await.is(200);
        assert!(asked.text().contains("Pay with"), "{other}");
    }
    assert_eq!((scene.now(&journey).await["status"].clone(), scene.engine.references().len()), (json!("open"), 0));
    let there = scene.press(&link, "0").await;
    assert!(there.starts_with("http://127.0.0.1:9/pay/"), "{there}");
    // A second press, the Back button and a reload lead to the same payment.
    assert_eq!(scene.press(&link, "0").await, there);
    assert_eq!(scene.engine.references().len(), 1);
    assert_eq!(scene.now(&journey).await["provider"], json!("engine"));
    let reference = scene.engine.references().remove(0);
    scene.engine.refuse(&reference);
    let return_url = scene.engine.payment(&reference)["return_url"].as_str().unwrap().to_owned();
    scene.gateway.http.get(&return_url).await;
    assert_eq!(scene.now(&journey).await["status"], json!("failed"), "each outcome is reported in our own words");
}

async fn the_other_one_can_be_chosen_afterwards(scene: Scene) {
    let (journey, link) = scene.opened().await;
    scene.press(&link, "0").await;
    let reference = scene.engine.references().remove(0);
    let bank = scene.press(&link, "1").await;
    assert!(bank.contains("/sandbox/authorise?"), "{bank}");
    let state = query_value(&bank, "state");
    let home = scene.gateway.http.get(&format!("/return/sandbox?state={state}&code=ok")).await.location();
    assert!(home.ends_with("&status=paid"), "{home}");
    assert_eq!(scene.now(&journey).await["provider"], json!("sandbox"));
    // Nobody pays twice: the other payment is closed.
    eventually("it is closed", async || {
        scene.gateway.wait(Duration::from_secs(1));
        scene.engine.payment(&reference)["status"] == json!("closed")
    })
    .await;
}

async fn money_goes_back_to_where_it_was_paid(scene: Scene) {
    let (journey, link) = scene.opened().await;
    scene.press(&link, "0").await;
    let reference = scene.engine.references().remove(0);
    // The customer looks at the other one, and pays at the first.
    scene.press(&link, "1").await;
    scene.engine.pay(&reference);
    scene.engine.notify(&scene.gateway, &reference).await.is(204);
    eventually("it is paid", async || scene.now(&journey).await["status"] == json!("paid")).await;
    assert_eq!(scene.now(&journey).await["provider"], json!("engine"));
    let path = format!("/journeys/{}/refunds", journey["pay_id"].as_str().unwrap());
    let key = [("idempotency-key", "r-1")];
    scene.shop.v1_with(Method::POST, &path, &key, &json!({ "amount": "5.00" })).await.is(201);
    eventually("it is refunded there", async || {
        scene.engine.operations() == [("payment.refund".to_owned(), "5.00".to_owned())]
    })
    .await;
}

async fn whoever_comes_back_first_and_pays_there_later_has_paid_there(scene: Scene) {
    let (journey, link) = scene.opened().await;
    scene.press(&link, "0").await;
    let reference = scene.engine.references().remove(0);
    let return_url = scene.engine.payment(&reference)["return_url"].as_str().unwrap().to_owned();
    scene.gateway.http.get(&return_url).await;
    scene.press(&link, "1").await;
    scene.engine.pay(&reference);
    scene.gateway.http.get(&return_url).await;
    eventually("it is paid", async || {
        scene.gateway.wait(Duration::from_secs(2));
        scene.now(&journey).await["status"] == json!("paid")
    })
    .await;
    assert_eq!(scene.now(&journey).await["provider"], json!("engine"));
}

async fn a_list_has_providers_that_take_the_payment_each_once(scene: Scene) {
    for (provider, status) in [
        (json!(["engine", "nobody"]), 422),
        (json!(["engine", "engine"]), 422),
        (json!([]), 422),
        (json!(["engine", 7]), 422),
        (json!(7), 422),
        (json!({ "name": "engine" }), 422),
        (json!(vec!["engine"; 9]), 422),
        (json!(["engine"]), 201),
        (json!("engine"), 201),
    ] {
        let body = json!({ "amount": "25.00", "currency": "EUR", "provider": provider });
        let answer = scene.shop.v1(Method::POST, "/journeys", &body).await.is(status).json();
        if status == 422 {
            assert_eq!(answer["field"], json!("provider"), "{provider}");
        } else {
            assert_eq!((answer.get("providers"), &answer["provider"]), (None, &json!("engine")), "one is no choice");
        }
    }
}

macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Embedded).await).await; })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::Scene::open(super::StoreKind::Redis).await).await; })+
        }
    };
}

on_both![
    whoever_has_not_chosen_is_asked,
    the_other_one_can_be_chosen_afterwards,
    money_goes_back_to_where_it_was_paid,
    whoever_comes_back_first_and_pays_there_later_has_paid_there,
    a_list_has_providers_that_take_the_payment_each_once,
];

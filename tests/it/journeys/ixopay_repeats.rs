//! A means to pay is registered at a connector of IXOPAY's, used again without its customer, and forgotten; and money is
//! paid out there.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::ixopay_connector::{API_KEY, Connector, PASSWORD, SHARED_SECRET, Trouble, USER, call_back};
use crate::support::payment_engine::PaymentEngine;
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
    what_was_registered_pays_again_without_its_customer,
    a_payment_is_repeated_like_a_registration,
    what_is_not_decided_at_once_is_told_later,
    a_lost_answer_repeats_nothing_twice,
    what_cannot_be_ordered_now_is_ordered_later,
    what_may_have_been_done_is_asked_about,
    an_old_registration_pays_and_is_forgotten_there,
    a_disabled_account_repeats_nothing,
    what_was_forgotten_pays_no_more,
    money_is_paid_out,
];

struct Scene {
    gateway: TestGateway,
    connector: Connector,
    client: Client,
    server: Receiver,
}

impl Scene {
    async fn open(kind: StoreKind) -> Self {
        let connector = Connector::start();
        let mut gateway = TestGateway::open_own(kind, &connector.file()).await;
        gateway.expect_errors();
        let client = Client::of(&gateway);
        Self { gateway, connector, client, server: Receiver::answering(|_, _| Reply::Saying(200, "OK")) }
    }

    /// Begins something with a customer, who agrees to it at the connector; its uuid here, and its id there.
    async fn agreed(&self, kind: &str, body: &Value) -> (String, String) {
        let begun = self.client.begin(kind, body).await;
        let link = link_of(&begun);
        let left = self.gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
        assert!(left.starts_with("http://127.0.0.1:9/redirect/"), "{left}");
        let (uuid, id) = (begun["uuid"].as_str().unwrap().to_owned(), self.id(&begun["uuid"]).await);
        self.connector.succeed(&id);
        let back = self.connector.transaction(&id)["successUrl"].as_str().unwrap().to_owned();
        self.gateway.http.get(&back).await.location();
        assert_eq!(self.client.status(&begun["uuid"]).await["transactionStatus"], "SUCCESS");
        (uuid, id)
    }

    async fn registered(&self) -> (String, String) {
        let urls = json!({ "merchantTransactionId": "card", "successUrl": "https://shop.example/ok",
            "cancelUrl": "https://shop.example/no", "errorUrl": "https://shop.example/error" });
        self.agreed("register", &urls).await
    }

    /// The id that a transaction of ours has at the connector.
    async fn id(&self, uuid: &Value) -> String {
        let found = self.client.merchant.look("/journeys").await.is(200).json();
        let own = self.client.status(uuid).await["merchantTransactionId"].clone();
        let mut journeys = found["journeys"].as_array().unwrap().iter();
        let journey = journeys.find(|journey| journey["reference"] == own).unwrap();
        format!("{}-1", journey["pay_id"].as_str().unwrap())
    }

    /// A debit that repeats `of`.
    fn again(&self, id: &str, of: &str) -> Value {
        let more = json!({ "transactionIndicator": "RECURRING", "referenceUuid": of, "callbackUrl": self.server.url("/told") });
        debit(id, more)
    }

    fn told(&self) -> Vec<Value> {
        self.server.received().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect()
    }
}

async fn what_was_registered_pays_again_without_its_customer(scene: Scene) {
    let (card, card_id) = scene.registered().await;
    let registered = scene.connector.transaction(&card_id);
    assert_eq!((&registered["transactionType"], registered.get("amount")), (&json!("REGISTER"), None));
    let mut june = Value::Null;
    for (id, indicator) in [("may", "RECURRING"), ("june", "CARDONFILE-MERCHANT-INITIATED")] {
        let mut body = scene.again(id, &card);
        body["transactionIndicator"] = json!(indicator);
        let done = scene.client.begin("debit", &body).await;
        assert_eq!((&done["returnType"], done.get("redirectUrl")), (&json!("FINISHED"), None), "{done}");
        let there = scene.connector.transaction(&scene.id(&done["uuid"]).await);
        assert_eq!(there["referenceUuid"], registered["uuid"]);
        assert_eq!((&there["transactionIndicator"], &there["amount"]), (&json!(indicator), &json!("9.99")));
        let status = scene.client.status(&done["uuid"]).await;
        assert_eq!((&status["transactionStatus"], &status["amount"]), (&json!("SUCCESS"), &json!("9.99")));
        june = done["uuid"].clone();
    }
    eventually("both are told", async || scene.told().len() == 2).await;
    assert!(scene.told().iter().all(|told| told["result"] == "OK" && told["transactionType"] == "DEBIT"));
    // It is a payment like any other: it is given back, and may be charged back.
    let refund = json!({ "merchantTransactionId": "back", "amount": "4.00", "currency": "EUR", "referenceUuid": june });
    assert_eq!(scene.client.begin("refund", &refund).await["success"], true);
    let id = scene.id(&june).await;
    let callback = scene.connector.charge_back(&id, "cb1", None);
    let notify = format!("{}/notify/cards", scene.gateway.http.base());
    assert_eq!(call_back(&scene.gateway, &notify, &callback.to_string(), SHARED_SECRET).await.text(), "OK");
    let journey = scene.client.merchant.journey(id.split('-').next().unwrap()).await;
    assert_eq!((&journey["refunded"], &journey["charged_back"]), (&json!("4.00"), &json!("9.99")), "{journey}");
    assert_eq!(journey.get("pay_link"), None, "nobody is sent anywhere");
}

async fn a_payment_is_repeated_like_a_registration(scene: Scene) {
    let (first, first_id) = scene.agreed("debit", &debit("first", json!({}))).await;
    let mut body = scene.again("second", &first);
    let done = scene.client.begin("preauthorize", &body).await;
    assert_eq!(done["returnType"], "FINISHED", "{done}");
    let there = scene.connector.transaction(&scene.id(&done["uuid"]).await);
    assert_eq!(there["referenceUuid"], scene.connector.transaction(&first_id)["uuid"]);
    let capture =
        json!({ "merchantTransactionId": "c", "amount": "9.99", "currency": "EUR", "referenceUuid": done["uuid"] });
    assert_eq!(scene.client.begin("capture", &capture).await["success"], true);
    // And one that was refused is not paid by anybody.
    scene.connector.misbehave(Trouble::Declining);
    body["merchantTransactionId"] = json!("third");
    let refused = scene.client.begin("debit", &body).await;
    assert_eq!((&refused["success"], &refused["returnType"]), (&json!(false), &json!("ERROR")), "{refused}");
    let status = scene.client.status(&refused["uuid"]).await;
    assert_eq!(status["transactionStatus"], "ERROR", "{status}");
}

async fn what_is_not_decided_at_once_is_told_later(scene: Scene) {
    let (card, _) = scene.registered().await;
    scene.connector.misbehave(Trouble::Pondering);
    let done = scene.client.begin("debit", &scene.again("later", &card)).await;
    assert_eq!(done["returnType"], "PENDING", "{done}");
    let id = scene.id(&done["uuid"]).await;
    // However long that takes.
    for _ in 0..4 {
        let asked = scene.connector.called("getByUuid");
        scene.gateway.wait(Duration::from_hours(6));
        eventually("it was asked", async || scene.connector.called("getByUuid") > asked).await;
    }
    assert_eq!(scene.client.status(&done["uuid"]).await["transactionStatus"], "PENDING");
    scene.connector.succeed(&id);
    assert_eq!(scene.connector.call_back(&scene.gateway, &id, SHARED_SECRET).await.text(), "OK");
    eventually("it is told", async || scene.told().iter().any(|told| told["result"] == "OK")).await;
    assert_eq!(scene.connector.called("debit"), 1);
}

async fn a_lost_answer_repeats_nothing_twice(scene: Scene) {
    let (card, _) = scene.registered().await;
    scene.connector.misbehave(Trouble::Mute);
    let done = scene.client.begin("debit", &scene.again("lost", &card)).await;
    assert_eq!(done["returnType"], "PENDING", "{done}");
    scene.connector.misbehave(Trouble::None);
    eventually("it is told", async || {
        scene.gateway.wait(Duration::from_secs(10));
        scene.told().iter().any(|told| told["result"] == "OK")
    })
    .await;
    let of_card =
        scene.connector.ids().into_iter().filter(|id| scene.connector.transaction(id).get("referenceUuid").is_some());
    assert_eq!(of_card.count(), 1);
}

async fn what_cannot_be_ordered_now_is_ordered_later(scene: Scene) {
    let (card, _) = scene.registered().await;
    scene.connector.misbehave(Trouble::Broken);
    let done = scene.client.begin("debit", &scene.again("later", &card)).await;
    assert_eq!(done["returnType"], "PENDING", "{done}");
    for _ in 0..4 {
        scene.gateway.wait(Duration::from_mins(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(scene.told(), Vec::<Value>::new(), "nobody has said no");
    scene.connector.misbehave(Trouble::None);
    eventually("it is told", async || {
        scene.gateway.wait(Duration::from_mins(10));
        !scene.told().is_empty()
    })
    .await;
    assert_eq!(scene.told()[0]["result"], "OK");
    let there = scene.connector.ids().into_iter().map(|id| scene.connector.transaction(&id));
    assert_eq!(there.filter(|there| there["transactionType"] == "DEBIT").count(), 1);
}

async fn what_may_have_been_done_is_asked_about(scene: Scene) {
    let (card, _) = scene.registered().await;
    scene.connector.misbehave(Trouble::Doubtful);
    let done = scene.client.begin("debit", &scene.again("doubtful", &card)).await;
    assert_eq!((&done["success"], &done["returnType"]), (&json!(true), &json!("FINISHED")), "{done}");
}

async fn an_old_registration_pays_and_is_forgotten_there(scene: Scene) {
    let (card, _) = scene.registered().await;
    scene.gateway.wait(Duration::from_hours(400 * 24));
    let done = scene.client.begin("debit", &scene.again("a year later", &card)).await;
    assert_eq!(done["returnType"], "FINISHED", "{done}");
    let gone = json!({ "merchantTransactionId": "gone", "referenceUuid": card });
    assert_eq!(scene.client.begin("deregister", &gone).await["success"], true);
    assert_eq!(scene.connector.called("deregister"), 1);
}

async fn a_disabled_account_repeats_nothing(scene: Scene) {
    let shop = &scene.client.merchant;
    let account = json!({ "name": "own-cards", "kind": "ixopay", "url": scene.connector.url(), "api_key": API_KEY,
        "user": USER, "password": PASSWORD, "shared_secret": SHARED_SECRET });
    shop.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    shop.choose(json!({ "provider": "own-cards" })).await;
    let (card, _) = scene.registered().await;
    assert_eq!(scene.client.begin("debit", &scene.again("before", &card)).await["returnType"], "FINISHED");
    let disabled = json!({ "state": "disabled" });
    shop.v1(Method::PATCH, "/provider-accounts/own-cards", &disabled).await.is(200);
    let refused = scene.client.ask("debit", &scene.again("after", &card)).await.is(422).json();
    assert!(refused["errorMessage"].as_str().unwrap().contains("referenceUuid"), "{refused}");
    assert_eq!(scene.connector.called("debit"), 1);
}

async fn what_was_forgotten_pays_no_more(scene: Scene) {
    let (card, card_id) = scene.registered().await;
    let gone = json!({ "merchantTransactionId": "gone", "referenceUuid": card });
    let done = scene.client.begin("deregister", &gone).await;
    assert_eq!((&done["success"], &done["returnType"]), (&json!(true), &json!("FINISHED")), "{done}");
    let there = scene.connector.ids().into_iter().map(|id| scene.connector.transaction(&id));
    let forgotten = there.filter(|there| there["transactionType"] == "DEREGISTER").collect::<Vec<_>>();
    assert_eq!(forgotten.len(), 1);
    assert_eq!(forgotten[0]["referenceUuid"], scene.connector.transaction(&card_id)["uuid"]);
    let refused = scene.client.ask("debit", &scene.again("after", &card)).await.is(422).json();
    assert!(refused["errorMessage"].as_str().unwrap().contains("referenceUuid"), "{refused}");
    assert_eq!(scene.connector.called("debit"), 0);
}

async fn money_is_paid_out(scene: Scene) {
    let told = json!({ "callbackUrl": scene.server.url("/told") });
    let done = scene.client.begin("payout", &debit("prize", told.clone())).await;
    assert_eq!((&done["success"], &done["returnType"]), (&json!(true), &json!("FINISHED")), "{done}");
    let there = scene.connector.transaction(&scene.id(&done["uuid"]).await);
    assert_eq!((&there["transactionType"], &there["amount"]), (&json!("PAYOUT"), &json!("9.99")));
    scene.connector.misbehave(Trouble::Mute);
    let lost = scene.client.begin("payout", &debit("lost", told)).await;
    assert_eq!(lost["returnType"], "PENDING", "{lost}");
    scene.connector.misbehave(Trouble::None);
    eventually("both are told", async || {
        scene.gateway.wait(Duration::from_secs(10));
        scene.told().len() == 2
    })
    .await;
    assert_eq!(scene.connector.called("payout"), scene.connector.ids().len() + 1, "asked for twice, and done once");
}

#[tokio::test]
async fn a_payment_engine_repeats_nothing() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let client = Client::of(&gateway);
    let begun = client.begin("debit", &debit("first", json!({}))).await;
    gateway.http.submit("/payment/pay", &[("link_id", &link_of(&begun))]).await.location();
    let journeys = client.merchant.look("/journeys").await.is(200).json();
    let reference = format!("{}-1", journeys["journeys"][0]["pay_id"].as_str().unwrap());
    engine.pay(&reference);
    engine.notify(&gateway, &reference).await.is(204);
    eventually("it is paid", async || client.status(&begun["uuid"]).await["transactionStatus"] == "SUCCESS").await;
    let again = debit("again", json!({ "transactionIndicator": "RECURRING", "referenceUuid": begun["uuid"] }));
    let refused = client.ask("debit", &again).await.is(422).json();
    let why = refused["errorMessage"].as_str().unwrap();
    assert!(why.contains("referenceUuid") && why.contains("cannot repeat it"), "{why}");
}

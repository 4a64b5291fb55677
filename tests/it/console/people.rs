//! People ask for sign-in links by mail, and admins are mailed when an endpoint fails.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, between};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::receiver::Receiver;
use crate::support::smtp::SmtpServer;

async fn with_mail(kind: StoreKind, server: &SmtpServer) -> TestGateway {
    let env = [("HANDBACK_MAIL_SMTP_URL", server.url.as_str()), ("HANDBACK_MAIL_FROM", "no-reply@pay.example")];
    TestGateway::open_with(kind, &env).await
}

async fn mailed(server: &SmtpServer, count: usize) {
    eventually("the mail comes", async || server.received().len() >= count).await;
}

/// The first link in a mail, whose long lines are broken by `=`.
fn link_in(text: &str) -> String {
    let text = text.replace("=\n", "").replace("=3D", "=");
    format!("http{}", between(&text, "http", "\n").trim_end())
}

#[tokio::test]
async fn who_is_named_gets_a_link_by_mail_and_nobody_learns_who_is() {
    let server = SmtpServer::start();
    let gateway = with_mail(StoreKind::Embedded, &server).await;
    let [shop, other] = ["Shop", "Other"].map(|name| gateway.merchant(name));
    let admin = Browser::of(&gateway, &shop.id, "admin").await;
    let fields = [("email", "Ada@Shop.example"), ("role", "support")];
    admin.submit("/console/people", "/console/people", &fields).await.location();
    let page = admin.page("/console/people").await;
    assert!(page.contains("ada@shop.example") && page.contains("<code>support</code>"), "{page}");
    let bad = [("email", "ada"), ("role", "support")];
    admin.submit("/console/people", "/console/people", &bad).await.is(422).says("is not a mail address");
    let page = gateway.http.get("/console/sign-in").await.is(200).text();
    assert!(page.contains("action=\"/console/mail-link\""), "{page}");
    let ask = async |email: &str| gateway.http.submit("/console/mail-link", &[("email", email)]).await;
    let answers = [ask("eve@shop.example").await.is(200).text(), ask(" ADA@shop.example ").await.is(200).text()];
    assert_eq!(answers[0], answers[1]);
    ask("nobody").await.is(422).says("value=\"nobody\"");
    let headers = [("sec-fetch-site", "cross-site")];
    gateway.http.submit_with("/console/mail-link", &[("email", "ada@shop.example")], &headers).await.is(403);
    mailed(&server, 1).await;
    let [mail] = &server.received()[..] else { panic!("{:?}", server.received()) };
    assert_eq!(mail.to, "ada@shop.example");
    for part in ["From: no-reply@pay.example", "Subject: Your sign-in link", "Auto-Submitted: auto-generated", "Shop:"]
    {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let ada = Browser::by_link(&gateway.http, &link_in(&mail.text)).await;
    assert!(ada.page("/console/callbacks").await.contains("ada@shop.example (support)"));
    // Whoever is named with another role, or no more, signs in anew.
    admin
        .submit("/console/people", "/console/people", &[("email", "ada@shop.example"), ("role", "read")])
        .await
        .location();
    ada.get("/console/callbacks").await.is(403);
    // With two merchants there are two links in one mail; a third one within the minute is not sent.
    other.v1(Method::POST, "/profile/people", &json!({"email": "ada@shop.example", "role": "read"})).await.is(201);
    for _ in 0..3 {
        ask("ada@shop.example").await.is(200);
    }
    mailed(&server, 2).await;
    let both = &server.received()[1].text;
    assert!(both.contains("Shop:") && both.contains("Other:"), "{both}");
    admin.submit("/console/people", "/console/people/remove", &[("email", "ada@shop.example")]).await.location();
    gateway.command(&["merchant", "disable", "--merchant", &other.id]);
    gateway.wait(Duration::from_secs(61));
    ask("ada@shop.example").await.is(200);
    let log = admin.page("/console/audit").await;
    assert!(log.contains("person.named") && log.contains("person.removed"), "{log}");
    // Whoever is named no more is signed out.
    let named = [("email", "bob@shop.example"), ("role", "read")];
    admin.submit("/console/people", "/console/people", &named).await.location();
    ask("bob@shop.example").await.is(200);
    mailed(&server, 3).await;
    let mails = server.received();
    assert_eq!(
        mails[2].to, "bob@shop.example",
        "neither for a name that was taken away, nor for a merchant that is shut"
    );
    let bob = Browser::by_link(&gateway.http, &link_in(&mails[2].text)).await;
    bob.page("/console/callbacks").await;
    admin.submit("/console/people", "/console/people/remove", &[("email", "bob@shop.example")]).await.location();
    bob.get("/console/callbacks").await.is(403);
}

#[tokio::test]
async fn a_mailed_link_works_while_its_person_is_named_as_then() {
    for kind in [StoreKind::Embedded, StoreKind::Redis] {
        let server = SmtpServer::start();
        let gateway = with_mail(kind, &server).await;
        let shop = gateway.merchant("Shop");
        let name = async |role: &str| {
            let person = json!({"email": "bob@shop.example", "role": role});
            shop.v1(Method::POST, "/profile/people", &person).await.is(201);
        };
        name("admin").await;
        gateway.http.submit("/console/mail-link", &[("email", "bob@shop.example")]).await.is(200);
        mailed(&server, 1).await;
        let link = link_in(&server.received()[0].text);
        let page = &link[link.find("/console").unwrap()..];
        gateway.http.get(page).await.is(200).says("bob@shop.example");
        name("read").await;
        gateway.http.get(page).await.is(410).says("This link does not work any more");
        shop.v1(Method::DELETE, "/profile/people/bob@shop.example", &json!({})).await.is(204);
        gateway.http.get(page).await.is(410);
        let given = gateway.http.submit("/console/sign-in", &[("link", page.split_once("link=").unwrap().1)]).await;
        given.is(410);
        // A link that the operator has made is for whoever it is given to.
        let made = gateway.command(&["console", "link", "--merchant", &shop.id, "--name", "bob@shop.example"]);
        let bob = Browser::by_link(&gateway.http, made.trim()).await;
        bob.page("/console/callbacks").await;
    }
}

#[tokio::test]
async fn admins_are_mailed_once_when_an_endpoint_fails_for_an_hour_or_is_gone() {
    for kind in [StoreKind::Embedded, StoreKind::Redis] {
        let server = SmtpServer::start();
        let gateway = with_mail(kind, &server).await;
        let merchant = gateway.merchant("Shop");
        let (gone, away) = (Receiver::saying(410), Receiver::saying(503));
        for (email, role) in [("ada@shop.example", "admin"), ("bob@shop.example", "support")] {
            merchant.v1(Method::POST, "/profile/people", &json!({ "email": email, "role": role })).await.is(201);
        }
        for number in 1..=2 {
            let hook = |server: &Receiver| server.url(&format!("/hook?key=s3cret{number}"));
            let body = json!({ "amount": "10.00", "currency": "EUR", "endpoints": [hook(&gone), hook(&away)] });
            let opened = merchant.v1(Method::POST, "/journeys", &body).await.is(201).json();
            let id = opened["journey_id"].as_str().unwrap();
            merchant.v1(Method::POST, &format!("/journeys/{id}/cancel"), &json!({})).await.is(200);
        }
        mailed(&server, 1).await;
        eventually("the hour is over", async || {
            gateway.wait(Duration::from_mins(5));
            server.received().len() >= 2
        })
        .await;
        for _ in 0..20 {
            gateway.wait(Duration::from_mins(30));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mails = server.received();
        assert!(mails.iter().all(|mail| mail.to == "ada@shop.example"), "{mails:?}");
        let about = |words: &str| mails.iter().filter(|mail| mail.text.replace("=\n", "").contains(words)).count();
        let words = ["a webhook endpoint is gone", "a webhook endpoint fails", "/console/webhooks", "s3cret"];
        assert_eq!(words.map(about), [1, 1, 2, 0], "{mails:?}");
    }
}

#[tokio::test]
async fn without_a_server_there_is_no_form_and_the_page_says_so() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let page = gateway.http.get("/console/sign-in").await.is(200).text();
    assert!(!page.contains("mail-link"), "{page}");
    gateway.http.submit("/console/mail-link", &[("email", "ada@shop.example")]).await.is(404);
    let page = Browser::of(&gateway, &merchant.id, "admin").await.page("/console/people").await;
    assert!(page.contains("This gateway sends no mail"), "{page}");
}

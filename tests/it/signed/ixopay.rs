//! IXOPAY's returns, to which nothing is appended: a signature stands alone on the merchant's own URL.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{PARAMETER, signature_of, split};
use crate::support::gateway::{TestGateway, eventually};
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::on_every_store;

on_every_store![with &[("HANDBACK_RETURN_BUDGET", "100ms")];
    a_return_that_nothing_has_proven_is_never_signed,
    a_url_that_holds_common_names_of_its_own_verifies,
];

/// A debit whose ends have these URLs.
fn ending_at([success, cancel, error]: [&str; 3]) -> Value {
    debit("7", json!({ "successUrl": success, "cancelUrl": cancel, "errorUrl": error }))
}

async fn signing(gateway: &TestGateway, scheme: &str) -> Client {
    let client = Client::of(gateway);
    client.merchant.choose(json!({ "signed_returns": scheme })).await;
    client
}

async fn verified(client: &Client, url: &str) -> Value {
    client.merchant.v1(Method::POST, "/returns/verify", &json!({ "url": url })).await.is(200).json()
}

/// Anybody can bring a junk code to a slow bank's return address, and goes to `successUrl` before the bank says no.
async fn a_return_that_nothing_has_proven_is_never_signed(gateway: TestGateway) {
    let [success, error] = ["https://m.example/ok?order={pay_id}", "https://m.example/error?order=7"];
    for scheme in ["hmac", "ed25519"] {
        let client = signing(&gateway, scheme).await;
        let opened = client.begin("debit", &ending_at([success, "https://m.example/no", error])).await;
        let link = link_of(&opened);
        let early = gateway.http.leave(&link).await;
        let junk = "code=slow:1500:fail:server_error";
        let home = gateway.http.back_in_it(&early, junk).await.location();
        assert!(home.starts_with("https://m.example/ok?order=") && !home.contains(PARAMETER), "{home}");
        assert_eq!(gateway.http.get(&format!("/payment/home?link_id={link}")).await.location(), home);
        eventually("the bank has refused", || async {
            client.status(&opened["uuid"]).await["transactionStatus"] == "ERROR" || {
                // Questions are counted; this one is not in a hurry.
                gateway.wait(Duration::from_secs(7));
                false
            }
        })
        .await;
        for _ in 0..3 {
            assert_eq!(gateway.http.back_in_it(&early, junk).await.location(), home, "the same return, the same bytes");
        }
        let cookie = [("cookie", early.cookie.as_str())];
        let failed = gateway.http.get_with(&format!("/payment/home?link_id={link}"), &cookie).await.location();
        let (before, _) = split(&failed);
        assert_eq!((before.as_str(), &verified(&client, &failed).await["valid"]), (error, &json!(true)));
    }
}

async fn a_url_that_holds_common_names_of_its_own_verifies(gateway: TestGateway) {
    let urls = [
        "https://m.example/back?status=paid&pay_id=7&state=s",
        "https://m.example/back?status=cancelled&error=a&error=b",
        "https://m.example/back?status=failed&error=1",
    ];
    for scheme in ["hmac", "ed25519"] {
        let client = signing(&gateway, scheme).await;
        for (number, answer) in ["code=ok", "error=access_denied", "code=fail:server_error"].into_iter().enumerate() {
            let mut asked = ending_at(urls);
            asked["merchantTransactionId"] = json!(answer);
            let opened = client.begin("debit", &asked).await;
            let home = came_home(&gateway, &link_of(&opened), answer).await;
            let (callback, _) = split(&home);
            assert_eq!(callback, urls[number], "{answer}");
            let valid = verified(&client, &home).await;
            assert_eq!((&valid["valid"], &valid["callback"]), (&json!(true), &json!(callback)), "{answer}: {valid}");
            assert_eq!(valid["parameters"], json!({}), "none of them is ours");
            for altered in [home.replace("back?", "back?more=1&"), home.replace("status=", "status=x")] {
                assert_eq!(verified(&client, &altered).await["valid"], false, "{altered}");
            }
            let elsewhere = format!("{}&{PARAMETER}={}", urls[(number + 1) % 3], signature_of(&home));
            assert_eq!(verified(&client, &elsewhere).await["valid"], false, "{elsewhere}");
        }
    }
}

/// Where a customer comes home once its bank has answered, be this machine as slow as it likes.
async fn came_home(gateway: &TestGateway, link: &str, answer: &str) -> String {
    gateway.http.pay(link, answer).await.location();
    let home = format!("/payment/home?link_id={link}");
    eventually("it is concluded", || async { gateway.http.get(&home).await.location().contains(PARAMETER) }).await;
    gateway.http.get(&home).await.location()
}

//! IXOPAY's guide on callbacks (contracts/ixopay.md, [GCB]): a debit in step 1, a receiver in step 2, and its state in
//! step 3.

use std::fs;
use std::process::Command;

use handback::domain::id::MerchantId;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Server, folder, printed};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::ixopay::link_of;
use crate::support::merchant_client::MerchantClient;

/// The merchant's own id of the payment in each sample.
const PAYMENT: &str = "your-unique-identifier";

#[tokio::test]
async fn the_guides_curl_request_is_answered_and_told_to_its_flask_receiver() {
    runs(("debit.sh", "bash"), flask).await;
}

#[tokio::test]
async fn the_guides_python_request_is_answered_and_told_to_its_flask_receiver() {
    runs(("debit.py", "python3"), flask).await;
}

#[tokio::test]
async fn the_guides_php_request_is_answered_and_told_to_a_php_receiver() {
    runs(("debit.php", "php"), php).await;
}

/// A program of the guide opens a payment, and its receiver keeps the state: for a customer who pays, one who says no,
/// and one whom the vendor could not take money from.
async fn runs(program: (&str, &str), receiver: impl Fn(&TempDir) -> Server) {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    for (answer, state, home) in [
        ("code=ok", "paid", "https://shop.example.org/checkout/success"),
        ("error=access_denied", "failed: ", "https://shop.example.org/checkout/cancelled"),
        ("error=server_error", "failed: ", "https://shop.example.org/checkout/error"),
    ] {
        let (merchant, kept) = (gateway.merchant("Shop"), TempDir::new().unwrap());
        let server = receiver(&kept);
        let opened = asked(&gateway, &merchant, program, &server);
        assert_eq!((&opened["success"], &opened["returnType"]), (&json!(true), &json!("REDIRECT")), "{opened}");
        assert_eq!(gateway.http.pay(&link_of(&opened), answer).await.location(), home);
        let states = || fs::read(kept.path().join("states.json")).ok();
        eventually("it was told", || async { states().is_some_and(|states| !states.is_empty()) }).await;
        let states: Value = serde_json::from_slice(&states().unwrap()).unwrap();
        assert!(states[PAYMENT].as_str().unwrap().starts_with(state), "{answer}: {states}");
        let journeys = merchant.look("/journeys").await.json();
        let pay_id = journeys["journeys"][0]["pay_id"].as_str().unwrap().to_owned();
        eventually("its OK was received", || async {
            merchant.journey(&pay_id).await["deliveries"][0]["state"] == "delivered"
        })
        .await;
        assert_eq!(merchant.journey(&pay_id).await["deliveries"][0]["tries"], 1, "at the first try");
    }
}

/// Runs a program of step 1, with the test's hosts and credentials in it; answers what it prints.
fn asked(
    gateway: &TestGateway,
    merchant: &MerchantClient,
    (program, interpreter): (&str, &str),
    server: &Server,
) -> Value {
    let needs = "curl, Python 3 with requests, and PHP with curl (tests/seeds/README.md)";
    let text = fs::read_to_string(folder().join("ixopay").join(program)).expect("a program");
    let vendor = "https://gateway.ixopay.com";
    assert!(text.contains(vendor) && text.contains("https://api.example.org"), "{program} names the vendor's hosts");
    let text = text
        .replace(vendor, &format!("{}/ixopay", gateway.http.base()))
        .replace("https://api.example.org", &server.url(""));
    let kept = TempDir::new().unwrap();
    let file = kept.path().join(program);
    fs::write(&file, text).unwrap();
    let mut command = Command::new(found(interpreter, "import requests"));
    // The short id is the one that a merchant is told to use here.
    let id = merchant.id.parse::<MerchantId>().expect("an id").short();
    command.arg(file).env("API_KEY", &id).env("USERNAME", &id).env("PASSWORD", &merchant.key);
    // Nobody's proxy stands before a loopback.
    let printed = printed(command.env("NO_PROXY", "*").env("no_proxy", "*"), needs);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{program} printed {printed:?} ({error})"))
}

fn flask(kept: &TempDir) -> Server {
    let start = |port: u16| {
        let mut python = Command::new(found("python3", "import flask"));
        python.args(["-m", "flask", "--app", "receiver", "run", "--port", &port.to_string()]);
        python.current_dir(folder().join("ixopay")).env("STATES", kept.path().join("states.json"));
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        python
    };
    Server::told(start, "Python 3 with flask: apt-get install python3-flask")
}

fn php(kept: &TempDir) -> Server {
    let start = |port: u16| {
        let mut php = Command::new("php");
        php.args(["-S", &format!("127.0.0.1:{port}")]).arg(folder().join("ixopay/receiver.php"));
        php.env("STATES", kept.path().join("states.json"));
        php
    };
    Server::told(start, "PHP: apt-get install php-cli")
}

/// The Python that has a package: the system's own packages are not every Python's.
fn found<'a>(interpreter: &'a str, import: &str) -> &'a str {
    let has = |python: &str| Command::new(python).args(["-c", import]).output().is_ok_and(|run| run.status.success());
    if interpreter == "python3" && !has("python3") { "/usr/bin/python3" } else { interpreter }
}

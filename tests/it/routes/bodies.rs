//! Bodies and heads that are too large, too slow or broken.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::merchant_client::MerchantClient;

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_type_is_refused() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let large = json!({ "url": format!("https://shop.example/{}", "a".repeat(70_000)) });
    let paths = [
        (Method::POST, "/profile/callbacks"),
        (Method::PUT, "/profile/callbacks/0"),
        (Method::PATCH, "/profile/settings"),
        (Method::POST, "/preview"),
        (Method::POST, "/one-time-tokens/redeem"),
    ];
    for (method, path) in paths {
        let refused = merchant.v1(method.clone(), path, &large).await.is(413);
        assert_eq!(refused.header("content-type"), "application/problem+json");
        let bearer = format!("Bearer {}", merchant.key);
        for kind in ["text/plain", "application/xml", "multipart/form-data; boundary=x"] {
            let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
            let refused = gateway.http.send(method.clone(), &format!("/v1{path}"), &headers, "{}").await;
            assert_eq!(refused.status, 415, "{method} {path} {kind}");
        }
        for broken in
            ["", "{", "\u{0}", "null", &"[".repeat(30_000), &format!("{}{}", "[".repeat(9000), "]".repeat(9000))]
        {
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let refused = gateway.http.send(method.clone(), &format!("/v1{path}"), &headers, broken.to_owned()).await;
            let refused = refused.is(400);
            assert_eq!(refused.header("content-type"), "application/problem+json");
        }
    }
}

/// The server below would wait for ever.
#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_BODY_TIMEOUT", "1s")]).await;
    let merchant = gateway.merchant("Shop");
    for (path, header) in [
        ("/v1/profile/callbacks", format!("authorization: Bearer {}", merchant.key)),
        ("/v1/one-time-tokens/redeem", format!("authorization: Bearer {}", merchant.key)),
        ("/secpaid/api/v2/createLink", format!("token: {}", merchant.key)),
    ] {
        for length in ["content-length: 100", "transfer-encoding: chunked"] {
            let (status, took) = stalled(&gateway, path, &header, length).await;
            assert_eq!(status, "408", "{path} {length}");
            assert!((Duration::from_millis(900)..Duration::from_secs(4)).contains(&took), "{took:?}");
        }
    }
    let link = merchant.link(json!({})).await;
    for path in ["/payment/pay", "/payment/cancel", "/sandbox/authorise"] {
        let (status, took) = stalled(&gateway, path, "x: y", "content-length: 100").await;
        assert!(status.starts_with('4'), "{path}: {status}");
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
    assert_eq!(merchant.status(&link).await, "open");
}

/// Sends a head and a piece of its body, and waits for the answer.
async fn stalled(gateway: &TestGateway, path: &str, header: &str, length: &str) -> (String, Duration) {
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: x\r\n{header}\r\ncontent-type: application/json\r\n{length}\r\n\r\n");
    let piece = if length.starts_with("content") { "{\"am" } else { "4\r\n{\"am\r\n" };
    stream.write_all(format!("{head}{piece}").as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = vec![0; 64];
    let read = tokio::time::timeout(Duration::from_secs(8), stream.read(&mut answer)).await;
    let length = read.expect("an answer before the test loses patience").unwrap();
    let status = String::from_utf8_lossy(&answer[..length]).split(' ').nth(1).unwrap_or_default().to_owned();
    (status, began.elapsed())
}

#[tokio::test]
async fn a_head_of_nonsense_never_fells_the_gateway() {
    let mut gateway = TestGateway::open(StoreKind::Embedded).await;
    // What cannot be parsed at all is answered below us, and logged there as an error.
    gateway.expect_errors();
    let merchant: MerchantClient = gateway.merchant("Shop");
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    for nonsense in [
        "GET /return/sandbox?state=\u{1} HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET http://evil.example/payment HTTP/1.1\r\nhost: evil.example\r\n\r\n".to_owned(),
        format!("GET /payment?link_id={} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000)),
        "POST /payment/pay HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
            .to_owned(),
        "POST /payment/pay HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let _ = stream.write_all(nonsense.as_bytes()).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the connection was left open");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let evil = answer.lines().any(|line| line.to_lowercase().starts_with("location:") && line.contains("evil"));
        assert!(!evil, "{answer}");
    }
    merchant.look("/profile").await.is(200);
}

//! What holds for every route: methods, spelling of paths, and headers.

use reqwest::Method;
use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::merchant_client::MerchantClient;

/// Addresses that anybody may GET.
const PUBLIC: [&str; 10] = [
    "/",
    "/demo",
    "/livez",
    "/readyz",
    "/display-parameters?a=b",
    "/favicon.ico",
    "/static/handback.css",
    "/v1/openapi.json",
    "/v1/returns/keys",
    "/.well-known/jwks.json",
];

/// An address for each room that has routes, whatever it answers.
async fn of_every_room(merchant: &MerchantClient) -> Vec<String> {
    let link = merchant.link(json!({})).await;
    let rooms = [
        "/v1/profile",
        "/v1/nothing",
        "/yapily/institutions",
        "/yapily/consents/x",
        "/token-io/v2/payments",
        "/secpaid/api/v2/createLink",
        "/ixopay/transaction/x/debit",
        "/ixopay/redirect/x/y",
        "/token-io/session/x",
        "/sandbox/authorise",
        "/return/sandbox",
        "/return/sandbox/wait",
        "/consent?link_id=x",
        "/payment?link_id=x",
        "/nothing/here",
        "/%76%31/profile",
    ];
    let own = ["/payment", "/payment/qr.png", "/payment/home", "/payment/leaving"];
    let own = own.map(|page| format!("{page}?link_id={}", link.text));
    PUBLIC.into_iter().chain(rooms).map(str::to_owned).chain(own).collect()
}

#[tokio::test]
async fn every_answer_forbids_to_guess_its_type_and_asks_for_https_where_there_is_https() {
    let https = "public_url = 'https://pay.example'\nsandbox.enabled = true\n";
    for (gateway, stays) in [
        (TestGateway::open(StoreKind::Embedded).await, false),
        (TestGateway::open_own(StoreKind::Embedded, https).await, true),
    ] {
        let merchant = gateway.merchant("Shop");
        for page in of_every_room(&merchant).await {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::TRACE] {
                let answer = gateway.http.send(method.clone(), &page, &[], "").await;
                assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {page}");
                assert_eq!(answer.has("strict-transport-security"), stays, "{method} {page}");
            }
        }
    }
}

#[tokio::test]
async fn a_head_is_answered_as_a_get_without_its_content() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let bearer = format!("Bearer {}", merchant.key);
    let link = merchant.link(json!({})).await;
    let own = ["/v1/profile".to_owned(), "/v1/journeys".to_owned(), format!("/payment/qr.png?link_id={}", link.text)];
    let nowhere =
        ["/nothing/here", "/v1/nothing", "/v1/journeys/x", "/static/nothing.css", "/secpaid/api/v2/createLink"];
    let pages = PUBLIC.into_iter().chain(nowhere).map(str::to_owned).chain(own);
    for page in pages {
        let headers = [("authorization", bearer.as_str())];
        let get = gateway.http.send(Method::GET, &page, &headers, "").await;
        let head = gateway.http.send(Method::HEAD, &page, &headers, "").await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{page}");
        for name in ["content-type", "content-length", "cache-control", "etag", "allow"] {
            let of = |answer: &crate::support::http::HttpReply| answer.has(name).then(|| answer.header(name).clone());
            assert_eq!(of(&head), of(&get), "{page}: {name}");
        }
    }
}

#[tokio::test]
async fn a_head_of_a_link_says_whether_there_is_one_and_begins_nothing() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let before = merchant.journey(&link.id).await;
    let prefetch = [("sec-purpose", "prefetch")];
    let looks: [(Method, &[(&str, &str)]); 2] = [(Method::HEAD, &[]), (Method::GET, &prefetch)];
    for page in ["/payment", "/payment/leaving", "/payment/home", "/payment/app"] {
        for (method, headers) in &looks {
            for (id, status) in [(link.text.as_str(), 204), ("x", 404), ("", 404)] {
                let answer = gateway.http.send(method.clone(), &format!("{page}?link_id={id}"), headers, "").await;
                assert_eq!(answer.status, status, "{method} {page} {id}");
                assert!(!answer.has("location") && !answer.has("set-cookie"), "{method} {page} {id}");
            }
        }
    }
    for page in [
        "/consent?link_id=x",
        "/consent/leaving?link_id=x",
        "/token-io/session/x",
        "/ixopay/redirect/x/y",
        "/payment/app?ticket=x",
    ] {
        for (method, headers) in &looks {
            gateway.http.send(method.clone(), page, headers, "").await.is(404);
        }
    }
    assert_eq!(merchant.journey(&link.id).await, before);
}

#[tokio::test]
async fn a_wrong_method_is_told_which_ones_are_right() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let pages = [
        ("/", "GET, HEAD"),
        ("/livez", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/demo", "GET, HEAD"),
        ("/demo/pay", "POST"),
        ("/demo/never-returns", "POST"),
        ("/demo/without-browser", "GET, HEAD"),
        ("/display-parameters", "GET, HEAD"),
        ("/favicon.ico", "GET, HEAD"),
        ("/static/handback.css", "GET, HEAD"),
        ("/payment", "GET, HEAD"),
        ("/payment/pay", "POST"),
        ("/payment/cancel", "POST"),
        ("/payment/home", "GET, HEAD"),
        ("/consent", "GET, HEAD"),
        ("/token-io/session/x", "GET, HEAD"),
        ("/return/sandbox", "GET, HEAD, POST"),
        ("/return/sandbox/wait", "GET, HEAD"),
        ("/sandbox/authorise", "GET, HEAD, POST"),
        ("/.well-known/jwks.json", "GET, HEAD"),
        ("/secpaid/api/v2/createLink", "POST"),
        ("/v1/profile", "GET, HEAD"),
        ("/v1/profile/callbacks", "GET, HEAD, POST"),
        ("/v1/openapi.json", "GET, HEAD"),
        ("/yapily/institutions", "GET, HEAD"),
        ("/token-io/v2/payments", "GET, HEAD, POST"),
    ];
    for (page, allowed) in pages {
        for method in [Method::PUT, Method::OPTIONS, Method::TRACE, Method::from_bytes(b"BREW").unwrap()] {
            let refused = gateway.http.send(method.clone(), page, &[], "").await.is(405);
            assert_eq!((refused.status, refused.header("allow").as_str()), (405, allowed), "{method} {page}");
        }
    }
    gateway.http.send(Method::TRACE, "/nothing/here", &[], "").await.is(404);
}

/// A path with each of its letters at these places percent-encoded.
fn encoded(path: &str, at: std::ops::Range<usize>) -> String {
    path.char_indices()
        .map(|(i, c)| if at.contains(&i) { format!("%{:02X}", c as u32) } else { c.to_string() })
        .collect()
}

#[tokio::test]
async fn our_own_words_in_a_path_are_written_as_they_are_and_parameters_as_one_likes() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({})).await;
    let bearer = format!("Bearer {}", merchant.key);
    let headers = [("authorization", bearer.as_str())];
    let status = async |path: &str| raw_status(&gateway, path, &headers).await;
    for (path, words) in [
        ("/v1/profile", &[1..3, 4..5, 10..11][..]),
        ("/readyz", &[1..7, 6..7]),
        ("/static/handback.css", &[1..2, 3..4]),
        ("/payment/qr.png", &[9..10, 11..12]),
        ("/return/sandbox", &[1..7, 2..3]),
        ("/sandbox/authorise", &[3..4, 1..2]),
        ("/.well-known/jwks.json", &[1..2, 13..14]),
        ("/yapily/institutions", &[1..7, 3..5]),
    ] {
        for at in words.iter().cloned() {
            let other = encoded(path, at);
            assert_eq!(status(&other).await, 404, "{other}");
        }
    }
    // A parameter is read as it was meant.
    let journey = format!("/v1/journeys/{}", link.id);
    assert_eq!(status(&journey).await, 200);
    assert_eq!(status(&encoded(&journey, 13..20)).await, 200);
    assert_eq!(status(&encoded("/static/handback.css", 8..12)).await, 200);
    // Nor is a path read in two ways by dots, slashes or semicolons.
    for path in [
        "//v1/profile",
        "/v1//profile",
        "/v1/./profile",
        "/x/../v1/profile",
        "/v1/profile;x",
        "/v1/profile/",
        "/v1%2Fprofile",
        "/v1/%2e/profile",
        "/V1/profile",
        "/x/%2e%2e/v1/profile",
    ] {
        assert_eq!(status(path).await, 404, "{path}");
    }
}

/// Asks for a path byte for byte, as no URL library would.
async fn raw_status(gateway: &TestGateway, path: &str, headers: &[(&str, &str)]) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = gateway.http.base().trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

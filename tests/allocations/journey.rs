//! The walks of one payment, as requests, each as its caller sends it.

use url::Url;

use crate::gateway::{Cost, MeasuredGateway};

/// What a browser says of itself with every request.
const BROWSER: &str = "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
                       accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
                       accept-language: de,en;q=0.7\r\naccept-encoding: gzip, deflate, br, zstd\r\n";

/// The walks, in the order of the table.
pub const WALKS: [&str; 5] =
    ["first return", "replay", "one-time token redeemed", "journey opened", "customer sent to the provider"];

/// What a payment costs from the call that opens it to its token: a cost for each of [`WALKS`].
pub fn walk(gateway: &mut MeasuredGateway, order: usize) -> [Cost; WALKS.len()] {
    let key = gateway.api_key.clone();
    let body = format!(
        r#"{{"amount":25.00,"recipient_note":"order {order}","callback_url":"https://shop.example/back?order={order}","one_time_token":true}}"#
    );
    let headers = format!("token: {key}\r\ncontent-type: application/json\r\n");
    let (opened, opening) = gateway.ask(&request("POST /secpaid/api/v2/createLink", &headers, &body));
    let link = between(&opened, "link_id=", "\"");
    let form = format!("{BROWSER}content-type: application/x-www-form-urlencoded\r\n");
    let (left, sending) = gateway.ask(&request("POST /payment/pay", &form, &format!("link_id={link}")));
    let (state, cookie) = (parameter(&left, "state"), between(&left, "set-cookie: ", ";"));
    let browser = format!("{BROWSER}cookie: {cookie}\r\n");
    let back = request(&format!("GET /return/sandbox?code=paid&state={state}"), &browser, "");
    let (home, first) = gateway.ask(&back);
    let (again, replay) = gateway.ask(&back);
    assert_eq!(location(&home), location(&again), "a replay is the same answer");
    let token = parameter(&home, "one-time-token");
    let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n");
    let body = format!(r#"{{"one_time_token":"{token}"}}"#);
    let (redeemed, redeeming) = gateway.ask(&request("POST /v1/one-time-tokens/redeem", &headers, &body));
    assert!(redeemed.starts_with("HTTP/1.1 200"), "{redeemed}");
    [first, replay, redeeming, opening, sending]
}

fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    format!("{line} HTTP/1.1\r\nhost: pay.example\r\n{headers}{length}\r\n{body}").into_bytes()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}")).1;
    rest.split_once(after).expect("an end").0
}

fn location(response: &str) -> &str {
    between(response, "location: ", "\r\n")
}

fn parameter(response: &str, name: &str) -> String {
    let url = Url::parse(location(response)).expect("a URL");
    url.query_pairs().find(|(own, _)| own == name).expect("a parameter").1.into_owned()
}

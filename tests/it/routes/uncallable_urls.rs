//! URLs that this gateway never calls are refused by every API that takes one for a server, in that API's own error.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::ixopay::Client;
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;

on_every_store![
    a_url_that_can_never_be_called_is_refused_when_it_is_saved_or_sent,
    a_customers_browser_may_go_where_no_call_goes,
];

/// Each with a word of the reason.
const NEVER: [(&str, &str); 5] = [
    ("https://10.0.0.5/hook", "private"),
    ("https://169.254.169.254/x", "link-local"),
    ("https://[fd00::1]/hook", "unique local"),
    ("https://8.8.8.8:8443/hook", "port 8443"),
    ("http://127.0.0.2:9000/hook", "loopback"),
];

async fn a_url_that_can_never_be_called_is_refused_when_it_is_saved_or_sent(gateway: TestGateway) {
    let (merchant, member, ixopay) =
        (gateway.merchant("Shop"), TokenIoClient::of(&gateway).await, Client::of(&gateway));
    for (url, reason) in NEVER {
        let refused = |answer: Value, field: &str| {
            assert_eq!(answer["field"], field, "{answer}");
            assert!(answer["rule"].as_str().unwrap().contains(reason), "{answer}");
        };
        let saved = merchant.v1(Method::POST, "/profile/endpoints", &json!({ "url": url })).await.is(422);
        refused(saved.json(), "url");
        let asked = merchant.v1(Method::POST, "/jobs", &json!({ "callback_url": url })).await.is(422);
        refused(asked.json(), "callback_url");
        let list = json!({ "callback_url": ["https://shop.example/cb", url] });
        let preview = merchant.v1(Method::POST, "/preview", &list).await.is(422);
        refused(preview.json(), "callback_url item 2");
        let preview = merchant.v1(Method::POST, "/preview", &json!({ "payment_endpoint": url })).await.is(422);
        refused(preview.json(), "payment_endpoint");
        assert!(merchant.refusal(&list["callback_url"]).await.contains(reason));
        let body = json!({ "amount": 25, "payment_endpoint": url });
        let told = merchant.secpaid("createLink", &body).await.is(400).json();
        assert!(told["ResponseMsg"].as_str().unwrap().contains(reason), "{told}");
        let body = json!({ "merchantTransactionId": "1", "amount": "9.99", "currency": "EUR", "callbackUrl": url });
        let debit = ixopay.call(Method::POST, "/transaction//debit", &body.to_string()).await.is(422).json();
        assert_eq!(debit["errorCode"], 1002, "{debit}");
        assert!(debit["errorMessage"].as_str().unwrap().contains("callbackUrl"), "{debit}");
        let config = json!({ "config": { "type": ["PAYMENT_STATUS_CHANGED"], "url": url } });
        let hook = member.call(Method::PUT, "/webhook/config", &config).await.is(400).json();
        assert!(hook.to_string().contains("config.url") && hook.to_string().contains(reason), "{hook}");
    }
}

async fn a_customers_browser_may_go_where_no_call_goes(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for url in ["https://10.0.0.5/back", "https://shop.internal:8443/back", "http://127.0.0.2:9000/back"] {
        merchant.save(url).await;
        merchant.link_to(url).await;
        let link = merchant.link(json!({ "callback_url": [url, "https://shop.example/hook"] })).await;
        let home = gateway.http.pay(&link.text, "code=ok").await.location();
        assert!(home.starts_with(url), "{home}");
    }
}

//! SecPaid's links (contracts/secpaid.md, sections 1 to 4).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::HttpReply;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

on_every_store![
    a_link_is_made_alike_from_all_three_forms_of_body,
    a_link_has_every_documented_field_in_its_documented_type,
    amounts_never_pass_through_floating_point,
    a_split_link_is_made_from_json_text_and_brackets,
];

const TYPES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=xYz"];

async fn a_link_is_made_alike_from_all_three_forms_of_body(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let json = r#"{"amount": 25.5, "recipient_note": "Order 7 & sons é", "callback_url": "https://shop.example/cb?a=b&c",
                   "cancellable": false, "bank_transfer": "true", "one_time_token": true}"#;
    let form = "amount=25.5&recipient_note=Order+7+%26+sons+%C3%A9&callback_url=https%3A%2F%2Fshop.example%2Fcb%3Fa%3Db%26c\
                &cancellable=false&bank_transfer=true&one_time_token=true";
    let fields = [
        ("amount", "25.5"),
        ("recipient_note", "Order 7 & sons é"),
        ("callback_url", "https://shop.example/cb?a=b&c"),
        ("cancellable", "false"),
        ("bank_transfer", "true"),
        ("one_time_token", "true"),
    ];
    let mut links = Vec::new();
    for (kind, body) in TYPES.into_iter().zip([json.to_owned(), form.to_owned(), multipart(&fields)]) {
        let answer = call(&merchant, "createLink", kind, body).await.is(200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let mut envelope = answer.json();
        assert_eq!(envelope["ResponseMsg"], "Link created successfully");
        for own in ["id", "linktopay_id", "pay_link", "qr_img", "created_at", "expires_at"] {
            envelope["data"][own].take();
        }
        links.push(envelope);
    }
    assert_eq!(links[0], links[1]);
    assert_eq!(links[0], links[2]);
    assert_eq!(links[0]["data"]["recipient_note"], "Order 7 & sons é");
    assert_eq!(links[0]["data"]["callback_url"], "https://shop.example/cb?a=b&c");
}

async fn a_link_has_every_documented_field_in_its_documented_type(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({
        "amount": 25, "recipient_note": "Invoice #1234", "bank_transfer": "true", "is_qr_link": "false",
        "bank_statement_description": "Shop 7", "payment_endpoint": "https://hook.example/paid",
        "callback_url": "https://shop.example/cb",
    });
    let envelope = merchant.secpaid("createLink", &body).await.is(200).json();
    let members: Vec<_> = envelope.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["ResponseCode", "ResponseMsg", "Result", "ServerTime", "data"]);
    assert_eq!((&envelope["ResponseCode"], &envelope["Result"]), (&json!(1), &json!("True")));
    assert!(["CET", "CEST"].contains(&envelope["ServerTime"].as_str().unwrap()));
    let link = &envelope["data"];
    assert!(link["id"].is_u64() && link["id"] == link["linktopay_id"], "{link}");
    assert!(link["id"].as_u64().unwrap() < 1 << 53, "every JavaScript holds it");
    for (name, value) in [
        ("user_id", json!(merchant.id)),
        ("amount", json!(25)),
        ("recipient_note", json!("Invoice #1234")),
        ("status", json!("Unused")),
        ("paymentEndpoint", json!("https://hook.example/paid")),
        ("callback_url", json!("https://shop.example/cb")),
        ("recipients", Value::Null),
        ("is_split_link", json!("false")),
        ("split_type", json!("normal")),
        ("transaction_type", json!("Basic")),
        ("bank_transfer", json!("true")),
        ("is_qr_link", json!("false")),
        ("payment_config", json!("")),
        ("bank_statement_description", json!("Shop 7")),
        ("is_cancellation", json!("No")),
    ] {
        assert_eq!(link[name], value, "{name}");
    }
    assert!(link["servicefee"].is_string());
    assert!(link["created_at"].as_str().unwrap().parse::<jiff::civil::DateTime>().is_ok(), "{link}");
    assert!(link["created_at"].as_str().unwrap().contains(' ') && link["created_at"].as_str().unwrap().len() == 19);
    let pay_link = link["pay_link"].as_str().unwrap();
    assert!(pay_link.starts_with(&format!("{}/payment?link_id=", gateway.http.base())), "{pay_link}");
    assert!(link["qr_img"].as_str().unwrap().starts_with(gateway.http.base()), "no third party is told");
    gateway.http.get(pay_link).await.is(200).says("Invoice #1234");
}

async fn amounts_never_pass_through_floating_point(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    // As form clients send a field that nobody filled in.
    let empty = "amount=25&callback_url=&payment_endpoint=&one_time_token=&recipient_note=&cancellable=";
    let made = call(&merchant, "createLink", TYPES[1], empty.to_owned()).await.is(200).json();
    assert_eq!(made["data"]["callback_url"], "", "as absent");
    for (sent, written, text) in [
        ("25", "25", "25.00"),
        ("0.1", "0.1", "0.10"),
        ("0.29", "0.29", "0.29"),
        ("1.10", "1.1", "1.10"),
        ("\"100.00\"", "100", "100.00"),
        ("1.0E2", "100", "100.00"),
        ("1000e-1", "100", "100.00"),
        ("9999999999.99", "9999999999.99", "9999999999.99"),
        ("1234567.89", "1234567.89", "1234567.89"),
    ] {
        let made = call(&merchant, "createLink", TYPES[0], format!(r#"{{"amount":{sent}}}"#)).await.is(200);
        assert!(made.text().contains(&format!(r#""amount":{written},"#)), "{sent}: {}", made.text());
        let id = made.json()["data"]["id"].to_string();
        assert_eq!(merchant.journey(&id).await["amount"], text);
    }
    for wrong in
        ["0", "-1", "0.001", "\"1e2\"", "1e-3", "1e99", "1,5", "NaN", "\"\"", "null", "true", "99999999999", "[25]"]
    {
        let refused = call(&merchant, "createLink", TYPES[0], format!(r#"{{"amount":{wrong}}}"#)).await.is(400);
        assert_eq!(refused.json()["ResponseCode"], 0, "{wrong}");
    }
}

async fn a_split_link_is_made_from_json_text_and_brackets(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let array = r#"{"amount":100,"recipients":[{"token":"testuser-a","share":10}]}"#.to_owned();
    let text = r#"{"amount":100,"recipients":"[{\"token\":\"testuser-a\",\"share\":10}]"}"#.to_owned();
    let form = "amount=100&recipients=%5B%7B%22token%22%3A%22testuser-a%22%2C%22share%22%3A10%7D%5D".to_owned();
    let brackets = "amount=100&recipients%5B0%5D%5Btoken%5D=testuser-a&recipients[0][share]=10".to_owned();
    let parts = multipart(&[("amount", "100"), ("recipients[0][token]", "testuser-a"), ("recipients[0][share]", "10")]);
    for (kind, body) in [(TYPES[0], array), (TYPES[0], text), (TYPES[1], form), (TYPES[1], brackets), (TYPES[2], parts)]
    {
        let link = call(&merchant, "createSplitLink", kind, body.clone()).await.is(200).json()["data"].clone();
        assert_eq!(link["recipients"], r#"[{"token":"testuser-a","share":10}]"#, "{body}");
        assert_eq!(
            (&link["is_split_link"], &link["split_type"], &link["transaction_type"]),
            (&json!("true"), &json!("normal"), &json!("Split"))
        );
    }
    for (recipients, message) in [
        (json!([{ "token": "a", "share": 1 }, { "token": "", "share": 1 }]), "Invalid recipient token at index 1"),
        (json!([{ "token": " ", "share": 1 }]), "Invalid recipient token at index 0"),
    ] {
        let refused =
            merchant.secpaid("createSplitLink", &json!({ "amount": 1, "recipients": recipients })).await.is(400);
        assert_eq!(refused.json()["ResponseMsg"], message);
    }
    for wrong in [json!([]), json!({}), json!("x"), Value::Null, json!([{ "token": "a", "share": 101 }])] {
        merchant.secpaid("createSplitLink", &json!({ "amount": 1, "recipients": wrong })).await.is(400);
    }
    let absolute = |share| {
        let recipients = [json!({ "token": "a", "share": 12.5 }), json!({ "token": "b", "share": share })];
        json!({ "amount": 25, "split_type": "absolute", "recipients": recipients })
    };
    merchant.secpaid("createSplitLink", &absolute(12.5)).await.is(200);
    merchant.secpaid("createSplitLink", &absolute(12.51)).await.is(400);
}

#[tokio::test]
async fn an_operators_gateway_speaks_secpaid_too() {
    let file = "listen = \"127.0.0.1:0\"\n[sandbox]\nenabled = true\n";
    let gateway = TestGateway::open_own(StoreKind::Embedded, file).await;
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success")));
    gateway.http.get("/demo").await.is(404);
    let without = TestGateway::open_own(StoreKind::Embedded, "listen = \"127.0.0.1:0\"\n").await;
    let merchant = without.merchant("Shop");
    let refused = merchant.refusal(&json!("https://shop.example/cb")).await;
    assert!(refused.contains("none of this gateway's takes payments"), "{refused}");
    merchant.v1(Method::POST, "/preview", &json!({ "callback_url": "https://shop.example/cb" })).await.is(422);
    without.http.get("/sandbox/authorise").await.is(404);
}

pub async fn call(merchant: &MerchantClient, name: &str, kind: &str, body: String) -> HttpReply {
    let headers = [("token", merchant.key.as_str()), ("content-type", kind)];
    merchant.http.send(Method::POST, &format!("/secpaid/api/v2/{name}"), &headers, body).await
}

fn multipart(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    format!("{}--xYz--\r\n", fields.iter().map(part).collect::<String>())
}

//! `/v1/openapi.json` and the readers agree: requests are made from the schemas. (Every success is
//! held against its schema wherever a story asks: `support::manual`.)
//!
//! For each field of each body, and each query parameter, the test sends what stands at, inside and beyond every limit
//! of its schema, and every type that there is. A well-kept validator judges what the schema says of a request; the
//! gateway must say the same. What a schema cannot say stands in [`RULES`] and [`ANYWHERE`], and nowhere else.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::HttpReply;
use crate::support::manual::validator;
use crate::support::merchant_client::MerchantClient;
use crate::support::token_io_client::PUBLIC_KEY;
use crate::support::token_io_host::PRIVATE_KEY;

const URL: &str = "https://shop.example/x";

/// The operator's key.
const OPERATOR: &str = "the-operator-of-the-requests-has-it";

/// Rules that a schema cannot say, by the field and the beginning of the rule that is answered.
const RULES: [(&str, &str); 35] = [
    // What a mail address is.
    ("email", "is not a mail address"),
    // How the settings of an account go together.
    ("secret", "is not a secret of Standard Webhooks"),
    ("private_key", "is not a private key"),
    ("scheme", "does not pay into such an account"),
    ("kind", "iban is missing"),
    ("iban", "iban is missing"),
    ("iban", "is not a valid IBAN"),
    ("iban", "stands beside iban"),
    ("sort_code", "is missing beside"),
    ("account_number", "is missing beside"),
    // What an operator has configured.
    ("provider", "which is no provider of this gateway"),
    ("attach", "which is no provider of this gateway"),
    ("display", "no origin is registered"),
    // What an operation can be done to.
    ("", "names a journey that no"),
    ("amount", "names a journey that no"),
    ("note", "names a journey that no"),
    // What is saved, or not.
    ("callback_url", "and there is none"),
    ("payment_endpoint", "and there is none"),
    ("payment_endpoint", "and saved endpoints have an index only"),
    ("is_encryption", "has no encryption key of its own"),
    // The grammar of texts in which indices, names and URLs stand between commas.
    ("callback_url", "is not absolute"),
    ("callback_url", "which no URL may hold"),
    ("callback_url", "which is no part of a URL"),
    ("callback_url", "more than 2048"),
    ("payment_endpoint", "more than 2048"),
    ("payment_endpoint", "is empty"),
    ("payment_endpoint", "is not absolute"),
    ("payment_endpoint", "which no URL may hold"),
    ("payment_endpoint", "which is no part of a URL"),
    // Fields that need one another.
    ("app_links", "is of no use"),
    ("web", "is of no use"),
    // What may stand at a time.
    ("overlap_seconds", "cannot begin while the overlap of the last rotation lasts"),
    // An operator's setting.
    ("expires_in", "is later than this gateway keeps a journey"),
    // The forms that a key may have.
    ("key", "and an Ed25519 key has 32"),
    // A list's own cursor is opaque.
    ("after", "is not a place in the list"),
];

/// Rules of many fields: what stands in texts that people read, and what a key is, in words that a pattern would only
/// blur; and what an account of the one kind has, and of the other has not.
const ANYWHERE: [&str; 6] = [
    "is missing: accounts of the kind",
    "is not for accounts of the kind",
    "holds the control character",
    "holds a control character",
    "which nobody can see",
    "is neither PEM nor base64url",
];

/// The least body that an operation takes. A new operation must say its own.
fn least(operation: &str) -> Value {
    match operation {
        "addCallback" | "replaceCallback" | "addEndpoint" | "replaceEndpoint" | "verifyReturn" => json!({ "url": URL }),
        "registerPublicKey" => json!({ "key": PUBLIC_KEY }),
        "replayDeliveries" => json!({ "since": "2026-11-20T15:04:05Z" }),
        "addKey" => json!({ "name": "deploy" }),
        "rotateKey" | "rotateSigningSecret" | "rotateWebhookKey" | "changeSettings" => json!({}),
        "preview" | "openJob" => json!({ "callback_url": URL }),
        "openJourney" => json!({ "amount": "25.00", "currency": "EUR" }),
        "attachJourney" => json!({ "reference": "p_81" }),
        "captureJourney" | "voidJourney" | "refundJourney" => json!({}),
        "addMerchant" => json!({ "name": "Shop" }),
        "changeMerchant" => json!({}),
        "namePerson" => json!({ "email": "ada@shop.example", "role": "support" }),
        "addMerchantKey" => json!({ "name": "deploy" }),
        "makeConsoleLink" => json!({ "name": "Ada", "role": "support" }),
        "changeProviderAccount" => json!({}),
        "rotateProviderAccountSecret" => json!({ "overlap_seconds": 0 }),
        "postJobResult" => json!({ "status": "done" }),
        "redeemOneTimeToken" => json!({ "one_time_token": "x" }),
        "redeemResumeHandle" => json!({ "resume_handle": "x" }),
        other => panic!("no body is known for {other}"),
    }
}

/// The least bodies that an operation takes: one for each kind of account, where it creates one.
fn least_bodies(operation: &str) -> Vec<Value> {
    if operation != "createProviderAccount" {
        return vec![least(operation)];
    }
    let engine = json!({ "name": "new", "kind": "http", "url": "https://pay.example/x" });
    let kinds = [
        json!({}),
        json!({ "kind": "ixopay", "api_key": "k", "user": "u", "password": "p", "shared_secret": "s" }),
        json!({ "kind": "token_io", "member": "m:a:b", "key_id": "k", "private_key": PRIVATE_KEY, "payee": "Shop",
            "iban": "DE89370400440532013000" }),
        json!({ "kind": "yapily", "application_id": "a", "application_secret": "s", "institution": "modelo-sandbox",
            "payee": "Shop", "sort_code": "123456", "account_number": "12345678" }),
    ];
    let with = |more: &Value| {
        let mut body = engine.clone();
        body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        body
    };
    kinds.iter().map(with).collect()
}

/// Values that a field of this name takes beside what its schema shows, and what must stand beside it.
fn samples(field: &str) -> Vec<(Value, Value)> {
    let beside = json!({ "fallback": "https://shop.example/y" });
    match field {
        "web" => vec![(json!("https://shop.example/w"), json!({}))],
        "ios" | "android" => vec![(json!("https://shop.example/app"), beside)],
        "android_package" => {
            vec![(json!("com.example.shop"), json!({ "android": "https://shop.example/app", "fallback": URL }))]
        }
        "app_store" => {
            vec![(json!("https://apps.apple.com/app/id1"), json!({ "ios": "https://shop.example/app" }))]
        }
        "play_store" => vec![(
            json!("https://play.google.com/store/apps/details?id=com.example.shop"),
            json!({ "android": "https://shop.example/app" }),
        )],
        "fallback" => vec![(json!("https://shop.example/y"), json!({ "ios": "https://shop.example/app" }))],
        "encryption_key" => vec![(json!("0123456789abcdef0123456789abcdef"), json!({}))],
        "callback_url" | "payment_endpoint" => vec![(json!(URL), json!({})), (json!([URL]), json!({}))],
        "notify_on" => vec![(json!(["paid"]), json!({})), (json!(["paid", "paid"]), json!({}))],
        "headers" => vec![(json!({ "x-a": "1" }), json!({})), (json!({ "x-a": 1 }), json!({}))],
        "is_encryption" => vec![(json!(true), json!({ "payment_endpoint": URL }))],
        _ => Vec::new(),
    }
}

/// The schema with what it refers to.
fn resolved<'a>(manual: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolved(manual, manual.pointer(&reference[1..]).expect("what is referred to")),
        None => schema,
    }
}

/// What is sent as a value of this schema: every type, and both sides of every limit.
fn candidates(manual: &Value, schema: &Value) -> Vec<Value> {
    let schema = resolved(manual, schema);
    let mut all = vec![
        json!(null),
        json!(true),
        json!(7),
        json!(7.0),
        json!(7.5),
        json!(-1),
        json!(1e30),
        json!(""),
        json!("x"),
        json!("7"),
        json!("\u{0}"),
        json!("é\u{202e}"),
        json!("x".repeat(5_000)),
        json!([]),
        json!([null]),
        json!({}),
    ];
    for (limit, steps) in [("minimum", [0, -1]), ("maximum", [0, 1])] {
        if let Some(limit) = schema[limit].as_i64() {
            all.extend(steps.map(|step| json!(limit + step)));
            #[expect(clippy::cast_precision_loss, reason = "limits are small")]
            all.push(json!(limit as f64));
        }
    }
    for (limit, step) in [("minLength", -1), ("maxLength", 1)] {
        if let Some(limit) = schema[limit].as_i64() {
            let long = |length: i64| json!("x".repeat(usize::try_from(length).unwrap_or_default()));
            all.extend([long(limit), long(limit + step)]);
        }
    }
    for choice in schema["enum"].as_array().into_iter().flatten() {
        all.extend([choice.clone(), json!(choice.as_str().unwrap_or_default().to_uppercase())]);
    }
    for one in schema["oneOf"].as_array().into_iter().flatten() {
        all.extend(candidates(manual, one));
    }
    if let Some(items) = schema.get("items") {
        all.extend(candidates(manual, items).into_iter().map(|item| json!([item])));
        for limit in ["minItems", "maxItems"].into_iter().filter_map(|limit| schema[limit].as_u64()) {
            let many = |length: u64| json!(vec![URL; usize::try_from(length).unwrap_or_default()]);
            all.extend([many(limit), many(limit + 1)]);
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|value| seen.insert(value.to_string()));
    all
}

/// The bodies that are sent to an operation, each with the field that it is about.
fn bodies(manual: &Value, schema: &Value, least: &Value) -> Vec<(String, Value)> {
    let schema = resolved(manual, schema);
    let fields = schema["properties"].as_object().expect("fields");
    let with = |more: &Value, field: &str, value: Value| {
        let mut body = least.as_object().expect("an object").clone();
        body.extend(more.as_object().cloned().unwrap_or_default());
        body.insert(field.to_owned(), value);
        Value::Object(body)
    };
    let mut all = vec![(String::new(), least.clone()), ("surprise".into(), with(&json!({}), "surprise", json!(1)))];
    for (field, schema) in fields {
        for value in candidates(manual, schema) {
            all.push((field.clone(), with(&json!({}), field, value)));
        }
        for (value, beside) in samples(field) {
            all.push((field.clone(), with(&beside, field, value)));
        }
        let mut without: Map<String, Value> = least.as_object().expect("an object").clone();
        if without.remove(field).is_some() {
            all.push((field.clone(), Value::Object(without)));
        }
    }
    all
}

/// One request that an operation can be sent, as far as it is the same for all of its bodies.
struct Operation<'a> {
    id: &'a str,
    method: Method,
    path: String,
    item: &'a Value,
}

fn operations<'a>(manual: &'a Value, fill: &impl Fn(&str) -> String) -> Vec<Operation<'a>> {
    let paths = manual["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, item) in item.as_object().expect("an item").iter().filter(|(name, _)| *name != "parameters") {
            let (id, method) = (item["operationId"].as_str().expect("an id"), method.to_uppercase().parse());
            all.push(Operation { id, method: method.expect("a method"), path: fill(path), item });
        }
    }
    all
}

/// What is wrong with an answer to a request that is valid by its schema, or is not.
fn judged(is_valid: bool, field: &str, answer: &HttpReply) -> Result<(), String> {
    let is_refused = [400, 422].contains(&answer.status);
    if answer.status >= 500 {
        return Err(format!("answers {}", answer.status));
    }
    let problem = if is_refused { answer.json() } else { Value::Null };
    let text = |member: &str| problem[member].as_str().unwrap_or_default().to_owned();
    let said = format!("{} {} {}", text("field"), text("rule"), text("detail"));
    // The engine has one rule for them, whatever a call names them.
    let known_as = match field {
        "callback" => "callback_url",
        "endpoints" => "payment_endpoint",
        other => other,
    };
    match (is_valid, is_refused) {
        (true, true) if RULES.iter().any(|(known, rule)| *known == known_as && said.contains(rule)) => Ok(()),
        (true, true) if ANYWHERE.iter().any(|rule| said.contains(rule)) => Ok(()),
        (true, true) => Err(format!("is valid, and refused: {said}")),
        (false, false) => Err(format!("is not valid, and answered {}", answer.status)),
        (false, true) if !text("field").starts_with(field) => Err(format!("is refused without naming {field}: {said}")),
        _ => Ok(()),
    }
}

/// Whether the operator alone may ask for it.
fn is_operators(operation: &Operation<'_>) -> bool {
    operation.item["tags"] == json!(["operator"])
}

async fn send(merchant: &MerchantClient, operation: &Operation<'_>, query: &str, body: &Value) -> HttpReply {
    let path = operation.path.trim_start_matches("/v1");
    // An order of money needs a key, and each body is an order of its own.
    let key = format!("{:x}", Sha256::digest(format!("{path} {body}")));
    let headers = [("idempotency-key", key.as_str())];
    let headers = if path.starts_with("/journeys/") { &headers[..] } else { &[] };
    let answer = merchant.v1_with(operation.method.clone(), &format!("{path}{query}"), headers, body).await;
    // What was added goes again: there are limits to how much there may be.
    let stays = ["/journeys", "/provider-accounts", "/merchants"].iter().any(|own| path.starts_with(own));
    let stays = stays || path.ends_with("/rotate");
    if answer.status == 201 && operation.method == Method::POST && !stays {
        let added = answer.json();
        let own =
            ["index", "number", "id", "email"].iter().find_map(|name| added.get(*name)).expect("what it is known by");
        let own = own.as_str().map_or_else(|| own.to_string(), str::to_owned);
        merchant.v1(Method::DELETE, &format!("{path}/{own}"), &Value::Null).await.is(204);
    }
    answer
}

#[tokio::test]
async fn every_request_is_taken_or_refused_as_its_schema_says() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_OPERATOR_KEY", OPERATOR)]).await;
    let merchant = gateway.merchant("Shop");
    let (shop, operator) = (gateway.merchant("Other").id, MerchantClient { key: OPERATOR.into(), ..merchant.clone() });
    merchant.save(URL).await;
    let endpoint = merchant.v1(Method::POST, "/profile/endpoints", &json!({ "url": URL })).await.is(201).json();
    let job = merchant.v1(Method::POST, "/jobs", &json!({ "callback_url": URL })).await.is(202).json();
    let pay_id = merchant.link(json!({})).await.id;
    let account = json!({ "name": "acme", "kind": "http", "url": "https://pay.example/x" });
    merchant.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    let manual = gateway.http.get("/v1/openapi.json").await.is(200).json();
    let fill = |path: &str| {
        let id = if path.starts_with("/v1/jobs") { job["id"].as_str().unwrap() } else { &pay_id };
        let index = if path.contains("endpoints") { endpoint["index"].to_string() } else { "0".to_owned() };
        path.replace("{index}", &index)
            .replace("{id}", id)
            .replace("{number}", "0000")
            .replace("{name}", "acme")
            .replace("{merchant}", &shop)
    };
    let (mut sent, mut differences) = (0, BTreeSet::new());
    for operation in operations(&manual, &fill) {
        let mut caller = if is_operators(&operation) { operator.clone() } else { merchant.clone() };
        let mut note = |what: String, verdict: Result<(), String>| {
            sent += 1;
            if let Err(difference) = verdict {
                differences.insert(format!("{} {what}: {difference}", operation.id));
            }
        };
        for parameter in operation.item["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&manual, parameter);
            if parameter["in"] != "query" {
                continue;
            }
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let judge = validator(&manual, schema);
            for text in ["", "x", "-1", "0", "1", "200", "201", "9.5", "dead", "DEAD", "1-2", &"9".repeat(200)] {
                let value = text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number));
                // A text that looks like a number is still a text.
                let is_valid = judge.is_valid(&value) || judge.is_valid(&json!(text));
                let answer = send(&caller, &operation, &format!("?{name}={text}"), &Value::Null).await;
                note(format!("?{name}={text:.40}"), judged(is_valid, name, &answer));
            }
        }
        let schema = &operation.item["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() {
            let judge = validator(&manual, schema);
            let least = least_bodies(operation.id);
            for (field, body) in least.iter().flat_map(|least| bodies(&manual, schema, least)) {
                let answer = send(&caller, &operation, "", &body).await;
                // A name is used once, and an account that was added stays.
                if answer.status == 201 && operation.id == "createProviderAccount" {
                    caller = gateway.merchant("Shop");
                }
                let shown: String = body.to_string().chars().take(160).collect();
                note(shown, judged(judge.is_valid(&body), &field, &answer));
            }
        }
    }
    assert!(sent > 900, "{sent}");
    let differences: Vec<_> = differences.into_iter().collect();
    assert!(differences.is_empty(), "{} of {sent}:\n{}", differences.len(), differences.join("\n"));
}

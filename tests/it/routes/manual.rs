//! `/v1/openapi.json` says what is there: every operation is routed, and every status that is seen is written down.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{HttpReply, kind_of};
use crate::support::ixopay::Client;
use crate::support::merchant_client::MerchantClient;
use crate::support::tpp::Tpp;

/// The operator's key.
const OPERATOR: &str = "the-operator-of-the-manual-has-it";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Every operation of the manual: its method, its path, and the statuses that it may answer.
fn operations(manual: &Value) -> Vec<(Method, String, Vec<u16>)> {
    let paths = manual["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("an item").clone();
        let path = path.clone();
        item.into_iter()
            .filter(|(name, _)| name != "parameters")
            .map(move |(method, operation)| {
                let statuses = operation["responses"].as_object().expect("responses").keys();
                let statuses = statuses.map(|status| status.parse().expect("a status")).collect();
                (method.to_uppercase().parse().expect("a method"), path.clone(), statuses)
            })
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

fn filled(path: &str, id: &str) -> String {
    path.replace("{index}", "0")
        .replace("{id}", id)
        .replace("{number}", "0000")
        .replace("{name}", "acme")
        .replace("{merchant}", "1111111111111111111111")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one call after the other")]
async fn every_operation_is_there_and_answers_as_it_is_written() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_OPERATOR_KEY", OPERATOR)]).await;
    let tpp = Tpp::of(&gateway).await;
    let (merchant, operator) = (&tpp.merchant, MerchantClient { key: OPERATOR.into(), ..tpp.merchant.clone() });
    let id = merchant.link(json!({})).await.id;
    let consent = tpp.ask_payment(json!({})).await;
    gateway.http.back(&consent.back("code=ok")).await.location();
    let asked = json!({ "callback_url": "https://shop.example/x" });
    let job = merchant.v1(Method::POST, "/jobs", &asked).await.is(202).json()["id"].as_str().unwrap().to_owned();
    let account = json!({ "name": "acme", "kind": "http", "url": "https://pay.example/x" });
    merchant.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    let served = gateway.http.get("/v1/openapi.json").await.is(200);
    let manual = served.json();
    assert!(manual["openapi"].as_str().unwrap().starts_with("3.1"));
    let operations = operations(&manual);
    assert!(operations.len() >= 12, "{}", operations.len());
    for (method, path, statuses) in &operations {
        let id = match path.split('/').nth(2) {
            Some("consents") => &consent.id,
            Some("jobs") => &job,
            _ => &id,
        };
        let page = filled(path, id);
        let bodies = [
            "",
            "{}",
            "{",
            "[]",
            r#"{"surprise":1}"#,
            r#"{"url":"https://shop.example/x"}"#,
            r#"{"url":"x"}"#,
            r#"{"url":"https://shop.example/x","ios":"com.example.shop://x","fallback":"https://shop.example/y"}"#,
            r#"{"url":"https://shop.example/x","fallback":"https://shop.example/y"}"#,
            r#"{"name":""}"#,
            r#"{"overlap_seconds":60}"#,
            r#"{"overlap_seconds":99999999}"#,
            r#"{"callback_url":"0"}"#,
            r#"{"callback_url":"9"}"#,
            r#"{"callback_url":"https://shop.example/x","method":"GET"}"#,
            r#"{"status":"done"}"#,
            r#"{"status":"failed","result":[]}"#,
            r#"{"one_time_token":"x"}"#,
            r#"{"one_time_token":"perhaps"}"#,
        ];
        for body in bodies {
            for key in [None, Some("k"), Some("a b")] {
                let answer = ask(merchant, method.clone(), &page, key, body).await;
                assert!(statuses.contains(&answer.status), "{method} {page} {body} {key:?}: {}", answer.status);
                check(&answer, &format!("{method} {page} {body}"));
            }
        }
        for (kind, body) in [(JSON, ""), (JSON, "{}"), (FORM, ""), (FORM, "token=x"), (FORM, "token=x&token=y")] {
            for caller in [merchant, &operator] {
                let answer = ask_in(caller, method.clone(), &page, kind, body).await;
                assert!(statuses.contains(&answer.status), "{method} {page} {kind} {body}: {}", answer.status);
                check(&answer, &format!("{method} {page} {kind} {body}"));
            }
        }
        let stranger = gateway.http.send(method.clone(), &page, &[], "{}").await;
        let open = ["/livez", "/readyz", "/v1/openapi.json", "/.well-known/jwks.json"].contains(&path.as_str());
        assert_eq!(stranger.status, if open { 200 } else { 401 }, "{method} {page}");
        if !open {
            assert_eq!(stranger.header("www-authenticate"), "Bearer");
            check(&stranger, path);
        }
    }
}

#[tokio::test]
async fn every_kind_of_problem_has_a_page_at_the_address_that_is_its_type() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let manual = gateway.http.get("/v1/openapi.json").await.is(200).json();
    let listed = manual["components"]["schemas"]["Problem"]["properties"]["type"]["description"].as_str().unwrap();
    let listed: Vec<_> = listed.split_once("one of: ").unwrap().1.trim_end_matches('.').split(", ").collect();
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/problem_kind.rs")).unwrap();
    let known = source.split_once("\nkinds! {\n").unwrap().1.split_once("\n}\n").unwrap().0;
    assert_eq!(listed.len(), known.matches(" = \"").count());
    for kind in &listed {
        let page = gateway.http.get(&format!("/problems/{kind}")).await.is(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{kind}");
    }
    gateway.http.get("/problems/perhaps").await.is(404);
    let (merchant, put) = (gateway.merchant("Shop"), Method::PUT);
    let nothing = json!({});
    for refused in [
        gateway.http.get("/v1/journeys").await.is(401),
        merchant.look("/nothing").await.is(404),
        merchant.v1(put, "/preview", &nothing).await.is(405),
        merchant.v1(Method::POST, "/jobs", &json!({ "callback_url": "x" })).await.is(422),
    ] {
        let problem = refused.json();
        let (address, title) = (problem["type"].as_str().unwrap(), problem["title"].as_str().unwrap());
        assert!(address.starts_with(gateway.http.base()), "{address}");
        assert!(gateway.http.get(address).await.is(200).text().contains(title), "{address}");
    }
}

/// A refusal is a problem (RFC 9457), and says which request it was.
fn check(answer: &HttpReply, what: &str) {
    if answer.status < 400 {
        return;
    }
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    assert!(answer.has("x-request-id"), "{what}");
    let problem = answer.json();
    assert!(problem["type"].as_str().is_some_and(|kind| kind.starts_with("http://127.0.0.1:")), "{what}: {problem}");
    assert!(!kind_of(&problem).is_empty(), "{what}: {problem}");
    assert_eq!(problem["status"], answer.status, "{what}");
    for member in ["title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: {problem}");
    }
}

async fn ask_in(caller: &MerchantClient, method: Method, page: &str, kind: &str, body: &str) -> HttpReply {
    let bearer = format!("Bearer {}", caller.key);
    let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
    caller.http.send(method, page, &headers, body.to_owned()).await
}

async fn ask(merchant: &MerchantClient, method: Method, page: &str, key: Option<&str>, body: &str) -> HttpReply {
    let bearer = format!("Bearer {}", merchant.key);
    let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    merchant.http.send(method, page, &headers, body.to_owned()).await
}

#[tokio::test]
async fn a_call_without_a_valid_key_is_nobodys() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let half = "hbt_0000".len();
    let mixed = format!("{}{}", &merchant.key[..half], &other.key[half..]);
    let (basic, lower) = (format!("Basic {}", merchant.key), format!("bearer {}", merchant.key));
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        &merchant.key,
        &basic,
        &format!("Bearer {mixed}"),
        &format!("Bearer {}x", merchant.key),
        &format!("Bearer {}", merchant.key.to_uppercase()),
    ] {
        gateway.http.get_with("/v1/profile", &[("authorization", wrong)]).await.is(401).never_says("hbt_");
    }
    gateway.http.get_with("/v1/profile", &[("authorization", &lower)]).await.is(200);
    gateway.http.get(&format!("/v1/profile?api_key={}", merchant.key)).await.is(401);
}

/// Whether an answer has every member that its schema promises.
#[track_caller]
fn has_what_is_required(manual: &Value, schema: &str, answer: &Value) {
    let required = manual["components"]["schemas"][schema]["required"].as_array().expect("required members");
    for name in required {
        assert!(answer.get(name.as_str().expect("a name")).is_some(), "{schema} promises {name}: {answer}");
    }
}

#[tokio::test]
async fn a_journey_of_any_kind_has_what_its_schema_promises() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let (client, tpp) = (Client::of(&gateway), Tpp::of(&gateway).await);
    let merchant = &client.merchant;
    merchant.link(json!({})).await;
    merchant.v1(Method::POST, "/jobs", &json!({ "callback_url": "https://shop.example/x" })).await.is(202);
    client.begin("register", &json!({ "merchantTransactionId": "registered" })).await;
    tpp.ask(json!({})).await;
    let manual = gateway.http.get("/v1/openapi.json").await.is(200).json();
    for (merchant, count) in [(merchant, 3), (&tpp.merchant, 1)] {
        let listed = merchant.look("/journeys").await.is(200).json();
        let journeys = listed["journeys"].as_array().expect("a list");
        assert_eq!(journeys.len(), count, "{listed}");
        for journey in journeys {
            has_what_is_required(&manual, "Journey", journey);
        }
    }
}

#[tokio::test]
async fn a_preview_takes_what_its_schema_lists_and_nothing_else() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let manual = gateway.http.get("/v1/openapi.json").await.is(200).json();
    let listed = manual["components"]["schemas"]["PreviewRequest"]["properties"].as_object().expect("properties");
    let mut names: Vec<_> = listed.keys().map(String::as_str).collect();
    names.sort_unstable();
    let refused = merchant.v1(Method::POST, "/preview", &json!({ "surprise": 1 })).await.is(400).json();
    let detail = refused["detail"].as_str().expect("a sentence");
    let (_, expected) = detail.split_once("expected one of ").unwrap_or_else(|| panic!("no names: {refused}"));
    let mut taken: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    taken.sort_unstable();
    assert_eq!(taken, names);
}

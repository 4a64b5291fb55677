//! IXOPAY's side of its Transaction API, as the documentation has it: it keeps books, insists on credentials,
//! signatures and fields, and misbehaves as it is told. It shares nothing with the gateway's own IXOPAY dialect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handback::clock::Clock as _;
use handback::domain::UnixMillis;
use reqwest::Method;
use serde_json::{Value, json};

use super::gateway::TestGateway;
use super::http::{Http, HttpReply};
use super::ixopay::{TYPE, signed};
use super::payment_engine::Trap;
use super::receiver::{Received, Receiver, Reply};
use super::tpp::basic;

pub const API_KEY: &str = "my-connector";
pub const USER: &str = "api-user";
pub const PASSWORD: &str = "pass: word";
pub const SHARED_SECRET: &str = "my-shared-secret";

/// What a debit may say here.
const FIELDS: [&str; 10] = [
    "merchantTransactionId",
    "amount",
    "currency",
    "referenceUuid",
    "transactionIndicator",
    "successUrl",
    "cancelUrl",
    "errorUrl",
    "callbackUrl",
    "description",
];

/// How it misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    None,
    /// It does what it is asked, and closes the connection without a word.
    Mute,
    /// It answers 500, and does nothing.
    Broken,
    /// It answers that there were too many calls.
    Busy,
    /// Every debit fails at once.
    Declining,
    /// Every debit succeeds at once, without a page.
    Finishing,
    /// Operations are not decided at once.
    Pondering,
    /// What is repeated is done, and answered with a communication error.
    Doubtful,
}

#[derive(Default)]
struct Books {
    /// By their merchantTransactionId.
    transactions: BTreeMap<String, Value>,
    calls: Vec<String>,
    trouble: Trouble,
    trap: Option<Trap>,
}

/// The connector, on a port of its own.
#[derive(Clone)]
pub struct Connector {
    receiver: Receiver,
    books: Arc<Mutex<Books>>,
}

impl Connector {
    pub fn start() -> Self {
        let books = Arc::<Mutex<Books>>::default();
        let kept = Arc::clone(&books);
        let receiver = Receiver::answering(move |_, call| answer(&mut kept.lock().expect("books"), call));
        Self { receiver, books }
    }

    /// Where its API is: behind a path, as other gateways with the same API have it.
    pub fn url(&self) -> String {
        self.receiver.url("/v3host")
    }

    /// The configuration of a gateway with this provider, `cards`; receivers on this machine may be called.
    pub fn file(&self) -> String {
        format!(
            "egress.allow = ['127.0.0.0/8']\n[[provider]]\nname = 'cards'\nkind = 'ixopay'\nmode = 'test'\nurl = '{}'\n\
             api_key = '{API_KEY}'\nuser = '{USER}'\npassword = '{PASSWORD}'\nshared_secret = '{SHARED_SECRET}'\n\
             asks_per_second = 100\n",
            self.url()
        )
    }

    /// Sets a trap at a call such as `debit`; answers how one finds out that it has sprung.
    pub fn set(&self, trap: Trap) -> impl Fn() -> bool + use<> {
        self.books.lock().expect("books").trap = Some(trap);
        let books = Arc::clone(&self.books);
        move || books.lock().expect("books").trap.is_none()
    }

    pub fn misbehave(&self, trouble: Trouble) {
        self.books.lock().expect("books").trouble = trouble;
    }

    /// A transaction, by its merchantTransactionId.
    pub fn transaction(&self, id: &str) -> Value {
        self.books.lock().expect("books").transactions.get(id).unwrap_or_else(|| panic!("no transaction {id}")).clone()
    }

    /// The merchantTransactionIds there are.
    pub fn ids(&self) -> Vec<String> {
        self.books.lock().expect("books").transactions.keys().cloned().collect()
    }

    /// How often this was called: `debit`, `getByUuid` and so on.
    pub fn called(&self, what: &str) -> usize {
        self.books.lock().expect("books").calls.iter().filter(|call| *call == what).count()
    }

    /// Moves a transaction.
    pub fn change(&self, id: &str, changed: &Value) {
        let mut books = self.books.lock().expect("books");
        let transaction = books.transactions.get_mut(id).expect("a transaction").as_object_mut().expect("fields");
        transaction.extend(changed.as_object().expect("fields").clone());
    }

    pub fn succeed(&self, id: &str) {
        self.change(id, &json!({ "transactionStatus": "SUCCESS" }));
    }

    /// Takes a transaction back, or gives back what `chargeback` took: a transaction of the connector's own, under this
    /// uuid. Answers the callback that tells of it.
    pub fn charge_back(&self, id: &str, uuid: &str, chargeback: Option<&str>) -> Value {
        let original = self.transaction(id);
        let mut data = json!({ "originalUuid": original["uuid"], "originalMerchantTransactionId": id,
            "amount": original["amount"], "currency": original["currency"], "reason": "10.4 Fraud" });
        let (kind, name) = match chargeback {
            None => ("CHARGEBACK", "chargebackData"),
            Some(chargeback) => {
                data["chargebackUuid"] = json!(chargeback);
                ("CHARGEBACK-REVERSAL", "chargebackReversalData")
            }
        };
        let own_id = format!("auto-{uuid}");
        let mut transaction = json!({ "uuid": uuid, "merchantTransactionId": own_id, "purchaseId": "20261130-x",
            "transactionType": kind, "paymentMethod": "Creditcard", "amount": original["amount"],
            "currency": original["currency"] });
        transaction[name] = data;
        let mut callback = transaction.clone();
        callback["result"] = json!("OK");
        transaction["transactionStatus"] = json!("SUCCESS");
        self.books.lock().expect("books").transactions.insert(own_id, transaction);
        callback
    }

    /// Posts a transaction's callback as the gateway was told to get it, signed with this secret.
    pub async fn call_back(&self, gateway: &TestGateway, id: &str, secret: &str) -> HttpReply {
        self.call_back_at(&gateway.http, gateway.clock.now(), (id, secret)).await
    }

    /// The same, of any gateway, at this time.
    pub async fn call_back_at(&self, http: &Http, now: UnixMillis, (id, secret): (&str, &str)) -> HttpReply {
        let transaction = self.transaction(id);
        let url = transaction["callbackUrl"].as_str().expect("a callback URL").to_owned();
        let result = if transaction["transactionStatus"] == "SUCCESS" { "OK" } else { "ERROR" };
        let body = json!({ "result": result, "uuid": transaction["uuid"], "merchantTransactionId": id,
            "purchaseId": "20261130-x", "transactionType": transaction["transactionType"], "paymentMethod": "Creditcard",
            "amount": transaction["amount"], "currency": transaction["currency"] });
        post_callback(http, now, (&url, &body.to_string(), secret)).await
    }
}

/// Posts this callback, dated by the gateway's clock.
pub async fn call_back(gateway: &TestGateway, url: &str, body: &str, secret: &str) -> HttpReply {
    post_callback(&gateway.http, gateway.clock.now(), (url, body, secret)).await
}

async fn post_callback(http: &Http, now: UnixMillis, (url, body, secret): (&str, &str, &str)) -> HttpReply {
    let now = i64::try_from(now.as_millis()).expect("a time");
    let now = jiff::Timestamp::from_millisecond(now).expect("a time").to_zoned(jiff::tz::TimeZone::UTC);
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let path = url.strip_prefix(http.base()).unwrap_or(url);
    let signature = signed(secret, ["POST", body, TYPE, &date, path]);
    let headers = [("content-type", TYPE), ("date", date.as_str()), ("x-signature", signature.as_str())];
    http.send(Method::POST, path, &headers, body.to_owned()).await
}

fn say(status: u16, body: &Value) -> Reply {
    // The answers of a connector last as long as the tests.
    Reply::Saying(status, Box::leak(body.to_string().into_boxed_str()))
}

fn refuse(status: u16, code: u16, message: &str) -> Reply {
    say(status, &json!({ "success": false, "errorMessage": message, "errorCode": code }))
}

fn answer(books: &mut Books, call: &Received) -> Reply {
    let header = |name: &str| call.headers.get(name).map(String::as_str).unwrap_or_default();
    if header("authorization") != basic(USER, PASSWORD) {
        return refuse(401, 1000, "No such user");
    }
    let date = header("x-date");
    assert!(date.ends_with(" GMT") && date == header("date"), "{date}");
    let expected = signed(SHARED_SECRET, [&call.method, &call.body, TYPE, date, &call.target]);
    if header("content-type") != TYPE || header("x-signature") != expected {
        return refuse(401, 1004, "Invalid signature");
    }
    let path = call.target.strip_prefix("/v3host/api/v3/").unwrap_or_else(|| panic!("{} is no address", call.target));
    let parts: Vec<&str> = path.split('/').collect();
    let (what, id) = match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["transaction", API_KEY, what]) => (*what, None),
        ("GET", ["status", API_KEY, what, id]) => (*what, Some(*id)),
        _ => panic!("{} {} is no call", call.method, call.target),
    };
    books.calls.push(what.to_owned());
    let trap = books.trap.take_if(|trap| trap.kind() == what);
    if trap.is_some_and(|trap| !trap.acts()) {
        return Reply::Hang(Duration::from_secs(2));
    }
    match books.trouble {
        Trouble::Broken => return refuse(500, 1008, "Unexpected system error"),
        Trouble::Busy => return refuse(429, 1009, "Too many requests"),
        _ => {}
    }
    let reply = match id {
        Some(id) => status(books, what, id),
        None => begin(books, what, &serde_json::from_str(&call.body).expect("JSON")),
    };
    match books.trouble {
        _ if trap.is_some() => Reply::Hang(Duration::from_secs(2)),
        Trouble::Mute if id.is_none() => Reply::Hangup,
        _ => reply,
    }
}

fn status(books: &Books, what: &str, id: &str) -> Reply {
    let found = match what {
        "getByMerchantTransactionId" => books.transactions.get(id),
        "getByUuid" => books.transactions.values().find(|transaction| transaction["uuid"] == id),
        other => panic!("{other} is no status"),
    };
    let Some(found) = found else { return refuse(200, 8001, "Transaction not found") };
    let mut body = found.as_object().expect("fields").clone();
    body.retain(|name, _| !name.ends_with("Url"));
    body.insert("success".into(), json!(true));
    say(200, &Value::Object(body))
}

fn begin(books: &mut Books, what: &str, body: &Value) -> Reply {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let id = text("merchantTransactionId").to_owned();
    if id.is_empty() || id.len() > 50 {
        return refuse(422, 1002, "merchantTransactionId: is required");
    }
    if books.transactions.contains_key(&id) {
        return refuse(400, 3004, &format!("The transaction ID '{id}' already exists!"));
    }
    // What has a customer.
    let is_debit = ["debit", "preauthorize", "register"].contains(&what) && body["referenceUuid"].is_null();
    check(books, what, body);
    let uuid = format!("{:020x}", books.transactions.len() + 0xd94c);
    let mut transaction = body.as_object().expect("fields").clone();
    let standing = match (is_debit, books.trouble) {
        (true, Trouble::Declining) => "ERROR",
        (false, Trouble::Declining) if ["debit", "preauthorize"].contains(&what) => "ERROR",
        (true, Trouble::Finishing)
        | (false, Trouble::None | Trouble::Mute | Trouble::Finishing | Trouble::Doubtful) => "SUCCESS",
        (true, _) => "REDIRECT",
        (false, _) => "PENDING",
    };
    transaction.extend([
        ("uuid".to_owned(), json!(uuid)),
        ("transactionType".to_owned(), json!(what.to_uppercase())),
        ("transactionStatus".to_owned(), json!(standing)),
        ("purchaseId".to_owned(), json!(format!("20261130-{uuid}"))),
        ("paymentMethod".to_owned(), json!("Creditcard")),
    ]);
    books.transactions.insert(id, Value::Object(transaction));
    let own = json!({ "uuid": uuid, "purchaseId": format!("20261130-{uuid}"), "paymentMethod": "Creditcard" });
    let with = |more: Value| {
        let mut all = own.as_object().expect("fields").clone();
        all.extend(more.as_object().expect("fields").clone());
        say(200, &Value::Object(all))
    };
    match standing {
        "ERROR" => with(json!({ "success": false, "returnType": "ERROR",
            "errors": [{ "errorMessage": "Transaction declined", "errorCode": 2003, "adapterCode": "1234" }] })),
        "SUCCESS" if books.trouble == Trouble::Doubtful => with(json!({ "success": false, "returnType": "ERROR",
            "errors": [{ "errorMessage": "Communication with the adapter failed", "errorCode": 3001 }] })),
        "SUCCESS" => with(json!({ "success": true, "returnType": "FINISHED" })),
        "PENDING" => with(json!({ "success": true, "returnType": "PENDING" })),
        _ => with(json!({ "success": true, "returnType": "REDIRECT", "redirectType": "fullpage",
            "redirectUrl": format!("http://127.0.0.1:9/redirect/{uuid}/ABCDEF01234567890ABCDEF012345678") })),
    }
}

/// Insists on the fields that such a transaction has, and on what it refers to.
fn check(books: &Books, what: &str, body: &Value) {
    let is_debit = ["debit", "preauthorize", "register"].contains(&what);
    let is_repeated = is_debit && !body["referenceUuid"].is_null();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let known: Vec<&str> = if is_debit {
        let (customers, amounts) = (["successUrl", "cancelUrl", "errorUrl"], ["amount", "currency"]);
        let has =
            |name: &&str| !(is_repeated && customers.contains(name) || what == "register" && amounts.contains(name));
        FIELDS.into_iter().filter(has).collect()
    } else {
        match what {
            "deregister" => vec!["merchantTransactionId", "referenceUuid"],
            "payout" => vec!["merchantTransactionId", "amount", "currency", "callbackUrl", "description"],
            "capture" => vec!["merchantTransactionId", "referenceUuid", "amount", "currency"],
            "void" => vec!["merchantTransactionId", "referenceUuid"],
            "refund" => {
                vec!["merchantTransactionId", "referenceUuid", "amount", "currency", "callbackUrl", "description"]
            }
            other => panic!("{other} is no transaction"),
        }
    };
    for name in body.as_object().expect("fields").keys() {
        assert!(known.contains(&name.as_str()), "{what} does not know {name}");
    }
    if !["void", "register", "deregister"].contains(&what) {
        let amount = text("amount");
        let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits =
            |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        assert!(digits(whole, 10) && digits(part, 3), "{amount} is no amount");
        assert!(text("currency").len() == 3, "{body}");
    }
    let urls: &[&str] = match (is_debit, is_repeated) {
        (true, false) => &["successUrl", "cancelUrl", "errorUrl", "callbackUrl"],
        (true, true) => &["callbackUrl"],
        (false, _) => &[],
    };
    for url in urls.iter().copied() {
        assert!(text(url).starts_with("http") && text(url).len() <= 4096, "{url}: {body}");
    }
    if is_repeated {
        assert!(["RECURRING", "CARDONFILE-MERCHANT-INITIATED"].contains(&text("transactionIndicator")), "{body}");
    }
    if (!is_debit && what != "payout") || is_repeated {
        let referred = books.transactions.values().find(|transaction| transaction["uuid"] == body["referenceUuid"]);
        let referred = referred.unwrap_or_else(|| panic!("{what} of nothing: {body}"));
        let wanted: &[&str] = match what {
            "refund" => &["DEBIT", "CAPTURE"],
            "debit" | "preauthorize" => &["REGISTER", "DEBIT", "PREAUTHORIZE"],
            "deregister" => &["REGISTER"],
            _ => &["PREAUTHORIZE"],
        };
        assert!(wanted.contains(&referred["transactionType"].as_str().expect("a type")), "{what} of {referred}");
    }
}

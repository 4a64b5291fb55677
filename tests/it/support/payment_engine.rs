//! An operator's payment engine, as docs/PROVIDERS.md has it: it keeps books, insists on every rule of the protocol,
//! and misbehaves as it is told.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use handback::domain::moment::UnixMillis;
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::gateway::TestGateway;
use super::http::{Http, HttpReply};
use super::receiver::{Received, Receiver, Reply};

/// What both sides sign with.
pub const SECRET: &str = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

/// The engine, on a port of its own.
#[derive(Clone)]
pub struct PaymentEngine {
    receiver: Receiver,
    books: Arc<Mutex<Books>>,
}

/// How it misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// It does what it is asked, and closes the connection without a word.
    Mute,
    /// It answers 500, and does nothing.
    Broken,
    /// It answers after the budget of every return.
    Slow,
    /// It refuses to create anything.
    Refusing,
    /// It does not remember what it was asked, and creates another payment each time.
    Forgetful,
}

/// A question at which it says nothing for a while, so that the gateway can be killed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trap {
    kind: &'static str,
    acts: bool,
}

impl Trap {
    /// Before it does what it is asked.
    pub const fn before(kind: &'static str) -> Self {
        Self { kind, acts: false }
    }

    /// After it has.
    pub const fn after(kind: &'static str) -> Self {
        Self { kind, acts: true }
    }

    /// Whether it does what it is asked before.
    pub const fn acts(self) -> bool {
        self.acts
    }

    /// The type of the question.
    pub const fn kind(self) -> &'static str {
        self.kind
    }
}

#[derive(Default)]
struct Books {
    /// By our references.
    payments: BTreeMap<String, Value>,
    /// What was ordered of them: type and amount in cents, by the operations' ids.
    operations: BTreeMap<String, (String, String)>,
    /// What each question was answered, by its id, with the question.
    answers: HashMap<String, (String, u16, String)>,
    /// The types of the questions, each once.
    asked: Vec<String>,
    /// When it was asked where a payment stands.
    asked_at: Vec<Instant>,
    fault: Fault,
    trap: Option<Trap>,
}

/// The file of the books in a folder.
const BOOKS: &str = "books.json";

impl Books {
    /// The books of this folder, empty ones where there are none.
    fn read(folder: &Path) -> Self {
        let Ok(text) = std::fs::read_to_string(folder.join(BOOKS)) else { return Self::default() };
        let (payments, operations, answers) = serde_json::from_str(&text).expect("books");
        Self { payments, operations, answers, ..Self::default() }
    }

    /// Writes them down, whole or not at all.
    fn write(&self, folder: &Path) {
        let text = serde_json::to_string(&(&self.payments, &self.operations, &self.answers)).expect("JSON");
        std::fs::write(folder.join("books.new"), text).expect("written");
        std::fs::rename(folder.join("books.new"), folder.join(BOOKS)).expect("renamed");
        if self.trap.is_none() {
            let _ = std::fs::remove_file(folder.join("trap"));
        }
    }

    /// Does what the files beside them say: what customers have decided, and where it is to say nothing.
    fn heed(&mut self, folder: &Path) {
        for (reference, payment) in &mut self.payments {
            if let Ok(status) = std::fs::read_to_string(folder.join(reference)) {
                payment["status"] = json!(status);
            }
        }
        let Ok(trap) = std::fs::read_to_string(folder.join("trap")) else { return };
        let Some((when, kind)) = trap.split_once(' ') else { return };
        self.trap = Some(Trap { kind: Box::leak(kind.to_owned().into_boxed_str()), acts: when == "after" });
    }
}

/// The references of the payments, and the operations, in the books of this folder.
pub fn books_of(folder: &Path) -> (Vec<String>, Vec<(String, String)>) {
    let books = Books::read(folder);
    (books.payments.into_keys().collect(), books.operations.into_values().collect())
}

impl PaymentEngine {
    pub fn start() -> Self {
        let books = Arc::<Mutex<Books>>::default();
        let kept = Arc::clone(&books);
        let receiver = Receiver::answering(move |_, question| answer(&mut kept.lock().expect("books"), question));
        Self { receiver, books }
    }

    /// One whose books are kept in this folder, at this port: [`EngineProcess`] is one that can be killed.
    ///
    /// [`EngineProcess`]: super::engine_process::EngineProcess
    pub fn durable(folder: &Path, port: u16) -> Self {
        let books = Arc::new(Mutex::new(Books::read(folder)));
        let (kept, folder) = (Arc::clone(&books), folder.to_owned());
        let receiver = Receiver::answering_at(port, move |_, question| {
            let mut books = kept.lock().expect("books");
            books.heed(&folder);
            let reply = answer(&mut books, question);
            books.write(&folder);
            reply
        });
        Self { receiver, books }
    }

    /// The configuration of a gateway with this provider, `engine`; receivers on this machine may be called.
    pub fn file(&self, more: &str) -> String {
        file_of(&self.url(), more)
    }

    /// Where it is asked.
    pub fn url(&self) -> String {
        self.receiver.url("/ask")
    }

    pub fn misbehave(&self, fault: Fault) {
        self.books.lock().expect("books").fault = fault;
    }

    /// Sets a trap; answers how one finds out that it has sprung.
    pub fn set(&self, trap: Trap) -> impl Fn() -> bool + use<> {
        self.books.lock().expect("books").trap = Some(trap);
        let books = Arc::clone(&self.books);
        move || books.lock().expect("books").trap.is_none()
    }

    /// The references of the payments that are open.
    pub fn open(&self) -> Vec<String> {
        let books = self.books.lock().expect("books");
        let open = books.payments.iter().filter(|(_, payment)| payment["status"] == "open");
        open.map(|(reference, _)| reference.clone()).collect()
    }

    /// How many of its payments stand so.
    pub fn with_status(&self, status: &str) -> usize {
        self.books.lock().expect("books").payments.values().filter(|payment| payment["status"] == status).count()
    }

    /// How often it was asked for this.
    pub fn asked(&self, kind: &str) -> usize {
        self.books.lock().expect("books").asked.iter().filter(|asked| *asked == kind).count()
    }

    pub fn forget_when_it_was_asked(&self) {
        self.books.lock().expect("books").asked_at.clear();
    }

    /// How often it was asked where payments stand within one second, at the most.
    pub fn most_in_a_second(&self) -> usize {
        let books = self.books.lock().expect("books");
        let within = |at: Instant| {
            let soon = books.asked_at.iter().filter(|other| **other >= at && **other - at < Duration::from_secs(1));
            soon.count()
        };
        books.asked_at.iter().map(|at| within(*at)).max().unwrap_or_default()
    }

    /// The references of its payments.
    pub fn references(&self) -> Vec<String> {
        self.books.lock().expect("books").payments.keys().cloned().collect()
    }

    pub fn payment(&self, reference: &str) -> Value {
        self.books.lock().expect("books").payments[reference].clone()
    }

    /// What was done to its payments: the types, and the amounts.
    pub fn operations(&self) -> Vec<(String, String)> {
        self.books.lock().expect("books").operations.values().cloned().collect()
    }

    /// Creates a payment as an app does with the engine's own kit; answers the engine's reference.
    pub fn create_by_the_app(&self, reference: &str, amount: &str) -> String {
        let id = format!("own-{reference}");
        let payment =
            json!({ "id": id, "reference": reference, "status": "open", "amount": amount, "currency": "EUR" });
        assert!(self.books.lock().expect("books").payments.insert(reference.to_owned(), payment).is_none());
        id
    }

    /// Changes a payment, as its customer or somebody at the engine does.
    pub fn change(&self, reference: &str, changed: &Value) {
        let mut books = self.books.lock().expect("books");
        let payment = books.payments.get_mut(reference).and_then(Value::as_object_mut).expect("a payment");
        payment.extend(changed.as_object().expect("fields").clone());
    }

    pub fn pay(&self, reference: &str) {
        self.change(reference, &json!({ "status": "paid" }));
    }

    pub fn refuse(&self, reference: &str) {
        self.change(reference, &json!({ "status": "refused", "refusal": { "code": "declined", "detail": "No." } }));
    }

    /// Tells the gateway that something has become of a payment.
    pub async fn notify(&self, gateway: &TestGateway, reference: &str) -> HttpReply {
        self.notify_as(gateway, ("engine", SECRET), reference).await
    }

    /// Notifies as this provider, signed with this secret.
    pub async fn notify_as(
        &self,
        gateway: &TestGateway,
        (provider, secret): (&str, &str),
        reference: &str,
    ) -> HttpReply {
        let body = json!({ "type": "payment.updated", "timestamp": "2026-11-29T12:00:00Z",
            "data": { "reference": reference } });
        post(&gateway.http, provider, (gateway.clock.now(), 0), &body.to_string(), secret).await
    }
}

/// The configuration of a gateway with the engine that is asked there.
pub fn file_of(url: &str, more: &str) -> String {
    format!(
        "egress.allow = ['127.0.0.0/8']\n[[provider]]\nname = 'engine'\nkind = 'http'\nmode = 'test'\nlabel = 'Engine'\n\
         url = '{url}'\nsecret = '{SECRET}'\n{more}"
    )
}

/// Tells a gateway whose time this is that something has become of a payment.
pub async fn notify_at(http: &Http, now: UnixMillis, reference: &str) -> HttpReply {
    let body = json!({ "type": "payment.updated", "data": { "reference": reference } }).to_string();
    post(http, "engine", (now, 0), &body, SECRET).await
}

/// Posts to the gateway, signed so many seconds ago by its clock.
pub async fn notify(gateway: &TestGateway, body: &str, ago: i64, secret: &str) -> HttpReply {
    post(&gateway.http, "engine", (gateway.clock.now(), ago), body, secret).await
}

async fn post(http: &Http, provider: &str, (now, ago): (UnixMillis, i64), body: &str, secret: &str) -> HttpReply {
    let at = i64::try_from(now.as_millis() / 1000).expect("seconds") - ago;
    let signature = Webhook::new(secret).expect("a secret").sign("n-1", at, body.as_bytes()).expect("a signature");
    let at = at.to_string();
    let headers = [("webhook-id", "n-1"), ("webhook-timestamp", at.as_str()), ("webhook-signature", &signature)];
    http.send(Method::POST, &format!("/notify/{provider}"), &headers, body.to_owned()).await
}

/// Answers a question: the same one, by its id, as before.
fn answer(books: &mut Books, question: &Received) -> Reply {
    if !is_signed(question) {
        return Reply::Status(401);
    }
    let body: Value = serde_json::from_str(&question.body).expect("JSON");
    let kind = body["type"].as_str().expect("a type").to_owned();
    if kind == "payment.get" || kind == "payment.cancel" {
        books.asked_at.push(Instant::now());
    }
    books.asked.push(kind.clone());
    let fault = books.fault;
    if fault == Fault::Broken {
        return Reply::Status(500);
    }
    let trap = books.trap.take_if(|trap| trap.kind == kind);
    if trap.is_some_and(|trap| !trap.acts) {
        return Reply::Hang(Duration::from_secs(2));
    }
    let id = question.id().to_owned();
    let key = body["data"].to_string();
    let known = books.answers.get(&id).filter(|_| fault != Fault::Forgetful);
    let (status, said) = if let Some((before, status, said)) = known {
        assert_eq!(*before, key, "the id {id} comes again with another question");
        (*status, said.clone())
    } else {
        let (status, said) = act(books, &kind, &body["data"]);
        let said = said.to_string();
        // What is not known yet is looked up again.
        if status != 202 {
            books.answers.insert(id, (key, status, said.clone()));
        }
        (status, said)
    };
    match fault {
        _ if trap.is_some() => Reply::Hang(Duration::from_secs(2)),
        Fault::Mute => Reply::Hangup,
        Fault::Slow => Reply::Hang(Duration::from_secs(4)),
        // The answers of an engine last as long as the tests.
        Fault::None | Fault::Refusing | Fault::Broken | Fault::Forgetful => {
            Reply::Saying(status, Box::leak(said.into_boxed_str()))
        }
    }
}

/// Whether a question is signed as Standard Webhooks has it, and not too long ago. The clocks of gateways under test are
/// ahead.
fn is_signed(question: &Received) -> bool {
    assert_eq!((question.method.as_str(), question.headers["content-type"].as_str()), ("POST", "application/json"));
    let at: i64 = question.headers["webhook-timestamp"].parse().expect("seconds");
    let now = i64::try_from(SystemClock.now().as_millis() / 1000).expect("seconds");
    let webhook = Webhook::new(SECRET).expect("a secret");
    let expected = webhook.sign(question.id(), at, question.body.as_bytes()).expect("a signature");
    question.headers["webhook-signature"] == expected && at >= now - 300
}

/// Does what is asked for, once.
fn act(books: &mut Books, kind: &str, data: &Value) -> (u16, Value) {
    match kind {
        "ping" => (200, json!({})),
        "payment.create" if books.fault == Fault::Refusing => {
            (422, json!({ "code": "currency_not_taken", "detail": "Not here." }))
        }
        "payment.create" => create(books, data),
        "payment.get" | "payment.cancel" => {
            check_names(data, &["id", "reference"]);
            let payment = books.payments.values_mut().find(|payment| payment["id"] == data["id"]);
            let Some(payment) = payment else { return (404, json!({})) };
            if kind == "payment.cancel" && payment["status"] == "open" {
                payment["status"] = json!("closed");
            }
            (200, payment.clone())
        }
        "payment.capture" | "payment.refund" | "payment.void" => operate(books, kind, data),
        other => panic!("{other} is not a question"),
    }
}

fn create(books: &mut Books, data: &Value) -> (u16, Value) {
    const COPIED: [&str; 7] =
        ["amount", "currency", "capture", "return_url", "notification_url", "expires_at", "payee"];
    check_names(data, &[&COPIED[..], &["reference", "description"]].concat());
    let reference = text(data, "reference").to_owned();
    let forgets = books.fault == Fault::Forgetful;
    assert!(forgets || !books.payments.contains_key(&reference), "{reference} is created twice");
    // Also after it has forgotten how often it was asked.
    let id = format!("p{}-{}", books.payments.len(), books.asked.len());
    let page = format!("http://127.0.0.1:9/pay/{id}?return={}", text(data, "return_url").replace('?', "&"));
    let mut payment = json!({ "id": id, "reference": reference, "status": "open", "page_url": page });
    let all = payment.as_object_mut().expect("fields");
    all.extend(COPIED.map(|name| (name.to_owned(), json!(text(data, name)))));
    books.payments.entry(reference).or_insert_with(|| payment.clone());
    (201, payment)
}

fn operate(books: &mut Books, kind: &str, data: &Value) -> (u16, Value) {
    check_names(data, &["id", "payment", "amount", "currency", "description"]);
    assert!(books.payments.values().any(|payment| payment["id"] == data["payment"]), "{data}");
    assert_eq!(data.get("amount").is_some(), kind != "payment.void", "{data}");
    let (id, amount) = (text(data, "id").to_owned(), data["amount"].as_str().unwrap_or_default().to_owned());
    books.operations.insert(id.clone(), (kind.to_owned(), amount.clone()));
    match amount.as_str() {
        "0.77" if books.asked.iter().filter(|asked| *asked == kind).count() < 4 => {
            (202, json!({ "id": id, "status": "pending" }))
        }
        "6.66" => {
            let refusal = json!({ "code": "not_now", "detail": "No." });
            (200, json!({ "id": id, "status": "refused", "refusal": refusal }))
        }
        _ => (200, json!({ "id": id, "status": "done" })),
    }
}

fn text<'a>(data: &'a Value, name: &str) -> &'a str {
    data[name].as_str().unwrap_or_else(|| panic!("no {name}: {data}"))
}

fn check_names(data: &Value, expected: &[&str]) {
    let names: Vec<&String> = data.as_object().expect("fields").keys().collect();
    assert!(names.iter().all(|name| expected.contains(&name.as_str())), "{names:?}");
}

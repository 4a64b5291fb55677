//! Token.io's side of its API, version 2, as its documents have it, for a member that takes payments: it keeps books,
//! insists on credentials and fields, and misbehaves as it is told. It shares nothing with the gateway's own Token.io
//! dialect. The documents do not say what becomes of a reference that is used again: here it makes another payment, or
//! none ([`Trouble::Unique`]).

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use handback::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::http::{Http, HttpReply};
use super::payment_engine::Trap;
use super::receiver::{Received, Receiver, Reply};

/// Who is paid: merchants of this name.
pub const PAYEE: &str = "Shop";
/// The member that the gateway is, and its key: the id, the private half (PKCS #8), the seed.
pub const MEMBER: &str = "m:33V1ykzKwHbkWqt7fDz2WPPdH2Zt:5zKtXEAq";
pub const KEY_ID: &str = "1x7df4vuFUHYQCa7";
pub const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
                               MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n\
                               -----END PRIVATE KEY-----\n";
const SEED: [u8; 32] = [7; 32];
/// The public key of webhooks, as the dashboard shows it, and the seed of the key that they are signed with.
pub const WEBHOOK_KEY: &str = "_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg";
pub const WEBHOOK_SEED: [u8; 32] = [9; 32];

/// The texts that a payment may have, then its flags, then its objects.
const PAYMENT: &str = "bankId refId remittanceInformationPrimary remittanceInformationSecondary onBehalfOfId flowType \
                       localInstrument executionDate callbackUrl callbackState chargeBearer externalPsuReference \
                       vrpConsentId|confirmFunds returnRefundAccount disableFutureDatedPaymentConversion \
                       returnTokenizedAccount|amount creditor debtor risk";
/// Those of a creditor. The first seven name the account.
const CREDITOR: &str = "iban sortCode accountNumber bban bankgiroNumber plusgiroNumber virtualAccountId bic \
                        clearingNumber name ultimateCreditorName bankName accountVerificationId||address";
/// What names the account that a local instrument pays into, instantly or not. Of `AUTO_SELECT` that is not documented.
const FORMS: &str = "SEPA:iban FASTER_PAYMENTS:sortCode+accountNumber ELIXIR:iban ELIXIR:accountNumber \
                     BANKGIRO:bankgiroNumber PLUSGIRO:plusgiroNumber EU_DOMESTIC_NON_EURO:iban AUTO_SELECT:iban \
                     EU_DOMESTIC_NON_EURO:bban EU_DOMESTIC_NON_EURO:iban+bban AUTO_SELECT:sortCode+accountNumber";

/// How it misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    None,
    /// It makes what it is asked for, and closes the connection without a word; lookups are answered.
    Mute,
    /// It answers 500, and does nothing.
    Broken,
    /// It answers that there were too many calls.
    Busy,
    /// Every payment is made, and rejected at once.
    Declining,
    /// It makes nothing, for a field.
    Refusing,
    /// The bank is late: there is a payment, and no page yet.
    Pondering,
    /// A reference that was used before is refused.
    Unique,
}

#[derive(Default)]
struct Books {
    /// The payments, in the order of their creation.
    kept: Vec<Value>,
    calls: Vec<String>,
    trouble: Trouble,
    trap: Option<Trap>,
}

impl Books {
    /// What is kept under this reference or this id: of several the last.
    fn find(&mut self, which: &str) -> &mut Value {
        let found = self.kept.iter_mut().rev().find(|kept| text(kept, "id") == which || reference(kept) == which);
        found.unwrap_or_else(|| panic!("nothing is called {which}"))
    }
}

/// Token.io, on a port of its own.
#[derive(Clone)]
pub struct TokenIoHost {
    receiver: Receiver,
    books: Arc<Mutex<Books>>,
}

impl TokenIoHost {
    pub fn start() -> Self {
        let books = Arc::<Mutex<Books>>::default();
        let kept = Arc::clone(&books);
        let receiver = Receiver::answering(move |_, call| answer(&mut kept.lock().expect("books"), call));
        Self { receiver, books }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("books")
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        self.receiver.url("")
    }

    /// The configuration of a gateway with this provider, `transfer`; receivers on this machine may be called.
    pub fn file(&self, more: &str) -> String {
        format!(
            "egress.allow = ['127.0.0.0/8']\n[[provider]]\nname = 'transfer'\nkind = 'token_io'\nmode = 'test'\nurl = '{}'\n\
             label = 'Bank transfer'\nmember = '{MEMBER}'\nkey_id = '{KEY_ID}'\nprivate_key = '''{PRIVATE_KEY}'''\n\
             webhook_key = '{WEBHOOK_KEY}'\nscheme = 'SEPA'\npayee = '{PAYEE}'\niban = 'DE89370400440532013000'\n\
             asks_per_second = 100\n{more}",
            self.url()
        )
    }

    pub fn misbehave(&self, trouble: Trouble) {
        self.books().trouble = trouble;
    }

    /// Sets a trap at a call such as `POST /v2/payments`; answers how one finds out that it has sprung.
    pub fn set(&self, trap: Trap) -> impl Fn() -> bool + use<> {
        self.books().trap = Some(trap);
        let books = Arc::clone(&self.books);
        move || books.lock().expect("books").trap.is_none()
    }

    /// A payment, by its reference or its id: of several the last.
    pub fn payment(&self, which: &str) -> Value {
        self.books().find(which).clone()
    }

    /// The references of the payments, in the order of their creation; one that was used twice comes twice.
    pub fn references(&self) -> Vec<String> {
        self.books().kept.iter().map(|payment| reference(payment).to_owned()).collect()
    }

    /// How often this was called: `POST /v2/payments`, `GET /v2/payments/{id}` and so on.
    pub fn called(&self, what: &str) -> usize {
        self.books().calls.iter().filter(|call| *call == what).count()
    }

    /// Moves a payment. Only one that waits for its customer has a page.
    pub fn change(&self, which: &str, changed: &Value) {
        let mut books = self.books();
        let kept = books.find(which);
        extend(kept, changed);
        if !["INITIATION_PENDING_REDIRECT_HP", "INITIATION_PENDING_REDIRECT_AUTH"].contains(&text(kept, "status")) {
            kept.as_object_mut().expect("fields").remove("authentication");
        }
    }

    pub fn succeed(&self, which: &str) {
        self.change(which, &json!({ "status": "INITIATION_COMPLETED", "bankPaymentStatus": "ACSC" }));
    }

    pub fn refuse(&self, which: &str) {
        self.change(which, &rejected());
    }

    /// Where the browser comes back to, as the flow of this payment has it.
    pub fn way_back(&self, which: &str) -> String {
        let payment = self.payment(which);
        let (id, initiation) = (text(&payment, "id"), &payment["initiation"]);
        let url = text(initiation, "callbackUrl");
        let mark = if url.contains('?') { '&' } else { '?' };
        let member = if initiation["flowType"] == "API_ONLY" { format!("member-id={MEMBER}&") } else { String::new() };
        let state = initiation["callbackState"].as_str().map(|state| format!("&state={state}")).unwrap_or_default();
        format!("{url}{mark}{member}payment-id={id}{state}")
    }

    /// Tells the gateway at this address how a payment stands.
    pub async fn webhook(&self, http: &Http, url: &str, which: &str) -> HttpReply {
        let (event, at) = ("PAYMENT_STATUS_CHANGED", SystemClock.now().as_millis().to_string());
        let told = json!({ "createdAtMs": at, "id": "ev-1", "eventType": event, "payment": self.payment(which) });
        post_webhook(http, url, (event, &told.to_string()), &WEBHOOK_SEED).await
    }
}

/// Posts a webhook of this type, signed with the key of this seed.
pub async fn post_webhook(http: &Http, url: &str, (event, body): (&str, &str), seed: &[u8; 32]) -> HttpReply {
    let signature = sign(seed, body);
    let headers = [("content-type", "application/json"), ("token-event", event), ("token-signature", &signature)];
    http.send(Method::POST, url, &headers, body.to_owned()).await
}

/// An Ed25519 signature, as Token.io writes one.
fn sign(seed: &[u8; 32], message: &str) -> String {
    URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(seed).sign(message.as_bytes()).to_bytes())
}

fn answer(books: &mut Books, call: &Received) -> Reply {
    if !is_the_members(call) {
        return say(401, &json!({ "error": { "message": "UNAUTHENTICATED", "tokenTraceId": "eASI3Onqkpi1un" } }));
    }
    let (path, query) = call.target.split_once('?').unwrap_or((call.target.as_str(), ""));
    let (address, id) = match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        ["v2", "payments", id] => ("/v2/payments/{id}", *id),
        _ => (path, ""),
    };
    let what = format!("{} {address}", call.method);
    books.calls.push(what.clone());
    let trap = books.trap.take_if(|trap| trap.kind() == what);
    if trap.is_some_and(|trap| !trap.acts()) {
        return Reply::Hang(Duration::from_secs(2));
    }
    let reply = match (books.trouble, what.as_str()) {
        (Trouble::Broken, _) => refuse(500, "InternalServerError", &json!({})),
        (Trouble::Busy, _) => refuse(429, "RESOURCE_EXHAUSTED", &json!({ "paymentId": "Check quota." })),
        (_, "POST /v2/payments") => make(books, &payment_of(call)),
        (_, "GET /v2/payments") => list(books, query),
        (_, "GET /v2/payments/{id}") => one(books, id),
        _ => panic!("{what} is no call"),
    };
    match books.trouble {
        _ if trap.is_some() => Reply::Hang(Duration::from_secs(2)),
        Trouble::Mute if call.method == "POST" => Reply::Hangup,
        _ => reply,
    }
}

/// What a call wants to be made.
fn initiation_of(call: &Received) -> Value {
    assert!(header(call, "content-type").starts_with("application/json"), "{:?}", call.headers);
    let mut body: Value = serde_json::from_str(&call.body).expect("JSON");
    check_fields(&body, "|pispConsentAccepted|initiation");
    body["initiation"].take()
}

/// Whether a call has a JWT of the member's over this very call. Its claims stand in the header.
fn is_the_members(call: &Received) -> bool {
    let Some(token) = header(call, "authorization").strip_prefix("Bearer ") else { return false };
    let parts: Vec<&str> = token.split('.').collect();
    let [head, middle, signature] = parts.as_slice() else { return false };
    let body = URL_SAFE_NO_PAD.encode(&call.body);
    assert!(middle.is_empty() || *middle == body, "a JWT over another body");
    if sign(&SEED, &format!("{head}.{body}")) != *signature {
        return false;
    }
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).expect("base64url")).expect("JSON");
    let (path, query) = call.target.split_once('?').unwrap_or((call.target.as_str(), ""));
    let own = [("host", header(call, "host")), ("method", &call.method), ("path", path), ("query", query)];
    for (name, value) in own.into_iter().chain([("alg", "EdDSA")]) {
        assert_eq!(head[name].as_str().unwrap_or_default(), value, "{name} of the JWT: {head}");
    }
    // In milliseconds, as a number or as a text. The clocks of gateways under test are ahead.
    let until = head["exp"].as_u64().or_else(|| head["exp"].as_str()?.parse().ok()).expect("an exp");
    head["kid"] == KEY_ID && head["mid"] == MEMBER && until > SystemClock.now().as_millis()
}

fn one(books: &Books, id: &str) -> Reply {
    match books.kept.iter().find(|kept| text(kept, "id") == id) {
        Some(kept) => say(200, &json!({ "payment": kept })),
        None => refuse(404, "NOT_FOUND", &json!({ "paymentId": id })),
    }
}

/// The payments that have one of the references; in which order they come is not documented: here the newest first.
fn list(books: &Books, query: &str) -> Reply {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let (limits, references): (Vec<_>, Vec<_>) = pairs.iter().partition(|(name, _)| name == "limit");
    assert!(references.iter().all(|(name, _)| name == "refIds"), "not played here: {query}");
    let limit: usize = limits.first().and_then(|(_, limit)| limit.parse().ok()).expect("a limit");
    let fits = |kept: &&Value| references.is_empty() || references.iter().any(|(_, wanted)| wanted == reference(kept));
    assert!((1..=200).contains(&limit), "a page of {limit}: {query}");
    let found: Vec<&Value> = books.kept.iter().rev().filter(fits).take(limit).collect();
    say(200, &json!({ "payments": found, "pageInfo": { "limit": limit } }))
}

/// Where the customer of a payment goes.
fn page(payment: &Value) -> Value {
    let is_hosted = payment["initiation"]["flowType"] != "API_ONLY";
    let (whose, path) = if is_hosted { ("HP", "session") } else { ("AUTH", "auth") };
    let url = format!("http://127.0.0.1:9/{path}/{}", text(payment, "id"));
    json!({ "status": format!("INITIATION_PENDING_REDIRECT_{whose}"), "authentication": { "redirectUrl": url } })
}

fn rejected() -> Value {
    json!({ "status": "INITIATION_REJECTED", "bankPaymentStatus": "RJCT", "statusReasonInformation": "The bank's no.",
        "errorInfo": { "httpErrorCode": 400, "message": "rejected", "tokenExternalError": true } })
}

/// Writes a payment into the books, and answers it.
fn make(books: &mut Books, initiation: &Value) -> Reply {
    let is_repeated = books.kept.iter().any(|kept| reference(kept) == text(initiation, "refId"));
    if is_repeated && books.trouble == Trouble::Unique {
        return refuse(400, "Field.NotUnique", &json!({ "paths": ["initiation.refId"] }));
    }
    let number = books.kept.len() + 1;
    let now = format!("2026-11-30T12:00:{number:02}.000Z");
    let mut made = json!({ "id": format!("pm2:24YYrAZ34sTo4A6C47rYand{number}:2gFUX1NDgoi"), "memberId": MEMBER,
        "initiation": initiation, "createdDateTime": now, "updatedDateTime": now });
    let standing = match books.trouble {
        Trouble::Refusing => return refuse(400, "Field.Invalid", &json!({ "paths": ["initiation.amount"] })),
        Trouble::Declining => rejected(),
        Trouble::Pondering => json!({ "status": "INITIATION_PENDING" }),
        _ => page(&made),
    };
    extend(&mut made, &standing);
    books.kept.push(made.clone());
    say(200, &json!({ "payment": made }))
}

/// The payment that a call wants to be made.
fn payment_of(call: &Received) -> Value {
    let initiation = initiation_of(call);
    let (instrument, flow) = (check_common(&initiation), text(&initiation, "flowType"));
    let longest = if instrument == "FASTER_PAYMENTS" { 18 } else { 35 };
    check_plain(text(&initiation, "remittanceInformationPrimary"), longest);
    for (name, longest) in [("remittanceInformationSecondary", 140), ("externalPsuReference", 64)] {
        assert!(initiation[name].as_str().unwrap_or_default().chars().count() <= longest, "{name}: {initiation}");
    }
    let creditor = &initiation["creditor"];
    check_fields(creditor, CREDITOR);
    let named: Vec<&str> = CREDITOR.split(' ').take(7).filter(|name| creditor[*name].is_string()).collect();
    let form = format!("{}:{}", instrument.trim_end_matches("_INSTANT"), named.join("+"));
    let is_account = FORMS.split(' ').any(|known| known == form) && creditor["name"].is_string();
    assert!(is_account || named == ["virtualAccountId"], "{instrument} does not pay into {creditor}");
    assert!(["API_ONLY", "FULL_HOSTED_PAGES", "EMBEDDED_HOSTED_PAGES"].contains(&flow), "{flow} is no flow");
    assert!(flow == "FULL_HOSTED_PAGES" || initiation["bankId"].is_string(), "{flow} needs a bank: {initiation}");
    let url = Url::parse(text(&initiation, "callbackUrl")).expect("an address");
    let host = url.host_str().unwrap_or_default();
    // The addresses of gateways under test are not https.
    assert!(url.scheme() == "https" || host == "127.0.0.1", "{url} is not https");
    assert!(host != "token.io" && !host.ends_with(".token.io"), "{url} is Token.io's own");
    initiation
}

/// Insists on the fields of what is to be paid. Answers the local instrument.
fn check_common(initiation: &Value) -> &str {
    check_fields(initiation, PAYMENT);
    check_plain(text(initiation, "refId"), 18);
    check_fields(&initiation["amount"], "value currency||");
    assert!(units(initiation) > 0, "nothing: {initiation}");
    assert_eq!(text(&initiation["amount"], "currency").len(), 3, "{initiation}");
    text(initiation, "localInstrument")
}

/// Insists on the characters that are recommended.
fn check_plain(text: &str, longest: usize) {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    assert!(is_plain && (1..=longest).contains(&text.len()), "{text:?} is no reference of up to {longest} characters");
}

/// The amount of a payment in ten thousandths: up to four decimals are taken.
fn units(initiation: &Value) -> u64 {
    let value = text(&initiation["amount"], "value");
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    assert!(part.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{value} is no amount");
    format!("{whole}{part:0<4}").parse().expect("an amount")
}

/// Insists that this is an object of no more than these texts, flags and objects.
fn check_fields(data: &Value, known: &str) {
    let known: Vec<&str> = known.split('|').collect();
    for (name, value) in data.as_object().unwrap_or_else(|| panic!("no fields: {data}")) {
        let names = match value {
            Value::String(_) => known[0],
            Value::Bool(_) => known[1],
            Value::Object(_) => known[2],
            _ => "",
        };
        assert!(names.split(' ').any(|known| known == name), "{name} is not documented so: {data}");
    }
}

fn refuse(status: u16, code: &str, more: &Value) -> Reply {
    let mut error = json!({ "errorCode": code, "message": "See the trace.", "tokenTraceId": "eASI3Onqkpi1un" });
    extend(&mut error, more);
    say(status, &json!({ "error": error }))
}

fn say(status: u16, body: &Value) -> Reply {
    // The answers of a host last as long as the tests.
    Reply::Saying(status, Box::leak(body.to_string().into_boxed_str()))
}

fn reference(kept: &Value) -> &str {
    text(&kept["initiation"], "refId")
}

fn text<'a>(data: &'a Value, name: &str) -> &'a str {
    data[name].as_str().unwrap_or_else(|| panic!("no {name}: {data}"))
}

fn header<'a>(call: &'a Received, name: &str) -> &'a str {
    call.headers.get(name).map(String::as_str).unwrap_or_default()
}

fn extend(data: &mut Value, more: &Value) {
    data.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
}

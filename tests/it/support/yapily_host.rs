//! Yapily's side of its API, as its document has it, for an application that takes payments: it keeps books, insists on
//! credentials, headers and fields, and misbehaves as it is told. It shares nothing with the gateway's own Yapily
//! dialect. Where the document is silent, it does what asks most of its caller.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use url::Url;

use super::payment_engine::Trap;
use super::receiver::{Received, Receiver, Reply};
use super::tpp::basic;

pub const APPLICATION: &str = "0b7e5c1a-55d2-4a3c-9b0e-6a1f2d3c4b5e";
pub const SECRET: &str = "application: secret";
/// A bank that asks its customers on a page.
pub const INSTITUTION: &str = "modelo-sandbox";
/// A bank that asks its customers on their telephones: nobody can be sent there.
pub const DECOUPLED: &str = "decoupled-sandbox";

/// How it misbehaves. The calls have the names that [`YapilyHost::called`] has for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    None,
    /// It does what this call asks, and closes the connection without a word.
    Mute(&'static str),
    /// It does what this call asks, and answers 500 all the same.
    Stumbling(&'static str),
    /// It answers 500, and does nothing.
    Broken,
    /// It answers that there were too many calls.
    Busy,
    /// It refuses this call, and does nothing.
    Refusing(&'static str),
    /// It answers this call with 500, and does nothing.
    Failing(&'static str),
    /// It does not know the application at this call.
    Unauthorised(&'static str),
    /// Payments are not decided at once.
    Pondering,
    /// A consent does not show its token.
    Discreet,
    /// A payment that is asked for again is answered as it was the first time. Else it is refused.
    Repeating,
}

#[derive(Default)]
struct Books {
    /// In the order in which they were asked for.
    consents: Vec<Consent>,
    /// By their paymentIdempotencyId, each with the consent token that made it.
    payments: BTreeMap<String, (String, Value)>,
    calls: Vec<&'static str>,
    trouble: Trouble,
    trap: Option<Trap>,
}

struct Consent {
    id: String,
    user: String,
    state: String,
    status: &'static str,
    /// The authorisation request.
    asked: Value,
    token: Option<String>,
    /// Until it is exchanged.
    one_time_token: Option<String>,
}

/// Yapily, on a port of its own.
#[derive(Clone)]
pub struct YapilyHost {
    receiver: Receiver,
    books: Arc<Mutex<Books>>,
}

impl YapilyHost {
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

    /// The configuration of a gateway with this provider, `open-banking`; receivers on this machine may be called.
    pub fn file(&self, more: &str) -> String {
        format!(
            "egress.allow = ['127.0.0.0/8']\n[[provider]]\nname = 'open-banking'\nkind = 'yapily'\nmode = 'test'\n\
             url = '{}'\nlabel = 'Modelo'\napplication_id = '{APPLICATION}'\napplication_secret = '{SECRET}'\n\
             institution = '{INSTITUTION}'\npayee = 'Shop'\niban = 'DE89370400440532013000'\ncountry = 'DE'\n\
             asks_per_second = 100\n{more}",
            self.url()
        )
    }

    /// Sets a trap at a call; answers how one finds out that it has sprung.
    pub fn set(&self, trap: Trap) -> impl Fn() -> bool + use<> {
        self.books().trap = Some(trap);
        let books = Arc::clone(&self.books);
        move || books.lock().expect("books").trap.is_none()
    }

    pub fn misbehave(&self, trouble: Trouble) {
        self.books().trouble = trouble;
    }

    /// How often this was called: `authorise`, `exchange`, `pay`, `details`, `consent`, `delete` or
    /// `institution`.
    pub fn called(&self, what: &str) -> usize {
        self.books().calls.iter().filter(|call| **call == what).count()
    }

    /// A payment, by its paymentIdempotencyId.
    pub fn payment(&self, reference: &str) -> Value {
        self.books().payments.get(reference).unwrap_or_else(|| panic!("no payment {reference}")).1.clone()
    }

    /// The payment of this reference of ours.
    pub fn payment_of(&self, reference: &str) -> Value {
        self.payment(&reference.replace('-', "v"))
    }

    /// The page where the customer of this payment agrees: of several, the last.
    pub fn page_of(&self, reference: &str) -> String {
        let books = self.books();
        let found = books.consents.iter().rev().find(|consent| consent.text("applicationUserId") == reference);
        found.unwrap_or_else(|| panic!("nobody is asked for {reference}")).page()
    }

    /// The paymentIdempotencyIds of the payments there are.
    pub fn references(&self) -> Vec<String> {
        self.books().payments.keys().cloned().collect()
    }

    /// What was asked for, and the consent as it is shown; the first one first.
    pub fn consents(&self) -> Vec<(Value, Value)> {
        self.books().consents.iter().map(|consent| (consent.asked.clone(), consent.shown())).collect()
    }

    /// Changes fields of a payment.
    pub fn change(&self, reference: &str, changed: &Value) {
        let mut books = self.books();
        let (_, payment) = books.payments.get_mut(reference).expect("a payment");
        payment.as_object_mut().expect("fields").extend(changed.as_object().expect("fields").clone());
    }

    /// Moves the consent that is asked for on this page, as where its time is over.
    pub fn end(&self, page: &str, status: &'static str) {
        self.books().at(page).status = status;
    }

    /// The customer agrees on this page. Answers where the browser is sent then, with a one-time token.
    pub fn agree(&self, page: &str) -> String {
        let mut books = self.books();
        let consent = books.at(page);
        assert_eq!(consent.status, "AWAITING_AUTHORIZATION", "nobody is asked any more at {page}");
        let token = |claims: &Value| format!("eyJhbGciOiJIUzUxMiJ9.{}.c2lnbmVk", STANDARD.encode(claims.to_string()));
        // Nothing in the one-time token says of which consent it is.
        let one_time_token = token(&json!({ "INSTITUTION": consent.text("institutionId"), "UUID": consent.state }));
        let token = token(&json!({ "INSTITUTION": consent.text("institutionId"), "CONSENT": consent.id }));
        let home = consent.callback(&[("one-time-token", &one_time_token)], &[]);
        (consent.status, consent.token, consent.one_time_token) = ("AUTHORIZED", Some(token), Some(one_time_token));
        home
    }

    /// The customer refuses on this page (`access_denied` of the `user`), or the bank gives up (another error of the
    /// `institution`). Answers where the browser is sent then.
    pub fn refuse(&self, page: &str, [error, source]: [&str; 2]) -> String {
        let mut books = self.books();
        let consent = books.at(page);
        consent.status = if source == "user" { "REJECTED" } else { "FAILED" };
        // It comes in two lines, as it has been seen to.
        let mut why = STANDARD.encode("This payment is not made: it is too much money for a cup of coffee.");
        why.insert(76, '\n');
        consent.callback(&[], &[("error", error), ("error-source", source), ("error-description", &why)])
    }
}

impl Books {
    /// The consent that is asked for on this page.
    fn at(&mut self, page: &str) -> &mut Consent {
        let found = self.consents.iter_mut().find(|consent| page.contains(&format!("&state={}", consent.state)));
        found.unwrap_or_else(|| panic!("nobody is asked at {page}"))
    }
}

impl Consent {
    fn text(&self, name: &str) -> &str {
        text(&self.asked, name)
    }

    /// As the API shows it.
    fn shown(&self) -> Value {
        let mut shown = json!({ "id": self.id, "userUuid": self.user, "status": self.status, "state": self.state,
            "applicationUserId": self.text("applicationUserId"), "institutionId": self.text("institutionId"),
            "featureScope": ["CREATE_DOMESTIC_SINGLE_PAYMENT"], "institutionConsentId": format!("sdp-{}", self.id) });
        if let Some(token) = &self.token {
            shown["consentToken"] = json!(token);
        }
        shown
    }

    /// The bank's page.
    fn page(&self) -> String {
        let state = &self.state;
        format!("http://127.0.0.1:9/auth?response_type=code+id_token&state={state}&nonce={state}&scope=openid+payments")
    }

    /// The callback with its own query, then these parameters, who and where, and these.
    fn callback(&self, before: &[(&str, &str)], after: &[(&str, &str)]) -> String {
        let (user, institution) = (self.text("applicationUserId"), self.text("institutionId"));
        let who = [("application-user-id", user), ("user-uuid", self.user.as_str()), ("institution", institution)];
        let mut url = Url::parse(self.text("callback")).expect("a callback");
        for (name, value) in before.iter().chain(&who).chain(after) {
            url.query_pairs_mut().append_pair(name, value);
        }
        url.into()
    }
}

fn answer(books: &mut Books, call: &Received) -> Reply {
    if header(call, "authorization") != basic(APPLICATION, SECRET) {
        return refuse(401, "Full authentication is required to access this resource");
    }
    let (path, query) = call.target.split_once('?').unwrap_or((call.target.as_str(), ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (name, id): (&'static str, &str) = match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["payment-auth-requests"]) => ("authorise", ""),
        ("POST", ["consent-one-time-token"]) => ("exchange", ""),
        ("POST", ["payments"]) => ("pay", ""),
        ("GET", ["payments", id, "details"]) => ("details", *id),
        ("GET", ["consents", id]) => ("consent", *id),
        ("DELETE", ["consents", id]) => ("delete", *id),
        ("GET", ["institutions", id]) => ("institution", *id),
        _ => panic!("{} {} is no call", call.method, call.target),
    };
    check_call(name, call, query);
    books.calls.push(name);
    let trap = books.trap.take_if(|trap| trap.kind() == name);
    if trap.is_some_and(|trap| !trap.acts()) {
        return Reply::Hang(Duration::from_secs(2));
    }
    if let Some(refused) = refused(books.trouble, name) {
        return refused;
    }
    let reply = done(books, name, id, call);
    match books.trouble {
        _ if trap.is_some() => Reply::Hang(Duration::from_secs(2)),
        Trouble::Mute(what) if what == name => Reply::Hangup,
        Trouble::Stumbling(what) if what == name => refuse(500, "Unexpected server error"),
        _ => reply,
    }
}

/// What this call is refused with, where it is.
fn refused(trouble: Trouble, name: &str) -> Option<Reply> {
    let (status, message) = match trouble {
        Trouble::Refusing(what) if what == name => (400, "It is not as it should be"),
        Trouble::Failing(what) if what == name => (500, "Unexpected server error"),
        Trouble::Unauthorised(what) if what == name => (401, "Full authentication is required to access this resource"),
        Trouble::Broken => (500, "Unexpected server error"),
        Trouble::Busy => (429, "Too many requests"),
        _ => return None,
    };
    Some(refuse(status, message))
}

/// What this call comes to.
fn done(books: &mut Books, name: &str, id: &str, call: &Received) -> Reply {
    let body = || -> Value { serde_json::from_str(&call.body).expect("JSON") };
    match name {
        "authorise" => authorise(books, &body()),
        "exchange" => exchange(books, &body()),
        "pay" => pay(books, header(call, "consent"), &body()),
        "details" => details(books, header(call, "consent"), id),
        "institution" if [INSTITUTION, DECOUPLED].contains(&id) => {
            let features =
                ["INITIATE_DOMESTIC_SINGLE_PAYMENT", "CREATE_DOMESTIC_SINGLE_PAYMENT", "EXISTING_PAYMENTS_DETAILS"];
            // Without an envelope.
            say(200, &json!({ "id": id, "environmentType": "SANDBOX", "features": features }))
        }
        what => match books.consents.iter_mut().find(|consent| consent.id == id) {
            None => refuse(404, "There is nothing under this id"),
            Some(consent) if what == "delete" => {
                // It is still shown. Nobody can agree to it, and nothing is paid by it.
                (consent.status, consent.one_time_token) = ("REVOKED", None);
                let institution = consent.text("institutionId");
                say(200, &data(&json!({ "id": id, "deleteStatus": "SUCCESS", "institutionId": institution })))
            }
            Some(consent) => {
                let mut shown = consent.shown();
                if books.trouble == Trouble::Discreet {
                    shown.as_object_mut().expect("fields").remove("consentToken");
                }
                say(200, &data(&shown))
            }
        },
    }
}

/// Insists on what every call has: a body where there must be one, its media type, and a consent only where one counts.
fn check_call(name: &str, call: &Received, query: &str) {
    let is_json = |text: &str| ["application/json", "application/json;charset=utf-8"].contains(&text);
    let [media_type, accept] = ["content-type", "accept"].map(|name| header(call, name).to_ascii_lowercase());
    assert_eq!(call.method == "POST", !call.body.is_empty(), "{name} with {:?}", call.body);
    assert!(call.body.is_empty() || is_json(&media_type), "{name} of {media_type}");
    assert!(["", "*/*"].contains(&accept.as_str()) || is_json(&accept), "{name} accepts {accept}");
    let has_consent = !header(call, "consent").is_empty();
    assert_eq!(has_consent, ["pay", "details"].contains(&name), "{name}: a consent token, or none");
    assert!(query.is_empty() || name == "delete", "{name} has no query: {query}");
}

fn authorise(books: &mut Books, asked: &Value) -> Reply {
    known(asked, "applicationUserId institutionId callback oneTimeToken paymentRequest");
    assert!(!text(asked, "applicationUserId").is_empty(), "whose consent: {asked}");
    assert_eq!(asked["oneTimeToken"], json!(true), "a consent token must not stand in an address");
    let callback = Url::parse(text(asked, "callback")).unwrap_or_else(|why| panic!("{why}: {asked}"));
    assert!(callback.scheme().starts_with("http") && callback.username().is_empty(), "{asked}");
    check_payment(&asked["paymentRequest"]);
    let (is_sent, status) = match text(asked, "institutionId") {
        INSTITUTION => (true, "AWAITING_AUTHORIZATION"),
        DECOUPLED => (false, "AWAITING_DECOUPLED_AUTHORIZATION"),
        _ => return refuse(424, "The feature is not supported by the institution"),
    };
    let number = books.consents.len() + 1;
    let [id, new_user] = [1, 2].map(|kind| format!("{kind:08x}-0000-4000-8000-{number:012x}"));
    // Who is named for the first time becomes a user.
    let same_user = |consent: &&Consent| consent.text("applicationUserId") == text(asked, "applicationUserId");
    let user = books.consents.iter().find(same_user).map_or(new_user, |consent| consent.user.clone());
    let (state, asked, token) = (format!("430b2756e9724c8e{number:016x}"), asked.clone(), None);
    let consent = Consent { id, user, state, status, asked, token, one_time_token: None };
    let mut shown = consent.shown();
    if is_sent {
        shown["authorisationUrl"] = json!(consent.page());
    }
    books.consents.push(consent);
    say(201, &data(&shown))
}

fn exchange(books: &mut Books, body: &Value) -> Reply {
    known(body, "oneTimeToken");
    let token = text(body, "oneTimeToken");
    let found = books.consents.iter_mut().find(|consent| consent.one_time_token.as_deref() == Some(token));
    let Some(consent) = found else { return refuse(403, "This request has been logged.") };
    consent.one_time_token = None;
    // Without an envelope.
    say(201, &consent.shown())
}

fn pay(books: &mut Books, token: &str, payment: &Value) -> Reply {
    check_payment(payment);
    let reference = text(payment, "paymentIdempotencyId").to_owned();
    let repeats = books.trouble == Trouble::Repeating;
    if let Some((_, made)) = books.payments.get(&reference).filter(|(by, _)| repeats && by == token) {
        return say(201, &data(made));
    }
    let found = books.consents.iter_mut().find(|consent| consent.token.as_deref() == Some(token));
    let Some(consent) = found else { return refuse(403, "There is no such consent") };
    if consent.status != "AUTHORIZED" {
        return refuse(403, &format!("The given consent can not be used. The consent status is [{}].", consent.status));
    }
    assert_eq!(payment, &consent.asked["paymentRequest"], "it is not the payment that was agreed to");
    if books.payments.contains_key(&reference) {
        return refuse(409, "There is a payment of this paymentIdempotencyId");
    }
    let status = if books.trouble == Trouble::Pondering { "PENDING" } else { "COMPLETED" };
    let made = json!({ "id": format!("pv3-{}", consent.id), "paymentIdempotencyId": reference, "status": status,
        "institutionConsentId": format!("sdp-{}", consent.id), "statusDetails": { "status": status },
        "payeeDetails": payment["payee"], "reference": text(payment, "reference"),
        "amount": payment["amount"]["amount"], "currency": payment["amount"]["currency"],
        "amountDetails": payment["amount"] });
    consent.status = "CONSUMED";
    books.payments.insert(reference, (token.to_owned(), made.clone()));
    say(201, &data(&made))
}

fn details(books: &Books, token: &str, id: &str) -> Reply {
    match books.payments.values().find(|(_, payment)| payment["id"] == id) {
        None => refuse(404, "There is no such payment"),
        Some((by, _)) if by != token => refuse(403, "It is the payment of another consent"),
        Some((_, payment)) => say(200, &data(&json!({ "payments": [payment] }))),
    }
}

/// Insists on the fields that a domestic single payment has, and on their form.
fn check_payment(payment: &Value) {
    let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_code = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_uppercase());
    let names = "paymentIdempotencyId type amount payee payer reference contextType purposeCode readRefundAccount";
    known(payment, names);
    let id = text(payment, "paymentIdempotencyId");
    assert!((1..=35).contains(&id.len()) && is_plain(id), "{id:?} is no paymentIdempotencyId");
    assert!(["DOMESTIC_PAYMENT", "DOMESTIC_INSTANT_PAYMENT"].contains(&text(payment, "type")), "{payment}");
    let amount = &payment["amount"];
    known(amount, "amount currency");
    assert!(amount["amount"].as_f64().is_some_and(|number| number > 0.0), "a number, and no text: {amount}");
    assert!(is_code(text(amount, "currency"), 3), "{amount}");
    for (name, most) in [("reference", 18), ("contextType", 30), ("purposeCode", 4)] {
        let length = payment.get(name).map_or(1, |value| value.as_str().unwrap_or_default().chars().count());
        assert!((1..=most).contains(&length), "{name}: {payment}");
    }
    assert!(!text(&payment["payee"], "name").is_empty(), "who is paid: {payment}");
    for party in [payment.get("payee"), payment.get("payer")].into_iter().flatten() {
        known(party, "name accountIdentifications address accountType merchantId merchantCategoryCode");
        let accounts = party["accountIdentifications"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(!accounts.is_empty(), "without an account: {party}");
        for account in accounts {
            known(account, "type identification");
            assert!(["SORT_CODE", "ACCOUNT_NUMBER", "IBAN", "BIC"].contains(&text(account, "type")), "{account}");
            assert!(is_plain(text(account, "identification")), "{account}");
        }
        assert!(party.get("address").is_none_or(|address| is_code(text(address, "country"), 2)), "{party}");
    }
}

/// Insists that this is an object without other fields than these.
fn known(value: &Value, names: &str) {
    for name in value.as_object().unwrap_or_else(|| panic!("{value} has not the fields {names}")).keys() {
        assert!(names.split(' ').any(|known| known == name), "{name} is none of the fields {names}: {value}");
    }
}

/// The envelope of most answers.
fn data(data: &Value) -> Value {
    json!({ "meta": { "tracingId": "2dbfd85b4f2940c6a206e96dd90e52d0" }, "data": data })
}

fn refuse(code: u16, message: &str) -> Reply {
    let status = reqwest::StatusCode::from_u16(code).expect("a status").canonical_reason().expect("a reason");
    say(code, &json!({ "error": { "code": code, "status": status.to_ascii_uppercase(), "message": message } }))
}

fn say(status: u16, body: &Value) -> Reply {
    // The answers of a host last as long as the tests.
    Reply::Saying(status, Box::leak(body.to_string().into_boxed_str()))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn header<'a>(call: &'a Received, name: &str) -> &'a str {
    call.headers.get(name).map(String::as_str).unwrap_or_default()
}

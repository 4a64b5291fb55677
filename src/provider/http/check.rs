//! `handback provider check`: a walk through the protocol, rule by rule, against an engine that is there.
//!
//! It creates payments that nobody visits and closes them again; money moves only where it is told how much.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::wire::{PaymentBody, read};
use super::{HttpProvider, Question};
use crate::domain::{Amount, Secret, UnixMillis};
use crate::provider::{PaymentReport, PaymentStatus, ProviderError, Result};

/// A secret that is nobody's.
const NOBODYS: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How often, and how long, a walk looks whether a payment was made.
const LOOK: (Duration, u32) = (Duration::from_secs(3), 200);

/// A rule of the protocol, and what was found instead where the engine does not keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedRule {
    /// The rule.
    pub rule: &'static str,
    /// What was found instead.
    pub broken: Option<String>,
}

/// What a walk does.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// How much the payments are over that nobody makes.
    pub amount: Amount,
    /// How much is really paid, by whoever reads the page's address, and refunded then.
    pub paid: Option<Amount>,
}

/// Walks through the protocol, and says each rule when it is known whether it holds. It ends early where nothing that
/// follows could hold.
pub async fn walk(provider: &HttpProvider, walk: Walk, mut say: impl FnMut(CheckedRule), show: impl FnOnce(&str)) {
    let mut holds = |rule, found: Result<(), String>| {
        let holds = found.is_ok();
        say(CheckedRule { rule, broken: found.err() });
        holds
    };
    if !holds("a signed ping is answered 2xx", pinged(provider, None, 0).await.and_then(success)) {
        return;
    }
    let unsigned = pinged(provider, Some(Secret::new(NOBODYS)), 0).await;
    holds("what is signed with another secret is refused with 401", unsigned.and_then(unauthorised));
    let outdated = pinged(provider, None, 3600).await;
    holds("what was signed an hour ago is refused with 401", outdated.and_then(unauthorised));
    let reference = format!("{}-1", 1 + provider.clock.draw() % (1 << 50));
    let created = create(provider, &reference, walk.amount).await;
    let holds_created = created.as_ref().map(drop).map_err(Clone::clone);
    if !holds("payment.create answers an open payment of that reference and amount, with a page", holds_created) {
        return;
    }
    let Ok(first) = created else { return };
    let again = create(provider, &reference, walk.amount).await.and_then(|again| {
        if again == first { Ok(()) } else { Err(format!("{} and {} are two payments", first.0, again.0)) }
    });
    holds("the same webhook-id again is the same payment", again);
    let is = |expected: PaymentStatus| {
        move |report: PaymentReport| {
            let differs = report.status != expected || report.amount != Some(walk.amount);
            if differs { Err(format!("it answers {:?}, {}", report.status, written(report.amount))) } else { Ok(()) }
        }
    };
    let of = (first.0.as_str(), reference.as_str());
    let open = ask(provider, "payment.get", &provider.fresh_id("get"), of).await;
    holds("payment.get answers it as it is", open.and_then(is(PaymentStatus::Open)));
    for rule in ["payment.cancel closes it", "payment.cancel again changes nothing"] {
        let closed = ask(provider, "payment.cancel", &provider.fresh_id("cancel"), of).await;
        holds(rule, closed.and_then(is(PaymentStatus::Closed)));
    }
    let closed = ask(provider, "payment.get", &provider.fresh_id("get"), of).await;
    holds("payment.get answers that it is closed", closed.and_then(is(PaymentStatus::Closed)));
    let unknown = json!({ "id": "none-such", "reference": "1-1" });
    let unknown = status(provider, "payment.get", &provider.fresh_id("get"), unknown).await;
    holds("a payment that does not exist is answered 422, 404 or 410", unknown.and_then(no_such_payment));
    if let Some(paid) = walk.paid {
        pay(provider, paid, holds, show).await;
    }
}

/// Has a payment made by whoever reads its page's address, and refunds it.
async fn pay(
    provider: &HttpProvider,
    amount: Amount,
    mut holds: impl FnMut(&'static str, Result<(), String>) -> bool,
    show: impl FnOnce(&str),
) {
    let reference = format!("{}-1", 1 + provider.clock.draw() % (1 << 50));
    let (id, page) = match create(provider, &reference, amount).await {
        Ok(created) => created,
        Err(why) => {
            holds("a payment to be made is created", Err(why));
            return;
        }
    };
    show(&page);
    let (pause, most) = LOOK;
    let mut paid = Err("nobody has paid it within ten minutes".to_owned());
    for _ in 0..most {
        tokio::time::sleep(pause).await;
        match ask(provider, "payment.get", &provider.fresh_id("get"), (&id, &reference)).await {
            Ok(report) if report.status == PaymentStatus::Paid => {
                paid = Ok(());
                break;
            }
            Ok(report) if report.status == PaymentStatus::Open => {}
            Ok(report) => {
                paid = Err(format!("it ends as {:?}", report.status));
                break;
            }
            Err(why) => paid = Err(why),
        }
    }
    if !holds("it is paid when it was paid", paid) {
        // Nobody must pay it after the check.
        let _ = ask(provider, "payment.cancel", &provider.fresh_id("cancel"), (&id, &reference)).await;
        return;
    }
    let question = provider.fresh_id("operation");
    let operation = json!({ "id": question, "payment": id, "amount": amount.to_string(),
        "currency": amount.currency().to_string(), "description": "" });
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(sent(provider, "payment.refund", &question, operation.clone()).await);
    }
    let done = answers[0].clone().and_then(|answer: Value| match answer["status"].as_str() {
        Some("done" | "pending") if answer["id"] == question.as_str() => Ok(()),
        _ => Err(format!("it answers the status {}", answer["status"])),
    });
    holds("payment.refund gives it back", done);
    let same = answers[0] == answers[1];
    holds("the same webhook-id again is the same refund", if same { Ok(()) } else { Err("another answer".into()) });
}

async fn pinged(provider: &HttpProvider, secret: Option<Secret>, ago: u64) -> Result<StatusCode, String> {
    let question = Question { id: &provider.fresh_id("ping"), kind: "ping", secret, ago };
    provider.send(question, json!({})).await.map(|(status, _)| status).map_err(|trouble| trouble.to_string())
}

async fn create(provider: &HttpProvider, reference: &str, amount: Amount) -> Result<(String, String), String> {
    let data = json!({
        "reference": reference, "amount": amount.to_string(), "currency": amount.currency().to_string(),
        "capture": "automatic", "payee": "Handback", "description": "A check of the protocol",
        "return_url": "https://handback.invalid/return", "notification_url": provider.notification_url,
        "expires_at": super::wire::rfc3339(provider.clock.now().plus(Duration::from_hours(1))),
    });
    let created = sent(provider, "payment.create", &format!("create-{reference}"), data).await?;
    let payment: PaymentBody = read(created.to_string().as_bytes()).map_err(|trouble| trouble.to_string())?;
    let report = reported(&payment, provider.clock.now())?;
    if report.reference != reference || report.amount != Some(amount) || report.status != PaymentStatus::Open {
        return Err(format!("it answers {}, {:?}, {}", report.reference, report.status, written(report.amount)));
    }
    let page = payment.page(&provider.config.url).map_err(|trouble| trouble.to_string())?;
    Ok((payment.id, page))
}

async fn ask(
    provider: &HttpProvider,
    kind: &'static str,
    question: &str,
    (id, reference): (&str, &str),
) -> Result<PaymentReport, String> {
    let answer = sent(provider, kind, question, json!({ "id": id, "reference": reference })).await?;
    let payment = read::<PaymentBody>(answer.to_string().as_bytes()).map_err(|trouble| trouble.to_string())?;
    reported(&payment, provider.clock.now())
}

/// What a payment says, every member of which must be readable.
fn reported(payment: &PaymentBody, now: UnixMillis) -> Result<PaymentReport, String> {
    let (report, strange) = payment.report(now).map_err(|trouble| trouble.to_string())?;
    if strange.is_empty() { Ok(report) } else { Err(format!("its {} cannot be read", strange.join(" and its "))) }
}

/// What a question is answered, if it is a success.
async fn sent(provider: &HttpProvider, kind: &'static str, id: &str, data: Value) -> Result<Value, String> {
    let question = Question { id, kind, secret: None, ago: 0 };
    let (status, body) = provider.send(question, data).await.map_err(|trouble| trouble.to_string())?;
    success(status)?;
    read(&body).map_err(|trouble| trouble.to_string())
}

/// The status of what a question is answered.
async fn status(provider: &HttpProvider, kind: &'static str, id: &str, data: Value) -> Result<StatusCode, String> {
    let question = Question { id, kind, secret: None, ago: 0 };
    provider.send(question, data).await.map(|(status, _)| status).map_err(|trouble: ProviderError| trouble.to_string())
}

fn no_such_payment(status: StatusCode) -> Result<(), String> {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
        other => Err(format!("it answers {}", other.as_u16())),
    }
}

fn success(status: StatusCode) -> Result<(), String> {
    if status.is_success() { Ok(()) } else { Err(format!("it answers {}", status.as_u16())) }
}

fn unauthorised(status: StatusCode) -> Result<(), String> {
    if status == StatusCode::UNAUTHORIZED { Ok(()) } else { Err(format!("it answers {}", status.as_u16())) }
}

fn written(amount: Option<Amount>) -> String {
    amount.map_or_else(|| "no amount".to_owned(), |amount| amount.to_string())
}

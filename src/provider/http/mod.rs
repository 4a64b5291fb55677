//! The provider `http`: an operator's own payment engine, or any service behind a small adapter.
//!
//! Its wire is one address and one kind of message: every question is a POST of `{type, timestamp, data}`, signed as
//! Standard Webhooks has it, and its `webhook-id` is what makes a repetition known. The engine tells of its payments by
//! the same signature at `/notify/{provider}`; what it tells decides nothing, the engine is asked. docs/PROVIDERS.md is
//! the protocol.

pub mod check;
pub mod settings;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{StatusCode, header::HeaderName};
use serde::Serialize;

use super::{
    AskSchedule, AuthorizationResponse, Notification, NotificationError, Notified, NotifiedPayment, PaymentContext,
    PaymentReport, Performed, Provider, ProviderError, Requested, Result, UnverifiedResponse, VisitContext,
};
use crate::clock::Clock;
use crate::domain::{
    Evidence, Fact, Invalid, Journey, MerchantId, Mode, OperationKind, ProviderRefusal, Purpose, Redirect,
    ResponseKind, Secret, Wanted,
};
use crate::egress::{Call, Client};
use crate::keys::standard_webhooks::{TOLERANCE, is_signed, signature};
use settings::HttpConfig;
use wire::{
    Create, Message, Named, NotificationBody, Operate, OperationBody, OperationStatus, PaymentBody, ProblemBody,
};

/// How long the engine may take for an answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// A payment engine at one address.
pub struct HttpProvider {
    config: HttpConfig,
    notification_url: String,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// A question, before it is signed.
struct Question<'a> {
    /// The same for the same question, whenever it is repeated.
    id: &'a str,
    kind: &'static str,
    /// What signs it, where that is not the engine's own secret.
    secret: Option<Secret>,
    /// How many seconds ago it was signed.
    ago: u64,
}

/// What the engine answered.
enum Answered {
    /// With this object.
    Object(Vec<u8>),
    /// That it will not.
    Refused(ProviderRefusal),
}

impl HttpProvider {
    /// An engine that is configured so, is asked by this client, and notifies at `notification_url`.
    pub const fn new(config: HttpConfig, notification_url: String, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { config, notification_url, client, clock }
    }

    /// Asks, once. The same `id` is the same question, whenever it is repeated.
    async fn ask<T: Serialize + Sync>(&self, id: &str, kind: &'static str, data: T) -> Result<Answered> {
        let (status, body) = self.send(Question { id, kind, secret: None, ago: 0 }, data).await?;
        answered(status, body)
    }

    /// Sends a question, and reads what is answered.
    async fn send<T: Serialize + Sync>(&self, question: Question<'_>, data: T) -> Result<(StatusCode, Vec<u8>)> {
        let Question { id, kind, secret, ago } = question;
        let now = self.clock.now();
        let seconds = (now.as_millis() / 1000).saturating_sub(ago);
        let message = Message { kind, timestamp: wire::rfc3339(now), data };
        let body = serde_json::to_string(&message)
            .map_err(|_| ProviderError::Unreachable("the question cannot be written".into()))?;
        let secret = secret.as_ref().or(self.config.secrets.first());
        let signed = secret.and_then(|secret| signature(secret, id, seconds, &body));
        let signed = signed.ok_or_else(|| ProviderError::Unreachable("its secret cannot be used".into()))?;
        let call = Call::post(self.config.url.as_str())
            .deadline(DEADLINE)
            .longest(LONGEST)
            .header(HeaderName::from_static("webhook-id"), id)
            .header(HeaderName::from_static("webhook-timestamp"), &seconds.to_string())
            .header(HeaderName::from_static("webhook-signature"), &signed)
            .body("application/json", body.into_bytes());
        let reply = self.client.send(call).await?;
        Ok((reply.status(), reply.body().to_vec()))
    }

    async fn ask_about(&self, kind: &'static str, id: &str, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        let reference = context.reference.to_string();
        match self.ask(id, kind, Named { id: context.provider_reference, reference: &reference }).await? {
            Answered::Object(body) => {
                let payment: PaymentBody = wire::read(&body)?;
                if payment.id != context.provider_reference {
                    return Err(ProviderError::NoPayment("it answers about another one".into()));
                }
                let (report, strange) = payment.report(context.now)?;
                for member in strange {
                    tracing::warn!(provider = self.name(), reference, member, "payment.unreadable_member");
                }
                Ok(report)
            }
            Answered::Refused(why) => Err(ProviderError::NoPayment(why.code().to_owned())),
        }
    }

    /// An id for a question that changes nothing, and is therefore never the same one.
    fn fresh_id(&self, what: &str) -> String {
        format!("{what}-{:016x}", self.clock.draw())
    }
}

#[async_trait]
impl Provider for HttpProvider {
    fn name(&self) -> &str {
        &self.config.account.name
    }

    fn label(&self) -> &str {
        &self.config.account.label
    }

    fn mode(&self) -> Mode {
        self.config.account.mode
    }

    fn takes_payments(&self) -> bool {
        true
    }

    fn serves(&self, merchant: MerchantId) -> bool {
        self.config.account.serves(merchant)
    }

    fn takes(&self, purpose: &Purpose) -> bool {
        self.config.account.takes(purpose, |kind| operation_type(kind).is_some())
    }

    fn creates_payment(&self, journey: &Journey) -> bool {
        let purpose = &journey.opening().purpose;
        purpose.checkout().is_some() || purpose.operation().is_some()
    }

    fn ask_schedule(&self) -> AskSchedule {
        self.config.account.ask_schedule.clone()
    }

    /// What it is asked to do is told apart by its id, so that asking again changes nothing.
    fn asks_once(&self) -> bool {
        false
    }

    async fn prepare(&self) -> Result<()> {
        match self.ask(&self.fresh_id("ping"), "ping", serde_json::json!({})).await? {
            Answered::Object(_) => Ok(()),
            Answered::Refused(why) => Err(ProviderError::Unreachable(format!("it refuses a ping: {}", why.code()))),
        }
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested> {
        let opening = context.journey.opening();
        let (Some(amount), Some(checkout)) = (opening.purpose.amount(), opening.purpose.checkout()) else {
            return Err(ProviderError::Unreachable("it takes payments alone".into()));
        };
        let reference = context.payment_reference().to_string();
        let create = Create {
            reference: &reference,
            amount: amount.to_string(),
            currency: amount.currency().to_string(),
            capture: if matches!(checkout.wanted, Wanted::Reservation(_)) { "manual" } else { "automatic" },
            payee: context.journey.payee(),
            description: opening.purpose.note(),
            return_url: context.return_url(),
            notification_url: &self.notification_url,
            expires_at: wire::rfc3339(opening.expires_at),
        };
        match self.ask(&format!("create-{reference}"), "payment.create", create).await? {
            Answered::Refused(why) => Ok(Requested::Refused(why)),
            Answered::Object(body) => {
                let payment: PaymentBody = wire::read(&body)?;
                // What was created must be what the customer was shown, before anybody is sent there.
                let (report, _) = payment.report(self.clock.now())?;
                if report.amount != Some(amount) || report.reference != reference {
                    return Err(ProviderError::Unreadable("it created another payment than it was asked for".into()));
                }
                let page = payment.page(&self.config.url)?;
                Ok(Requested::Created { reference: payment.id, page: Redirect::to_provider(page) })
            }
        }
    }

    /// That the browser came back under its state is all that a browser can say here.
    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        Ok(UnverifiedResponse { state: answer.state.clone(), kind: ResponseKind::Returned })
    }

    async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact> {
        Err(ProviderError::Unreachable("it gives no codes".into()))
    }

    async fn payment(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        self.ask_about("payment.get", &self.fresh_id("get"), context).await
    }

    async fn close(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        // What is closed stays closed: each time is a question of its own, so that its answer is of that time.
        self.ask_about("payment.cancel", &self.fresh_id("cancel"), context).await
    }

    fn read_notification(&self, notification: &Notification<'_>) -> Notified {
        let header = |name| (notification.header)(name).ok_or(NotificationError::Unsigned);
        let (id, signatures) = (header("webhook-id")?, header("webhook-signature")?);
        let at: u64 = header("webhook-timestamp")?.parse().map_err(|_| NotificationError::Unsigned)?;
        let mut secrets = self.config.secrets.iter();
        if !secrets.any(|secret| is_signed(secret, id, at, notification.body, signatures)) {
            return Err(NotificationError::Unsigned);
        }
        if at.abs_diff(notification.now) > TOLERANCE {
            return Err(NotificationError::Outdated);
        }
        let body: NotificationBody = wire::read(notification.body).map_err(|_| NotificationError::Unreadable)?;
        Ok(body.reference().map(NotifiedPayment::from))
    }

    async fn perform(&self, journey: &Journey, original: Option<&Journey>) -> Result<Performed> {
        let operation = journey.opening().purpose.operation();
        let kind = operation.and_then(|operation| operation_type(operation.kind));
        let payment = original.and_then(Journey::proven_payment);
        let (Some(operation), Some(kind), Some((_, payment))) = (operation, kind, payment) else {
            let why = "This provider has no such operation, or no payment that it could be of.";
            return Ok(Performed::Now(Fact::refused(ProviderRefusal::new("operation_not_possible", Some(why)))));
        };
        let id = journey.pay_id().to_string();
        let operate = Operate {
            id: &id,
            payment: &payment.reference,
            amount: operation.amount.map(|amount| amount.to_string()),
            currency: operation.amount.map(|amount| amount.currency().to_string()),
            description: &operation.note,
        };
        match self.ask(&format!("operation-{id}"), kind, operate).await? {
            Answered::Refused(why) => Ok(Performed::Now(Fact::refused(why))),
            Answered::Object(body) => {
                let answer: OperationBody = wire::read(&body)?;
                Ok(match answer.status {
                    _ if answer.id != id => {
                        return Err(ProviderError::Unreadable("it is about another operation".into()));
                    }
                    OperationStatus::Done => Performed::Now(Fact::paid()),
                    OperationStatus::Pending => Performed::Unknown,
                    OperationStatus::Refused => Performed::Now(Fact::refused(answer.refusal())),
                })
            }
        }
    }
}

/// The type of the message that orders such an operation; `None` where the protocol has none.
const fn operation_type(kind: OperationKind) -> Option<&'static str> {
    match kind {
        OperationKind::Capture => Some("payment.capture"),
        OperationKind::Void => Some("payment.void"),
        OperationKind::Refund => Some("payment.refund"),
        OperationKind::Payout
        | OperationKind::Deregister
        | OperationKind::Chargeback
        | OperationKind::ChargebackReversal => None,
    }
}

/// What an answer of this status is. 422 is the one status that refuses. 404 and 410 say that there is no such payment;
/// every other that is no success leaves open whether something was done.
fn answered(status: StatusCode, body: Vec<u8>) -> Result<Answered> {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => {
            let problem: ProblemBody = wire::read(&body)?;
            Ok(Answered::Refused(ProviderRefusal::new(&problem.code, problem.detail.as_deref())))
        }
        status if status.is_success() => Ok(Answered::Object(body)),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            Err(ProviderError::NoPayment(format!("it answered {}", status.as_u16())))
        }
        status => Err(ProviderError::Unanswered(format!("it answered {}", status.as_u16()))),
    }
}

#[cfg(test)]
mod tests;

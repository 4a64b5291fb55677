//! The provider `token_io`: payments by bank transfer through Token.io's API, payments version 2.
//!
//! A payment has our reference as its `refId`. Its customer agrees at the bank, or chooses one on Token.io's pages first;
//! the way back carries no signature, so the payment is asked about. A payment whose answer was lost is looked for by its
//! `refId`. One that is created twice all the same does no harm: nobody pays on a page that nobody is sent to. The API has
//! nothing by which an unpaid payment is closed, so such a payment ends when its bank lets it expire.

mod jwt;
pub mod settings;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use reqwest::{Method, StatusCode, header::HeaderName};
use serde::de::DeserializeOwned;
use url::{Position, form_urlencoded};

pub use jwt::SigningKey;

use super::{
    AskSchedule, AuthorizationResponse, Notification, NotificationError, Notified, PaymentContext, PaymentReport,
    PaymentStatus, Performed, Provider, ProviderError, Requested, Result, UnverifiedResponse, VisitContext,
    payment_page, remittance,
};
use crate::clock::Clock;
use crate::domain::{
    Evidence, Fact, Invalid, Journey, MerchantId, Mode, ProviderRefusal, Purpose, Redirect, ResponseKind, Wanted,
};
use crate::egress::{Call, Client};
use jwt::SignedCall;
use settings::TokenIoConfig;
use wire::{Create, Creditor, Failure, Initiation, Listed, Money, One, Payment, Webhook, is_id};

/// How long an answer may take. It comes before, if need be without the bank's word (`request-timeout`).
const DEADLINE: Duration = Duration::from_secs(10);

/// For how many seconds the bank is waited for.
const BANK_SECONDS: &str = "7";

/// How long a signature holds.
const SIGNED_FOR: Duration = Duration::from_mins(5);

/// How long after its customer left a payment is created without looking for one: whoever comes later may not be the
/// first.
const FIRST: Duration = Duration::from_millis(50);

/// How long after its customer left nobody is creating a payment any more.
const LOST: Duration = Duration::from_mins(1);

/// The longest reference that the API takes, in characters.
const LONGEST_REFERENCE: usize = 18;

/// A member of Token.io's, and the account that is paid into.
pub struct TokenIo {
    config: TokenIoConfig,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// What a call was answered.
enum Answered<T> {
    /// With this.
    Object(T),
    /// That it breaks a rule.
    Refused(Failure),
}

impl TokenIo {
    /// A member that is configured so, and asked by this client.
    pub const fn new(config: TokenIoConfig, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { config, client, clock }
    }

    /// Makes a signed call, and reads its answer.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        (path, query): (&str, Option<&str>),
        body: Option<Vec<u8>>,
    ) -> Result<Answered<T>> {
        let unsignable = || ProviderError::Unreachable("the call cannot be signed".into());
        let mut url = self.config.url.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url.set_query(query);
        let body = body.unwrap_or_default();
        let signed = SignedCall {
            exp: self.clock.now().plus(SIGNED_FOR).as_millis(),
            mid: &self.config.member,
            kid: &self.config.key_id,
            method: method.as_str(),
            host: &url[Position::BeforeHost..Position::AfterPort],
            path: url.path(),
            query: url.query(),
        };
        let token = signed.token(&self.config.key, &body).ok_or_else(unsignable)?;
        let mut call = Call::new(method, url.as_str())
            .deadline(DEADLINE)
            .bearer(&token)
            .header(HeaderName::from_static("request-timeout"), BANK_SECONDS);
        if !body.is_empty() {
            call = call.body("application/json", body);
        }
        let reply = self.client.send(call).await?;
        let said = || format!("it answered {}", reply.status().as_u16());
        match reply.status() {
            status if status.is_success() => {
                let read =
                    reply.json().map_err(|_| ProviderError::Unreadable("it is not the JSON that is expected".into()));
                read.map(Answered::Object)
            }
            StatusCode::BAD_REQUEST | StatusCode::NOT_IMPLEMENTED => {
                Ok(Answered::Refused(reply.json().unwrap_or_default()))
            }
            StatusCode::NOT_FOUND => Err(ProviderError::NoPayment(said())),
            // It was not done: the key, the member, or too many calls.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Err(ProviderError::Unreachable(said()))
            }
            _ => Err(ProviderError::Unanswered(said())),
        }
    }

    /// The payment of this reference, if there is one: the oldest, so that every node finds the same.
    async fn found(&self, reference: &str) -> Result<Option<Payment>> {
        let mut query = format!("limit=200&refIds={reference}");
        self.add_on_behalf_of(&mut query);
        match self.call::<Listed>(Method::GET, ("/v2/payments", Some(&query)), None).await? {
            Answered::Object(listed) => {
                let oldest = |payment: &Payment| (payment.created_date_time.clone(), payment.id.clone());
                Ok(listed.payments.into_iter().min_by_key(oldest))
            }
            Answered::Refused(failure) => {
                Err(ProviderError::Unreadable(format!("it refuses a list: {}", failure.refusal().code())))
            }
        }
    }

    /// Says in a query for whom it is asked, where the member acts for another.
    fn add_on_behalf_of(&self, query: &mut String) {
        if let Some(other) = &self.config.on_behalf_of {
            query.push_str("&onBehalfOfId=");
            query.extend(form_urlencoded::byte_serialize(other.as_bytes()));
        }
    }

    /// Has a payment created, whatever was created before.
    async fn created(&self, context: &VisitContext<'_>, reference: &str) -> Result<Answered<One>> {
        let opening = context.journey.opening();
        let Some(amount) = opening.purpose.amount() else {
            return Err(ProviderError::Unreachable("it takes payments alone".into()));
        };
        let scheme = self.config.scheme;
        let create = Create {
            initiation: Initiation {
                bank_id: self.config.bank.as_deref(),
                ref_id: reference,
                remittance_information_primary: remittance(
                    opening.purpose.note(),
                    reference,
                    scheme.longest_remittance(),
                ),
                amount: Money { value: amount.to_string(), currency: amount.currency().to_string() },
                local_instrument: scheme.as_str(),
                creditor: Creditor::new(&self.config.payee, &self.config.payee_account),
                callback_url: &context.redirect_uri,
                callback_state: &context.state,
                flow_type: if self.config.bank.is_some() { "API_ONLY" } else { "FULL_HOSTED_PAGES" },
                on_behalf_of_id: self.config.on_behalf_of.as_deref(),
                disable_future_dated_payment_conversion: true,
            },
        };
        let body = serde_json::to_vec(&create);
        let body = body.map_err(|_| ProviderError::Unreachable("the call cannot be written".into()))?;
        self.call(Method::POST, ("/v2/payments", None), Some(body)).await
    }

    /// What a payment that there is comes to for its customer.
    fn requested(&self, context: &VisitContext<'_>, payment: Payment) -> Result<Requested> {
        let report = payment.report()?;
        let reference = context.payment_reference().to_string();
        if context.journey.opening().purpose.amount() != report.amount || report.reference != reference {
            return Err(ProviderError::Unreadable("it created another payment than it was asked for".into()));
        }
        if !payment.has_id() {
            return Err(ProviderError::Unreadable("its id cannot be one".into()));
        }
        let page = match (report.status, payment.page()) {
            (PaymentStatus::Refused(why), _) => return Ok(Requested::Refused(why)),
            (PaymentStatus::Closed, _) => return Ok(Requested::Refused(closed())),
            (PaymentStatus::Open, Some(page)) => payment_page(page, &self.config.url)
                .ok_or_else(|| ProviderError::Unreadable("its redirectUrl is not an https address".into()))?,
            // A bank that wants its customer's credentials from us.
            (PaymentStatus::Open, None) => {
                let why = "This bank has no page where its customer could agree.";
                return Ok(Requested::Refused(ProviderRefusal::new("no_redirect", Some(why))));
            }
            // The bank has not been reached yet: it is looked for again.
            (PaymentStatus::Pending, None) if payment.awaits_bank() => {
                return Err(ProviderError::Unanswered("its bank has not answered yet".into()));
            }
            // Nobody has to be sent anywhere any more.
            (
                PaymentStatus::Pending | PaymentStatus::Agreed(_) | PaymentStatus::Paid | PaymentStatus::Authorised,
                _,
            ) => context.return_url(),
        };
        Ok(Requested::Created { reference: payment.id, page: Redirect::to_provider(page) })
    }
}

#[async_trait]
impl Provider for TokenIo {
    fn name(&self) -> &str {
        &self.config.account.name
    }

    fn label(&self) -> &str {
        &self.config.account.label
    }

    fn mode(&self) -> Mode {
        self.config.account.mode
    }

    fn serves(&self, merchant: MerchantId) -> bool {
        self.config.account.serves(merchant)
    }

    fn takes_payments(&self) -> bool {
        true
    }

    fn payee(&self) -> Option<&str> {
        Some(&self.config.payee)
    }

    fn takes(&self, purpose: &Purpose) -> bool {
        let is_payment = purpose.checkout().is_some_and(|checkout| matches!(checkout.wanted, Wanted::Payment(_)));
        let fits = purpose.amount().is_some_and(|amount| amount.currency() == self.config.scheme.currency());
        is_payment && fits && self.config.account.takes(purpose, |_| false)
    }

    fn creates_payment(&self, journey: &Journey) -> bool {
        journey.opening().purpose.checkout().is_some()
    }

    fn ask_schedule(&self) -> AskSchedule {
        self.config.account.ask_schedule.clone()
    }

    /// What is created again does no harm.
    fn asks_once(&self) -> bool {
        false
    }

    async fn prepare(&self) -> Result<()> {
        let mut query = "limit=1".to_owned();
        self.add_on_behalf_of(&mut query);
        match self.call::<Listed>(Method::GET, ("/v2/payments", Some(&query)), None).await? {
            Answered::Object(_) => Ok(()),
            Answered::Refused(failure) => {
                Err(ProviderError::Unreachable(format!("it refuses a list: {}", failure.refusal().code())))
            }
        }
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested> {
        let reference = context.payment_reference().to_string();
        if reference.len() > LONGEST_REFERENCE {
            let why = "It has been tried too often.";
            return Ok(Requested::Refused(ProviderRefusal::new("too_often", Some(why))));
        }
        let left_at = context.journey.visits().get(usize::from(context.visit)).map(|visit| visit.left_at);
        let (now, left_at) = (self.clock.now(), left_at.unwrap_or_default());
        if now >= left_at.plus(FIRST)
            && let Some(payment) = self.found(&reference).await?
        {
            return self.requested(context, payment);
        }
        if context.journey.visit_is_over(context.visit, now) {
            let may_be_under_way = now < left_at.plus(LOST);
            let under_way = || ProviderError::Unanswered("somebody may be creating it".into());
            return if may_be_under_way { Err(under_way()) } else { Ok(Requested::Refused(closed())) };
        }
        match self.created(context, &reference).await? {
            Answered::Object(One { payment }) => self.requested(context, payment),
            Answered::Refused(failure) if failure.is_duplicate() => match self.found(&reference).await? {
                Some(payment) => self.requested(context, payment),
                None => Err(ProviderError::Unreadable("it knows the reference, and no payment of it".into())),
            },
            Answered::Refused(failure) => Ok(Requested::Refused(failure.refusal())),
        }
    }

    /// That the browser came back under its state is all that a browser can say here: nothing of it is signed.
    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        Ok(UnverifiedResponse { state: answer.state.clone(), kind: ResponseKind::Returned })
    }

    async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact> {
        Err(ProviderError::Unreachable("it gives no codes".into()))
    }

    async fn payment(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        if !is_id(context.provider_reference) {
            return Err(ProviderError::NoPayment("it is not the form of an id".into()));
        }
        let path = format!("/v2/payments/{}", context.provider_reference);
        match self.call::<One>(Method::GET, (&path, None), None).await? {
            Answered::Object(One { payment }) if payment.id == context.provider_reference => payment.report(),
            Answered::Object(_) => Err(ProviderError::NoPayment("it answers about another one".into())),
            Answered::Refused(failure) => {
                Err(ProviderError::Unreadable(format!("it refuses to say: {}", failure.refusal().code())))
            }
        }
    }

    /// Its refunds are paid from an account that is kept there, and not from the one that was paid into.
    async fn perform(&self, _: &Journey, _: Option<&Journey>) -> Result<Performed> {
        let why = "A bank transfer is given back by another one.";
        Ok(Performed::Now(Fact::refused(ProviderRefusal::new("operation_not_possible", Some(why)))))
    }

    fn read_notification(&self, notification: &Notification<'_>) -> Notified {
        let key = self.config.webhook_key.ok_or(NotificationError::NotSent)?;
        let missing = NotificationError::Unsigned;
        let signature = (notification.header)("token-signature").ok_or(missing)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| missing)?;
        let signature = Signature::from_slice(&signature).map_err(|_| missing)?;
        let key = VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| missing)?;
        key.verify_strict(notification.body, &signature).map_err(|_| missing)?;
        let webhook: Webhook = serde_json::from_slice(notification.body).map_err(|_| NotificationError::Unreadable)?;
        Ok(webhook.notified())
    }

    /// It must be answered with 200.
    fn acknowledgement(&self) -> &'static str {
        "OK"
    }
}

fn closed() -> ProviderRefusal {
    ProviderRefusal::new("payment_closed", None)
}

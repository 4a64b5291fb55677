//! The provider `ixopay`: a connector of IXOPAY's Transaction API, version 3, or of a gateway under another name that
//! speaks it (documentation.ixopay.com).
//!
//! A transaction has our reference as its `merchantTransactionId`, which may be used once: so it is begun once, and
//! where its answer was lost, it is found by that. A callback is a reason to ask for the status, which alone decides.
//! The API has nothing by which a customer's page is closed, so such a payment ends when IXOPAY lets it expire.

mod call;
mod lost;
pub mod settings;
mod signature;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use url::Position;

use super::{
    AskSchedule, AuthorizationResponse, Notification, NotificationError, Notified, PaymentContext, PaymentReport,
    Performed, Provider, ProviderError, Requested, Result, UnverifiedResponse, VisitContext, payment_page,
};
use crate::clock::Clock;
use crate::domain::{
    Checkout, Evidence, Fact, Invalid, Journey, MerchantId, Mode, OperationKind, PaymentReference, ProviderRefusal,
    Purpose, Redirect, RepeatAgreement, ReportedOperation, ResponseKind, Wanted,
};
use crate::egress::Client;
use call::Begun;
pub use lost::LostCreations;
use settings::IxopayConfig;
use signature::{Signed, read_date};
use wire::{Callback, Standing, Transaction, not_done, operation_path, shortened};

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// The content type of calls and callbacks, exactly as it is signed.
const JSON: &str = "application/json; charset=utf-8";

/// How far the date of a callback may be from now: a day, for clocks that are wrong by their time zone.
const WINDOW: Duration = Duration::from_hours(24);

/// How long after a creation was first found to be lost nobody is on the way to its page any more: no call takes that
/// long, and whoever had its answer has written it down.
const LOST: Duration = Duration::from_mins(1);

/// For how long an answer about a transaction holds: ten questions a minute are answered about one, and the schedule and
/// callbacks have some of them.
const ANSWERS_HOLD: Duration = Duration::from_secs(7);

/// A connector.
pub struct Ixopay {
    config: IxopayConfig,
    notification_url: String,
    /// Path and query of the notification URL, which callbacks are signed over.
    notification_target: String,
    client: Client,
    clock: Arc<dyn Clock>,
    lost: Arc<LostCreations>,
}

impl Ixopay {
    /// A connector that is configured so, is asked by this client, and notifies at `notification_url`.
    pub fn new(
        config: IxopayConfig,
        notification_url: String,
        client: Client,
        (clock, lost): (Arc<dyn Clock>, Arc<LostCreations>),
    ) -> Self {
        let target = Url::parse(&notification_url);
        let notification_target =
            target.map_or_else(|_| String::new(), |url| url[Position::BeforePath..Position::AfterQuery].to_owned());
        Self { config, notification_url, notification_target, client, clock, lost }
    }

    /// What a creation comes to that was made before, or not at all: it is looked for, and not made.
    async fn created_before(&self, context: &VisitContext<'_>, reference: &str) -> Result<Requested> {
        let status = match self.by_reference(reference).await {
            // Whoever was making it has failed by now.
            Err(ProviderError::NoPayment(_))
                if self.begins_no_more(context) && self.lost.note(reference, self.clock.now()) >= LOST =>
            {
                return Ok(Requested::Refused(ProviderRefusal::new("payment_closed", None)));
            }
            status => status?,
        };
        match status.standing()? {
            // The page of the customer is in no status. Whoever had its answer has written it down, or is gone by now;
            // and nobody pays on a page that nobody was sent to.
            Standing::Redirect => {
                if self.lost.note(reference, self.clock.now()) < LOST {
                    return Err(ProviderError::Unanswered("the address of its page was lost".into()));
                }
                let why = "The address of the payment page was lost, and nobody was sent there.";
                Ok(Requested::Refused(ProviderRefusal::new("answer_lost", Some(why))))
            }
            Standing::Success | Standing::Pending => created(status.uuid, context.return_url()),
            Standing::Refused(why) => Ok(Requested::Refused(why)),
            Standing::Expired => Ok(Requested::Refused(ProviderRefusal::new("payment_closed", None))),
        }
    }

    /// Whether a visit's payment is not begun any more, if it was not before. What needs no customer is, however late its
    /// node comes to it.
    fn begins_no_more(&self, context: &VisitContext<'_>) -> bool {
        let (journey, visit) = (context.journey, context.visit);
        if journey.opening().purpose.needs_customer() {
            return journey.visit_is_over(visit, self.clock.now());
        }
        journey.final_outcome().is_some() || journey.payment(visit).is_some_and(|payment| payment.closing.is_some())
    }

    /// The uuid of what an operation is of: of the payment, or of the capture that a refund gives back.
    async fn referred(&self, journey: &Journey, payment: &Journey) -> Result<Option<String>> {
        let Some((_, created)) = payment.proven_payment() else { return Ok(None) };
        match journey.opening().purpose.operation().and_then(|operation| operation.of) {
            Some(of) if of != payment.pay_id() => {
                let capture = PaymentReference { journey: of, visit: 0 };
                Ok(self.by_reference(&capture.to_string()).await?.uuid)
            }
            _ => Ok(Some(created.reference.clone())),
        }
    }
}

#[async_trait]
impl Provider for Ixopay {
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

    fn takes(&self, purpose: &Purpose) -> bool {
        let account = &self.config.account;
        match purpose {
            // A registration, and a payment that repeats one which IXOPAY holds, too.
            Purpose::Checkout(Checkout { repeats, .. }) => {
                repeats.as_ref().is_none_or(|repeated| is_uuid(&repeated.provider_reference))
                    && account.takes_currency_of(purpose)
            }
            _ => account.takes(purpose, |kind| operation_path(kind).is_some()),
        }
    }

    fn creates_payment(&self, journey: &Journey) -> bool {
        let purpose = &journey.opening().purpose;
        purpose.checkout().is_some() || purpose.operation().is_some()
    }

    fn ask_schedule(&self) -> AskSchedule {
        self.config.account.ask_schedule.clone().holding(ANSWERS_HOLD)
    }

    /// What it is asked to do is told apart by its id, so that asking again changes nothing.
    fn asks_once(&self) -> bool {
        false
    }

    /// Asks for the status of a transaction that there is not: that it is not known is said to whom it knows.
    async fn prepare(&self) -> Result<()> {
        // Ten questions a minute are answered about one id.
        match self.by_reference(&format!("handback-ready-{}", self.clock.draw())).await {
            Ok(_) | Err(ProviderError::NoPayment(_)) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested> {
        let opening = context.journey.opening();
        let Some(checkout) = opening.purpose.checkout() else {
            return Err(ProviderError::Unreachable("it takes payments alone".into()));
        };
        let what = match checkout.wanted {
            Wanted::Payment(_) => "debit",
            Wanted::Reservation(_) => "preauthorize",
            Wanted::Registration => "register",
        };
        let (amount, repeats) = (checkout.wanted.amount(), checkout.repeats.as_ref());
        // Nobody comes back from what is repeated.
        let back = repeats.is_none();
        let (reference, return_url) = (context.payment_reference().to_string(), context.return_url());
        if self.begins_no_more(context) {
            return self.created_before(context, &reference).await;
        }
        let description = shortened(opening.purpose.note());
        let transaction = Transaction {
            merchant_transaction_id: reference.clone(),
            reference_uuid: repeats.map(|repeated| repeated.provider_reference.as_str()),
            amount: amount.map(|amount| amount.to_string()),
            currency: amount.map(|amount| amount.currency().to_string()),
            success_url: back.then_some(&return_url),
            cancel_url: back.then_some(&return_url),
            error_url: back.then_some(&return_url),
            transaction_indicator: repeats.map(|repeated| indicator(repeated.agreed_as)),
            callback_url: Some(&self.notification_url),
            description: Some(description).filter(|description| !description.is_empty()),
        };
        let answer = match self.begin(what, &transaction).await? {
            Begun::Transaction(answer) => answer,
            // There is one, also where its status is not there yet.
            Begun::Duplicate => return self.created_before(context, &reference).await.map_err(not_there_yet),
            Begun::Refused(why) => return Ok(Requested::Refused(why)),
        };
        let page = match (answer.return_type.as_deref(), answer.redirect_url) {
            (Some("REDIRECT"), Some(page)) => payment_page(&page, &self.config.url)
                .ok_or_else(|| ProviderError::Unreadable("its redirectUrl is not an https address".into()))?,
            // Nobody has to be sent anywhere: the browser comes back at once, and the status says what became of it.
            (Some("FINISHED" | "PENDING" | "ERROR"), _) => return_url,
            _ => return Err(ProviderError::Unreadable("its returnType is none that a browser can follow".into())),
        };
        created(answer.uuid, page)
    }

    /// That the browser came back under its state is all that a browser can say here.
    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        Ok(UnverifiedResponse { state: answer.state.clone(), kind: ResponseKind::Returned })
    }

    async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact> {
        Err(ProviderError::Unreachable("it gives no codes".into()))
    }

    async fn payment(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        let status = self.by_uuid(context.provider_reference).await?;
        if status.uuid.as_deref() != Some(context.provider_reference) {
            return Err(ProviderError::NoPayment("it answers about another one".into()));
        }
        status.report()
    }

    fn read_notification(&self, notification: &Notification<'_>) -> Notified {
        let header = |name| (notification.header)(name);
        let missing = NotificationError::Unsigned;
        let (content_type, signature) = (header("content-type").ok_or(missing)?, header("x-signature").ok_or(missing)?);
        let date = header("x-date").or_else(|| header("date")).ok_or(missing)?;
        let (body, uri) = (notification.body, self.notification_target.as_str());
        let signed = Signed { method: "POST", body, content_type, date, uri };
        if !signed.is_signed(&self.config.secrets, signature) {
            return Err(missing);
        }
        let at = read_date(date).ok_or(NotificationError::Outdated)?;
        if at.abs_diff(notification.now) > WINDOW.as_secs() {
            return Err(NotificationError::Outdated);
        }
        let callback: Callback = serde_json::from_slice(body).map_err(|_| NotificationError::Unreadable)?;
        Ok(callback.notified())
    }

    async fn reported_operation(&self, payment: PaymentReference, id: &str) -> Result<ReportedOperation> {
        // A status may come later than the callback that tells of it.
        let status = self.by_uuid(id).await.map_err(not_there_yet)?;
        if status.uuid.as_deref() != Some(id) {
            return Err(ProviderError::NoPayment("it answers about another one".into()));
        }
        status.chargeback(payment)
    }

    fn acknowledgement(&self) -> &'static str {
        "OK"
    }

    async fn perform(&self, journey: &Journey, original: Option<&Journey>) -> Result<Performed> {
        let refused = |code, why| Ok(Performed::Now(Fact::refused(ProviderRefusal::new(code, Some(why)))));
        let not_possible =
            || refused("operation_not_possible", "IXOPAY has no such operation, or no payment that it could be of.");
        let Some(operation) = journey.opening().purpose.operation() else { return not_possible() };
        let Some(path) = operation_path(operation.kind) else { return not_possible() };
        let uuid = match (operation.of, original) {
            // Money out is of nothing.
            (None, _) => None,
            (Some(_), None) => return not_possible(),
            (Some(_), Some(payment)) => match self.referred(journey, payment).await? {
                Some(uuid) => Some(uuid),
                None => return not_possible(),
            },
        };
        let reference = PaymentReference { journey: journey.pay_id(), visit: 0 }.to_string();
        let description = shortened(&operation.note);
        let is_notified = matches!(operation.kind, OperationKind::Refund | OperationKind::Payout);
        let transaction = Transaction {
            merchant_transaction_id: reference.clone(),
            reference_uuid: uuid.as_deref(),
            amount: operation.amount.map(|amount| amount.to_string()),
            currency: operation.amount.map(|amount| amount.currency().to_string()),
            callback_url: is_notified.then_some(self.notification_url.as_str()),
            description: Some(description).filter(|description| is_notified && !description.is_empty()),
            ..Transaction::default()
        };
        match self.begin(path, &transaction).await? {
            Begun::Transaction(answer) if answer.return_type.as_deref() == Some("FINISHED") => {
                Ok(Performed::Now(Fact::paid()))
            }
            Begun::Transaction(_) => Ok(Performed::Unknown),
            Begun::Refused(why) => Ok(Performed::Now(Fact::refused(not_done(why)))),
            Begun::Duplicate => Ok(match self.by_reference(&reference).await?.standing()? {
                Standing::Success => Performed::Now(Fact::paid()),
                Standing::Pending | Standing::Redirect => Performed::Unknown,
                Standing::Refused(why) => Performed::Now(Fact::refused(not_done(why))),
                Standing::Expired => Performed::Now(Fact::refused(ProviderRefusal::new("payment_closed", None))),
            }),
        }
    }
}

/// The trouble with a transaction of which it is known that it is there.
fn not_there_yet(trouble: ProviderError) -> ProviderError {
    match trouble {
        ProviderError::NoPayment(why) => ProviderError::Unanswered(why),
        other => other,
    }
}

fn created(uuid: Option<String>, page: String) -> Result<Requested> {
    let unreadable = || ProviderError::Unreadable("its uuid is missing, or cannot be one".into());
    let reference = uuid.filter(|uuid| is_uuid(uuid)).ok_or_else(unreadable)?;
    Ok(Requested::Created { reference, page: Redirect::to_provider(page) })
}

/// IXOPAY's word for a payment without its customer.
const fn indicator(agreed_as: RepeatAgreement) -> &'static str {
    match agreed_as {
        RepeatAgreement::Recurring => "RECURRING",
        RepeatAgreement::Unscheduled => "CARDONFILE-MERCHANT-INITIATED",
    }
}

/// Whether this may be what IXOPAY calls a transaction: it stands in addresses.
fn is_uuid(text: &str) -> bool {
    (1..=50).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

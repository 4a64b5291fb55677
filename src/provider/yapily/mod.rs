//! The provider `yapily`: single payments by bank transfer through Yapily's API.
//!
//! Its customer agrees at the bank first, and comes back with a one-time token; the payment is made when it is ordered
//! with what that token is exchanged for, and not before. Where the browser never comes, the consent is asked about.
//!
//! The document says of an order that its `paymentIdempotencyId` "prevents duplicates" and that the consent counts once,
//! and nothing of how a payment is found whose order had no answer. So such an order is repeated, for a short time; what
//! is refused then may have been made all the same, and somebody must look.

mod call;
pub mod settings;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, StatusCode};

use super::{
    AskSchedule, AuthorizationResponse, OrderStanding, Ordered, PaymentContext, PaymentReport, PaymentStatus,
    Performed, Provider, ProviderError, Requested, Result, UnverifiedResponse, VisitContext, payment_page, remittance,
};
use crate::clock::Clock;
use crate::domain::{
    Amount, Evidence, Fact, Invalid, Journey, MerchantId, Mode, OperationKind, PaymentReference, ProviderPayment,
    ProviderRefusal, Purpose, Redirect, ReportedOperation, ResponseKind, Secret, Wanted,
};
use crate::egress::Client;
use call::{Answered, DEADLINE, body};
use settings::YapilyConfig;
use wire::{
    Agreed, Authorise, Consent, Data, Enveloped, Exchange, Institution, LONGEST_REFERENCE, Made, Payment,
    PaymentRequest, Payments, Standing, is_id,
};

/// How long an answer may take where the payment is closed all the same.
const CLOSING: Duration = Duration::from_secs(5);

/// For how long a payment that its bank has accepted is looked after: it may fail all the same, and the longest scheme
/// takes a banking day.
const CHANGES_FOR: Duration = Duration::from_hours(5 * 24);

/// What a bank must be able to do.
const FEATURES: [&str; 3] =
    ["INITIATE_DOMESTIC_SINGLE_PAYMENT", "CREATE_DOMESTIC_SINGLE_PAYMENT", "EXISTING_PAYMENTS_DETAILS"];

/// An application of Yapily's, a bank, and the account that is paid into.
pub struct Yapily {
    config: YapilyConfig,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl Yapily {
    /// An application that is configured so, and asked by this client.
    pub const fn new(config: YapilyConfig, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { config, client, clock }
    }

    /// What the payment of a journey is, as it is asked for and ordered: the same, both times.
    fn payment_request(&self, journey: &Journey, payment: PaymentReference) -> Result<PaymentRequest<'_>> {
        let purpose = &journey.opening().purpose;
        let own = payment.journey.to_string();
        let reference = remittance(purpose.note(), &own, LONGEST_REFERENCE).to_owned();
        PaymentRequest::new(&self.config, payment, (reference, amount_of(journey)?))
    }

    /// Exchanges what a browser brought. `None` where it is worth nothing, or says that somebody agreed to something else.
    async fn exchange_token(&self, context: &PaymentContext<'_>, evidence: &Secret) -> Result<Option<Secret>> {
        let exchange = Exchange { one_time_token: evidence.reveal() };
        let call = body(self.call(Method::POST, &["consent-one-time-token"]), &exchange)?;
        let Answered::Object(consent) = self.send::<Enveloped<Consent>>(call).await? else { return Ok(None) };
        let consent = consent.open();
        let is_own = consent.id == context.provider_reference
            && consent.application_user_id.as_ref().is_none_or(|user| *user == context.reference.to_string());
        match consent.agreed() {
            Some(Agreed::Yes(token)) if is_own => Ok(token),
            Some(_) | None => Ok(None),
        }
    }

    /// A consent, within this time.
    async fn consent(&self, id: &str, deadline: Duration) -> Result<Consent> {
        let call = self.call(Method::GET, &["consents", id]).deadline(deadline);
        let consent = self.send::<Enveloped<Consent>>(call).await?.object()?.open();
        if consent.id == id {
            Ok(consent)
        } else {
            Err(ProviderError::NoPayment("it answers about another one".into()))
        }
    }

    /// How far the customer of a consent is.
    async fn consent_standing(&self, id: &str, deadline: Duration) -> Result<Agreed> {
        let agreed = self.consent(id, deadline).await?.agreed();
        agreed.ok_or_else(|| ProviderError::Unreadable("its status cannot be read".into()))
    }

    /// Where a payment stands that was made.
    async fn made_payment(&self, context: &PaymentContext<'_>, id: &str, agreement: &Secret) -> Result<PaymentReport> {
        if !is_id(id) {
            return Err(ProviderError::NoPayment("it is not the form of an id".into()));
        }
        let counted = context.journey.proven_payment().filter(|(visit, _)| *visit == context.reference.visit);
        let call = self.call_with(Method::GET, &["payments", id, "details"], agreement);
        let payments = match self.send::<Data<Payments>>(call).await.and_then(Answered::object) {
            Ok(Data { data }) => data.payments,
            // Its consent is over, and nothing more will be said of it.
            Err(ProviderError::NoPayment(_)) if counted.is_some() => return report(context, PaymentStatus::Paid),
            Err(trouble) => return Err(trouble),
        };
        let payment = payments.into_iter().find(|payment| payment.id == id);
        let payment = payment.ok_or_else(|| ProviderError::NoPayment("it answers about another one".into()))?;
        let own = context.journey.payment(context.reference.visit).and_then(ProviderPayment::provider_reference);
        if own != Some(id) && !payment.names_itself() {
            self.check_consent(context, &payment).await?;
        }
        let unreadable = || ProviderError::Unreadable("its status cannot be read".into());
        let (amount, reference) = (payment.amount()?, payment.reference(context.reference));
        let (status, operations) = match payment.standing().ok_or_else(unreadable)? {
            Standing::Pending => (PaymentStatus::Pending, Vec::new()),
            Standing::Completed => (PaymentStatus::Paid, Vec::new()),
            // The bank had accepted it, and the money never came.
            Standing::Not(why) if counted.is_some() => (PaymentStatus::Paid, vec![returned(id, amount, &why)]),
            Standing::Not(why) => (PaymentStatus::Refused(why), Vec::new()),
        };
        let counted_at = counted.and(context.journey.final_outcome()).map_or(context.now, |end| end.at);
        let changes_until = Some(counted_at.plus(CHANGES_FOR));
        Ok(PaymentReport { reference, amount: Some(amount), status, operations, instrument: None, changes_until })
    }

    /// Checks that a payment that somebody has named, and that does not say our reference, is one by this visit's consent.
    async fn check_consent(&self, context: &PaymentContext<'_>, payment: &Payment) -> Result<()> {
        let consent = self.consent(context.provider_reference, DEADLINE).await?;
        let own = consent.institution_consent_id.as_deref().filter(|id| !id.is_empty());
        if own.is_some() && own == payment.institution_consent_id.as_deref() {
            return Ok(());
        }
        Err(ProviderError::NoPayment("it does not say by which consent it was made".into()))
    }
}

#[async_trait]
impl Provider for Yapily {
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
        let fits = purpose.amount().is_some_and(|amount| amount.currency() == self.config.payee_account.currency());
        is_payment && fits && self.config.account.takes(purpose, |_| false)
    }

    fn creates_payment(&self, journey: &Journey) -> bool {
        journey.opening().purpose.checkout().is_some()
    }

    fn makes_to_order(&self) -> bool {
        true
    }

    fn ask_schedule(&self) -> AskSchedule {
        self.config.account.ask_schedule.clone()
    }

    /// A consent that is asked for twice does no harm: nobody agrees on a page that nobody is sent to.
    fn asks_once(&self) -> bool {
        false
    }

    async fn prepare(&self) -> Result<()> {
        let call = self.call(Method::GET, &["institutions", &self.config.institution]);
        let institution = self.send::<Enveloped<Institution>>(call).await?.object()?.open();
        if let Some(missing) = FEATURES.iter().find(|feature| !institution.features.iter().any(|own| own == *feature)) {
            return Err(ProviderError::Unreachable(format!("its institution has not the feature {missing}")));
        }
        let is_live = institution.environment_type.as_deref() == Some("LIVE");
        if is_live == (self.config.account.mode == Mode::Live) {
            return Ok(());
        }
        Err(ProviderError::Unreachable("its institution is of the other mode".into()))
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested> {
        if context.journey.visit_is_over(context.visit, self.clock.now()) {
            return Ok(Requested::Refused(ProviderRefusal::new("payment_closed", None)));
        }
        let (payment, callback) = (context.payment_reference(), context.return_url());
        let reference = payment.to_string();
        let authorise = Authorise {
            application_user_id: &reference,
            institution_id: &self.config.institution,
            callback: &callback,
            one_time_token: true,
            payment_request: self.payment_request(context.journey, payment)?,
        };
        let call = body(self.call(Method::POST, &["payment-auth-requests"]), &authorise)?;
        let consent = match self.send::<Data<Consent>>(call).await? {
            Answered::Object(Data { data }) => data,
            Answered::Refused(_, failure) => return Ok(Requested::Refused(failure.refusal())),
        };
        let is_own = consent.application_user_id.as_ref().is_none_or(|user| *user == reference);
        if !is_own || !is_id(&consent.id) {
            return Err(ProviderError::Unreadable("it asks for another agreement than it was to".into()));
        }
        // A bank that asks its customers on their telephones, or twice.
        let Some(page) = consent.authorisation_url.filter(|_| consent.status == "AWAITING_AUTHORIZATION") else {
            let why = "This bank has no page where its customer could agree.";
            return Ok(Requested::Refused(ProviderRefusal::new("no_redirect", Some(why))));
        };
        let page = payment_page(&page, &self.config.url)
            .ok_or_else(|| ProviderError::Unreadable("its authorisationUrl is not an https address".into()))?;
        Ok(Requested::Created { reference: consent.id, page: Redirect::to_provider(page) })
    }

    /// A one-time token shows that its customer may have agreed. Nothing else is signed, and nothing else decides.
    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        let token = answer.one_time_token.clone().filter(|token| !token.reveal().is_empty());
        let kind = token.map_or(ResponseKind::Returned, |code| ResponseKind::Code(Evidence { code, signed: None }));
        Ok(UnverifiedResponse { state: answer.state.clone(), kind })
    }

    async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact> {
        Err(ProviderError::Unreachable("it gives no codes".into()))
    }

    async fn payment(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        let id = context.provider_reference;
        if !is_id(id) {
            return Err(ProviderError::NoPayment("it is not the form of an id".into()));
        }
        let evidence = match &context.order {
            OrderStanding::Sent { agreement, made: Some(made) } => {
                return self.made_payment(context, made, agreement).await;
            }
            OrderStanding::Sent { made: None, .. } => {
                return Err(ProviderError::Unanswered("it was ordered, and no answer came".into()));
            }
            OrderStanding::NotSent { evidence } => evidence.as_ref(),
        };
        // Where it is not exchanged, because it was before or is nobody's, the consent says what it is worth.
        if let Some(evidence) = evidence
            && let Ok(Some(agreement)) = self.exchange_token(context, evidence).await
        {
            return report(context, PaymentStatus::Agreed(agreement));
        }
        report(context, status_of(self.consent_standing(id, DEADLINE).await?))
    }

    async fn order(&self, context: &PaymentContext<'_>, is_repeated: bool) -> Result<Ordered> {
        let OrderStanding::Sent { agreement, .. } = &context.order else {
            return Err(ProviderError::Unreachable("nothing was agreed to".into()));
        };
        let payment = self.payment_request(context.journey, context.reference)?;
        let call = body(self.call_with(Method::POST, &["payments"], agreement), &payment)?;
        match self.send::<Data<Made>>(call).await? {
            Answered::Object(Data { data }) if is_id(&data.id) => Ok(Ordered::Made(data.id)),
            Answered::Object(_) => Err(ProviderError::Unreadable("its id cannot be one".into())),
            // What refuses may be the payment itself, which was made before; or its bank, which may have made it.
            Answered::Refused(..) if is_repeated => Ok(Ordered::Unknown),
            Answered::Refused(StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN, failure) => {
                Ok(Ordered::Refused(failure.refusal()))
            }
            Answered::Refused(status, _) => Err(ProviderError::Unanswered(format!("it answered {}", status.as_u16()))),
        }
    }

    /// What was not ordered is never made: the consent is revoked so that nobody agrees in vain, and where that fails, it
    /// is closed all the same.
    async fn close(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        let id = context.provider_reference;
        if matches!(context.order, OrderStanding::Sent { .. }) || !is_id(id) {
            return self.payment(context).await;
        }
        match self.consent_standing(id, CLOSING).await {
            Ok(Agreed::No(why)) => return report(context, PaymentStatus::Refused(why)),
            Ok(Agreed::NotYet | Agreed::Yes(_)) => {
                let revoke = self.call(Method::DELETE, &["consents", id]).deadline(CLOSING);
                let _ = self.send::<serde::de::IgnoredAny>(revoke).await;
            }
            // One that was used must be kept: its payment is asked about by it.
            Ok(Agreed::Over) | Err(_) => {}
        }
        report(context, PaymentStatus::Closed)
    }

    async fn perform(&self, _: &Journey, _: Option<&Journey>) -> Result<Performed> {
        let why = "A bank transfer is given back by another one.";
        Ok(Performed::Now(Fact::refused(ProviderRefusal::new("operation_not_possible", Some(why)))))
    }
}

/// What is said of a payment that was not ordered: its consent has neither an amount nor our reference.
fn report(context: &PaymentContext<'_>, status: PaymentStatus) -> Result<PaymentReport> {
    let (reference, amount) = (context.reference.to_string(), amount_of(context.journey)?);
    Ok(PaymentReport {
        reference,
        amount: Some(amount),
        status,
        operations: Vec::new(),
        instrument: None,
        changes_until: None,
    })
}

fn status_of(agreed: Agreed) -> PaymentStatus {
    match agreed {
        Agreed::NotYet => PaymentStatus::Open,
        Agreed::Yes(Some(agreement)) => PaymentStatus::Agreed(agreement),
        // The browser brings the rest.
        Agreed::Yes(None) => PaymentStatus::Pending,
        Agreed::No(why) => PaymentStatus::Refused(why),
        Agreed::Over => PaymentStatus::Closed,
    }
}

fn amount_of(journey: &Journey) -> Result<Amount> {
    let amount = journey.opening().purpose.amount();
    amount.ok_or_else(|| ProviderError::Unreachable("it takes payments alone".into()))
}

/// What takes back a payment that had counted.
fn returned(id: &str, amount: Amount, why: &ProviderRefusal) -> ReportedOperation {
    let (id, kind) = (format!("{id}-returned"), OperationKind::Chargeback);
    ReportedOperation { id, kind, amount: Some(amount), reason: why.code().to_owned() }
}

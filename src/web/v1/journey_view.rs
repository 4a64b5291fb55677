//! A journey as `/v1` shows it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{endpoints::EndpointView, ways::PlannedView};
use crate::dialect::own;
use crate::domain::provider_account::name_for_merchant;
use crate::domain::{
    Instrument, Journey, JourneyId, MerchantTexts, OperationKind, Outcome, PayId, PaymentStanding, ProviderPayment,
    Stage,
};
use crate::engine::derive::{self, Attachment};
use crate::engine::{Engine, use_cases};
use crate::web::{Problem, time::rfc3339, views::qr};

#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct JourneyView {
    journey_id: String,
    pay_id: String,
    dialect: String,
    mode: &'static str,
    status: &'static str,
    amount: Option<String>,
    currency: Option<String>,
    note: String,
    reference: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    operation: Option<&'static str>,
    of: Option<String>,
    captured: Option<String>,
    refunded: Option<String>,
    charged_back: Option<String>,
    opened_at: String,
    expires_at: String,
    concluded_at: Option<String>,
    returned_at: Option<String>,
    provider: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    providers: Vec<String>,
    payment: Option<PaymentView>,
    instrument: Option<InstrumentView>,
    attach: Option<AttachView>,
    pay_link: Option<String>,
    qr_code: Option<String>,
    callbacks: Callbacks,
}

impl JourneyView {
    /// The same, with a QR code of its journey's page, where that is a payment's: a consent is not gone on with on
    /// another device.
    pub(super) fn with_qr_code(self, journey: &Journey) -> Self {
        let is_payment = journey.opening().purpose.checkout().is_some();
        let code = self.pay_link.as_deref().filter(|_| is_payment).and_then(qr::png);
        Self { qr_code: code.map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png))), ..self }
    }
}

/// What an app needs that creates the payment itself.
#[derive(Serialize)]
struct AttachView {
    reference: String,
    return_url: String,
    notification_url: String,
}

impl From<Attachment> for AttachView {
    fn from(attachment: Attachment) -> Self {
        let Attachment { reference, return_url, notification_url } = attachment;
        Self { reference, return_url, notification_url }
    }
}

/// A payment that a provider holds.
#[skip_serializing_none]
#[derive(Serialize)]
struct PaymentView {
    reference: Option<String>,
    standing: &'static str,
    reported: Option<String>,
    reported_at: Option<String>,
}

impl From<&ProviderPayment> for PaymentView {
    fn from(payment: &ProviderPayment) -> Self {
        let mismatch = match &payment.standing {
            PaymentStanding::Mismatch { reported, at } => Some((reported.clone(), rfc3339(*at))),
            PaymentStanding::Open | PaymentStanding::Over | PaymentStanding::Proven => None,
        };
        let (standing, (reported, reported_at)) = (standing(payment), mismatch.unzip());
        let reference = payment.provider_reference().map(str::to_owned);
        Self { reference, standing, reported, reported_at }
    }
}

/// Every word for where a payment stands at its provider.
pub(super) const STANDINGS: [&str; 4] = ["open", "over", "proven", "mismatch"];

/// Whether a provider has something else than it was asked for, and somebody must look.
pub(in crate::web) fn is_mismatched(journey: &Journey) -> bool {
    journey.payments().any(|(_, payment)| matches!(payment.standing, PaymentStanding::Mismatch { .. }))
}

/// Where a payment stands at its provider.
pub(super) const fn standing(payment: &ProviderPayment) -> &'static str {
    match payment.standing {
        PaymentStanding::Open => "open",
        PaymentStanding::Over => "over",
        PaymentStanding::Proven => "proven",
        PaymentStanding::Mismatch { .. } => "mismatch",
    }
}

/// What a customer has paid with.
#[skip_serializing_none]
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum InstrumentView {
    Card {
        brand: Option<String>,
        holder: Option<String>,
        bin: Option<String>,
        last_four: Option<String>,
        expiry: Option<String>,
        fingerprint: Option<String>,
        three_d_secure: Option<String>,
    },
    BankAccount {
        holder: Option<String>,
        iban: Option<String>,
        bic: Option<String>,
        fingerprint: Option<String>,
    },
}

impl From<&Instrument> for InstrumentView {
    fn from(instrument: &Instrument) -> Self {
        match instrument.clone() {
            Instrument::Card(card) => Self::Card {
                brand: card.brand,
                holder: card.holder,
                bin: card.bin,
                last_four: card.last_four,
                expiry: card.expiry.map(|expiry| expiry.to_string()),
                fingerprint: card.fingerprint,
                three_d_secure: card.three_d_secure,
            },
            Instrument::BankAccount(account) => Self::BankAccount {
                holder: account.holder,
                iban: account.iban,
                bic: account.bic,
                fingerprint: account.fingerprint,
            },
        }
    }
}

#[derive(Serialize)]
struct Callbacks {
    destination: Option<PlannedView>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outcomes: BTreeMap<&'static str, String>,
    background: Vec<PlannedView>,
    endpoints: Vec<EndpointView>,
}

/// Reads either name of a journey.
pub(in crate::web) fn read_id(text: &str) -> Result<(PayId, Option<JourneyId>), Problem> {
    match (text.parse::<PayId>(), text.parse::<JourneyId>()) {
        (Ok(pay_id), _) => Ok((pay_id, None)),
        (_, Ok(journey_id)) => Ok((journey_id.pay_id(), Some(journey_id))),
        _ => Err(Problem::not_found("journey")),
    }
}

/// What the call that opened a journey has said for the merchant's own use.
pub(in crate::web) fn merchant_texts(engine: &Engine, journey: &Journey) -> MerchantTexts {
    let dialect = engine.deps.dialect(&journey.opening().dialect);
    dialect.map(|dialect| dialect.merchant_texts(journey)).unwrap_or_default()
}

pub(super) fn view(engine: &Engine, journey: &Journey) -> Result<JourneyView, Problem> {
    let opening = journey.opening();
    let provider = journey.known_provider().filter(|provider| !provider.is_empty());
    let (MerchantTexts { reference, metadata }, operation) =
        (merchant_texts(engine, journey), opening.purpose.operation());
    Ok(JourneyView {
        journey_id: journey.id().to_string(),
        pay_id: journey.pay_id().to_string(),
        dialect: opening.dialect.clone(),
        mode: opening.mode.unwrap_or(engine.deps.usual_mode).as_str(),
        status: status(journey),
        amount: opening.purpose.amount().map(|amount| amount.to_string()),
        currency: opening.purpose.amount().map(|amount| amount.currency().to_string()),
        note: opening.purpose.note().to_owned(),
        reference,
        metadata: Some(metadata).filter(|metadata| !metadata.is_empty()),
        operation: operation.map(|operation| operation.kind.as_str()),
        of: operation.and_then(|operation| operation.of).map(|of| of.to_string()),
        captured: total(journey, OperationKind::Capture),
        refunded: total(journey, OperationKind::Refund),
        charged_back: total(journey, OperationKind::Chargeback),
        opened_at: rfc3339(opening.opened_at),
        expires_at: rfc3339(opening.expires_at),
        concluded_at: journey.final_outcome().map(|final_outcome| rfc3339(final_outcome.at)),
        returned_at: journey.came_back_at().map(rfc3339),
        provider: provider.map(|name| name_for_merchant(name).to_owned()),
        providers: opening.choices.iter().map(|name| name_for_merchant(name).to_owned()).collect(),
        payment: journey.latest_payment().map(PaymentView::from),
        instrument: journey.final_outcome().and_then(|end| end.instrument.as_deref()).map(InstrumentView::from),
        attach: derive::attachment(&engine.deps, journey)?.map(AttachView::from),
        pay_link: has_link(journey).then(|| derive::pay_link(&engine.deps, journey)).transpose()?,
        qr_code: None,
        callbacks: Callbacks {
            destination: opening.plan.destination.as_ref().map(PlannedView::from),
            outcomes: outcomes(engine, journey)?,
            background: opening.plan.background.iter().map(PlannedView::from).collect(),
            endpoints: opening.plan.endpoints.iter().map(EndpointView::from).collect(),
        },
    })
}

/// Whether a customer is given a link: not where no customer has a part in it, or the app sends the customer itself.
pub(in crate::web) fn has_link(journey: &Journey) -> bool {
    let is_attached = journey.payment(0).is_some_and(|payment| payment.attached);
    journey.opening().purpose.needs_customer() && !is_attached
}

fn total(journey: &Journey, kind: OperationKind) -> Option<String> {
    journey.total(kind).map(|total| total.to_string())
}

/// Where the browser is handed back, by the outcomes that callbacks in our own words can have.
fn outcomes(engine: &Engine, journey: &Journey) -> Result<BTreeMap<&'static str, String>, Problem> {
    if journey.opening().dialect != own::NAME {
        return Ok(BTreeMap::new());
    }
    let urls = use_cases::open::outcome_urls(engine, journey)?;
    Ok(urls.into_iter().map(|(outcome, url)| (outcome.as_str(), url)).collect())
}

/// Whether a journey is paid, and its customer has not come back. Operations end as paid too, and have no customer.
pub(in crate::web) fn is_missing(journey: &Journey) -> bool {
    let has_customer = journey.opening().purpose.needs_customer();
    has_customer && journey.came_back_at().is_none() && status(journey) == Outcome::Paid.as_str()
}

/// `open`, `away`, or the outcome in force.
pub(in crate::web) fn status(journey: &Journey) -> &'static str {
    match journey.stage() {
        Stage::Open(_) => "open",
        Stage::Away { .. } | Stage::HandedBack => "away",
        Stage::Concluded(final_outcome) => final_outcome.outcome.as_str(),
    }
}

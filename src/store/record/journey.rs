//! Journeys: what they were opened with, and what has happened since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::consent::{ConsentRecord, GrantRecord, ProofRecord, ReopeningRecord, read_reopening, write_reopening};
use super::device_urls::DeviceUrlsRecord;
use super::later::LaterRecord;
use super::merchant::{FrozenSettingsRecord, placement};
use super::{StoreError, bytes, damaged, read, write};
use crate::domain::callback::{CallbackUrl, DeviceUrls, Placement};
use crate::domain::dialect_data::DialectData;
use crate::domain::id::{JourneyId, MerchantId};
use crate::domain::journey::{
    Cancel, Choice, Effect, FinalOutcome, Journey, LedTo, Opening, Past, ProviderRedirect, ProviderVisit, Purpose,
    RecordedResponse,
};
use crate::domain::merchant::MerchantName;
use crate::domain::moment::UnixMillis;
use crate::domain::money::{Amount, Currency};
use crate::domain::outcome::{Cause, Outcome, ProviderRefusal};
use crate::domain::plan::{CallbackPlan, PlannedCallback, WebhookEndpoint};
use crate::domain::secret::Sealed;

/// Writes a journey.
///
/// # Errors
/// When it cannot be encoded, which no journey is known to do.
pub fn write_journey(journey: &Journey) -> Result<Vec<u8>, StoreError> {
    write(&JourneyRecord::from(journey))
}

/// Reads a journey.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no journey of a version known here.
pub fn read_journey(bytes: &[u8]) -> Result<Journey, StoreError> {
    read::<JourneyRecord>(bytes)?.into_journey().ok_or_else(|| damaged("a journey's value is out of range"))
}

#[derive(Serialize, Deserialize)]
struct JourneyRecord {
    id: u128,
    merchant: u128,
    merchant_name: String,
    dialect: String,
    provider: String,
    key: String,
    minor: u64,
    currency: String,
    note: String,
    cancel_offered: bool,
    // What the dialect keeps, in records of before it had a format of its own.
    extras: Vec<(String, String)>,
    destination: Option<PlannedCallbackRecord>,
    background: Vec<PlannedCallbackRecord>,
    terms: FrozenSettingsRecord,
    opened_at: u64,
    expires_at: u64,
    revision: u32,
    visits: Vec<VisitRecord>,
    final_outcomes: Vec<(u8, u64, CauseRecord)>,
    // Records that were written before there were consents end here.
    #[serde(default)]
    consent: Option<ConsentRecord>,
    #[serde(default)]
    proofs: Vec<(u8, u64, ProofRecord)>,
    #[serde(default)]
    reopenings: Vec<ReopeningRecord>,
    #[serde(default)]
    grant: Option<GrantRecord>,
    // Records that were written before callbacks had URLs for devices end here.
    #[serde(default)]
    destination_device_urls: Option<DeviceUrlsRecord>,
    #[serde(default)]
    endpoints: Vec<PlannedCallbackRecord>,
    // Records that were written before there were operations end here.
    #[serde(default)]
    later: Option<Box<LaterRecord>>,
    // Records that were written before dialects had formats of their own end here.
    #[serde(default)]
    dialect_data: String,
}

#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct PlannedCallbackRecord(String, bool, Option<u32>);

#[derive(Serialize, Deserialize)]
struct VisitRecord(
    u64,
    Vec<(u64, u64, EndRecord)>,
    #[serde(default)] Option<(String, String, Vec<String>)>,
    // Records that were written before redirects were asked for ahead end here.
    #[serde(default)] Option<RedirectRecord>,
);

/// Until when a redirect is asked for; or since when it is known, and the redirect.
#[derive(Serialize, Deserialize)]
enum RedirectRecord {
    A(u64),
    K(u64, #[serde(with = "bytes")] Vec<u8>),
}

#[derive(Serialize, Deserialize)]
enum EndRecord {
    F(ErrorRecord),
    S(u8),
    Z,
    /// None yet.
    N,
    /// One that others had led to before; this answer has changed nothing.
    R(Box<EndRecord>),
}

impl EndRecord {
    fn into_end(self) -> (Option<LedTo>, Effect) {
        match self {
            Self::F(error) => (Some(LedTo::Failed(error.into_error())), Effect::Counted),
            Self::S(number) => (Some(LedTo::Outcome(number)), Effect::Counted),
            Self::Z => (Some(LedTo::HandedBackEarly), Effect::Counted),
            Self::N => (None, Effect::None),
            Self::R(end) => (end.into_end().0, Effect::None),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ErrorRecord(String, Option<String>);

#[derive(Serialize, Deserialize)]
enum CauseRecord {
    B(Option<ErrorRecord>),
    C,
    M,
    T,
}

impl From<&Journey> for JourneyRecord {
    fn from(journey: &Journey) -> Self {
        let (o, past) = (journey.opening(), journey.past());
        Self {
            id: u128::from_be_bytes(*o.id.as_bytes()),
            merchant: u128::from_be_bytes(*o.merchant.as_bytes()),
            merchant_name: o.merchant_name.as_str().to_owned(),
            dialect: o.dialect.clone(),
            provider: o.provider.clone(),
            key: o.key.clone(),
            minor: o.purpose.amount().map_or(0, Amount::minor),
            currency: o.purpose.amount().map_or_else(String::new, |amount| amount.currency().to_string()),
            note: o.purpose.note().to_owned(),
            cancel_offered: o.purpose.cancel() == Cancel::Offered,
            extras: Vec::new(),
            destination: o.plan.destination.as_ref().map(PlannedCallbackRecord::from),
            background: o.plan.background.iter().map(PlannedCallbackRecord::from).collect(),
            terms: FrozenSettingsRecord::from(&o.settings),
            opened_at: o.opened_at.as_millis(),
            expires_at: o.expires_at.as_millis(),
            revision: past.revision,
            visits: past.visits.iter().map(VisitRecord::from).collect(),
            final_outcomes: past.final_outcomes.iter().map(write_final_outcome).collect(),
            consent: o.purpose.consent().map(ConsentRecord::from),
            proofs: journey
                .proofs()
                .map(|(response_id, proof)| (response_id.visit, response_id.response_digest, ProofRecord::from(proof)))
                .collect(),
            reopenings: past.reopenings.iter().map(write_reopening).collect(),
            grant: past.grant.as_ref().map(GrantRecord::from),
            destination_device_urls: o
                .plan
                .destination
                .as_ref()
                .and_then(|destination| DeviceUrlsRecord::of(&destination.device_urls)),
            endpoints: o.plan.endpoints.iter().map(endpoint_entry).collect(),
            later: LaterRecord::of(journey),
            dialect_data: o.dialect_data.as_str().to_owned(),
        }
    }
}

impl JourneyRecord {
    fn into_journey(self) -> Option<Journey> {
        let mut later = self.later.map(|later| *later).unwrap_or_default();
        let mut visits: Vec<_> = self.visits.into_iter().map(VisitRecord::into_visit).collect();
        for (visit, response_digest, proof) in self.proofs {
            let answers = &mut visits.get_mut(usize::from(visit))?.answers;
            answers.iter_mut().find(|answer| answer.response_digest == response_digest)?.proof =
                Some(proof.into_proof());
        }
        let past = Past {
            revision: self.revision,
            visits,
            final_outcomes: self.final_outcomes.into_iter().map(read_final_outcome).collect::<Option<_>>()?,
            reopenings: self.reopenings.into_iter().map(read_reopening).collect(),
            grant: self.grant.map(GrantRecord::into_grant),
            operations: later.operations()?,
            result: later.result(),
        };
        let amount = Currency::restored(&self.currency).map(|currency| Amount::from_minor(self.minor, currency));
        let purpose = match self.consent {
            None => {
                let cancel = if self.cancel_offered { Cancel::Offered } else { Cancel::Withheld };
                later.purpose(amount, self.note, cancel)?
            }
            Some(consent) => Purpose::Consent(consent.into_consent(amount, self.note)?),
        };
        let device_urls = self.destination_device_urls.map(DeviceUrlsRecord::into_device_urls).unwrap_or_default();
        let opening = Opening {
            id: JourneyId::from_bytes(self.id.to_be_bytes()),
            merchant: MerchantId::from_bytes(self.merchant.to_be_bytes()),
            merchant_name: MerchantName::parse(&self.merchant_name).ok()?,
            dialect: self.dialect,
            provider: self.provider,
            key: self.key,
            purpose,
            dialect_data: read_dialect_data(self.dialect_data, self.extras)?,
            plan: CallbackPlan {
                destination: self
                    .destination
                    .map(|destination| PlannedCallback { device_urls, ..destination.into_entry() }),
                refused: later.refused(),
                background: self.background.into_iter().map(PlannedCallbackRecord::into_entry).collect(),
                endpoints: later.endpoints(self.endpoints.into_iter().map(PlannedCallbackRecord::into_entry).collect()),
            },
            settings: self.terms.into_frozen()?,
            opened_at: UnixMillis::from_millis(self.opened_at),
            expires_at: UnixMillis::from_millis(self.expires_at),
        };
        Some(Journey::restored(opening, past))
    }
}

/// Reads what a dialect keeps. Pairs of texts, as older programs kept them, become a JSON object whose members are
/// texts: `dialect::kept` reads both.
fn read_dialect_data(text: String, pairs: Vec<(String, String)>) -> Option<DialectData> {
    if pairs.is_empty() {
        return Some(DialectData::new(text));
    }
    let members: BTreeMap<String, String> = pairs.into_iter().collect();
    serde_json::to_string(&members).ok().map(DialectData::new)
}

impl From<&PlannedCallback> for PlannedCallbackRecord {
    fn from(entry: &PlannedCallback) -> Self {
        let slot = entry.slot.and_then(|slot| u32::try_from(slot).ok());
        Self(entry.url.as_str().to_owned(), entry.params_in == Placement::Fragment, slot)
    }
}

impl PlannedCallbackRecord {
    pub(super) fn into_entry(self) -> PlannedCallback {
        PlannedCallback {
            url: CallbackUrl::restored(self.0),
            params_in: placement(self.1),
            slot: self.2.map(|slot| slot as usize),
            device_urls: DeviceUrls::default(),
        }
    }
}

/// An endpoint as far as it is an entry; what it has besides stands in [`LaterRecord`].
fn endpoint_entry(endpoint: &WebhookEndpoint) -> PlannedCallbackRecord {
    PlannedCallbackRecord(
        endpoint.url.as_str().to_owned(),
        false,
        endpoint.slot.and_then(|slot| u32::try_from(slot).ok()),
    )
}

impl From<&ProviderVisit> for VisitRecord {
    fn from(visit: &ProviderVisit) -> Self {
        let answers = visit.answers.iter().map(|answer| {
            let end = match &answer.end {
                Some(LedTo::Failed(error)) => EndRecord::F(ErrorRecord::from(error)),
                Some(LedTo::Outcome(number)) => EndRecord::S(*number),
                Some(LedTo::HandedBackEarly) => EndRecord::Z,
                None => EndRecord::N,
            };
            let counted = answer.effect == Effect::Counted || answer.end.is_none();
            let end = if counted { end } else { EndRecord::R(Box::new(end)) };
            (answer.response_digest, answer.at.as_millis(), end)
        });
        let to = visit.to.as_ref().map(|to| (to.institution.clone(), to.provider.clone(), to.scope.clone()));
        let redirect = visit.redirect.as_ref().map(|redirect| match redirect {
            ProviderRedirect::Asked { until } => RedirectRecord::A(until.as_millis()),
            ProviderRedirect::Known { url, at } => RedirectRecord::K(at.as_millis(), url.as_bytes().to_vec()),
        });
        Self(visit.left_at.as_millis(), answers.collect(), to, redirect)
    }
}

impl VisitRecord {
    fn into_visit(self) -> ProviderVisit {
        let answers = self.1.into_iter().map(|(response_digest, at, end)| {
            let (end, effect) = end.into_end();
            RecordedResponse { response_digest, at: UnixMillis::from_millis(at), end, proof: None, effect }
        });
        let to = self.2.map(|(institution, provider, scope)| Choice { institution, provider, scope });
        let redirect = self.3.map(|redirect| match redirect {
            RedirectRecord::A(until) => ProviderRedirect::Asked { until: UnixMillis::from_millis(until) },
            RedirectRecord::K(at, url) => {
                ProviderRedirect::Known { url: Sealed::new(url), at: UnixMillis::from_millis(at) }
            }
        });
        ProviderVisit { left_at: UnixMillis::from_millis(self.0), to, answers: answers.collect(), redirect }
    }
}

impl From<&ProviderRefusal> for ErrorRecord {
    fn from(error: &ProviderRefusal) -> Self {
        Self(error.code().to_owned(), error.description().map(str::to_owned))
    }
}

impl ErrorRecord {
    fn into_error(self) -> ProviderRefusal {
        ProviderRefusal::new(&self.0, self.1.as_deref())
    }
}

fn write_final_outcome(final_outcome: &FinalOutcome) -> (u8, u64, CauseRecord) {
    let outcome = match final_outcome.outcome {
        Outcome::Paid => 0,
        Outcome::Authorised => 1,
        Outcome::Done => 5,
        Outcome::Cancelled => 2,
        Outcome::Failed => 3,
        Outcome::Expired => 4,
    };
    let cause = match &final_outcome.cause {
        Cause::Provider(error) => CauseRecord::B(error.as_ref().map(ErrorRecord::from)),
        Cause::Customer => CauseRecord::C,
        Cause::Merchant => CauseRecord::M,
        Cause::Time => CauseRecord::T,
    };
    (outcome, final_outcome.at.as_millis(), cause)
}

fn read_final_outcome((outcome, at, cause): (u8, u64, CauseRecord)) -> Option<FinalOutcome> {
    let outcome = match outcome {
        0 => Outcome::Paid,
        1 => Outcome::Authorised,
        2 => Outcome::Cancelled,
        3 => Outcome::Failed,
        4 => Outcome::Expired,
        5 => Outcome::Done,
        _ => return None,
    };
    let cause = match cause {
        CauseRecord::B(error) => Cause::Provider(error.map(ErrorRecord::into_error)),
        CauseRecord::C => Cause::Customer,
        CauseRecord::M => Cause::Merchant,
        CauseRecord::T => Cause::Time,
    };
    Some(FinalOutcome { outcome, at: UnixMillis::from_millis(at), cause })
}

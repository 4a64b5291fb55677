//! Journeys: what they were opened with, and what has happened since.

use serde::{Deserialize, Serialize};

use super::consent::{ConsentRecord, GrantRecord, ProofRecord, ReopeningRecord, read_reopening, write_reopening};
use super::later::LaterRecord;
use super::merchant::{FrozenSettingsRecord, placement};
use super::ways::WaysRecord;
use super::{StoreError, bytes, damaged, read, write};
use crate::domain::callback::{AppWays, CallbackUrl, Placement};
use crate::domain::id::{JourneyId, MerchantId};
use crate::domain::journey::{
    Cancel, Choice, Effect, FinalOutcome, Journey, LedTo, Opening, Past, ProviderVisit, Purpose, RecordedResponse, Way,
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
    extras: Vec<(String, String)>,
    landing: Option<PlannedCallbackRecord>,
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
    // Records that were written before callbacks had other ways end here.
    #[serde(default)]
    landing_ways: Option<WaysRecord>,
    #[serde(default)]
    endpoints: Vec<PlannedCallbackRecord>,
    // Records that were written before there were operations end here.
    #[serde(default)]
    later: Option<Box<LaterRecord>>,
}

#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct PlannedCallbackRecord(String, bool, Option<u32>);

#[derive(Serialize, Deserialize)]
struct VisitRecord(
    u64,
    Vec<(u64, u64, EndRecord)>,
    #[serde(default)] Option<(String, String, Vec<String>)>,
    // Records that were written before ways were asked for ahead end here.
    #[serde(default)] Option<WayRecord>,
);

/// Until when a way is asked for; or since when it is known, and the way.
#[derive(Serialize, Deserialize)]
enum WayRecord {
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
            extras: o.extras.clone(),
            landing: o.plan.landing.as_ref().map(PlannedCallbackRecord::from),
            background: o.plan.background.iter().map(PlannedCallbackRecord::from).collect(),
            terms: FrozenSettingsRecord::from(&o.terms),
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
            landing_ways: o.plan.landing.as_ref().and_then(|landing| WaysRecord::of(&landing.ways)),
            endpoints: o.plan.endpoints.iter().map(endpoint_entry).collect(),
            later: LaterRecord::of(journey),
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
        let ways = self.landing_ways.map(WaysRecord::into_ways).unwrap_or_default();
        let opening = Opening {
            id: JourneyId::from_bytes(self.id.to_be_bytes()),
            merchant: MerchantId::from_bytes(self.merchant.to_be_bytes()),
            merchant_name: MerchantName::parse(&self.merchant_name).ok()?,
            dialect: self.dialect,
            provider: self.provider,
            key: self.key,
            purpose,
            extras: self.extras,
            plan: CallbackPlan {
                landing: self.landing.map(|landing| PlannedCallback { ways, ..landing.into_entry() }),
                refused: later.refused(),
                background: self.background.into_iter().map(PlannedCallbackRecord::into_entry).collect(),
                endpoints: later.endpoints(self.endpoints.into_iter().map(PlannedCallbackRecord::into_entry).collect()),
            },
            terms: self.terms.into_terms()?,
            opened_at: UnixMillis::from_millis(self.opened_at),
            expires_at: UnixMillis::from_millis(self.expires_at),
        };
        Some(Journey::restored(opening, past))
    }
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
            ways: AppWays::default(),
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
        let way = visit.way.as_ref().map(|way| match way {
            Way::Asked { until } => WayRecord::A(until.as_millis()),
            Way::Known { url, at } => WayRecord::K(at.as_millis(), url.as_bytes().to_vec()),
        });
        Self(visit.left_at.as_millis(), answers.collect(), to, way)
    }
}

impl VisitRecord {
    fn into_visit(self) -> ProviderVisit {
        let answers = self.1.into_iter().map(|(response_digest, at, end)| {
            let (end, effect) = end.into_end();
            RecordedResponse { response_digest, at: UnixMillis::from_millis(at), end, proof: None, effect }
        });
        let to = self.2.map(|(institution, provider, scope)| Choice { institution, provider, scope });
        let way = self.3.map(|way| match way {
            WayRecord::A(until) => Way::Asked { until: UnixMillis::from_millis(until) },
            WayRecord::K(at, url) => Way::Known { url: Sealed::new(url), at: UnixMillis::from_millis(at) },
        });
        ProviderVisit { left_at: UnixMillis::from_millis(self.0), to, answers: answers.collect(), way }
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

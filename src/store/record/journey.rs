//! Journeys: what they were opened with, and what has happened since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::consent::ConsentRecord;
use super::endpoint::EndpointOptionsRecord;
use super::merchant::FrozenSettingsRecord;
use super::plan::{write_device_urls, write_endpoint};
use super::purpose::PurposeRecord;
use super::recorded::{Record, Recorded};
use super::visit::ProofRecord;
use super::{StoreError, read, write};
use crate::domain::callback::DeviceUrls;
use crate::domain::consent::Grant;
use crate::domain::dialect_data::DialectData;
use crate::domain::id::{JourneyId, MerchantId};
use crate::domain::journey::{
    AppliedOperation, Cancel, Checkout, FinalOutcome, Journey, Opening, Past, ProviderVisit, Purpose, Reopening, Wanted,
};
use crate::domain::merchant::MerchantName;
use crate::domain::moment::UnixMillis;
use crate::domain::money::{Amount, Currency};
use crate::domain::plan::{CallbackPlan, PlannedCallback, Refused, WebhookEndpoint};

/// Writes a journey.
///
/// # Errors
/// When it cannot be encoded, which no journey is known to do.
pub fn write_journey(journey: &Journey) -> Result<Vec<u8>, StoreError> {
    write(&journey.record())
}

/// Reads a journey.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no journey of a version known here.
pub fn read_journey(bytes: &[u8]) -> Result<Journey, StoreError> {
    read(bytes, "a journey")
}

#[derive(Serialize, Deserialize)]
pub(super) struct JourneyRecord {
    id: Record<JourneyId>,
    merchant: Record<MerchantId>,
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
    destination: Record<Option<PlannedCallback>>,
    background: Record<Vec<PlannedCallback>>,
    terms: FrozenSettingsRecord,
    opened_at: Record<UnixMillis>,
    expires_at: Record<UnixMillis>,
    revision: u32,
    visits: Record<Vec<ProviderVisit>>,
    final_outcomes: Record<Vec<FinalOutcome>>,
    // Records that were written before there were consents end here.
    #[serde(default)]
    consent: Option<ConsentRecord>,
    #[serde(default)]
    proofs: Vec<(u8, u64, ProofRecord)>,
    #[serde(default)]
    reopenings: Record<Vec<Reopening>>,
    #[serde(default)]
    grant: Record<Option<Grant>>,
    // Records that were written before callbacks had URLs for devices end here.
    #[serde(default)]
    destination_device_urls: Record<Option<DeviceUrls>>,
    #[serde(default)]
    endpoints: Record<Vec<PlannedCallback>>,
    // Records that were written before there were operations end here.
    #[serde(default)]
    besides: Option<Box<BesidesRecord>>,
    // Records that were written before dialects had formats of their own end here.
    #[serde(default)]
    dialect_data: String,
}

/// What a journey can have besides, since there are operations; one that has none of it has no such record.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct BesidesRecord {
    purpose: PurposeRecord,
    institution: Option<String>,
    refused: Record<Option<Refused>>,
    endpoint_options: Vec<EndpointOptionsRecord>,
    operations: Record<Vec<AppliedOperation>>,
    result: Option<ByteBuf>,
    #[serde(default)]
    payee: Option<String>,
}

impl BesidesRecord {
    fn of(journey: &Journey) -> Option<Box<Self>> {
        let (opening, past) = (journey.opening(), journey.past());
        let checkout = opening.purpose.checkout();
        let endpoints = &opening.plan.endpoints;
        let is_plain = |endpoint: &WebhookEndpoint| {
            *endpoint == WebhookEndpoint { slot: endpoint.slot, ..WebhookEndpoint::at(endpoint.url.clone()) }
        };
        let options = if endpoints.iter().all(is_plain) { &[][..] } else { endpoints };
        let record = Self {
            purpose: PurposeRecord::of(&opening.purpose),
            institution: checkout.and_then(|checkout| checkout.institution.clone()),
            refused: opening.plan.refused.record(),
            endpoint_options: options.iter().map(EndpointOptionsRecord::of).collect(),
            operations: past.operations.record(),
            result: past.result.record(),
            payee: checkout.and_then(|checkout| checkout.payee.clone()),
        };
        (record != Self::default()).then(|| Box::new(record))
    }
}

impl Recorded for Journey {
    type Record = JourneyRecord;

    fn record(&self) -> JourneyRecord {
        let (o, past) = (self.opening(), self.past());
        let (minor, currency) = o.purpose.amount().record().unwrap_or_default();
        let proofs = self.proofs().map(|(id, proof)| (id.visit, id.response_digest, proof.record()));
        JourneyRecord {
            id: o.id.record(),
            merchant: o.merchant.record(),
            merchant_name: o.merchant_name.record(),
            dialect: o.dialect.clone(),
            provider: o.provider.clone(),
            key: o.key.clone(),
            minor,
            currency,
            note: o.purpose.note().to_owned(),
            cancel_offered: o.purpose.cancel() == Cancel::Offered,
            extras: Vec::new(),
            destination: o.plan.destination.record(),
            background: o.plan.background.record(),
            terms: FrozenSettingsRecord::from(&o.settings),
            opened_at: o.opened_at.record(),
            expires_at: o.expires_at.record(),
            revision: past.revision,
            visits: past.visits.record(),
            final_outcomes: past.final_outcomes.record(),
            consent: o.purpose.consent().map(ConsentRecord::from),
            proofs: proofs.collect(),
            reopenings: past.reopenings.record(),
            grant: past.grant.record(),
            destination_device_urls: o.plan.destination.as_ref().and_then(|to| write_device_urls(&to.device_urls)),
            endpoints: o.plan.endpoints.iter().map(write_endpoint).collect(),
            besides: BesidesRecord::of(self),
            dialect_data: o.dialect_data.as_str().to_owned(),
        }
    }

    fn of(record: JourneyRecord) -> Option<Self> {
        let besides = record.besides.map(|besides| *besides).unwrap_or_default();
        let mut visits: Vec<ProviderVisit> = Recorded::of(record.visits)?;
        for (visit, response_digest, proof) in record.proofs {
            let answers = &mut visits.get_mut(usize::from(visit))?.answers;
            let answer = answers.iter_mut().find(|answer| answer.response_digest == response_digest)?;
            answer.proof = Some(Recorded::of(proof)?);
        }
        let past = Past {
            revision: record.revision,
            visits,
            final_outcomes: Recorded::of(record.final_outcomes)?,
            reopenings: Recorded::of(record.reopenings)?,
            grant: Recorded::of(record.grant)?,
            operations: Recorded::of(besides.operations)?,
            result: Recorded::of(besides.result)?,
        };
        let amount = Currency::restored(&record.currency).map(|currency| Amount::from_minor(record.minor, currency));
        let purpose = match record.consent {
            Some(consent) => Purpose::Consent(consent.into_consent(amount, record.note)?),
            None => besides.purpose.into_purpose(
                amount,
                Checkout {
                    wanted: Wanted::Registration,
                    institution: besides.institution,
                    note: record.note,
                    cancel: if record.cancel_offered { Cancel::Offered } else { Cancel::Withheld },
                    payee: besides.payee,
                },
            )?,
        };
        let mut destination: Option<PlannedCallback> = Recorded::of(record.destination)?;
        if let (Some(destination), Some(urls)) = (&mut destination, record.destination_device_urls) {
            destination.device_urls = Recorded::of(urls)?;
        }
        let opening = Opening {
            id: Recorded::of(record.id)?,
            merchant: Recorded::of(record.merchant)?,
            merchant_name: MerchantName::of(record.merchant_name)?,
            dialect: record.dialect,
            provider: record.provider,
            key: record.key,
            purpose,
            dialect_data: read_dialect_data(record.dialect_data, record.extras)?,
            plan: CallbackPlan {
                destination,
                refused: Recorded::of(besides.refused)?,
                background: Recorded::of(record.background)?,
                endpoints: read_endpoints(record.endpoints, besides.endpoint_options)?,
            },
            settings: record.terms.into_frozen()?,
            opened_at: Recorded::of(record.opened_at)?,
            expires_at: Recorded::of(record.expires_at)?,
        };
        Some(Self::restored(opening, past))
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

/// The endpoints at these places, with their options; where none are given, with the usual ones.
fn read_endpoints(
    places: Record<Vec<PlannedCallback>>,
    options: Vec<EndpointOptionsRecord>,
) -> Option<Vec<WebhookEndpoint>> {
    let (places, mut options) = (Vec::<PlannedCallback>::of(places)?, options.into_iter());
    let endpoints = places.into_iter().map(|place| {
        let usual = WebhookEndpoint { slot: place.slot, ..WebhookEndpoint::at(place.url) };
        match options.next() {
            None => Some(usual),
            Some(options) => options.over(usual),
        }
    });
    endpoints.collect()
}

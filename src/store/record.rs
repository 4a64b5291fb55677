//! Records: journeys and merchants as bytes.
//!
//! A version byte, then MessagePack. A journey takes about 300 bytes so; a new field goes to the end with a default,
//! and anything else takes a new version byte and a reader for the old one.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::callback::{CallbackUrl, Placement};
use crate::domain::consent::{AnswerTo, Consent, Grant, Kind};
use crate::domain::id::{JourneyId, MerchantId, UserId};
use crate::domain::journey::{
    Answer, Cancel, Checkout, Choice, Departure, End, Journey, Opening, Past, Proof, Purpose, Reopening, Settlement,
};
use crate::domain::merchant::{Book, CallbackName, Merchant, MerchantName, SavedCallback, Settings};
use crate::domain::moment::Moment;
use crate::domain::money::{Amount, Currency};
use crate::domain::outcome::{BankError, Cause, Outcome};
use crate::domain::plan::{Entry, Plan};
use crate::domain::secret::{Digest, Sealed};
use crate::domain::terms::Terms;
use crate::domain::terms::{AppLinks, ExtraOutcomes, OneOffUrls, OneTime, SameBrowser, WhenLate};
use crate::domain::user::{ApplicationUser, User};

/// The version that this program writes.
const VERSION: u8 = 1;

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

/// Writes a merchant.
///
/// # Errors
/// When it cannot be encoded, which no merchant is known to do.
pub fn write_merchant(merchant: &Merchant) -> Result<Vec<u8>, StoreError> {
    write(&MerchantRecord::from(merchant))
}

/// Reads a merchant.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no merchant of a version known here.
pub fn read_merchant(bytes: &[u8]) -> Result<Merchant, StoreError> {
    read::<MerchantRecord>(bytes)?.into_merchant().ok_or_else(|| damaged("a merchant's value is out of range"))
}

fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged(what.into())
}

fn write(record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![VERSION];
    rmp_serde::encode::write(&mut bytes, record).map_err(|error| damaged(error.to_string()))?;
    Ok(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => rmp_serde::from_slice(rest).map_err(|error| damaged(error.to_string())),
        Some((version, _)) => Err(damaged(format!("version {version} is not known here"))),
        None => Err(damaged("it is empty")),
    }
}

#[derive(Serialize, Deserialize)]
struct JourneyRecord {
    id: u128,
    merchant: u128,
    merchant_name: String,
    dialect: String,
    bank: String,
    key: String,
    minor: u64,
    currency: String,
    note: String,
    cancel_offered: bool,
    extras: Vec<(String, String)>,
    landing: Option<EntryRecord>,
    background: Vec<EntryRecord>,
    terms: TermsRecord,
    opened_at: u64,
    expires_at: u64,
    revision: u32,
    departures: Vec<DepartureRecord>,
    settlements: Vec<(u8, u64, CauseRecord)>,
    // From here on a record of a checkout that needed none of it ends.
    #[serde(default)]
    consent: Option<ConsentRecord>,
    #[serde(default)]
    proofs: Vec<(u8, u64, ProofRecord)>,
    #[serde(default)]
    reopenings: Vec<(u64, u64, u8, u8)>,
    #[serde(default)]
    grant: Option<GrantRecord>,
    #[serde(default)]
    endpoints: Vec<EntryRecord>,
}

/// What a consent asks for; the amount and the reference of a payment stand where a checkout has its own.
#[derive(Serialize, Deserialize)]
struct ConsentRecord {
    payee: Option<String>,
    user: u128,
    application_user: Option<String>,
    institution: Option<String>,
    scope: Vec<String>,
    until: Option<u64>,
    app: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum ProofRecord {
    H(#[serde(with = "bytes")] Vec<u8>, u64),
    S(u64, u64),
}

#[derive(Serialize, Deserialize)]
struct GrantRecord {
    #[serde(with = "bytes")]
    token: Vec<u8>,
    #[serde(with = "bytes")]
    bank: Vec<u8>,
    bank_consent: Option<String>,
    given_at: u64,
    expires_at: u64,
    confirmed_at: u64,
    consumed_at: Option<u64>,
    revoked_at: Option<u64>,
}

/// Bytes as MessagePack has them, instead of a list of numbers.
mod bytes {
    use serde::{Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}

#[derive(Serialize, Deserialize)]
struct EntryRecord(String, bool, Option<u32>);

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one byte each on the wire; the domain has words for them")]
struct TermsRecord {
    one_time_token: bool,
    token_life_seconds: u32,
    extra_outcomes: bool,
    browser_required: bool,
    app_links_direct: bool,
    hand_back_when_late: bool,
}

#[derive(Serialize, Deserialize)]
struct DepartureRecord(u64, Vec<(u64, u64, EndRecord)>, #[serde(default)] Option<(String, String)>);

#[derive(Serialize, Deserialize)]
enum EndRecord {
    F(ErrorRecord),
    S(u8),
    Z,
    /// None yet.
    N,
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
            bank: o.bank.clone(),
            key: o.key.clone(),
            minor: o.purpose.amount().map_or(0, Amount::minor),
            currency: o.purpose.amount().map_or_else(String::new, |amount| amount.currency().to_string()),
            note: o.purpose.note().to_owned(),
            cancel_offered: o.purpose.cancel() == Cancel::Offered,
            extras: o.extras.clone(),
            landing: o.plan.landing.as_ref().map(EntryRecord::from),
            background: o.plan.background.iter().map(EntryRecord::from).collect(),
            terms: TermsRecord::from(&o.terms),
            opened_at: o.opened_at.as_millis(),
            expires_at: o.expires_at.as_millis(),
            revision: past.revision,
            departures: past.departures.iter().map(DepartureRecord::from).collect(),
            settlements: past.settlements.iter().map(write_settlement).collect(),
            consent: o.purpose.consent().map(ConsentRecord::from),
            proofs: journey.proofs().map(|(via, proof)| (via.departure, via.mark, ProofRecord::from(proof))).collect(),
            reopenings: past.reopenings.iter().map(write_reopening).collect(),
            grant: past.grant.as_ref().map(GrantRecord::from),
            endpoints: o.plan.endpoints.iter().map(EntryRecord::from).collect(),
        }
    }
}

impl JourneyRecord {
    fn into_journey(self) -> Option<Journey> {
        let mut departures: Vec<_> = self.departures.into_iter().map(DepartureRecord::into_departure).collect();
        for (departure, mark, proof) in self.proofs {
            let answers = &mut departures.get_mut(usize::from(departure))?.answers;
            answers.iter_mut().find(|answer| answer.mark == mark)?.proof = Some(proof.into_proof());
        }
        let past = Past {
            revision: self.revision,
            departures,
            settlements: self.settlements.into_iter().map(read_settlement).collect::<Option<_>>()?,
            reopenings: self.reopenings.into_iter().map(read_reopening).collect(),
            grant: self.grant.map(GrantRecord::into_grant),
        };
        let amount = Currency::parse(&self.currency).map(|currency| Amount::from_minor(self.minor, currency));
        let purpose = match self.consent {
            None => Purpose::Checkout(Checkout {
                amount: amount.ok()?,
                note: self.note,
                cancel: if self.cancel_offered { Cancel::Offered } else { Cancel::Withheld },
            }),
            Some(consent) => Purpose::Consent(consent.into_consent(amount.ok(), self.note)?),
        };
        let opening = Opening {
            id: JourneyId::from_bytes(self.id.to_be_bytes()),
            merchant: MerchantId::from_bytes(self.merchant.to_be_bytes()),
            merchant_name: MerchantName::parse(&self.merchant_name).ok()?,
            dialect: self.dialect,
            bank: self.bank,
            key: self.key,
            purpose,
            extras: self.extras,
            plan: Plan {
                landing: self.landing.map(EntryRecord::into_entry),
                background: self.background.into_iter().map(EntryRecord::into_entry).collect(),
                endpoints: self.endpoints.into_iter().map(EntryRecord::into_entry).collect(),
            },
            terms: self.terms.into_terms(),
            opened_at: Moment::from_millis(self.opened_at),
            expires_at: Moment::from_millis(self.expires_at),
        };
        Some(Journey::restored(opening, past))
    }
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        let slot = entry.slot.and_then(|slot| u32::try_from(slot).ok());
        Self(entry.url.as_str().to_owned(), entry.params_in == Placement::Fragment, slot)
    }
}

impl EntryRecord {
    fn into_entry(self) -> Entry {
        Entry {
            url: CallbackUrl::restored(self.0),
            params_in: placement(self.1),
            slot: self.2.map(|slot| slot as usize),
        }
    }
}

const fn placement(in_fragment: bool) -> Placement {
    if in_fragment { Placement::Fragment } else { Placement::Query }
}

impl From<&Terms> for TermsRecord {
    fn from(terms: &Terms) -> Self {
        Self {
            one_time_token: terms.one_time_token == OneTime::On,
            token_life_seconds: seconds(terms.token_life),
            extra_outcomes: terms.extra_outcomes == ExtraOutcomes::On,
            browser_required: terms.same_browser == SameBrowser::Required,
            app_links_direct: terms.app_links == AppLinks::Direct,
            hand_back_when_late: terms.when_late == WhenLate::HandBack,
        }
    }
}

impl TermsRecord {
    fn into_terms(self) -> Terms {
        Terms {
            one_time_token: if self.one_time_token { OneTime::On } else { OneTime::Off },
            token_life: Duration::from_secs(self.token_life_seconds.into()),
            extra_outcomes: if self.extra_outcomes { ExtraOutcomes::On } else { ExtraOutcomes::Off },
            same_browser: if self.browser_required { SameBrowser::Required } else { SameBrowser::Checked },
            app_links: if self.app_links_direct { AppLinks::Direct } else { AppLinks::Page },
            when_late: if self.hand_back_when_late { WhenLate::HandBack } else { WhenLate::Wait },
        }
    }
}

fn seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

impl From<&Departure> for DepartureRecord {
    fn from(departure: &Departure) -> Self {
        let answers = departure.answers.iter().map(|answer| {
            let end = match &answer.end {
                Some(End::Failed(error)) => EndRecord::F(ErrorRecord::from(error)),
                Some(End::Settled(number)) => EndRecord::S(*number),
                Some(End::Frozen) => EndRecord::Z,
                None => EndRecord::N,
            };
            (answer.mark, answer.at.as_millis(), end)
        });
        let to = departure.to.as_ref().map(|to| (to.institution.clone(), to.bank.clone()));
        Self(departure.left_at.as_millis(), answers.collect(), to)
    }
}

impl DepartureRecord {
    fn into_departure(self) -> Departure {
        let answers = self.1.into_iter().map(|(mark, at, end)| {
            let end = match end {
                EndRecord::F(error) => Some(End::Failed(error.into_error())),
                EndRecord::S(number) => Some(End::Settled(number)),
                EndRecord::Z => Some(End::Frozen),
                EndRecord::N => None,
            };
            Answer { mark, at: Moment::from_millis(at), end, proof: None }
        });
        let to = self.2.map(|(institution, bank)| Choice { institution, bank });
        Departure { left_at: Moment::from_millis(self.0), to, answers: answers.collect() }
    }
}

impl From<&Consent> for ConsentRecord {
    fn from(consent: &Consent) -> Self {
        Self {
            payee: match &consent.kind {
                Kind::Accounts => None,
                Kind::Payment { payee, .. } => Some(payee.clone()),
            },
            user: u128::from_be_bytes(*consent.user.as_bytes()),
            application_user: consent.application_user.as_ref().map(|user| user.as_str().to_owned()),
            institution: consent.institution.clone(),
            scope: consent.scope.clone(),
            until: consent.until.map(Moment::as_millis),
            app: match &consent.answer_to {
                AnswerTo::Gateway => None,
                AnswerTo::App(url) => Some(url.clone()),
            },
        }
    }
}

impl ConsentRecord {
    fn into_consent(self, amount: Option<Amount>, reference: String) -> Option<Consent> {
        Some(Consent {
            kind: match self.payee {
                None => Kind::Accounts,
                Some(payee) => Kind::Payment { amount: amount?, payee, reference },
            },
            user: UserId::from_bytes(self.user.to_be_bytes()),
            application_user: self.application_user.map(|user| ApplicationUser::parse(&user)).transpose().ok()?,
            institution: self.institution,
            scope: self.scope,
            until: self.until.map(Moment::from_millis),
            answer_to: self.app.map_or(AnswerTo::Gateway, AnswerTo::App),
        })
    }
}

impl From<&Proof> for ProofRecord {
    fn from(proof: &Proof) -> Self {
        match proof {
            Proof::Held { offer, until } => Self::H(offer.as_bytes().to_vec(), until.as_millis()),
            Proof::Sent { at, by } => Self::S(at.as_millis(), *by),
        }
    }
}

impl ProofRecord {
    fn into_proof(self) -> Proof {
        match self {
            Self::H(offer, until) => Proof::Held { offer: Sealed::new(offer), until: Moment::from_millis(until) },
            Self::S(at, by) => Proof::Sent { at: Moment::from_millis(at), by },
        }
    }
}

impl From<&Grant> for GrantRecord {
    fn from(grant: &Grant) -> Self {
        Self {
            token: grant.token.as_bytes().to_vec(),
            bank: grant.bank.as_bytes().to_vec(),
            bank_consent: grant.bank_consent.clone(),
            given_at: grant.given_at.as_millis(),
            expires_at: grant.expires_at.as_millis(),
            confirmed_at: grant.confirmed_at.as_millis(),
            consumed_at: grant.consumed_at.map(Moment::as_millis),
            revoked_at: grant.revoked_at.map(Moment::as_millis),
        }
    }
}

impl GrantRecord {
    fn into_grant(self) -> Grant {
        Grant {
            token: Sealed::new(self.token),
            bank: Sealed::new(self.bank),
            bank_consent: self.bank_consent,
            given_at: Moment::from_millis(self.given_at),
            expires_at: Moment::from_millis(self.expires_at),
            confirmed_at: Moment::from_millis(self.confirmed_at),
            consumed_at: self.consumed_at.map(Moment::from_millis),
            revoked_at: self.revoked_at.map(Moment::from_millis),
        }
    }
}

const fn write_reopening(reopening: &Reopening) -> (u64, u64, u8, u8) {
    let Reopening { at, expires_at, departures, settlements } = *reopening;
    (at.as_millis(), expires_at.as_millis(), departures, settlements)
}

const fn read_reopening((at, expires_at, departures, settlements): (u64, u64, u8, u8)) -> Reopening {
    let (at, expires_at) = (Moment::from_millis(at), Moment::from_millis(expires_at));
    Reopening { at, expires_at, departures, settlements }
}

impl From<&BankError> for ErrorRecord {
    fn from(error: &BankError) -> Self {
        Self(error.code().to_owned(), error.description().map(str::to_owned))
    }
}

impl ErrorRecord {
    fn into_error(self) -> BankError {
        BankError::new(&self.0, self.1.as_deref())
    }
}

fn write_settlement(settlement: &Settlement) -> (u8, u64, CauseRecord) {
    let outcome = match settlement.outcome {
        Outcome::Paid => 0,
        Outcome::Authorised => 1,
        Outcome::Cancelled => 2,
        Outcome::Failed => 3,
        Outcome::Expired => 4,
    };
    let cause = match &settlement.cause {
        Cause::Bank(error) => CauseRecord::B(error.as_ref().map(ErrorRecord::from)),
        Cause::Customer => CauseRecord::C,
        Cause::Merchant => CauseRecord::M,
        Cause::Time => CauseRecord::T,
    };
    (outcome, settlement.at.as_millis(), cause)
}

fn read_settlement((outcome, at, cause): (u8, u64, CauseRecord)) -> Option<Settlement> {
    let outcome = match outcome {
        0 => Outcome::Paid,
        1 => Outcome::Authorised,
        2 => Outcome::Cancelled,
        3 => Outcome::Failed,
        4 => Outcome::Expired,
        _ => return None,
    };
    let cause = match cause {
        CauseRecord::B(error) => Cause::Bank(error.map(ErrorRecord::into_error)),
        CauseRecord::C => Cause::Customer,
        CauseRecord::M => Cause::Merchant,
        CauseRecord::T => Cause::Time,
    };
    Some(Settlement { outcome, at: Moment::from_millis(at), cause })
}

#[derive(Serialize, Deserialize)]
struct UserRecord {
    id: u128,
    merchant: u128,
    application_user: Option<String>,
    created_at: u64,
}

/// Writes a user.
///
/// # Errors
/// When it cannot be encoded, which no user is known to do.
pub fn write_user(user: &User) -> Result<Vec<u8>, StoreError> {
    write(&UserRecord {
        id: u128::from_be_bytes(*user.id.as_bytes()),
        merchant: u128::from_be_bytes(*user.merchant.as_bytes()),
        application_user: user.application_user.as_ref().map(|own| own.as_str().to_owned()),
        created_at: user.created_at.as_millis(),
    })
}

/// Reads a user.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no user of a version known here.
pub fn read_user(bytes: &[u8]) -> Result<User, StoreError> {
    let record: UserRecord = read(bytes)?;
    let own = record.application_user.map(|own| ApplicationUser::parse(&own)).transpose();
    Ok(User {
        id: UserId::from_bytes(record.id.to_be_bytes()),
        merchant: MerchantId::from_bytes(record.merchant.to_be_bytes()),
        application_user: own.map_err(|_| damaged("a user's value is out of range"))?,
        created_at: Moment::from_millis(record.created_at),
    })
}

#[derive(Serialize, Deserialize)]
struct MerchantRecord {
    id: u128,
    revision: u32,
    name: String,
    api_keys: Vec<[u8; 32]>,
    signing_secret: Vec<u8>,
    created_at: u64,
    book: Vec<Option<(String, Option<String>, bool)>>,
    terms: TermsRecord,
    saved_only: bool,
    journey_life_seconds: u32,
}

impl From<&Merchant> for MerchantRecord {
    fn from(merchant: &Merchant) -> Self {
        let s = &merchant.settings;
        let slots = merchant.book.slots().iter().map(|slot| {
            let saved = slot.as_ref()?;
            let name = saved.name.as_ref().map(|name| name.as_str().to_owned());
            Some((saved.url.as_str().to_owned(), name, saved.params_in == Placement::Fragment))
        });
        Self {
            id: u128::from_be_bytes(*merchant.id.as_bytes()),
            revision: merchant.revision,
            name: merchant.name.as_str().to_owned(),
            api_keys: merchant.api_keys.iter().map(|key| *key.as_bytes()).collect(),
            signing_secret: merchant.signing_secret.as_bytes().to_vec(),
            created_at: merchant.created_at.as_millis(),
            book: slots.collect(),
            terms: TermsRecord::from(&s.terms()),
            saved_only: s.one_off_urls == OneOffUrls::SavedOnly,
            journey_life_seconds: seconds(s.journey_life),
        }
    }
}

impl MerchantRecord {
    fn into_merchant(self) -> Option<Merchant> {
        let slots = self.book.into_iter().map(|slot| match slot {
            None => Some(None),
            Some((url, name, in_fragment)) => {
                let name = name.map(|name| CallbackName::parse(&name)).transpose().ok()?;
                Some(Some(SavedCallback { url: CallbackUrl::restored(url), name, params_in: placement(in_fragment) }))
            }
        });
        let one_off_urls = if self.saved_only { OneOffUrls::SavedOnly } else { OneOffUrls::Allowed };
        let journey_life = Duration::from_secs(self.journey_life_seconds.into());
        Some(Merchant {
            id: MerchantId::from_bytes(self.id.to_be_bytes()),
            revision: self.revision,
            name: MerchantName::parse(&self.name).ok()?,
            api_keys: self.api_keys.into_iter().map(Digest::new).collect(),
            signing_secret: Sealed::new(self.signing_secret),
            created_at: Moment::from_millis(self.created_at),
            book: Book::restored(slots.collect::<Option<_>>()?),
            settings: Settings::of_terms(self.terms.into_terms(), one_off_urls, journey_life),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::{NOW, journey};
    use crate::domain::journey::{Departing, Settling, Via};
    use crate::domain::outcome::Fact;

    fn well_travelled() -> Journey {
        let Departing::New(journey, departure) = journey().depart(None, NOW) else { panic!() };
        let failed =
            journey.fail(Via { departure, mark: 1 }, BankError::new("server_error", Some("later")), NOW).unwrap();
        let Departing::New(away, departure) = failed.depart(None, NOW) else { panic!() };
        let Settling::Settled(cancelled, _) = away.settle(&Fact::pressed_cancel(), None, NOW) else { panic!() };
        let via = Some(Via { departure, mark: 2 });
        let Settling::Settled(paid, _) = cancelled.settle(&Fact::paid(), via, NOW) else { panic!() };
        paid
    }

    #[test]
    fn a_journey_survives_its_record() {
        for journey in [journey(), well_travelled()] {
            assert_eq!(read_journey(&write_journey(&journey).unwrap()).unwrap(), journey);
        }
    }

    #[test]
    fn a_record_is_small() {
        let size = write_journey(&well_travelled()).unwrap().len();
        assert!(size < 300, "{size} bytes");
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let bytes = write_journey(&well_travelled()).unwrap();
        for cut in 0..bytes.len() {
            assert!(read_journey(&bytes[..cut]).is_err(), "{cut} bytes were read as a journey");
        }
        assert!(matches!(read_journey(&[9, 1, 2]), Err(StoreError::Damaged(_))));
    }
}

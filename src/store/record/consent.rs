//! What a consent's journey has besides: what is asked for, proofs under way, rounds, and what an agreement left.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bytes;
use crate::domain::consent::{AnswerTo, Consent, FeatureRequest, Grant, Kind};
use crate::domain::id::UserId;
use crate::domain::iso::CountryCode;
use crate::domain::journey::{Proof, Reopening};
use crate::domain::moment::UnixMillis;
use crate::domain::money::Amount;
use crate::domain::secret::Sealed;
use crate::domain::user::ApplicationUser;

/// A round: since when, until when, and what came before it.
pub(super) type ReopeningRecord = (u64, u64, u8, u8);

/// What a consent asks for; the amount and the reference of a payment stand where a checkout has its own.
#[derive(Serialize, Deserialize)]
pub(super) struct ConsentRecord {
    payee: Option<String>,
    user: u128,
    application_user: Option<String>,
    institution: Option<String>,
    country: Option<String>,
    features: FeaturesRecord,
    until: Option<u64>,
    longest: u64,
    app: Option<String>,
}

/// What is asked for: all, any, or the first of these and what comes with it.
#[derive(Serialize, Deserialize)]
enum FeaturesRecord {
    L(Vec<String>),
    A(Vec<String>),
    F(Vec<String>, Vec<String>),
}

impl From<&FeatureRequest> for FeaturesRecord {
    fn from(request: &FeatureRequest) -> Self {
        match request.clone() {
            FeatureRequest::All(features) => Self::L(features),
            FeatureRequest::Any(features) => Self::A(features),
            FeatureRequest::First { one_of, besides } => Self::F(one_of, besides),
        }
    }
}

impl FeaturesRecord {
    fn into_features(self) -> FeatureRequest {
        match self {
            Self::L(features) => FeatureRequest::All(features),
            Self::A(features) => FeatureRequest::Any(features),
            Self::F(one_of, besides) => FeatureRequest::First { one_of, besides },
        }
    }
}

/// A proof under way: held, or sent.
#[derive(Serialize, Deserialize)]
pub(super) enum ProofRecord {
    H(#[serde(with = "bytes")] Vec<u8>, u64),
    S(u64, u64),
}

/// What an agreement left.
#[derive(Serialize, Deserialize)]
pub(super) struct GrantRecord {
    #[serde(with = "bytes")]
    token: Vec<u8>,
    #[serde(with = "bytes")]
    provider: Vec<u8>,
    bank_consent: Option<String>,
    given_at: u64,
    expires_at: u64,
    confirmed_at: u64,
    consumed_at: Option<u64>,
    revoked_at: Option<u64>,
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
            country: consent.country.map(|country| country.to_string()),
            features: FeaturesRecord::from(&consent.features),
            until: consent.until.map(UnixMillis::as_millis),
            longest: u64::try_from(consent.longest.as_millis()).unwrap_or(u64::MAX),
            app: match &consent.answer_to {
                AnswerTo::Gateway => None,
                AnswerTo::App(url) => Some(url.clone()),
            },
        }
    }
}

impl ConsentRecord {
    pub(super) fn into_consent(self, amount: Option<Amount>, reference: String) -> Option<Consent> {
        Some(Consent {
            kind: match self.payee {
                None => Kind::Accounts,
                Some(payee) => Kind::Payment { amount: amount?, payee, reference },
            },
            user: UserId::from_bytes(self.user.to_be_bytes()),
            application_user: self.application_user.map(|user| ApplicationUser::parse(&user)).transpose().ok()?,
            institution: self.institution,
            country: self.country.as_deref().and_then(CountryCode::restored),
            features: self.features.into_features(),
            until: self.until.map(UnixMillis::from_millis),
            longest: Duration::from_millis(self.longest),
            answer_to: self.app.map_or(AnswerTo::Gateway, AnswerTo::App),
        })
    }
}

impl From<&Proof> for ProofRecord {
    fn from(proof: &Proof) -> Self {
        match proof {
            Proof::Held { evidence, until } => Self::H(evidence.as_bytes().to_vec(), until.as_millis()),
            Proof::Sent { at, by } => Self::S(at.as_millis(), *by),
        }
    }
}

impl ProofRecord {
    pub(super) fn into_proof(self) -> Proof {
        match self {
            Self::H(evidence, until) => {
                Proof::Held { evidence: Sealed::new(evidence), until: UnixMillis::from_millis(until) }
            }
            Self::S(at, by) => Proof::Sent { at: UnixMillis::from_millis(at), by },
        }
    }
}

impl From<&Grant> for GrantRecord {
    fn from(grant: &Grant) -> Self {
        Self {
            token: grant.token.as_bytes().to_vec(),
            provider: grant.provider_tokens.as_bytes().to_vec(),
            bank_consent: grant.bank_consent.clone(),
            given_at: grant.given_at.as_millis(),
            expires_at: grant.expires_at.as_millis(),
            confirmed_at: grant.confirmed_at.as_millis(),
            consumed_at: grant.consumed_at.map(UnixMillis::as_millis),
            revoked_at: grant.revoked_at.map(UnixMillis::as_millis),
        }
    }
}

impl GrantRecord {
    pub(super) fn into_grant(self) -> Grant {
        Grant {
            token: Sealed::new(self.token),
            provider_tokens: Sealed::new(self.provider),
            bank_consent: self.bank_consent,
            given_at: UnixMillis::from_millis(self.given_at),
            expires_at: UnixMillis::from_millis(self.expires_at),
            confirmed_at: UnixMillis::from_millis(self.confirmed_at),
            consumed_at: self.consumed_at.map(UnixMillis::from_millis),
            revoked_at: self.revoked_at.map(UnixMillis::from_millis),
        }
    }
}

/// Writes a round.
pub(super) const fn write_reopening(reopening: &Reopening) -> ReopeningRecord {
    let Reopening { at, expires_at, visits, final_outcomes } = *reopening;
    (at.as_millis(), expires_at.as_millis(), visits, final_outcomes)
}

/// Reads a round.
pub(super) const fn read_reopening((at, expires_at, visits, final_outcomes): ReopeningRecord) -> Reopening {
    let (at, expires_at) = (UnixMillis::from_millis(at), UnixMillis::from_millis(expires_at));
    Reopening { at, expires_at, visits, final_outcomes }
}

//! Consents: what is asked for, and what an agreement left.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, lettered};
use crate::domain::consent::{AnswerTo, Consent, FeatureRequest, Grant, Kind};
use crate::domain::id::UserId;
use crate::domain::iso::CountryCode;
use crate::domain::moment::UnixMillis;
use crate::domain::money::Amount;
use crate::domain::secret::Sealed;
use crate::domain::user::ApplicationUser;

fields!(
    Grant: token: Sealed, provider_tokens: Sealed, bank_consent: Option<String>, given_at: UnixMillis,
    expires_at: UnixMillis, confirmed_at: UnixMillis, consumed_at: Option<UnixMillis>,
    revoked_at: Option<UnixMillis>,
);

/// What a consent asks for; the amount and the reference of a payment stand where a checkout has its own.
#[derive(Serialize, Deserialize)]
pub(super) struct ConsentRecord {
    payee: Option<String>,
    user: Record<UserId>,
    application_user: Record<Option<ApplicationUser>>,
    institution: Option<String>,
    country: Option<String>,
    features: FeaturesRecord,
    until: Record<Option<UnixMillis>>,
    longest: u64,
    app: Option<String>,
}

lettered!(
    FeatureRequest as FeaturesRecord:
        L = All(features: Vec<String>),
        A = Any(features: Vec<String>),
        F = First { one_of: Vec<String>, besides: Vec<String> },
);

impl From<&Consent> for ConsentRecord {
    fn from(consent: &Consent) -> Self {
        Self {
            payee: match &consent.kind {
                Kind::Accounts => None,
                Kind::Payment { payee, .. } => Some(payee.clone()),
            },
            user: consent.user.record(),
            application_user: consent.application_user.record(),
            institution: consent.institution.clone(),
            country: consent.country.map(|country| country.to_string()),
            features: consent.features.record(),
            until: consent.until.record(),
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
            user: Recorded::of(self.user)?,
            application_user: Recorded::of(self.application_user)?,
            institution: self.institution,
            country: self.country.as_deref().and_then(CountryCode::restored),
            features: Recorded::of(self.features)?,
            until: Recorded::of(self.until)?,
            longest: Duration::from_millis(self.longest),
            answer_to: self.app.map_or(AnswerTo::Gateway, AnswerTo::App),
        })
    }
}

//! Consents: what is asked for, and what an agreement left.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, lettered};
use crate::domain::consent::Kind;
use crate::domain::{
    Amount, AnswerTo, ApplicationUser, Consent, CountryCode, FeatureRequest, Grant, Sealed, UnixMillis, UserId,
};

fields!(
    Consent: kind: Kind, user: UserId, application_user: Option<ApplicationUser>, institution: Option<String>,
    country: Option<CountryCode>, features: FeatureRequest, until: Option<UnixMillis>, longest: Duration,
    answer_to: AnswerTo,
);

lettered!(
    Kind as KindRecord:
        A = Accounts,
        P = Payment { amount: Amount, payee: String, reference: String },
);

lettered!(AnswerTo as AnswerToRecord: G = Gateway, A = App(url: String));

lettered!(
    FeatureRequest as FeaturesRecord:
        L = All(features: Vec<String>),
        A = Any(features: Vec<String>),
        F = First { one_of: Vec<String>, besides: Vec<String> },
);

fields!(
    Grant: token: Sealed, provider_tokens: Sealed, bank_consent: Option<String>, given_at: UnixMillis,
    expires_at: UnixMillis, confirmed_at: UnixMillis, consumed_at: Option<UnixMillis>,
    revoked_at: Option<UnixMillis>,
);

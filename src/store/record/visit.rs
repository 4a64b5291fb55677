//! Visits to a provider: what came back, and how far its proof has come.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, lettered};
use crate::domain::journey::{
    Choice, Effect, LedTo, Proof, ProviderRedirect, ProviderVisit, RecordedResponse, Reopening,
};
use crate::domain::moment::UnixMillis;
use crate::domain::outcome::ProviderRefusal;
use crate::domain::secret::Sealed;

fields!(Choice: institution: String, provider: String, scope: Vec<String>);

fields!(Reopening: at: UnixMillis, expires_at: UnixMillis, visits: u8, final_outcomes: u8);

#[derive(Serialize, Deserialize)]
pub(super) struct VisitRecord(
    u64,
    Vec<(u64, u64, EndRecord)>,
    #[serde(default)] Option<Record<Choice>>,
    // Records that were written before redirects were asked for ahead end here.
    #[serde(default)] Option<RedirectRecord>,
);

impl Recorded for ProviderVisit {
    type Record = VisitRecord;

    fn record(&self) -> VisitRecord {
        VisitRecord(self.left_at.record(), self.answers.record(), self.to.record(), self.redirect.record())
    }

    fn of(VisitRecord(left_at, answers, to, redirect): VisitRecord) -> Option<Self> {
        let (left_at, to) = (Recorded::of(left_at)?, Recorded::of(to)?);
        Some(Self { left_at, to, answers: Recorded::of(answers)?, redirect: Recorded::of(redirect)? })
    }
}

// Until when a redirect is asked for; or since when it is known, and the redirect.
lettered!(
    ProviderRedirect as RedirectRecord:
        A = Asked { until: UnixMillis },
        K = Known { at: UnixMillis, url: Sealed },
);

/// What a response led to.
#[derive(Serialize, Deserialize)]
pub(super) enum EndRecord {
    F(Record<ProviderRefusal>),
    S(u8),
    Z,
    /// None yet.
    N,
    /// One that others had led to before; this response has changed nothing.
    R(Box<EndRecord>),
}

/// Without its proof, which is kept apart.
impl Recorded for RecordedResponse {
    type Record = (u64, u64, EndRecord);

    fn record(&self) -> Self::Record {
        let end = match &self.end {
            Some(LedTo::Failed(error)) => EndRecord::F(error.record()),
            Some(LedTo::Outcome(number)) => EndRecord::S(*number),
            Some(LedTo::HandedBackEarly) => EndRecord::Z,
            None => EndRecord::N,
        };
        let counted = self.effect == Effect::Counted || self.end.is_none();
        (self.response_digest, self.at.record(), if counted { end } else { EndRecord::R(Box::new(end)) })
    }

    fn of((response_digest, at, end): Self::Record) -> Option<Self> {
        let (end, effect) = end.read()?;
        Some(Self { response_digest, at: Recorded::of(at)?, end, proof: None, effect })
    }
}

impl EndRecord {
    fn read(self) -> Option<(Option<LedTo>, Effect)> {
        Some(match self {
            Self::F(error) => (Some(LedTo::Failed(Recorded::of(error)?)), Effect::Counted),
            Self::S(number) => (Some(LedTo::Outcome(number)), Effect::Counted),
            Self::Z => (Some(LedTo::HandedBackEarly), Effect::Counted),
            Self::N => (None, Effect::None),
            Self::R(end) => (end.read()?.0, Effect::None),
        })
    }
}

// A proof under way: held, or sent.
lettered!(
    Proof as ProofRecord:
        H = Held { evidence: Sealed, until: UnixMillis },
        S = Sent { at: UnixMillis, by: u64 },
);

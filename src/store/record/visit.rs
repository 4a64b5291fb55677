//! Visits to a provider: what came back, and how far its proof has come.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, lettered, numbered};
use crate::domain::journey::{Choice, Effect, Proof};
use crate::domain::{
    LedTo, ProviderRedirect, ProviderRefusal, ProviderVisit, RecordedResponse, Reopening, Sealed, UnixMillis,
};

fields!(
    ProviderVisit: left_at: UnixMillis, to: Option<Choice>, answers: Vec<RecordedResponse>,
    redirect: Option<ProviderRedirect>,
);

fields!(Choice: institution: String, provider: String, scope: Vec<String>);

fields!(
    RecordedResponse: response_digest: u64, at: UnixMillis, end: Option<LedTo>, proof: Option<Proof>, effect: Effect,
);

fields!(Reopening: at: UnixMillis, expires_at: UnixMillis, visits: u8, final_outcomes: u8);

numbered!(Effect: None, Counted);

// Until when a redirect is asked for; or since when it is known, and the redirect.
lettered!(
    ProviderRedirect as RedirectRecord:
        A = Asked { until: UnixMillis },
        K = Known { at: UnixMillis, url: Sealed },
);

lettered!(
    LedTo as LedToRecord:
        F = Failed(error: ProviderRefusal),
        O = Outcome(number: u8),
        H = HandedBackEarly,
);

// A proof under way: held, or sent.
lettered!(
    Proof as ProofRecord:
        H = Held { evidence: Sealed, until: UnixMillis },
        S = Sent { at: UnixMillis, by: u64 },
);

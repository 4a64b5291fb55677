//! Phases: the steps that a hosted request has come through, each with its moment (the vendor's `HostedConsentPhase`
//! and `HostedPaymentPhase`). Of theirs these are left out: what no bank here asks for, and what becomes of a payment
//! after it was submitted, which its institution alone knows.

use serde::Serialize;

use super::moments;
use crate::domain::{Journey, Outcome, UnixMillis};

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Phase {
    phase_name: &'static str,
    phase_created_at: String,
}

/// The steps of a journey's consent, in their order.
pub(super) fn of(journey: &Journey) -> Vec<Phase> {
    let mut phases = vec![("INITIATED", journey.opening().opened_at)];
    let left_at = |visit: &crate::domain::journey::ProviderVisit| visit.left_at;
    phases.extend(journey.visits().first().map(|first| ("INSTITUTION_SUBMITTED", left_at(first))));
    phases.extend(journey.visits().last().map(|last| ("AUTHORISATION_CREATED", left_at(last))));
    phases.extend(journey.grant().map(|grant| ("AUTHORISED", grant.given_at)));
    let refused = journey.final_outcome().and_then(|ended| Some((rejection(ended.outcome)?, ended.at)));
    phases.extend(refused);
    phases.extend(journey.grant().and_then(|grant| Some(("SUBMITTED", grant.consumed_at?))));
    phases.sort_by_key(|(_, at)| *at);
    phases.into_iter().map(|(name, at)| phase(name, at)).collect()
}

const fn rejection(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Cancelled => Some("AUTHORISATION_REJECTED"),
        Outcome::Failed | Outcome::Expired => Some("AUTHORISATION_FAILED"),
        Outcome::Paid | Outcome::Authorised | Outcome::Done => None,
    }
}

fn phase(phase_name: &'static str, at: UnixMillis) -> Phase {
    Phase { phase_name, phase_created_at: moments::written(at) }
}

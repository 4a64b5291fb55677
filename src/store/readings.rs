//! What both stores read off a journey, so that they keep it, list it and forget it alike.

use std::time::Duration;

use super::{REMEMBERED, Result, StoreError};
use crate::domain::{Delivery, Journey, LedTo, PayId, Settings, UnixMillis, UserId};

/// Whether a provider has ever proven it. A consent that is asked for again is not unproven by that.
pub(super) fn is_proven(journey: &Journey) -> bool {
    journey.final_outcomes().iter().any(|final_outcome| final_outcome.outcome.is_proven())
}

/// Whether its unspent tokens wait for a fact. While a consent is asked for again, those of the rounds before do not;
/// which token is of which round is not known, so they all wait from the moment when its customer was handed back.
pub(super) fn awaits_fact(journey: &Journey) -> bool {
    let Some(round) = journey.past().reopenings.last() else { return journey.final_outcome().is_none() };
    let mut answers = journey.visits().iter().skip(round.visits.into()).flat_map(|d| &d.answers);
    journey.final_outcome().is_none() && answers.any(|answer| answer.end == Some(LedTo::HandedBackEarly))
}

/// The moment from which the time to keep it counts, once it has concluded. Asking again never brings it forward.
pub(super) fn over_at(journey: &Journey) -> UnixMillis {
    journey.ends_at().max(journey.opening().expires_at)
}

/// Until when a concluded journey is kept at the least, where an ended one is kept for `keep`: as long as one of its tokens
/// may be asked for, or one of its deliveries may wait.
pub(super) fn kept_until(journey: &Journey, keep: Duration) -> Option<UnixMillis> {
    let concluded_at = journey.final_outcome()?.at;
    let kept = over_at(journey).plus(keep).max(concluded_at.plus(Settings::TOKEN_LIFE.1 + REMEMBERED));
    Some(if has_targets(journey) { kept.max(concluded_at.plus(Delivery::LIFE + REMEMBERED)) } else { kept })
}

/// Whether anybody is notified of it.
pub(super) fn has_targets(journey: &Journey) -> bool {
    journey.opening().plan.targets().next().is_some()
}

/// The user whom it is about, if it is about one.
pub(super) fn user_of(journey: &Journey) -> Option<UserId> {
    journey.opening().purpose.consent().map(|consent| consent.user)
}

/// What was read for many, among others: one damaged record, of the journey of this number, is passed over and logged.
pub(super) fn legible<T>(read: Result<T>, pay_id: Option<PayId>) -> Result<Option<T>> {
    match read {
        Err(StoreError::Damaged(_)) => {
            tracing::error!(pay_id = pay_id.map(tracing::field::display), "store.damaged_record");
            Ok(None)
        }
        read => read.map(Some),
    }
}

//! The sandbox bank's part: what a merchant asks it to play, by a word that its journey holds.

use serde::Deserialize;

use super::payment::card;
use crate::domain::{Evidence, Fact, Journey, Outcome, ProviderRefusal};
use crate::provider::Performed;

/// How late it is where it is asked to be, in milliseconds: well beyond the budget of a return.
const LATE_MILLIS: u64 = 3000;

/// The error of a failure that was asked for.
const FAILURE: &str = "server_error";

/// What a dialect's record says to this bank, where it is a JSON object that says anything to it.
#[derive(Deserialize)]
struct Script {
    sandbox: String,
}

/// The word that a journey holds for this bank, if it does.
fn word(journey: &Journey) -> Option<String> {
    serde_json::from_str(journey.opening().dialect_data.as_str()).ok().map(|Script { sandbox }| sandbox)
}

/// What it does without a customer: whatever it is asked to, and every operation that it is asked nothing about.
pub(super) fn applied(journey: &Journey) -> Performed {
    match word(journey).as_deref() {
        Some("error") => Performed::Now(asked_to_fail(FAILURE)),
        Some("pendingSuccess") => Performed::Later(Evidence::of(format!("slow:{LATE_MILLIS}"))),
        Some("pendingError") => Performed::Later(Evidence::of(format!("slow:{LATE_MILLIS}:fail:{FAILURE}"))),
        Some("pending") => Performed::Unknown,
        _ => Performed::Now(yes(journey)),
    }
}

/// The code that stands for the part of a customer who has come back, whatever its own code says. `None` leaves it at
/// that.
pub(super) fn code(journey: &Journey) -> Option<String> {
    match word(journey)?.as_str() {
        "redirectSuccess" => Some(String::new()),
        "redirectError" => Some(format!("fail:{FAILURE}")),
        "redirectCancel" => Some("fail:access_denied".into()),
        "redirectPendingSuccess" => Some(format!("slow:{LATE_MILLIS}")),
        "redirectPendingError" => Some(format!("slow:{LATE_MILLIS}:fail:{FAILURE}")),
        _ => None,
    }
}

/// Its yes; with the card that it plays, where it plays a part in a customer's payment.
pub(super) fn yes(journey: &Journey) -> Fact {
    let fact = if journey.yes() == Outcome::Authorised { Fact::agreed() } else { Fact::paid() };
    let plays = journey.opening().purpose.checkout().is_some() && word(journey).is_some();
    fact.by(plays.then(card))
}

/// Its no, of which it makes no secret.
pub(super) fn asked_to_fail(error: &str) -> Fact {
    Fact::refused(ProviderRefusal::new(error, Some("The sandbox bank was asked to fail.")))
}

//! Payments that the sandbox bank holds and can be asked about, as a payment engine's are: what a script has it play
//! whose customers need not come back.
//!
//! A payment whose reference is `asked:<ms>:<end>`, or begins so with another `:` behind it, stands open for that time
//! after its customer has left, and then ends as `paid`, `refused` or `closed`; `other_amount` is paid with a cent too
//! much. Whatever its customer presses on the bank's page changes nothing.

use std::time::Duration;

use crate::domain::{Amount, Journey, ProviderRefusal, Wanted};
use crate::provider::{PaymentContext, PaymentReport, PaymentStatus, ProviderError, Result};

/// What it is to play.
struct Script<'a> {
    after: Duration,
    end: &'a str,
}

/// What a journey has it play; `None` of one whose customer decides.
fn script(journey: &Journey) -> Option<Script<'_>> {
    let mut words = journey.opening().purpose.note().strip_prefix("asked:")?.split(':');
    let (after, end) = (words.next()?.parse().ok()?, words.next()?);
    let known = ["paid", "refused", "closed", "other_amount"].contains(&end);
    let is_checkout = journey.opening().purpose.checkout().is_some();
    (known && is_checkout).then_some(Script { after: Duration::from_millis(after), end })
}

/// Whether it holds a payment for a journey.
pub(super) fn is_held(journey: &Journey) -> bool {
    script(journey).is_some()
}

/// Where a payment stands; one that is open is closed then, where that is `asked`.
pub(super) fn report(context: &PaymentContext<'_>, closes: bool) -> Result<PaymentReport> {
    let PaymentContext { journey, reference, now, .. } = *context;
    let visit = journey.visits().get(usize::from(reference.visit));
    let purpose = &journey.opening().purpose;
    let (Some(Script { after, end }), Some(visit), Some(amount)) = (script(journey), visit, purpose.amount()) else {
        return Err(ProviderError::Unreadable("it holds no such payment".into()));
    };
    let over = now >= visit.left_at.plus(after);
    let reserves = purpose.checkout().is_some_and(|checkout| matches!(checkout.wanted, Wanted::Reservation(_)));
    let made = if reserves { PaymentStatus::Authorised } else { PaymentStatus::Paid };
    let (status, amount) = match end {
        _ if !over => (if closes { PaymentStatus::Closed } else { PaymentStatus::Open }, amount),
        "refused" => (PaymentStatus::Refused(ProviderRefusal::new("declined", None)), amount),
        "closed" => (PaymentStatus::Closed, amount),
        "other_amount" => (made, Amount::from_minor(amount.minor().saturating_add(1), amount.currency())),
        _ => (made, amount),
    };
    let operations = Vec::new();
    Ok(PaymentReport { reference: reference.to_string(), amount, status, operations, changes_until: None })
}

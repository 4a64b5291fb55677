//! Payments that the sandbox bank holds and can be asked about, as a payment engine's are: what a script has it play
//! whose customers need not come back.
//!
//! A payment whose reference is `asked:<ms>:<end>`, or begins so with another `:` behind it, stands open for that time
//! after its customer has left, and then ends as `paid`, `refused` or `closed`; `other_amount` is paid with a cent too
//! much, and `charged_back` is paid, and taken back after as long again. Whatever its customer presses on the bank's page
//! changes nothing.

use std::time::Duration;

use crate::domain::{
    Amount, Card, CardExpiry, Instrument, Journey, OperationKind, ProviderRefusal, ReportedOperation, Wanted,
};
use crate::provider::{PaymentContext, PaymentReport, PaymentStatus, ProviderError, Result};

/// The end of a payment that is taken back.
const CHARGED_BACK: &str = "charged_back";

/// What it is to play.
struct Script<'a> {
    after: Duration,
    end: &'a str,
}

/// What a journey has it play; `None` of one whose customer decides.
fn script(journey: &Journey) -> Option<Script<'_>> {
    let mut words = journey.opening().purpose.note().strip_prefix("asked:")?.split(':');
    let (after, end) = (words.next()?.parse().ok()?, words.next()?);
    let known = ["paid", "refused", "closed", "other_amount", CHARGED_BACK].contains(&end);
    let is_checkout = journey.opening().purpose.checkout().is_some();
    (known && is_checkout).then_some(Script { after: Duration::from_millis(after), end })
}

/// The card that it plays.
pub(super) fn card() -> Instrument {
    Instrument::Card(Card {
        brand: Some("visa".into()),
        holder: Some("Test Customer".into()),
        bin: Some("411111".into()),
        last_four: Some("1111".into()),
        expiry: CardExpiry::new(2031, 12),
        fingerprint: Some("sandbox-card".into()),
        three_d_secure: Some("authenticated".into()),
    })
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
    let back_at = (end == CHARGED_BACK && over).then(|| visit.left_at.plus(after * 2));
    let operations = back_at.filter(|at| now >= *at).map(|_| ReportedOperation {
        id: format!("chargeback-{reference}"),
        kind: OperationKind::Chargeback,
        amount: Some(amount),
        reason: "Played by the test bank".into(),
    });
    let (reference, operations) = (reference.to_string(), operations.into_iter().collect());
    let instrument = Some(card()).filter(|_| matches!(status, PaymentStatus::Paid | PaymentStatus::Authorised));
    Ok(PaymentReport { reference, amount: Some(amount), status, operations, instrument, changes_until: back_at })
}

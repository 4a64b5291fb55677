//! Deliveries: what merchants' servers receive, besides what the customer's browser brings.
//!
//! What happens to a journey leaves deliveries; the courier makes attempts at each, by a schedule, until a verdict ends
//! it. A delivery names its place in the journey instead of repeating a URL or a body: the plan is frozen, and what has
//! happened stays as it was, so both can be written at any time.

mod attempt;
mod event;
mod policy;
mod record;
mod result;
mod schedule;

use std::{fmt, str::FromStr, time::Duration};

use crate::domain::{Invalid, JourneyId, Secret, UnixMillis, words::words};

pub use attempt::{Attempt, Verdict};
pub use event::JourneyEvent;
pub use policy::{DeliveryPolicy, SuccessRule};
pub use record::AttemptRecord;
pub use result::AttemptResult;
pub use schedule::Schedule;

/// A delivery's id: the same for every attempt, so that a receiver can tell a repetition from a new event.
///
/// As text: the journey's UUID, the event and the target, `…_0_c1` or `…_0_e0` of the first final outcome, `…_o_e0` of
/// the opening. There is no full stop in it, because Standard Webhooks signs `id.timestamp.body`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// The journey.
    pub journey: JourneyId,
    /// The event that it reports.
    pub event: JourneyEvent,
    /// Who receives it.
    pub target: Target,
}

/// Who receives a delivery: an entry of the journey's plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A background callback, from 0: it gets the browser's query by a GET.
    Callback(u8),
    /// A payment endpoint, from 0: it gets a body by a POST.
    WebhookEndpoint(u8),
}

impl Target {
    /// The bit of [`Target::number`] in which endpoints differ from callbacks.
    const ENDPOINTS: u8 = 128;

    /// It in one byte, as stores keep it: callbacks first.
    pub const fn number(self) -> u8 {
        match self {
            Self::Callback(entry) => entry,
            Self::WebhookEndpoint(entry) => entry | Self::ENDPOINTS,
        }
    }

    /// Reads what [`Target::number`] wrote.
    pub const fn of_number(number: u8) -> Self {
        if number < Self::ENDPOINTS { Self::Callback(number) } else { Self::WebhookEndpoint(number & !Self::ENDPOINTS) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callback(entry) => write!(f, "c{entry}"),
            Self::WebhookEndpoint(entry) => write!(f, "e{entry}"),
        }
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.journey, self.event, self.target)
    }
}

impl FromStr for DeliveryId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let read = || {
            let (journey, rest) = text.split_once('_')?;
            let (event, target) = rest.split_once('_')?;
            let entry = target.get(1..)?.parse().ok().filter(|entry| *entry < Target::ENDPOINTS)?;
            let target = match target.as_bytes() {
                [b'c', ..] => Target::Callback(entry),
                [b'e', ..] => Target::WebhookEndpoint(entry),
                _ => return None,
            };
            Some(Self { journey: journey.parse().ok()?, event: JourneyEvent::read(event)?, target })
        };
        // Only the one spelling that we write ourselves.
        read().filter(|id| id.to_string() == text).ok_or_else(|| {
            Invalid::new("delivery_id", "is not a valid delivery id")
                .hint("expected one as the journey's view shows it")
        })
    }
}

/// A delivery, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// When it was left behind, or last replayed.
    pub since: UnixMillis,
    /// When its next try is due; once it has ended, when it did.
    pub due_at: UnixMillis,
    /// How many tries have been made since then.
    pub tries: u8,
    /// Where it stands.
    pub state: State,
    /// The attempts that were made, the first of them first; at most [`AttemptRecord::KEPT`], the last ones.
    pub attempts: Vec<AttemptRecord>,
}

words! {
    /// Where a delivery stands.
    pub enum State {
        /// It waits for its next try, or is under way.
        Waiting = "waiting",
        /// It was received.
        Delivered = "delivered",
        /// Its last try has failed.
        Dead = "dead",
        /// Its endpoint has said that it is gone for good (RFC 9110, 15.5.11), to this delivery or to one before it.
        Gone = "gone",
    }
}

impl Delivery {
    /// How long a delivery may wait in all, however often it was put off.
    pub const LIFE: Duration = Duration::from_hours(10 * 24);

    /// A delivery that is left behind at `at`, and due at once.
    pub const fn fresh(id: DeliveryId, at: UnixMillis) -> Self {
        Self { id, since: at, due_at: at, tries: 0, state: State::Waiting, attempts: Vec::new() }
    }

    /// Whether it was never tried since it was left behind, or last replayed.
    pub const fn is_untried(&self) -> bool {
        self.tries == 0
    }

    /// Its word: one that was tried in vain, and is tried again, is failing.
    pub const fn word(&self) -> &'static str {
        match self.state {
            State::Waiting if !self.is_untried() => "failing",
            state => state.as_str(),
        }
    }

    /// Whether it has waited for so long that it will not be tried again.
    pub fn is_worn_out(&self, now: UnixMillis) -> bool {
        now >= self.since.plus(Self::LIFE)
    }
}

impl State {
    /// Whether it rests among the dead letters.
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::Dead | Self::Gone)
    }

    /// It in one byte, as stores keep it.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads what [`State::number`] wrote.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// What a payment endpoint receives, in a dialect's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookPayload {
    /// The media type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// What a dialect that signs in its own way needs to know of one try.
#[derive(Clone, Copy)]
pub struct Posting<'a> {
    /// The delivery's id, as text.
    pub id: &'a str,
    /// Where it goes.
    pub url: &'a str,
    /// When.
    pub at: UnixMillis,
    /// The merchant's signing secrets that count, the newest first.
    pub secrets: &'a [Secret],
    /// The signature of the merchant's webhook key over a text: Ed25519, 64 bytes.
    pub webhook_key: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Shard;

    #[test]
    fn an_id_comes_back_from_its_text_and_no_other_spelling_does() {
        let journey = JourneyId::mint([0xa7; 16], Shard::of_byte(7));
        for target in
            [Target::Callback(0), Target::Callback(15), Target::WebhookEndpoint(0), Target::WebhookEndpoint(15)]
        {
            let id = DeliveryId { journey, event: JourneyEvent::Concluded(3), target };
            assert_eq!(id.to_string().parse::<DeliveryId>().unwrap(), id);
            assert!(!id.to_string().contains('.'));
            assert_eq!(Target::of_number(target.number()), target);
        }
        for bad in
            ["", "_0_c0", "0_c0", &format!("{journey}_0"), &format!("{journey}_00_c0"), &format!("{journey}_0_x0")]
        {
            assert!(bad.parse::<DeliveryId>().is_err(), "{bad} was accepted");
        }
        for bad in ["0_c128", "0_e200", "256_c0", "0_c+1", "0_c0 ", "0_é"] {
            assert!(format!("{journey}_{bad}").parse::<DeliveryId>().is_err(), "{bad} was accepted");
        }
        assert!(journey.to_string().to_uppercase().parse::<DeliveryId>().is_err());
    }

    #[test]
    fn states_come_back_from_their_numbers() {
        for state in [State::Waiting, State::Delivered, State::Dead, State::Gone] {
            assert_eq!(State::of_number(state.number()), Some(state));
        }
        assert_eq!(State::of_number(4), None);
    }
}

//! Which events of a journey a webhook endpoint wants.

use crate::domain::{Invalid, Outcome};

/// The events that an endpoint wants: the outcomes of a journey, in the words of `/v1`, and `pending` for what happens
/// before there is one, where a dialect reports that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifyOn(u8);

/// Every event with its word; the first has the lowest bit.
const EVENTS: [(&str, Option<Outcome>); 7] = [
    ("pending", None),
    ("paid", Some(Outcome::Paid)),
    ("authorised", Some(Outcome::Authorised)),
    ("done", Some(Outcome::Done)),
    ("cancelled", Some(Outcome::Cancelled)),
    ("failed", Some(Outcome::Failed)),
    ("expired", Some(Outcome::Expired)),
];

impl NotifyOn {
    /// Every event: what an endpoint receives unless it says otherwise.
    pub const ALL: Self = Self(0b111_1111);

    /// All but what was not paid.
    pub const SUCCESS: Self = Self(0b000_1111);

    /// Reads a list of events.
    ///
    /// # Errors
    /// When one is unknown, or there is none; the field is `notify_on`.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        let mut bits = 0;
        for word in words {
            let at = EVENTS.iter().position(|(known, _)| *known == word).ok_or_else(|| {
                Invalid::new("notify_on", "holds an event that is not known here")
                    .hint(format!("expected some of {}", EVENTS.map(|(known, _)| known).join(", ")))
            })?;
            bits |= 1 << at;
        }
        if bits == 0 {
            return Err(
                Invalid::new("notify_on", "is empty").hint("expected at least one event, or delete the endpoint")
            );
        }
        Ok(Self(bits))
    }

    /// Whether it wants this outcome; `None` is what happens before there is one.
    pub fn wants(self, outcome: Option<Outcome>) -> bool {
        EVENTS.iter().position(|(_, event)| *event == outcome).is_some_and(|at| self.0 & (1 << at) != 0)
    }

    /// The words of its events, in the order of a journey.
    pub fn words(self) -> Vec<&'static str> {
        EVENTS.iter().filter(|(_, event)| self.wants(*event)).map(|(word, _)| *word).collect()
    }

    /// It as a number, as stores keep it.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Reads what [`NotifyOn::number`] wrote; what is no such number is every event.
    pub const fn of_number(number: u8) -> Self {
        if number == 0 || number > Self::ALL.0 { Self::ALL } else { Self(number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_wants_the_events_that_it_names() {
        let outcomes = EVENTS.map(|(_, outcome)| outcome);
        assert_eq!(NotifyOn::parse(EVENTS.map(|(word, _)| word)), Ok(NotifyOn::ALL));
        assert_eq!(NotifyOn::parse(["paid", "pending", "done", "authorised"]), Ok(NotifyOn::SUCCESS));
        for (word, outcome) in EVENTS {
            let one = NotifyOn::parse([word, word]).unwrap();
            assert_eq!((one.words(), NotifyOn::of_number(one.number())), (vec![word], one));
            assert!(outcomes.iter().all(|other| one.wants(*other) == (*other == outcome)), "{word}");
            assert!(outcome.is_none_or(|outcome| outcome.as_str() == word), "the word of /v1");
            assert!(NotifyOn::SUCCESS.wants(outcome) == outcome.is_none_or(Outcome::is_proven), "{word}");
        }
        for bad in [&["success"][..], &["paid", "Paid"], &["always"], &[""], &[]] {
            let refused = NotifyOn::parse(bad.iter().copied()).unwrap_err();
            assert_eq!(refused.field(), "notify_on", "{bad:?}");
            assert!(refused.hint_text().is_some());
        }
    }
}

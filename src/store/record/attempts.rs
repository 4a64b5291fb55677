//! Deliveries, and the attempts at each, one behind the other: when (6 bytes), what came of it (2), how many
//! milliseconds it took (4), how many bytes of the answer follow (1), and these. A store that appends one knows where
//! the next begins.

use std::time::Duration;

use crate::domain::delivery::State;
use crate::domain::{AttemptRecord, AttemptResult, Delivery, DeliveryId, JourneyEvent, JourneyId, Target, UnixMillis};

/// How many bytes an attempt has before its answer.
const HEAD: usize = 13;

// The length of an answer is one byte.
const _: () = assert!(AttemptRecord::EXCERPT < 256);

/// Writes an attempt.
pub(in crate::store) fn write_attempt(attempt: &AttemptRecord) -> Vec<u8> {
    let took = u32::try_from(attempt.took().as_millis()).unwrap_or(u32::MAX);
    let length = u8::try_from(attempt.excerpt().len()).unwrap_or(u8::MAX);
    let (at, result) = (attempt.at().to_bytes(), attempt.result().number().to_be_bytes());
    [&at[..], &result, &took.to_be_bytes(), &[length], attempt.excerpt()].concat()
}

/// Appends an attempt to those that are kept, and drops the oldest beyond [`AttemptRecord::KEPT`].
pub(in crate::store) fn append_attempt(kept: &[u8], attempt: &AttemptRecord) -> Vec<u8> {
    let all = [kept, &write_attempt(attempt)].concat();
    let starts: Vec<usize> = starts(&all).collect();
    let from = starts.len().checked_sub(AttemptRecord::KEPT).and_then(|beyond| starts.get(beyond));
    all[from.copied().unwrap_or_default()..].to_vec()
}

/// Reads what was written. `None` when it is something else.
fn read_attempts(mut kept: &[u8]) -> Option<Vec<AttemptRecord>> {
    let mut attempts = Vec::new();
    while !kept.is_empty() {
        let (at, rest) = kept.split_first_chunk()?;
        let (result, rest) = rest.split_first_chunk::<2>()?;
        let (took, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first()?;
        let (excerpt, rest) = rest.split_at_checked(usize::from(*length))?;
        let at = UnixMillis::from_bytes(*at);
        let result = AttemptResult::of_number(u16::from_be_bytes(*result))?;
        let took = Duration::from_millis(u32::from_be_bytes(*took).into());
        attempts.push(AttemptRecord::new(at, took, result, excerpt));
        kept = rest;
    }
    Some(attempts)
}

/// A delivery, of what a store keeps: the numbers of its event and its target, when it was left behind and is due, the
/// numbers of its state and its tries, and its attempts. `None` when one of them is something else.
pub(in crate::store) fn read_delivery(
    journey: JourneyId,
    [event, target]: [u8; 2],
    [since, due_at]: [UnixMillis; 2],
    [state, tries]: [u8; 2],
    attempts: &[u8],
) -> Option<Delivery> {
    let id = DeliveryId { journey, event: JourneyEvent::of_number(event)?, target: Target::of_number(target) };
    let (state, attempts) = (State::of_number(state)?, read_attempts(attempts)?);
    Some(Delivery { id, since, due_at, tries, state, attempts })
}

/// Where each attempt begins.
fn starts(kept: &[u8]) -> impl Iterator<Item = usize> {
    let next = |at: &usize| kept.get(*at + HEAD - 1).map(|length| *at + HEAD + usize::from(*length));
    std::iter::successors(Some(0), next).take_while(|at| *at < kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(n: u64) -> AttemptRecord {
        let text = "x".repeat(usize::try_from(n * 37 % 300).unwrap());
        let result =
            [AttemptResult::Status(500), AttemptResult::Refused, AttemptResult::Unreachable, AttemptResult::Unanswered]
                [(n % 4) as usize];
        AttemptRecord::new(
            UnixMillis::from_millis(1_800_000_000_000 + n),
            Duration::from_millis(n),
            result,
            text.as_bytes(),
        )
    }

    #[test]
    fn the_last_attempts_are_kept_and_their_size_is_bounded() {
        let mut kept = Vec::new();
        for n in 0..100 {
            kept = append_attempt(&kept, &attempt(n));
            let first = (n + 1).saturating_sub(20);
            assert_eq!(read_attempts(&kept).unwrap(), (first..=n).map(attempt).collect::<Vec<_>>(), "{n}");
            assert!(kept.len() <= AttemptRecord::KEPT * (HEAD + AttemptRecord::EXCERPT), "{}", kept.len());
        }
        assert_eq!(read_attempts(&[]), Some(Vec::new()));
        for damaged in [&kept[..kept.len() - 1], &kept[1..], &[0; 13]] {
            assert_eq!(read_attempts(damaged), None);
        }
    }
}

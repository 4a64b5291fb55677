//! What stands in the values: a few bytes that the scripts look at, and records that they never do.
//!
//! A journey and a merchant begin with their revision (4 bytes). A journey then has the letter `u` while its unspent
//! tokens wait for a fact, else `s`; how many tokens it has (1 byte); and these (`store::record::tokens`). The record
//! comes behind that. The other values are short enough to be fixed in width.

use redis::{FromRedisValue, Value};

use crate::domain::{Digest, Journey, Merchant, PayId, UnixMillis};
use crate::store::readings::{awaits_fact, user_of};
use crate::store::record::tokens::{KeptToken, TOKEN, is_any_spent, kept_token};
use crate::store::record::{read_journey, read_merchant, write_journey, write_merchant};
use crate::store::{JourneyCursor, SampledJourney, StoreError};

/// How many bytes a revision takes.
const REVISION: usize = 4;

/// How many bytes a place takes: six for a moment, and a number.
pub(super) const PLACE: usize = UnixMillis::BYTES + PayId::BYTES;

/// A revision as it stands at the beginning of a value.
pub(super) const fn revision(revision: u32) -> [u8; REVISION] {
    revision.to_be_bytes()
}

/// The number at the beginning of a value.
pub(super) fn number_at(value: &[u8]) -> Option<PayId> {
    PayId::from_bytes(*value.first_chunk()?)
}

/// What a journey's value begins with: its revision, and the letter.
pub(super) fn head(journey: &Journey) -> [u8; REVISION + 1] {
    let [a, b, c, d] = revision(journey.revision());
    [a, b, c, d, if awaits_fact(journey) { b'u' } else { b's' }]
}

/// Writes the value of a journey that has no tokens yet.
pub(super) fn of_journey(journey: &Journey) -> Result<Vec<u8>, StoreError> {
    Ok([&head(journey)[..], &[0], &write_journey(journey)?].concat())
}

/// Reads a journey's value.
pub(super) fn to_journey(value: &[u8]) -> Result<Journey, StoreError> {
    read_journey(tokens_and_record(value)?.1)
}

/// The token of this digest in a journey's value.
pub(super) fn to_token(value: &[u8], token: &Digest) -> Result<Option<KeptToken>, StoreError> {
    Ok(kept_token(tokens_and_record(value)?.0, token))
}

/// What the clock of a Redis says: `TIME`.
pub(super) const fn to_time((seconds, micros): (u64, u64)) -> UnixMillis {
    UnixMillis::from_millis(seconds.saturating_mul(1000).saturating_add(micros / 1000))
}

/// Reads a journey's value, with whether a token of it was spent.
pub(super) fn to_sampled(value: &[u8]) -> Result<SampledJourney, StoreError> {
    let (tokens, record) = tokens_and_record(value)?;
    Ok(SampledJourney { journey: read_journey(record)?, is_redeemed: is_any_spent(tokens) })
}

pub(super) fn tokens_and_record(value: &[u8]) -> Result<(&[u8], &[u8]), StoreError> {
    let behind = value.get(REVISION + 1..).and_then(|rest| rest.split_first());
    let parts = behind.and_then(|(count, rest)| rest.split_at_checked(usize::from(*count) * TOKEN));
    parts.ok_or_else(|| unreadable("a journey"))
}

/// Writes a merchant's value.
pub(super) fn of_merchant(merchant: &Merchant) -> Result<Vec<u8>, StoreError> {
    Ok([&revision(merchant.revision)[..], &write_merchant(merchant)?].concat())
}

/// Reads a merchant's value.
pub(super) fn to_merchant(value: &[u8]) -> Result<Merchant, StoreError> {
    read_merchant(value.get(REVISION..).ok_or_else(|| unreadable("a merchant"))?)
}

/// Writes a place, so that places sort as bytes: by a moment, and then by a journey's number.
pub(super) fn of_place(at: UnixMillis, pay_id: PayId) -> [u8; PLACE] {
    let mut value = [0; PLACE];
    let (moment, number) = value.split_at_mut(UnixMillis::BYTES);
    moment.copy_from_slice(&at.to_bytes());
    number.copy_from_slice(&pay_id.to_bytes());
    value
}

/// Reads the place at the beginning of a value, and what stands behind it.
pub(super) fn to_place(value: &[u8]) -> Result<(UnixMillis, PayId, &[u8]), StoreError> {
    let (place, rest) = value.split_at_checked(PLACE).ok_or_else(|| unreadable("a place"))?;
    Ok((to_moment(&place[..6])?, to_pay_id(&place[6..])?, rest))
}

/// Writes a journey's place as its merchant's indexes hold it: with its user behind, if it is about one, so that the
/// user's index can be trimmed when the journey is gone.
pub(super) fn of_listing(journey: &Journey) -> Vec<u8> {
    let user = user_of(journey);
    let user = user.as_ref().map_or(&[][..], |user| user.as_bytes());
    [&of_place(journey.opening().opened_at, journey.pay_id()), user].concat()
}

/// Reads the place at the beginning of what [`of_listing`] wrote.
pub(super) fn to_listed(value: &[u8]) -> Result<JourneyCursor, StoreError> {
    let (opened_at, pay_id, _) = to_place(value)?;
    Ok(JourneyCursor { opened_at, pay_id })
}

/// Reads a number.
pub(super) fn to_pay_id(value: &[u8]) -> Result<PayId, StoreError> {
    value.try_into().ok().and_then(PayId::from_bytes).ok_or_else(|| unreadable("a number"))
}

/// Reads a moment.
pub(super) fn to_moment(bytes: &[u8]) -> Result<UnixMillis, StoreError> {
    bytes.try_into().map(UnixMillis::from_bytes).map_err(|_| unreadable("a moment"))
}

/// Reads a reply as what a verb expects.
pub(super) fn reply<T: FromRedisValue>(value: Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(|_| unreadable("a reply"))
}

/// The error for bytes that are not what they should be.
pub(super) fn unreadable(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} of another form than this program writes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey;

    #[test]
    fn places_sort_as_bytes_by_moment_and_then_by_number() {
        let place = |millis, number| JourneyCursor {
            opened_at: UnixMillis::from_millis(millis),
            pay_id: PayId::new(number).unwrap(),
        };
        let written = |place: JourneyCursor| of_place(place.opened_at, place.pay_id);
        let places = [place(1, 9), place(2, 3), place(2, 300), place(1 << 40, 0)];
        for pair in places.windows(2) {
            assert!(pair[0] < pair[1] && written(pair[0]) < written(pair[1]));
        }
        for place in places {
            assert_eq!(to_listed(&written(place)).unwrap(), place);
        }
    }

    #[test]
    fn a_value_shows_its_revision_and_whether_a_fact_is_awaited() {
        let value = of_journey(&journey()).unwrap();
        assert!(value.starts_with(b"\0\0\0\x01u\0"));
        assert_eq!(to_journey(&value).unwrap(), journey());
    }

    #[test]
    fn what_is_cut_off_is_damaged() {
        for bad in [&b""[..], b"0001", b"0001u", b"0001u\x01", b"0001s\0"] {
            assert!(matches!(to_journey(bad), Err(StoreError::Damaged(_))));
            assert!(matches!(to_merchant(bad), Err(StoreError::Damaged(_))));
            assert!(matches!(to_place(bad), Err(StoreError::Damaged(_))));
            assert!(matches!(to_listed(bad), Err(StoreError::Damaged(_))));
        }
    }
}

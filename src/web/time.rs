//! Moments as our own API and our pages write them.

use jiff::Timestamp;

use crate::domain::UnixMillis;

/// RFC 3339 in UTC with milliseconds: `2026-11-20T15:04:05.678Z`.
pub fn rfc3339(moment: UnixMillis) -> String {
    format!("{:.3}", timestamp(moment))
}

/// The day in UTC, as people write it: `26 Feb 2027`.
pub fn day(moment: UnixMillis) -> String {
    timestamp(moment).strftime("%-d %b %Y").to_string()
}

fn timestamp(moment: UnixMillis) -> Timestamp {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_three_decimals() {
        assert_eq!(rfc3339(UnixMillis::from_millis(1_779_268_788_000)), "2026-05-20T09:19:48.000Z");
        assert_eq!(rfc3339(UnixMillis::from_millis(1)), "1970-01-01T00:00:00.001Z");
        assert!(rfc3339(UnixMillis::from_millis(u64::MAX)).starts_with("9999-"));
    }

    #[test]
    fn a_day_is_written_as_people_write_it() {
        assert_eq!(day(UnixMillis::from_millis(1_779_268_788_000)), "20 May 2026");
        assert_eq!(day(UnixMillis::from_millis(1)), "1 Jan 1970");
        assert!(day(UnixMillis::from_millis(u64::MAX)).ends_with(" 9999"));
    }
}

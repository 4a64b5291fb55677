//! Moments as our own API writes them.

use jiff::Timestamp;

use crate::domain::moment::Moment;

/// RFC 3339 in UTC with milliseconds: `2026-11-20T15:04:05.678Z`.
pub fn rfc3339(moment: Moment) -> String {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_three_decimals() {
        assert_eq!(rfc3339(Moment::from_millis(1_779_268_788_000)), "2026-05-20T09:19:48.000Z");
        assert_eq!(rfc3339(Moment::from_millis(1)), "1970-01-01T00:00:00.001Z");
        assert!(rfc3339(Moment::from_millis(u64::MAX)).starts_with("9999-"));
    }
}

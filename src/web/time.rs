//! Moments as our own API writes them.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::domain::{Invalid, UnixMillis};

/// RFC 3339 in UTC with milliseconds: `2026-11-20T15:04:05.678Z`.
pub fn rfc3339(moment: UnixMillis) -> String {
    format!("{:.3}", timestamp(moment))
}

/// Reads a moment as RFC 3339 has it. `None` when it is none since 1970.
pub fn read_rfc3339(text: &str) -> Option<UnixMillis> {
    let at: Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok().map(UnixMillis::from_millis)
}

/// The day in UTC: `2026-11-20`.
pub fn day(moment: UnixMillis) -> String {
    timestamp(moment).strftime("%Y-%m-%d").to_string()
}

/// Reads a day as [`day`] writes it: when it begins in UTC. `None` when it is none since 1970.
pub fn read_day(text: &str) -> Option<UnixMillis> {
    let begins = text.parse::<Date>().ok().filter(|day| day.to_string() == text)?.to_zoned(TimeZone::UTC).ok()?;
    u64::try_from(begins.timestamp().as_millisecond()).ok().map(UnixMillis::from_millis)
}

/// [`read_day`], of a field.
///
/// # Errors
/// When it is none.
pub fn day_in(field: &'static str, text: &str) -> Result<UnixMillis, Invalid> {
    read_day(text).ok_or_else(|| Invalid::new(field, "is not a day").hint("expected such as 2026-11-20"))
}

/// The second in UTC, as people write it: `26 Feb 2027, 14:03:05`.
pub fn second(moment: UnixMillis) -> String {
    timestamp(moment).strftime("%-d %b %Y, %H:%M:%S").to_string()
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
    fn a_moment_is_read_with_its_offset() {
        let read = |text| read_rfc3339(text).map(rfc3339);
        assert_eq!(read("2026-05-20T11:19:48+02:00").as_deref(), Some("2026-05-20T09:19:48.000Z"));
        for bad in ["", "2026-05-20", "yesterday", "1969-12-31T23:59:59Z", "2026-05-20T11:19:48"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_read_as_it_is_written() {
        assert_eq!(day(UnixMillis::from_millis(1_779_268_788_000)), "2026-05-20");
        assert_eq!(read_day("2026-05-20").map(rfc3339).as_deref(), Some("2026-05-20T00:00:00.000Z"));
        for bad in ["", "2026-5-20", "2026-02-30", "20260520", "2026-05-20T09:19:48Z", "1969-12-31", "today"] {
            assert_eq!(read_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_second_is_written_as_people_write_it() {
        assert_eq!(second(UnixMillis::from_millis(1_779_268_788_999)), "20 May 2026, 09:19:48");
        assert!(second(UnixMillis::from_millis(u64::MAX)).contains(" 9999, "));
    }
}

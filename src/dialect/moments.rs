//! Moments and spans as JSON bodies have them: `2021-06-08T10:59:53.288Z` and `PT29M59.5S`.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::{SignedDuration, SpanRelativeTo, Timestamp, Unit, Zoned, tz::TimeZone};

use crate::domain::{Invalid, UnixMillis};

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// What was expected instead.
const EXPECTED: &str = "expected 2026-11-20T15:04:05.678Z";

/// RFC 3339 in UTC with milliseconds; what lies beyond its last year is the end of that year.
pub(super) fn written(moment: UnixMillis) -> String {
    let last = Date::MAX.at(23, 59, 59, 999_000_000);
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    let at = EPOCH.checked_add(SignedDuration::from_millis(millis)).unwrap_or(last);
    format!("{at:.3}Z")
}

/// What a date-time without an offset from UTC is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offset {
    /// Refused: nobody knows which moment is meant.
    Needed,
    /// Taken as UTC, where the moment is looked at and not used: clients write local times.
    Assumed,
}

/// Reads a date-time with an offset from UTC; `+0000` is one too. From the year 1970 to the end of the year 9999.
///
/// # Errors
/// With the rule that it breaks.
pub(super) fn read(field: &str, text: &str, offset: Offset) -> Result<UnixMillis, Invalid> {
    let refused = |rule: &str| Invalid::new(field, rule).hint(EXPECTED);
    let pieces = Pieces::parse(text.trim()).map_err(|_| refused("is not a date-time"))?;
    let time: Time = pieces.time().ok_or_else(|| refused("is a date without a time"))?;
    let ahead = match (pieces.offset(), offset) {
        (Some(PiecesOffset::Numeric(offset)), _) => i64::from(offset.offset().seconds()),
        (Some(_), _) | (None, Offset::Assumed) => 0,
        (None, Offset::Needed) => return Err(refused("has no offset from UTC")),
    };
    let at = pieces.date().to_datetime(time);
    let since = at.since((Unit::Day, EPOCH)).map_err(|_| refused("is not a date-time"))?;
    let since = since.to_duration(SpanRelativeTo::days_are_24_hours());
    let millis = since.map_err(|_| refused("is not a date-time"))?.as_millis() - i128::from(ahead) * 1000;
    let millis = u64::try_from(millis).map_err(|_| refused("is before 1970"))?;
    Ok(UnixMillis::from_millis(millis))
}

/// Reads a day of the calendar, `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|day| day.to_string() == text)
}

/// The day that it is where it is the earliest on earth: a day before this one has passed for everybody.
pub(super) fn earliest_today(now: UnixMillis) -> Date {
    zoned(now, TimeZone::fixed(jiff::tz::offset(-12))).date()
}

/// A moment in this time zone.
pub(super) fn zoned(moment: UnixMillis, zone: TimeZone) -> Zoned {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_zoned(zone)
}

/// A moment by the clock of UTC.
pub(super) fn in_utc(moment: UnixMillis) -> Zoned {
    zoned(moment, TimeZone::UTC)
}

/// A span as ISO 8601 has it, in hours, minutes and seconds.
pub(super) fn span(span: Duration) -> String {
    let (seconds, millis) = (span.as_secs(), span.subsec_millis());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let part = |number: u64, unit: &str| if number == 0 { String::new() } else { format!("{number}{unit}") };
    let seconds = match (seconds, millis) {
        (0, 0) if hours + minutes > 0 => String::new(),
        (seconds, 0) => format!("{seconds}S"),
        (seconds, millis) => format!("{}S", format!("{seconds}.{millis:03}").trim_end_matches('0')),
    };
    format!("PT{}{}{seconds}", part(hours, "H"), part(minutes, "M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clients_write_them() {
        for text in [
            "2021-06-08T10:59:53.288Z",
            "2021-06-08T10:59:53.288+0000",
            "2021-06-08T12:59:53.288+02:00",
            "2021-06-08T10:59:53.288000Z",
            "2021-06-08t10:59:53.288999z",
            "2021-06-08 10:59:53.288Z",
        ] {
            assert_eq!(read("from", text, Offset::Needed).map(written).unwrap(), "2021-06-08T10:59:53.288Z", "{text}");
        }
        for (bad, rule) in [
            ("", "is not a date-time"),
            ("tomorrow", "is not a date-time"),
            ("1623149993288", "is not a date-time"),
            ("2021-02-29T10:59:53Z", "is not a date-time"),
            ("2021-06-08T25:00:00Z", "is not a date-time"),
            ("10000-01-01T00:00:00Z", "is not a date-time"),
            ("2021-06-08", "is a date without a time"),
            ("2021-06-08T10:59:53", "has no offset from UTC"),
            ("1969-12-31T23:59:59.999Z", "is before 1970"),
            ("1970-01-01T00:59:59+01:00", "is before 1970"),
            ("0000-01-01T00:00:00Z", "is before 1970"),
        ] {
            let refused = read("from", bad, Offset::Needed).unwrap_err();
            assert_eq!((refused.field(), refused.rule()), ("from", rule), "{bad}");
        }
        let naive = read("from", "2027-01-01T10:00:00.123456", Offset::Assumed).map(written);
        assert_eq!(naive.unwrap(), "2027-01-01T10:00:00.123Z");
    }

    #[test]
    fn the_edges_of_the_calendar_are_read_and_written() {
        for (text, shown) in [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(read("until", text, Offset::Needed).map(written).unwrap(), shown, "{text}");
        }
        assert_eq!(written(UnixMillis::from_millis(u64::MAX)), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_day_is_over_when_it_is_over_everywhere() {
        for (now, today) in [
            ("2026-03-01T11:59:59Z", "2026-02-28"),
            ("2026-03-01T12:00:00Z", "2026-03-01"),
            ("2026-03-01T23:59:59Z", "2026-03-01"),
        ] {
            assert_eq!(earliest_today(read("now", now, Offset::Needed).unwrap()).to_string(), today, "{now}");
        }
    }

    #[test]
    fn spans_leave_out_what_is_nothing() {
        for (millis, text) in [
            (0, "PT0S"),
            (500, "PT0.5S"),
            (60_000, "PT1M"),
            (3_600_000, "PT1H"),
            (1_799_050, "PT29M59.05S"),
            (90 * 24 * 3_600_000, "PT2160H"),
            (3_601_000, "PT1H1S"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
    }
}

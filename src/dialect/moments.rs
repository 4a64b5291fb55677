//! Moments and spans as JSON bodies have them: `2021-06-08T10:59:53.288Z` and `PT29M59.5S`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::domain::invalid::Invalid;
use crate::domain::moment::Moment;

/// RFC 3339 in UTC with milliseconds.
pub(super) fn written(moment: Moment) -> String {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    format!("{timestamp:.3}")
}

/// Reads a date-time with an offset from UTC; `+0000` is one too.
pub(super) fn read(field: &str, text: &str) -> Result<Moment, Invalid> {
    let refused =
        || Invalid::new(field, "is not a date-time with an offset from UTC").hint("expected 2026-11-20T15:04:05.678Z");
    let timestamp: Timestamp = text.trim().parse().map_err(|_| refused())?;
    u64::try_from(timestamp.as_millisecond()).map(Moment::from_millis).map_err(|_| refused())
}

/// The day that it is where it is the earliest on earth: a day before this one has passed for everybody.
pub(super) fn earliest_today(now: Moment) -> jiff::civil::Date {
    let millis = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    timestamp.to_zoned(TimeZone::fixed(Offset::constant(-12))).date()
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
        ] {
            assert_eq!(read("from", text).map(written).unwrap(), "2021-06-08T10:59:53.288Z", "{text}");
        }
        for bad in ["", "2021-06-08", "2021-06-08T10:59:53", "1969-01-01T00:00:00Z", "tomorrow", "1623149993288"] {
            assert_eq!(read("from", bad).unwrap_err().field(), "from", "{bad}");
        }
    }

    #[test]
    fn a_day_is_over_when_it_is_over_everywhere() {
        for (now, today) in [
            ("2026-03-01T11:59:59Z", "2026-02-28"),
            ("2026-03-01T12:00:00Z", "2026-03-01"),
            ("2026-03-01T23:59:59Z", "2026-03-01"),
        ] {
            assert_eq!(earliest_today(read("now", now).unwrap()).to_string(), today, "{now}");
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

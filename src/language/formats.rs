//! How people of a language write numbers and days, by the data of Unicode's CLDR.

use icu_calendar::{Date, Gregorian};
use icu_datetime::{FixedCalendarDateTimeFormatter, fieldsets::YMD};
use icu_decimal::{DecimalFormatter, input::Decimal, options::DecimalFormatterOptions};
use icu_locale_core::Locale;
use jiff::{Timestamp, tz::TimeZone};

use crate::domain::{Amount, UnixMillis};

/// The ways of one language. The data of all of them is compiled in; without any, numbers and days are written as ISO
/// has them.
pub(super) struct Formats {
    numbers: Option<DecimalFormatter>,
    days: Option<FixedCalendarDateTimeFormatter<Gregorian, YMD>>,
}

impl Formats {
    /// The ways of the language of this tag.
    pub(super) fn of(tag: &str) -> Self {
        let locale = tag.parse().unwrap_or(Locale::UNKNOWN);
        Self {
            numbers: DecimalFormatter::try_new((&locale).into(), DecimalFormatterOptions::default()).ok(),
            days: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::medium()).ok(),
        }
    }

    /// The number of an amount, with all of its decimals.
    pub(super) fn number(&self, amount: Amount) -> String {
        let Some(numbers) = &self.numbers else { return amount.to_string() };
        let mut number = Decimal::from(amount.minor());
        number.multiply_pow10(-i16::try_from(amount.currency().decimals()).unwrap_or_default());
        numbers.format(&number).to_string()
    }

    /// The day of a moment, in UTC.
    pub(super) fn day(&self, moment: UnixMillis) -> String {
        let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
        let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        let day = at.to_zoned(TimeZone::UTC).date();
        let parts = (i32::from(day.year()), day.month().unsigned_abs(), day.day().unsigned_abs());
        match (&self.days, Date::try_new_gregorian(parts.0, parts.1, parts.2)) {
            (Some(days), Ok(date)) => days.format(&date).to_string(),
            _ => day.to_string(),
        }
    }
}

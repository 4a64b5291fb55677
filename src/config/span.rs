//! Spans of time as people write them: `100ms`, `5s`, `10m`, `24h`, `90d`.

use std::time::Duration;

use crate::domain::Invalid;

/// The units, the longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a whole number and its unit, from `least` to `most`.
///
/// # Errors
/// When it has another form or is out of bounds.
pub fn parse(text: &str, least: Duration, most: Duration) -> Result<Duration, Invalid> {
    let refused = |rule: &str| {
        Invalid::new("span", rule).hint(format!(
            "expected a number and a unit (ms, s, m, h, d) from {} to {}",
            written(least),
            written(most)
        ))
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let factor = factor.ok_or_else(|| refused("is not a valid duration"))?;
    let number: u64 = number.parse().map_err(|_| refused("is not a valid duration"))?;
    let span = number.checked_mul(factor).map(Duration::from_millis);
    span.filter(|span| (least..=most).contains(span)).ok_or_else(|| refused("is out of range"))
}

/// Writes a span in the longest unit that keeps it whole; parts of a millisecond are dropped.
pub fn written(span: Duration) -> String {
    let millis = span.as_millis();
    let unit = UNITS.iter().find(|(_, factor)| millis > 0 && millis.is_multiple_of(u128::from(*factor)));
    let (name, factor) = unit.unwrap_or(&("ms", 1));
    format!("{}{name}", millis / u128::from(*factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_they_are_written() {
        for (text, millis) in [("1ms", 1), ("100ms", 100), ("5s", 5000), ("10m", 600_000), ("90d", 7_776_000_000)] {
            let span = parse(text, Duration::ZERO, Duration::MAX).unwrap();
            assert_eq!(span, Duration::from_millis(millis));
            assert_eq!(written(span), text);
        }
        assert_eq!(written(Duration::from_secs(48 * 3600)), "2d");
        assert_eq!(written(Duration::ZERO), "0ms");
    }

    #[test]
    fn a_span_has_a_number_a_unit_and_bounds() {
        for bad in ["", "5", "s", "5 s", "-5s", "5S", "1.5s", "5sec", "5µs", "99999999999999999999s", "213503982335d"]
        {
            assert!(parse(bad, Duration::ZERO, Duration::MAX).is_err(), "{bad} was accepted");
        }
        let (least, most) = (Duration::from_millis(10), Duration::from_secs(2));
        assert!(parse("9ms", least, most).is_err());
        assert!(parse("10ms", least, most).is_ok());
        assert!(parse("2s", least, most).is_ok());
        assert!(parse("2001ms", least, most).unwrap_err().to_string().contains("from 10ms to 2s"));
    }
}

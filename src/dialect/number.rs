//! JSON numbers (RFC 8259, section 6) as plain decimals, exactly: `1.25E3` is `1250`. No floating point anywhere.
//!
//! What encoders of doubles write from ten millions on has an exponent, and is a number like any other. A *text* such
//! as `"1e3"` is none: nothing here looks into texts.

/// How many digits a number may have once it is written out: more than any field takes, so that its own rule refuses
/// it.
const MOST_DIGITS: usize = 64;

/// Whether this JSON value is a number.
pub(super) fn is_number(raw: &str) -> bool {
    raw.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// A JSON number without an exponent, and the same number otherwise; one without an exponent keeps its digits as they
/// were sent. `None` of one that has more digits than any field takes.
pub(super) fn plain(raw: &str) -> Option<String> {
    let Some((mantissa, exponent)) = raw.split_once(['e', 'E']) else { return Some(raw.to_owned()) };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.bytes().all(|b| b == b'0') {
        return Some(format!("{sign}0"));
    }
    let exponent: i64 = exponent.parse().ok()?;
    // Where the point stands, counted from the first digit.
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let zeros = |count: i64| usize::try_from(count).ok().filter(|count| *count <= MOST_DIGITS).map(|n| "0".repeat(n));
    let length = i64::try_from(digits.len()).ok()?;
    let written = if point <= 0 {
        format!("0.{}{digits}", zeros(-point)?)
    } else if point >= length {
        format!("{digits}{}", zeros(point - length)?)
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).ok()?);
        format!("{whole}.{fraction}")
    };
    let shortened = written.trim_start_matches('0');
    let first = if shortened.starts_with(['.']) || shortened.is_empty() { "0" } else { "" };
    Some(format!("{sign}{first}{shortened}"))
}

/// A JSON number that is whole, in whichever spelling: `7`, `7.0` and `0.7e1` are one number.
pub fn whole(raw: &str) -> Option<i64> {
    let plain = Some(raw).filter(|raw| is_number(raw)).and_then(plain)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    fraction.bytes().all(|b| b == b'0').then(|| whole.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_in_all_its_spellings() {
        for (sent, read) in [
            ("1250", "1250"),
            ("8.70", "8.70"),
            ("1.25E3", "1250"),
            ("1.25e+3", "1250"),
            ("125e1", "1250"),
            ("12500e-1", "1250.0"),
            ("1.0E7", "10000000"),
            ("8.7e0", "8.7"),
            ("87e-1", "8.7"),
            ("5e-2", "0.05"),
            ("0.5e1", "5"),
            ("0.05E1", "0.5"),
            ("0e999999999999999999999", "0"),
            ("-1.5e1", "-15"),
            ("100000000000000000001e-20", "1.00000000000000000001"),
        ] {
            assert_eq!(plain(sent).as_deref(), Some(read), "{sent}");
        }
        for endless in ["1e65", "1e-66", "1e999999999", "1e99999999999999999999", "-1e-99999999999999999999"] {
            assert_eq!(plain(endless), None, "{endless}");
        }
    }

    #[test]
    fn whole_numbers_are_read_in_every_spelling_too() {
        for (sent, read) in
            [("7", Some(7)), ("7.0", Some(7)), ("0.7e1", Some(7)), ("7e0", Some(7)), ("-7", Some(-7)), ("0", Some(0))]
        {
            assert_eq!(whole(sent), read, "{sent}");
        }
        for other in ["7.5", "75e-1", "1e30", "\"7\"", "true", "null", "[7]"] {
            assert_eq!(whole(other), None, "{other}");
        }
    }
}

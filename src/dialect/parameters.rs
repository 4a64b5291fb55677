//! Parameters of lists' queries, which each dialect has under names of its own.

use std::ops::RangeInclusive;

use super::{flag, moments};
use crate::domain::{Invalid, UnixMillis};

/// Reads a moment. A `+` that nobody has encoded arrives as a space.
///
/// # Errors
/// When it is none.
pub(super) fn moment(name: &str, value: &str) -> Result<UnixMillis, Invalid> {
    moments::read(name, &value.trim().replace(' ', "+"), moments::Offset::Needed)
}

/// Reads a number: how many are asked for, or how many come before them.
///
/// # Errors
/// When it is none of those that are allowed.
pub(super) fn number(name: &str, value: &str, allowed: RangeInclusive<usize>) -> Result<usize, Invalid> {
    let number = value.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| match allowed.end() {
        &usize::MAX => Invalid::new(name, "is not a whole number"),
        end => Invalid::new(name, format!("is not a whole number from {} to {end}", allowed.start())),
    })
}

/// Reads a yes or a no.
///
/// # Errors
/// When it is neither.
pub(super) fn flag(name: &str, value: &str) -> Result<bool, Invalid> {
    flag::of_word(value).ok_or_else(|| Invalid::new(name, flag::RULE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_clients_write_them_and_refused_by_their_names() {
        let at = moment("from", " 2021-06-08T10:59:53.288 0000").map(moments::written);
        assert_eq!(at.as_deref(), Ok("2021-06-08T10:59:53.288Z"), "a plus that nobody has encoded");
        assert_eq!((number("limit", "7", 1..=7), flag("partial", "True")), (Ok(7), Ok(true)));
        for (refused, expected) in [
            (number("limit", "8", 1..=7).map(drop), "limit: is not a whole number from 1 to 7"),
            (number("offset", "-1", 0..=usize::MAX).map(drop), "offset: is not a whole number"),
            (flag("partial", "1").map(drop), "partial: is neither true nor false"),
        ] {
            assert_eq!(refused.unwrap_err().to_string(), expected);
        }
        assert_eq!(moment("from", "yesterday").unwrap_err().field(), "from");
    }
}

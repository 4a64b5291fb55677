//! Parameters of lists' queries, which each dialect has under names of its own.

use std::ops::RangeInclusive;

use super::{flag, moments};
use crate::domain::invalid::Invalid;
use crate::domain::moment::UnixMillis;

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

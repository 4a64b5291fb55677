//! Fields that several calls have, each with its rules.

use super::{Rejection, moments};
use crate::dialect::Object;
use crate::domain::{Invalid, UnixMillis};

/// A reference of the caller's own. A whole number is one, too: the vendor's own tests send numbers, and read texts.
///
/// # Errors
/// When there is none, or it is longer than `most` characters.
pub(super) fn read_ref_id(object: &Object, most: usize) -> Result<String, Invalid> {
    let number = object.raw("refId").filter(|raw| raw.bytes().all(|b| b.is_ascii_digit()));
    let text = match number {
        Some(digits) => Some(digits.to_owned()),
        None => object.text("refId")?.filter(|text| !text.trim().is_empty()),
    };
    check_length(object, "refId", text, most)?.ok_or_else(|| object.missing("refId"))
}

/// The day on which a payment is to be made, if it names one: today or later, by somebody's calendar.
///
/// # Errors
/// When it is another day, or not a day at all.
pub(super) fn check_execution_date(object: &Object, now: UnixMillis) -> Result<(), Rejection> {
    const FIELD: &str = "executionDate";
    let Some(text) = object.text(FIELD)? else { return Ok(()) };
    let Some(day) = moments::day(&text) else {
        return Err(Invalid::new(object.at(FIELD), "is not a day").hint("expected YYYY-MM-DD").into());
    };
    if day < moments::earliest_today(now) {
        let invalid = Invalid::new(object.at(FIELD), "is in the past");
        return Err(Rejection::not_allowed(invalid.hint("expected today or a later day")));
    }
    Ok(())
}

/// A text with an end, which is not blank.
pub(super) fn limited(object: &Object, name: &str, most: usize) -> Result<Option<String>, Invalid> {
    check_length(object, name, object.text(name)?.filter(|text| !text.trim().is_empty()), most)
}

fn check_length(object: &Object, name: &str, text: Option<String>, most: usize) -> Result<Option<String>, Invalid> {
    match text {
        Some(text) if text.chars().count() > most => {
            Err(Invalid::new(object.at(name), format!("is longer than {most} characters")))
        }
        text => Ok(text),
    }
}

/// One of the documented values.
pub(super) fn one_of(object: &Object, name: &str, known: &[&str]) -> Result<Option<String>, Rejection> {
    match object.text(name)?.filter(|text| !text.is_empty()) {
        Some(text) if !known.contains(&text.as_str()) => {
            let invalid = Invalid::new(object.at(name), "is not one of its documented values");
            Err(Rejection::not_allowed(invalid.hint(format!("known are {}", known.join(", ")))))
        }
        text => Ok(text),
    }
}

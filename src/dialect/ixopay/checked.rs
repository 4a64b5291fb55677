//! The documented limits of fields, as data.

use crate::dialect::Object;
use crate::domain::{Invalid, iso::check_language};

/// What a field must look like that nothing here reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A text of at most so many characters.
    Text(usize),
    /// `true` or `false`.
    Flag,
    /// A language's code.
    Language,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// An object, some members of which are known.
    Object(&'static [(&'static str, Form)]),
    /// A list of at most so many items.
    List(usize),
}

/// The fields of a transaction that a gateway which redirects has no use for.
pub(super) const ALONGSIDE: [(&str, Form); 10] = [
    ("additionalId1", Form::Text(50)),
    ("additionalId2", Form::Text(50)),
    ("transactionToken", Form::Text(8192)),
    ("withRegister", Form::Flag),
    ("transactionIndicator", Form::OneOf(&INDICATORS)),
    ("language", Form::Language),
    ("customer", Form::Object(&CUSTOMER)),
    ("items", Form::List(128)),
    ("splits", Form::List(10)),
    ("includeTracing", Form::Flag),
];

const INDICATORS: [&str; 7] =
    ["SINGLE", "INITIAL", "RECURRING", "FIRST-CARDONFILE", "CARDONFILE", "CARDONFILE-MERCHANT-INITIATED", "MOTO"];

const CUSTOMER: [(&str, Form); 7] = [
    ("identification", Form::Text(36)),
    ("firstName", Form::Text(50)),
    ("lastName", Form::Text(50)),
    ("gender", Form::OneOf(&["M", "F"])),
    ("email", Form::Text(255)),
    ("ipAddress", Form::Text(50)),
    ("nationalId", Form::Text(20)),
];

/// Reads a text. An empty one is as good as none.
///
/// # Errors
/// When it is no text, or too long.
pub(super) fn text(object: &Object, name: &str, most: usize) -> Result<Option<String>, Invalid> {
    let text = object.code(name)?.filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > most => {
            Err(Invalid::new(object.at(name), format!("has more than {most} characters")))
        }
        text => Ok(text),
    }
}

/// Reads a text that must be there.
///
/// # Errors
/// As [`text`], and when there is none.
pub(super) fn needed(object: &Object, name: &str, most: usize) -> Result<String, Invalid> {
    text(object, name, most)?.ok_or_else(|| object.missing(name))
}

/// Checks fields that are not read.
///
/// # Errors
/// With the path of the first that is not as documented.
pub(super) fn all(object: &Object, forms: &[(&'static str, Form)]) -> Result<(), Invalid> {
    forms.iter().try_for_each(|(name, form)| one(object, name, *form))
}

fn one(object: &Object, name: &'static str, form: Form) -> Result<(), Invalid> {
    let refused = |rule: String| Err(Invalid::new(object.at(name), rule));
    match form {
        Form::Text(most) => text(object, name, most).map(drop),
        Form::Flag => object.flag(name).map(drop),
        Form::Language => match text(object, name, usize::MAX)? {
            Some(text) => check_language(&text).map_err(|invalid| invalid.at(object.at(name))),
            None => Ok(()),
        },
        Form::OneOf(known) => match text(object, name, usize::MAX)? {
            Some(text) if !known.contains(&text.as_str()) => refused(format!("is not one of {}", known.join(", "))),
            _ => Ok(()),
        },
        // An empty list is what PHP writes for an empty object.
        Form::Object(_) if object.raw(name).is_some_and(|raw| raw.starts_with('[')) => match object.length(name)? {
            Some(0) => Ok(()),
            _ => refused("is a list, not an object".into()),
        },
        Form::Object(members) => object.object(name)?.map_or(Ok(()), |inner| all(&inner, members)),
        // Where a list has names of its own PHP writes an object.
        Form::List(_) if object.raw(name).is_some_and(|raw| raw.starts_with('{')) => Ok(()),
        Form::List(most) => match object.length(name)? {
            Some(items) if items > most => refused(format!("has more than {most} items")),
            _ => Ok(()),
        },
    }
}

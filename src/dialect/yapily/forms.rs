//! What the fields of a body must look like, as data: a body is checked to its bottom, also where nothing here reads
//! it, because what was sent is answered back (the vendor's document, request bodies).

use crate::dialect::{Object, moments};
use crate::domain::{Amount, CountryCode, Currency, Invalid, iso::check_language};

/// A field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    name: &'static str,
    form: Form,
    needed: bool,
}

/// What a field must look like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A text.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A text of so many digits.
    Digits(usize),
    /// A text of so many capital letters: a code of a list that its owner makes longer now and then.
    Letters(usize),
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A whole number from one on.
    Count,
    /// A date-time, which nothing here uses.
    UnixMillis,
    /// A day, `YYYY-MM-DD`.
    Day,
    /// A currency's code.
    Currency,
    /// A country's code.
    Country,
    /// A language's code.
    Language,
    /// An object with an amount under this name, and its currency.
    Money(&'static str),
    /// An object with these fields; it may have others.
    Object(&'static [Field]),
    /// A list of texts.
    Texts,
    /// A list of such objects.
    Objects(&'static [Field]),
}

impl Field {
    /// A field that may be left out.
    pub const fn of(name: &'static str, form: Form) -> Self {
        Self { name, form, needed: false }
    }

    /// A field that must be there.
    pub const fn needed(name: &'static str, form: Form) -> Self {
        Self { name, form, needed: true }
    }
}

/// Checks the fields of an object.
///
/// # Errors
/// With the path of the first that is not as it must be.
pub(super) fn check(object: &Object, fields: &[Field]) -> Result<(), Invalid> {
    for field in fields {
        let is_there = check_one(object, field.name, field.form)?;
        if field.needed && !is_there {
            return Err(object.missing(field.name));
        }
    }
    Ok(())
}

/// Reads an amount and its currency.
///
/// # Errors
/// With the path of what is not as it must be.
pub(super) fn read_money(details: &Object, number: &str) -> Result<Amount, Invalid> {
    details.amount(number, Object::needed_number)
}

/// Reads one of these texts.
///
/// # Errors
/// When it is another, or none.
pub(super) fn one_of(object: &Object, name: &str, known: &[&str]) -> Result<String, Invalid> {
    let text = object.needed_text(name)?;
    check_known(&text, known).map_err(|invalid| invalid.at(object.at(name)))?;
    Ok(text)
}

/// Checks one field, and says whether it is there.
fn check_one(object: &Object, name: &str, form: Form) -> Result<bool, Invalid> {
    let text = |check: &dyn Fn(&str) -> Result<(), Invalid>| {
        let Some(text) = object.text(name)? else { return Ok(false) };
        check(&text).map(|()| !text.trim().is_empty()).map_err(|invalid| invalid.at(object.at(name)))
    };
    match form {
        Form::Text => text(&|_| Ok(())),
        Form::OneOf(known) => text(&|text| check_known(text, known)),
        Form::Digits(count) => text(&|text| check_all(text, count, u8::is_ascii_digit, "digits")),
        Form::Letters(count) => text(&|text| check_all(text, count, u8::is_ascii_uppercase, "capital letters")),
        Form::Day => text(&|text| rule(moments::day(text).is_some(), "is not a day, YYYY-MM-DD")),
        Form::Currency => text(&|text| Currency::parse(text).map(drop)),
        Form::Country => text(&|text| CountryCode::parse(text).map(drop)),
        Form::Language => text(&check_language),
        Form::Flag => Ok(object.flag(name)?.is_some()),
        Form::Number => match object.raw(name) {
            None => Ok(false),
            Some(_) => object.needed_number(name).and_then(|text| check_number(&text, object.at(name))).map(|()| true),
        },
        Form::Count => match object.whole(name)? {
            Some(count) if count < 1 => Err(Invalid::new(object.at(name), "is less than 1")),
            count => Ok(count.is_some()),
        },
        Form::UnixMillis => Ok(object.checked_moment(name)?.is_some()),
        Form::Money(number) => object.object(name)?.map_or(Ok(false), |inner| read_money(&inner, number).map(|_| true)),
        Form::Object(fields) => object.object(name)?.map_or(Ok(false), |inner| check(&inner, fields).map(|()| true)),
        Form::Texts => Ok(object.texts(name)?.is_some_and(|texts| !texts.is_empty())),
        Form::Objects(fields) => {
            let items = object.objects(name)?.unwrap_or_default();
            items.iter().try_for_each(|item| check(item, fields)).map(|()| !items.is_empty())
        }
    }
}

fn rule(holds: bool, rule: impl Into<String>) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid::new("", rule)) }
}

fn check_all(text: &str, count: usize, of: fn(&u8) -> bool, what: &str) -> Result<(), Invalid> {
    rule(text.len() == count && text.bytes().all(|byte| of(&byte)), format!("is not {count} {what}"))
}

fn check_known(text: &str, known: &[&str]) -> Result<(), Invalid> {
    if known.contains(&text) {
        return Ok(());
    }
    Err(Invalid::new("", "is not one of its documented values").hint(format!("known are {}", known.join(", "))))
}

/// A rate of exchange may have more decimals than money.
fn check_number(text: &str, place: String) -> Result<(), Invalid> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(fraction) { Ok(()) } else { Err(Invalid::new(place, "is not a number above zero")) }
}

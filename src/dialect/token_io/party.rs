//! Creditors and debtors: who they are, and where their account is (contracts, section 4).

use super::{Rejection, checked::limited};
use crate::dialect::Object;
use crate::domain::Invalid;

/// The longest name, in characters.
const MAX_NAME: usize = 140;

/// The fields that name an account by themselves, with their forms.
const ACCOUNTS: [(&str, Form, &str); 6] = [
    ("iban", is_iban, "expected an IBAN without spaces, as in GB29NWBK60161331926819"),
    ("accountNumber", is_account_number, "expected 1 to 34 letters and digits"),
    ("bban", is_account_number, "expected 1 to 34 letters and digits"),
    ("bankgiroNumber", is_giro, "expected 2 to 9 digits, perhaps with a hyphen"),
    ("plusgiroNumber", is_giro, "expected 2 to 9 digits, perhaps with a hyphen"),
    ("virtualAccountId", is_id, "expected 1 to 255 characters without spaces"),
];

/// The fields that go with one of them.
const BESIDE: [(&str, Form, &str, &str); 3] = [
    ("sortCode", is_sort_code, "accountNumber", "expected six digits"),
    ("clearingNumber", is_account_number, "bban", "expected letters and digits"),
    ("bic", is_bic, "iban", "expected 8 or 11 letters and digits"),
];

type Form = fn(&str) -> bool;

/// Reads who is paid, and answers the name that the customer sees.
///
/// # Errors
/// With the path of the first field that breaks a rule.
pub(super) fn read_creditor(creditor: &Object) -> Result<String, Rejection> {
    let name = limited(creditor, "name", MAX_NAME)?.ok_or_else(|| creditor.missing("name"))?;
    limited(creditor, "ultimateCreditorName", MAX_NAME)?;
    creditor.text("bankName")?;
    creditor.text("accountVerificationId")?;
    check_account(creditor)?;
    Ok(name)
}

/// Checks who pays, as far as that is said.
///
/// # Errors
/// With the path of the first field that breaks a rule.
pub(super) fn check_debtor(debtor: &Object) -> Result<(), Rejection> {
    limited(debtor, "name", MAX_NAME)?;
    if debtor.text("tokenizedAccountId")?.is_none() {
        return check_account(debtor);
    }
    let own = ACCOUNTS.iter().find(|(field, ..)| debtor.raw(field).is_some());
    own.map_or(Ok(()), |(field, ..)| check_alone(debtor, Some("tokenizedAccountId"), field))
}

fn check_account(party: &Object) -> Result<(), Rejection> {
    let mut named = None;
    for (field, form, expected) in ACCOUNTS {
        if has(party, field, form, expected)? {
            check_alone(party, named, field)?;
            named = Some(field);
        }
    }
    for (field, form, with, expected) in BESIDE {
        // A BIC may stand beside any account.
        if has(party, field, form, expected)? && party.raw(with).is_none() && field != "bic" {
            return Err(party.missing(with).hint(format!("{field} does not name an account by itself")).into());
        }
    }
    if named.is_some() {
        return Ok(());
    }
    let known = ACCOUNTS.map(|(field, ..)| field).join(", ");
    Err(party.missing("iban").hint(format!("expected one of {known}; sortCode goes with accountNumber")).into())
}

/// Whom a payment reaches must not depend on which of two accounts its reader looks at.
fn check_alone(party: &Object, named: Option<&str>, field: &str) -> Result<(), Rejection> {
    let Some(named) = named else { return Ok(()) };
    let invalid = Invalid::new(party.at(field), format!("names a second account beside {named}"));
    Err(Rejection::not_allowed(invalid.hint("expected one account")))
}

fn has(party: &Object, field: &str, form: Form, expected: &str) -> Result<bool, Invalid> {
    match party.text(field)? {
        None => Ok(false),
        Some(text) if form(&text) => Ok(true),
        Some(_) => Err(Invalid::new(party.at(field), "has another form").hint(expected)),
    }
}

fn is_iban(text: &str) -> bool {
    let (country, rest) = text.split_at_checked(2).unwrap_or_default();
    let (check, account) = rest.split_at_checked(2).unwrap_or_default();
    country.bytes().all(|b| b.is_ascii_uppercase())
        && check.bytes().all(|b| b.is_ascii_digit())
        && (1..=30).contains(&account.len())
        && account.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_account_number(text: &str) -> bool {
    (1..=34).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_giro(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (2..=9).contains(&digits) && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_sort_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

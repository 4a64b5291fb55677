//! Features: what an institution can do, and what a consent allows.

use crate::domain::institution::Institution;
use crate::domain::invalid::Invalid;

/// The features that a consent to account access may allow, in the order in which they are answered.
const ACCOUNTS: [&str; 16] = [
    "ACCOUNTS",
    "ACCOUNT",
    "ACCOUNT_TRANSACTIONS",
    "ACCOUNT_STATEMENTS",
    "ACCOUNT_STATEMENT",
    "ACCOUNT_STATEMENT_FILE",
    "ACCOUNT_SCHEDULED_PAYMENTS",
    "ACCOUNT_DIRECT_DEBITS",
    "ACCOUNT_PERIODIC_PAYMENTS",
    "ACCOUNT_TRANSACTIONS_WITH_MERCHANT",
    "ACCOUNT_BENEFICIARIES",
    "IDENTITY",
    "ACCOUNTS_WITHOUT_BALANCE",
    "ACCOUNT_WITHOUT_BALANCE",
    "ACCOUNT_BALANCES",
    "ACCOUNT_REQUEST_DETAILS",
];

/// What the consent to any payment allows besides the payment, where the institution can.
const PAYMENT_DETAILS: [&str; 2] = ["EXISTING_PAYMENTS_DETAILS", "EXISTING_PAYMENT_INITIATION_DETAILS"];

/// The institution cannot do what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The institution {institution} does not support {feature}")]
pub struct Unsupported {
    institution: String,
    feature: String,
}

/// Checks the names of features, each of which may be asked for once.
///
/// # Errors
/// When one is no account feature, or comes twice.
pub(super) fn check_names(path: &str, names: &[String]) -> Result<(), Invalid> {
    for (index, name) in names.iter().enumerate() {
        let place = format!("{path}[{index}]");
        if !ACCOUNTS.contains(&name.as_str()) {
            let known = ACCOUNTS.join(", ");
            return Err(Invalid::new(place, "is no feature of account access").hint(format!("known are {known}")));
        }
        if names[..index].contains(name) {
            return Err(Invalid::new(place, "was given before"));
        }
    }
    Ok(())
}

/// The scope of a consent to account access: what was asked for, else all that the institution offers.
///
/// # Errors
/// When the institution offers not even one of them, or not all that were asked for.
pub(super) fn account_scope(asked: &[String], institution: &Institution) -> Result<Vec<String>, Unsupported> {
    if let Some(missing) = asked.iter().find(|feature| !institution.features.contains(feature)) {
        return Err(unsupported(institution, missing));
    }
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    let offered = offered(&ACCOUNTS, institution);
    if offered.is_empty() { Err(unsupported(institution, "ACCOUNTS")) } else { Ok(offered) }
}

/// The scope of a consent to a payment of this type.
///
/// # Errors
/// When the institution does not offer such payments.
pub(super) fn payment_scope(payment_type: &str, institution: &Institution) -> Result<Vec<String>, Unsupported> {
    let candidates = creating(payment_type);
    let made_by = offered(candidates, institution).into_iter().next();
    let made_by = made_by.ok_or_else(|| unsupported(institution, candidates.first().unwrap_or(&payment_type)))?;
    Ok([made_by].into_iter().chain(offered(&PAYMENT_DETAILS, institution)).collect())
}

/// The features that make a payment of a type, the best one first.
fn creating(payment_type: &str) -> &'static [&'static str] {
    match payment_type {
        "DOMESTIC_PAYMENT" => &["CREATE_DOMESTIC_SINGLE_PAYMENT"],
        "DOMESTIC_INSTANT_PAYMENT" => &["CREATE_DOMESTIC_SINGLE_INSTANT_PAYMENT"],
        "DOMESTIC_VARIABLE_RECURRING_PAYMENT" => &[
            "CREATE_DOMESTIC_VARIABLE_RECURRING_PAYMENT",
            "CREATE_DOMESTIC_VARIABLE_RECURRING_PAYMENT_SWEEPING",
            "CREATE_DOMESTIC_VARIABLE_RECURRING_PAYMENT_COMMERCIAL",
        ],
        "DOMESTIC_SCHEDULED_PAYMENT" => &["CREATE_DOMESTIC_SCHEDULED_PAYMENT"],
        "DOMESTIC_PERIODIC_PAYMENT" => &["CREATE_DOMESTIC_PERIODIC_PAYMENT"],
        "INTERNATIONAL_PAYMENT" => &["CREATE_INTERNATIONAL_SINGLE_PAYMENT"],
        "INTERNATIONAL_SCHEDULED_PAYMENT" => &["CREATE_INTERNATIONAL_SCHEDULED_PAYMENT"],
        "INTERNATIONAL_PERIODIC_PAYMENT" => &["CREATE_INTERNATIONAL_PERIODIC_PAYMENT"],
        "BULK_PAYMENT" => &["CREATE_BULK_PAYMENT"],
        _ => &[],
    }
}

fn offered(features: &[&str], institution: &Institution) -> Vec<String> {
    let has = |feature: &&str| institution.features.iter().any(|own| own == feature);
    features.iter().copied().filter(has).map(str::to_owned).collect()
}

fn unsupported(institution: &Institution, feature: &str) -> Unsupported {
    Unsupported { institution: institution.id.clone(), feature: feature.to_owned() }
}

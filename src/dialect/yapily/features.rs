//! Features: what an institution can do, and what a consent allows.

use crate::domain::{CountryCode, FeatureRequest, Institution, Invalid};

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

/// The types of payments, each with the features that make one, the best one first.
const PAYMENTS: [(&str, &[&str]); 9] = [
    ("DOMESTIC_PAYMENT", &["CREATE_DOMESTIC_SINGLE_PAYMENT"]),
    ("DOMESTIC_INSTANT_PAYMENT", &["CREATE_DOMESTIC_SINGLE_INSTANT_PAYMENT"]),
    (
        "DOMESTIC_VARIABLE_RECURRING_PAYMENT",
        &[
            "CREATE_DOMESTIC_VARIABLE_RECURRING_PAYMENT",
            "CREATE_DOMESTIC_VARIABLE_RECURRING_PAYMENT_SWEEPING",
            "CREATE_DOMESTIC_VARIABLE_RECURRING_PAYMENT_COMMERCIAL",
        ],
    ),
    ("DOMESTIC_SCHEDULED_PAYMENT", &["CREATE_DOMESTIC_SCHEDULED_PAYMENT"]),
    ("DOMESTIC_PERIODIC_PAYMENT", &["CREATE_DOMESTIC_PERIODIC_PAYMENT"]),
    ("INTERNATIONAL_PAYMENT", &["CREATE_INTERNATIONAL_SINGLE_PAYMENT"]),
    ("INTERNATIONAL_SCHEDULED_PAYMENT", &["CREATE_INTERNATIONAL_SCHEDULED_PAYMENT"]),
    ("INTERNATIONAL_PERIODIC_PAYMENT", &["CREATE_INTERNATIONAL_PERIODIC_PAYMENT"]),
    ("BULK_PAYMENT", &["CREATE_BULK_PAYMENT"]),
];

/// What the consent to any payment allows besides the payment, where the institution can.
const PAYMENT_DETAILS: [&str; 2] = ["EXISTING_PAYMENTS_DETAILS", "EXISTING_PAYMENT_INITIATION_DETAILS"];

/// Whether a feature is about a payment: to make one, or to ask about one that was made. Accounts have features about
/// the payments that their customers have arranged; those are not.
pub fn is_payment_feature(feature: &str) -> bool {
    feature.contains("PAYMENT") && !ACCOUNTS.contains(&feature)
}

/// What was asked for cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// By the institution that was named.
    #[error("The institution {institution} does not support {feature}")]
    Here {
        /// Its id.
        institution: String,
        /// What it lacks.
        feature: String,
    },
    /// By any institution of a country.
    #[error("No institution of {country} supports {features}")]
    Nowhere {
        /// The country's code.
        country: CountryCode,
        /// What was asked for.
        features: String,
    },
}

impl Unsupported {
    /// No institution of this country can do what is asked for.
    pub(super) fn in_country(country: CountryCode, request: &FeatureRequest) -> Self {
        let features = match request {
            FeatureRequest::All(features) => features.join(" and "),
            FeatureRequest::Any(features) | FeatureRequest::First { one_of: features, .. } => features.join(" or "),
        };
        Self::Nowhere { country, features }
    }
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

/// What a consent to account access asks for: what was named, else all that the institution offers.
pub(super) fn of_accounts(named: &[String]) -> FeatureRequest {
    if named.is_empty() { FeatureRequest::Any(owned(&ACCOUNTS)) } else { FeatureRequest::All(named.to_vec()) }
}

/// The types of payments.
pub(super) fn payment_types() -> [&'static str; 9] {
    PAYMENTS.map(|(payment_type, _)| payment_type)
}

/// What the consent to a payment of this type asks for.
pub(super) fn of_payment(payment_type: &str) -> FeatureRequest {
    let making = PAYMENTS.iter().find(|(known, _)| *known == payment_type).map(|(_, making)| owned(making));
    FeatureRequest::First { one_of: making.unwrap_or_default(), besides: owned(&PAYMENT_DETAILS) }
}

/// What a request allows at this institution.
///
/// # Errors
/// When the institution cannot do what is asked for.
pub(super) fn scope_at(request: &FeatureRequest, institution: &Institution) -> Result<Vec<String>, Unsupported> {
    let missing = || request.missing_at(institution).unwrap_or_default().to_owned();
    let unsupported = || Unsupported::Here { institution: institution.id.clone(), feature: missing() };
    request.scope_at(institution).ok_or_else(unsupported)
}

fn owned(features: &[&str]) -> Vec<String> {
    features.iter().map(|&feature| feature.to_owned()).collect()
}

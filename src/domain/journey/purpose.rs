//! What a journey is for: a payment, or a customer's agreement.

use crate::domain::consent::{Consent, Kind};
use crate::domain::money::Amount;

/// What a journey is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A payment.
    Checkout(Checkout),
    /// A customer's agreement.
    Consent(Consent),
}

impl Purpose {
    /// The checkout, if it is one.
    pub const fn checkout(&self) -> Option<&Checkout> {
        match self {
            Self::Checkout(checkout) => Some(checkout),
            Self::Consent(_) => None,
        }
    }

    /// The consent, if it is one.
    pub const fn consent(&self) -> Option<&Consent> {
        match self {
            Self::Checkout(_) => None,
            Self::Consent(consent) => Some(consent),
        }
    }

    /// How much money it is about, if it is about money.
    pub const fn amount(&self) -> Option<Amount> {
        match self {
            Self::Checkout(checkout) => Some(checkout.amount),
            Self::Consent(Consent { kind: Kind::Payment { amount, .. }, .. }) => Some(*amount),
            Self::Consent(_) => None,
        }
    }

    /// What the merchant says that it is for; may be empty.
    pub fn note(&self) -> &str {
        match self {
            Self::Checkout(checkout) => &checkout.note,
            Self::Consent(Consent { kind: Kind::Payment { reference, .. }, .. }) => reference,
            Self::Consent(_) => "",
        }
    }

    /// Whether its pages have a Cancel button.
    pub const fn cancel(&self) -> Cancel {
        match self {
            Self::Checkout(checkout) => checkout.cancel,
            Self::Consent(_) => Cancel::Offered,
        }
    }
}

/// A payment that a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// How much.
    pub amount: Amount,
    /// The merchant's own reference, shown to the customer; may be empty.
    pub note: String,
    /// Whether the customer is offered a Cancel button.
    pub cancel: Cancel,
}

/// Whether a checkout page has a Cancel button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It has.
    Offered,
    /// The merchant's link forbids it.
    Withheld,
}

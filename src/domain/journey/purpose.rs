//! What a journey is for: a payment, a customer's agreement, an operation, or a job.

use std::time::Duration;

use crate::domain::{Amount, Consent, PayId, Sealed, consent::Kind, words::words};

/// What a journey is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A payment that a customer is asked for.
    Checkout(Checkout),
    /// A customer's agreement.
    Consent(Consent),
    /// An operation, which no customer is needed for.
    Operation(PaymentOperation),
    /// A job: a merchant's server is called when something is done.
    Job(Job),
}

impl Purpose {
    /// The checkout, if it is one.
    pub const fn checkout(&self) -> Option<&Checkout> {
        if let Self::Checkout(checkout) = self { Some(checkout) } else { None }
    }

    /// The consent, if it is one.
    pub const fn consent(&self) -> Option<&Consent> {
        if let Self::Consent(consent) = self { Some(consent) } else { None }
    }

    /// The operation, if it is one.
    pub const fn operation(&self) -> Option<&PaymentOperation> {
        if let Self::Operation(operation) = self { Some(operation) } else { None }
    }

    /// Whether it is an operation that its provider has done, and that is not ordered.
    pub const fn is_reported(&self) -> bool {
        matches!(self, Self::Operation(PaymentOperation { reported_as: Some(_), .. }))
    }

    /// The job, if it is one.
    pub const fn job(&self) -> Option<&Job> {
        if let Self::Job(job) = self { Some(job) } else { None }
    }

    /// Whether a customer has a part in it.
    pub const fn needs_customer(&self) -> bool {
        matches!(self, Self::Checkout(Checkout { repeats: None, .. }) | Self::Consent(_))
    }

    /// The payment that it repeats, if it repeats one.
    pub const fn repeats(&self) -> Option<&Repeated> {
        match self {
            Self::Checkout(Checkout { repeats: Some(repeated), .. }) => Some(repeated),
            _ => None,
        }
    }

    /// Whether it is ordered as soon as it is opened, because no customer has a part in it: an operation, or a payment
    /// that is repeated.
    pub const fn is_ordered(&self) -> bool {
        self.operation().is_some() || self.repeats().is_some()
    }

    /// The journey that it refers to, and whose provider it goes to: what an operation changes, or what is repeated.
    pub fn refers_to(&self) -> Option<PayId> {
        self.operation().and_then(|operation| operation.of).or(self.repeats().map(|repeated| repeated.of))
    }

    /// How much money it is about, if it is about money.
    pub const fn amount(&self) -> Option<Amount> {
        match self {
            Self::Checkout(checkout) => checkout.wanted.amount(),
            Self::Operation(operation) => operation.amount,
            Self::Consent(Consent { kind: Kind::Payment { amount, .. }, .. }) => Some(*amount),
            Self::Consent(_) | Self::Job(_) => None,
        }
    }

    /// Whether its provider must take payments: for all that leads to a provider but access to accounts.
    pub fn needs_payments(&self) -> bool {
        match self {
            Self::Checkout(_) | Self::Operation(_) => true,
            Self::Consent(consent) => consent.kind != Kind::Accounts,
            Self::Job(_) => false,
        }
    }

    /// The merchant's words for what it is for; may be empty.
    pub fn note(&self) -> &str {
        match self {
            Self::Checkout(checkout) => &checkout.note,
            Self::Operation(operation) => &operation.note,
            Self::Consent(Consent { kind: Kind::Payment { reference, .. }, .. }) => reference,
            Self::Consent(_) | Self::Job(_) => "",
        }
    }

    /// Who is paid, where that is not the merchant.
    pub fn payee(&self) -> Option<&str> {
        match self {
            Self::Checkout(checkout) => checkout.payee.as_deref(),
            Self::Consent(Consent { kind: Kind::Payment { payee, .. }, .. }) => Some(payee),
            Self::Consent(_) | Self::Operation(_) | Self::Job(_) => None,
        }
    }

    /// Whom the customer is shown, where this is the merchant's name.
    pub fn payee_beside<'a>(&'a self, merchant: &'a str) -> &'a str {
        self.payee().unwrap_or(merchant)
    }

    /// Whether its pages have a Cancel button.
    pub const fn cancel(&self) -> Cancel {
        match self {
            Self::Checkout(checkout) => checkout.cancel,
            Self::Consent(_) => Cancel::Offered,
            Self::Operation(_) | Self::Job(_) => Cancel::Withheld,
        }
    }

    /// The institution that the merchant has asked for, where it is not the customer who chooses.
    pub fn institution(&self) -> Option<&str> {
        match self {
            Self::Checkout(checkout) => checkout.institution.as_deref(),
            Self::Consent(consent) => consent.institution.as_deref(),
            Self::Operation(_) | Self::Job(_) => None,
        }
    }
}

/// A payment that a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// What of the customer.
    pub wanted: Wanted,
    /// The institution where it is paid; `None` is the first provider that takes payments, unless our page asks.
    pub institution: Option<String>,
    /// The merchant's own reference, shown to the customer; may be empty.
    pub note: String,
    /// Whether the customer is offered a Cancel button.
    pub cancel: Cancel,
    /// Who is paid; `None` is the merchant.
    pub payee: Option<String>,
    /// What it repeats, where its customer has agreed before, and is not there now.
    pub repeats: Option<Box<Repeated>>,
}

/// The means to pay of an earlier journey, used again without its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// That journey: a registration, or a payment.
    pub of: PayId,
    /// Its provider's own reference of it; empty until the new journey opens, and where its provider holds none.
    pub provider_reference: String,
    /// How it was agreed.
    pub agreed_as: RepeatAgreement,
}

/// How a customer has agreed to payments that are made without the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatAgreement {
    /// In regular intervals.
    Recurring,
    /// Whenever the merchant has a reason to.
    Unscheduled,
}

/// What a checkout wants of its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Money.
    Payment(Amount),
    /// That money is set aside; an operation collects it later.
    Reservation(Amount),
    /// A means to pay with later.
    Registration,
}

impl Wanted {
    /// How much money.
    pub const fn amount(self) -> Option<Amount> {
        match self {
            Self::Payment(amount) | Self::Reservation(amount) => Some(amount),
            Self::Registration => None,
        }
    }
}

/// Whether a checkout page has a Cancel button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It has.
    Offered,
    /// The merchant's link forbids it.
    Withheld,
}

/// What a merchant orders without a customer: money back, money that was set aside, or money out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentOperation {
    /// What it does.
    pub kind: OperationKind,
    /// How much; `None` where there is no money in it.
    pub amount: Option<Amount>,
    /// The journey that it changes; `None` of a payout.
    pub of: Option<PayId>,
    /// The merchant's own reference, or the provider's reason; may be empty.
    pub note: String,
    /// The provider's own id of it, where it was done there without an order from here. It is not ordered.
    pub reported_as: Option<String>,
}

impl PaymentOperation {
    /// How long an operation waits for its provider. No customer needs time for it.
    pub const LIFE: Duration = Duration::from_mins(15);
}

words! {
    /// What an operation does.
    pub enum OperationKind {
        /// Pays money out.
        Payout = "payout",
        /// Pays a payment back, in part or whole.
        Refund = "refund",
        /// Collects what was set aside, in part or whole.
        Capture = "capture",
        /// Releases what was set aside.
        Void = "void",
        /// Forgets a registered means to pay.
        Deregister = "deregister",
        /// Takes a payment back at the customer's word.
        Chargeback = "chargeback",
        /// Gives back what a chargeback has taken: it was not justified.
        ChargebackReversal = "chargeback_reversal",
    }
}

/// An asynchronous job: a merchant's server is called when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What is sent: method, headers and body.
    pub message: Sealed,
}

//! The kinds of transactions, with their words in paths and in bodies.

use serde::{Deserialize, Serialize};

use crate::domain::{OperationKind, words::words};

words! {
    /// What a transaction is, with its word in a path.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    pub enum Kind {
        /// A payment by a customer.
        #[default]
        Debit = "debit",
        /// A reservation by a customer, collected by a capture.
        Preauthorize = "preauthorize",
        /// A registration of a customer.
        Register = "register",
        /// A payment to a customer.
        Payout = "payout",
        /// A payment given back.
        Refund = "refund",
        /// A reservation collected.
        Capture = "capture",
        /// A reservation let go.
        Void = "void",
        /// A registration taken back.
        Deregister = "deregister",
        /// A payment that its customer's bank took back. Nobody asks for one.
        Chargeback = "chargeback",
        /// What a chargeback took, given back. Nobody asks for one.
        #[serde(rename = "CHARGEBACK-REVERSAL")]
        ChargebackReversal = "chargeback-reversal",
    }
}

impl Kind {
    /// What an operation is.
    pub(super) const fn of(operation: OperationKind) -> Self {
        match operation {
            OperationKind::Payout => Self::Payout,
            OperationKind::Refund => Self::Refund,
            OperationKind::Capture => Self::Capture,
            OperationKind::Void => Self::Void,
            OperationKind::Deregister => Self::Deregister,
            OperationKind::Chargeback => Self::Chargeback,
            OperationKind::ChargebackReversal => Self::ChargebackReversal,
        }
    }

    /// The kinds that a merchant can ask for.
    pub fn asked() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| !matches!(kind, Self::Chargeback | Self::ChargebackReversal))
    }

    /// Whether its customer is sent to a page.
    pub const fn has_customer(self) -> bool {
        matches!(self, Self::Debit | Self::Preauthorize | Self::Register)
    }

    /// Whether it is about a transaction before it.
    pub const fn follows(self) -> bool {
        matches!(self, Self::Refund | Self::Capture | Self::Void | Self::Deregister)
    }

    /// Whether it must say an amount.
    pub const fn needs_amount(self) -> bool {
        matches!(self, Self::Debit | Self::Preauthorize | Self::Payout | Self::Refund | Self::Capture)
    }

    /// Whether it may name a URL for callbacks.
    pub const fn takes_callback(self) -> bool {
        self.has_customer() || matches!(self, Self::Payout | Self::Refund)
    }
}

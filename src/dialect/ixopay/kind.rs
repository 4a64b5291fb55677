//! The kinds of transactions, with their words in paths and in bodies.

use serde::{Deserialize, Serialize};

/// What a transaction is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// A payment by a customer.
    #[default]
    Debit,
    /// A reservation by a customer, collected by a capture.
    Preauthorize,
    /// A registration of a customer.
    Register,
    /// A payment to a customer.
    Payout,
    /// A payment given back.
    Refund,
    /// A reservation collected.
    Capture,
    /// A reservation let go.
    Void,
    /// A registration taken back.
    Deregister,
    /// A payment that its customer's bank took back. Nobody asks for one.
    Chargeback,
}

impl Kind {
    /// The kinds that a merchant can ask for.
    pub const ASKED: [Self; 8] = [
        Self::Debit,
        Self::Preauthorize,
        Self::Register,
        Self::Payout,
        Self::Refund,
        Self::Capture,
        Self::Void,
        Self::Deregister,
    ];

    /// Its word in a path: `debit`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Preauthorize => "preauthorize",
            Self::Register => "register",
            Self::Payout => "payout",
            Self::Refund => "refund",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Deregister => "deregister",
            Self::Chargeback => "chargeback",
        }
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

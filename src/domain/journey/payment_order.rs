//! How far the order of a payment is, at a provider that makes a payment only when it is ordered after its customer has
//! agreed.

use std::time::Duration;

use crate::domain::{Sealed, UnixMillis};

/// How far the order of a payment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOrder {
    /// Its customer came back with what shows that they have agreed. It was not sent.
    Shown {
        /// What the browser brought.
        evidence: Sealed,
        /// How often a browser has brought something else.
        replaced: u8,
    },
    /// Its customer has agreed, and it was not sent: the provider could not be reached.
    Agreed {
        /// What it is ordered by.
        agreement: Sealed,
    },
    /// It was sent, or is about to be: whatever becomes of the answer, the payment may have been made.
    Sent {
        /// What it is ordered by: what the customer's agreement left at the provider.
        agreement: Sealed,
        /// When it was sent last.
        at: UnixMillis,
        /// How often.
        times: u8,
        /// The provider's reference of what was made; `None` while it is not known whether anything was.
        made: Option<String>,
    },
}

impl PaymentOrder {
    /// How long after an order was sent it has been answered, or its answer is lost: no call takes as long.
    pub const LOST: Duration = Duration::from_secs(30);

    /// How often an order is sent at the most.
    pub(super) const MOST_TIMES: u8 = 3;

    /// How often what a browser brought is replaced by something else.
    pub(super) const MOST_REPLACED: u8 = 5;
}

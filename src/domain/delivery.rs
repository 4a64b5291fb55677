//! What a merchant's server is told, besides the customer's browser.

use super::moment::Moment;

/// A background callback that a settlement left behind, waiting for the courier.
///
/// It names its place in the journey instead of repeating the URL: the plan is frozen, so the URL can be written at
/// any time. Its id is stable: journey, settlement and entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The settlement it reports, from 0.
    pub settlement: u8,
    /// The entry of the plan's background callbacks, from 0.
    pub entry: u8,
    /// When it is due.
    pub due_at: Moment,
}

impl Delivery {
    /// The id within its journey: `settlement.entry`.
    pub fn key(&self) -> String {
        format!("{}.{}", self.settlement, self.entry)
    }
}

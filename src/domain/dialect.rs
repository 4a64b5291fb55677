//! What the engine needs of a dialect: its words on the way home.

use super::journey::{HandBack, Journey};
use super::params::Params;

/// A merchant-facing vocabulary, as far as a hand-back needs it. The rest of a dialect is between it and the front door.
pub trait Dialect: Send + Sync {
    /// Its name, as it is frozen into journeys.
    fn name(&self) -> &'static str;

    /// Every name it may ever append to a callback.
    fn appended(&self) -> &'static [&'static str];

    /// Whether a callback of this journey promises no outcome, because its one-time token will tell: then a customer may
    /// go home before the bank has answered (rule 4 of the design).
    fn goes_home_unproven(&self, journey: &Journey) -> bool;

    /// What it appends to the callback, and fills into it, for this hand-back.
    fn way_home(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params;
}

//! What the engine needs of a dialect: its words on the way home.

use super::delivery::Notice;
use super::journey::{HandBack, Journey, Settlement};
use super::params::Params;
use super::wish::Wish;

/// A merchant-facing vocabulary, as far as a hand-back needs it. The rest of a dialect is between it and the front door.
pub trait Dialect: Send + Sync {
    /// Its name, as it is frozen into journeys.
    fn name(&self) -> &'static str;

    /// Every name it may ever append to a callback.
    fn appended(&self) -> &'static [&'static str];

    /// Whether a callback of this journey promises no outcome, because its one-time token will tell: then a customer may
    /// go home before the bank has answered (rule 4 of the design).
    fn goes_home_unproven(&self, journey: &Journey) -> bool;

    /// Whether the bank is asked where to send the browser as soon as the journey opens, before there is a browser.
    fn leaves_ahead(&self, _wish: &Wish) -> bool {
        false
    }

    /// What it appends to the callback, and fills into it, for this hand-back.
    fn way_home(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params;

    /// The payment endpoints that a call asked for, in its own words: URLs, indices and names between commas.
    fn endpoints<'a>(&self, _wish: &'a Wish) -> Option<&'a str> {
        None
    }

    /// What a payment endpoint is told of a settlement. `None` where this dialect knows no payment endpoints.
    fn notice(&self, _journey: &Journey, _settlement: &Settlement) -> Option<Notice> {
        None
    }
}

//! The page that keeps a customer company while a bank is slow.

use askama::Template;

use super::words::waiting as words;

/// Reloads its own address until the answer is there; needs no script.
#[derive(Debug, Clone, Template)]
#[template(path = "waiting.html")]
pub struct Waiting {
    /// The name of the merchant.
    pub merchant: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// How long the customer has been waiting, in seconds.
    pub seconds: u32,
}

impl Waiting {
    /// After this many seconds we say that it takes long.
    const LONG: u32 = 20;

    /// Whether it takes longer than people expect.
    const fn is_long(&self) -> bool {
        self.seconds > Self::LONG
    }

    /// How soon the page reloads, in seconds: less often after a while, since each time a screen reader starts anew.
    const fn refresh(&self) -> u32 {
        if self.is_long() { 3 } else { 1 }
    }
}

#[cfg(test)]
impl Waiting {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let soon = Self { merchant: "Demo shop".into(), amount: "25.00 EUR".into(), seconds: 2 };
        vec![("waiting", soon.clone()), ("waiting-long", Self { seconds: 21, ..soon })]
    }

    pub(super) fn hostile() -> Self {
        Self { merchant: "<script>alert(1)</script>".into(), amount: "<b>25".into(), seconds: 0 }
    }
}

//! The page that keeps a customer company while a bank is slow.

use askama::Template;

use super::PageContext;

/// What a customer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The bank's answer, on the way back.
    Answer,
    /// The bank's address, on the way out.
    ProviderVisit,
}

/// Looks again at `next` until there is a way on. Its script asks behind the page, so that nobody who reads it has to
/// begin anew; without one the page reloads.
#[derive(Debug, Clone, Template)]
#[template(path = "waiting.html")]
pub struct Waiting {
    /// Its surroundings.
    pub page: PageContext,
    /// What for.
    pub awaited: Awaited,
    /// Who is paid; where it is not about money, the name of the merchant.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`; empty where it is not about money.
    pub amount: String,
    /// How long the customer has been waiting, in seconds.
    pub seconds: u32,
    /// Our page that has the way on, or waits once more. It is no form's, and holds no code of a bank, unless
    /// that is where the browser came with it.
    pub next: String,
}

impl Waiting {
    /// After this many seconds we say that it takes long.
    const LONG: u32 = 20;

    const fn title(&self) -> &'static str {
        match self.awaited {
            Awaited::Answer => "waiting-answer",
            Awaited::ProviderVisit => "waiting-leaving",
        }
    }

    const fn sentence(&self) -> &'static str {
        match self.awaited {
            Awaited::Answer => "waiting-answer-sentence",
            Awaited::ProviderVisit => "waiting-leaving-sentence",
        }
    }

    /// Whether it takes longer than people expect.
    const fn is_long(&self) -> bool {
        self.seconds > Self::LONG
    }

    /// How soon it looks again, in seconds: less often after a while.
    const fn refresh(&self) -> u32 {
        if self.is_long() { 3 } else { 1 }
    }
}

//! The pages between a bank and the redirect home, where a redirect alone would not do: each moves on by itself.

use askama::Template;

use super::PageContext;

/// Reads what the bank has put behind the `#` of our address, clears the address, and posts it to the same one.
///
/// No server sees a fragment, so this needs a script; without one the page says so.
#[derive(Debug, Clone, Template)]
#[template(path = "fragment_return.html")]
pub struct FragmentReturn {
    /// Its surroundings.
    pub page: PageContext,
    /// Where it posts to.
    pub action: String,
    /// The field that says that this page has posted it: its name and value.
    pub marker: (&'static str, &'static str),
}

/// Posts again, from our own site, what the bank's page has posted: by itself, or without a script by its button.
#[derive(Debug, Clone, Template)]
#[template(path = "repost.html")]
pub struct Repost {
    /// Its surroundings.
    pub page: PageContext,
    /// Where it posts to.
    pub action: String,
    /// The field that says that this page has posted it: its name and value.
    pub marker: (&'static str, &'static str),
    /// What the bank has posted, as it came.
    pub pairs: Vec<(String, String)>,
    /// Why it does.
    pub why: WhyAgain,
}

/// Why an answer is posted again, and after how many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyAgain {
    /// At once: what another site has posted carries none of our cookies.
    OwnSite,
    /// Our store is away.
    StoreAway(u32),
    /// Whether it is the bank's word is not known yet.
    BankLate(u32),
}

impl WhyAgain {
    /// After how many seconds; `None` is at once.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::OwnSite => None,
            Self::StoreAway(seconds) | Self::BankLate(seconds) => Some(seconds),
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::OwnSite => "returning-taking-on",
            Self::StoreAway(_) => "records-away",
            Self::BankLate(_) => "returning-bank-late",
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Self::OwnSite | Self::BankLate(_) => "continue",
            Self::StoreAway(_) => "try-again",
        }
    }
}

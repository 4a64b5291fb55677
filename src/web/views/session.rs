//! A session: what is to be paid, to whom, and the banks at which it can be.

use askama::Template;

use super::{BankGroup, PageContext};

/// The page on which a customer chooses the bank of a payment: a plain list, which can be searched when it is long; no
/// script.
///
/// Choosing posts `institution` to `{at}/choose`, Cancel posts nothing to `{at}/cancel`, searching gets `find` from
/// `{at}`.
#[derive(Debug, Clone, Template)]
#[template(path = "session.html")]
pub struct Session {
    /// Its surroundings.
    pub page: PageContext,
    /// The name of the merchant that asks.
    pub merchant: String,
    /// Who is paid: the merchant, or somebody it asks for.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// What it is for; may be empty.
    pub note: String,
    /// Where this page is, which all its forms begin with.
    pub at: String,
    /// The language that its address names, which the next page is in too.
    pub lang: Option<String>,
    /// The country that it shows the banks of, by its code; empty for all of them.
    pub country: String,
    /// What the customer searched for; `None` where the list is short enough to be read.
    pub search: Option<String>,
    /// The banks that match, by country.
    pub groups: Vec<BankGroup>,
    /// Whether there are banks beside these.
    pub more: bool,
    /// The bank that could not be reached a moment ago.
    pub away: Option<String>,
}

impl Session {
    /// What the addresses of the next pages end with.
    fn query(&self) -> String {
        self.lang.as_ref().map(|lang| format!("?lang={lang}")).unwrap_or_default()
    }

    fn asked_by(&self) -> Option<&str> {
        (self.payee != self.merchant).then_some(self.merchant.as_str())
    }

    fn is_one_bank(&self) -> bool {
        self.search.is_none() && !self.more && self.groups.iter().map(|group| group.banks.len()).sum::<usize>() == 1
    }
}

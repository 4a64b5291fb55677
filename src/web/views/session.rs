//! A session: what is to be paid, to whom, and the banks at which it can be.

use askama::Template;

use super::BankGroup;
use super::words::{consent, session as words};

/// The page on which a customer chooses the bank of a payment: a plain list, which can be searched when it is long; no
/// script.
///
/// Choosing posts `institution` to `{at}/choose`, Cancel posts nothing to `{at}/cancel`, searching gets `find` from
/// `{at}`.
#[derive(Debug, Clone, Template)]
#[template(path = "session.html")]
pub struct Session {
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
    /// Lists longer than this can be searched.
    pub const LONG: usize = 8;

    fn asked_by(&self) -> Option<&str> {
        (self.payee != self.merchant).then_some(self.merchant.as_str())
    }

    fn is_one_bank(&self) -> bool {
        self.search.is_none() && !self.more && self.groups.iter().map(|group| group.banks.len()).sum::<usize>() == 1
    }
}

#[cfg(test)]
impl Session {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let group = |country: &str, banks: &[&str]| BankGroup {
            country: country.into(),
            banks: banks.iter().map(|bank| (bank.to_lowercase().replace(' ', "-"), (*bank).to_owned())).collect(),
        };
        let few = Self {
            merchant: "Demo shop".into(),
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            note: "Order 1042".into(),
            at: "/token-io/session/pm2:4pzF:2gFU".into(),
            country: String::new(),
            search: None,
            groups: vec![group("United Kingdom", &["Modelo Sandbox", "Mock Sandbox"])],
            more: false,
            away: None,
        };
        let countries = vec![
            group("Germany", &["Commerzbank", "Deutsche Bank", "Sparkasse KölnBonn", "Volksbank Mittelhessen"]),
            group("United Kingdom", &["Barclays", "HSBC", "Lloyds Bank", "Monzo", "NatWest", "Starling Bank"]),
        ];
        let payee = "Donaudampfschifffahrtsgesellschaftskapitänswitwen-Versicherungsverein a. G.".into();
        let many = Self { payee, search: Some(String::new()), groups: countries, ..few.clone() };
        let one = vec![group("United Kingdom", &["Modelo Sandbox"])];
        vec![
            ("session", few.clone()),
            ("session-many", many.clone()),
            (
                "session-country",
                Self { country: "GB".into(), groups: many.groups[1..].to_vec(), more: true, ..many.clone() },
            ),
            ("session-none", Self { search: Some("nowhere".into()), groups: Vec::new(), more: true, ..many }),
            ("session-one-bank", Self { groups: one, note: String::new(), ..few.clone() }),
            ("session-bank-away", Self { away: Some("Modelo Sandbox".into()), ..few }),
        ]
    }

    pub(super) fn hostile() -> Self {
        let text = || "\"><script>alert(1)</script>".to_owned();
        Self {
            merchant: text(),
            payee: text() + "2",
            amount: text(),
            note: text(),
            at: text(),
            country: text(),
            search: Some(text()),
            groups: vec![BankGroup { country: text(), banks: vec![(text(), text())] }],
            more: true,
            away: Some(text()),
        }
    }
}

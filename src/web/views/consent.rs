//! The pages of a consent: choosing a bank, a bank that cannot be reached, and how it ended.

use askama::Template;

use super::Next;
use super::words::consent as words;

/// What a customer is asked to agree to, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The name of the merchant that asks.
    pub merchant: String,
    /// To what.
    pub matter: Matter,
}

/// What a consent is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// Reading accounts.
    Accounts,
    /// A payment.
    Payment {
        /// The amount as people write it, such as `25.00 EUR`.
        amount: String,
        /// Who is paid.
        payee: String,
        /// What for; may be empty.
        reference: String,
    },
}

impl Request {
    /// Who asks for what, as a sentence.
    fn sentence(&self) -> String {
        match &self.matter {
            Matter::Accounts => words::accounts(&self.merchant),
            Matter::Payment { amount, payee, .. } => words::payment(&self.merchant, amount, payee),
        }
    }

    /// The same, line by line.
    fn lines(&self) -> Vec<(&'static str, &str)> {
        let mut lines = vec![(words::ASKED_BY, self.merchant.as_str())];
        match &self.matter {
            Matter::Accounts => lines.push((words::MATTER, words::ACCOUNT_ACCESS)),
            Matter::Payment { amount, payee, reference } => {
                lines.extend([(words::AMOUNT, amount.as_str()), (words::PAYEE, payee)]);
                lines.extend((!reference.is_empty()).then_some((words::REFERENCE, reference.as_str())));
            }
        }
        lines
    }
}

/// Where the customer chooses a bank: a plain list, which can be searched when it is long; no script.
///
/// Choosing posts `link_id` and `institution` to `/consent/choose`, searching gets `link_id` and `find` from
/// `/consent`, Cancel posts `link_id` to `/consent/cancel`.
#[derive(Debug, Clone, Template)]
#[template(path = "choose_bank.html")]
pub struct ChooseBank {
    /// What is asked for.
    pub request: Request,
    /// The link's id, which every form carries.
    pub link: String,
    /// This page without a search.
    pub all: String,
    /// What the customer searched for; `None` where the list is short enough to be read.
    pub search: Option<String>,
    /// The banks that match, by country.
    pub groups: Vec<BankGroup>,
}

/// The banks of a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankGroup {
    /// The country's name; empty for banks that name none.
    pub country: String,
    /// Their ids and names.
    pub banks: Vec<(String, String)>,
}

impl ChooseBank {
    /// Lists longer than this can be searched.
    pub const LONG: usize = 8;
}

/// The bank cannot be asked now.
///
/// Cancel posts `link_id` to `/consent/cancel`.
#[derive(Debug, Clone, Template)]
#[template(path = "bank_away.html")]
pub struct BankAway {
    /// What is asked for.
    pub request: Request,
    /// The bank's name, if it is known.
    pub bank: Option<String>,
    /// The page that tries again.
    pub again: String,
    /// The page on which another bank can be chosen, where the customer may choose.
    pub choose: Option<String>,
    /// The link's id.
    pub link: String,
}

/// How a consent ended; also our own result page where a merchant has no callback.
#[derive(Debug, Clone, Template)]
#[template(path = "consent_ended.html")]
pub struct ConsentEnded {
    /// What was asked for.
    pub request: Request,
    /// The bank's name, if one was chosen.
    pub bank: Option<String>,
    /// What happened.
    pub end: ConsentEnd,
    /// The way on.
    pub next: Next,
}

/// What became of a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentEnd {
    /// The bank has proven that the customer agreed: until this day, as people write it.
    Agreed(String),
    /// The customer said no.
    Refused,
    /// The bank could not or would not; why, as a sentence.
    Failed(String),
    /// The merchant ended it.
    Withdrawn,
    /// Its time is over, or nobody finished it in time.
    Expired,
}

impl ConsentEnd {
    const fn title(&self) -> &'static str {
        match self {
            Self::Agreed(_) => words::AGREED,
            Self::Refused => words::REFUSED,
            Self::Failed(_) => words::FAILED,
            Self::Withdrawn => words::WITHDRAWN,
            Self::Expired => words::EXPIRED,
        }
    }

    /// What happened, as a sentence to the customer.
    pub fn sentence(&self, request: &Request) -> String {
        let merchant = &request.merchant;
        match (self, &request.matter) {
            (Self::Agreed(last_day), Matter::Accounts) => words::agreed_to_access(merchant, last_day),
            (Self::Agreed(_), Matter::Payment { amount, payee, .. }) => words::agreed_to_payment(amount, payee),
            (Self::Refused, _) => words::refused(merchant),
            (Self::Failed(reason), _) => reason.clone(),
            (Self::Withdrawn, _) => words::withdrawn(merchant),
            (Self::Expired, _) => words::expired(merchant),
        }
    }
}

#[cfg(test)]
mod samples {
    use super::super::Home;
    use super::*;

    fn accounts() -> Request {
        Request { merchant: "Budget Buddy".into(), matter: Matter::Accounts }
    }

    fn payment() -> Request {
        let matter = Matter::Payment {
            amount: "25.00 EUR".into(),
            payee: "Corner shop Ltd.".into(),
            reference: "Order 1042".into(),
        };
        Request { merchant: "Corner shop".into(), matter }
    }

    fn group(country: &str, banks: &[&str]) -> BankGroup {
        let bank = |name: &&str| (name.to_lowercase().replace(' ', "-"), (*name).to_owned());
        BankGroup { country: country.into(), banks: banks.iter().map(bank).collect() }
    }

    const HOSTILE: &str = "\"><script>alert(1)</script>";

    fn hostile() -> Request {
        let matter = Matter::Payment { amount: HOSTILE.into(), payee: HOSTILE.into(), reference: HOSTILE.into() };
        Request { merchant: HOSTILE.into(), matter }
    }

    impl ChooseBank {
        pub(in crate::web::views) fn samples() -> Vec<(&'static str, Self)> {
            let few = Self {
                request: accounts(),
                link: "lk_07f3".into(),
                all: "/consent?link_id=lk_07f3".into(),
                search: None,
                groups: vec![group("United Kingdom", &["Modelo Sandbox", "Mock Sandbox"])],
            };
            let countries = vec![
                group("Germany", &["Commerzbank", "Deutsche Bank", "Sparkasse KölnBonn", "Volksbank Mittelhessen"]),
                group("United Kingdom", &["Barclays", "HSBC", "Lloyds Bank", "Monzo", "NatWest", "Starling Bank"]),
            ];
            let many = Self { request: payment(), search: Some(String::new()), groups: countries, ..few.clone() };
            let none = Self { search: Some("bank of nowhere".into()), groups: Vec::new(), ..few.clone() };
            vec![("choose-bank", few), ("choose-bank-many", many), ("choose-bank-none", none)]
        }

        pub(in crate::web::views) fn hostile() -> Self {
            let bank = (HOSTILE.to_owned(), HOSTILE.to_owned());
            let groups = vec![BankGroup { country: HOSTILE.into(), banks: vec![bank] }];
            let text = || HOSTILE.to_owned();
            Self { request: hostile(), link: text(), all: text(), search: Some(text()), groups }
        }
    }

    impl BankAway {
        pub(in crate::web::views) fn samples() -> Vec<(&'static str, Self)> {
            let away = Self {
                request: accounts(),
                bank: Some("Modelo Sandbox".into()),
                again: "/consent/leaving?link_id=lk_07f3".into(),
                choose: None,
                link: "lk_07f3".into(),
            };
            let chosen = Self { request: payment(), choose: Some("/consent?link_id=lk_07f3".into()), ..away.clone() };
            vec![("bank-away", away), ("bank-away-chosen", chosen)]
        }

        pub(in crate::web::views) fn hostile() -> Self {
            let text = || HOSTILE.to_owned();
            Self { request: hostile(), bank: Some(text()), again: text(), choose: Some(text()), link: text() }
        }
    }

    impl ConsentEnded {
        pub(in crate::web::views) fn samples() -> Vec<(&'static str, Self)> {
            let home = Home::to("Budget Buddy", "/consent/home?link_id=lk_07f3");
            let agreed = Self {
                request: accounts(),
                bank: Some("Modelo Sandbox".into()),
                end: ConsentEnd::Agreed("26 Feb 2027".into()),
                next: Next::Home(home),
            };
            let failed = ConsentEnd::Failed(words::reason("server_error").into());
            vec![
                ("consent-agreed", agreed.clone()),
                ("consent-agreed-payment", Self { request: payment(), next: Next::Close, ..agreed.clone() }),
                ("consent-refused", Self { end: ConsentEnd::Refused, ..agreed.clone() }),
                ("consent-failed", Self { end: failed, ..agreed.clone() }),
                ("consent-withdrawn", Self { end: ConsentEnd::Withdrawn, ..agreed.clone() }),
                ("consent-expired", Self { end: ConsentEnd::Expired, bank: None, next: Next::Close, ..agreed }),
            ]
        }

        pub(in crate::web::views) fn hostile() -> Self {
            let end = ConsentEnd::Failed(HOSTILE.into());
            Self { request: hostile(), bank: Some(HOSTILE.into()), end, next: Next::Home(Home::to(HOSTILE, HOSTILE)) }
        }
    }
}

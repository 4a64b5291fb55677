//! The pages of a consent: choosing a bank, a bank that cannot be reached, and how it ended.

use askama::Template;

use super::{Next, words::consent as words};

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

    /// What is asked for, line by line.
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

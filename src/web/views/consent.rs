//! The pages of a consent: choosing a bank, a bank that cannot be reached, and how it ended.

use askama::Template;

use super::{Next, PageContext};
use crate::language::Sentence;

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
    fn sentence(&self) -> Sentence {
        match &self.matter {
            Matter::Accounts => Sentence::of("consent-accounts"),
            Matter::Payment { amount, payee, .. } => {
                Sentence::of("consent-payment").value("amount", amount).name("payee", payee)
            }
        }
        .name("merchant", &self.merchant)
    }

    /// What is asked for, line by line.
    fn lines(&self, page: &PageContext) -> Vec<(String, String)> {
        let mut lines = vec![(page.text("requested-by"), self.merchant.clone())];
        match &self.matter {
            Matter::Accounts => lines.push((page.text("detail-for"), page.text("consent-account-access"))),
            Matter::Payment { amount, payee, reference } => {
                lines.push((page.text("detail-amount"), amount.clone()));
                lines.push((page.text("detail-to"), payee.clone()));
                lines.extend((!reference.is_empty()).then(|| (page.text("detail-for"), reference.clone())));
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
    /// Its surroundings.
    pub page: PageContext,
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
    /// Its surroundings.
    pub page: PageContext,
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

impl BankAway {
    fn away(&self) -> Sentence {
        match &self.bank {
            Some(bank) => Sentence::of("bank-away").name("bank", bank),
            None => Sentence::of("bank-away-unnamed"),
        }
    }
}

/// How a consent ended; also our own result page where a merchant has no callback.
#[derive(Debug, Clone, Template)]
#[template(path = "consent_ended.html")]
pub struct ConsentEnded {
    /// Its surroundings.
    pub page: PageContext,
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
    /// The bank could not or would not; the key of the reason.
    Failed(&'static str),
    /// The merchant ended it.
    Withdrawn,
    /// Its time is over, or nobody finished it in time.
    Expired,
}

impl ConsentEnd {
    /// The key of what happened, as a heading.
    const fn title(&self) -> &'static str {
        match self {
            Self::Agreed(_) => "consent-agreed",
            Self::Refused => "consent-refused",
            Self::Failed(_) => "consent-failed",
            Self::Withdrawn => "consent-withdrawn",
            Self::Expired => "consent-expired",
        }
    }

    /// What happened, as a sentence to the customer.
    pub fn sentence(&self, request: &Request) -> Sentence {
        let of_merchant = |key: &'static str| Sentence::of(key).name("merchant", &request.merchant);
        match (self, &request.matter) {
            (Self::Agreed(last_day), Matter::Accounts) => of_merchant("consent-agreed-accounts").value("day", last_day),
            (Self::Agreed(_), Matter::Payment { amount, payee, .. }) => {
                Sentence::of("consent-agreed-payment").value("amount", amount).name("payee", payee)
            }
            (Self::Refused, _) => of_merchant("consent-refused-sentence"),
            (Self::Failed(reason), _) => Sentence::of(*reason),
            (Self::Withdrawn, _) => of_merchant("consent-withdrawn-sentence"),
            (Self::Expired, _) => of_merchant("consent-expired-sentence"),
        }
    }
}

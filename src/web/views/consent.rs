//! The pages of a consent: choosing a bank, a bank that cannot be reached, and how it ended.

use askama::Template;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::ended::{ForRecords, SavedAsText, written};
use super::{Next, PageContext};
use crate::language::{Language, Sentence};

/// The keys of the text that asks for a consent.
const ASKS: [&str; 5] =
    ["consent-accounts", "consent-payment", "consent-at-your-bank", "consent-may-read", "consent-lasts"];

/// What the features of open banking come to for a customer, and the key that says so.
const READS: [(&[&str], &str); 6] = [
    (
        &["ACCOUNTS", "ACCOUNT", "ACCOUNTS_WITHOUT_BALANCE", "ACCOUNT_WITHOUT_BALANCE", "ACCOUNT_REQUEST_DETAILS"],
        "consent-reads-accounts",
    ),
    (&["ACCOUNTS", "ACCOUNT", "ACCOUNT_BALANCES"], "consent-reads-balances"),
    (
        &[
            "ACCOUNT_TRANSACTIONS",
            "ACCOUNT_TRANSACTIONS_WITH_MERCHANT",
            "ACCOUNT_STATEMENTS",
            "ACCOUNT_STATEMENT",
            "ACCOUNT_STATEMENT_FILE",
        ],
        "consent-reads-transactions",
    ),
    (&["ACCOUNT_SCHEDULED_PAYMENTS", "ACCOUNT_DIRECT_DEBITS", "ACCOUNT_PERIODIC_PAYMENTS"], "consent-reads-planned"),
    (&["ACCOUNT_BENEFICIARIES"], "consent-reads-payees"),
    (&["IDENTITY"], "consent-reads-identity"),
];

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
    /// The version of the text that asks for a consent: the language, and a digest of its words before a name or a day
    /// stands in them. An operator who changes a word makes another version.
    pub fn text_version(language: &Language) -> String {
        let mut digest = Sha256::new();
        for key in ASKS.into_iter().chain(READS.iter().map(|(_, key)| *key)) {
            let names = ["merchant", "payee"]
                .into_iter()
                .fold(Sentence::of(key), |sentence, name| sentence.name(name, format!("{{{name}}}")));
            let sentence = names.value("amount", "{amount}").value("day", "{day}");
            digest.update(language.written(&sentence));
            digest.update([0]);
        }
        let short = HEXLOWER.encode(&digest.finalize()[..4]);
        format!("{}-{short}", language.tag())
    }

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
    /// What could be read of accounts, where that is asked for.
    pub access: Option<Access>,
}

/// What a consent to account access would allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What could be read at the most, as open banking calls it.
    pub features: Vec<String>,
    /// The last day, as people write it.
    pub last_day: String,
}

impl Access {
    /// What could be read, in our words, each once.
    fn reads(&self, page: &PageContext) -> Vec<String> {
        let asked = |names: &[&str]| names.iter().any(|name| self.features.iter().any(|feature| feature == name));
        READS.iter().filter(|(names, _)| asked(names)).map(|(_, key)| page.text(key)).collect()
    }
}

/// The banks of a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankGroup {
    /// The country's name; empty for banks that name none.
    pub country: String,
    /// The banks.
    pub banks: Vec<BankChoice>,
}

/// A bank that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankChoice {
    /// The institution's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it has a picture.
    pub has_logo: bool,
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
    /// What the customer keeps of it.
    pub records: ForRecords,
}

impl ConsentEnded {
    /// What was asked for, where and when, line by line.
    fn details(&self) -> Vec<(String, String)> {
        let bank = self.bank.clone().map(|bank| (self.page.text("detail-bank"), bank));
        self.request.lines(&self.page).into_iter().chain(bank).chain(self.records.lines(&self.page)).collect()
    }
}

impl SavedAsText for ConsentEnded {
    fn saved_text(&self) -> String {
        written(&self.page, self.end.title(), self.end.sentence(&self.request), self.details())
    }
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

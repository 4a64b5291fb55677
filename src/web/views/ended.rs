//! The end of a link: what happened, and a way on.

use askama::Template;

use super::words::ended as words;

/// The page of a link that is opened after its end; also our own result page where a merchant has no callback.
#[derive(Debug, Clone, Template)]
#[template(path = "ended.html")]
pub struct Ended {
    /// The name of the merchant.
    pub merchant: String,
    /// Who was to be paid: the merchant, or somebody it asked for.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// What it was for; may be empty.
    pub note: String,
    /// What happened.
    pub how: How,
    /// The way on.
    pub next: Next,
}

/// The way on from a page that says how something ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Home, to the merchant.
    Home(Home),
    /// None: it ends here, and the customer may close the window.
    Close,
    /// The app or the shop where the customer started; this browser is not led there.
    LookThere,
}

/// What happened to a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The bank proved the payment.
    Paid,
    /// The customer said no.
    Cancelled,
    /// The merchant took the link back.
    Withdrawn,
    /// The bank could not or would not; why, as a sentence.
    Failed(String),
    /// Nobody paid in time.
    Expired,
}

impl How {
    /// What happened, as a heading.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Paid => words::PAID,
            Self::Cancelled => words::CANCELLED,
            Self::Withdrawn => words::WITHDRAWN,
            Self::Failed(_) => words::FAILED,
            Self::Expired => words::EXPIRED,
        }
    }

    /// What happened, as a sentence to the customer.
    pub fn sentence(&self, merchant: &str, payee: &str, amount: &str) -> String {
        match self {
            Self::Paid => words::paid(payee, amount),
            Self::Cancelled => words::CANCELLED_SENTENCE.to_owned(),
            Self::Withdrawn => words::withdrawn(merchant),
            Self::Failed(reason) => reason.clone(),
            Self::Expired => words::expired(merchant),
        }
    }
}

/// The link back to the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Our page that hands the browser back, such as `/payment/home?link_id=…`.
    pub url: String,
    /// What the link says.
    pub label: String,
}

impl Home {
    /// A link that says "Back to" and the merchant's name.
    pub fn to(merchant: &str, url: impl Into<String>) -> Self {
        Self { url: url.into(), label: words::back_to(merchant) }
    }
}

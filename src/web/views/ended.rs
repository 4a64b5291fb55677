//! The end of a link: what happened, and a way on.

use askama::Template;

use super::PageContext;
use crate::language::Sentence;

/// The page of a link that is opened after its end; also our own result page where a merchant has no callback.
#[derive(Debug, Clone, Template)]
#[template(path = "ended.html")]
pub struct Ended {
    /// Its surroundings.
    pub page: PageContext,
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
    /// The device on which the customer started, which moves on by itself.
    OtherDevice,
}

/// What happened to a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The bank proved the payment.
    Paid,
    /// A means to pay was registered.
    Registered,
    /// The customer said no.
    Cancelled,
    /// The merchant took the link back.
    Withdrawn,
    /// The bank could not or would not; the key of the reason.
    Failed(&'static str),
    /// Nobody paid in time.
    Expired,
}

impl How {
    /// The key of what happened, as a heading.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Paid => "ended-paid",
            Self::Registered => "ended-registered",
            Self::Cancelled => "ended-cancelled",
            Self::Withdrawn => "ended-withdrawn",
            Self::Failed(_) => "ended-failed",
            Self::Expired => "ended-expired",
        }
    }

    /// What happened, as a sentence to the customer.
    pub fn sentence(&self, merchant: &str, payee: &str, amount: &str) -> Sentence {
        match self {
            Self::Paid => Sentence::of("ended-paid-sentence").value("amount", amount).name("payee", payee),
            Self::Registered => Sentence::of("ended-registered-sentence").name("payee", payee),
            Self::Cancelled => Sentence::of("ended-cancelled-sentence"),
            Self::Withdrawn => Sentence::of("ended-withdrawn-sentence").name("merchant", merchant),
            Self::Failed(reason) => Sentence::of(*reason),
            Self::Expired => Sentence::of("ended-expired-sentence").name("merchant", merchant),
        }
    }
}

/// The link back to the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Our page that hands the browser back, such as `/payment/home?link_id=…`.
    pub url: String,
    /// The merchant's name.
    pub merchant: String,
    /// Whether the merchant's page is known not to answer now.
    pub is_away: bool,
}

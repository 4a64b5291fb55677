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
    /// What the customer keeps of it.
    pub records: ForRecords,
}

/// What a customer keeps of a payment or a consent, for later questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForRecords {
    /// The number by which merchant and gateway know it.
    pub reference: String,
    /// The day when it ended, as people write it.
    pub day: Option<String>,
    /// Where a copy of the page can be saved as a text; `None` for a browser that may not have the link.
    pub copy: Option<String>,
}

impl ForRecords {
    /// The day and the reference, line by line.
    pub(super) fn lines(&self, page: &PageContext) -> impl Iterator<Item = (String, String)> {
        let day = self.day.clone().map(|day| (page.text("detail-date"), day));
        day.into_iter().chain([(page.text("detail-reference"), self.reference.clone())])
    }
}

/// A page that a customer can save as a text.
pub trait SavedAsText {
    /// The text: what happened, then each detail below its name, which needs no punctuation of any language.
    fn saved_text(&self) -> String;
}

/// Writes the copy of a page.
pub(super) fn written(page: &PageContext, title: &str, sentence: Sentence, details: Vec<(String, String)>) -> String {
    let mut lines = vec![page.text(title), page.sentence(sentence).plain(), String::new()];
    if page.marks.is_test {
        lines.extend([page.text("test-mark"), String::new()]);
    }
    lines.extend(details.into_iter().flat_map(|(name, value)| [name, format!("  {value}")]));
    if let Some(url) = &page.marks.support {
        let name = page.say("footer-support").name("merchant", &page.marks.merchant).plain();
        lines.extend([name, format!("  {url}")]);
    }
    // What others chose stays in its own line, whatever it holds.
    lines.iter().map(|line| line.replace(char::is_control, " ") + "\n").collect()
}

impl Ended {
    /// Who is paid, how much, what for, when, line by line.
    fn details(&self) -> Vec<(String, String)> {
        let Self { page, payee, amount, note, records, .. } = self;
        let mut lines = vec![(page.text("detail-to"), payee.clone())];
        lines.extend((!amount.is_empty()).then(|| (page.text("detail-amount"), amount.clone())));
        lines.extend((!note.is_empty()).then(|| (page.text("detail-for"), note.clone())));
        lines.extend(records.lines(page));
        lines
    }
}

impl SavedAsText for Ended {
    fn saved_text(&self) -> String {
        let sentence = self.how.sentence(&self.merchant, &self.payee, &self.amount);
        let mut details = self.details();
        // The page says it in its foot, if at all; a text that is found again much later must.
        if self.merchant != self.payee {
            details.insert(0, (self.page.text("requested-by"), self.merchant.clone()));
        }
        written(&self.page, self.how.title(), sentence, details)
    }
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

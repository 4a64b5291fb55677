//! A refusal or a trouble, as a person sees it.

use askama::Template;

use super::words::problem as words;

/// Says what went wrong and, where there is one, the way on; tries again by itself when that helps.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    /// What went wrong, in a few words.
    pub title: String,
    /// What went wrong, as a sentence.
    pub sentence: String,
    /// What a person can do about it.
    pub hint: Option<String>,
    /// The page looks again after this many seconds.
    pub retry_seconds: Option<u32>,
    /// Where it goes then; itself, where nothing is said. A page that answers a form must not ask for itself again.
    pub retry_at: Option<String>,
    /// Our page on which its customer can go on.
    pub on: Option<String>,
}

impl ProblemPage {
    fn new(title: &str, sentence: &str, hint: &str) -> Self {
        Self { title: title.into(), sentence: sentence.into(), hint: Some(hint.into()), ..Self::default() }
    }

    fn retry(&self) -> Option<String> {
        self.retry_seconds.map(words::retry)
    }

    /// What a kind of problem of our own API means, to a reader who looks it up.
    pub fn about(title: &str, sentence: &str) -> Self {
        Self { title: title.into(), sentence: sentence.into(), ..Self::default() }
    }

    /// A link that we do not know: mistyped, cut off, or long gone.
    pub fn unknown_link() -> Self {
        Self::new(words::UNKNOWN_LINK, words::UNKNOWN_LINK_SENTENCE, words::UNKNOWN_LINK_HINT)
    }

    /// A browser that comes back from a bank with a `state` that we do not know, or that has been used.
    pub fn unknown_return() -> Self {
        Self::new(words::UNKNOWN_RETURN, words::UNKNOWN_RETURN_SENTENCE, words::UNKNOWN_RETURN_HINT)
    }

    /// A page that opened for a short time only.
    pub fn over() -> Self {
        Self::new(words::OVER, words::OVER_SENTENCE, words::OVER_HINT)
    }

    /// A payment that has come to its end, to somebody who knows no more than its id.
    pub fn payment_over() -> Self {
        Self::new(words::PAYMENT_OVER, words::PAYMENT_OVER_SENTENCE, words::OVER_HINT)
    }

    /// A return that shows no more than a `state`, after another one has counted.
    pub fn answered() -> Self {
        Self::new(words::ANSWERED, words::ANSWERED_SENTENCE, words::OVER_HINT)
    }

    /// An answer that leads nowhere, to a customer whom we recognise, who can go on at `page`.
    pub fn not_usable(page: &str) -> Self {
        let problem = Self::new(words::NOT_USABLE, words::NOT_USABLE_SENTENCE, words::GO_ON);
        Self { on: Some(page.into()), ..problem }
    }

    /// A return in another browser than the one that left, for a merchant who does not allow that.
    pub fn other_browser() -> Self {
        Self::new(words::OTHER_BROWSER, words::OTHER_BROWSER_SENTENCE, words::OTHER_BROWSER_HINT)
    }

    /// A press on Cancel where the link does not allow it.
    pub fn cannot_cancel() -> Self {
        Self::new(words::CANNOT_CANCEL, words::CANNOT_CANCEL_SENTENCE, words::GO_BACK)
    }

    /// An address that does not exist here.
    pub fn no_such_page() -> Self {
        Self::new(words::NO_SUCH_PAGE, words::NO_SUCH_PAGE_SENTENCE, words::NO_SUCH_PAGE_HINT)
    }

    /// A page that is asked for in a way that it does not offer.
    pub fn wrong_method() -> Self {
        Self::new(words::WRONG_METHOD, words::WRONG_METHOD_SENTENCE, words::GO_BACK)
    }

    /// A request that none of our pages or forms makes.
    pub fn unreadable() -> Self {
        Self::new(words::UNREADABLE, words::UNREADABLE_SENTENCE, words::GO_BACK)
    }

    /// The store is away; the page tries again after `retry_seconds`.
    pub fn store_away(retry_seconds: u32) -> Self {
        let page = Self::new(words::STORE_AWAY, words::STORE_AWAY_SENTENCE, words::STORE_AWAY_HINT);
        Self { retry_seconds: Some(retry_seconds), ..page }
    }

    /// Its customer has tried too often.
    pub fn too_often() -> Self {
        Self::new(words::TOO_OFTEN, words::TOO_OFTEN_SENTENCE, words::TOO_OFTEN_HINT)
    }

    /// Our fault.
    pub fn our_fault() -> Self {
        Self::new(words::OUR_FAULT, words::OUR_FAULT_SENTENCE, words::OUR_FAULT_HINT)
    }
}

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

    /// An answer that leads nowhere, to a customer whom we recognise, who can go on at `page`.
    pub fn not_usable(page: &str) -> Self {
        let problem = Self::new(words::NOT_USABLE, words::NOT_USABLE_SENTENCE, words::GO_ON);
        Self { on: Some(page.into()), ..problem }
    }

    /// The store is away; the page tries again after `retry_seconds`.
    pub fn store_away(retry_seconds: u32) -> Self {
        let page = Self::new(words::STORE_AWAY, words::STORE_AWAY_SENTENCE, words::STORE_AWAY_HINT);
        Self { retry_seconds: Some(retry_seconds), ..page }
    }
}

/// Declares pages by their title, sentence and hint.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident = $title:ident, $sentence:ident, $hint:ident;)+) => {
        impl ProblemPage {
            $(
                $(#[$doc])*
                pub fn $name() -> Self {
                    Self::new(words::$title, words::$sentence, words::$hint)
                }
            )+
        }
    };
}

pages! {
    /// A link that we do not know: mistyped, cut off, or long gone.
    unknown_link = UNKNOWN_LINK, UNKNOWN_LINK_SENTENCE, UNKNOWN_LINK_HINT;
    /// A browser that comes back from a bank with a `state` that we do not know, or that has been used.
    unknown_return = UNKNOWN_RETURN, UNKNOWN_RETURN_SENTENCE, UNKNOWN_RETURN_HINT;
    /// A page that opened for a short time only.
    over = OVER, OVER_SENTENCE, OVER_HINT;
    /// A payment that has come to its end, to somebody who knows no more than its id.
    payment_over = PAYMENT_OVER, PAYMENT_OVER_SENTENCE, OVER_HINT;
    /// A return that shows no more than a `state`, after another one has counted.
    answered = ANSWERED, ANSWERED_SENTENCE, OVER_HINT;
    /// A return in another browser than the one that left, for a merchant who does not allow that.
    other_browser = OTHER_BROWSER, OTHER_BROWSER_SENTENCE, OTHER_BROWSER_HINT;
    /// A press on Cancel where the link does not allow it.
    cannot_cancel = CANNOT_CANCEL, CANNOT_CANCEL_SENTENCE, GO_BACK;
    /// An address that does not exist here.
    no_such_page = NO_SUCH_PAGE, NO_SUCH_PAGE_SENTENCE, NO_SUCH_PAGE_HINT;
    /// A page that is asked for in a way that it does not offer.
    wrong_method = WRONG_METHOD, WRONG_METHOD_SENTENCE, GO_BACK;
    /// A request that none of our pages or forms makes.
    unreadable = UNREADABLE, UNREADABLE_SENTENCE, GO_BACK;
    /// Its customer has tried too often.
    too_often = TOO_OFTEN, TOO_OFTEN_SENTENCE, TOO_OFTEN_HINT;
    /// Our fault.
    our_fault = OUR_FAULT, OUR_FAULT_SENTENCE, OUR_FAULT_HINT;
}

//! A refusal or a trouble, as a person sees it.

use askama::Template;

use super::{Marks, PageContext, Said};
use crate::domain::{Journey, LanguageTag};
use crate::language::Sentence;

/// Says what went wrong and, where there is one, the way on; tries again by itself when that helps. Its texts are keys:
/// what answers with it may know nothing of the browser, and so of its language.
#[derive(Debug, Clone, Default)]
pub struct ProblemPage {
    /// What went wrong, in a few words.
    pub title: &'static str,
    /// What went wrong, as a sentence.
    pub sentence: &'static str,
    /// What a person can do about it.
    pub hint: Option<&'static str>,
    /// The page looks again after this many seconds.
    pub retry_seconds: Option<u32>,
    /// Where it goes then; itself, where nothing is said. A page that answers a form must not ask for itself again.
    pub retry_at: Option<String>,
    /// Our page on which its customer can go on.
    pub on: Option<String>,
    /// The language that its journey was opened in, where that is known.
    pub language: Option<LanguageTag>,
    /// What it shows of its journey, where that is known.
    pub marks: Marks,
}

/// A problem in a language.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub struct TranslatedProblem<'p> {
    /// Its surroundings.
    pub page: PageContext,
    /// What it says.
    pub problem: &'p ProblemPage,
}

impl TranslatedProblem<'_> {
    fn retry(&self) -> Option<Said<'_>> {
        let retry = |seconds| Sentence::of("problem-retry").number("seconds", seconds);
        self.problem.retry_seconds.map(|seconds| self.page.sentence(retry(seconds)))
    }
}

/// What a kind of problem of our own API means, to a developer who looks it up.
#[derive(Debug, Clone, Template)]
#[template(path = "about_problem.html")]
pub struct AboutProblem {
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it means for the caller.
    pub meaning: &'static str,
}

impl ProblemPage {
    fn new(title: &'static str, sentence: &'static str, hint: &'static str) -> Self {
        Self { title, sentence, hint: Some(hint), ..Self::default() }
    }

    /// This page about a journey.
    #[must_use]
    pub fn of_journey(self, journey: &Journey) -> Self {
        Self { language: journey.language(), marks: Marks::of(journey), ..self }
    }

    /// An answer that leads nowhere, to a customer whom we recognise, who can go on at `page`.
    pub fn not_usable(page: &str) -> Self {
        let problem = Self::new("problem-not-usable", "problem-not-usable-sentence", "problem-go-on");
        Self { on: Some(page.into()), ..problem }
    }

    /// A press on Cancel where the link does not allow it; its customer can still pay at `page`.
    pub fn cannot_cancel(page: String) -> Self {
        let (title, sentence) = ("problem-cannot-cancel", "problem-cannot-cancel-sentence");
        Self { title, sentence, on: Some(page), ..Self::default() }
    }

    /// The store is away; the page tries again after `retry_seconds`.
    pub fn store_away(retry_seconds: u32) -> Self {
        let page = Self::new("problem-store-away", "records-away", "problem-store-away-hint");
        Self { retry_seconds: Some(retry_seconds), ..page }
    }
}

/// Declares pages by the keys of their title, sentence and hint.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident = $title:literal, $sentence:literal, $hint:literal;)+) => {
        impl ProblemPage {
            $(
                $(#[$doc])*
                pub fn $name() -> Self {
                    Self::new($title, $sentence, $hint)
                }
            )+
        }
    };
}

pages! {
    /// A link that we do not know: mistyped, cut off, or long gone.
    unknown_link = "problem-unknown-link", "problem-unknown-link-sentence", "problem-unknown-link-hint";
    /// A browser that comes back from a bank with a `state` that we do not know, or that has been used.
    unknown_return = "problem-unknown-return", "problem-unknown-return-sentence", "problem-open-again";
    /// A page that opened for a short time only.
    over = "problem-over", "problem-over-sentence", "look-there";
    /// A payment that has come to its end, to somebody who knows no more than its id.
    payment_over = "problem-payment-over", "problem-payment-over-sentence", "look-there";
    /// A return that shows no more than a `state`, after another one has counted.
    answered = "problem-answered", "problem-answered-sentence", "look-there";
    /// A return in another browser than the one that left, for a merchant who does not allow that.
    other_browser = "problem-other-browser", "problem-other-browser-sentence", "problem-other-browser-hint";
    /// A phone code that was used before.
    code_used = "problem-code-used", "problem-code-used-sentence", "problem-new-code";
    /// A phone code whose time is over.
    code_over = "phone-code-over", "phone-code-lasts", "problem-new-code";
    /// A payment that goes on on the customer's other device.
    elsewhere = "problem-elsewhere", "problem-elsewhere-sentence", "phone-go-back";
    /// An address that does not exist here.
    no_such_page = "problem-no-such-page", "problem-no-such-page-sentence", "problem-no-such-page-hint";
    /// A page that is asked for in a way that it does not offer.
    wrong_method = "problem-wrong-method", "problem-wrong-method-sentence", "problem-go-back";
    /// A request that none of our pages or forms makes.
    unreadable = "problem-unreadable", "problem-unreadable-sentence", "problem-go-back";
    /// Its customer has tried too often.
    too_often = "problem-too-often", "problem-too-often-sentence", "problem-too-often-hint";
    /// Our fault.
    our_fault = "problem-our-fault", "problem-our-fault-sentence", "problem-open-again";
}

//! What stands in the way of a page of the console, and the way on.

use askama::Template;

use super::words::problem as words;
use crate::domain::{Invalid, Role};

/// Says what stands in the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "console/problem.html")]
pub struct Problem {
    /// The status of the answer.
    pub status: u16,
    /// What it is, in a few words.
    pub title: String,
    /// What it is, as a sentence.
    pub sentence: String,
    /// A command that helps, if one does.
    pub command: Option<&'static str>,
    /// Whether the console's first page is the way on.
    pub leads_back: bool,
    /// Whether the page with the ways in is.
    pub leads_in: bool,
}

impl Problem {
    fn new(status: u16, title: &str, sentence: impl Into<String>) -> Self {
        Self {
            status,
            title: title.to_owned(),
            sentence: sentence.into(),
            command: None,
            leads_back: true,
            leads_in: false,
        }
    }

    /// Nobody is signed in.
    pub fn signed_out() -> Self {
        let command = Some(words::LINK_COMMAND);
        Self { command, ..Self::by_another_way(403, words::SIGNED_OUT, words::SIGNED_OUT_SENTENCE) }
    }

    /// Somebody has just signed out.
    pub fn has_signed_out() -> Self {
        let command = Some(words::LINK_COMMAND);
        Self { command, ..Self::by_another_way(200, words::HAS_SIGNED_OUT, words::SIGNED_OUT_SENTENCE) }
    }

    /// An attempt at the OpenID provider that this browser has not begun, or that is over.
    pub fn attempt_over() -> Self {
        Self::by_another_way(403, words::ATTEMPT_OVER, words::ATTEMPT_OVER_SENTENCE)
    }

    /// The OpenID provider refuses, by this code.
    pub fn provider_refuses(label: &str, code: &str) -> Self {
        Self::by_another_way(403, words::NOBODY_SIGNED_IN, words::provider_refuses(label, code))
    }

    /// What came back is not the word of the OpenID provider.
    pub fn not_its_word(label: &str) -> Self {
        Self::by_another_way(403, words::NOBODY_SIGNED_IN, words::provider_away(label))
    }

    /// The OpenID provider gives no answer that counts.
    pub fn provider_away(label: &str) -> Self {
        Self::by_another_way(502, words::NOBODY_SIGNED_IN, words::provider_away(label))
    }

    /// Nothing is open to whom the OpenID provider has identified.
    pub fn no_access(label: &str) -> Self {
        Self::by_another_way(403, words::NO_ACCESS, words::no_access(label))
    }

    /// Nobody is signed in by this: the ways in are the way on.
    fn by_another_way(status: u16, title: &str, sentence: impl Into<String>) -> Self {
        Self { leads_back: false, leads_in: true, ..Self::new(status, title, sentence) }
    }

    /// A sign-in link that was used, or whose time is over.
    pub fn link_over() -> Self {
        let command = Some(words::LINK_COMMAND);
        Self { command, ..Self::by_another_way(410, words::LINK_OVER, words::LINK_OVER_SENTENCE) }
    }

    /// A page of the other kind of console.
    pub fn other_console() -> Self {
        Self::new(403, words::OTHER_CONSOLE, words::OTHER_CONSOLE_SENTENCE)
    }

    /// The member's role does not do.
    pub fn not_your_role(needed: Role) -> Self {
        Self::new(403, words::NOT_YOUR_ROLE, words::not_your_role(needed.as_str()))
    }

    /// A form that our page has not sent.
    pub fn not_our_form() -> Self {
        Self::new(403, words::NOT_OUR_FORM, words::NOT_OUR_FORM_SENTENCE)
    }

    /// A form that was sent before.
    pub fn sent_before() -> Self {
        Self::new(409, words::SENT_BEFORE, words::SENT_BEFORE_SENTENCE)
    }

    /// What is done once a second at the most.
    pub fn asked_too_often() -> Self {
        Self::new(429, words::ASKED_TOO_OFTEN, words::ASKED_TOO_OFTEN_SENTENCE)
    }

    /// As many deliveries were sent again as one press may, and there are more.
    pub fn more_to_send(count: usize) -> Self {
        Self::new(200, &words::sent_again(count), words::MORE_TO_SEND)
    }

    /// A sign-in link whose page was opened by another browser, or by none.
    pub fn opened_elsewhere() -> Self {
        Self::by_another_way(403, words::OPENED_ELSEWHERE, words::OPENED_ELSEWHERE_SENTENCE)
    }

    /// As many tries to sign in as one address may make.
    pub fn too_often() -> Self {
        Self::by_another_way(429, words::TOO_OFTEN, words::TOO_OFTEN_SENTENCE)
    }

    /// Whoever asks for a link by mail is told this.
    pub fn link_is_mailed() -> Self {
        Self { leads_back: false, ..Self::new(200, words::LINK_IS_MAILED, words::LINK_IS_MAILED_SENTENCE) }
    }

    /// A gateway whose browsers keep no session, for want of TLS.
    pub fn needs_https() -> Self {
        Self { leads_back: false, ..Self::new(403, words::NEEDS_HTTPS, words::NEEDS_HTTPS_SENTENCE) }
    }

    /// A request that no page makes.
    pub fn unreadable() -> Self {
        Self::new(400, words::UNREADABLE, words::UNREADABLE_SENTENCE)
    }

    /// What is not there, or is another merchant's.
    pub fn not_found() -> Self {
        Self::new(404, words::NOT_FOUND, words::NOT_FOUND_SENTENCE)
    }

    /// The merchant is shut out.
    pub fn disabled() -> Self {
        Self { leads_back: false, ..Self::new(403, words::DISABLED, words::DISABLED_SENTENCE) }
    }

    /// What breaks a rule.
    pub fn refused(invalid: &Invalid) -> Self {
        Self::new(422, words::REFUSED, super::refusal(invalid))
    }

    /// A journey that has ended otherwise.
    pub fn has_ended(outcome: &str) -> Self {
        Self::new(409, words::REFUSED, super::words::journeys::ended(outcome))
    }

    /// A journey whose provider has not said that it is closed.
    pub fn may_be_paying() -> Self {
        Self::new(409, words::REFUSED, super::words::journeys::MAY_BE_PAYING)
    }
}

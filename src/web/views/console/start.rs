//! What to do first, and the API keys.

use askama::Template;
use serde::Deserialize;

use super::fields::Refused;
use super::frame::{Frame, When};
use super::words::start as words;
use crate::domain::{Mode, Role};

/// What to do next.
#[derive(Debug, Clone, Template)]
#[template(path = "console/start.html")]
pub struct Start {
    /// What stands around it.
    pub frame: Frame,
    /// Which steps have happened, in the order of `Start::steps`.
    pub done: [bool; 5],
    /// The watched callbacks that are down: the index and the URL of each, and since when.
    pub down: Vec<(usize, String, When)>,
    /// The endpoints that do not take what they are sent, and whether each has said that it is gone.
    pub failing: Vec<(String, bool)>,
    /// The page of the callback from which a test journey starts.
    pub test_from: String,
}

/// A step.
struct Step<'a> {
    is_done: bool,
    title: &'static str,
    more: &'static str,
    href: &'a str,
}

impl Start {
    fn steps(&self) -> [Step<'_>; 5] {
        let (paid, paid_more) = match self.frame.mode() {
            Some(Mode::Live) => (words::PAID, words::PAID_MORE),
            Some(Mode::Test) | None => (words::TEST, words::TEST_MORE),
        };
        let callbacks = if self.frame.may(Role::Admin) { "/console/callbacks/new" } else { "/console/callbacks" };
        let steps = [
            (words::CALLBACK, words::CALLBACK_MORE, callbacks),
            (words::KEY, words::KEY_MORE, "/console/keys"),
            (paid, paid_more, self.test_from.as_str()),
            (words::WEBHOOK, words::WEBHOOK_MORE, "/console/webhooks"),
            (words::VERIFY, words::VERIFY_MORE, "/v1/openapi.json"),
        ];
        let mut done = self.done.into_iter();
        steps.map(|(title, more, href)| Step { is_done: done.next().unwrap_or_default(), title, more, href })
    }
}

/// The API keys.
#[derive(Debug, Clone, Template)]
#[template(path = "console/keys.html")]
pub struct Keys {
    /// What stands around it.
    pub frame: Frame,
    /// The oldest first.
    pub keys: Vec<KeyRow>,
    /// The form of a new one.
    pub new: KeyFields,
    /// What of it is refused.
    pub refused: Refused,
}

impl Keys {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["name"])
    }
}

/// An API key.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: When,
    /// When it was last used.
    pub used_at: Option<When>,
    /// When it ends, if that is set.
    pub ends_at: Option<When>,
}

/// The form of a new key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct KeyFields {
    /// Its name.
    pub name: String,
    /// What makes a second press make nothing.
    pub once: String,
}

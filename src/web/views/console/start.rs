//! What to do first.

use askama::Template;

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

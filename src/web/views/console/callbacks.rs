//! Saved callbacks, and what a customer's browser opens.

use askama::Template;

use super::fields::{CallbackFields, Refused};
use super::frame::{Frame, When};
use super::words::callbacks as words;
use crate::domain::{Finding, Grade, Mode, Role};

/// The saved callbacks.
#[derive(Debug, Clone, Template)]
#[template(path = "console/callbacks.html")]
pub struct Callbacks {
    /// What stands around it.
    pub frame: Frame,
    /// By their indices.
    pub callbacks: Vec<CallbackRow>,
}

/// A saved callback in the list.
#[derive(Debug, Clone)]
pub struct CallbackRow {
    /// Its index.
    pub index: usize,
    /// What is saved.
    pub saved: CallbackFields,
    /// Whether it is down, if it is watched.
    pub is_down: bool,
}

/// The form of a new callback, or of one that is changed.
#[derive(Debug, Clone, Template)]
#[template(path = "console/callback_form.html")]
pub struct CallbackForm {
    /// What stands around it.
    pub frame: Frame,
    /// Its index; `None` of a new one.
    pub index: Option<usize>,
    /// What is filled in.
    pub fields: CallbackFields,
    /// What of it is refused.
    pub refused: Refused,
}

impl CallbackForm {
    fn title(&self) -> String {
        self.index.map_or_else(|| words::ADD.to_owned(), words::change)
    }

    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&CallbackFields::NAMES)
    }

    fn address(&self) -> String {
        let page = self.index.map_or_else(|| "new".to_owned(), |index| format!("{index}/edit"));
        format!("/console/callbacks/{page}")
    }
}

/// One callback, with what a customer's browser opens.
#[derive(Debug, Clone, Template)]
#[template(path = "console/callback.html")]
pub struct Callback {
    /// What stands around it.
    pub frame: Frame,
    /// Its index.
    pub index: usize,
    /// What is saved.
    pub saved: CallbackFields,
    /// Since when it is down, if it is watched.
    pub down_since: Option<When>,
    /// By dialect.
    pub previews: Vec<Preview>,
    /// The form of a test journey.
    pub test: TestFields,
    /// What of it is refused.
    pub refused: Refused,
    /// What a check-up has just found.
    pub found: Option<Vec<Finding>>,
}

impl Callback {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["amount", "currency"])
    }

    /// Whether a test journey can be made: money would move in a live one.
    fn is_test(&self) -> bool {
        self.frame.mode() == Some(Mode::Test) && self.frame.may(Role::Support)
    }
}

/// The form of a test journey.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct TestFields {
    /// The amount.
    pub amount: String,
    /// Its currency.
    pub currency: String,
    /// What makes the form sent twice one journey.
    #[serde(default)]
    pub once: String,
}

impl Default for TestFields {
    fn default() -> Self {
        Self { amount: "1.00".to_owned(), currency: "EUR".to_owned(), once: String::new() }
    }
}

/// What a customer's browser opens when a journey of a dialect ends.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The dialect.
    pub dialect: &'static str,
    /// How its parts open, or why it cannot be used.
    pub opens: Result<Vec<Opens>, String>,
}

/// What a kind of device opens.
#[derive(Debug, Clone)]
pub struct Opens {
    /// The kind of device; `None` where all open the same.
    pub device: Option<&'static str>,
    /// By outcome.
    pub rows: Vec<OpensRow>,
}

/// What is opened for an outcome.
#[derive(Debug, Clone)]
pub struct OpensRow {
    /// The outcome, in the dialect's word.
    pub outcome: &'static str,
    /// The exact URL.
    pub url: String,
    /// Where a customer goes on without the app.
    pub elsewhere: Option<String>,
}

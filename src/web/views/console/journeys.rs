//! Journeys: the list, a new link, and one with all that happened.

use askama::Template;
use serde::Deserialize;

use super::fields::Refused;
use super::frame::{Frame, When};
use super::words::journeys as words;
use crate::domain::Role;

/// What is looked for, as the form of the list has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Search {
    /// An id, a reference, or `name=text` of the metadata.
    pub find: String,
    /// A status, [`Search::NOT_RETURNED`] or [`Search::MISMATCH`].
    pub status: String,
    /// A dialect.
    pub dialect: String,
    /// A provider.
    pub provider: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// What the note begins with.
    pub note: String,
    /// The place behind which the list begins.
    pub after: String,
}

impl Search {
    /// In the place of a status: paid, and its customer has not come back.
    pub const NOT_RETURNED: &'static str = "paid-not-returned";

    /// In the place of a status: its provider has something else than it was asked for.
    pub const MISMATCH: &'static str = "mismatch";

    fn is_any(&self) -> bool {
        *self != Self { after: self.after.clone(), ..Self::default() }
    }
}

/// A part of the list.
#[derive(Debug, Clone, Template)]
#[template(path = "console/journeys.html")]
pub struct Journeys {
    /// What stands around it.
    pub frame: Frame,
    /// What is looked for.
    pub search: Search,
    /// What of that is refused.
    pub refused: Refused,
    /// Every status.
    pub statuses: &'static [&'static str],
    /// Every dialect.
    pub dialects: Vec<&'static str>,
    /// Every provider.
    pub providers: Vec<String>,
    /// The newest first.
    pub journeys: Vec<JourneyRow>,
    /// The query of what comes behind it, if anything does.
    pub next: Option<String>,
    /// Whether it ends because enough were looked at.
    pub stopped: bool,
    /// The query of the list as it is.
    pub query: String,
}

impl Journeys {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&[])
    }
}

/// A journey in the list.
#[derive(Debug, Clone)]
pub struct JourneyRow {
    /// Its id.
    pub id: String,
    /// When it was opened.
    pub opened_at: When,
    /// What is paid, with the currency; empty where nothing is.
    pub amount: String,
    /// Where it stands.
    pub status: &'static str,
    /// What it is for.
    pub note: String,
    /// The provider.
    pub provider: String,
    /// The dialect.
    pub dialect: String,
    /// The kind of operation, where it is one and no payment.
    pub operation: Option<&'static str>,
    /// Whether it is paid, and its customer has not come back.
    pub is_missing: bool,
}

/// The form of a new link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LinkFields {
    /// The amount.
    pub amount: String,
    /// Its currency.
    pub currency: String,
    /// What it is for.
    pub note: String,
    /// The merchant's own reference.
    pub reference: String,
    /// The index of a saved callback; empty for those that are used by default.
    pub callback: String,
    /// For how many hours it can be paid.
    pub hours: String,
    /// When money that was set aside is collected.
    pub capture: String,
    /// Where it is paid; empty for the first provider that takes it.
    pub provider: String,
    /// In which language the customer's pages are; empty where that is left to the setting and the browser.
    pub language: String,
    /// The merchant's own texts: lines of `name=text`.
    pub metadata: String,
    /// What makes a second press the same link.
    pub once: String,
}

/// The form of a new link.
#[derive(Debug, Clone, Template)]
#[template(path = "console/link_form.html")]
pub struct LinkForm {
    /// What stands around it.
    pub frame: Frame,
    /// What is filled in.
    pub fields: LinkFields,
    /// What of it is refused.
    pub refused: Refused,
    /// The saved callbacks: index, and how it is called.
    pub callbacks: Vec<(String, String)>,
    /// Where it can be paid.
    pub providers: Vec<String>,
    /// The languages that customers' pages can be in.
    pub languages: Vec<String>,
}

impl LinkForm {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&[
            "amount",
            "currency",
            "note",
            "reference",
            "expires_in",
            "capture",
            "provider",
            "language",
            "metadata",
        ])
    }
}

/// One journey.
#[derive(Debug, Clone, Template)]
#[template(path = "console/journey.html")]
pub struct JourneyPage {
    /// What stands around it.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// The kind of operation, where it is one and no payment.
    pub operation: Option<&'static str>,
    /// What is paid, with the currency.
    pub amount: String,
    /// What is known of it: a name, and a text.
    pub facts: Vec<(&'static str, String)>,
    /// The merchant's own texts.
    pub metadata: Vec<(String, String)>,
    /// The link of its customer, while it can be paid.
    pub link: Option<PayLink>,
    /// By outcome, where its customer is handed back.
    pub urls: Vec<(&'static str, String)>,
    /// What may change while one looks.
    pub live: LivePart,
    /// What can be done.
    pub can: Can,
    /// What makes a second press the same order.
    pub once: String,
}

impl JourneyPage {
    fn heading(&self) -> String {
        match self.operation {
            Some(kind) => words::operation(kind, &self.amount),
            None if self.amount.is_empty() => words::one(&self.id),
            None => self.amount.clone(),
        }
    }
}

/// A customer's link.
#[derive(Debug, Clone)]
pub struct PayLink {
    /// Its address.
    pub url: String,
    /// Where its QR code is.
    pub qr: String,
}

/// What may change of a journey while one looks.
#[derive(Debug, Clone)]
pub struct LivePart {
    /// Where it stands.
    pub status: &'static str,
    /// What happened, in order.
    pub timeline: Vec<EventRow>,
    /// What its servers were sent.
    pub deliveries: Vec<DeliveryRow>,
    /// Whether nothing more is to come by itself: it has ended, and so have its deliveries.
    pub is_over: bool,
}

/// That part alone, as `live.js` asks for it again.
#[derive(Debug, Clone, Template)]
#[template(path = "console/journey_live.html")]
pub struct JourneyLive {
    /// That part.
    pub live: LivePart,
}

/// An event of a timeline.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// When.
    pub at: When,
    /// What.
    pub what: String,
    /// Where there is more about it.
    pub href: Option<String>,
    /// What came of it, by whom, and with which error.
    pub more: String,
    /// The beginning of what a server answered.
    pub answer: String,
}

/// A delivery in a list.
#[derive(Debug, Clone)]
pub struct DeliveryRow {
    /// Its id.
    pub id: String,
    /// When it was left, or ended.
    pub at: When,
    /// What is notified.
    pub url: String,
    /// Of what.
    pub event: String,
    /// Where it stands.
    pub state: &'static str,
    /// How many tries.
    pub tries: u8,
    /// What the last attempt met.
    pub last: String,
    /// When it is tried again, if it is.
    pub due_at: Option<When>,
    /// Whether it waits because its endpoint is paused.
    pub is_paused: bool,
}

/// What can be done to a journey, by what is left of it.
#[derive(Debug, Clone, Default)]
pub struct Can {
    /// Withdraw it.
    pub cancel: bool,
    /// Collect so much.
    pub capture: Option<String>,
    /// Release it.
    pub void: bool,
    /// Give so much back.
    pub refund: Option<String>,
}

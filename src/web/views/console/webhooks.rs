//! Webhook endpoints and deliveries.

use askama::Template;
use serde::Deserialize;

use super::fields::Refused;
use super::frame::{Frame, When};
use super::journeys::DeliveryRow;
use super::words::webhooks as words;
use crate::domain::Role;

/// The endpoints, and where deliveries are.
#[derive(Debug, Clone, Template)]
#[template(path = "console/webhooks.html")]
pub struct Webhooks {
    /// What stands around it.
    pub frame: Frame,
    /// By their indices.
    pub endpoints: Vec<EndpointRow>,
    /// Until when the signing secret before this one counts, while it does.
    pub old_secret_until: Option<When>,
    /// What makes a second press show the same new secret.
    pub once: String,
}

/// An endpoint in the list.
#[derive(Debug, Clone)]
pub struct EndpointRow {
    /// Its index.
    pub index: usize,
    /// Where it is.
    pub url: String,
    /// What it wants.
    pub events: String,
    /// How many of its deliveries fail and are tried again, of the newest 200.
    pub failing: usize,
    /// How many were given up, of the newest 200.
    pub dead: usize,
    /// Whether its deliveries wait.
    pub is_paused: bool,
    /// Whether it has said that it is gone, so that nothing is sent there.
    pub is_gone: bool,
}

/// The form of an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EndpointFields {
    /// Where it is.
    pub url: String,
    /// Whether it wants what happens before there is an outcome.
    pub pending: String,
    /// And so on: `on` where it wants that event.
    pub paid: String,
    /// Money that was set aside.
    pub authorised: String,
    /// A consent, or an operation.
    pub done: String,
    /// What was cancelled.
    pub cancelled: String,
    /// What failed.
    pub failed: String,
    /// What expired.
    pub expired: String,
    /// What makes the form sent twice one endpoint.
    pub once: String,
    /// Its own headers, a line each: `name: value`. A name alone keeps the value that is saved.
    pub headers: String,
}

impl EndpointFields {
    /// Every event with whether it is wanted.
    pub fn events(&self) -> [(&'static str, bool); 7] {
        let all = [
            ("pending", &self.pending),
            ("paid", &self.paid),
            ("authorised", &self.authorised),
            ("done", &self.done),
            ("cancelled", &self.cancelled),
            ("failed", &self.failed),
            ("expired", &self.expired),
        ];
        all.map(|(word, text)| (word, !text.is_empty()))
    }

    /// An endpoint that wants these events.
    pub fn wanting(url: String, words: &[&str]) -> Self {
        let on = |word| if words.contains(&word) { "on".to_owned() } else { String::new() };
        Self {
            url,
            headers: String::new(),
            pending: on("pending"),
            paid: on("paid"),
            authorised: on("authorised"),
            done: on("done"),
            cancelled: on("cancelled"),
            failed: on("failed"),
            expired: on("expired"),
            once: String::new(),
        }
    }
}

/// The form of a new endpoint, or of one that is changed.
#[derive(Debug, Clone, Template)]
#[template(path = "console/endpoint_form.html")]
pub struct EndpointForm {
    /// What stands around it.
    pub frame: Frame,
    /// Its index; `None` of a new one.
    pub index: Option<usize>,
    /// What is filled in.
    pub fields: EndpointFields,
    /// What of it is refused.
    pub refused: Refused,
}

impl EndpointForm {
    fn title(&self) -> String {
        self.index.map_or_else(|| words::ADD.to_owned(), words::change)
    }

    fn address(&self) -> String {
        let page = self.index.map_or_else(|| "new".to_owned(), |index| format!("{index}/edit"));
        format!("/console/webhooks/{page}")
    }

    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["url", "headers"])
    }
}

/// What came of a test webhook.
#[derive(Debug, Clone, Template)]
#[template(path = "console/tested.html")]
pub struct Tested {
    /// What stands around it.
    pub frame: Frame,
    /// The index of its endpoint.
    pub index: usize,
    /// Its id.
    pub id: String,
    /// Whether it was received.
    pub is_received: bool,
    /// The one attempt.
    pub attempts: [AttemptRow; 1],
}

/// A part of the event feed.
#[derive(Debug, Clone, Template)]
#[template(path = "console/events.html")]
pub struct Events {
    /// What stands around it.
    pub frame: Frame,
    /// The day from which it is shown.
    pub from: String,
    /// The oldest first.
    pub events: Vec<FeedRow>,
    /// Where it goes on, if it does.
    pub next: Option<String>,
}

/// An event of the feed.
#[derive(Debug, Clone)]
pub struct FeedRow {
    /// When it was written.
    pub at: When,
    /// Its type, in the word of `/v1`.
    pub r#type: String,
    /// The id of its journey.
    pub journey: String,
}

/// Deliveries of one state.
#[derive(Debug, Clone, Template)]
#[template(path = "console/deliveries.html")]
pub struct Deliveries {
    /// What stands around it.
    pub frame: Frame,
    /// Which ones: `waiting`, `failing`, `dead` or `delivered`.
    pub state: String,
    /// The newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Where they go on, if they do.
    pub next: Option<String>,
}

impl Deliveries {
    fn states() -> [(&'static str, &'static str); 4] {
        [
            ("waiting", words::WAITING),
            ("failing", words::FAILING),
            ("dead", words::DEAD),
            ("delivered", words::DELIVERED),
        ]
    }
}

/// One delivery.
#[derive(Debug, Clone, Template)]
#[template(path = "console/delivery.html")]
pub struct DeliveryPage {
    /// What stands around it.
    pub frame: Frame,
    /// How it stands.
    pub row: DeliveryRow,
    /// The id of its journey.
    pub journey: String,
    /// The attempts that are kept, the first of them first.
    pub attempts: Vec<AttemptRow>,
}

/// An attempt.
#[derive(Debug, Clone)]
pub struct AttemptRow {
    /// When.
    pub at: When,
    /// How long it took, in milliseconds.
    pub took_millis: u64,
    /// What it met.
    pub result: String,
    /// The beginning of the answer, or why there was none.
    pub answer: String,
}

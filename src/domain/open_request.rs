//! What a merchant's call asks for, before the engine has resolved it.

use std::time::Duration;

use crate::domain::message::Message;
use crate::domain::{
    DialectData, ExtraOutcomes, Item, LanguageTag, OneTime, Placement, Purpose, UnixMillis, WebhookOptions,
};

pub use super::callback::RequestedCallbacks;

/// A journey as a dialect read it from a merchant's call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRequest {
    /// What the customer is asked for.
    pub purpose: Purpose,
    /// The provider that it is to be paid at; `None` is the first that takes it.
    pub provider: Option<RequestedProvider>,
    /// What the dialect keeps in the journey.
    pub dialect_data: DialectData,
    /// The callbacks that were asked for.
    pub callback: RequestedCallbacks,
    /// Where our parameters go in the URLs that the call brought itself.
    pub params_in: Placement,
    /// The payment endpoints that were asked for.
    pub endpoints: RequestedCallbacks,
    /// How they are called in this journey.
    pub webhook_options: WebhookOptions,
    /// Whether this journey's callbacks carry a one-time token; `None` is the merchant's setting.
    pub one_time_token: Option<OneTime>,
    /// What becomes of a failure in this journey; `None` is the merchant's setting.
    pub extra_outcomes: Option<ExtraOutcomes>,
    /// When this journey expires; `None` is the merchant's setting.
    pub expiry: Option<Expiry>,
    /// The language of its pages; `None` is the merchant's setting.
    pub language: Option<LanguageTag>,
    /// Whether the merchant's page opens this journey's pages in a window of their own.
    pub in_popup: bool,
}

impl OpenRequest {
    /// An open request that leaves nothing to the merchant's settings: no one-time token, every outcome, and plain
    /// webhooks. It ends on our own page, and no webhook is sent, unless a field says otherwise.
    pub fn plain(purpose: Purpose) -> Self {
        Self {
            purpose,
            provider: None,
            dialect_data: DialectData::default(),
            callback: RequestedCallbacks::OwnPage,
            params_in: Placement::Query,
            endpoints: RequestedCallbacks::OwnPage,
            webhook_options: WebhookOptions::plainly(),
            one_time_token: Some(OneTime::Off),
            extra_outcomes: Some(ExtraOutcomes::On),
            expiry: None,
            language: None,
            in_popup: false,
        }
    }
}

/// The provider that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedProvider {
    /// The field of the call that names it.
    pub field: &'static str,
    /// Its name.
    pub name: String,
    /// The names of further ones, among all of which the customer chooses.
    pub others: Vec<String>,
    /// Whether the app creates the payment there itself, and says later which it is.
    pub attaches: bool,
}

impl RequestedProvider {
    /// The most providers that a customer chooses among.
    pub const MOST: usize = 8;
}

/// A job as a merchant asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRequest {
    /// Who is called: a URL, or a saved payment endpoint.
    pub to: Item,
    /// What is sent.
    pub message: Message,
    /// How long it may wait; `None` is the merchant's setting.
    pub life: Option<Duration>,
}

/// When a journey expires, as its call asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// The field of the call that asked for it.
    pub field: &'static str,
    /// When.
    pub when: When,
}

/// A moment of expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long after the journey has been opened.
    In(Duration),
    /// At this moment.
    At(UnixMillis),
}

impl Expiry {
    /// So long after the journey has been opened.
    pub const fn within(field: &'static str, life: Duration) -> Self {
        Self { field, when: When::In(life) }
    }

    /// At this moment.
    pub const fn at(field: &'static str, moment: UnixMillis) -> Self {
        Self { field, when: When::At(moment) }
    }
}

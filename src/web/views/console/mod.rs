//! The console's pages: as customers' pages, each a typed context, plain data in and HTML out.
//!
//! Their sentences live in `words.rs`, in English alone; what they look like beside all other pages, in
//! `static/console.css`.

pub(super) mod words;

mod accounts;
mod audit;
mod callbacks;
mod fields;
mod frame;
mod journeys;
mod keys;
mod numbers;
mod operator;
mod people;
mod problem;
mod sessions;
mod sign_in;
mod start;
#[cfg(test)]
pub(super) mod tests;
mod webhooks;

pub use accounts::{Account, AccountField, AccountForm, AccountRow, Accounts, SettingField, SettingsPage, tested};
pub use audit::{Audit, AuditRow};
pub use callbacks::{Callback, CallbackForm, CallbackRow, Callbacks, Opens, OpensRow, Preview, TestFields};
pub use fields::{CallbackFields, Refused};
pub use frame::{Frame, Place, Side, When};
pub use journeys::{
    Can, DeliveryRow, EventRow, JourneyLive, JourneyPage, JourneyRow, Journeys, LinkFields, LinkForm, LivePart,
    PayLink, Search,
};
pub use keys::{KeyFields, KeyRow, Keys, PublicKeyFields, WebhookKeyRow};
pub use numbers::{Counts, DayRow, Numbers, SpanLink};
pub use operator::{Issued, MerchantRow, Merchants, NewMerchantFields, Node, ProviderRow, Providers};
pub use people::{People, PersonFields, PersonRow};
pub use problem::Problem;
pub use sessions::{SessionRow, Sessions};
pub use sign_in::{ChooseConsole, SignIn, WaysIn};
pub use start::Start;
pub use webhooks::{
    AttemptRow, Deliveries, DeliveryPage, EndpointFields, EndpointForm, EndpointRow, Events, FeedRow, Tested, Webhooks,
};

pub use words::journeys::{attempt, event, operation};

use crate::domain::Invalid;

/// What breaks a rule, as a sentence with what would do.
fn refusal(invalid: &Invalid) -> String {
    let hint = invalid.hint_text().map_or_else(String::new, |hint| format!("; {hint}"));
    format!("{} {}{hint}.", words::capitalised(invalid.field()), invalid.rule())
}

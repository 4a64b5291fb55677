//! The nouns: callbacks, merchants, users, institutions, journeys, consents, outcomes, tokens, deliveries, money.
//!
//! Everything here is pure: no I/O, no clock, no serialisation. A value that exists is valid, because its only
//! constructor checked it; records and wire structs live with the store and with `web`.

pub mod api_key;
pub mod app_page;
pub mod base32;
pub mod callback;
pub mod consent;
pub mod delivery;
pub mod device;
pub mod dialect;
pub mod dialect_data;
pub mod endpoint;
pub mod id;
pub mod institution;
pub mod invalid;
pub mod iso;
pub mod journey;
pub mod merchant;
pub mod message;
pub mod moment;
pub mod money;
pub mod notify_on;
pub mod open_request;
pub mod outcome;
pub mod params;
pub mod plan;
pub mod redirect;
pub mod rotation;
pub mod secret;
pub mod signature;
pub mod signed_return;
pub mod slots;
pub mod terms;
pub mod text;
pub mod token;
pub mod user;
pub mod words;

//! Callbacks: the URLs that merchants choose, kept byte for byte.

mod bare;
mod device_urls;
mod intent;
mod list;
mod names;
mod network;
mod parts;
mod place;
mod rules;
mod spelling;
mod stores;
mod template;
mod url;

pub use bare::{Apart, bare, take_apart};
pub use device_urls::{DeviceRoute, DeviceUrls, WrittenDeviceUrls};
pub use intent::{AndroidPackage, intent_link};
pub use list::{Item, MAX_ITEMS, RequestedCallbacks, Saved, check_count, each, parse_list, place};
pub use network::Network;
pub use rules::{CallGuard, MAX_LENGTH, Rules};
pub use stores::{AppStorePage, PlayStorePage, RESUME};
pub use url::{CallbackUrl, NEVER, check_length};

use super::words::words;

words! {
    /// Where our parameters go in a callback.
    #[derive(Default)]
    pub enum Placement("params_in") {
        /// Into the query, before any `#`.
        #[default]
        Query = "query",
        /// Into the fragment, for apps whose router lives behind the `#`.
        Fragment = "fragment",
    }
}

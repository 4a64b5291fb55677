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
mod template;
mod url;

pub use bare::{Apart, bare, take_apart};
pub use device_urls::{DeviceRoute, DeviceUrls, WrittenDeviceUrls};
pub use intent::{AndroidPackage, intent_link};
pub use list::{Item, MAX_ITEMS, RequestedCallbacks, Saved, check_count, each, parse_list, place};
pub use network::Network;
pub use rules::{CallGuard, MAX_LENGTH, Rules};
pub(crate) use url::is_loopback;
pub use url::{CallbackUrl, NEVER, check_length};

use super::invalid::Invalid;

/// Where our parameters go in a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// Into the query, before any `#`.
    #[default]
    Query,
    /// Into the fragment, for apps whose router lives behind the `#`.
    Fragment,
}

impl Placement {
    /// Reads `query` or `fragment`.
    ///
    /// # Errors
    /// When `text` is neither.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "query" => Ok(Self::Query),
            "fragment" => Ok(Self::Fragment),
            _ => Err(Invalid::new("params_in", "is neither query nor fragment")),
        }
    }

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
        }
    }
}

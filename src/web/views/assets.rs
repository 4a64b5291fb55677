//! The files that pages load; they live inside the binary, and each is named by its content.
//!
//! An address that holds a digest of the content may be kept for ever: after an upgrade pages name other addresses, so
//! no page meets the looks or the scripts of another version. [`Asset::url`] is the one place that has such an
//! address.

use data_encoding::HEXLOWER;
use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Where these files are served.
pub(super) const FOLDER: &str = "/static/";

/// How many bytes of the digest stand in a name: enough to tell versions apart, nobody is to be kept out by it.
pub(super) const BYTES_IN_NAME: usize = 6;

/// A file below `/static/`.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its plain name below `/static/`, which stays when its content changes.
    pub name: &'static str,
    /// Its address with the digest of its content, as pages load it.
    pub url: String,
    /// The value of its `Content-Type`.
    pub content_type: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
    /// Its strong entity tag, quotes included (RFC 9110, section 8.8.3).
    pub etag: String,
}

impl Asset {
    /// A file of this plain name.
    pub(super) fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let short = HEXLOWER.encode(&digest[..BYTES_IN_NAME]);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let url = format!("{FOLDER}{stem}.{short}.{extension}");
        Self { name, url, content_type, bytes, etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest)) }
    }
}

const TEXT_CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($(#[$doc:meta])* $constant:ident = $content_type:ident $name:literal;)+) => {
        $(
            $(#[$doc])*
            pub static $constant: LazyLock<Asset> =
                LazyLock::new(|| Asset::new($name, $content_type, include_bytes!(concat!("../../../static/", $name))));
        )+

        /// Every file there is.
        pub fn all() -> impl Iterator<Item = &'static Asset> {
            [$(&$constant),+].into_iter().map(|asset| &**asset)
        }
    };
}

assets! {
    /// How every page looks.
    STYLE = TEXT_CSS "handback.css";
    /// How the console looks beside that.
    CONSOLE_STYLE = TEXT_CSS "console.css";
    /// The mark of every page.
    ICON = SVG "favicon.svg";
    /// Opens an app.
    APP_RETURN = JS "app-return.js";
    /// Tells the page that has opened this window how it ended.
    POPUP = JS "popup.js";
    /// Posts what stands behind a `#`.
    FRAGMENT_RETURN = JS "fragment-return.js";
    /// Posts a return once more, from our own page.
    REPOST = JS "repost.js";
    /// Shows what came behind a `#`.
    DISPLAY_PARAMETERS = JS "display-parameters.js";
    /// Asks behind a page whether there is a way on.
    WAITING = JS "waiting.js";
    /// Brings what is new of a journey in the console.
    LIVE = JS "live.js";
    /// Shows the call of the demo's form.
    DEMO = JS "demo.js";
}

/// How long an address means the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// For ever: the address holds the digest.
    ForEver,
    /// Until the next upgrade.
    UntilUpgraded,
    /// Not at all: the address holds the digest of another version.
    ForNow,
}

/// The file of this name below `/static/`, plain or with the digest of its content, if there is one. While nodes are
/// upgraded one by one, a page of one version may ask a node of the other: it gets what that node has, and nobody keeps
/// it.
pub fn asset(name: &str) -> Option<(&'static Asset, Lasts)> {
    all().find_map(|asset| {
        let lasts = if asset.url.strip_prefix(FOLDER) == Some(name) {
            Lasts::ForEver
        } else if asset.name == name {
            Lasts::UntilUpgraded
        } else if is_of_another_version(asset, name) {
            Lasts::ForNow
        } else {
            return None;
        };
        Some((asset, lasts))
    })
}

fn is_of_another_version(asset: &Asset, name: &str) -> bool {
    let (stem, extension) = asset.name.rsplit_once('.').unwrap_or((asset.name, ""));
    let digest = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
    let digest = digest.and_then(|rest| rest.strip_prefix('.')?.strip_suffix('.'));
    digest.is_some_and(|hex| hex.len() == 2 * BYTES_IN_NAME && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

//! The files that pages load; they live inside the binary, and each has a strong entity tag made of its content.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A file below `/static/`.
#[derive(Debug, Clone)]
pub struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    etag: String,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        Self { name, content_type, bytes, etag: format!("\"{digest}\"") }
    }

    /// Its name below `/static/`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The value of its `Content-Type`.
    pub const fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// What it holds.
    pub const fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    /// Its strong entity tag, quotes included (RFC 9110, section 8.8.3).
    pub fn etag(&self) -> &str {
        &self.etag
    }
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static ASSETS: LazyLock<[Asset; 8]> = LazyLock::new(|| {
    [
        Asset::new("handback.css", CSS, include_bytes!("../../../static/handback.css")),
        Asset::new("favicon.svg", SVG, include_bytes!("../../../static/favicon.svg")),
        Asset::new("app-return.js", JS, include_bytes!("../../../static/app-return.js")),
        Asset::new("fragment-return.js", JS, include_bytes!("../../../static/fragment-return.js")),
        Asset::new("repost.js", JS, include_bytes!("../../../static/repost.js")),
        Asset::new("display-parameters.js", JS, include_bytes!("../../../static/display-parameters.js")),
        Asset::new("waiting.js", JS, include_bytes!("../../../static/waiting.js")),
        Asset::new("demo.js", JS, include_bytes!("../../../static/demo.js")),
    ]
});

/// The file of this name, if there is one.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Every file there is.
pub fn all() -> &'static [Asset] {
    ASSETS.as_slice()
}

//! The operator's say in URLs. The guard of the way out is asked when a merchant names one that a server of ours calls,
//! and not only days later, when nobody looks any more.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::super::invalid::Invalid;
use super::{CallbackUrl, MAX_LENGTH, Network, template};

/// The guard of outgoing calls, as far as the domain has to know it.
pub trait CallGuard: fmt::Debug + Send + Sync {
    /// Refuses what can never be called, whatever its host resolves to. What only DNS can tell is not refused.
    ///
    /// # Errors
    /// With the rule that was broken, and what would be accepted.
    fn check_call(&self, url: &Url) -> Result<(), Invalid>;
}

/// The operator's say in which callbacks are allowed, and the dialect's.
#[derive(Debug, Clone)]
pub struct Rules {
    /// App schemes that are allowed although they are not a reversed domain name.
    pub app_schemes: Vec<String>,
    /// Networks whose addresses may be called by plain http.
    pub plain_networks: Vec<Network>,
    /// The guard of outgoing calls; `None` where there are none.
    pub guard: Option<Arc<dyn CallGuard>>,
    /// The longest URL, in bytes: the limit of the dialect that it comes in.
    pub longest: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { app_schemes: Vec::new(), plain_networks: Vec::new(), guard: None, longest: MAX_LENGTH }
    }
}

impl CallbackUrl {
    /// Accepts a URL that a server of ours calls, as a merchant wrote it.
    ///
    /// # Errors
    /// As [`CallbackUrl::parse`], and as [`CallbackUrl::check_called`].
    pub fn parse_called(text: &str, rules: &Rules) -> Result<Self, Invalid> {
        let url = Self::parse(text, rules)?;
        url.check_called(rules)?;
        Ok(url)
    }

    /// Refuses what no server can call (an app link), or what the operator's guard never lets through: an address that
    /// is set apart, a port, a reserved name. A browser may go there all the same.
    ///
    /// # Errors
    /// With the rule that was broken, and what would be accepted.
    pub fn check_called(&self, rules: &Rules) -> Result<(), Invalid> {
        if self.is_app_link() {
            return Err(Invalid::new("url", "is an app link, which no server can call")
                .hint("expected an https URL of your server"));
        }
        let Some(guard) = &rules.guard else { return Ok(()) };
        // Placeholders stand behind the host only.
        let written = template::expand(self.as_str(), |_| "0".to_owned())?;
        let url = Url::parse(&written).map_err(|error| Invalid::new("url", format!("is not a URL ({error})")))?;
        guard.check_call(&url)
    }
}

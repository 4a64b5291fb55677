//! The operator's rules for URLs. The guard of outgoing calls is asked when a merchant names one that our servers call,
//! and not only days later, when nobody looks any more.

use std::{fmt, sync::Arc};

use url::Url;

use super::network::Network;
use crate::domain::Invalid;

/// The longest callback, before and after our parameters have joined it, in bytes, unless a dialect has another limit.
pub const MAX_LENGTH: usize = 2048;

/// The guard of outgoing calls, as far as the domain needs it.
pub trait CallGuard: fmt::Debug + Send + Sync {
    /// Refuses what can never be called, whatever its host resolves to. What only DNS can tell is not refused.
    ///
    /// # Errors
    /// With the rule that was broken, and what would be accepted.
    fn check_call(&self, url: &Url) -> Result<(), Invalid>;
}

/// The operator's rules for which callbacks are allowed, and the dialect's.
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

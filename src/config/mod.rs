//! The configuration: a file, the environment over it, and defaults below both.
//!
//! Texts become domain types in two stages, `raw` and `parse`, and every mistake is reported at once. What comes out is
//! complete: nobody else in the crate reads the environment, and no setting is looked at twice. `settings` is the table
//! of all settings, and the fields of [`Config`] are their manual; `docs/OPERATING.md` is the same for operators.

mod console;
mod institution;
mod languages;
mod mistake;
mod oidc;
mod parse;
mod provider;
mod raw;
mod section;
mod setting;
mod settings;
mod span;
mod store;
mod values;

use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;

pub use console::ConsoleOidcConfig;
pub use institution::{BankConfig, InstitutionConfig};
pub use mistake::{Mistake, Mistakes, Origin};
pub use provider::ProviderConfig;
pub use settings::Config;
pub use span::parse as parse_span;
pub use store::{KeySource, StoreConfig};

use crate::domain::{Network, PublicUrl, Rules, words::words};

words! {
    /// How log lines are written.
    pub enum LogFormat("log.format") {
        /// For people.
        Text = "text",
        /// One JSON object a line, for machines.
        Json = "json",
    }
}

/// One row of [`Config::lines`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The key, as the file spells it.
    pub key: String,
    /// The value in force, without secrets.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

impl Config {
    /// Reads the file at `path`, else the one that `HANDBACK_CONFIG` names in `env`, else none; then `env` over it.
    ///
    /// Reading the file, and the files that it names, is the only input or output. Variables that do not begin with
    /// `HANDBACK_` are ignored unless the file names them, and so are those that Kubernetes sets for a Service of our
    /// name.
    ///
    /// # Errors
    /// With every mistake at once: unknown keys, values that break a rule, values that do not go together.
    pub fn load(path: Option<PathBuf>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, Mistakes> {
        settings::parse(raw::Raw::read(settings::ALL, path, env))
    }

    /// The address under which browsers reach this gateway: the one that was given, else `http://` and the address that
    /// was `bound`.
    pub fn public_url(&self, bound: SocketAddr) -> PublicUrl {
        self.given_public_url.clone().unwrap_or_else(|| PublicUrl::of_server(bound))
    }

    /// What callbacks may be: with which app schemes, and where by plain http.
    pub fn callback_rules(&self) -> Rules {
        Rules {
            app_schemes: self.app_schemes.clone(),
            plain_networks: networks(&self.egress_allow),
            ..Rules::default()
        }
    }
}

/// Networks as the domain has them.
pub fn networks(networks: &[IpNet]) -> Vec<Network> {
    networks.iter().map(|network| Network { address: network.addr(), prefix: network.prefix_len() }).collect()
}

#[cfg(test)]
mod tests;

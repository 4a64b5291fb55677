//! The one outgoing HTTP client.
//!
//! It follows no redirects, asks no proxy of the environment, and has one deadline over everything. So far only the
//! demo uses it, towards this very server; the courier and the banks will send through it too.

use std::time::Duration;

/// How long an outgoing call may take, from the first packet to the last.
const DEADLINE: Duration = Duration::from_secs(15);

/// Makes the client.
///
/// # Errors
/// When its TLS cannot be set up.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(DEADLINE).build()
}

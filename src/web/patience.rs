//! The header `request-timeout`: how long a call waits for a fact that is on its way.

use std::time::Duration;

use actix_web::HttpRequest;

use crate::domain::invalid::Invalid;

/// How long a call waits unless it says otherwise, and the longest that it may say.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));

/// How long this call waits: the header is in whole seconds.
///
/// # Errors
/// When it is anything else.
pub fn patience(request: &HttpRequest) -> Result<Duration, Invalid> {
    let Some(header) = request.headers().get("request-timeout") else { return Ok(PATIENCE.0) };
    let seconds = header.to_str().ok().and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    seconds
        .map(|patience| patience.min(PATIENCE.1))
        .ok_or_else(|| Invalid::new("request-timeout", "is not a number of seconds"))
}

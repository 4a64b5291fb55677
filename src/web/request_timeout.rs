//! The header `request-timeout`: how long a call waits for a fact that is on its way.

use std::time::Duration;

use actix_web::HttpRequest;

use crate::domain::{Invalid, moment::whole_seconds};

/// How long a call waits unless it says otherwise, and the longest that it may say.
const TIMEOUT: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));

/// How long this call waits: the header is in whole seconds, and more than the longest is the longest.
///
/// # Errors
/// When it is anything else.
pub fn request_timeout(request: &HttpRequest) -> Result<Duration, Invalid> {
    let Some(header) = request.headers().get("request-timeout") else { return Ok(TIMEOUT.0) };
    let seconds = header.to_str().ok().and_then(|text| whole_seconds(text.trim()));
    seconds.map(|timeout| timeout.min(TIMEOUT.1)).ok_or_else(|| {
        Invalid::new("request-timeout", "is not a number of seconds").hint("expected a whole number such as 10")
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_call_that_would_wait_longer_than_it_may_waits_the_longest() {
        let read = |text: &str| {
            request_timeout(&TestRequest::default().insert_header(("request-timeout", text)).to_http_request())
        };
        for (text, expected) in [("0", 0), ("7", 7), (" 30 ", 30), ("31", 30), ("99999999999999999999", 30)] {
            assert_eq!(read(text), Ok(Duration::from_secs(expected)), "{text}");
        }
        for bad in ["", "-1", "1.5", "soon", "+5"] {
            assert_eq!(read(bad).unwrap_err().field(), "request-timeout", "{bad}");
        }
    }
}

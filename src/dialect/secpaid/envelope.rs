//! The envelope around every answer.
//!
//! `ResponseCode` and `Result` are what clients are documented to test; `ServerTime` is the abbreviation of the zone in
//! which the answer's times are written (contracts, section 2).

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::dialect::moments;
use crate::domain::UnixMillis;

#[derive(Serialize)]
struct Envelope<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(rename = "ResponseCode")]
    code: u8,
    #[serde(rename = "ResponseMsg")]
    message: &'a str,
    #[serde(rename = "Result")]
    result: &'static str,
    #[serde(rename = "ServerTime")]
    server_time: String,
}

/// An answer with `data`.
///
/// # Errors
/// When `data` cannot be written as JSON, which none of ours is known to do.
pub fn success(data: impl Serialize, message: &str, now: UnixMillis) -> serde_json::Result<String> {
    let server_time = at_home(now, "%Z");
    serde_json::to_string(&Envelope { data: Some(data), code: 1, message, result: "True", server_time })
}

/// A refusal, without `data`.
///
/// # Errors
/// As [`success`].
pub fn failure(message: &str, now: UnixMillis) -> serde_json::Result<String> {
    let server_time = at_home(now, "%Z");
    serde_json::to_string(&Envelope::<()> { data: None, code: 0, message, result: "False", server_time })
}

/// A moment in SecPaid's own zone, in this format.
pub(super) fn at_home(moment: UnixMillis, format: &str) -> String {
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    moments::zoned(moment, zone).strftime(format).to_string()
}

/// As SecPaid writes moments: `2026-05-20 11:19:48`.
pub(super) fn written(moment: UnixMillis) -> String {
    at_home(moment, "%Y-%m-%d %H:%M:%S")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_the_documented_one() {
        let may = UnixMillis::from_millis(1_779_268_788_000);
        assert_eq!(
            failure("Amount is required", may).unwrap(),
            r#"{"ResponseCode":0,"ResponseMsg":"Amount is required","Result":"False","ServerTime":"CEST"}"#
        );
        let january = UnixMillis::from_millis(1_768_000_000_000);
        assert_eq!(
            success([1], "ok", january).unwrap(),
            r#"{"data":[1],"ResponseCode":1,"ResponseMsg":"ok","Result":"True","ServerTime":"CET"}"#
        );
        assert_eq!(written(may), "2026-05-20 11:19:48");
    }
}

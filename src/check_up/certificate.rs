//! The certificate of a callback's server: what is wrong with it, or how long it lasts.

use std::time::Duration;

use x509_cert::{Certificate, der::Decode as _};

use crate::domain::{Finding, Subject, UnixMillis};

/// A certificate that ends sooner is worth a remark: by then those that renew themselves have done so.
const SOON: u64 = 30;

/// Judges a certificate that was accepted (DER).
pub(super) fn judge(of: &'static str, der: &[u8], now: UnixMillis) -> Finding {
    let subject = (of, Subject::Certificate);
    let Some(ends_at) = end_of(der) else {
        // What a server showed was accepted, and only its end cannot be read.
        return Finding::sound(subject, "Its certificate is accepted.");
    };
    let days = ends_at.since(now).as_secs() / (24 * 60 * 60);
    if days >= SOON {
        return Finding::sound(subject, format!("Its certificate is accepted, and valid for {days} more days."));
    }
    let advice = "Renew it, and see why it has not renewed itself. Browsers show a warning instead of your page once it has ended.";
    Finding::remark(subject, format!("Its certificate ends in {days} days."), advice)
}

/// Says what is wrong with a certificate that was not accepted; `why` is what the TLS library says.
pub(super) fn distrusted(of: &'static str, why: &str) -> Finding {
    let advice = match why {
        _ if why.contains("expired") || why.contains("Expired") => "It has ended. Renew it.",
        _ if why.contains("not valid yet") || why.contains("NotValidYet") => "It is not valid yet. Look at its dates.",
        _ if why.contains("for name") || why.contains("NotValidForName") => {
            "It is for another name. Get one for this one."
        }
        _ if why.contains("UnknownIssuer") => {
            "Browsers do not know who has issued it, or the server does not send the certificates in between."
        }
        _ => "Browsers show a warning instead of your page.",
    };
    Finding::trouble((of, Subject::Certificate), format!("Its certificate is not accepted: {why}."), advice)
}

fn end_of(der: &[u8]) -> Option<UnixMillis> {
    let certificate = Certificate::from_der(der).ok()?;
    let since_epoch: Duration = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Some(UnixMillis::from_millis(0).plus(since_epoch))
}

//! Signatures as Standard Webhooks has them (standardwebhooks.com, "Signature scheme").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::domain::Secret;

/// How far the time of a signature may be from now, in seconds.
pub const TOLERANCE: u64 = 300;

/// The `webhook-signature` over `id.seconds.body` by a secret that begins with `whsec_`: version 1, HMAC-SHA256. `None`
/// when the secret has another form.
pub fn signature(secret: &Secret, id: &str, seconds: u64, body: &str) -> Option<String> {
    let mac = mac(secret, id, seconds, body.as_bytes())?;
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Whether one of the signatures in a `webhook-signature`, with spaces between them, is by this secret.
pub fn is_signed(secret: &Secret, id: &str, seconds: u64, body: &[u8], signatures: &str) -> bool {
    let Some(mac) = mac(secret, id, seconds, body) else { return false };
    let mut tags = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
    // Each in constant time.
    tags.any(|tag| mac.clone().verify_slice(&tag).is_ok())
}

fn mac(secret: &Secret, id: &str, seconds: u64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let key = Zeroizing::new(STANDARD.decode(secret.reveal().strip_prefix("whsec_")?).ok()?);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNED: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    #[test]
    fn the_vector_of_the_reference_libraries_is_signed_alike() {
        let secret = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let signed = signature(&secret, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, BODY);
        assert_eq!(signed.as_deref(), Some(SIGNED));
        assert_eq!(signature(&Secret::new("C2FVsBQIhrscChlQIMV"), "id", 1, BODY), None);
    }

    #[test]
    fn one_of_several_signatures_is_enough_and_whatever_is_changed_is_noticed() {
        let secret = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let (id, at, body) = ("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, BODY.as_bytes());
        let is = |signatures: &str| is_signed(&secret, id, at, body, signatures);
        assert!(is(SIGNED) && is(&format!("v1,AAAA v1a,x {SIGNED}")) && is(&format!("{SIGNED} v1,AAAA")));
        for wrong in ["", "v1,", "v1,AAAA", &SIGNED[3..], &SIGNED.replace("v1,", "v2,"), &SIGNED.replace("tZ", "tz")] {
            assert!(!is(wrong), "{wrong}");
        }
        assert!(!is_signed(&secret, "msg_other", at, body, SIGNED) && !is_signed(&secret, id, at + 1, body, SIGNED));
        assert!(!is_signed(&secret, id, at, b"{}", SIGNED));
        assert!(!is_signed(&Secret::new("whsec_AAAA"), id, at, body, SIGNED));
        assert!(!is_signed(&Secret::new("none"), id, at, body, SIGNED));
    }
}

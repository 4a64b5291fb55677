//! Signatures as Standard Webhooks has them (standardwebhooks.com, "Signature scheme").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::domain::Secret;

/// The `webhook-signature` over `id.seconds.body` by a secret that begins with `whsec_`: version 1, HMAC-SHA256. `None`
/// when the secret has another form.
pub fn signature(secret: &Secret, id: &str, seconds: u64, body: &str) -> Option<String> {
    let key = Zeroizing::new(STANDARD.decode(secret.reveal().strip_prefix("whsec_")?).ok()?);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_reference_libraries_is_signed_alike() {
        let secret = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = signature(&secret, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body);
        assert_eq!(signed.as_deref(), Some("v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="));
        assert_eq!(signature(&Secret::new("C2FVsBQIhrscChlQIMV"), "id", 1, body), None);
    }
}

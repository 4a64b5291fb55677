//! Encrypted webhooks, as the contract has them (section 7): `{"data":"<base64>"}`, AES-256-CBC with PKCS#7.
//!
//! What is encrypted is the whole JSON that would have been sent. The first half of the key is the initialisation
//! vector, the same every time, and nothing in the body says that it was not altered: equal beginnings look equal, and
//! a changed byte goes unseen. So this is for receivers that cannot do without; who sent a webhook is proven by its
//! signature.

use aes::Aes256;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cbc::cipher::{BlockEncryptMut, KeyIvInit};
use cbc::{Encryptor, cipher::block_padding::Pkcs7};
use serde::Serialize;

use super::webhook::JSON;
use crate::domain::{Invalid, Secret, WebhookPayload};

/// The field with the key, and how long a key is, in bytes.
pub(super) const KEY: &str = "encryption_key";
const KEY_LENGTH: usize = 32;

/// How long an initialisation vector is, in bytes.
const IV_LENGTH: usize = 16;

#[derive(Serialize)]
struct Encrypted {
    data: String,
}

/// Reads a key: 32 visible ASCII characters.
///
/// # Errors
/// When it is anything else. The refusal does not repeat it.
pub fn read_key(text: &str) -> Result<Secret, Invalid> {
    if text.len() == KEY_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Secret::new(text));
    }
    Err(Invalid::new(KEY, "is no key").hint("expected 32 visible ASCII characters, drawn by chance"))
}

/// A webhook in its encrypted form. `None` when the key is none.
pub fn encrypted(webhook: &WebhookPayload, key: &Secret) -> Option<WebhookPayload> {
    let key = key.reveal().as_bytes();
    let cipher = Encryptor::<Aes256>::new_from_slices(key, key.get(..IV_LENGTH)?).ok()?;
    let data = STANDARD.encode(cipher.encrypt_padded_vec_mut::<Pkcs7>(webhook.body.as_bytes()));
    Some(WebhookPayload { content_type: JSON.into(), body: serde_json::to_string(&Encrypted { data }).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdefFEDCBA9876543210";

    /// The contract's own body; the text below is what `openssl enc -aes-256-cbc` makes of it under that key.
    const PLAIN: &str = r#"{"ResponseCode":1,"data":{"pay_id":12345,"note":"Invoice #1234","amount":49.99,"user_id":"abc-123","status":"Success"}}"#;
    const OPENSSL: &str = "bujPNMWv2hGkzksRM3mo/RCTeKhInCj+j0ekIkK82G4oLdq2yIY+humNmlKK8RZL/GProNIFElz1Og7p0x8dBElKfdwLGB0eew3ZWD6Zvd9/nW7IXbqUyNdPn1oowfFkNMEua+UMcy4XQqV5tUsUdQgFBAlTbIwtTtg1JMEVZeo=";

    fn sealed(key: &str) -> Option<String> {
        let webhook = WebhookPayload { content_type: JSON.into(), body: PLAIN.into() };
        encrypted(&webhook, &Secret::new(key)).map(|webhook| webhook.body)
    }

    #[test]
    fn a_notice_is_encrypted_as_openssl_does_it() {
        let expected = format!(r#"{{"data":"{OPENSSL}"}}"#);
        assert_eq!(sealed(KEY), Some(expected.clone()));
        assert_ne!(sealed(&KEY.replace('0', "1")), Some(expected));
        for none in ["", &KEY[..16], &format!("{KEY}0")] {
            assert_eq!(sealed(none), None, "{none}");
        }
    }

    #[test]
    fn a_key_is_32_visible_characters_and_never_repeated() {
        assert!(read_key(KEY).is_ok());
        for bad in
            ["short", &format!("{KEY}0"), &KEY.replace('9', " "), &KEY.replace('9', "é"), &KEY.replace("98", "é")]
        {
            let refused = read_key(bad).unwrap_err();
            assert_eq!(refused.field(), "encryption_key");
            assert!(!refused.to_string().contains(bad), "{refused}");
        }
        assert!(read_key("").is_err());
    }
}

//! Bytes as text in a URL: base32, in digits and lower-case letters alone.
//!
//! Base64url holds `-`, and a firewall before a shop takes two of them for a comment in SQL (OWASP CRS 942440). Base32
//! with the extended hex alphabet (RFC 4648, section 7) is half as long again, and means itself everywhere.

use data_encoding::BASE32_DNSSEC;

/// Writes bytes: eight characters for five of them, without padding.
pub fn write(bytes: &[u8]) -> String {
    BASE32_DNSSEC.encode(bytes)
}

/// Reads so many bytes. `None` when the text is anything but what [`write()`] writes of them.
pub fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes: [u8; N] = BASE32_DNSSEC.decode(text.as_bytes()).ok()?.try_into().ok()?;
    // Upper case would be read, too.
    (!text.bytes().any(|byte| byte.is_ascii_uppercase())).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_in_one_spelling_alone() {
        let text = write(&[0xff, 0, 7]);
        assert_eq!(text, "vs00e");
        assert_eq!(read(&text), Some([0xff, 0, 7]));
        assert_eq!(read::<2>(&text), None, "there are three bytes");
        for bad in ["VS00E", "vs00f", "vs00e=", "vs00", "vs-0e", "vs00e ", "", "üs00"] {
            assert_eq!(read::<3>(bad), None, "{bad}");
        }
        for byte in 0..=255 {
            assert!(write(&[byte; 24]).bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
        }
    }
}

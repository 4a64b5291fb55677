//! API keys as passwords, of clients that hash a password before they send it: SHA-1 applied ten times, in hexadecimal
//! each time, as IXOPAY's own PHP client does it (contracts/ixopay.md, section 2).
//!
//! It protects nothing, and is not meant to: it is another spelling of a key that is random already.

use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::digest;
use crate::domain::Digest;

/// How often the hash is applied.
const ROUNDS: usize = 10;

/// What is kept of a hashed key: the digest of what such a client sends for this key.
pub fn hashed_key(key: &str) -> Digest {
    let once =
        |text: Zeroizing<String>| Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let hashed = (0..ROUNDS).fold(Zeroizing::new(key.to_owned()), |text, _| Zeroizing::new(once(text)));
    sent_hash(&hashed)
}

/// What is kept of a hashed key, from what a client has sent: 40 hexadecimal digits in lower case.
pub fn sent_hash(text: &str) -> Digest {
    digest("hashed API key", text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_vector_comes_out() {
        assert_eq!(hashed_key("myPassword"), sent_hash("4a503e2954ed4d593da76bb581e06af7ed030106"));
        assert_ne!(hashed_key("myPassword"), sent_hash("myPassword"));
    }
}

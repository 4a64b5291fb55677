//! The password as IXOPAY's own PHP client sends it: SHA-1 applied ten times, in hexadecimal each time.
//!
//! It protects nothing, and is not meant to here: it is another spelling of an API key that is random already.

use sha1::{Digest, Sha1};

use crate::domain::secret::Secret;

/// How often the hash is applied.
const ROUNDS: usize = 10;

/// What the PHP client sends for this password: 40 hexadecimal digits.
pub fn hashed(password: &str) -> Secret {
    let once = |text: String| Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    Secret::new((0..ROUNDS).fold(password.to_owned(), |text, _| once(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_vector_comes_out() {
        assert_eq!(hashed("myPassword").reveal(), "4a503e2954ed4d593da76bb581e06af7ed030106");
    }
}

//! API keys: the text a merchant's app sends, which names its merchant, so that no index of keys is needed.

use super::id::MerchantId;
use super::invalid::Invalid;
use super::secret::Secret;

/// An API key as it travels: `hbk_`, the merchant's id in 32 hexadecimal digits, `_`, 43 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    merchant: MerchantId,
    text: Secret,
}

impl ApiKey {
    /// Writes the key of `merchant` with this secret part (43 characters of base64url).
    pub fn write(merchant: MerchantId, secret: &str) -> Self {
        let id = merchant.to_string().replace('-', "");
        Self { merchant, text: Secret::new(format!("hbk_{id}_{secret}")) }
    }

    /// Reads a key's text. Whether it is a merchant's key, only a comparison with its digest tells.
    ///
    /// # Errors
    /// When it has not the form of a key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("api_key", "has not the form of an API key").hint("expected hbk_…");
        let (id, secret) = text.strip_prefix("hbk_").and_then(|rest| rest.split_once('_')).ok_or_else(refused)?;
        if id.len() != 32 || secret.len() != 43 {
            return Err(refused());
        }
        Ok(Self { merchant: id.parse().map_err(|_| refused())?, text: Secret::new(text) })
    }

    /// Whose key it says it is.
    pub const fn merchant(&self) -> MerchantId {
        self.merchant
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_merchant() {
        let key = ApiKey::write(MerchantId::mint([9; 16]), &"s".repeat(43));
        assert_eq!(ApiKey::parse(key.reveal()).unwrap(), key);
        for bad in ["", "hbk_", "hbk_x_y", &key.reveal()[1..], &format!("{}x", key.reveal())] {
            assert!(ApiKey::parse(bad).is_err(), "{bad} was accepted");
        }
    }
}

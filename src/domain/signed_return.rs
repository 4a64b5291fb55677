//! Signed returns: what a signature on the redirect home states.
//!
//! It says that we sent a customer of this merchant to this callback with these parameters, and when. The values are
//! taken decoded and sorted by name, so that a merchant whose framework has decoded them can write the same bytes.
//! Every piece stands behind its length, so that no two statements are written alike.

use super::id::MerchantId;

/// The parameter that a signature comes in: our last one.
pub const PARAMETER: &str = "hb_signature";

/// What stands before every statement, so that nothing else that is ever signed can be taken for one.
const PREFIX: &str = "handback-return";

/// What is signed. The merchant and the callback are in it, so that a signature is worth nothing anywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Whose customer it is.
    pub merchant: MerchantId,
    /// When it came about, in whole seconds since the epoch.
    pub seconds: u64,
    /// The callback, without what we append; see [`super::callback::CallbackUrl::bare`].
    pub callback: &'a str,
    /// What we append, decoded, in any order.
    pub params: Vec<(&'a str, &'a str)>,
}

impl Statement<'_> {
    /// The bytes that are signed by the key of this id, in this version: netstrings, the parameters sorted by name.
    pub fn bytes(&self, version: &str, key: &str) -> Vec<u8> {
        let (seconds, merchant) = (self.seconds.to_string(), self.merchant.to_string());
        let mut params = self.params.clone();
        params.sort_unstable();
        let head = [PREFIX, version, key, &seconds, &merchant, self.callback];
        let pieces = head.into_iter().chain(params.iter().flat_map(|(name, value)| [*name, *value]));
        pieces.map(netstring).collect::<String>().into_bytes()
    }
}

/// `length:text,`; the length is in bytes.
fn netstring(text: &str) -> String {
    format!("{}:{text},", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_written_as_netstrings_sorted_by_name() {
        let statement = Statement {
            merchant: MerchantId::from_bytes([0x11; 16]),
            seconds: 1_790_000_000,
            callback: "https://shop.example/paid",
            params: vec![("status", "success"), ("pay_id", "7"), ("note", "é")],
        };
        let expected = "15:handback-return,2:v1,2:k1,10:1790000000,36:11111111-1111-1111-1111-111111111111,\
                        25:https://shop.example/paid,4:note,2:é,6:pay_id,1:7,6:status,7:success,";
        assert_eq!(statement.bytes("v1", "k1"), expected.as_bytes());
    }

    #[test]
    fn no_two_statements_are_written_alike() {
        let with = |params| Statement { merchant: MerchantId::from_bytes([1; 16]), seconds: 1, callback: "c", params };
        let bytes = |params| with(params).bytes("v1", "k1");
        assert_eq!(bytes(vec![("b", "2"), ("a", "1")]), bytes(vec![("a", "1"), ("b", "2")]));
        assert_ne!(bytes(vec![("a", "1,1:b,1:2")]), bytes(vec![("a", "1"), ("b", "2")]));
        assert_ne!(bytes(vec![("a", "")]), bytes(vec![]));
    }
}

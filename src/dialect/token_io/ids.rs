//! Token.io's ids, which carry ours: `m:<base58>:<realm>` of a member, `pm2:<base58>:<realm>` of a payment.

use crate::domain::{Invalid, JourneyId, MerchantId};

/// What every member id ends in: Token.io's own, as its examples have it. Clients compare it with nothing.
const MEMBERS: &str = "5zKtXEAq";

/// What every payment id ends in.
const PAYMENTS: &str = "2gFUX1NDgoi";

/// The member id of a merchant: 22 characters of base58 between two colons.
pub fn member_id(merchant: MerchantId) -> String {
    written("m", *merchant.as_bytes(), MEMBERS)
}

/// Reads a member id.
///
/// # Errors
/// When it is none of ours.
pub fn read_member_id(text: &str) -> Result<MerchantId, Invalid> {
    let id = read(text, "m", MEMBERS).map(MerchantId::from_bytes);
    id.ok_or_else(|| Invalid::new("memberId", "is no member id of this gateway").hint("your profile shows yours"))
}

/// The payment id of a journey.
pub fn payment_id(journey: JourneyId) -> String {
    written("pm2", *journey.as_bytes(), PAYMENTS)
}

/// Reads a payment id.
///
/// # Errors
/// When it is none of ours.
pub fn read_payment_id(text: &str) -> Result<JourneyId, Invalid> {
    let id = read(text, "pm2", PAYMENTS).map(JourneyId::from_bytes);
    id.ok_or_else(|| Invalid::new("paymentId", "is no payment id of this gateway"))
}

/// Writes one of our ids as one of Token.io's: its kind, 16 bytes in base58, the realm.
pub(super) fn written(kind: &str, bytes: [u8; 16], realm: &str) -> String {
    format!("{kind}:{}:{realm}", bs58::encode(bytes).into_string())
}

/// Reads what [`written`] wrote, in no other spelling.
pub(super) fn read(text: &str, kind: &str, realm: &str) -> Option<[u8; 16]> {
    let inner = text.strip_prefix(kind)?.strip_prefix(':')?.strip_suffix(realm)?.strip_suffix(':')?;
    let bytes = bs58::decode(inner).into_vec().ok()?.try_into().ok()?;
    (written(kind, bytes, realm) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Shard;

    #[test]
    fn ids_come_back_from_their_text_and_no_other_spelling_does() {
        for entropy in [[0; 16], [0xa7; 16], [0xff; 16]] {
            let (merchant, journey) = (MerchantId::mint(entropy), JourneyId::mint(entropy, Shard::of_byte(7)));
            assert_eq!(read_member_id(&member_id(merchant)), Ok(merchant));
            assert_eq!(read_payment_id(&payment_id(journey)), Ok(journey));
            assert!(read_payment_id(&member_id(merchant)).is_err());
        }
        let id = payment_id(JourneyId::mint([0xa7; 16], Shard::of_byte(7)));
        assert!(id.starts_with("pm2:") && id.ends_with(":2gFUX1NDgoi"), "{id}");
        let longer = id.replace("pm2:", "pm2:1");
        for bad in ["", "pm2:", "pm2::2gFUX1NDgoi", "pm2:24YYrAZ34sTo4A6C47rYandHke2L:2gFUX1NDgoi", &id[1..], &longer] {
            assert!(read_payment_id(bad).is_err(), "{bad} was accepted");
        }
    }
}

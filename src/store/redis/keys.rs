//! Every key that this store writes.
//!
//! A key begins with `hb:{07}:`, where 07 is its shard: the braces make Redis Cluster hash the shard alone, so that a
//! script finds all keys of a step on one node. What follows is one letter for the kind, and bytes, which are shorter
//! than text. A digest stands there with 16 bytes, since 128 bits are more than anybody can search.

use sha2::{Digest as _, Sha256};

use crate::domain::api_key::KeyNumber;
use crate::domain::id::{MerchantId, PayId, Shard, UserId};
use crate::domain::secret::Digest;
use crate::domain::user::ApplicationUser;
use crate::store::{self, user_shard};

/// How many bytes of a journey's number stand in keys and values: 53 bits, so seven.
pub(super) const NUMBER: usize = 7;

/// A journey's number as it stands in keys and values; in this form numbers sort as bytes.
pub(super) fn number(pay_id: PayId) -> [u8; NUMBER] {
    let [_, number @ ..] = pay_id.number().to_be_bytes();
    number
}

/// Reads what [`number`] wrote.
pub(super) fn pay_id(number: [u8; NUMBER]) -> Option<PayId> {
    let mut bytes = [0; 8];
    bytes[1..].copy_from_slice(&number);
    PayId::new(u64::from_be_bytes(bytes))
}

/// A digest in 16 bytes, to which every bit of it counts.
pub(super) fn short(digest: &Digest) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(digest.as_bytes())[..16]);
    short
}

/// Declares keys: the shard that each is in, the letter of its kind, and what stands behind that.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident($($value:ident: $type:ty),*) = $shard:expr, $kind:literal $(, $part:expr)*;)+) => {$(
        $(#[$doc])*
        pub(super) fn $name($($value: $type),*) -> Vec<u8> {
            key($shard, $kind, &[$(&$part[..]),*])
        }
    )+};
}

keys! {
    /// Who the store belongs to: one key for the whole store.
    owner() = Shard::of_byte(0), b'h';
    /// A journey.
    journey(pay_id: PayId) = pay_id.shard(), b'j', number(pay_id);
    /// What every journey's key in this shard begins with; the number comes behind it.
    journeys(shard: Shard) = shard, b'j';
    /// A state.
    state(shard: Shard, digest: &Digest) = shard, b's', short(digest);
    /// A one-time token.
    token(shard: Shard, digest: &Digest) = shard, b't', short(digest);
    /// An idempotency key.
    reservation(shard: Shard, key_digest: &Digest) = shard, b'c', short(key_digest);
    /// A shard's journeys by the moment when they are due.
    due(shard: Shard) = shard, b'e';
    /// The places of a merchant's journeys in a shard, but for those that a provider has proven.
    unproven(shard: Shard, merchant: MerchantId) = shard, b'u', merchant.as_bytes();
    /// The places of a merchant's journeys in a shard that a provider has proven.
    proven(shard: Shard, merchant: MerchantId) = shard, b'p', merchant.as_bytes();
    /// The places of the journeys in a shard that are about one user.
    of_user(shard: Shard, merchant: MerchantId, user: UserId) = shard, b'o', merchant.as_bytes(), user.as_bytes();
    /// What [`of_user`] begins with for every user of this merchant; the user's id comes behind it.
    of_users(shard: Shard, merchant: MerchantId) = shard, b'o', merchant.as_bytes();
    /// The deliveries of a journey.
    deliveries(pay_id: PayId) = pay_id.shard(), b'y', number(pay_id);
    /// What [`deliveries`] begins with for every journey in this shard; the number comes behind it.
    deliveries_in(shard: Shard) = shard, b'y';
    /// A shard's deliveries by the moment when a courier may take them.
    waiting(shard: Shard) = shard, b'd';
    /// A merchant's dead letters in a shard.
    dead(shard: Shard, merchant: MerchantId) = shard, b'x', merchant.as_bytes();
    /// A merchant's deliveries in a shard that have not ended, by the moment at which they were left behind.
    pending(shard: Shard, merchant: MerchantId) = shard, b'i', merchant.as_bytes();
    /// An endpoint that is shut.
    shut(shard: Shard, endpoint: &Digest) = shard, b'z', short(endpoint);
    /// A merchant.
    merchant(id: MerchantId) = id.shard(), b'm', id.as_bytes();
    /// The merchants of a shard.
    merchants(shard: Shard) = shard, b'l';
    /// The number of an API key, in a shard of its own.
    key_number(number: KeyNumber) = number.shard(), b'k', number.to_string().as_bytes();
    /// When a merchant's API keys were last used.
    key_uses(merchant: MerchantId) = merchant.shard(), b'v', merchant.as_bytes();
    /// A merchant's user.
    user(merchant: MerchantId, id: UserId) = id.shard(), b'w', merchant.as_bytes(), id.as_bytes();
    /// What the key of every user of this merchant in this shard begins with; the id comes behind it.
    users_of(shard: Shard, merchant: MerchantId) = shard, b'w', merchant.as_bytes();
    /// A merchant's own id of a user, in the shard of that user.
    user_name(merchant: MerchantId, own: &ApplicationUser) =
        user_shard(merchant, own), b'n', short(&store::user_name(merchant, own));
    /// The places of a merchant's users in a shard.
    users(shard: Shard, merchant: MerchantId) = shard, b'g', merchant.as_bytes();
    /// The mark that a call left when it forgot a user.
    forgotten(shard: Shard, mark: [u8; 16]) = shard, b'f', mark;
}

fn key(shard: Shard, kind: u8, rest: &[&[u8]]) -> Vec<u8> {
    let mut key = format!("hb:{{{shard}}}:").into_bytes();
    key.push(kind);
    for part in rest {
        key.extend_from_slice(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey as a_journey;

    #[test]
    fn everything_of_a_journey_is_in_its_shard() {
        let journey = a_journey();
        let (pay_id, merchant) = (journey.pay_id(), journey.opening().merchant);
        let (shard, digest) = (pay_id.shard(), Digest::new([0xfe; 32]));
        let all = [
            super::journey(pay_id),
            journeys(shard),
            state(shard, &digest),
            token(shard, &digest),
            due(shard),
            unproven(shard, merchant),
            proven(shard, merchant),
            of_users(shard, merchant),
            deliveries(pay_id),
            deliveries_in(shard),
            waiting(shard),
            dead(shard, merchant),
            pending(shard, merchant),
        ];
        for key in all {
            assert!(key.starts_with(b"hb:{07}:"), "{}", key.escape_ascii());
        }
    }

    #[test]
    fn everything_of_a_user_is_in_its_shard() {
        let (merchant, own) = (MerchantId::mint([9; 16]), ApplicationUser::parse("customer-7").unwrap());
        let id = UserId::mint([0xfe; 16], user_shard(merchant, &own));
        let prefix = users_of(id.shard(), merchant);
        assert_eq!(user(merchant, id), [prefix.as_slice(), id.as_bytes()].concat());
        let journeys = of_users(id.shard(), merchant);
        assert_eq!(of_user(id.shard(), merchant, id), [journeys.as_slice(), id.as_bytes()].concat());
        let all = [user_name(merchant, &own), users(id.shard(), merchant), forgotten(id.shard(), [7; 16])];
        for key in all {
            assert_eq!(key[..8], prefix[..8], "{}", key.escape_ascii());
        }
    }

    #[test]
    fn numbers_sort_as_bytes_and_come_back() {
        let numbers = [0, 1, 255, 256, 1 << 40, PayId::MAX.number()].map(|n| PayId::new(n).unwrap());
        for pair in numbers.windows(2) {
            assert!(number(pair[0]) < number(pair[1]));
        }
        for pay_id in numbers {
            assert_eq!(super::pay_id(number(pay_id)), Some(pay_id));
        }
    }
}

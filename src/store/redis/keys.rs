//! Every key that this store writes.
//!
//! A key begins with `hb:{4x}:`, where 4x stands for its shard: the braces make Redis Cluster hash that alone, so that
//! all keys of a step are in one slot. What follows is one letter for the kind, and bytes, which are shorter
//! than text. A digest stands there with its first half.

use crate::domain::{
    ApplicationUser, ConsoleScope, Digest, KeyNumber, MerchantId, PayId, SessionId, Shard, UserId, id::SHARDS,
};
use crate::store::{self, half, user_shard};

/// What stands for each shard in its keys. Their slots in a cluster are 512 apart, so that 3, 6 or 9 masters that share
/// the slots evenly share the shards evenly, too.
const TAGS: [&str; SHARDS as usize] = [
    "6u", "by", "25", "f9", "0n", "db", "o2", "gg", "8c", "06", "4g", "4v", "ed", "m1", "fa", "2m", "k4", "ca", "4h",
    "x5", "63", "ez", "2s", "yk", "z6", "6k", "ab", "i7", "c9", "0p", "gy", "40",
];

/// How long the beginning of a key is that holds its shard.
const TAGGED: usize = "hb:{4x}:".len();

/// Declares keys: the shard that each is in, the letter of its kind, and what stands behind that.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident($($value:ident: $type:ty),*) = $shard:expr, $kind:literal $(, $part:expr)*;)+) => {$(
        $(#[$doc])*
        pub(super) fn $name($($value: $type),*) -> Vec<u8> {
            key($shard, $kind, &[$(&$part[..]),*])
        }
    )+

        /// The letter of each kind.
        #[cfg(test)]
        pub(super) const LETTERS: &[u8] = &[$($kind),+];
    };
}

keys! {
    /// Who the store belongs to: one key for the whole store.
    owner() = Shard::of_byte(0), b'h';
    /// The mark that a probe leaves.
    mark(shard: Shard) = shard, b'1';
    /// A journey.
    journey(pay_id: PayId) = pay_id.shard(), b'j', pay_id.to_bytes();
    /// An idempotency key.
    reservation(shard: Shard, key_digest: &Digest) = shard, b'c', half(key_digest);
    /// A shard's journeys by the moment when they are due.
    due(shard: Shard) = shard, b'e';
    /// The places of a merchant's journeys in a shard, but for those that a provider has proven.
    unproven(shard: Shard, merchant: MerchantId) = shard, b'u', merchant.as_bytes();
    /// The places of a merchant's journeys in a shard that a provider has proven.
    proven(shard: Shard, merchant: MerchantId) = shard, b'p', merchant.as_bytes();
    /// The places of the journeys in a shard that are about one user.
    of_user(shard: Shard, merchant: MerchantId, user: UserId) = shard, b'o', merchant.as_bytes(), user.as_bytes();
    /// The deliveries of a journey.
    deliveries(pay_id: PayId) = pay_id.shard(), b'y', pay_id.to_bytes();
    /// A shard's deliveries by the moment when a courier may take them.
    waiting(shard: Shard) = shard, b'd';
    /// A merchant's dead letters in a shard.
    dead(shard: Shard, merchant: MerchantId) = shard, b'x', merchant.as_bytes();
    /// A merchant's deliveries in a shard that were not tried yet, by the moment at which they were left behind.
    pending(shard: Shard, merchant: MerchantId) = shard, b'i', merchant.as_bytes();
    /// A merchant's deliveries in a shard that were tried in vain and wait to be tried again, by the same moment.
    failing(shard: Shard, merchant: MerchantId) = shard, b'3', merchant.as_bytes();
    /// The places of a merchant's events in a shard.
    events(shard: Shard, merchant: MerchantId) = shard, b'q', merchant.as_bytes();
    /// Until when nothing is said of a trouble again.
    trouble(shard: Shard, digest: &Digest) = shard, b'r', half(digest);
    /// An endpoint that is shut.
    shut(shard: Shard, endpoint: &Digest) = shard, b'z', half(endpoint);
    /// A merchant.
    merchant(id: MerchantId) = id.shard(), b'm', id.as_bytes();
    /// The merchants of a shard.
    merchants(shard: Shard) = shard, b'l';
    /// A merchant's logo.
    logo(id: MerchantId) = id.shard(), b'2', id.as_bytes();
    /// The number of an API key, in a shard of its own.
    key_number(number: KeyNumber) = number.shard(), b'k', number.to_string().as_bytes();
    /// When a merchant's API keys were last used.
    key_uses(merchant: MerchantId) = merchant.shard(), b'v', merchant.as_bytes();
    /// A merchant's user.
    user(merchant: MerchantId, id: UserId) = id.shard(), b'w', merchant.as_bytes(), id.as_bytes();
    /// A merchant's own id of a user, in the shard of that user.
    user_name(merchant: MerchantId, own: &ApplicationUser) =
        user_shard(merchant, own), b'n', half(&store::user_name(merchant, own));
    /// The places of a merchant's users in a shard.
    users(shard: Shard, merchant: MerchantId) = shard, b'g', merchant.as_bytes();
    /// The mark that a call left when it forgot a user, or ended a session.
    forgotten(shard: Shard, mark: [u8; 16]) = shard, b'f', mark;
    /// A sign-in link of a console.
    console_link(scope: ConsoleScope, link: &SessionId) = scope.shard(), b'a', scope.to_bytes(), link.as_bytes();
    /// The sessions of a console.
    console_sessions(scope: ConsoleScope) = scope.shard(), b'b', scope.to_bytes();
    /// The watched callbacks of all merchants.
    watched() = Shard::of_byte(0), b's';
    /// The audit log of a console.
    audit(scope: ConsoleScope) = scope.shard(), b't', scope.to_bytes();
}

fn key(shard: Shard, kind: u8, rest: &[&[u8]]) -> Vec<u8> {
    let tag = TAGS[usize::from(shard.number())];
    let mut key = Vec::with_capacity(48);
    key.extend_from_slice(b"hb:{");
    key.extend_from_slice(tag.as_bytes());
    key.extend_from_slice(b"}:");
    key.push(kind);
    for part in rest {
        key.extend_from_slice(part);
    }
    key
}

/// The mark that stands in the same slot as this key.
pub(super) fn mark_beside(key: &[u8]) -> Vec<u8> {
    [key.get(..TAGGED).unwrap_or_default(), b"1"].concat()
}

/// What all of our keys look like.
pub(super) const ALL: &[u8] = b"hb:{??}:*";

/// The letter of a key's kind, and what stands behind it. `None` of a key that is not ours.
pub(super) fn kind_of(key: &[u8]) -> Option<(u8, &[u8])> {
    let behind = key.strip_prefix(b"hb:{")?.get(2..)?.strip_prefix(b"}:")?;
    behind.split_first().map(|(kind, rest)| (*kind, rest))
}

/// The slot of each shard, in the order of shards.
pub(super) fn slots() -> impl Iterator<Item = u16> {
    TAGS.iter().map(|tag| slot(tag.as_bytes()))
}

/// The slot of a key: that of what stands in its braces.
pub(super) fn slot_of(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|at| key.get(at + 1..at + 3));
    slot(tag.unwrap_or(key))
}

/// CRC16 (XMODEM) of 16384, as the specification of Redis Cluster has it.
fn slot(tag: &[u8]) -> u16 {
    let shifted = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
    let crc = tag.iter().fold(0, |crc, byte| (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| shifted(crc)));
    crc % 16384
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey as a_journey;

    #[test]
    fn shards_spread_evenly_over_the_masters_of_a_cluster() {
        assert_eq!(slot(b"123456789"), 0x31c3, "the check value of the algorithm");
        for (masters, most) in [(3, 11), (6, 6), (9, 4)] {
            let mut shards = vec![0; masters];
            for tag in TAGS {
                shards[usize::from(slot(tag.as_bytes())) * masters / 16384] += 1;
            }
            assert!(shards.iter().all(|count| (most - 1..=most).contains(count)), "{masters}: {shards:?}");
        }
    }

    #[test]
    fn a_mark_stands_beside_each_key() {
        for shard in Shard::all() {
            assert_eq!(mark_beside(&due(shard)), mark(shard));
        }
    }

    #[test]
    fn everything_of_a_journey_is_in_its_shard() {
        let journey = a_journey();
        let (pay_id, merchant) = (journey.pay_id(), journey.opening().merchant);
        let shard = pay_id.shard();
        let all = [
            super::journey(pay_id),
            due(shard),
            unproven(shard, merchant),
            proven(shard, merchant),
            deliveries(pay_id),
            waiting(shard),
            dead(shard, merchant),
            pending(shard, merchant),
            failing(shard, merchant),
            events(shard, merchant),
        ];
        for key in all {
            assert!(key.starts_with(format!("hb:{{{}}}:", TAGS[7]).as_bytes()), "{}", key.escape_ascii());
        }
    }

    #[test]
    fn everything_of_a_console_is_in_its_merchants_shard() {
        let (id, session) = (MerchantId::mint([9; 16]), SessionId::new([7; 16]));
        let scope = ConsoleScope::Merchant(id);
        for key in
            [console_link(scope, &session), console_sessions(scope), audit(scope), forgotten(scope.shard(), [7; 16])]
        {
            assert_eq!(key[..8], merchant(id)[..8], "{}", key.escape_ascii());
        }
    }

    #[test]
    fn everything_of_a_user_is_in_its_shard() {
        let (merchant, own) = (MerchantId::mint([9; 16]), ApplicationUser::parse("customer-7").unwrap());
        let id = UserId::mint([0xfe; 16], user_shard(merchant, &own));
        let of_its = [of_user(id.shard(), merchant, id), user_name(merchant, &own), users(id.shard(), merchant)];
        for key in of_its.into_iter().chain([forgotten(id.shard(), [7; 16])]) {
            assert_eq!(key[..8], user(merchant, id)[..8], "{}", key.escape_ascii());
        }
    }
}

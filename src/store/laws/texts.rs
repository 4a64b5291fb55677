//! Laws of odd texts: no byte of a name, a note, a URL or a digest means anything to a store.

use super::TestStore;
use super::fixtures::{Draft, entry, fresh, merchant};
use crate::domain::{DialectData, Digest, MerchantName};
use crate::store::{Kept, Redemption, Reservation, Reserved};

const ODD: [&str; 9] = [
    "a:b:c",
    "{07}:j:1",
    "*?[a-z]",
    "'; DROP TABLE journeys; --",
    "\"quoted\" \\ back",
    "]] .. KEYS[1] .. [[",
    "Ünïcödé 𝄞 می\u{200c}خواهم",
    "%s %00 \\0 ?1 $1 :name",
    "ẞ",
];

/// Texts of 255 bytes that differ in their last byte alone.
fn long() -> [String; 2] {
    ["x", "y"].map(|end| format!("{}{end}", "é".repeat(127)))
}

pub(crate) async fn odd_texts_come_back_as_they_went(tested: TestStore) {
    let long = long();
    let texts = ODD.iter().copied().chain(long.iter().map(String::as_str));
    let mut journeys = Vec::new();
    for text in texts {
        let url = format!("https://m.example/{{pay_id}}/a:b*c?x=%7B07%7D&t={}#/h:*", text.len());
        let name: String = text.chars().take(80).collect();
        let draft = Draft::at(tested.now()).noted(text).with(|opening| {
            opening.plan.destination = Some(entry(&url));
            opening.merchant_name = MerchantName::parse(&name).unwrap();
            opening.dialect_data = DialectData::new(text);
        });
        journeys.push(tested.opened(draft.journey()).await);
        let shop = merchant(&name, tested.now());
        assert!(tested.store().add(&shop).await.unwrap());
        assert_eq!(tested.store().merchant(shop.id).await.unwrap(), Some(shop));
    }
    for journey in journeys {
        assert_eq!(tested.find(&journey).await, Some(journey));
    }
}

/// Digests whose 32 bytes would mean something in a key, a pattern, a script or a C string.
fn odd_digests() -> Vec<Digest> {
    let repeated = b"\0\n\r *?:{}[]'\"\\%$\x7f\x80\xff".iter().map(|byte| [*byte; 32]);
    let mut cut = [b'a'; 32];
    cut[7] = 0;
    let mut cut_alike = cut;
    cut_alike[15] = b'b';
    repeated.chain([cut, cut_alike]).map(Digest::new).collect()
}

pub(crate) async fn digests_of_odd_bytes_are_kept_apart(tested: TestStore) {
    keep_apart(&tested, &odd_digests()).await;
}

pub(crate) async fn digests_that_differ_in_one_bit_are_kept_apart(tested: TestStore) {
    let first = *fresh().as_bytes();
    let mut digests = vec![Digest::new(first)];
    // A store may keep the first half of a digest alone.
    for byte in [0, 1, 7, 8, 14, 15] {
        let mut other = first;
        other[byte] ^= 0x80;
        digests.push(Digest::new(other));
    }
    keep_apart(&tested, &digests).await;
}

/// Uses each digest as a reservation's key and a token; each must answer for itself.
async fn keep_apart(tested: &TestStore, digests: &[Digest]) {
    let mut journeys = Vec::new();
    for digest in digests {
        let reservation = Reservation { key: *digest, request: fresh(), kept: Kept::ADay };
        assert_eq!(tested.store().reserve(&reservation).await.unwrap(), Reserved::Fresh);
        assert_eq!(tested.store().reserve(&reservation).await.unwrap(), Reserved::Repeated);
        journeys.push((*digest, tested.paid(Draft::at(tested.now()).journey(), *digest).await));
    }
    for (digest, paid) in journeys {
        let pay_id = paid.pay_id();
        let redeemed = tested.store().redeem(pay_id, &digest, &fresh()).await.unwrap();
        assert!(matches!(redeemed, Redemption::Granted { journey, .. } if *journey == paid));
    }
}

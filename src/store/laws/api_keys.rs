//! Laws of API keys: whose a number is, and when a key was last used.

use super::fixtures::{issued, merchant, renamed};
use super::{HOUR, TestStore, races::race};
use crate::domain::{IssuedKey, KeyNumber, Merchant, MerchantId};
use crate::store::Replaced;

const RACERS: usize = 100;

fn number() -> KeyNumber {
    KeyNumber::draw(rand::random())
}

fn somebody() -> MerchantId {
    MerchantId::mint(rand::random())
}

/// A merchant whose only API key has a number that is reserved for it.
async fn added(tested: &TestStore, name: &str) -> (Merchant, KeyNumber) {
    let merchant = merchant(name, tested.now());
    let number = merchant.api_keys[0].number;
    assert!(tested.store().reserve_number(number, merchant.id).await.unwrap());
    assert!(tested.store().add(&merchant).await.unwrap());
    (merchant, number)
}

async fn found(tested: &TestStore, number: KeyNumber) -> Option<Merchant> {
    tested.store().merchant_of_key(number).await.unwrap()
}

pub(crate) async fn a_number_leads_to_its_merchant(tested: TestStore) {
    let (first, one) = added(&tested, "First").await;
    let (second, other) = added(&tested, "Second").await;
    for _ in 0..2 {
        assert_eq!(found(&tested, one).await.as_ref(), Some(&first));
        assert_eq!(found(&tested, other).await.as_ref(), Some(&second));
    }
    let renamed = renamed(&first, "Renamed");
    assert_eq!(tested.store().replace(&renamed, None).await.unwrap(), Replaced::Done);
    assert_eq!(found(&tested, one).await, Some(renamed), "as the merchant stands now");
}

pub(crate) async fn a_number_is_reserved_for_one_merchant(tested: TestStore) {
    let (ours, theirs, number) = (somebody(), somebody(), number());
    for _ in 0..2 {
        assert!(tested.store().reserve_number(number, ours).await.unwrap(), "the same reservation tried again");
        assert!(!tested.store().reserve_number(number, theirs).await.unwrap());
    }
    assert_eq!(found(&tested, number).await, None, "nobody has a key of it yet");
}

pub(crate) async fn of_many_merchants_that_draw_one_number_one_has_it(tested: TestStore) {
    let number = number();
    let reserved = race((0..RACERS).map(|_| {
        let store = tested.store().clone();
        async move { store.reserve_number(number, somebody()).await.unwrap() }
    }));
    assert_eq!(reserved.await.into_iter().filter(|reserved| *reserved).count(), 1);
}

pub(crate) async fn a_number_is_freed_by_its_merchant_alone(tested: TestStore) {
    let (ours, theirs, number) = (somebody(), somebody(), number());
    assert!(tested.store().reserve_number(number, ours).await.unwrap());
    tested.store().free_number(number, theirs).await.unwrap();
    assert!(!tested.store().reserve_number(number, theirs).await.unwrap());
    for _ in 0..2 {
        tested.store().free_number(number, ours).await.unwrap();
    }
    assert!(tested.store().reserve_number(number, theirs).await.unwrap());
}

pub(crate) async fn a_number_that_has_changed_hands_leads_to_its_new_merchant(tested: TestStore) {
    let (first, number) = added(&tested, "First").await;
    assert_eq!(found(&tested, number).await.as_ref(), Some(&first));
    let without = Merchant { api_keys: vec![issued(tested.now())], ..renamed(&first, "First") };
    assert_eq!(tested.store().replace(&without, None).await.unwrap(), Replaced::Done);
    assert_eq!(found(&tested, number).await, None, "a key that is revoked leads nowhere");
    tested.store().free_number(number, first.id).await.unwrap();
    assert_eq!(found(&tested, number).await, None);

    let key = IssuedKey { number, ..issued(tested.now()) };
    let second = Merchant { api_keys: vec![key], ..merchant("Second", tested.now()) };
    assert!(tested.store().reserve_number(number, second.id).await.unwrap());
    assert!(tested.store().add(&second).await.unwrap());
    assert_eq!(found(&tested, number).await, Some(second));
}

pub(crate) async fn a_last_use_is_kept_and_never_goes_back(tested: TestStore) {
    let (ours, theirs, [one, two]) = (somebody(), somebody(), [number(), number()]);
    let (early, late) = (tested.now(), tested.now().plus(HOUR));
    assert_eq!(tested.store().last_uses(ours).await.unwrap(), []);
    for (number, at) in [(one, late), (two, early), (one, early), (two, early)] {
        tested.store().note_use(ours, number, at).await.unwrap();
    }
    let mut expected = [(one, late), (two, early)];
    expected.sort_unstable();
    assert_eq!(tested.store().last_uses(ours).await.unwrap(), expected);
    assert_eq!(tested.store().last_uses(theirs).await.unwrap(), []);
    tested.store().free_number(one, ours).await.unwrap();
    assert_eq!(tested.store().last_uses(ours).await.unwrap(), [(two, early)]);
}

pub(crate) async fn numbers_and_uses_are_there_after_reopening(mut tested: TestStore) {
    let (shop, number) = added(&tested, "Shop").await;
    let at = tested.now();
    tested.store().note_use(shop.id, number, at).await.unwrap();
    tested.reopen().await;
    assert_eq!(tested.store().last_uses(shop.id).await.unwrap(), [(number, at)]);
    assert!(!tested.store().reserve_number(number, somebody()).await.unwrap());
    assert_eq!(found(&tested, number).await, Some(shop));
}

pub(crate) async fn a_merchant_that_is_removed_leaves_nothing(tested: TestStore) {
    let (gone, number) = added(&tested, "Gone").await;
    let (stays, other) = added(&tested, "Stays").await;
    for (merchant, number) in [(&gone, number), (&stays, other)] {
        tested.store().note_use(merchant.id, number, tested.now()).await.unwrap();
    }
    assert!(tested.store().remove(&gone).await.unwrap());
    assert!(!tested.store().remove(&gone).await.unwrap());
    assert_eq!(tested.store().merchants().await.unwrap(), std::slice::from_ref(&stays));
    assert_eq!(tested.store().merchant(gone.id).await.unwrap(), None);
    assert_eq!(tested.store().replace(&renamed(&gone, "Back"), None).await.unwrap(), Replaced::Stale);
    assert_eq!((found(&tested, number).await, found(&tested, other).await), (None, Some(stays)));
    assert_eq!(tested.store().last_uses(gone.id).await.unwrap(), []);
    tested.store().free_number(number, gone.id).await.unwrap();
    assert!(tested.store().reserve_number(number, somebody()).await.unwrap());
}

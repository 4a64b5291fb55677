//! Laws of API keys: whose a number is, and when a key was last used.

use super::cast::{issued, merchant, renamed};
use super::races::race;
use super::{HOUR, House};
use crate::domain::api_key::{IssuedKey, KeyNumber};
use crate::domain::id::MerchantId;
use crate::domain::merchant::Merchant;
use crate::store::Replaced;

const RACERS: usize = 100;

fn number() -> KeyNumber {
    KeyNumber::draw(rand::random())
}

fn somebody() -> MerchantId {
    MerchantId::mint(rand::random())
}

/// A merchant whose only API key has a number that is reserved for it.
async fn added(house: &House, name: &str) -> (Merchant, KeyNumber) {
    let merchant = merchant(name, house.now());
    let number = merchant.api_keys[0].number;
    assert!(house.store().reserve_number(number, merchant.id).await.unwrap());
    assert!(house.store().add(&merchant).await.unwrap());
    (merchant, number)
}

async fn found(house: &House, number: KeyNumber) -> Option<Merchant> {
    house.store().merchant_of_key(number).await.unwrap()
}

pub(crate) async fn a_number_leads_to_its_merchant(house: House) {
    let (first, one) = added(&house, "First").await;
    let (second, other) = added(&house, "Second").await;
    for _ in 0..2 {
        assert_eq!(found(&house, one).await.as_ref(), Some(&first));
        assert_eq!(found(&house, other).await.as_ref(), Some(&second));
    }
    let renamed = renamed(&first, "Renamed");
    assert_eq!(house.store().replace(&renamed, None).await.unwrap(), Replaced::Done);
    assert_eq!(found(&house, one).await, Some(renamed), "as the merchant stands now");
}

pub(crate) async fn a_number_is_reserved_for_one_merchant(house: House) {
    let (ours, theirs, number) = (somebody(), somebody(), number());
    for _ in 0..2 {
        assert!(house.store().reserve_number(number, ours).await.unwrap(), "the same reservation tried again");
        assert!(!house.store().reserve_number(number, theirs).await.unwrap());
    }
    assert_eq!(found(&house, number).await, None, "nobody has a key of it yet");
}

pub(crate) async fn of_many_merchants_that_draw_one_number_one_has_it(house: House) {
    let number = number();
    let reserved = race((0..RACERS).map(|_| {
        let store = house.store().clone();
        async move { store.reserve_number(number, somebody()).await.unwrap() }
    }));
    assert_eq!(reserved.await.into_iter().filter(|reserved| *reserved).count(), 1);
}

pub(crate) async fn a_number_is_freed_by_its_merchant_alone(house: House) {
    let (ours, theirs, number) = (somebody(), somebody(), number());
    assert!(house.store().reserve_number(number, ours).await.unwrap());
    house.store().free_number(number, theirs).await.unwrap();
    assert!(!house.store().reserve_number(number, theirs).await.unwrap());
    for _ in 0..2 {
        house.store().free_number(number, ours).await.unwrap();
    }
    assert!(house.store().reserve_number(number, theirs).await.unwrap());
}

pub(crate) async fn a_number_that_has_changed_hands_leads_to_its_new_merchant(house: House) {
    let (first, number) = added(&house, "First").await;
    assert_eq!(found(&house, number).await.as_ref(), Some(&first));
    let without = Merchant { api_keys: vec![issued(house.now())], ..renamed(&first, "First") };
    assert_eq!(house.store().replace(&without, None).await.unwrap(), Replaced::Done);
    assert_eq!(found(&house, number).await, None, "a key that is revoked leads nowhere");
    house.store().free_number(number, first.id).await.unwrap();
    assert_eq!(found(&house, number).await, None);

    let key = IssuedKey { number, ..issued(house.now()) };
    let second = Merchant { api_keys: vec![key], ..merchant("Second", house.now()) };
    assert!(house.store().reserve_number(number, second.id).await.unwrap());
    assert!(house.store().add(&second).await.unwrap());
    assert_eq!(found(&house, number).await, Some(second));
}

pub(crate) async fn a_last_use_is_kept_and_never_goes_back(house: House) {
    let (ours, theirs, [one, two]) = (somebody(), somebody(), [number(), number()]);
    let (early, late) = (house.now(), house.now().plus(HOUR));
    assert_eq!(house.store().last_uses(ours).await.unwrap(), []);
    for (number, at) in [(one, late), (two, early), (one, early), (two, early)] {
        house.store().note_use(ours, number, at).await.unwrap();
    }
    let mut expected = [(one, late), (two, early)];
    expected.sort_unstable();
    assert_eq!(house.store().last_uses(ours).await.unwrap(), expected);
    assert_eq!(house.store().last_uses(theirs).await.unwrap(), []);
    house.store().free_number(one, ours).await.unwrap();
    assert_eq!(house.store().last_uses(ours).await.unwrap(), [(two, early)]);
}

pub(crate) async fn numbers_and_uses_are_there_after_reopening(mut house: House) {
    let (shop, number) = added(&house, "Shop").await;
    let at = house.now();
    house.store().note_use(shop.id, number, at).await.unwrap();
    house.reopen().await;
    assert_eq!(house.store().last_uses(shop.id).await.unwrap(), [(number, at)]);
    assert!(!house.store().reserve_number(number, somebody()).await.unwrap());
    assert_eq!(found(&house, number).await, Some(shop));
}

pub(crate) async fn a_merchant_that_is_removed_leaves_nothing(house: House) {
    let (gone, number) = added(&house, "Gone").await;
    let (stays, other) = added(&house, "Stays").await;
    for (merchant, number) in [(&gone, number), (&stays, other)] {
        house.store().note_use(merchant.id, number, house.now()).await.unwrap();
    }
    assert!(house.store().remove(&gone).await.unwrap());
    assert!(!house.store().remove(&gone).await.unwrap());
    assert_eq!(house.store().merchants().await.unwrap(), std::slice::from_ref(&stays));
    assert_eq!(house.store().merchant(gone.id).await.unwrap(), None);
    assert_eq!(house.store().replace(&renamed(&gone, "Back"), None).await.unwrap(), Replaced::Stale);
    assert_eq!((found(&house, number).await, found(&house, other).await), (None, Some(stays)));
    assert_eq!(house.store().last_uses(gone.id).await.unwrap(), []);
    house.store().free_number(number, gone.id).await.unwrap();
    assert!(house.store().reserve_number(number, somebody()).await.unwrap());
}

//! Laws of idempotency keys.

use super::cast::{fresh, reservation};
use super::{House, MINUTE};
use crate::store::{REMEMBERED, Reservation, Reserved};

pub(crate) async fn a_key_is_fresh_once(house: House) {
    let (one, other) = (reservation(), reservation());
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Fresh);
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Repeated);
    assert_eq!(house.store().reserve(&other).await.unwrap(), Reserved::Fresh);
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Repeated);
}

pub(crate) async fn a_key_with_another_request_is_reused(house: House) {
    let one = reservation();
    let other = Reservation { request: fresh(), ..one };
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Fresh);
    assert_eq!(house.store().reserve(&other).await.unwrap(), Reserved::Reused);
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Repeated);
}

pub(crate) async fn a_key_is_forgotten_after_a_day_whoever_asks_meanwhile(house: House) {
    let one = reservation();
    let other = Reservation { request: fresh(), ..one };
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Fresh);
    house.pass(REMEMBERED - MINUTE);
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Repeated);
    assert_eq!(house.store().reserve(&other).await.unwrap(), Reserved::Reused);
    house.pass(2 * MINUTE);
    assert_eq!(house.store().reserve(&other).await.unwrap(), Reserved::Fresh);
    assert_eq!(house.store().reserve(&one).await.unwrap(), Reserved::Reused);
}

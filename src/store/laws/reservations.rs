//! Laws of idempotency keys.

use super::fixtures::{fresh, reservation};
use super::{MINUTE, TestStore};
use crate::store::{REMEMBERED, Reservation, Reserved};

pub(crate) async fn a_key_is_fresh_once(tested: TestStore) {
    let (one, other) = (reservation(), reservation());
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Fresh);
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Repeated);
    assert_eq!(tested.store().reserve(&other).await.unwrap(), Reserved::Fresh);
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Repeated);
}

pub(crate) async fn a_key_with_another_request_is_reused(tested: TestStore) {
    let one = reservation();
    let other = Reservation { request: fresh(), ..one };
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Fresh);
    assert_eq!(tested.store().reserve(&other).await.unwrap(), Reserved::Reused);
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Repeated);
}

pub(crate) async fn a_key_is_forgotten_after_a_day_whoever_asks_meanwhile(tested: TestStore) {
    let one = reservation();
    let other = Reservation { request: fresh(), ..one };
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Fresh);
    tested.pass(REMEMBERED - MINUTE);
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Repeated);
    assert_eq!(tested.store().reserve(&other).await.unwrap(), Reserved::Reused);
    tested.pass(2 * MINUTE);
    assert_eq!(tested.store().reserve(&other).await.unwrap(), Reserved::Fresh);
    assert_eq!(tested.store().reserve(&one).await.unwrap(), Reserved::Reused);
}

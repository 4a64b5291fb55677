//! Laws of idempotency keys.

use super::cast::{claim, fresh};
use super::{House, MINUTE};
use crate::store::{Claim, Claimed, REMEMBERED};

pub(crate) async fn a_key_is_fresh_once(house: House) {
    let (one, other) = (claim(), claim());
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Fresh);
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Repeated);
    assert_eq!(house.store().claim(&other).await.unwrap(), Claimed::Fresh);
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Repeated);
}

pub(crate) async fn a_key_with_another_request_is_reused(house: House) {
    let one = claim();
    let other = Claim { request: fresh(), ..one };
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Fresh);
    assert_eq!(house.store().claim(&other).await.unwrap(), Claimed::Reused);
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Repeated);
}

pub(crate) async fn a_key_is_forgotten_after_a_day_whoever_asks_meanwhile(house: House) {
    let one = claim();
    let other = Claim { request: fresh(), ..one };
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Fresh);
    house.pass(REMEMBERED - MINUTE);
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Repeated);
    assert_eq!(house.store().claim(&other).await.unwrap(), Claimed::Reused);
    house.pass(2 * MINUTE);
    assert_eq!(house.store().claim(&other).await.unwrap(), Claimed::Fresh);
    assert_eq!(house.store().claim(&one).await.unwrap(), Claimed::Reused);
}

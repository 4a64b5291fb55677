//! Laws of merchants' logos: one each, and none without its merchant.

use super::{TestStore, fixtures};
use crate::domain::MerchantId;

async fn logo(tested: &TestStore, merchant: MerchantId) -> Option<Vec<u8>> {
    tested.store().logo(merchant).await.unwrap()
}

pub(crate) async fn a_merchant_has_one_logo_of_its_own(tested: TestStore) {
    let [own, other] = [(); 2].map(|()| MerchantId::mint(rand::random()));
    assert_eq!(logo(&tested, own).await, None);
    for picture in [&[0, 1, 2, 255][..], b"another"] {
        tested.store().keep_logo(own, picture).await.unwrap();
        assert_eq!(logo(&tested, own).await.as_deref(), Some(picture));
    }
    assert_eq!(logo(&tested, other).await, None);
    for _ in 0..2 {
        tested.store().drop_logo(own).await.unwrap();
        assert_eq!(logo(&tested, own).await, None);
    }
}

pub(crate) async fn a_merchants_logo_goes_with_it(tested: TestStore) {
    let merchant = fixtures::merchant("Shop", tested.now());
    assert!(tested.store().add(&merchant).await.unwrap());
    tested.store().keep_logo(merchant.id, b"picture").await.unwrap();
    assert!(tested.store().remove(&merchant).await.unwrap());
    assert_eq!(logo(&tested, merchant.id).await, None);
}

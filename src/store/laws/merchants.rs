//! Laws of merchants and their profiles.

use super::fixtures::{device_urls, entry, fresh, merchant, renamed, reservation};
use super::{MINUTE, TestStore};
use crate::domain::{CallbackName, DeviceUrls, Merchant, MerchantId, Placement, SavedCallback, merchant::Used};
use crate::store::{REMEMBERED, Replaced, Reservation};

async fn added(tested: &TestStore, name: &str) -> Merchant {
    let merchant = merchant(name, tested.now());
    assert!(tested.store().add(&merchant).await.unwrap());
    merchant
}

async fn stored(tested: &TestStore, id: MerchantId) -> Option<Merchant> {
    tested.store().merchant(id).await.unwrap()
}

pub(crate) async fn a_merchant_is_added_and_read(tested: TestStore) {
    let mut shop = merchant("Shop", tested.now());
    for (url, name, device_urls) in
        [("https://m.example/cb", Some("web"), DeviceUrls::default()), ("com.example.app://cb", None, device_urls())]
    {
        let used = if name.is_some() { Used::OnRequest } else { Used::ByDefault };
        let name = name.map(|name| CallbackName::parse(name).unwrap());
        shop.callbacks
            .add(SavedCallback {
                url: entry(url).url,
                name,
                params_in: Placement::Fragment,
                device_urls,
                used,
                watched: used == Used::OnRequest,
            })
            .unwrap();
    }
    shop.callbacks.delete(0);
    assert_eq!(stored(&tested, shop.id).await, None);
    assert!(tested.store().add(&shop).await.unwrap());
    assert_eq!(stored(&tested, shop.id).await, Some(shop));
}

pub(crate) async fn a_merchants_id_is_taken_once(tested: TestStore) {
    let first = added(&tested, "First").await;
    let second = Merchant { id: first.id, ..merchant("Second", tested.now()) };
    assert!(!tested.store().add(&second).await.unwrap());
    // The very same addition has only been tried again.
    assert!(tested.store().add(&first).await.unwrap());
    assert_eq!(tested.store().merchants().await.unwrap(), [first]);
}

pub(crate) async fn merchants_are_listed_the_oldest_first(tested: TestStore) {
    assert_eq!(tested.store().merchants().await.unwrap(), []);
    let now = tested.now();
    let ages = [3, 1, 4, 2, 0];
    for age in ages {
        let merchant = merchant(&format!("{age} minutes old"), now.plus((4 - age) * MINUTE));
        assert!(tested.store().add(&merchant).await.unwrap());
    }
    let names: Vec<_> =
        tested.store().merchants().await.unwrap().iter().map(|m| m.name.as_str()[..1].to_owned()).collect();
    assert_eq!(names, ["4", "3", "2", "1", "0"]);
}

pub(crate) async fn a_profile_is_written_over_the_revision_before(tested: TestStore) {
    let (first, other) = (added(&tested, "First").await, added(&tested, "Other").await);
    let second = renamed(&first, "Second");
    assert_eq!(tested.store().replace(&second, None).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    assert_eq!(tested.store().replace(&third, None).await.unwrap(), Replaced::Done);
    assert_eq!(stored(&tested, first.id).await, Some(third));
    assert_eq!(stored(&tested, other.id).await, Some(other));
}

pub(crate) async fn a_stale_profile_is_not_written(tested: TestStore) {
    let first = added(&tested, "First").await;
    let (won, late) = (renamed(&first, "Won"), renamed(&first, "Late"));
    assert_eq!(tested.store().replace(&won, None).await.unwrap(), Replaced::Done);
    let too_new = renamed(&renamed(&won, "Skipped"), "Too new");
    for stale in [late, too_new] {
        assert_eq!(tested.store().replace(&stale, None).await.unwrap(), Replaced::Stale);
    }
    assert_eq!(stored(&tested, first.id).await, Some(won));
}

pub(crate) async fn the_profile_of_nobody_is_stale(tested: TestStore) {
    let nobody = merchant("Nobody", tested.now());
    let changed = renamed(&nobody, "Somebody");
    assert_eq!(tested.store().replace(&changed, None).await.unwrap(), Replaced::Stale);
    assert_eq!(stored(&tested, nobody.id).await, None);
}

pub(crate) async fn a_profiles_change_tried_again_is_done(tested: TestStore) {
    let changed = renamed(&added(&tested, "First").await, "Second");
    for _ in 0..2 {
        assert_eq!(tested.store().replace(&changed, None).await.unwrap(), Replaced::Done);
    }
    assert_eq!(stored(&tested, changed.id).await, Some(changed));
}

pub(crate) async fn a_reserved_change_answers_its_number_again(tested: TestStore) {
    let first = added(&tested, "First").await;
    let reservation = reservation();
    let second = renamed(&first, "Second");
    assert_eq!(tested.store().replace(&second, Some((&reservation, 41))).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    assert_eq!(tested.store().replaced_by(third.id, &reservation).await.unwrap(), Some(Replaced::Repeated(41)));
    let other = Reservation { request: fresh(), ..reservation };
    assert_eq!(tested.store().replaced_by(third.id, &other).await.unwrap(), Some(Replaced::Reused));
    assert_eq!(tested.store().replaced_by(third.id, &self::reservation()).await.unwrap(), None);
    assert_eq!(tested.store().replace(&third, Some((&reservation, 42))).await.unwrap(), Replaced::Repeated(41));
    assert_eq!(stored(&tested, first.id).await, Some(second));
}

pub(crate) async fn a_reservation_for_another_change_is_reused(tested: TestStore) {
    let first = added(&tested, "First").await;
    let one = reservation();
    let other = Reservation { request: fresh(), ..one };
    let second = renamed(&first, "Second");
    assert_eq!(tested.store().replace(&second, Some((&one, 0))).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    assert_eq!(tested.store().replace(&third, Some((&other, 1))).await.unwrap(), Replaced::Reused);
    assert_eq!(stored(&tested, first.id).await, Some(second));
}

pub(crate) async fn a_stale_change_leaves_its_reservation_unused(tested: TestStore) {
    let first = added(&tested, "First").await;
    let won = renamed(&first, "Won");
    assert_eq!(tested.store().replace(&won, None).await.unwrap(), Replaced::Done);
    let reservation = reservation();
    let late = renamed(&first, "Late");
    assert_eq!(tested.store().replace(&late, Some((&reservation, 1))).await.unwrap(), Replaced::Stale);
    let again = renamed(&won, "Late");
    assert_eq!(tested.store().replace(&again, Some((&reservation, 2))).await.unwrap(), Replaced::Done);
    assert_eq!(stored(&tested, first.id).await, Some(again));
}

pub(crate) async fn a_profiles_reservation_is_forgotten_after_a_day(tested: TestStore) {
    let first = added(&tested, "First").await;
    let reservation = reservation();
    let second = renamed(&first, "Second");
    assert_eq!(tested.store().replace(&second, Some((&reservation, 0))).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    tested.pass(REMEMBERED - MINUTE);
    assert_eq!(tested.store().replace(&third, Some((&reservation, 1))).await.unwrap(), Replaced::Repeated(0));
    tested.pass(2 * MINUTE);
    assert_eq!(tested.store().replaced_by(third.id, &reservation).await.unwrap(), None);
    assert_eq!(tested.store().replace(&third, Some((&reservation, 1))).await.unwrap(), Replaced::Done);
}

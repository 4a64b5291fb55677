//! Laws of merchants and their profiles.

use super::cast::{entry, fresh, merchant, renamed, reservation, ways};
use super::{House, MINUTE};
use crate::domain::callback::{AppWays, Placement};
use crate::domain::id::MerchantId;
use crate::domain::merchant::{CallbackName, Merchant, SavedCallback, Used};
use crate::store::{REMEMBERED, Replaced, Reservation};

async fn added(house: &House, name: &str) -> Merchant {
    let merchant = merchant(name, house.now());
    assert!(house.store().add(&merchant).await.unwrap());
    merchant
}

async fn stored(house: &House, id: MerchantId) -> Option<Merchant> {
    house.store().merchant(id).await.unwrap()
}

pub(crate) async fn a_merchant_is_added_and_read(house: House) {
    let mut shop = merchant("Shop", house.now());
    for (url, name, ways) in
        [("https://m.example/cb", Some("web"), AppWays::default()), ("com.example.app://cb", None, ways())]
    {
        let used = if name.is_some() { Used::OnRequest } else { Used::ByDefault };
        let name = name.map(|name| CallbackName::parse(name).unwrap());
        shop.callbacks
            .add(SavedCallback { url: entry(url).url, name, params_in: Placement::Fragment, ways, used })
            .unwrap();
    }
    shop.callbacks.delete(0);
    assert_eq!(stored(&house, shop.id).await, None);
    assert!(house.store().add(&shop).await.unwrap());
    assert_eq!(stored(&house, shop.id).await, Some(shop));
}

pub(crate) async fn a_merchants_id_is_taken_once(house: House) {
    let first = added(&house, "First").await;
    let second = Merchant { id: first.id, ..merchant("Second", house.now()) };
    assert!(!house.store().add(&second).await.unwrap());
    // The very same addition has only been tried again.
    assert!(house.store().add(&first).await.unwrap());
    assert_eq!(house.store().merchants().await.unwrap(), [first]);
}

pub(crate) async fn merchants_are_listed_the_oldest_first(house: House) {
    assert_eq!(house.store().merchants().await.unwrap(), []);
    let now = house.now();
    let ages = [3, 1, 4, 2, 0];
    for age in ages {
        let merchant = merchant(&format!("{age} minutes old"), now.plus((4 - age) * MINUTE));
        assert!(house.store().add(&merchant).await.unwrap());
    }
    let names: Vec<_> =
        house.store().merchants().await.unwrap().iter().map(|m| m.name.as_str()[..1].to_owned()).collect();
    assert_eq!(names, ["4", "3", "2", "1", "0"]);
}

pub(crate) async fn a_profile_is_written_over_the_revision_before(house: House) {
    let (first, other) = (added(&house, "First").await, added(&house, "Other").await);
    let second = renamed(&first, "Second");
    assert_eq!(house.store().replace(&second, None).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    assert_eq!(house.store().replace(&third, None).await.unwrap(), Replaced::Done);
    assert_eq!(stored(&house, first.id).await, Some(third));
    assert_eq!(stored(&house, other.id).await, Some(other));
}

pub(crate) async fn a_stale_profile_is_not_written(house: House) {
    let first = added(&house, "First").await;
    let (won, late) = (renamed(&first, "Won"), renamed(&first, "Late"));
    assert_eq!(house.store().replace(&won, None).await.unwrap(), Replaced::Done);
    let too_new = renamed(&renamed(&won, "Skipped"), "Too new");
    for stale in [late, too_new] {
        assert_eq!(house.store().replace(&stale, None).await.unwrap(), Replaced::Stale);
    }
    assert_eq!(stored(&house, first.id).await, Some(won));
}

pub(crate) async fn the_profile_of_nobody_is_stale(house: House) {
    let nobody = merchant("Nobody", house.now());
    let changed = renamed(&nobody, "Somebody");
    assert_eq!(house.store().replace(&changed, None).await.unwrap(), Replaced::Stale);
    assert_eq!(stored(&house, nobody.id).await, None);
}

pub(crate) async fn a_profiles_change_tried_again_is_done(house: House) {
    let changed = renamed(&added(&house, "First").await, "Second");
    for _ in 0..2 {
        assert_eq!(house.store().replace(&changed, None).await.unwrap(), Replaced::Done);
    }
    assert_eq!(stored(&house, changed.id).await, Some(changed));
}

pub(crate) async fn a_reserved_change_answers_its_number_again(house: House) {
    let first = added(&house, "First").await;
    let reservation = reservation();
    let second = renamed(&first, "Second");
    assert_eq!(house.store().replace(&second, Some((&reservation, 41))).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    assert_eq!(house.store().replaced_by(third.id, &reservation).await.unwrap(), Some(Replaced::Repeated(41)));
    let other = Reservation { request: fresh(), ..reservation };
    assert_eq!(house.store().replaced_by(third.id, &other).await.unwrap(), Some(Replaced::Reused));
    assert_eq!(house.store().replaced_by(third.id, &self::reservation()).await.unwrap(), None);
    assert_eq!(house.store().replace(&third, Some((&reservation, 42))).await.unwrap(), Replaced::Repeated(41));
    assert_eq!(stored(&house, first.id).await, Some(second));
}

pub(crate) async fn a_reservation_for_another_change_is_reused(house: House) {
    let first = added(&house, "First").await;
    let one = reservation();
    let other = Reservation { request: fresh(), ..one };
    let second = renamed(&first, "Second");
    assert_eq!(house.store().replace(&second, Some((&one, 0))).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    assert_eq!(house.store().replace(&third, Some((&other, 1))).await.unwrap(), Replaced::Reused);
    assert_eq!(stored(&house, first.id).await, Some(second));
}

pub(crate) async fn a_stale_change_leaves_its_reservation_unused(house: House) {
    let first = added(&house, "First").await;
    let won = renamed(&first, "Won");
    assert_eq!(house.store().replace(&won, None).await.unwrap(), Replaced::Done);
    let reservation = reservation();
    let late = renamed(&first, "Late");
    assert_eq!(house.store().replace(&late, Some((&reservation, 1))).await.unwrap(), Replaced::Stale);
    let again = renamed(&won, "Late");
    assert_eq!(house.store().replace(&again, Some((&reservation, 2))).await.unwrap(), Replaced::Done);
    assert_eq!(stored(&house, first.id).await, Some(again));
}

pub(crate) async fn a_profiles_reservation_is_forgotten_after_a_day(house: House) {
    let first = added(&house, "First").await;
    let reservation = reservation();
    let second = renamed(&first, "Second");
    assert_eq!(house.store().replace(&second, Some((&reservation, 0))).await.unwrap(), Replaced::Done);
    let third = renamed(&second, "Third");
    house.pass(REMEMBERED - MINUTE);
    assert_eq!(house.store().replace(&third, Some((&reservation, 1))).await.unwrap(), Replaced::Repeated(0));
    house.pass(2 * MINUTE);
    assert_eq!(house.store().replaced_by(third.id, &reservation).await.unwrap(), None);
    assert_eq!(house.store().replace(&third, Some((&reservation, 1))).await.unwrap(), Replaced::Done);
}

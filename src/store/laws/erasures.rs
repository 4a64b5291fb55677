//! Laws of erasing journeys.

use std::time::Duration;

use super::fixtures::{Draft, agreed, concluding, deliveries_of, fresh, user};
use super::{HOUR, TestStore};
use crate::domain::{Fact, Journey, MerchantId, Verdict};
use crate::store::{DeliveryFilter, JourneyFilter, Redemption};

/// Every list that a journey could stand in.
async fn listed(tested: &TestStore, journey: &Journey, which: JourneyFilter) -> Vec<Journey> {
    tested.store().list(journey.opening().merchant, which, None, 9).await.unwrap()
}

pub(crate) async fn an_erased_journey_is_nowhere_any_more(tested: TestStore) {
    let merchant = MerchantId::mint(rand::random());
    let of = |url| Draft::at(tested.now()).of(merchant).notifying([url]).journey();
    let token = fresh();
    let paid = tested.paid(of("https://m.example/paid"), token).await;
    let away = tested.away(of("https://m.example/away")).await;
    let stays = tested.paid(of("https://m.example/stays"), fresh()).await;
    for journey in [&paid, &away] {
        assert!(tested.store().erase(journey).await.unwrap());
        assert!(!tested.store().erase(journey).await.unwrap());
        assert_eq!(tested.find(journey).await, None);
        assert_eq!(tested.store().deliveries(journey.pay_id()).await.unwrap(), []);
    }
    assert_eq!(listed(&tested, &stays, JourneyFilter::All).await, [stays.clone()]);
    assert_eq!(listed(&tested, &stays, JourneyFilter::Proven).await, [stays.clone()]);
    let redeemed = tested.store().redeem(paid.pay_id(), &token, &fresh()).await.unwrap();
    assert_eq!(redeemed, Redemption::Unknown);
    let waiting = tested.store().deliveries_of(merchant, DeliveryFilter::Waiting, None, 9).await.unwrap();
    assert_eq!(waiting.into_iter().map(|context| context.journey).collect::<Vec<_>>(), [stays.clone()]);
    tested.pass(2 * HOUR);
    assert_eq!(tested.store().due(9).await.unwrap(), []);
    let leased = tested.store().lease(9, HOUR, 1).await.unwrap();
    let leased: Vec<_> = leased.into_iter().map(|leased| leased.context.delivery.id.journey).collect();
    assert_eq!(leased, [*stays.id()]);
}

pub(crate) async fn an_erased_journey_leaves_no_dead_letter(tested: TestStore) {
    let draft = Draft::at(tested.now()).notifying(["https://m.example/a", "https://m.example/b"]);
    let paid = tested.paid(draft.journey(), fresh()).await;
    for leased in tested.store().lease(9, HOUR, 1).await.unwrap() {
        assert!(tested.store().report(&leased.lease, None, Verdict::Dead).await.unwrap());
    }
    let merchant = paid.opening().merchant;
    assert_eq!(tested.store().deliveries_of(merchant, DeliveryFilter::Dead, None, 9).await.unwrap().len(), 2);
    assert!(tested.store().erase(&paid).await.unwrap());
    assert_eq!(tested.store().deliveries_of(merchant, DeliveryFilter::Dead, None, 9).await.unwrap(), []);
    let dead = deliveries_of(&paid, 0).remove(0);
    assert!(!tested.store().replay(&dead.id, merchant).await.unwrap());
}

pub(crate) async fn an_erased_consent_is_not_its_users_any_more(tested: TestStore) {
    let merchant = MerchantId::mint(rand::random());
    let user = user(merchant, Some("ada"), tested.now());
    let asked = tested.opened(Draft::at(tested.now()).of(merchant).about(user.id).journey()).await;
    let (given, _) = agreed(asked.clone(), Duration::from_hours(24), tested.now());
    tested.done(&concluding(given.clone(), None)).await;
    let failed = Draft::at(tested.now()).of(merchant).about(user.id).journey();
    let failed = tested.opened(failed).await;
    let failed = tested.concluded(failed, &Fact::lapsed(), None).await;
    assert_eq!(listed(&tested, &asked, JourneyFilter::OfUser(user.id)).await.len(), 2);
    assert!(tested.store().erase(&given).await.unwrap());
    assert_eq!(listed(&tested, &asked, JourneyFilter::OfUser(user.id)).await, [failed.clone()]);
    assert!(tested.store().erase(&failed).await.unwrap());
    for which in [JourneyFilter::All, JourneyFilter::Proven, JourneyFilter::OfUser(user.id)] {
        assert_eq!(listed(&tested, &asked, which).await, []);
    }
}

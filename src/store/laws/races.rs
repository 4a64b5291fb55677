//! Laws of races: of callers that come at the same time, one is first.

use std::future::Future;

use super::TestStore;
use super::fixtures::{Draft, concluded, concluding, deliveries_of, fresh, hourly, merchant, renamed, reservation};
use crate::domain::Fact;
use crate::store::{Kept, Opened, Redemption, Replaced, Reservation, Reserved, Taken};

const RACERS: usize = 64;

/// Starts all of them, then waits for all of them.
pub(super) async fn race<T: Send + 'static>(
    racers: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = racers.map(tokio::spawn).collect();
    let mut ends = Vec::with_capacity(tasks.len());
    for task in tasks {
        ends.push(task.await.unwrap());
    }
    ends
}

pub(crate) async fn of_two_final_outcomes_one_wins(tested: TestStore) {
    for _ in 0..20 {
        let away = tested.away(Draft::at(tested.now()).notifying(["https://m.example/a"]).journey()).await;
        let rivals = [Fact::paid(), Fact::pressed_cancel()].map(|fact| concluded(away.clone(), &fact, tested.now()).0);
        let steps = rivals.clone().map(|journey| concluding(journey, Some(hourly(fresh()))));
        let runners = steps.clone().into_iter().map(|step| {
            let store = tested.store().clone();
            async move { store.take(&step).await.unwrap() }
        });
        let ends = race(runners).await;
        let winner = ends.iter().position(|end| *end == Taken::Done).unwrap();
        assert_eq!(ends[1 - winner], Taken::Lost(Box::new(rivals[winner].clone())));
        assert_eq!(tested.find(&away).await.as_ref(), Some(&rivals[winner]));
        assert_eq!(tested.store().deliveries(away.pay_id()).await.unwrap(), deliveries_of(&rivals[winner], 0));
        let tokens = steps.map(|step| step.token.as_ref().unwrap().digest);
        let pay_id = away.pay_id();
        let lost = tested.store().redeem(pay_id, &tokens[1 - winner], &fresh()).await.unwrap();
        assert_eq!(lost, Redemption::Unknown);
        let won = tested.store().redeem(pay_id, &tokens[winner], &fresh()).await.unwrap();
        assert!(matches!(won, Redemption::Granted { .. }), "{won:?}");
    }
}

pub(crate) async fn of_many_attempts_at_a_token_one_is_granted(tested: TestStore) {
    let token = fresh();
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    let pay_id = paid.pay_id();
    let ends = race((0..RACERS).map(|_| {
        let store = tested.store().clone();
        async move { store.redeem(pay_id, &token, &fresh()).await.unwrap() }
    }))
    .await;
    let spent_at = tested.store().spent_at(pay_id, &token).await.unwrap().unwrap();
    let granted = ends.iter().filter(|end| matches!(end, Redemption::Granted { spent_at: at, .. } if *at == spent_at));
    assert_eq!(granted.count(), 1);
    let spent = ends.iter().filter(|end| **end == Redemption::Spent { at: spent_at });
    assert_eq!(spent.count(), RACERS - 1);
}

pub(crate) async fn one_attempt_made_many_times_at_once_is_granted_every_time(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    let pay_id = paid.pay_id();
    let ends = race((0..RACERS).map(|_| {
        let store = tested.store().clone();
        async move { store.redeem(pay_id, &token, &attempt).await.unwrap() }
    }))
    .await;
    let spent_at = tested.store().spent_at(pay_id, &token).await.unwrap().unwrap();
    let granted = Redemption::Granted { journey: Box::new(paid), spent_at };
    assert_eq!(ends, vec![granted; RACERS]);
}

pub(crate) async fn of_many_openings_under_one_reservation_one_is_new(tested: TestStore) {
    let (reservation, now) = (reservation(), tested.now());
    let journeys: Vec<_> = (0..RACERS).map(|_| Draft::at(now).reserved_by(&reservation).journey()).collect();
    let ends = race(journeys.clone().into_iter().map(|journey| {
        let store = tested.store().clone();
        async move { store.open(&journey, &[], Some(&reservation)).await.unwrap() }
    }))
    .await;
    let winner = ends.iter().position(|end| *end == Opened::New).unwrap();
    let repeated = Opened::Repeated(Box::new(journeys[winner].clone()));
    assert_eq!(ends.iter().filter(|end| **end == repeated).count(), RACERS - 1);
    let mut found = 0;
    for journey in &journeys {
        found += usize::from(tested.find(journey).await.is_some());
    }
    assert_eq!(found, 1);
}

pub(crate) async fn of_many_reservations_of_one_key_one_is_fresh(tested: TestStore) {
    let key = fresh();
    let ends = race((0..RACERS).map(|_| {
        let store = tested.store().clone();
        async move { store.reserve(&Reservation { key, request: fresh(), kept: Kept::ADay }).await.unwrap() }
    }))
    .await;
    assert_eq!(ends.iter().filter(|end| **end == Reserved::Fresh).count(), 1);
    assert_eq!(ends.iter().filter(|end| **end == Reserved::Reused).count(), RACERS - 1);
}

pub(crate) async fn of_many_changes_to_a_profile_one_is_done(tested: TestStore) {
    let shop = merchant("Shop", tested.now());
    assert!(tested.store().add(&shop).await.unwrap());
    let changes: Vec<_> = (0..RACERS).map(|n| renamed(&shop, &format!("Shop {n}"))).collect();
    let ends = race(changes.clone().into_iter().map(|change| {
        let store = tested.store().clone();
        async move { store.replace(&change, None).await.unwrap() }
    }))
    .await;
    let winner = ends.iter().position(|end| *end == Replaced::Done).unwrap();
    assert_eq!(ends.iter().filter(|end| **end == Replaced::Stale).count(), RACERS - 1);
    assert_eq!(tested.store().merchant(shop.id).await.unwrap().as_ref(), Some(&changes[winner]));
}

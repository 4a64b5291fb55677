//! Laws of steps: each is written whole, once, over the revision before.

use super::fixtures::{self, Draft, away, concluded, concluding, deliveries_of, fresh, hourly};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::{
    Delivery, Digest, Fact, Journey, JourneyEvent, Outcome, ProviderRefusal, ResponseId, Stage, Verdict,
};
use crate::domain::{delivery::State, journey::Proof};
use crate::store::{Redemption, Step, Taken};

const TOLD: [&str; 3] = ["https://m.example/a", "https://m.example/b", "https://m.example/c"];

async fn redeemed(tested: &TestStore, journey: &Journey, token: Digest) -> Redemption {
    tested.store().redeem(journey.pay_id(), &token, &fresh()).await.unwrap()
}

pub(crate) async fn a_step_is_written_over_the_revision_before(tested: TestStore) {
    let journey = tested.opened(Draft::at(tested.now()).journey()).await;
    let (away, _) = away(journey, tested.now());
    assert_eq!(tested.store().take(&Step::to(away.clone())).await.unwrap(), Taken::Done);
    assert_eq!(tested.find(&away).await.as_ref(), Some(&away));
    let (paid, _) = concluded(away, &Fact::paid(), tested.now());
    assert_eq!(tested.store().take(&concluding(paid.clone(), None)).await.unwrap(), Taken::Done);
    assert_eq!(tested.find(&paid).await, Some(paid));
}

pub(crate) async fn a_lost_race_answers_the_journey_as_it_stands(tested: TestStore) {
    let away = tested.away(Draft::at(tested.now()).journey()).await;
    let (cancelled, _) = concluded(away.clone(), &Fact::pressed_cancel(), tested.now());
    let winner = tested.concluded(away, &Fact::paid(), None).await;
    let lost = Taken::Lost(Box::new(winner.clone()));
    assert_eq!(tested.store().take(&concluding(cancelled, None)).await.unwrap(), lost);
    assert_eq!(tested.find(&winner).await, Some(winner));
}

pub(crate) async fn a_second_visit_over_the_same_revision_is_lost(tested: TestStore) {
    let journey = tested.opened(Draft::at(tested.now()).journey()).await;
    let (first, _) = away(journey.clone(), tested.now());
    let (second, _) = away(journey, tested.now().plus(MINUTE));
    tested.done(&Step::to(first.clone())).await;
    let lost = Taken::Lost(Box::new(first.clone()));
    assert_eq!(tested.store().take(&Step::to(second)).await.unwrap(), lost);
    assert_eq!(tested.find(&first).await, Some(first));
}

pub(crate) async fn a_step_from_the_future_is_lost(tested: TestStore) {
    let journey = tested.opened(Draft::at(tested.now()).journey()).await;
    let (away, _) = away(journey.clone(), tested.now());
    let (paid, _) = concluded(away, &Fact::paid(), tested.now());
    let lost = Taken::Lost(Box::new(journey.clone()));
    assert_eq!(tested.store().take(&concluding(paid, None)).await.unwrap(), lost);
    assert_eq!(tested.find(&journey).await, Some(journey));
}

pub(crate) async fn nothing_of_a_lost_step_is_written(tested: TestStore) {
    let journey = tested.opened(Draft::at(tested.now()).notifying(TOLD).journey()).await;
    let (away, _) = away(journey.clone(), tested.now());
    let (cancelled, _) = concluded(journey, &Fact::pressed_cancel(), tested.now());
    let (token, won) = (fresh(), fresh());
    tested.done(&Step::to(away.clone())).await;
    let late = concluding(cancelled, Some(hourly(token)));
    assert!(matches!(tested.store().take(&late).await.unwrap(), Taken::Lost(_)));
    assert_eq!(tested.store().deliveries(away.pay_id()).await.unwrap(), []);
    assert_eq!(redeemed(&tested, &away, token).await, Redemption::Unknown);

    let again = Step::to(away.clone());
    let paid = tested.concluded(away, &Fact::paid(), Some(hourly(won))).await;
    assert!(matches!(tested.store().take(&again).await.unwrap(), Taken::Lost(_)));
    assert_eq!(tested.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, 0));
}

pub(crate) async fn a_step_of_an_unknown_journey_is_gone_and_leaves_nothing(tested: TestStore) {
    let journey = Draft::at(tested.now()).notifying(TOLD).journey();
    let token = fresh();
    let (away, _) = away(journey.clone(), tested.now());
    assert_eq!(tested.store().take(&Step::to(away.clone())).await.unwrap(), Taken::Gone);
    let (paid, _) = concluded(away, &Fact::paid(), tested.now());
    let conclude = concluding(paid, Some(hourly(token)));
    assert_eq!(tested.store().take(&conclude).await.unwrap(), Taken::Gone);

    let journey = tested.opened(journey).await;
    assert_eq!(redeemed(&tested, &journey, token).await, Redemption::Unknown);
    assert_eq!(tested.store().deliveries(journey.pay_id()).await.unwrap(), []);
}

pub(crate) async fn the_same_step_tried_again_is_done_and_changes_nothing(tested: TestStore) {
    let token = fresh();
    let away = tested.away(Draft::at(tested.now()).notifying(TOLD).journey()).await;
    let (paid, number) = concluded(away, &Fact::paid(), tested.now());
    let step = concluding(paid.clone(), Some(hourly(token)));
    tested.done(&step).await;
    tested.done(&step).await;
    assert!(matches!(redeemed(&tested, &paid, token).await, Redemption::Granted { .. }));
    tested.done(&step).await;
    assert!(matches!(redeemed(&tested, &paid, token).await, Redemption::Spent { .. }));
    assert_eq!(tested.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, number));
    assert_eq!(tested.find(&paid).await, Some(paid));
}

pub(crate) async fn a_final_outcome_writes_its_stage_its_token_and_its_deliveries(tested: TestStore) {
    let token = fresh();
    let paid = tested.paid(Draft::at(tested.now()).notifying(TOLD).journey(), token).await;
    let found = tested.find(&paid).await.unwrap();
    assert!(matches!(found.stage(), Stage::Concluded(s) if s.outcome == Outcome::Paid));
    assert_eq!(tested.store().deliveries(paid.pay_id()).await.unwrap().len(), TOLD.len());
    assert!(matches!(redeemed(&tested, &paid, token).await, Redemption::Granted { journey, .. } if *journey == paid));
}

pub(crate) async fn a_superseding_outcome_brings_a_token_and_deliveries_of_its_own(tested: TestStore) {
    let (first, second) = (fresh(), fresh());
    let away = tested.away(Draft::at(tested.now()).notifying(["https://m.example/a"]).journey()).await;
    let cancelled = tested.concluded(away, &Fact::pressed_cancel(), Some(hourly(first))).await;
    let paid = tested.concluded(cancelled, &Fact::paid(), Some(hourly(second))).await;
    for token in [first, second] {
        assert!(matches!(redeemed(&tested, &paid, token).await, Redemption::Granted { .. }));
    }
    let final_outcomes: Vec<_> = tested
        .store()
        .deliveries(paid.pay_id())
        .await
        .unwrap()
        .iter()
        .filter_map(|d| d.id.event.final_outcome())
        .collect();
    assert_eq!(final_outcomes, [0, 1]);
}

pub(crate) async fn deliveries_come_in_order_and_of_their_journey_alone(tested: TestStore) {
    let away = tested.away(Draft::at(tested.now()).notifying(TOLD).journey()).await;
    tested.paid(Draft::at(tested.now()).notifying(TOLD).journey(), fresh()).await;
    let refused = tested.concluded(away, &Fact::refused(ProviderRefusal::new("server_error", None)), None).await;
    tested.pass(MINUTE);
    let paid = tested.concluded(refused, &Fact::paid(), None).await;
    let expected: Vec<Delivery> = [deliveries_of(&paid, 0), deliveries_of(&paid, 1)].concat();
    assert_eq!(expected.len(), 2 * TOLD.len());
    assert_eq!(tested.store().deliveries(paid.pay_id()).await.unwrap(), expected);
}

pub(crate) async fn a_failed_try_is_kept(tested: TestStore) {
    let away = tested.away(Draft::at(tested.now()).journey()).await;
    let error = ProviderRefusal::new("server_error", Some("later"));
    let failed = away.fail(ResponseId { visit: 0, response_digest: u64::MAX }, error.clone(), tested.now()).unwrap();
    tested.done(&Step::to(failed.clone())).await;
    assert_eq!(tested.find(&failed).await.unwrap().stage(), Stage::Open(Some(&error)));
}

pub(crate) async fn any_step_leaves_deliveries_and_each_event_once(tested: TestStore) {
    let away = tested.away(Draft::at(tested.now()).notifying(["https://a.example/"]).journey()).await;
    let response_id = |response_digest| ResponseId { visit: 0, response_digest };
    let held = |journey: Journey, response_digest| {
        let Proof::Held { evidence, until } = fixtures::held(tested.now()) else { panic!() };
        journey.hold(response_id(response_digest), evidence, until, tested.now()).unwrap()
    };
    let (first, event) = (held(away, 1), JourneyEvent::Returned(0));
    let deliveries = first.deliveries(event, tested.now(), |_| true);
    tested.done(&Step::to(first.clone()).with_deliveries(deliveries.clone())).await;
    let leased = tested.store().lease(9, HOUR, 7).await.unwrap().remove(0);
    assert!(tested.store().report(&leased.lease, None, Verdict::Delivered).await.unwrap());
    // Another response under the same visit is no new event.
    let second = held(first, 2);
    tested.done(&Step::to(second.clone()).with_deliveries(deliveries.clone())).await;
    assert!(tested.store().lease(9, HOUR, 8).await.unwrap().is_empty());
    let (paid, _) = concluded(second, &Fact::paid(), tested.now());
    tested.done(&concluding(paid.clone(), None)).await;
    let stored = tested.store().deliveries(paid.pay_id()).await.unwrap();
    let states: Vec<_> = stored.iter().map(|delivery| (delivery.id.event, delivery.state)).collect();
    assert_eq!(states, [(event, State::Delivered), (JourneyEvent::Concluded(0), State::Waiting)]);
    assert_eq!(tested.store().lease(9, HOUR, 9).await.unwrap().len(), 1);
}

//! Laws of steps: each is written whole, once, over the revision before.

use super::cast::{self, Draft, away, concluded, concluding, deliveries_of, fresh};
use super::{HOUR, House, MINUTE};
use crate::domain::delivery::{Delivery, JourneyEvent, State, Verdict};
use crate::domain::journey::{Journey, Proof, ResponseId, Stage};
use crate::domain::outcome::{Fact, Outcome, ProviderRefusal};
use crate::domain::secret::Digest;
use crate::store::{REMEMBERED, Redemption, Step, Taken};

const TOLD: [&str; 3] = ["https://m.example/a", "https://m.example/b", "https://m.example/c"];

async fn redeemed(house: &House, journey: &Journey, token: Digest) -> Redemption {
    let merchant = journey.opening().merchant;
    house.store().redeem(journey.id().shard(), &token, merchant, &fresh()).await.unwrap()
}

async fn under(house: &House, journey: &Journey, state: Digest) -> Option<(Journey, u8)> {
    house.store().find_by_state(journey.id().shard(), &state).await.unwrap()
}

pub(crate) async fn a_step_is_written_over_the_revision_before(house: House) {
    let journey = house.opened(Draft::at(house.now()).journey()).await;
    let (away, visit) = away(journey, house.now());
    assert_eq!(house.store().take(&Step::to(away.clone()).with_state(fresh(), visit)).await.unwrap(), Taken::Done);
    assert_eq!(house.find(&away).await.as_ref(), Some(&away));
    let (paid, _) = concluded(away, &Fact::paid(), house.now());
    assert_eq!(house.store().take(&concluding(paid.clone(), None)).await.unwrap(), Taken::Done);
    assert_eq!(house.find(&paid).await, Some(paid));
}

pub(crate) async fn a_lost_race_answers_the_journey_as_it_stands(house: House) {
    let away = house.away(Draft::at(house.now()).journey(), fresh()).await;
    let (cancelled, _) = concluded(away.clone(), &Fact::pressed_cancel(), house.now());
    let winner = house.concluded(away, &Fact::paid(), None).await;
    let lost = Taken::Lost(Box::new(winner.clone()));
    assert_eq!(house.store().take(&concluding(cancelled, None)).await.unwrap(), lost);
    assert_eq!(house.find(&winner).await, Some(winner));
}

pub(crate) async fn a_second_visit_over_the_same_revision_is_lost(house: House) {
    let journey = house.opened(Draft::at(house.now()).journey()).await;
    let (state, late) = (fresh(), fresh());
    let (first, visit) = away(journey.clone(), house.now());
    let (second, _) = away(journey, house.now().plus(MINUTE));
    house.done(&Step::to(first.clone()).with_state(state, visit)).await;
    let lost = Taken::Lost(Box::new(first.clone()));
    assert_eq!(house.store().take(&Step::to(second).with_state(late, visit)).await.unwrap(), lost);
    assert_eq!(under(&house, &first, late).await, None);
    assert_eq!(under(&house, &first, state).await, Some((first, visit)));
}

pub(crate) async fn a_step_from_the_future_is_lost(house: House) {
    let journey = house.opened(Draft::at(house.now()).journey()).await;
    let (away, _) = away(journey.clone(), house.now());
    let (paid, _) = concluded(away, &Fact::paid(), house.now());
    let lost = Taken::Lost(Box::new(journey.clone()));
    assert_eq!(house.store().take(&concluding(paid, None)).await.unwrap(), lost);
    assert_eq!(house.find(&journey).await, Some(journey));
}

pub(crate) async fn nothing_of_a_lost_step_is_written(house: House) {
    let journey = house.opened(Draft::at(house.now()).notifying(TOLD).journey()).await;
    let (away, visit) = away(journey.clone(), house.now());
    let (cancelled, _) = concluded(journey, &Fact::pressed_cancel(), house.now());
    let (state, token, won) = (fresh(), fresh(), fresh());
    house.done(&Step::to(away.clone()).with_state(fresh(), visit)).await;
    let late = concluding(cancelled, Some(house.token(token)));
    assert!(matches!(house.store().take(&late).await.unwrap(), Taken::Lost(_)));
    assert_eq!(house.store().deliveries(away.pay_id()).await.unwrap(), []);
    assert_eq!(redeemed(&house, &away, token).await, Redemption::Unknown);

    let again = Step::to(away.clone()).with_state(state, visit);
    let paid = house.concluded(away, &Fact::paid(), Some(house.token(won))).await;
    assert!(matches!(house.store().take(&again).await.unwrap(), Taken::Lost(_)));
    assert_eq!(under(&house, &paid, state).await, None);
    assert_eq!(house.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, 0));
}

pub(crate) async fn a_step_of_an_unknown_journey_is_gone_and_leaves_nothing(house: House) {
    let journey = Draft::at(house.now()).notifying(TOLD).journey();
    let (state, token) = (fresh(), fresh());
    let (away, visit) = away(journey.clone(), house.now());
    assert_eq!(house.store().take(&Step::to(away.clone()).with_state(state, visit)).await.unwrap(), Taken::Gone);
    let (paid, _) = concluded(away, &Fact::paid(), house.now());
    let conclude = concluding(paid, Some(house.token(token)));
    assert_eq!(house.store().take(&conclude).await.unwrap(), Taken::Gone);

    let journey = house.opened(journey).await;
    assert_eq!(under(&house, &journey, state).await, None);
    assert_eq!(redeemed(&house, &journey, token).await, Redemption::Unknown);
    assert_eq!(house.store().deliveries(journey.pay_id()).await.unwrap(), []);
}

pub(crate) async fn the_same_step_tried_again_is_done_and_changes_nothing(house: House) {
    let token = fresh();
    let away = house.away(Draft::at(house.now()).notifying(TOLD).journey(), fresh()).await;
    let (paid, number) = concluded(away, &Fact::paid(), house.now());
    let step = concluding(paid.clone(), Some(house.token(token)));
    house.done(&step).await;
    house.done(&step).await;
    assert!(matches!(redeemed(&house, &paid, token).await, Redemption::Granted { .. }));
    house.done(&step).await;
    assert!(matches!(redeemed(&house, &paid, token).await, Redemption::Spent { .. }));
    assert_eq!(house.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, number));
    assert_eq!(house.find(&paid).await, Some(paid));
}

pub(crate) async fn a_final_outcome_writes_its_stage_its_token_and_its_deliveries(house: House) {
    let token = fresh();
    let paid = house.paid(Draft::at(house.now()).notifying(TOLD).journey(), token).await;
    let found = house.find(&paid).await.unwrap();
    assert!(matches!(found.stage(), Stage::Concluded(s) if s.outcome == Outcome::Paid));
    assert_eq!(house.store().deliveries(paid.pay_id()).await.unwrap().len(), TOLD.len());
    assert!(matches!(redeemed(&house, &paid, token).await, Redemption::Granted { journey, .. } if *journey == paid));
}

pub(crate) async fn a_superseding_outcome_brings_a_token_and_deliveries_of_its_own(house: House) {
    let (first, second) = (fresh(), fresh());
    let away = house.away(Draft::at(house.now()).notifying(["https://m.example/a"]).journey(), fresh()).await;
    let cancelled = house.concluded(away, &Fact::pressed_cancel(), Some(house.token(first))).await;
    let paid = house.concluded(cancelled, &Fact::paid(), Some(house.token(second))).await;
    for token in [first, second] {
        assert!(matches!(redeemed(&house, &paid, token).await, Redemption::Granted { .. }));
    }
    let final_outcomes: Vec<_> = house
        .store()
        .deliveries(paid.pay_id())
        .await
        .unwrap()
        .iter()
        .filter_map(|d| d.id.event.final_outcome())
        .collect();
    assert_eq!(final_outcomes, [0, 1]);
}

pub(crate) async fn deliveries_come_in_order_and_of_their_journey_alone(house: House) {
    let away = house.away(Draft::at(house.now()).notifying(TOLD).journey(), fresh()).await;
    house.paid(Draft::at(house.now()).notifying(TOLD).journey(), fresh()).await;
    let refused = house.concluded(away, &Fact::refused(ProviderRefusal::new("server_error", None)), None).await;
    house.pass(MINUTE);
    let paid = house.concluded(refused, &Fact::paid(), None).await;
    let expected: Vec<Delivery> = [deliveries_of(&paid, 0), deliveries_of(&paid, 1)].concat();
    assert_eq!(expected.len(), 2 * TOLD.len());
    assert_eq!(house.store().deliveries(paid.pay_id()).await.unwrap(), expected);
}

pub(crate) async fn a_failed_try_is_kept(house: House) {
    let away = house.away(Draft::at(house.now()).journey(), fresh()).await;
    let error = ProviderRefusal::new("server_error", Some("later"));
    let failed = away.fail(ResponseId { visit: 0, response_digest: u64::MAX }, error.clone(), house.now()).unwrap();
    house.done(&Step::to(failed.clone())).await;
    assert_eq!(house.find(&failed).await.unwrap().stage(), Stage::Open(Some(&error)));
}

pub(crate) async fn a_state_finds_its_journey_and_its_visit(house: House) {
    let (state, other) = (fresh(), fresh());
    let away = house.away(Draft::at(house.now()).journey(), state).await;
    house.away(Draft::at(house.now()).journey(), other).await;
    assert_eq!(under(&house, &away, state).await, Some((away.clone(), 0)));
    assert_eq!(under(&house, &away, fresh()).await, None);
    let paid = house.concluded(away, &Fact::paid(), None).await;
    assert_eq!(under(&house, &paid, state).await, Some((paid.clone(), 0)));
}

pub(crate) async fn every_visit_has_a_state_of_its_own(house: House) {
    let states = [fresh(), fresh(), fresh()];
    let mut journey = house.opened(Draft::at(house.now()).journey()).await;
    for state in states {
        let (away, visit) = away(journey, house.now());
        house.done(&Step::to(away.clone()).with_state(state, visit)).await;
        let response_id = ResponseId { visit, response_digest: 1 };
        journey = away.fail(response_id, ProviderRefusal::new("server_error", None), house.now()).unwrap();
        house.done(&Step::to(journey.clone())).await;
    }
    for (visit, state) in (0..).zip(states) {
        assert_eq!(under(&house, &journey, state).await, Some((journey.clone(), visit)));
    }
}

pub(crate) async fn a_state_is_kept_for_a_day_after_its_journey_has_run_out(house: House) {
    let state = fresh();
    let away = house.away(Draft::at(house.now()).lasting(HOUR).journey(), state).await;
    house.pass(HOUR + REMEMBERED - MINUTE);
    assert_eq!(under(&house, &away, state).await, Some((away.clone(), 0)));
    house.pass(2 * MINUTE);
    assert_eq!(under(&house, &away, state).await, None);
}

pub(crate) async fn any_step_leaves_deliveries_and_each_news_once(house: House) {
    let away = house.away(Draft::at(house.now()).notifying(["https://a.example/"]).journey(), fresh()).await;
    let response_id = |response_digest| ResponseId { visit: 0, response_digest };
    let held = |journey: Journey, response_digest| {
        let Proof::Held { evidence, until } = cast::held(house.now()) else { panic!() };
        journey.hold(response_id(response_digest), evidence, until, house.now()).unwrap()
    };
    let (first, event) = (held(away, 1), JourneyEvent::Returned(0));
    let told = first.deliveries(event, house.now(), |_| true);
    house.done(&Step::to(first.clone()).with_deliveries(told.clone())).await;
    let leased = house.store().lease(9, HOUR, 7).await.unwrap().remove(0);
    assert!(house.store().report(&leased.lease, None, Verdict::Delivered).await.unwrap());
    // Another answer under the same visit is no news.
    let second = held(first, 2);
    house.done(&Step::to(second.clone()).with_deliveries(told.clone())).await;
    assert!(house.store().lease(9, HOUR, 8).await.unwrap().is_empty());
    let (paid, _) = concluded(second, &Fact::paid(), house.now());
    house.done(&concluding(paid.clone(), None)).await;
    let stored = house.store().deliveries(paid.pay_id()).await.unwrap();
    let states: Vec<_> = stored.iter().map(|delivery| (delivery.id.event, delivery.state)).collect();
    assert_eq!(states, [(event, State::Delivered), (JourneyEvent::Concluded(0), State::Waiting)]);
    assert_eq!(house.store().lease(9, HOUR, 9).await.unwrap().len(), 1);
}

//! Laws of deliveries: left behind with an outcome, carried by one courier at a time, lost by none.

use std::{collections::HashSet, time::Duration};

use super::fixtures::{Draft, deliveries_of, fresh};
use super::{HOUR, MINUTE, TestStore, races::race};
use crate::domain::delivery::State;
use crate::domain::{
    AttemptRecord, AttemptResult, Delivery, DeliveryId, Journey, JourneyEvent, LedTo, MerchantId, ResponseId, Verdict,
};
use crate::store::{DeliveryContext, DeliveryCursor, DeliveryFilter, Lease, Leased, SHUT, Step};

const TOLD: [&str; 3] = ["https://m.example/a", "https://m.example/b", "https://m.example/c"];
const COURIERS: usize = 100;
const RETRY: Verdict = Verdict::Retry(MINUTE);
const BUSY: Option<AttemptResult> = Some(AttemptResult::Status(503));

async fn paid<const N: usize>(tested: &TestStore, merchant: MerchantId, urls: [&str; N]) -> Journey {
    tested.paid(Draft::at(tested.now()).of(merchant).notifying(urls).journey(), fresh()).await
}

fn somebody() -> MerchantId {
    MerchantId::mint(rand::random())
}

async fn leased(tested: &TestStore, most: usize) -> Vec<Leased> {
    tested.store().lease(most, MINUTE, rand::random()).await.unwrap()
}

async fn the_lease(tested: &TestStore) -> Lease {
    let leased = leased(tested, 10).await;
    assert_eq!(leased.len(), 1, "{leased:?}");
    leased[0].lease
}

async fn report(tested: &TestStore, lease: &Lease, attempt_result: Option<AttemptResult>, verdict: Verdict) -> bool {
    let attempt =
        attempt_result.map(|attempt_result| AttemptRecord::new(tested.now(), MINUTE, attempt_result, b"busy"));
    tested.store().report(lease, attempt.as_ref(), verdict).await.unwrap()
}

async fn of_journey(tested: &TestStore, journey: &Journey) -> Vec<Delivery> {
    tested.store().deliveries(journey.pay_id()).await.unwrap()
}

async fn dead(tested: &TestStore, merchant: MerchantId) -> Vec<DeliveryContext> {
    tested.store().deliveries_of(merchant, DeliveryFilter::Dead, None, 100).await.unwrap()
}

fn ids(leased: &[Leased]) -> HashSet<DeliveryId> {
    leased.iter().map(|leased| leased.lease.id).collect()
}

pub(crate) async fn an_outcome_leaves_deliveries_that_are_due_at_once(tested: TestStore) {
    assert_eq!(leased(&tested, 10).await, []);
    let merchant = somebody();
    let journey = paid(&tested, merchant, TOLD).await;
    let all = leased(&tested, 10).await;
    let expected = deliveries_of(&journey, 0);
    assert_eq!(ids(&all), expected.iter().map(|delivery| delivery.id).collect());
    for Leased { context, lease } in &all {
        assert!(expected.contains(&context.delivery), "{context:?}");
        assert_eq!((&context.journey, lease.merchant, lease.id), (&journey, merchant, context.delivery.id));
    }
    assert_eq!(of_journey(&tested, &journey).await, expected, "to be leased changes nothing that is seen");
}

pub(crate) async fn those_that_waited_longest_are_leased_first_and_so_many_at_the_most(tested: TestStore) {
    let merchant = somebody();
    let mut journeys = Vec::new();
    for _ in 0..4 {
        journeys.push(paid(&tested, merchant, ["https://m.example/a"]).await);
        tested.pass(MINUTE);
    }
    for pair in journeys.chunks(2) {
        let first = leased(&tested, 2).await;
        assert_eq!(ids(&first), pair.iter().map(|journey| deliveries_of(journey, 0)[0].id).collect());
    }
    assert_eq!(leased(&tested, 2).await, []);
}

pub(crate) async fn a_leased_delivery_is_nobody_elses_until_its_lease_lapses(tested: TestStore) {
    let journey = paid(&tested, somebody(), ["https://m.example/a"]).await;
    let first = the_lease(&tested).await;
    tested.pass(MINUTE / 2);
    assert_eq!(leased(&tested, 10).await, []);
    tested.pass(MINUTE);
    let second = the_lease(&tested).await;
    assert_eq!((second.id, second.by == first.by), (first.id, false));
    assert!(!report(&tested, &first, BUSY, Verdict::Delivered).await, "a late report is fenced off");
    assert_eq!(of_journey(&tested, &journey).await, deliveries_of(&journey, 0));
    assert!(report(&tested, &second, Some(AttemptResult::Status(200)), Verdict::Delivered).await);
    assert!(!report(&tested, &first, BUSY, RETRY).await);
    assert_eq!(of_journey(&tested, &journey).await[0].state, State::Delivered);
}

pub(crate) async fn a_lapsed_lease_that_nobody_took_over_still_counts(tested: TestStore) {
    let journey = paid(&tested, somebody(), ["https://m.example/a"]).await;
    let lease = the_lease(&tested).await;
    tested.pass(HOUR);
    assert!(report(&tested, &lease, Some(AttemptResult::Status(200)), Verdict::Delivered).await);
    assert_eq!(of_journey(&tested, &journey).await[0].state, State::Delivered);
    assert_eq!(leased(&tested, 10).await, []);
}

pub(crate) async fn a_failed_try_is_counted_and_comes_again_when_it_is_due(tested: TestStore) {
    let journey = paid(&tested, somebody(), ["https://m.example/a"]).await;
    for tries in 1..=3 {
        let lease = the_lease(&tested).await;
        for _ in 0..2 {
            assert!(report(&tested, &lease, BUSY, RETRY).await, "the same report again is done");
        }
        let [delivery] = <[_; 1]>::try_from(of_journey(&tested, &journey).await).unwrap();
        let last = delivery.attempts.last().map(AttemptRecord::result);
        assert_eq!((delivery.tries, delivery.state, last), (tries, State::Waiting, BUSY));
        assert_eq!(delivery.attempts.len(), usize::from(tries));
        let wait = delivery.due_at.since(tested.now());
        assert!(wait <= MINUTE && wait > MINUTE / 2, "{wait:?}");
        assert_eq!(leased(&tested, 10).await, []);
        tested.pass(MINUTE);
    }
}

pub(crate) async fn what_is_given_back_is_untried_and_due_when_it_says(tested: TestStore) {
    let journey = paid(&tested, somebody(), TOLD).await;
    let all = leased(&tested, 10).await;
    let waits = [Duration::ZERO, MINUTE, HOUR];
    let back: Vec<_> = all.iter().map(|leased| leased.lease).zip(waits).collect();
    tested.store().give_back(&back).await.unwrap();
    assert_eq!(the_lease(&tested).await.id, back[0].0.id);
    tested.store().give_back(&back).await.unwrap();
    assert_eq!(leased(&tested, 10).await, [], "what another has taken over is left alone");
    assert!(
        of_journey(&tested, &journey).await.iter().all(|delivery| delivery.tries == 0 && delivery.attempts.is_empty())
    );
    tested.pass(2 * HOUR);
    assert_eq!(leased(&tested, 10).await.len(), 3);
}

pub(crate) async fn what_has_ended_is_never_leased_again(tested: TestStore) {
    let journey = paid(&tested, somebody(), TOLD).await;
    let ends = [Verdict::Delivered, Verdict::Gone, Verdict::Dead];
    let attempt_result = Some(AttemptResult::Unanswered);
    for (leased, end) in leased(&tested, 10).await.iter().zip(ends) {
        assert!(report(&tested, &leased.lease, attempt_result, end).await);
    }
    tested.pass(HOUR);
    assert_eq!(leased(&tested, 10).await, []);
    let states: HashSet<_> = of_journey(&tested, &journey).await.iter().map(|d| d.state.as_str()).collect();
    assert_eq!(states, HashSet::from(["delivered", "gone", "dead"]));
}

pub(crate) async fn dead_letters_are_listed_newest_first_and_in_pages(tested: TestStore) {
    let (merchant, other) = (somebody(), somebody());
    paid(&tested, other, ["https://m.example/x"]).await;
    let lease = the_lease(&tested).await;
    assert!(report(&tested, &lease, BUSY, Verdict::Dead).await);
    let mut ended = Vec::new();
    for n in 0..7 {
        let journey = paid(&tested, merchant, ["https://m.example/a"]).await;
        let lease = the_lease(&tested).await;
        assert!(report(&tested, &lease, BUSY, if n == 3 { Verdict::Gone } else { Verdict::Dead }).await);
        ended.insert(0, DeliveryContext { delivery: of_journey(&tested, &journey).await[0].clone(), journey });
        if n % 2 == 0 {
            tested.pass(MINUTE);
        }
    }
    ended.sort_by_key(|context| std::cmp::Reverse(DeliveryCursor::of(&context.delivery)));
    assert_eq!(dead(&tested, merchant).await, ended);
    assert_eq!(dead(&tested, other).await.len(), 1);
    assert_eq!(dead(&tested, somebody()).await, []);
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = tested.store().deliveries_of(merchant, DeliveryFilter::Dead, after, 3).await.unwrap();
        after = page.last().map(|last| DeliveryCursor::of(&last.delivery));
        if page.is_empty() {
            break;
        }
        pages.extend(page);
    }
    assert_eq!(pages, ended);
}

pub(crate) async fn a_replayed_delivery_begins_anew(tested: TestStore) {
    let merchant = somebody();
    let journey = paid(&tested, merchant, TOLD).await;
    for (leased, end) in leased(&tested, 10).await.iter().zip([Verdict::Delivered, Verdict::Gone, Verdict::Dead]) {
        assert!(report(&tested, &leased.lease, BUSY, end).await);
    }
    tested.pass(HOUR);
    for Delivery { id, .. } in deliveries_of(&journey, 0) {
        for _ in 0..2 {
            assert!(tested.store().replay(&id, merchant).await.unwrap());
        }
        let delivery = of_journey(&tested, &journey).await.into_iter().find(|delivery| delivery.id == id).unwrap();
        assert_eq!((delivery.state, delivery.tries, delivery.since), (State::Waiting, 0, delivery.due_at));
        assert!(tested.now().since(delivery.since) < MINUTE, "{delivery:?}");
    }
    assert_eq!(dead(&tested, merchant).await, []);
    let all = leased(&tested, 10).await;
    assert_eq!(all.len(), 3);
    assert!(tested.store().replay(&all[0].lease.id, merchant).await.unwrap());
    assert_eq!(leased(&tested, 10).await, [], "one that is under way is left alone");
    assert!(report(&tested, &all[0].lease, BUSY, Verdict::Dead).await);
    assert_eq!(dead(&tested, merchant).await.len(), 1);
    let unknown = DeliveryId { event: JourneyEvent::Concluded(9), ..all[0].lease.id };
    assert!(!tested.store().replay(&unknown, merchant).await.unwrap());
}

pub(crate) async fn a_waiting_delivery_that_is_replayed_is_due_now(tested: TestStore) {
    let merchant = somebody();
    paid(&tested, merchant, ["https://m.example/a"]).await;
    let lease = the_lease(&tested).await;
    assert!(report(&tested, &lease, BUSY, Verdict::Retry(HOUR)).await);
    assert_eq!(leased(&tested, 10).await, []);
    assert!(tested.store().replay(&lease.id, merchant).await.unwrap());
    let again = leased(&tested, 10).await;
    assert_eq!(again.iter().map(|l| (l.lease.id, l.context.delivery.tries)).collect::<Vec<_>>(), [(lease.id, 1)]);
}

pub(crate) async fn only_what_waits_is_brought_forward(tested: TestStore) {
    let merchant = somebody();
    paid(&tested, merchant, TOLD).await;
    let all: Vec<_> = leased(&tested, 10).await.into_iter().map(|leased| leased.lease).collect();
    let verdicts = [Verdict::Delivered, Verdict::Dead, Verdict::Retry(HOUR)];
    for (lease, verdict) in all.iter().zip(verdicts) {
        assert!(report(&tested, lease, BUSY, verdict).await);
    }
    let unknown = DeliveryId { event: JourneyEvent::Concluded(9), ..all[0].id };
    let every: Vec<_> = all.iter().map(|lease| lease.id).chain([unknown]).map(|id| (id, Duration::ZERO)).collect();
    let forward = async || tested.store().bring_forward(&every, merchant).await.unwrap();
    forward().await;
    let again = the_lease(&tested).await;
    assert_eq!(again.id, all[2].id, "neither what was received nor what has ended");
    forward().await;
    assert_eq!(leased(&tested, 10).await, [], "one that is under way is left alone");
    assert!(report(&tested, &again, BUSY, Verdict::Delivered).await);
    forward().await;
    assert_eq!(leased(&tested, 10).await, []);
}

pub(crate) async fn what_is_brought_forward_comes_in_the_order_that_is_asked_for(tested: TestStore) {
    let merchant = somebody();
    paid(&tested, merchant, TOLD).await;
    let all: Vec<_> = leased(&tested, 10).await.into_iter().map(|leased| leased.lease).collect();
    for lease in &all {
        assert!(report(&tested, lease, BUSY, Verdict::Retry(HOUR)).await);
    }
    let wanted = [all[1].id, all[2].id, all[0].id];
    let ago = [3, 2, 1].map(Duration::from_millis);
    let wanted_ago: Vec<_> = wanted.into_iter().zip(ago).collect();
    tested.store().bring_forward(&wanted_ago, merchant).await.unwrap();
    let come: Vec<_> = leased(&tested, 10).await.iter().map(|leased| leased.lease.id).collect();
    assert_eq!(come, wanted);
}

/// As the deliveries of a receiver that is paused do.
pub(crate) async fn what_is_given_back_again_and_again_is_kept_for_as_long_as_that_takes(tested: TestStore) {
    let merchant = somebody();
    let journey = paid(&tested, merchant, ["https://m.example/a"]).await;
    for _ in 0..60 {
        let lease = the_lease(&tested).await;
        tested.store().give_back(&[(lease, 24 * HOUR)]).await.unwrap();
        tested.pass(24 * HOUR);
    }
    let lease = the_lease(&tested).await;
    let later = paid(&tested, merchant, ["https://m.example/a"]).await;
    let received = the_lease(&tested).await;
    assert_eq!(received.id, deliveries_of(&later, 0)[0].id);
    assert!(report(&tested, &received, Some(AttemptResult::Status(200)), Verdict::Delivered).await);
    tested.store().tidy().await.unwrap();
    let waiting = tested.store().deliveries_of(merchant, DeliveryFilter::Waiting, None, 9).await.unwrap();
    assert_eq!(waiting.iter().map(|context| &context.journey).collect::<Vec<_>>(), [&journey]);
    assert!(report(&tested, &lease, Some(AttemptResult::Status(200)), Verdict::Delivered).await);
}

pub(crate) async fn a_replayed_delivery_survives_a_later_step(tested: TestStore) {
    let merchant = somebody();
    let journey = paid(&tested, merchant, ["https://m.example/a"]).await;
    let lease = the_lease(&tested).await;
    assert!(report(&tested, &lease, BUSY, Verdict::Dead).await);
    tested.pass(Delivery::LIFE);
    assert!(tested.store().replay(&lease.id, merchant).await.unwrap());
    let later = journey.remember(ResponseId { visit: 0, response_digest: 1 }, LedTo::Outcome(0), tested.now()).unwrap();
    tested.done(&Step::to(later.clone())).await;
    tested.pass(Delivery::LIFE);
    tested.store().tidy().await.unwrap();
    assert_eq!(the_lease(&tested).await.id, lease.id);
    assert_eq!(tested.find(&later).await, Some(later));
}

pub(crate) async fn of_many_couriers_none_gets_what_another_has_and_nothing_is_lost(tested: TestStore) {
    let merchant = somebody();
    let mut all = HashSet::new();
    for _ in 0..60 {
        let journey = paid(&tested, merchant, TOLD).await;
        all.extend(deliveries_of(&journey, 0).into_iter().map(|delivery| delivery.id));
    }
    let ends = race((0..COURIERS).map(|_| {
        let store = tested.store().clone();
        async move { store.lease(5, MINUTE, rand::random()).await.unwrap() }
    }))
    .await;
    let mut seen: Vec<Leased> = ends.into_iter().flatten().collect();
    let first = seen.len();
    assert_eq!(ids(&seen).len(), first, "something was leased twice at the same time");
    while let more @ [_, ..] = leased(&tested, 50).await.as_slice() {
        seen.extend(more.to_vec());
    }
    assert_eq!((seen.len(), ids(&seen)), (all.len(), all), "something was lost, or leased twice");
    for leased in &seen[..first] {
        assert!(report(&tested, &leased.lease, BUSY, Verdict::Delivered).await);
    }
    tested.pass(2 * MINUTE);
    let left: HashSet<_> = ids(&leased(&tested, 1000).await);
    assert_eq!(left, ids(&seen[first..]), "what was not reported comes again");
}

pub(crate) async fn deliveries_wait_and_rest_after_reopening(mut tested: TestStore) {
    let merchant = somebody();
    let journey = paid(&tested, merchant, TOLD).await;
    let all = leased(&tested, 2).await;
    assert!(report(&tested, &all[0].lease, BUSY, Verdict::Dead).await);
    let before = of_journey(&tested, &journey).await;
    tested.reopen().await;
    assert_eq!(of_journey(&tested, &journey).await, before);
    assert_eq!(dead(&tested, merchant).await.len(), 1);
    assert_eq!(leased(&tested, 10).await.len(), 1);
    assert!(report(&tested, &all[1].lease, BUSY, Verdict::Delivered).await, "the lease is still held");
}

pub(crate) async fn an_endpoint_is_shut_for_a_month_or_until_it_is_reopened(tested: TestStore) {
    let (endpoint, other) = (fresh(), fresh());
    let store = tested.store();
    assert!(!store.is_shut(&endpoint).await.unwrap());
    for _ in 0..2 {
        store.shut(&endpoint).await.unwrap();
    }
    assert_eq!((store.is_shut(&endpoint).await, store.is_shut(&other).await), (Ok(true), Ok(false)));
    store.reopen(&endpoint).await.unwrap();
    assert!(!store.is_shut(&endpoint).await.unwrap());
    store.shut(&endpoint).await.unwrap();
    tested.pass(SHUT - MINUTE);
    assert!(store.is_shut(&endpoint).await.unwrap());
    tested.pass(2 * MINUTE);
    assert!(!store.is_shut(&endpoint).await.unwrap());
}

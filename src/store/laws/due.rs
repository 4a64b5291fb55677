//! Laws of what is due: a journey is found by the sweep when its moment has come, and not before.

use std::time::Duration;

use super::fixtures::{Draft, concluding, fresh, hourly};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::journey::Proof;
use crate::domain::{
    Conclusion, CreatedPayment, Fact, Journey, LedTo, ProviderRefusal, ResponseId, Sealed, UnixMillis,
};
use crate::store::{Step, Taken};

const SECOND: Duration = Duration::from_secs(1);
const RESPONSE: ResponseId = ResponseId { visit: 0, response_digest: u64::MAX };

async fn due(tested: &TestStore) -> Vec<Journey> {
    tested.store().due(9).await.unwrap()
}

/// A journey of two hours whose customer is at the provider.
async fn away(tested: &TestStore) -> Journey {
    tested.away(Draft::at(tested.now()).lasting(2 * HOUR).notifying(["https://m.example/a"]).journey()).await
}

async fn held(tested: &TestStore, journey: Journey, until: UnixMillis) -> Journey {
    let journey = journey.hold(RESPONSE, Sealed::new(vec![1, 2, 3]), until, tested.now()).unwrap();
    tested.done(&Step::to(journey.clone())).await;
    journey
}

async fn proven(tested: &TestStore, journey: Journey) -> Journey {
    let Conclusion::Concluded(paid, _) = journey.conclude(&Fact::paid(), Some(RESPONSE), tested.now()) else {
        panic!()
    };
    tested.done(&concluding(paid.clone(), None)).await;
    paid
}

pub(crate) async fn a_held_proof_is_due_when_nobody_has_finished_it(tested: TestStore) {
    let held_once = held(&tested, away(&tested).await, tested.now().plus(Journey::HELD)).await;
    tested.pass(Journey::HELD - SECOND);
    assert_eq!(due(&tested).await, []);
    tested.pass(2 * SECOND);
    for _ in 0..2 {
        assert_eq!(due(&tested).await, [held_once.clone()]);
    }
    let held_again = held(&tested, held_once, tested.now().plus(MINUTE)).await;
    assert_eq!(due(&tested).await, []);
    tested.pass(MINUTE + SECOND);
    assert_eq!(due(&tested).await, [held_again.clone()]);
    assert_eq!(tested.find(&held_again).await, Some(held_again));
}

pub(crate) async fn a_redirect_that_is_asked_for_ahead_is_due_until_it_is_known(tested: TestStore) {
    let draft = Draft::at(tested.now()).lasting(2 * HOUR).journey().leaving_ahead();
    let opened = tested.opened(draft).await;
    tested.pass(SECOND);
    for _ in 0..2 {
        assert_eq!(due(&tested).await, [opened.clone()], "whoever opened it may be gone");
    }
    let asked = opened.ask_ahead(0, tested.now()).unwrap();
    tested.done(&Step::to(asked.clone())).await;
    tested.pass(Journey::ASKING - SECOND);
    assert_eq!(due(&tested).await, []);
    tested.pass(2 * SECOND);
    assert_eq!(due(&tested).await, [asked.clone()]);

    let ready = asked.clone().ready(0, Sealed::new(vec![0, 255, 7]), tested.now()).unwrap();
    tested.done(&Step::to(ready.clone())).await;
    assert_eq!(due(&tested).await, []);
    assert_eq!(tested.find(&ready).await, Some(ready.clone()));
    let other = asked.ready(0, Sealed::new(vec![1]), tested.now()).unwrap();
    assert_eq!(tested.store().take(&Step::to(other)).await.unwrap(), Taken::Lost(Box::new(ready.clone())));
    tested.pass(2 * HOUR);
    assert_eq!(due(&tested).await, [ready]);
}

pub(crate) async fn a_sent_proof_is_due_when_its_answer_counts_as_lost(tested: TestStore) {
    let held = held(&tested, away(&tested).await, tested.now().plus(Journey::HELD)).await;
    let sent = held.send(RESPONSE, 7, tested.now()).unwrap();
    tested.done(&Step::to(sent.clone())).await;
    tested.pass(Journey::LOST - SECOND);
    assert_eq!(due(&tested).await, []);
    tested.pass(2 * SECOND);
    assert_eq!(due(&tested).await, [sent.clone()]);
    assert!(matches!(tested.find(&sent).await.unwrap().proof(RESPONSE), Some(Proof::Sent { .. })));
}

pub(crate) async fn a_concluded_proof_leaves_nothing_due(tested: TestStore) {
    let held = held(&tested, away(&tested).await, tested.now().plus(Journey::HELD)).await;
    let sent = held.send(RESPONSE, 7, tested.now()).unwrap();
    tested.done(&Step::to(sent.clone())).await;
    proven(&tested, sent).await;
    tested.pass(3 * HOUR);
    assert_eq!(due(&tested).await, []);
}

pub(crate) async fn a_failed_proof_gives_way_to_the_expiry(tested: TestStore) {
    let held = held(&tested, away(&tested).await, tested.now().plus(Journey::HELD)).await;
    let failed = held.fail(RESPONSE, ProviderRefusal::new("server_error", None), tested.now()).unwrap();
    tested.done(&Step::to(failed.clone())).await;
    tested.pass(2 * HOUR - SECOND);
    assert_eq!(due(&tested).await, []);
    tested.pass(2 * SECOND);
    assert_eq!(due(&tested).await, [failed]);
}

pub(crate) async fn a_concluded_journey_is_due_for_its_proof(tested: TestStore) {
    let held = held(&tested, away(&tested).await, tested.now().plus(MINUTE)).await;
    let cancelled = tested.concluded(held, &Fact::pressed_cancel(), None).await;
    assert_eq!(due(&tested).await, []);
    tested.pass(MINUTE + SECOND);
    assert_eq!(due(&tested).await, [cancelled.clone()]);
    let concluded = cancelled.remember(RESPONSE, LedTo::Outcome(0), tested.now()).unwrap();
    tested.done(&Step::to(concluded.clone())).await;
    tested.pass(3 * HOUR);
    assert_eq!(due(&tested).await, []);
    // A code that comes later still, under the same state.
    let late = ResponseId { response_digest: 2, ..RESPONSE };
    let held = concluded.hold(late, Sealed::new(vec![1]), tested.now().plus(MINUTE), tested.now()).unwrap();
    tested.done(&Step::to(held.clone())).await;
    tested.pass(MINUTE + SECOND);
    assert_eq!(due(&tested).await, [held]);
}

pub(crate) async fn a_frozen_hand_back_is_due_until_its_proof_is_concluded(tested: TestStore) {
    let evidence = Proof::Held { evidence: Sealed::new(vec![1]), until: tested.now().plus(Journey::HELD) };
    let frozen = away(&tested).await.hand_back_early(RESPONSE, evidence, tested.now()).unwrap();
    tested.done(&Step::to(frozen.clone()).with_token(Some(hourly(fresh())))).await;
    assert_eq!(due(&tested).await, []);
    tested.pass(Journey::HELD + SECOND);
    assert_eq!(due(&tested).await, [frozen.clone()]);
    let sent = frozen.send(RESPONSE, 7, tested.now()).unwrap();
    tested.done(&Step::to(sent.clone())).await;
    assert_eq!(due(&tested).await, []);
    proven(&tested, sent).await;
    tested.pass(3 * HOUR);
    assert_eq!(due(&tested).await, []);
}

pub(crate) async fn a_payment_that_is_open_is_due_when_it_is_asked_about_and_never_expires(tested: TestStore) {
    let ask_at = tested.now().plus(MINUTE);
    let created = CreatedPayment { reference: "p1".into(), page: Some(Sealed::new(vec![7; 60])) };
    let open = away(&tested).await.intending_payment(0, ask_at).payment_created(0, created).unwrap();
    tested.done(&Step::to(open.clone())).await;
    assert_eq!(due(&tested).await, []);
    tested.pass(MINUTE + SECOND);
    assert_eq!(due(&tested).await, [open.clone()]);
    let asked = open.asking_payment(0, ask_at, tested.now().plus(4 * HOUR)).unwrap();
    tested.done(&Step::to(asked.clone())).await;
    tested.pass(3 * HOUR);
    assert_eq!(due(&tested).await, [], "its time is over, and its provider has not been asked");
    tested.pass(HOUR + SECOND);
    assert_eq!(due(&tested).await, [asked.clone()], "as it was written, byte for byte");
    let Conclusion::Concluded(over, _) = asked.conclude(&Fact::lapsed(), Some(RESPONSE), tested.now()) else {
        panic!()
    };
    tested.done(&Step::to(over)).await;
    tested.pass(3 * HOUR);
    assert_eq!(due(&tested).await, []);
}

pub(crate) async fn a_lost_step_moves_nothing(tested: TestStore) {
    let away = away(&tested).await;
    let later = away.clone().hold(RESPONSE, Sealed::new(vec![9]), tested.now().plus(HOUR), tested.now()).unwrap();
    let held = held(&tested, away, tested.now().plus(MINUTE)).await;
    assert_eq!(tested.store().take(&Step::to(later)).await.unwrap(), Taken::Lost(Box::new(held.clone())));
    tested.pass(MINUTE + SECOND);
    assert_eq!(due(&tested).await, [held]);
}

pub(crate) async fn the_longest_due_come_first(tested: TestStore) {
    let mut expected = Vec::new();
    for n in [3_u32, 1, 4, 2, 5] {
        let journey = held(&tested, away(&tested).await, tested.now().plus(n * MINUTE)).await;
        expected.push((n, journey));
    }
    expected.sort_by_key(|(n, _)| *n);
    tested.pass(4 * MINUTE + SECOND);
    let expected: Vec<Journey> = expected.into_iter().map(|(_, journey)| journey).collect();
    assert_eq!(tested.store().due(3).await.unwrap(), expected[..3]);
    assert_eq!(tested.store().due(9).await.unwrap(), expected[..4]);
}

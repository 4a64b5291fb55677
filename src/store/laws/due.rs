//! Laws of what is due: a journey comes to whoever looks after it when its moment has come, and not before.

use std::time::Duration;

use super::cast::{Draft, concluding, fresh};
use super::{HOUR, House, MINUTE};
use crate::domain::journey::{Conclusion, Journey, LedTo, Proof, ResponseId};
use crate::domain::moment::UnixMillis;
use crate::domain::outcome::{Fact, ProviderRefusal};
use crate::domain::secret::Sealed;
use crate::store::{Step, Taken};

const SECOND: Duration = Duration::from_secs(1);
const RESPONSE: ResponseId = ResponseId { visit: 0, response_digest: u64::MAX };

async fn due(house: &House) -> Vec<Journey> {
    house.store().due(9).await.unwrap()
}

/// A journey of two hours whose customer is at the provider.
async fn away(house: &House) -> Journey {
    house.away(Draft::at(house.now()).lasting(2 * HOUR).notifying(["https://m.example/a"]).journey(), fresh()).await
}

async fn held(house: &House, journey: Journey, until: UnixMillis) -> Journey {
    let journey = journey.hold(RESPONSE, Sealed::new(vec![1, 2, 3]), until, house.now()).unwrap();
    house.done(&Step::to(journey.clone())).await;
    journey
}

async fn proven(house: &House, journey: Journey) -> Journey {
    let Conclusion::Concluded(paid, _) = journey.conclude(&Fact::paid(), Some(RESPONSE), house.now()) else { panic!() };
    house.done(&concluding(paid.clone(), None)).await;
    paid
}

pub(crate) async fn a_held_proof_is_due_when_nobody_has_finished_it(house: House) {
    let held_once = held(&house, away(&house).await, house.now().plus(Journey::HELD)).await;
    house.pass(Journey::HELD - SECOND);
    assert_eq!(due(&house).await, []);
    house.pass(2 * SECOND);
    for _ in 0..2 {
        assert_eq!(due(&house).await, [held_once.clone()]);
    }
    let held_again = held(&house, held_once, house.now().plus(MINUTE)).await;
    assert_eq!(due(&house).await, []);
    house.pass(MINUTE + SECOND);
    assert_eq!(due(&house).await, [held_again.clone()]);
    assert_eq!(house.find(&held_again).await, Some(held_again));
}

pub(crate) async fn a_way_that_is_asked_for_ahead_is_due_until_it_is_known(house: House) {
    let draft = Draft::at(house.now()).lasting(2 * HOUR).journey().leaving_ahead();
    let opened = house.opened(draft).await;
    house.pass(SECOND);
    for _ in 0..2 {
        assert_eq!(due(&house).await, [opened.clone()], "whoever opened it may be gone");
    }
    let state = fresh();
    let asked = opened.ask_ahead(0, house.now()).unwrap();
    house.done(&Step::to(asked.clone()).with_state(state, 0)).await;
    let under = house.store().find_by_state(asked.id().shard(), &state).await.unwrap();
    assert_eq!(under, Some((asked.clone(), 0)), "its customer may come back by now");
    house.pass(Journey::ASKING - SECOND);
    assert_eq!(due(&house).await, []);
    house.pass(2 * SECOND);
    assert_eq!(due(&house).await, [asked.clone()]);

    let ready = asked.clone().ready(0, Sealed::new(vec![0, 255, 7]), house.now()).unwrap();
    house.done(&Step::to(ready.clone())).await;
    assert_eq!(due(&house).await, []);
    assert_eq!(house.find(&ready).await, Some(ready.clone()));
    let other = asked.ready(0, Sealed::new(vec![1]), house.now()).unwrap();
    assert_eq!(house.store().take(&Step::to(other)).await.unwrap(), Taken::Lost(Box::new(ready.clone())));
    house.pass(2 * HOUR);
    assert_eq!(due(&house).await, [ready]);
}

pub(crate) async fn a_sent_proof_is_due_when_its_answer_counts_as_lost(house: House) {
    let held = held(&house, away(&house).await, house.now().plus(Journey::HELD)).await;
    let sent = held.send(RESPONSE, 7, house.now()).unwrap();
    house.done(&Step::to(sent.clone())).await;
    house.pass(Journey::LOST - SECOND);
    assert_eq!(due(&house).await, []);
    house.pass(2 * SECOND);
    assert_eq!(due(&house).await, [sent.clone()]);
    assert!(matches!(house.find(&sent).await.unwrap().proof(RESPONSE), Some(Proof::Sent { .. })));
}

pub(crate) async fn a_concluded_proof_leaves_nothing_due(house: House) {
    let held = held(&house, away(&house).await, house.now().plus(Journey::HELD)).await;
    let sent = held.send(RESPONSE, 7, house.now()).unwrap();
    house.done(&Step::to(sent.clone())).await;
    proven(&house, sent).await;
    house.pass(3 * HOUR);
    assert_eq!(due(&house).await, []);
}

pub(crate) async fn a_failed_proof_gives_way_to_the_expiry(house: House) {
    let held = held(&house, away(&house).await, house.now().plus(Journey::HELD)).await;
    let failed = held.fail(RESPONSE, ProviderRefusal::new("server_error", None), house.now()).unwrap();
    house.done(&Step::to(failed.clone())).await;
    house.pass(2 * HOUR - SECOND);
    assert_eq!(due(&house).await, []);
    house.pass(2 * SECOND);
    assert_eq!(due(&house).await, [failed]);
}

pub(crate) async fn a_concluded_journey_is_due_for_its_proof(house: House) {
    let held = held(&house, away(&house).await, house.now().plus(MINUTE)).await;
    let cancelled = house.concluded(held, &Fact::pressed_cancel(), None).await;
    assert_eq!(due(&house).await, []);
    house.pass(MINUTE + SECOND);
    assert_eq!(due(&house).await, [cancelled.clone()]);
    let concluded = cancelled.remember(RESPONSE, LedTo::Outcome(0), house.now()).unwrap();
    house.done(&Step::to(concluded.clone())).await;
    house.pass(3 * HOUR);
    assert_eq!(due(&house).await, []);
    // A code that comes later still, under the same state.
    let late = ResponseId { response_digest: 2, ..RESPONSE };
    let held = concluded.hold(late, Sealed::new(vec![1]), house.now().plus(MINUTE), house.now()).unwrap();
    house.done(&Step::to(held.clone())).await;
    house.pass(MINUTE + SECOND);
    assert_eq!(due(&house).await, [held]);
}

pub(crate) async fn a_frozen_hand_back_is_due_until_its_proof_is_concluded(house: House) {
    let evidence = Proof::Held { evidence: Sealed::new(vec![1]), until: house.now().plus(Journey::HELD) };
    let frozen = away(&house).await.hand_back_early(RESPONSE, evidence, house.now()).unwrap();
    house.done(&Step::to(frozen.clone()).with_token(Some(house.token(fresh())))).await;
    assert_eq!(due(&house).await, []);
    house.pass(Journey::HELD + SECOND);
    assert_eq!(due(&house).await, [frozen.clone()]);
    let sent = frozen.send(RESPONSE, 7, house.now()).unwrap();
    house.done(&Step::to(sent.clone())).await;
    assert_eq!(due(&house).await, []);
    proven(&house, sent).await;
    house.pass(3 * HOUR);
    assert_eq!(due(&house).await, []);
}

pub(crate) async fn a_lost_step_moves_nothing(house: House) {
    let away = away(&house).await;
    let later = away.clone().hold(RESPONSE, Sealed::new(vec![9]), house.now().plus(HOUR), house.now()).unwrap();
    let held = held(&house, away, house.now().plus(MINUTE)).await;
    assert_eq!(house.store().take(&Step::to(later)).await.unwrap(), Taken::Lost(Box::new(held.clone())));
    house.pass(MINUTE + SECOND);
    assert_eq!(due(&house).await, [held]);
}

pub(crate) async fn the_longest_due_come_first(house: House) {
    let mut expected = Vec::new();
    for n in [3_u32, 1, 4, 2, 5] {
        let journey = held(&house, away(&house).await, house.now().plus(n * MINUTE)).await;
        expected.push((n, journey));
    }
    expected.sort_by_key(|(n, _)| *n);
    house.pass(4 * MINUTE + SECOND);
    let expected: Vec<Journey> = expected.into_iter().map(|(_, journey)| journey).collect();
    assert_eq!(house.store().due(3).await.unwrap(), expected[..3]);
    assert_eq!(house.store().due(9).await.unwrap(), expected[..4]);
}

//! Laws of opening and finding.

use super::fixtures::{Draft, away, fresh, reservation};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::{JourneyEvent, JourneyId};
use crate::store::{Kept, Opened, REMEMBERED, Reservation, Step};

pub(crate) async fn what_is_opened_is_found(tested: TestStore) {
    let journeys: Vec<_> = (0..20).map(|n| Draft::at(tested.now()).noted(&format!("order {n}")).journey()).collect();
    for journey in &journeys {
        assert_eq!(tested.store().open(journey, &[], None).await.unwrap(), Opened::New);
    }
    for journey in &journeys {
        assert_eq!(tested.find(journey).await.as_ref(), Some(journey));
    }
}

pub(crate) async fn what_was_never_opened_is_not_found(tested: TestStore) {
    tested.opened(Draft::at(tested.now()).journey()).await;
    assert_eq!(tested.find(&Draft::at(tested.now()).journey()).await, None);
}

pub(crate) async fn an_opening_tried_again_is_no_collision(tested: TestStore) {
    let journey = tested.opened(Draft::at(tested.now()).journey()).await;
    assert_eq!(tested.store().open(&journey, &[], None).await.unwrap(), Opened::New);
    let reservation = reservation();
    let reserved = Draft::at(tested.now()).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&reserved, &[], Some(&reservation)).await.unwrap(), Opened::New);
    // Whether it was new or a repetition, it is this journey that the caller learns of.
    match tested.store().open(&reserved, &[], Some(&reservation)).await.unwrap() {
        Opened::New => {}
        Opened::Repeated(journey) => assert_eq!(*journey, reserved),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_number_that_another_journey_has_is_taken(tested: TestStore) {
    let first = tested.opened(Draft::at(tested.now()).journey()).await;
    let mut id = *first.id().as_bytes();
    id[15] ^= 1;
    let other = Draft::at(tested.now()).called(JourneyId::from_bytes(id)).journey();
    assert_eq!(other.pay_id(), first.pay_id());
    assert_eq!(tested.store().open(&other, &[], None).await.unwrap(), Opened::Taken);
    assert_eq!(tested.find(&first).await, Some(first));
}

pub(crate) async fn the_same_reservation_answers_the_journey_it_opened(tested: TestStore) {
    let reservation = reservation();
    let first = Draft::at(tested.now()).reserved_by(&reservation).journey();
    let second = Draft::at(tested.now()).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&first, &[], Some(&reservation)).await.unwrap(), Opened::New);
    let repeated = Opened::Repeated(Box::new(first));
    assert_eq!(tested.store().open(&second, &[], Some(&reservation)).await.unwrap(), repeated);
    assert_eq!(tested.find(&second).await, None);
}

pub(crate) async fn what_a_reservation_opened_can_be_asked_for(tested: TestStore) {
    let reservation = reservation();
    assert_eq!(tested.store().opened_by(&reservation).await.unwrap(), None);
    let journey = Draft::at(tested.now()).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&journey, &[], Some(&reservation)).await.unwrap(), Opened::New);
    let other = Reservation { request: fresh(), ..reservation };
    assert_eq!(tested.store().opened_by(&other).await.unwrap(), Some(Opened::Reused));
    let repeated = Opened::Repeated(Box::new(journey));
    assert_eq!(tested.store().opened_by(&reservation).await.unwrap(), Some(repeated));
    tested.pass(REMEMBERED);
    assert_eq!(tested.store().opened_by(&reservation).await.unwrap(), None);
}

pub(crate) async fn the_same_reservation_answers_the_journey_as_it_stands_now(tested: TestStore) {
    let reservation = reservation();
    let first = Draft::at(tested.now()).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&first, &[], Some(&reservation)).await.unwrap(), Opened::New);
    let (away, _) = away(first, tested.now());
    tested.done(&Step::to(away.clone())).await;
    let second = Draft::at(tested.now()).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&second, &[], Some(&reservation)).await.unwrap(), Opened::Repeated(Box::new(away)));
}

pub(crate) async fn a_reservation_used_for_another_request_opens_nothing(tested: TestStore) {
    let first = reservation();
    let journey = Draft::at(tested.now()).reserved_by(&first).journey();
    assert_eq!(tested.store().open(&journey, &[], Some(&first)).await.unwrap(), Opened::New);
    let other = Reservation { request: fresh(), ..first };
    let second = Draft::at(tested.now()).reserved_by(&other).journey();
    assert_eq!(tested.store().open(&second, &[], Some(&other)).await.unwrap(), Opened::Reused);
    assert_eq!(tested.find(&second).await, None);
}

pub(crate) async fn a_taken_number_leaves_the_reservation_unused(tested: TestStore) {
    let reservation = reservation();
    let standing = tested.opened(Draft::at(tested.now()).reserved_by(&reservation).journey()).await;
    let mut id = *standing.id().as_bytes();
    id[15] ^= 1;
    let colliding = Draft::at(tested.now()).called(JourneyId::from_bytes(id)).journey();
    assert_eq!(tested.store().open(&colliding, &[], Some(&reservation)).await.unwrap(), Opened::Taken);
    let next = Draft::at(tested.now()).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&next, &[], Some(&reservation)).await.unwrap(), Opened::New);
}

pub(crate) async fn a_reservation_is_forgotten_after_a_day_and_not_before_its_journey_expires(tested: TestStore) {
    for (life, remembered) in [(HOUR, REMEMBERED), (48 * HOUR, 48 * HOUR)] {
        let reservation = reservation();
        let first = Draft::at(tested.now()).reserved_by(&reservation).lasting(life).journey();
        assert_eq!(tested.store().open(&first, &[], Some(&reservation)).await.unwrap(), Opened::New);
        tested.pass(remembered - MINUTE);
        let second = Draft::at(tested.now()).reserved_by(&reservation).journey();
        let repeated = Opened::Repeated(Box::new(first));
        assert_eq!(tested.store().open(&second, &[], Some(&reservation)).await.unwrap(), repeated);
        tested.pass(2 * MINUTE);
        assert_eq!(tested.store().open(&second, &[], Some(&reservation)).await.unwrap(), Opened::New);
    }
}

pub(crate) async fn a_reference_is_remembered_for_as_long_as_its_journey(tested: TestStore) {
    let reservation = Reservation { kept: Kept::WithItsJourney, ..reservation() };
    let first = Draft::at(tested.now()).reserved_by(&reservation).lasting(48 * HOUR).journey();
    assert_eq!(tested.store().open(&first, &[], Some(&reservation)).await.unwrap(), Opened::New);
    tested.pass(47 * HOUR);
    let second = Draft::at(tested.now()).reserved_by(&reservation).journey();
    let repeated = Opened::Repeated(Box::new(first));
    assert_eq!(tested.store().open(&second, &[], Some(&reservation)).await.unwrap(), repeated);
    tested.store().tidy().await.unwrap();
    assert_eq!(tested.store().opened_by(&reservation).await.unwrap(), Some(repeated));
}

pub(crate) async fn an_opening_leaves_deliveries(tested: TestStore) {
    for reservation in [None, Some(reservation())] {
        let draft = Draft::at(tested.now()).notifying(["https://a.example/", "https://b.example/"]);
        let draft = reservation.iter().fold(draft, Draft::reserved_by);
        let journey = draft.journey();
        let deliveries = journey.deliveries(JourneyEvent::Opened, tested.now(), |_| true);
        assert_eq!(tested.store().open(&journey, &deliveries, reservation.as_ref()).await.unwrap(), Opened::New);
        assert_eq!(tested.store().deliveries(journey.pay_id()).await.unwrap(), deliveries);
        let leased = tested.store().lease(9, HOUR, 7).await.unwrap();
        assert_eq!(
            leased.iter().map(|leased| &leased.context.delivery.id.journey).collect::<Vec<_>>(),
            [journey.id(); 2]
        );
        // The same opening again makes nothing due anew.
        assert_eq!(tested.store().open(&journey, &deliveries, reservation.as_ref()).await.unwrap(), Opened::New);
        assert!(tested.store().lease(9, HOUR, 8).await.unwrap().is_empty());
    }
}

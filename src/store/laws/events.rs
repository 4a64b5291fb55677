//! Laws of the event feeds.

use super::fixtures::{Draft, concluded, concluding, merchant};
use super::{HOUR, TestStore};
use crate::domain::delivery::Target;
use crate::domain::feed::{KEPT, SETTLED};
use crate::domain::{Fact, FeedEvent, Journey, MerchantId};
use crate::store::{EventCursor, EventPage, Step, Taken, Trouble};

/// Opens a journey of this merchant, and concludes it with an event.
async fn told(tested: &TestStore, merchant: MerchantId) -> Journey {
    let journey = tested.opened(Draft::at(tested.now()).of(merchant).journey()).await;
    let (journey, number) = concluded(journey, &Fact::withdrawn(), tested.now());
    tested.done(&concluding(journey.clone(), None).with_event(FeedEvent::Concluded(number))).await;
    journey
}

async fn page(tested: &TestStore, merchant: MerchantId, after: Option<EventCursor>, most: usize) -> EventPage {
    tested.store().events(merchant, after, most).await.unwrap()
}

fn journeys(page: &EventPage) -> Vec<Journey> {
    page.events.iter().map(|(_, journey)| journey.clone()).collect()
}

pub(crate) async fn an_event_is_listed_when_nothing_older_can_come_any_more(tested: TestStore) {
    let own = MerchantId::mint(rand::random());
    let first = told(&tested, own).await;
    let early = page(&tested, own, None, 9).await;
    assert_eq!((early.events.len(), early.read_to, early.has_more), (0, None, false));
    tested.pass(2 * SETTLED);
    let second = told(&tested, own).await;
    assert_eq!(journeys(&page(&tested, own, None, 9).await), [first.clone()]);
    tested.pass(2 * SETTLED);
    let all = page(&tested, own, None, 9).await;
    assert_eq!(journeys(&all), [first, second]);
    assert!(all.events.iter().all(|(cursor, _)| cursor.feed_event() == Some(FeedEvent::Concluded(0))));
    let stranger = page(&tested, MerchantId::mint(rand::random()), None, 9).await;
    assert_eq!((stranger.events.len(), stranger.read_to), (0, None));
}

pub(crate) async fn a_feed_goes_on_behind_a_place_without_a_gap_or_a_repetition(tested: TestStore) {
    let own = MerchantId::mint(rand::random());
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(*told(&tested, own).await.id());
    }
    tested.pass(2 * SETTLED);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = page(&tested, own, after, 3).await;
        seen.extend(journeys(&page).iter().map(|journey| *journey.id()));
        after = page.read_to.or(after);
        if !page.has_more {
            break;
        }
    }
    seen.sort_unstable();
    all.sort_unstable();
    assert_eq!(seen, all);
    let end = page(&tested, own, after, 3).await;
    assert_eq!((end.events.len(), end.read_to, end.has_more), (0, None, false));
    tested.pass(2 * SETTLED);
    let late = told(&tested, own).await;
    tested.pass(2 * SETTLED);
    assert_eq!(journeys(&page(&tested, own, after, 3).await), [late]);
}

pub(crate) async fn a_step_leaves_its_event_once_and_a_lost_one_none(tested: TestStore) {
    let own = MerchantId::mint(rand::random());
    let open = tested.opened(Draft::at(tested.now()).of(own).journey()).await;
    let (ended, _) = concluded(open.clone(), &Fact::withdrawn(), tested.now());
    let step = Step::to(ended.clone()).with_event(FeedEvent::Concluded(0));
    for _ in 0..2 {
        tested.done(&step).await;
    }
    let (other, _) = concluded(open, &Fact::pressed_cancel(), tested.now());
    let lost = tested.store().take(&Step::to(other).with_event(FeedEvent::Mismatch(3))).await.unwrap();
    assert!(matches!(lost, Taken::Lost(_)), "{lost:?}");
    tested.pass(2 * SETTLED);
    assert_eq!(journeys(&page(&tested, own, None, 9).await), [ended]);
}

pub(crate) async fn events_are_there_after_reopening(mut tested: TestStore) {
    let own = MerchantId::mint(rand::random());
    let journey = told(&tested, own).await;
    tested.reopen().await;
    tested.pass(2 * SETTLED);
    assert_eq!(journeys(&page(&tested, own, None, 9).await), [journey]);
}

pub(crate) async fn the_events_of_a_journey_that_is_gone_are_passed_over(tested: TestStore) {
    let own = MerchantId::mint(rand::random());
    let gone = told(&tested, own).await;
    tested.pass(2 * SETTLED);
    let stays = told(&tested, own).await;
    tested.pass(2 * SETTLED);
    assert!(tested.store().erase(&gone).await.unwrap());
    let first = page(&tested, own, None, 1).await;
    assert_eq!((first.events.len(), first.has_more), (0, true));
    assert_eq!(journeys(&page(&tested, own, first.read_to, 1).await), [stays]);
}

pub(crate) async fn old_events_are_tidied_away_and_a_removed_merchants_at_once(tested: TestStore) {
    let [shop, other] = ["Shop", "Other"].map(|name| merchant(name, tested.now()));
    for merchant in [&shop, &other] {
        assert!(tested.store().add(merchant).await.unwrap());
        told(&tested, merchant.id).await;
    }
    tested.pass(2 * SETTLED);
    assert!(tested.store().remove(&other).await.unwrap());
    assert_eq!(page(&tested, other.id, None, 9).await.read_to, None);
    tested.store().tidy().await.unwrap();
    assert!(page(&tested, shop.id, None, 9).await.read_to.is_some());
    tested.pass(KEPT + HOUR);
    tested.store().tidy().await.unwrap();
    assert_eq!(page(&tested, shop.id, None, 9).await.read_to, None);
}

pub(crate) async fn the_same_trouble_is_told_once_in_a_while(tested: TestStore) {
    let own = MerchantId::mint(rand::random());
    let journeys = [told(&tested, own).await, told(&tested, own).await];
    let [first, second] = journeys.each_ref().map(Journey::pay_id);
    let failing = FeedEvent::EndpointFailing(Target::WebhookEndpoint(99));
    let tell = async |pay_id, event, with: &str| {
        let trouble = Trouble { merchant: own, pay_id, event, with, quiet: HOUR };
        let before = page(&tested, own, None, 99).await.events.len();
        let is_new = tested.store().tell_trouble(trouble).await.unwrap();
        tested.pass(2 * SETTLED);
        let page = page(&tested, own, None, 99).await;
        assert_eq!(is_new, page.events.len() > before);
        let events = page.events.iter().filter(|(cursor, _)| cursor.event >= 0x100);
        events.map(|(cursor, journey)| (journey.pay_id(), cursor.feed_event().unwrap())).collect::<Vec<_>>()
    };
    let mut all = vec![(first, failing)];
    assert_eq!(tell(first, failing, "https://a.example/hook").await, all);
    // Another journey, or another of its endpoints, meets the same.
    let other = FeedEvent::EndpointFailing(Target::WebhookEndpoint(0));
    for (pay_id, event) in [(first, failing), (second, failing), (second, other)] {
        assert_eq!(tell(pay_id, event, "https://a.example/hook").await, all);
    }
    for (event, with) in [
        (FeedEvent::EndpointDisabled(Target::WebhookEndpoint(99)), "https://a.example/hook"),
        (failing, "https://b.example/hook"),
        (FeedEvent::ProviderAway(3), "engine"),
    ] {
        all.push((second, event));
        assert_eq!(tell(second, event, with).await, all, "{event:?} {with}");
    }
    tested.pass(HOUR);
    tested.store().tidy().await.unwrap();
    all.push((second, failing));
    assert_eq!(tell(second, failing, "https://a.example/hook").await, all);
    let end = page(&tested, own, None, 99).await.read_to;
    assert_eq!(page(&tested, own, end, 9).await.events, []);
}

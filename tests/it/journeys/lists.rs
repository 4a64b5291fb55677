//! A merchant's journeys, list by list: merged, newest first, and no further than is said.

use std::time::Duration;

use handback::domain::consent::Consent;
use handback::domain::id::{Shard, UserId};
use handback::domain::journey::Journey;
use handback::domain::open_request::RequestedCallbacks;
use handback::engine::{JourneyCursor, JourneyFilter, Page, ScanRange, scan};

use crate::support::custom_gateway::{CustomGateway, consent};

/// More lists than leave each of them a large batch.
const USERS: u8 = 30;

fn user(number: u8) -> UserId {
    UserId::mint([number; 16], Shard::of_byte(number))
}

/// Consents a second apart, newest first: every third one is the second user's, the others are the first one's.
async fn many(gateway: &CustomGateway) -> Vec<Journey> {
    let mut journeys = Vec::new();
    for number in 0..36_u8 {
        let asked = Consent { user: user(u8::from(number % 3 == 0)), ..consent() };
        journeys.insert(0, gateway.ask(asked, RequestedCallbacks::OwnPage).await);
        gateway.clock.advance(Duration::from_secs(1));
    }
    journeys
}

async fn found(gateway: &CustomGateway, stretch: &ScanRange, counted: (Page, usize)) -> (Vec<Journey>, usize) {
    let found = scan::select_and_count(&gateway.engine.deps, gateway.merchant.id, stretch, counted, |_| true)
        .await
        .expect("a store");
    assert_eq!(found.stopped, None);
    (found.journeys, found.count)
}

#[tokio::test]
async fn the_lists_of_several_users_are_one_newest_first() {
    let gateway = CustomGateway::open(&[]).await;
    let journeys = many(&gateway).await;
    let lists = (0..USERS).map(|number| JourneyFilter::OfUser(user(number))).collect();
    let stretch = ScanRange { lists, before: None, after: None, from: None, ..ScanRange::default() };
    let all = (Page { skip: 0, most: usize::MAX }, 0);
    assert_eq!(found(&gateway, &stretch, all).await, (journeys.clone(), 36));
    let page = (Page { skip: 5, most: 20 }, 30);
    assert_eq!(found(&gateway, &stretch, page).await, (journeys[5..25].to_vec(), 30));
    let none = ScanRange { lists: Vec::new(), ..stretch };
    assert_eq!(found(&gateway, &none, all).await, (Vec::new(), 0));
}

#[tokio::test]
async fn a_stretch_begins_and_ends_where_it_says() {
    let gateway = CustomGateway::open(&[]).await;
    let journeys = many(&gateway).await;
    let opened_at = |nth: usize| Some(journeys[nth].opening().opened_at);
    let both = vec![JourneyFilter::OfUser(user(0)), JourneyFilter::OfUser(user(1))];
    let all = (Page { skip: 0, most: usize::MAX }, 0);
    for lists in [vec![JourneyFilter::All], both] {
        let stretch =
            ScanRange { lists, before: opened_at(9), after: None, from: opened_at(29), ..ScanRange::default() };
        assert_eq!(found(&gateway, &stretch, all).await, (journeys[10..30].to_vec(), 20));
        // What is not wanted is looked at, too.
        let bounded = ScanRange { most: 7, ..stretch };
        let first = |journey: &Journey| journey.opening().purpose.consent().is_some_and(|own| own.user == user(0));
        let expected: Vec<Journey> = journeys[10..17].iter().filter(|journey| first(journey)).cloned().collect();
        assert!((1..7).contains(&expected.len()));
        let selected = scan::select_and_count(&gateway.engine.deps, gateway.merchant.id, &bounded, all, first)
            .await
            .expect("a store");
        assert_eq!((selected.journeys, selected.count), (expected.clone(), expected.len()));
        // It says where it stopped, unless the part was full before.
        assert_eq!(selected.stopped, Some(JourneyCursor::of(&journeys[16])));
        let on = ScanRange { after: selected.stopped, most: usize::MAX, ..bounded.clone() };
        assert_eq!(found(&gateway, &on, all).await.0, journeys[17..30], "from there it goes on");
        let one = (Page { skip: 0, most: 1 }, 0);
        let full = scan::select_and_count(&gateway.engine.deps, gateway.merchant.id, &bounded, one, first)
            .await
            .expect("a store");
        assert_eq!((full.journeys.len(), full.stopped), (1, None));
    }
}

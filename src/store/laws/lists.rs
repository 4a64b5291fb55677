//! Laws of lists: a merchant's journeys, and those whose time has run out.

use super::fixtures::{Draft, away, fresh, reservation};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::{Fact, Journey, MerchantId, Shard, UserId};
use crate::store::{JourneyCursor, JourneyFilter, Opened, Step};

/// Opens `many` journeys of one merchant, some of them at the same moment; answers them newest first.
async fn opened(tested: &TestStore, merchant: MerchantId, many: u32) -> Vec<Journey> {
    let mut journeys = Vec::new();
    for n in 0..many {
        let now = tested.now().plus((n / 3) * MINUTE);
        journeys.push(tested.opened(Draft::at(now).of(merchant).journey()).await);
    }
    journeys.sort_by_key(|journey| std::cmp::Reverse(JourneyCursor::of(journey)));
    journeys
}

/// Reads a list to its end, in pages of `most`.
async fn paged(tested: &TestStore, merchant: MerchantId, which: JourneyFilter, most: usize) -> Vec<Journey> {
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..100 {
        let page = tested.store().list(merchant, which, after, most).await.unwrap();
        assert!(page.len() <= most);
        let Some(last) = page.last() else { return all };
        after = Some(JourneyCursor::of(last));
        all.extend(page);
    }
    panic!("the list has no end");
}

fn somebody() -> MerchantId {
    MerchantId::mint(rand::random())
}

pub(crate) async fn a_list_is_newest_first_and_of_one_merchant(tested: TestStore) {
    let (merchant, other) = (somebody(), somebody());
    let journeys = opened(&tested, merchant, 9).await;
    let others = opened(&tested, other, 2).await;
    assert_eq!(tested.store().list(merchant, JourneyFilter::All, None, 100).await.unwrap(), journeys);
    assert_eq!(tested.store().list(other, JourneyFilter::All, None, 100).await.unwrap(), others);
    assert_eq!(tested.store().list(somebody(), JourneyFilter::All, None, 100).await.unwrap(), []);
    assert_eq!(tested.store().list(merchant, JourneyFilter::All, None, 4).await.unwrap(), journeys[..4]);
}

pub(crate) async fn journeys_of_one_moment_are_sorted_by_number(tested: TestStore) {
    let (merchant, now) = (somebody(), tested.now());
    let mut numbers = Vec::new();
    for _ in 0..12 {
        numbers.push(tested.opened(Draft::at(now).of(merchant).journey()).await.pay_id());
    }
    numbers.sort_by(|a, b| b.cmp(a));
    let listed = paged(&tested, merchant, JourneyFilter::All, 5).await;
    assert_eq!(listed.iter().map(Journey::pay_id).collect::<Vec<_>>(), numbers);
}

pub(crate) async fn pages_join_without_a_gap_or_a_repetition(tested: TestStore) {
    let merchant = somebody();
    let journeys = opened(&tested, merchant, 17).await;
    for most in [1, 2, 3, 5, 16, 17, 18] {
        assert_eq!(paged(&tested, merchant, JourneyFilter::All, most).await, journeys, "pages of {most}");
    }
}

pub(crate) async fn a_page_begins_behind_a_place_where_nothing_stands(tested: TestStore) {
    let merchant = somebody();
    let journeys = opened(&tested, merchant, 6).await;
    let newest = JourneyCursor::of(&journeys[0]);
    let before_all = JourneyCursor { opened_at: newest.opened_at.plus(HOUR), ..newest };
    let list = tested.store().list(merchant, JourneyFilter::All, Some(before_all), 100).await.unwrap();
    assert_eq!(list, journeys);
    let oldest = JourneyCursor::of(journeys.last().unwrap());
    assert_eq!(tested.store().list(merchant, JourneyFilter::All, Some(oldest), 100).await.unwrap(), []);
}

pub(crate) async fn the_proven_are_listed_alone_and_in_pages(tested: TestStore) {
    let merchant = somebody();
    let draft = |n: u32| Draft::at(tested.now().plus(n * MINUTE)).of(merchant).journey();
    let mut proven = Vec::new();
    for n in 0..5 {
        proven.push(tested.paid(draft(3 * n), fresh()).await);
        tested.opened(draft(3 * n + 1)).await;
        let away = tested.away(draft(3 * n + 2)).await;
        tested.concluded(away, &Fact::pressed_cancel(), None).await;
    }
    let late = tested.away(draft(99)).await;
    let late = tested.concluded(late, &Fact::lapsed(), None).await;
    proven.push(tested.concluded(late, &Fact::paid(), None).await);
    proven.reverse();
    assert_eq!(paged(&tested, merchant, JourneyFilter::Proven, 2).await, proven);
    assert_eq!(paged(&tested, merchant, JourneyFilter::All, 4).await.len(), 16);
}

pub(crate) async fn a_list_shows_journeys_as_they_stand(tested: TestStore) {
    let merchant = somebody();
    let journey = tested.opened(Draft::at(tested.now()).of(merchant).journey()).await;
    let (away, _) = away(journey, tested.now());
    tested.done(&Step::to(away.clone())).await;
    assert_eq!(tested.store().list(merchant, JourneyFilter::All, None, 9).await.unwrap(), [away.clone()]);
    let paid = tested.concluded(away, &Fact::paid(), None).await;
    for which in [JourneyFilter::All, JourneyFilter::Proven] {
        assert_eq!(tested.store().list(merchant, which, None, 9).await.unwrap(), [paid.clone()]);
    }
}

pub(crate) async fn journeys_about_one_user_are_listed_alone_and_in_pages(tested: TestStore) {
    let merchant = somebody();
    let users = [(); 12].map(|()| UserId::mint(rand::random(), Shard::of_byte(rand::random())));
    let mut about = vec![Vec::new(); users.len()];
    for n in 0..60 {
        let draft = Draft::at(tested.now().plus((n / 3) * MINUTE)).of(merchant);
        let who = (n * n) as usize % (users.len() + 1);
        match users.get(who) {
            Some(user) => about[who].push(tested.opened(draft.about(*user).journey()).await),
            None => drop(tested.opened(draft.journey()).await),
        }
    }
    for (user, mut journeys) in users.into_iter().zip(about) {
        journeys.sort_by_key(|journey| std::cmp::Reverse(JourneyCursor::of(journey)));
        for most in [1, 3, 100] {
            assert_eq!(paged(&tested, merchant, JourneyFilter::OfUser(user), most).await, journeys, "pages of {most}");
        }
    }
    assert_eq!(paged(&tested, merchant, JourneyFilter::All, 7).await.len(), 60);
}

pub(crate) async fn a_user_of_another_merchant_is_somebody_else(tested: TestStore) {
    let (merchant, other) = (somebody(), somebody());
    let user = UserId::mint(rand::random(), Shard::of_byte(rand::random()));
    let reservation = reservation();
    let one = Draft::at(tested.now()).of(merchant).about(user).reserved_by(&reservation).journey();
    assert_eq!(tested.store().open(&one, &[], Some(&reservation)).await.unwrap(), Opened::New);
    let theirs = tested.opened(Draft::at(tested.now()).of(other).about(user).journey()).await;
    assert_eq!(tested.store().list(merchant, JourneyFilter::OfUser(user), None, 9).await.unwrap(), [one.clone()]);
    assert_eq!(tested.store().list(other, JourneyFilter::OfUser(user), None, 9).await.unwrap(), [theirs]);
    assert_eq!(tested.store().list(somebody(), JourneyFilter::OfUser(user), None, 9).await.unwrap(), []);
    // It shows journeys as they stand, too.
    let (away, _) = away(one, tested.now());
    tested.done(&Step::to(away.clone())).await;
    assert_eq!(tested.store().list(merchant, JourneyFilter::OfUser(user), None, 9).await.unwrap(), [away]);
}

pub(crate) async fn a_journey_lapses_when_its_time_has_run_out(tested: TestStore) {
    let open = tested.opened(Draft::at(tested.now()).lasting(HOUR).journey()).await;
    let away = tested.away(Draft::at(tested.now()).lasting(2 * HOUR).journey()).await;
    tested.paid(Draft::at(tested.now()).lasting(HOUR).journey(), fresh()).await;
    tested.pass(HOUR - MINUTE);
    assert_eq!(tested.store().due(9).await.unwrap(), []);
    tested.pass(2 * MINUTE);
    assert_eq!(tested.store().due(9).await.unwrap(), [open.clone()]);
    tested.pass(HOUR);
    let lapsed = tested.store().due(9).await.unwrap();
    assert_eq!(lapsed.len(), 2);
    assert!(lapsed.contains(&open) && lapsed.contains(&away));
}

pub(crate) async fn a_lapsed_journey_comes_again_until_it_is_concluded(tested: TestStore) {
    let open = tested.opened(Draft::at(tested.now()).journey()).await;
    tested.pass(2 * HOUR);
    for _ in 0..3 {
        assert_eq!(tested.store().due(9).await.unwrap(), [open.clone()]);
        tested.store().tidy().await.unwrap();
    }
    tested.concluded(open, &Fact::lapsed(), None).await;
    assert_eq!(tested.store().due(9).await.unwrap(), []);
}

pub(crate) async fn lapsed_journeys_come_at_most_so_many(tested: TestStore) {
    for _ in 0..7 {
        tested.opened(Draft::at(tested.now()).journey()).await;
    }
    tested.pass(2 * HOUR);
    let mut concluded = Vec::new();
    for _ in 0..4 {
        let lapsed = tested.store().due(3).await.unwrap();
        concluded.push(lapsed.len());
        for journey in lapsed {
            tested.concluded(journey, &Fact::lapsed(), None).await;
        }
    }
    assert_eq!(concluded, [3, 3, 1, 0]);
}

//! Laws of numbers: journeys counted and sampled by when they were opened.

use super::fixtures::{Draft, fresh};
use super::{MINUTE, TestStore};
use crate::domain::{MerchantId, UnixMillis};
use crate::store::{JourneyCount, JourneyCursor, Redemption};

fn somebody() -> MerchantId {
    MerchantId::mint(rand::random())
}

pub(crate) async fn journeys_are_counted_by_when_they_were_opened(tested: TestStore) {
    let (merchant, now) = (somebody(), tested.now());
    for minute in [0, 0, 1, 3] {
        tested.opened(Draft::at(now.plus(minute * MINUTE)).of(merchant).journey()).await;
    }
    tested.paid(Draft::at(now.plus(MINUTE)).of(merchant).journey(), fresh()).await;
    let bounds = [0, 1, 2, 3, 4].map(|minute| now.plus(minute * MINUTE));
    let count = async |merchant, bounds: &[UnixMillis]| {
        let counts = tested.store().count(merchant, bounds).await.unwrap();
        counts.into_iter().map(|JourneyCount { opened, proven }| (opened, proven)).collect::<Vec<_>>()
    };
    assert_eq!(count(merchant, &bounds).await, [(2, 0), (2, 1), (0, 0), (1, 0)]);
    assert_eq!(count(merchant, &[bounds[0], bounds[4]]).await, [(5, 1)]);
    // What is opened at a bound counts behind it.
    let [before, after] = [bounds[3].minus(MINUTE / 60), bounds[3].plus(MINUTE / 60)];
    assert_eq!(count(merchant, &[before, bounds[3], after]).await, [(0, 0), (1, 0)]);
    assert_eq!(count(somebody(), &bounds).await, [(0, 0); 4]);
    assert_eq!(count(merchant, &bounds[..1]).await, []);
}

pub(crate) async fn a_sample_of_one_in_one_is_every_journey_with_its_tokens(tested: TestStore) {
    let (merchant, now) = (somebody(), tested.now());
    let mut journeys = Vec::new();
    for n in 0..6 {
        let journey = Draft::at(now.plus(n * MINUTE)).of(merchant).journey();
        if n % 2 == 0 {
            journeys.push(tested.opened(journey).await);
            continue;
        }
        let token = fresh();
        let paid = tested.paid(journey, token).await;
        if n == 3 {
            let redeemed = tested.store().redeem(paid.pay_id(), &token, &fresh()).await.unwrap();
            assert!(matches!(redeemed, Redemption::Granted { .. }), "{redeemed:?}");
        }
        journeys.push(paid);
    }
    tested.opened(Draft::at(now).of(somebody()).journey()).await;
    let sample = async |from: u32, to: u32| {
        let between = [now.plus(from * MINUTE), now.plus(to * MINUTE)];
        let mut sample = tested.store().sample(merchant, between, 1).await.unwrap();
        sample.sort_by_key(|sampled| JourneyCursor::of(&sampled.journey));
        sample
    };
    let all = sample(0, 6).await;
    assert_eq!(all.iter().map(|sampled| &sampled.journey).collect::<Vec<_>>(), journeys.iter().collect::<Vec<_>>());
    let redeemed: Vec<_> = all.iter().map(|sampled| sampled.is_redeemed).collect();
    assert_eq!(redeemed, [false, false, false, true, false, false]);
    assert_eq!(sample(1, 3).await, all[1..3]);
    assert_eq!(sample(6, 9).await, []);
}

pub(crate) async fn a_sample_holds_each_journey_with_the_same_chance(tested: TestStore) {
    let (merchant, now, many) = (somebody(), tested.now(), 400);
    for n in 0..many {
        let journey = Draft::at(now.plus(n * MINUTE)).of(merchant).journey();
        if n % 4 == 0 { drop(tested.paid(journey, fresh()).await) } else { drop(tested.opened(journey).await) }
    }
    // What lies on both sides of the span is in no sample.
    let between = [now.plus(40 * MINUTE), now.plus((many - 40) * MINUTE)];
    let sample = tested.store().sample(merchant, between, 4).await.unwrap();
    let count = |is_wanted: &dyn Fn(UnixMillis) -> bool| {
        sample.iter().filter(|sampled| is_wanted(sampled.journey.opening().opened_at)).count()
    };
    assert_eq!(count(&|at| at < between[0] || at >= between[1]), 0);
    // Of 320 one in four is 80, and of each half and of the proven as many as there are; six standard deviations are 47 of
    // all, and 33 of a half.
    assert!(sample.len().abs_diff(80) < 47, "{}", sample.len());
    let middle = now.plus(many / 2 * MINUTE);
    for half in [count(&|at| at < middle), count(&|at| at >= middle)] {
        assert!(half.abs_diff(40) < 33, "{half}");
    }
    let proven = sample.iter().filter(|sampled| sampled.journey.is_proven()).count();
    assert!((1..=47).contains(&proven), "{proven}");
}

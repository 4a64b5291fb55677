//! Laws of attempts: what was never tried goes first, what happened is kept as it happened, and both can be listed.

use std::{collections::HashSet, time::Duration};

use super::fixtures::{Draft, fresh};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::delivery::State;
use crate::domain::{AttemptRecord, AttemptResult, Delivery, DeliveryId, Journey, MerchantId, Verdict};
use crate::store::{DeliveryContext, DeliveryCursor, DeliveryFilter, Leased};

const AGAIN: Verdict = Verdict::Retry(MINUTE);

async fn paid(tested: &TestStore, merchant: MerchantId) -> Journey {
    let draft = Draft::at(tested.now()).of(merchant).notifying(["https://m.example/a"]);
    tested.paid(draft.journey(), fresh()).await
}

async fn leased(tested: &TestStore, most: usize) -> Vec<Leased> {
    tested.store().lease(most, MINUTE, rand::random()).await.unwrap()
}

async fn the_delivery(tested: &TestStore, journey: &Journey) -> Delivery {
    tested.store().deliveries(journey.pay_id()).await.unwrap().remove(0)
}

async fn listed(tested: &TestStore, merchant: MerchantId, filter: DeliveryFilter) -> Vec<DeliveryId> {
    let found = tested.store().deliveries_of(merchant, filter, None, 100).await.unwrap();
    found.into_iter().map(|context| context.delivery.id).collect()
}

fn attempt(tested: &TestStore, n: u64, text: &str) -> AttemptRecord {
    let result =
        [AttemptResult::Status(500), AttemptResult::Unreachable, AttemptResult::Unanswered, AttemptResult::Refused]
            [(n % 4) as usize];
    AttemptRecord::new(tested.now(), Duration::from_millis(n), result, text.as_bytes())
}

/// Tries everything that is due, in vain.
async fn fail_all(tested: &TestStore) {
    for leased in leased(tested, 1000).await {
        let tried = attempt(tested, 0, "no");
        assert!(tested.store().report(&leased.lease, Some(&tried), AGAIN).await.unwrap());
    }
}

pub(crate) async fn what_was_never_tried_is_leased_before_every_retry(tested: TestStore) {
    let merchant = MerchantId::mint(rand::random());
    for _ in 0..12 {
        paid(&tested, merchant).await;
    }
    fail_all(&tested).await;
    // All of these are due again, and have been for an hour, when the next one comes.
    tested.pass(HOUR);
    let event = paid(&tested, merchant).await;
    let first = leased(&tested, 1).await;
    assert_eq!(first[0].context.journey, event);
    assert_eq!(leased(&tested, 100).await.len(), 12, "then the others");
    tested.pass(HOUR);
    let all = leased(&tested, 100).await;
    assert_eq!((all.len(), &all[0].context.journey), (13, &event), "a lapsed lease makes no retry of it");
    let tries: Vec<_> = all.iter().map(|leased| leased.context.delivery.tries).collect();
    assert!(tries.is_sorted(), "{tries:?}");
    // What is given back was not tried.
    tested.store().give_back(&[(all[0].lease, MINUTE)]).await.unwrap();
    tested.pass(HOUR);
    assert_eq!(leased(&tested, 1).await[0].context.journey, event);
}

pub(crate) async fn what_is_replayed_after_its_end_is_as_good_as_untried(tested: TestStore) {
    let merchant = MerchantId::mint(rand::random());
    let journey = paid(&tested, merchant).await;
    let lease = leased(&tested, 1).await[0].lease;
    assert!(tested.store().report(&lease, Some(&attempt(&tested, 0, "no")), Verdict::Dead).await.unwrap());
    paid(&tested, merchant).await;
    fail_all(&tested).await;
    tested.pass(HOUR);
    assert!(tested.store().replay(&lease.id, merchant).await.unwrap());
    assert_eq!(leased(&tested, 1).await[0].context.journey, journey);
}

pub(crate) async fn the_last_attempts_are_kept_as_they_were_made_and_no_more(mut tested: TestStore) {
    let merchant = MerchantId::mint(rand::random());
    let journey = paid(&tested, merchant).await;
    let mut made = Vec::new();
    for n in 0..2 * AttemptRecord::KEPT as u64 {
        let lease = leased(&tested, 1).await[0].lease;
        let tried = attempt(&tested, n, &"é\u{0}<".repeat(usize::try_from(n).unwrap() * 3));
        let verdict = if n % 7 == 6 { Verdict::Dead } else { AGAIN };
        for _ in 0..2 {
            assert!(tested.store().report(&lease, Some(&tried), verdict).await.unwrap(), "the same again is done");
        }
        made.push(tried);
        let delivery = the_delivery(&tested, &journey).await;
        let kept = &made[made.len().saturating_sub(AttemptRecord::KEPT)..];
        assert_eq!((delivery.attempts.as_slice(), delivery.tries), (kept, u8::try_from(n % 7).unwrap() + 1), "{n}");
        if verdict == Verdict::Dead {
            assert!(tested.store().replay(&lease.id, merchant).await.unwrap());
            assert_eq!(the_delivery(&tested, &journey).await.attempts, kept, "a replay forgets nothing");
        }
        tested.pass(HOUR);
    }
    tested.reopen().await;
    let lease = leased(&tested, 1).await.remove(0);
    assert_eq!(lease.context.delivery.attempts, made[AttemptRecord::KEPT..]);
    assert!(tested.store().report(&lease.lease, None, Verdict::Gone).await.unwrap());
    let delivery = the_delivery(&tested, &journey).await;
    assert_eq!((delivery.attempts.as_slice(), delivery.state), (&made[AttemptRecord::KEPT..], State::Gone));
}

pub(crate) async fn what_waits_and_what_fails_are_listed_newest_first_and_in_pages(tested: TestStore) {
    let (merchant, other) = (MerchantId::mint(rand::random()), MerchantId::mint(rand::random()));
    let mut failing = Vec::new();
    for n in 0..7 {
        failing.insert(0, paid(&tested, merchant).await);
        if n % 2 == 0 {
            tested.pass(MINUTE);
        }
    }
    fail_all(&tested).await;
    paid(&tested, other).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        tested.pass(Duration::from_secs(1));
        waiting.insert(0, paid(&tested, merchant).await);
    }
    let id = async |journey: &Journey| the_delivery(&tested, journey).await.id;
    let mut expected = Vec::new();
    for journey in &waiting {
        expected.push(id(journey).await);
    }
    assert_eq!(listed(&tested, merchant, DeliveryFilter::Waiting).await, expected);
    assert_eq!(listed(&tested, other, DeliveryFilter::Waiting).await.len(), 1);
    assert_eq!(listed(&tested, other, DeliveryFilter::Failing).await, []);
    let (mut pages, mut after): (Vec<DeliveryContext>, _) = (Vec::new(), None);
    loop {
        let page = tested.store().deliveries_of(merchant, DeliveryFilter::Failing, after, 3).await.unwrap();
        after = page.last().map(|last| DeliveryCursor::of(&last.delivery));
        if page.is_empty() {
            break;
        }
        pages.extend(page);
    }
    let places: Vec<_> = pages.iter().map(|context| DeliveryCursor::of(&context.delivery)).collect();
    assert!(places.is_sorted_by(|newer, older| newer > older), "{places:?}");
    let found: HashSet<_> = pages.iter().map(|context| context.journey.pay_id()).collect();
    assert_eq!((pages.len(), found), (7, failing.iter().map(Journey::pay_id).collect()));
    // Each is in one list alone, and what was received in none.
    tested.pass(HOUR);
    for (leased, verdict) in leased(&tested, 100).await.iter().zip([Verdict::Delivered, Verdict::Dead].iter().cycle()) {
        assert!(tested.store().report(&leased.lease, None, *verdict).await.unwrap());
    }
    for filter in [DeliveryFilter::Waiting, DeliveryFilter::Failing] {
        assert_eq!(listed(&tested, merchant, filter).await, []);
    }
    let dead = listed(&tested, merchant, DeliveryFilter::Dead).await;
    assert!(!dead.is_empty());
    assert!(tested.store().replay(&dead[0], merchant).await.unwrap());
    assert_eq!(listed(&tested, merchant, DeliveryFilter::Waiting).await, [dead[0]]);
}

//! Laws of one-time tokens: granted once, and never lost.

use super::fixtures::{Draft, fresh, held, hourly};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::{Digest, Fact, Journey, LedTo, MerchantId, MintedToken, Outcome, ResponseId, UnixMillis};
use crate::store::{REMEMBERED, Redemption, Step};

async fn redeem(tested: &TestStore, journey: &Journey, token: Digest, attempt: Digest) -> Redemption {
    tested.store().redeem(journey.pay_id(), &token, &attempt).await.unwrap()
}

async fn spent_at(tested: &TestStore, journey: &Journey, token: Digest) -> Option<UnixMillis> {
    tested.store().spent_at(journey.pay_id(), &token).await.unwrap()
}

async fn granted(tested: &TestStore, journey: &Journey, token: Digest, attempt: Digest) -> (Journey, UnixMillis) {
    match redeem(tested, journey, token, attempt).await {
        Redemption::Granted { journey, spent_at } => (*journey, spent_at),
        other => panic!("{other:?}"),
    }
}

/// Whether a token that was minted about `minted_at`, to live an hour, has expired when it should.
fn has_expired(redemption: &Redemption, minted_at: UnixMillis) -> bool {
    let about = minted_at.plus(HOUR);
    matches!(redemption, Redemption::Expired { at } if about <= *at && at.since(about) < MINUTE)
}

/// What is answered while nothing of this journey is proven.
fn pending(journey: &Journey) -> Redemption {
    Redemption::Pending { journey: Box::new(journey.clone()) }
}

/// A journey that is handed back before anything is proven, with a token that lives an hour.
async fn frozen(tested: &TestStore, token: MintedToken) -> Journey {
    let away = tested.away(Draft::at(tested.now()).lasting(2 * HOUR).journey()).await;
    let frozen =
        away.hand_back_early(ResponseId { visit: 0, response_digest: 1 }, held(tested.now()), tested.now()).unwrap();
    tested.done(&Step::to(frozen.clone()).with_token(Some(token))).await;
    frozen
}

pub(crate) async fn a_token_is_granted_with_its_journey(tested: TestStore) {
    let (token, before) = (fresh(), tested.now());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    assert_eq!(spent_at(&tested, &paid, token).await, None);
    let (journey, at) = granted(&tested, &paid, token, fresh()).await;
    assert_eq!(journey, paid);
    assert!(before <= at && at <= tested.now(), "{at:?}");
    assert_eq!(spent_at(&tested, &paid, token).await, Some(at));
}

pub(crate) async fn the_same_attempt_is_granted_again(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    let first = granted(&tested, &paid, token, attempt).await;
    for pause in [MINUTE, HOUR, 22 * HOUR] {
        tested.pass(pause);
        assert_eq!(granted(&tested, &paid, token, attempt).await, first);
    }
}

pub(crate) async fn another_attempt_learns_when_it_was_spent(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    let (_, at) = granted(&tested, &paid, token, attempt).await;
    tested.pass(MINUTE);
    assert_eq!(redeem(&tested, &paid, token, fresh()).await, Redemption::Spent { at });
    assert_eq!(granted(&tested, &paid, token, attempt).await.1, at);
    assert_eq!(spent_at(&tested, &paid, token).await, Some(at));
}

pub(crate) async fn a_frozen_journeys_token_is_pending_and_then_granted(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let frozen = frozen(&tested, hourly(token)).await;
    assert_eq!(redeem(&tested, &frozen, token, attempt).await, pending(&frozen));
    let paid = tested.concluded(frozen, &Fact::paid(), Some(hourly(token))).await;
    assert_eq!(granted(&tested, &paid, token, attempt).await.0, paid);
}

pub(crate) async fn a_pending_token_is_not_spent_by_asking(tested: TestStore) {
    let token = fresh();
    let frozen = frozen(&tested, hourly(token)).await;
    assert_eq!(redeem(&tested, &frozen, token, fresh()).await, pending(&frozen));
    assert_eq!(spent_at(&tested, &frozen, token).await, None);
    tested.pass(HOUR - MINUTE);
    assert_eq!(redeem(&tested, &frozen, token, fresh()).await, pending(&frozen));
    let paid = tested.concluded(frozen, &Fact::paid(), None).await;
    granted(&tested, &paid, token, fresh()).await;
}

pub(crate) async fn a_pending_token_expires_too(tested: TestStore) {
    let (token, minted_at) = (fresh(), tested.now());
    let frozen = frozen(&tested, hourly(token)).await;
    tested.pass(HOUR + MINUTE);
    assert!(has_expired(&redeem(&tested, &frozen, token, fresh()).await, minted_at));
    let paid = tested.concluded(frozen, &Fact::paid(), None).await;
    assert!(has_expired(&redeem(&tested, &paid, token, fresh()).await, minted_at));
}

pub(crate) async fn an_expired_token_says_since_when(tested: TestStore) {
    let (token, minted_at) = (fresh(), tested.now());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    tested.pass(HOUR + MINUTE);
    for _ in 0..2 {
        assert!(has_expired(&redeem(&tested, &paid, token, fresh()).await, minted_at));
    }
    assert_eq!(spent_at(&tested, &paid, token).await, None);
}

pub(crate) async fn a_spent_token_stays_spent_after_it_would_have_expired(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    tested.pass(HOUR - MINUTE);
    let (_, at) = granted(&tested, &paid, token, attempt).await;
    tested.pass(2 * MINUTE);
    assert_eq!(redeem(&tested, &paid, token, fresh()).await, Redemption::Spent { at });
    assert_eq!(granted(&tested, &paid, token, attempt).await.1, at);
}

pub(crate) async fn an_unknown_token_is_unknown(tested: TestStore) {
    let paid = tested.paid(Draft::at(tested.now()).journey(), fresh()).await;
    let nobodys = fresh();
    assert_eq!(redeem(&tested, &paid, nobodys, fresh()).await, Redemption::Unknown);
    assert_eq!(spent_at(&tested, &paid, nobodys).await, None);
}

pub(crate) async fn a_token_that_is_there_keeps_its_time(tested: TestStore) {
    let (token, minted_at) = (fresh(), tested.now());
    let frozen = frozen(&tested, hourly(token)).await;
    tested.pass(HOUR - MINUTE);
    let paid = tested.concluded(frozen, &Fact::paid(), Some(hourly(token))).await;
    tested.pass(2 * MINUTE);
    assert!(has_expired(&redeem(&tested, &paid, token, fresh()).await, minted_at));
}

pub(crate) async fn what_became_of_a_token_is_known_for_as_long_as_its_journey(tested: TestStore) {
    let (spent, unspent, attempt, minted_at) = (fresh(), fresh(), fresh(), tested.now());
    let merchant = MerchantId::mint(rand::random());
    let [spends, expires] = [spent, unspent].map(|token| (Draft::at(minted_at).of(merchant).journey(), token));
    let paid = tested.paid(spends.0, spends.1).await;
    let late = tested.paid(expires.0, expires.1).await;
    let (_, at) = granted(&tested, &paid, spent, attempt).await;
    for _ in 0..3 {
        tested.pass(REMEMBERED);
        tested.store().tidy().await.unwrap();
        assert_eq!(granted(&tested, &paid, spent, attempt).await.1, at);
        assert_eq!(redeem(&tested, &paid, spent, fresh()).await, Redemption::Spent { at });
        assert_eq!(spent_at(&tested, &paid, spent).await, Some(at));
        assert!(has_expired(&redeem(&tested, &late, unspent, attempt).await, minted_at));
    }
    assert!(tested.store().erase(&paid).await.unwrap());
    assert_eq!(redeem(&tested, &paid, spent, attempt).await, Redemption::Unknown);
    assert_eq!(spent_at(&tested, &paid, spent).await, None);
}

pub(crate) async fn a_token_survives_every_later_step(tested: TestStore) {
    let tokens = [fresh(), fresh(), fresh()];
    let mut journey = frozen(&tested, hourly(tokens[0])).await;
    for (fact, token) in [(Fact::pressed_cancel(), tokens[1]), (Fact::paid(), tokens[2])] {
        journey = tested.concluded(journey, &fact, Some(hourly(token))).await;
    }
    let (_, at) = granted(&tested, &journey, tokens[1], tokens[1]).await;
    let response_id = ResponseId { visit: 0, response_digest: 9 };
    let next = journey.remember(response_id, LedTo::Outcome(1), tested.now()).unwrap();
    tested.done(&Step::to(next.clone())).await;
    assert_eq!(redeem(&tested, &next, tokens[1], fresh()).await, Redemption::Spent { at });
    for token in [tokens[0], tokens[2]] {
        assert_eq!(granted(&tested, &next, token, fresh()).await.0, next);
    }
}

pub(crate) async fn a_token_granted_before_a_supersession_shows_the_outcome_in_force(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let away = tested.away(Draft::at(tested.now()).journey()).await;
    let cancelled = tested.concluded(away, &Fact::pressed_cancel(), Some(hourly(token))).await;
    let (journey, at) = granted(&tested, &cancelled, token, attempt).await;
    assert_eq!(journey.final_outcome().map(|s| s.outcome), Some(Outcome::Cancelled));
    let paid = tested.concluded(cancelled, &Fact::paid(), None).await;
    assert_eq!(granted(&tested, &paid, token, attempt).await, (paid, at));
}

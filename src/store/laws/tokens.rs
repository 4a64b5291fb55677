//! Laws of one-time tokens: granted once, and never lost.

use super::cast::{Draft, fresh, held};
use super::{HOUR, House, MINUTE};
use crate::domain::id::MerchantId;
use crate::domain::journey::{Journey, ResponseId};
use crate::domain::moment::UnixMillis;
use crate::domain::outcome::{Fact, Outcome};
use crate::domain::secret::Digest;
use crate::domain::token::MintedToken;
use crate::store::{REMEMBERED, Redemption, Step};

async fn redeem(house: &House, journey: &Journey, token: Digest, attempt: Digest) -> Redemption {
    redeem_by(house, journey, token, attempt, journey.opening().merchant).await
}

async fn redeem_by(house: &House, journey: &Journey, token: Digest, attempt: Digest, by: MerchantId) -> Redemption {
    house.store().redeem(journey.id().shard(), &token, by, &attempt).await.unwrap()
}

async fn spent_at(house: &House, journey: &Journey, token: Digest) -> Option<UnixMillis> {
    house.store().spent_at(journey.id().shard(), &token).await.unwrap()
}

async fn granted(house: &House, journey: &Journey, token: Digest, attempt: Digest) -> (Journey, UnixMillis) {
    match redeem(house, journey, token, attempt).await {
        Redemption::Granted { journey, spent_at } => (*journey, spent_at),
        other => panic!("{other:?}"),
    }
}

/// What is answered while nothing of this journey is proven.
fn pending(journey: &Journey) -> Redemption {
    Redemption::Pending { journey: Box::new(journey.clone()) }
}

/// A journey that is handed back before anything is proven, with a token that lives an hour.
async fn frozen(house: &House, token: MintedToken) -> Journey {
    let away = house.away(Draft::at(house.now()).lasting(2 * HOUR).journey(), fresh()).await;
    let frozen =
        away.hand_back_early(ResponseId { visit: 0, response_digest: 1 }, held(house.now()), house.now()).unwrap();
    house.done(&Step::to(frozen.clone()).with_token(Some(token))).await;
    frozen
}

pub(crate) async fn a_token_is_granted_with_its_journey(house: House) {
    let (token, before) = (fresh(), house.now());
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    assert_eq!(spent_at(&house, &paid, token).await, None);
    let (journey, at) = granted(&house, &paid, token, fresh()).await;
    assert_eq!(journey, paid);
    assert!(before <= at && at <= house.now(), "{at:?}");
    assert_eq!(spent_at(&house, &paid, token).await, Some(at));
}

pub(crate) async fn the_same_attempt_is_granted_again(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    let first = granted(&house, &paid, token, attempt).await;
    for pause in [MINUTE, HOUR, 22 * HOUR] {
        house.pass(pause);
        assert_eq!(granted(&house, &paid, token, attempt).await, first);
    }
}

pub(crate) async fn another_attempt_learns_when_it_was_spent(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    let (_, at) = granted(&house, &paid, token, attempt).await;
    house.pass(MINUTE);
    assert_eq!(redeem(&house, &paid, token, fresh()).await, Redemption::Spent { at });
    assert_eq!(granted(&house, &paid, token, attempt).await.1, at);
    assert_eq!(spent_at(&house, &paid, token).await, Some(at));
}

pub(crate) async fn a_frozen_journeys_token_is_pending_and_then_granted(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let frozen = frozen(&house, house.token(token)).await;
    assert_eq!(redeem(&house, &frozen, token, attempt).await, pending(&frozen));
    let paid = house.concluded(frozen, &Fact::paid(), Some(house.token(token))).await;
    assert_eq!(granted(&house, &paid, token, attempt).await.0, paid);
}

pub(crate) async fn a_pending_token_is_not_spent_by_asking(house: House) {
    let token = fresh();
    let frozen = frozen(&house, house.token(token)).await;
    assert_eq!(redeem(&house, &frozen, token, fresh()).await, pending(&frozen));
    assert_eq!(spent_at(&house, &frozen, token).await, None);
    house.pass(HOUR - MINUTE);
    assert_eq!(redeem(&house, &frozen, token, fresh()).await, pending(&frozen));
    let paid = house.concluded(frozen, &Fact::paid(), None).await;
    granted(&house, &paid, token, fresh()).await;
}

pub(crate) async fn a_pending_token_expires_too(house: House) {
    let token = house.token(fresh());
    let frozen = frozen(&house, token.clone()).await;
    house.pass(HOUR + MINUTE);
    let expired = Redemption::Expired { at: token.expires_at };
    assert_eq!(redeem(&house, &frozen, token.digest, fresh()).await, expired);
    let paid = house.concluded(frozen, &Fact::paid(), None).await;
    assert_eq!(redeem(&house, &paid, token.digest, fresh()).await, expired);
}

pub(crate) async fn an_expired_token_says_since_when(house: House) {
    let token = house.token(fresh());
    let away = house.away(Draft::at(house.now()).journey(), fresh()).await;
    let paid = house.concluded(away, &Fact::paid(), Some(token.clone())).await;
    house.pass(HOUR + MINUTE);
    for _ in 0..2 {
        let expired = Redemption::Expired { at: token.expires_at };
        assert_eq!(redeem(&house, &paid, token.digest, fresh()).await, expired);
    }
    assert_eq!(spent_at(&house, &paid, token.digest).await, None);
}

pub(crate) async fn a_spent_token_stays_spent_after_it_would_have_expired(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    house.pass(HOUR - MINUTE);
    let (_, at) = granted(&house, &paid, token, attempt).await;
    house.pass(2 * MINUTE);
    assert_eq!(redeem(&house, &paid, token, fresh()).await, Redemption::Spent { at });
    assert_eq!(granted(&house, &paid, token, attempt).await.1, at);
}

pub(crate) async fn another_merchants_token_is_unknown_in_every_state(house: House) {
    let (token, attempt, stranger) = (fresh(), fresh(), MerchantId::mint(rand::random()));
    let frozen = frozen(&house, house.token(token)).await;
    assert_eq!(redeem_by(&house, &frozen, token, attempt, stranger).await, Redemption::Unknown);
    let paid = house.concluded(frozen, &Fact::paid(), None).await;
    assert_eq!(redeem_by(&house, &paid, token, attempt, stranger).await, Redemption::Unknown);
    granted(&house, &paid, token, attempt).await;
    assert_eq!(redeem_by(&house, &paid, token, attempt, stranger).await, Redemption::Unknown);

    let unspent = fresh();
    let paid = house.paid(Draft::at(house.now()).journey(), unspent).await;
    house.pass(HOUR + MINUTE);
    assert_eq!(redeem_by(&house, &paid, unspent, attempt, stranger).await, Redemption::Unknown);
    assert!(matches!(redeem(&house, &paid, unspent, attempt).await, Redemption::Expired { .. }));
}

pub(crate) async fn an_unknown_token_is_unknown(house: House) {
    let paid = house.paid(Draft::at(house.now()).journey(), fresh()).await;
    let nobodys = fresh();
    assert_eq!(redeem(&house, &paid, nobodys, fresh()).await, Redemption::Unknown);
    assert_eq!(spent_at(&house, &paid, nobodys).await, None);
}

pub(crate) async fn a_token_that_is_there_keeps_its_time(house: House) {
    let token = house.token(fresh());
    let frozen = frozen(&house, token.clone()).await;
    house.pass(HOUR - MINUTE);
    let longer = house.token(token.digest);
    let paid = house.concluded(frozen, &Fact::paid(), Some(longer)).await;
    house.pass(2 * MINUTE);
    let expired = Redemption::Expired { at: token.expires_at };
    assert_eq!(redeem(&house, &paid, token.digest, fresh()).await, expired);
}

pub(crate) async fn a_spent_mark_is_forgotten_after_a_day(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    let (_, at) = granted(&house, &paid, token, attempt).await;
    house.pass(REMEMBERED - MINUTE);
    assert_eq!(redeem(&house, &paid, token, fresh()).await, Redemption::Spent { at });
    house.pass(2 * MINUTE);
    assert_eq!(redeem(&house, &paid, token, attempt).await, Redemption::Unknown);
    assert_eq!(redeem(&house, &paid, token, fresh()).await, Redemption::Unknown);
    assert_eq!(spent_at(&house, &paid, token).await, None);
}

pub(crate) async fn an_expired_token_is_forgotten_after_a_day(house: House) {
    let token = fresh();
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    house.pass(HOUR + REMEMBERED - MINUTE);
    assert!(matches!(redeem(&house, &paid, token, fresh()).await, Redemption::Expired { .. }));
    house.pass(2 * MINUTE);
    assert_eq!(redeem(&house, &paid, token, fresh()).await, Redemption::Unknown);
}

pub(crate) async fn a_token_granted_before_a_supersession_tells_the_outcome_in_force(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let away = house.away(Draft::at(house.now()).journey(), fresh()).await;
    let cancelled = house.concluded(away, &Fact::pressed_cancel(), Some(house.token(token))).await;
    let (journey, at) = granted(&house, &cancelled, token, attempt).await;
    assert_eq!(journey.final_outcome().map(|s| s.outcome), Some(Outcome::Cancelled));
    let paid = house.concluded(cancelled, &Fact::paid(), None).await;
    assert_eq!(granted(&house, &paid, token, attempt).await, (paid, at));
}

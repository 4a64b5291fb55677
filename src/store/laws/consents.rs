//! Laws of consents: they outlive their outcome, and are asked for again.

use std::time::Duration;

use super::cast::{Draft, agreed, away, concluding, deliveries_of, fresh, held};
use super::{HOUR, House, MINUTE};
use crate::domain::id::{MerchantId, Shard, UserId};
use crate::domain::journey::{Journey, ResponseId};
use crate::domain::outcome::Fact;
use crate::domain::secret::Digest;
use crate::store::{JourneyFilter, REMEMBERED, Redemption, Step};

const DAY: Duration = Duration::from_hours(24);

fn draft(house: &House) -> Draft {
    let user = UserId::mint(rand::random(), Shard::of_byte(rand::random()));
    Draft::at(house.now()).of(MerchantId::mint(rand::random())).about(user).notifying(["https://m.example/a"])
}

/// A consent whose customer has agreed, for 90 days, with a token that lives an hour.
async fn given(house: &House, state: Digest, token: Digest) -> Journey {
    let away = house.away(draft(house).journey(), state).await;
    given_again(house, away, token).await
}

async fn given_again(house: &House, away: Journey, token: Digest) -> Journey {
    let (given, _) = agreed(away, 90 * DAY, house.now());
    house.done(&concluding(given.clone(), Some(house.token(token)))).await;
    given
}

/// The consent when it is asked for again, for an hour.
async fn reopened(house: &House, given: Journey) -> Journey {
    let reopened = given.reopen(house.now(), house.now().plus(HOUR)).unwrap();
    house.done(&Step::to(reopened.clone())).await;
    reopened
}

async fn left(house: &House, journey: Journey, state: Digest) -> Journey {
    let (away, visit) = away(journey, house.now());
    house.done(&Step::to(away.clone()).with_state(state, visit)).await;
    away
}

async fn redeemed(house: &House, journey: &Journey, token: Digest, attempt: Digest) -> Redemption {
    let merchant = journey.opening().merchant;
    house.store().redeem(journey.id().shard(), &token, merchant, &attempt).await.unwrap()
}

async fn under(house: &House, journey: &Journey, state: Digest) -> Option<(Journey, u8)> {
    house.store().find_by_state(journey.id().shard(), &state).await.unwrap()
}

pub(crate) async fn what_an_agreement_leaves_is_kept(mut house: House) {
    let given = given(&house, fresh(), fresh()).await;
    assert_eq!(house.find(&given).await.as_ref(), Some(&given));
    let now = house.now();
    let consumed = given.regrant(|grant| grant.consumed_at = Some(now)).unwrap();
    house.done(&Step::to(consumed.clone())).await;
    let revoked = consumed.regrant(|grant| grant.revoked_at = Some(now)).unwrap();
    house.done(&Step::to(revoked.clone())).await;
    house.reopen().await;
    assert_eq!(house.find(&revoked).await.as_ref(), Some(&revoked));
    house.pass(HOUR + MINUTE);
    assert_eq!(house.store().due(9).await.unwrap(), []);
}

pub(crate) async fn a_consent_asked_for_again_is_due_at_its_new_expiry(house: House) {
    let given = given(&house, fresh(), fresh()).await;
    house.pass(30 * DAY);
    assert_eq!(house.store().due(9).await.unwrap(), []);
    let again = reopened(&house, given).await;
    house.pass(HOUR - MINUTE);
    assert_eq!(house.store().due(9).await.unwrap(), []);
    house.pass(2 * MINUTE);
    assert_eq!(house.store().due(9).await.unwrap(), [again.clone()]);
    let lapsed = house.concluded(again, &Fact::lapsed(), None).await;
    assert_eq!(house.store().due(9).await.unwrap(), []);
    assert_eq!(house.find(&lapsed).await, Some(lapsed));
}

pub(crate) async fn every_round_has_states_of_its_own(house: House) {
    let (first, second) = (fresh(), fresh());
    let given = given(&house, first, fresh()).await;
    house.pass(HOUR);
    let away = reopened(&house, given).await;
    let away = left(&house, away, second).await;
    assert_eq!(under(&house, &away, first).await, Some((away.clone(), 0)));
    assert_eq!(under(&house, &away, second).await, Some((away.clone(), 1)));
    // Each is kept for a day after its own round has run out.
    house.pass(REMEMBERED + MINUTE);
    assert_eq!(under(&house, &away, first).await, None);
    assert_eq!(under(&house, &away, second).await, Some((away.clone(), 1)));
    house.pass(HOUR);
    assert_eq!(under(&house, &away, second).await, None);
}

pub(crate) async fn a_second_round_has_a_token_and_deliveries_of_its_own(house: House) {
    let (tokens, attempt) = ([fresh(), fresh()], fresh());
    let given = given(&house, fresh(), tokens[0]).await;
    let first = redeemed(&house, &given, tokens[0], attempt).await;
    let Redemption::Granted { spent_at, .. } = first else { panic!("{first:?}") };
    house.pass(MINUTE);
    let again = reopened(&house, given).await;
    // The answer to an attempt that was granted is given again, whatever the journey has come to.
    let repeated = Redemption::Granted { journey: Box::new(again.clone()), spent_at };
    assert_eq!(redeemed(&house, &again, tokens[0], attempt).await, repeated);
    assert_eq!(redeemed(&house, &again, tokens[0], fresh()).await, Redemption::Spent { at: spent_at });

    let away = left(&house, again, fresh()).await;
    let given = given_again(&house, away, tokens[1]).await;
    let second = redeemed(&house, &given, tokens[1], attempt).await;
    assert!(matches!(second, Redemption::Granted { journey, .. } if *journey == given));
    let deliveries = house.store().deliveries(given.pay_id()).await.unwrap();
    assert_eq!(deliveries, [deliveries_of(&given, 0), deliveries_of(&given, 1)].concat());
}

pub(crate) async fn an_unspent_token_does_not_wait_for_the_next_round(house: House) {
    let token = fresh();
    let given = given(&house, fresh(), token).await;
    let away = reopened(&house, given).await;
    let away = left(&house, away, fresh()).await;
    let granted = redeemed(&house, &away, token, fresh()).await;
    assert!(matches!(&granted, Redemption::Granted { journey, .. } if **journey == away), "{granted:?}");
}

pub(crate) async fn a_token_of_a_second_round_waits_for_its_fact(house: House) {
    let (token, attempt) = (fresh(), fresh());
    let given = given(&house, fresh(), fresh()).await;
    let away = reopened(&house, given).await;
    let away = left(&house, away, fresh()).await;
    let frozen =
        away.hand_back_early(ResponseId { visit: 1, response_digest: 1 }, held(house.now()), house.now()).unwrap();
    house.done(&Step::to(frozen.clone()).with_token(Some(house.token(token)))).await;
    let pending = Redemption::Pending { journey: Box::new(frozen.clone()) };
    assert_eq!(redeemed(&house, &frozen, token, attempt).await, pending);
    let given = given_again(&house, frozen, token).await;
    let granted = redeemed(&house, &given, token, attempt).await;
    assert!(matches!(granted, Redemption::Granted { journey, .. } if *journey == given));
}

pub(crate) async fn a_consent_is_kept_until_it_ends(house: House) {
    let given = given(&house, fresh(), fresh()).await;
    let (merchant, user) = (given.opening().merchant, given.opening().purpose.consent().unwrap().user);
    house.pass(90 * DAY - HOUR);
    house.store().tidy().await.unwrap();
    assert_eq!(house.find(&given).await.as_ref(), Some(&given));
    for which in [JourneyFilter::All, JourneyFilter::Proven, JourneyFilter::OfUser(user)] {
        assert_eq!(house.store().list(merchant, which, None, 9).await.unwrap(), [given.clone()]);
    }
}

pub(crate) async fn asking_again_in_vain_shortens_nothing(house: House) {
    let given = given(&house, fresh(), fresh()).await;
    house.pass(DAY);
    let again = reopened(&house, given).await;
    house.pass(2 * HOUR);
    let lapsed = house.concluded(again, &Fact::lapsed(), None).await;
    house.pass(88 * DAY);
    house.store().tidy().await.unwrap();
    assert_eq!(house.find(&lapsed).await.as_ref(), Some(&lapsed));
    // And the last round may begin as late as it likes.
    let again = reopened(&house, lapsed).await;
    house.pass(30 * DAY);
    house.store().tidy().await.unwrap();
    assert_eq!(house.store().due(9).await.unwrap(), [again]);
}

pub(crate) async fn a_consent_asked_for_again_is_still_proven(house: House) {
    let given = given(&house, fresh(), fresh()).await;
    let merchant = given.opening().merchant;
    let again = reopened(&house, given).await;
    assert_eq!(house.store().list(merchant, JourneyFilter::Proven, None, 9).await.unwrap(), [again.clone()]);
    let away = left(&house, again, fresh()).await;
    let cancelled = house.concluded(away, &Fact::pressed_cancel(), None).await;
    for which in [JourneyFilter::Proven, JourneyFilter::All] {
        assert_eq!(house.store().list(merchant, which, None, 9).await.unwrap(), [cancelled.clone()]);
    }
}

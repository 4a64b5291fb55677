//! Laws of consents: they outlive their outcome, and are asked for again.

use std::time::Duration;

use super::fixtures::{Draft, agreed, away, concluding, deliveries_of, fresh, held, hourly};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::{Digest, Fact, Journey, MerchantId, ResponseId, Shard, UserId};
use crate::store::{JourneyFilter, Redemption, Step};

const DAY: Duration = Duration::from_hours(24);

fn draft(tested: &TestStore) -> Draft {
    let user = UserId::mint(rand::random(), Shard::of_byte(rand::random()));
    Draft::at(tested.now()).of(MerchantId::mint(rand::random())).about(user).notifying(["https://m.example/a"])
}

/// A consent whose customer has agreed, for 90 days, with a token that lives an hour.
async fn given(tested: &TestStore, token: Digest) -> Journey {
    let away = tested.away(draft(tested).journey()).await;
    given_again(tested, away, token).await
}

async fn given_again(tested: &TestStore, away: Journey, token: Digest) -> Journey {
    let (given, _) = agreed(away, 90 * DAY, tested.now());
    tested.done(&concluding(given.clone(), Some(hourly(token)))).await;
    given
}

/// The consent when it is asked for again, for an hour.
async fn reopened(tested: &TestStore, given: Journey) -> Journey {
    let reopened = given.reopen(tested.now(), tested.now().plus(HOUR)).unwrap();
    tested.done(&Step::to(reopened.clone())).await;
    reopened
}

async fn left(tested: &TestStore, journey: Journey) -> Journey {
    let (away, _) = away(journey, tested.now());
    tested.done(&Step::to(away.clone())).await;
    away
}

async fn redeemed(tested: &TestStore, journey: &Journey, token: Digest, attempt: Digest) -> Redemption {
    tested.store().redeem(journey.pay_id(), &token, &attempt).await.unwrap()
}

pub(crate) async fn what_an_agreement_leaves_is_kept(mut tested: TestStore) {
    let given = given(&tested, fresh()).await;
    assert_eq!(tested.find(&given).await.as_ref(), Some(&given));
    let now = tested.now();
    let consumed = given.regrant(|grant| grant.consumed_at = Some(now)).unwrap();
    tested.done(&Step::to(consumed.clone())).await;
    let revoked = consumed.regrant(|grant| grant.revoked_at = Some(now)).unwrap();
    tested.done(&Step::to(revoked.clone())).await;
    tested.reopen().await;
    assert_eq!(tested.find(&revoked).await.as_ref(), Some(&revoked));
    tested.pass(HOUR + MINUTE);
    assert_eq!(tested.store().due(9).await.unwrap(), []);
}

pub(crate) async fn a_consent_asked_for_again_is_due_at_its_new_expiry(tested: TestStore) {
    let given = given(&tested, fresh()).await;
    tested.pass(30 * DAY);
    assert_eq!(tested.store().due(9).await.unwrap(), []);
    let again = reopened(&tested, given).await;
    tested.pass(HOUR - MINUTE);
    assert_eq!(tested.store().due(9).await.unwrap(), []);
    tested.pass(2 * MINUTE);
    assert_eq!(tested.store().due(9).await.unwrap(), [again.clone()]);
    let lapsed = tested.concluded(again, &Fact::lapsed(), None).await;
    assert_eq!(tested.store().due(9).await.unwrap(), []);
    assert_eq!(tested.find(&lapsed).await, Some(lapsed));
}

pub(crate) async fn a_second_round_has_a_token_and_deliveries_of_its_own(tested: TestStore) {
    let (tokens, attempt) = ([fresh(), fresh()], fresh());
    let given = given(&tested, tokens[0]).await;
    let first = redeemed(&tested, &given, tokens[0], attempt).await;
    let Redemption::Granted { spent_at, .. } = first else { panic!("{first:?}") };
    tested.pass(MINUTE);
    let again = reopened(&tested, given).await;
    // The answer to an attempt that was granted is given again, whatever the journey has come to.
    let repeated = Redemption::Granted { journey: Box::new(again.clone()), spent_at };
    assert_eq!(redeemed(&tested, &again, tokens[0], attempt).await, repeated);
    assert_eq!(redeemed(&tested, &again, tokens[0], fresh()).await, Redemption::Spent { at: spent_at });

    let away = left(&tested, again).await;
    let given = given_again(&tested, away, tokens[1]).await;
    let second = redeemed(&tested, &given, tokens[1], attempt).await;
    assert!(matches!(second, Redemption::Granted { journey, .. } if *journey == given));
    let deliveries = tested.store().deliveries(given.pay_id()).await.unwrap();
    assert_eq!(deliveries, [deliveries_of(&given, 0), deliveries_of(&given, 1)].concat());
}

pub(crate) async fn an_unspent_token_does_not_wait_for_the_next_round(tested: TestStore) {
    let token = fresh();
    let given = given(&tested, token).await;
    let away = reopened(&tested, given).await;
    let away = left(&tested, away).await;
    let granted = redeemed(&tested, &away, token, fresh()).await;
    assert!(matches!(&granted, Redemption::Granted { journey, .. } if **journey == away), "{granted:?}");
}

pub(crate) async fn a_token_of_a_second_round_waits_for_its_fact(tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let given = given(&tested, fresh()).await;
    let away = reopened(&tested, given).await;
    let away = left(&tested, away).await;
    let frozen =
        away.hand_back_early(ResponseId { visit: 1, response_digest: 1 }, held(tested.now()), tested.now()).unwrap();
    tested.done(&Step::to(frozen.clone()).with_token(Some(hourly(token)))).await;
    let pending = Redemption::Pending { journey: Box::new(frozen.clone()) };
    assert_eq!(redeemed(&tested, &frozen, token, attempt).await, pending);
    let given = given_again(&tested, frozen, token).await;
    let granted = redeemed(&tested, &given, token, attempt).await;
    assert!(matches!(granted, Redemption::Granted { journey, .. } if *journey == given));
}

pub(crate) async fn a_consent_is_kept_until_it_ends(tested: TestStore) {
    let given = given(&tested, fresh()).await;
    let (merchant, user) = (given.opening().merchant, given.opening().purpose.consent().unwrap().user);
    tested.pass(90 * DAY - HOUR);
    tested.store().tidy().await.unwrap();
    assert_eq!(tested.find(&given).await.as_ref(), Some(&given));
    for which in [JourneyFilter::All, JourneyFilter::Proven, JourneyFilter::OfUser(user)] {
        assert_eq!(tested.store().list(merchant, which, None, 9).await.unwrap(), [given.clone()]);
    }
}

pub(crate) async fn asking_again_in_vain_shortens_nothing(tested: TestStore) {
    let given = given(&tested, fresh()).await;
    tested.pass(DAY);
    let again = reopened(&tested, given).await;
    tested.pass(2 * HOUR);
    let lapsed = tested.concluded(again, &Fact::lapsed(), None).await;
    tested.pass(88 * DAY);
    tested.store().tidy().await.unwrap();
    assert_eq!(tested.find(&lapsed).await.as_ref(), Some(&lapsed));
    // And the last round may begin as late as it likes.
    let again = reopened(&tested, lapsed).await;
    tested.pass(30 * DAY);
    tested.store().tidy().await.unwrap();
    assert_eq!(tested.store().due(9).await.unwrap(), [again]);
}

pub(crate) async fn a_consent_asked_for_again_is_still_proven(tested: TestStore) {
    let given = given(&tested, fresh()).await;
    let merchant = given.opening().merchant;
    let again = reopened(&tested, given).await;
    assert_eq!(tested.store().list(merchant, JourneyFilter::Proven, None, 9).await.unwrap(), [again.clone()]);
    let away = left(&tested, again).await;
    let cancelled = tested.concluded(away, &Fact::pressed_cancel(), None).await;
    for which in [JourneyFilter::Proven, JourneyFilter::All] {
        assert_eq!(tested.store().list(merchant, which, None, 9).await.unwrap(), [cancelled.clone()]);
    }
}

//! Laws of lasting: what was acknowledged stays, and a store knows whose it is.

use super::cast::{Draft, away, deliveries_of, fresh, merchant, renamed, reservation};
use super::{HOUR, House, MINUTE};
use crate::domain::delivery::JourneyEvent;
use crate::domain::journey::Journey;
use crate::domain::outcome::Fact;
use crate::store::{JourneyFilter, Opened, REMEMBERED, Redemption, Replaced, Reserved, Step, StoreError};

pub(crate) async fn what_was_acknowledged_is_there_after_reopening(mut house: House) {
    let (state, token, keyed, opening, edit) = (fresh(), fresh(), reservation(), reservation(), reservation());
    let away = house.away(Draft::at(house.now()).journey(), state).await;
    let paid = house.paid(Draft::at(house.now()).notifying(["https://m.example/a"]).journey(), token).await;
    let reserved = Draft::at(house.now()).reserved_by(&opening).journey();
    assert_eq!(house.store().open(&reserved, &[], Some(&opening)).await.unwrap(), Opened::New);
    assert_eq!(house.store().reserve(&keyed).await.unwrap(), Reserved::Fresh);
    let shop = merchant("Shop", house.now());
    assert!(house.store().add(&shop).await.unwrap());
    let shop = renamed(&shop, "New shop");
    assert_eq!(house.store().replace(&shop, Some((&edit, 5))).await.unwrap(), Replaced::Done);

    house.reopen().await;
    assert_eq!(house.store().find_by_state(away.id().shard(), &state).await.unwrap(), Some((away, 0)));
    assert_eq!(house.find(&paid).await.as_ref(), Some(&paid));
    assert_eq!(house.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, 0));
    let merchants_own = house.store().list(paid.opening().merchant, JourneyFilter::Proven, None, 9).await.unwrap();
    assert_eq!(merchants_own, [paid.clone()]);
    let redeemed = house.store().redeem(paid.id().shard(), &token, paid.opening().merchant, &fresh()).await;
    assert!(matches!(redeemed.unwrap(), Redemption::Granted { .. }));
    let again = Draft::at(house.now()).reserved_by(&opening).journey();
    assert_eq!(house.store().open(&again, &[], Some(&opening)).await.unwrap(), Opened::Repeated(Box::new(reserved)));
    assert_eq!(house.store().reserve(&keyed).await.unwrap(), Reserved::Repeated);
    assert_eq!(house.store().merchants().await.unwrap(), [shop.clone()]);
    let edited = house.store().replace(&renamed(&shop, "Newer shop"), Some((&edit, 6))).await.unwrap();
    assert_eq!(edited, Replaced::Repeated(5));
}

pub(crate) async fn a_spent_token_is_spent_after_reopening(mut house: House) {
    let (token, attempt) = (fresh(), fresh());
    let paid = house.paid(Draft::at(house.now()).journey(), token).await;
    let (shard, by) = (paid.id().shard(), paid.opening().merchant);
    let first = house.store().redeem(shard, &token, by, &attempt).await.unwrap();
    let Redemption::Granted { spent_at: at, .. } = first else { panic!("{first:?}") };
    house.reopen().await;
    assert_eq!(house.store().redeem(shard, &token, by, &fresh()).await.unwrap(), Redemption::Spent { at });
    assert_eq!(house.store().redeem(shard, &token, by, &attempt).await.unwrap(), first);
}

pub(crate) async fn tidying_drops_nothing_that_is_promised(house: House) {
    let (state, spent, unspent, attempt, keyed) = (fresh(), fresh(), fresh(), fresh(), reservation());
    let open = house.opened(Draft::at(house.now()).journey()).await;
    let away = house.away(Draft::at(house.now()).lasting(HOUR).journey(), state).await;
    house.pass(HOUR - MINUTE);
    let paid = house.paid(Draft::at(house.now()).notifying(["https://m.example/a"]).journey(), spent).await;
    let late = house.concluded(open.clone(), &Fact::lapsed(), Some(house.token(unspent))).await;
    assert_eq!(house.store().reserve(&keyed).await.unwrap(), Reserved::Fresh);
    let redeem = async |journey: &Journey, token, attempt| {
        let by = journey.opening().merchant;
        house.store().redeem(journey.id().shard(), &token, by, &attempt).await.unwrap()
    };
    let granted = redeem(&paid, spent, attempt).await;

    house.pass(REMEMBERED - MINUTE);
    house.store().tidy().await.unwrap();
    assert_eq!(redeem(&paid, spent, attempt).await, granted);
    assert!(matches!(redeem(&late, unspent, attempt).await, Redemption::Expired { .. }));
    assert_eq!(house.store().find_by_state(away.id().shard(), &state).await.unwrap(), Some((away.clone(), 0)));
    assert_eq!(house.store().reserve(&keyed).await.unwrap(), Reserved::Repeated);
    assert_eq!(house.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, 0));
    assert_eq!(house.find(&paid).await, Some(paid));

    house.pass(3 * HOUR);
    house.store().tidy().await.unwrap();
    assert_eq!(house.store().due(9).await.unwrap(), [away]);
}

pub(crate) async fn what_belongs_to_a_journey_lasts_as_long_as_it_waits(house: House) {
    let (life, state, reservation) = (90 * 24 * HOUR, fresh(), reservation());
    let merchant = merchant("Shop", house.now()).id;
    let draft =
        Draft::at(house.now()).of(merchant).lasting(life).reserved_by(&reservation).notifying(["https://m.example/a"]);
    let open = draft.journey();
    let told = open.deliveries(JourneyEvent::Opened, house.now(), |_| true);
    assert_eq!(house.store().open(&open, &told, Some(&reservation)).await.unwrap(), Opened::New);
    let (away, visit) = away(open, house.now());
    house.done(&Step::to(away.clone()).with_state(state, visit)).await;
    for _ in 0..89 {
        house.pass(24 * HOUR);
        house.store().tidy().await.unwrap();
    }
    assert_eq!(house.find(&away).await.as_ref(), Some(&away));
    assert_eq!(house.store().find_by_state(away.id().shard(), &state).await.unwrap(), Some((away.clone(), visit)));
    assert_eq!(house.store().list(merchant, JourneyFilter::All, None, 9).await.unwrap(), [away.clone()]);
    assert_eq!(house.store().deliveries(away.pay_id()).await.unwrap(), told);
    let again = Draft::at(house.now()).of(merchant).reserved_by(&reservation).journey();
    let repeated = Opened::Repeated(Box::new(away.clone()));
    assert_eq!(house.store().open(&again, &[], Some(&reservation)).await.unwrap(), repeated);
    assert_eq!(house.store().due(9).await.unwrap(), []);
    house.pass(24 * HOUR);
    assert_eq!(house.store().due(9).await.unwrap(), [away]);
}

pub(crate) async fn a_new_store_takes_the_house_down(mut house: House) {
    let (ours, theirs) = (fresh(), fresh());
    house.store().settle_in(&[ours]).await.unwrap();
    house.store().settle_in(&[ours]).await.unwrap();
    house.reopen().await;
    house.store().settle_in(&[ours]).await.unwrap();
    assert!(matches!(house.store().settle_in(&[theirs]).await, Err(StoreError::Foreign(_))));
}

pub(crate) async fn a_key_may_follow_another(house: House) {
    let (old, new) = (fresh(), fresh());
    house.store().settle_in(&[old]).await.unwrap();
    house.store().settle_in(&[new, old]).await.unwrap();
    // From now on the new key is known, so that the old one may go in its time.
    house.store().settle_in(&[new]).await.unwrap();
    assert!(matches!(house.store().settle_in(&[old]).await, Err(StoreError::Foreign(_))));
}

pub(crate) async fn another_house_is_refused_and_changes_nothing(house: House) {
    let ours = fresh();
    house.store().settle_in(&[ours]).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(house.store().settle_in(&[fresh(), fresh()]).await, Err(StoreError::Foreign(_))));
    }
    house.store().settle_in(&[ours]).await.unwrap();
}

pub(crate) async fn a_store_answers_and_says_what_it_is(house: House) {
    house.store().ping().await.unwrap();
    assert!(!house.store().describe().is_empty());
}

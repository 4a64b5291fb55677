//! Laws of lasting: what was acknowledged stays, and a store knows whose it is.

use super::fixtures::{Draft, away, deliveries_of, fresh, hourly, merchant, renamed, reservation};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::{Fact, Journey, JourneyEvent};
use crate::store::{JourneyFilter, Opened, REMEMBERED, Redemption, Replaced, Reserved, Step, StoreError};

pub(crate) async fn what_was_acknowledged_is_there_after_reopening(mut tested: TestStore) {
    let (token, keyed, opening, edit) = (fresh(), reservation(), reservation(), reservation());
    let away = tested.away(Draft::at(tested.now()).journey()).await;
    let paid = tested.paid(Draft::at(tested.now()).notifying(["https://m.example/a"]).journey(), token).await;
    let reserved = Draft::at(tested.now()).reserved_by(&opening).journey();
    assert_eq!(tested.store().open(&reserved, &[], Some(&opening)).await.unwrap(), Opened::New);
    assert_eq!(tested.store().reserve(&keyed).await.unwrap(), Reserved::Fresh);
    let shop = merchant("Shop", tested.now());
    assert!(tested.store().add(&shop).await.unwrap());
    let shop = renamed(&shop, "New shop");
    assert_eq!(tested.store().replace(&shop, Some((&edit, 5))).await.unwrap(), Replaced::Done);

    tested.reopen().await;
    assert_eq!(tested.find(&away).await, Some(away));
    assert_eq!(tested.find(&paid).await.as_ref(), Some(&paid));
    assert_eq!(tested.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, 0));
    let merchants_own = tested.store().list(paid.opening().merchant, JourneyFilter::Proven, None, 9).await.unwrap();
    assert_eq!(merchants_own, [paid.clone()]);
    let redeemed = tested.store().redeem(paid.pay_id(), &token, &fresh()).await;
    assert!(matches!(redeemed.unwrap(), Redemption::Granted { .. }));
    let again = Draft::at(tested.now()).reserved_by(&opening).journey();
    assert_eq!(tested.store().open(&again, &[], Some(&opening)).await.unwrap(), Opened::Repeated(Box::new(reserved)));
    assert_eq!(tested.store().reserve(&keyed).await.unwrap(), Reserved::Repeated);
    assert_eq!(tested.store().merchants().await.unwrap(), [shop.clone()]);
    let edited = tested.store().replace(&renamed(&shop, "Newer shop"), Some((&edit, 6))).await.unwrap();
    assert_eq!(edited, Replaced::Repeated(5));
}

pub(crate) async fn a_spent_token_is_spent_after_reopening(mut tested: TestStore) {
    let (token, attempt) = (fresh(), fresh());
    let paid = tested.paid(Draft::at(tested.now()).journey(), token).await;
    let pay_id = paid.pay_id();
    let first = tested.store().redeem(pay_id, &token, &attempt).await.unwrap();
    let Redemption::Granted { spent_at: at, .. } = first else { panic!("{first:?}") };
    tested.reopen().await;
    assert_eq!(tested.store().redeem(pay_id, &token, &fresh()).await.unwrap(), Redemption::Spent { at });
    assert_eq!(tested.store().redeem(pay_id, &token, &attempt).await.unwrap(), first);
}

pub(crate) async fn tidying_drops_nothing_that_is_promised(tested: TestStore) {
    let (spent, unspent, attempt, keyed) = (fresh(), fresh(), fresh(), reservation());
    let open = tested.opened(Draft::at(tested.now()).journey()).await;
    let away = tested.away(Draft::at(tested.now()).lasting(HOUR).journey()).await;
    tested.pass(HOUR - MINUTE);
    let paid = tested.paid(Draft::at(tested.now()).notifying(["https://m.example/a"]).journey(), spent).await;
    let late = tested.concluded(open.clone(), &Fact::lapsed(), Some(hourly(unspent))).await;
    assert_eq!(tested.store().reserve(&keyed).await.unwrap(), Reserved::Fresh);
    let redeem = async |journey: &Journey, token, attempt| {
        tested.store().redeem(journey.pay_id(), &token, &attempt).await.unwrap()
    };
    let granted = redeem(&paid, spent, attempt).await;

    tested.pass(REMEMBERED - MINUTE);
    tested.store().tidy().await.unwrap();
    assert_eq!(redeem(&paid, spent, attempt).await, granted);
    assert!(matches!(redeem(&late, unspent, attempt).await, Redemption::Expired { .. }));
    assert_eq!(tested.find(&away).await.as_ref(), Some(&away));
    assert_eq!(tested.store().reserve(&keyed).await.unwrap(), Reserved::Repeated);
    assert_eq!(tested.store().deliveries(paid.pay_id()).await.unwrap(), deliveries_of(&paid, 0));
    assert_eq!(tested.find(&paid).await, Some(paid));

    tested.pass(3 * HOUR);
    tested.store().tidy().await.unwrap();
    assert_eq!(tested.store().due(9).await.unwrap(), [away]);
}

pub(crate) async fn what_belongs_to_a_journey_lasts_as_long_as_it_waits(tested: TestStore) {
    let (life, reservation) = (90 * 24 * HOUR, reservation());
    let merchant = merchant("Shop", tested.now()).id;
    let draft =
        Draft::at(tested.now()).of(merchant).lasting(life).reserved_by(&reservation).notifying(["https://m.example/a"]);
    let open = draft.journey();
    let deliveries = open.deliveries(JourneyEvent::Opened, tested.now(), |_| true);
    assert_eq!(tested.store().open(&open, &deliveries, Some(&reservation)).await.unwrap(), Opened::New);
    let (away, _) = away(open, tested.now());
    tested.done(&Step::to(away.clone())).await;
    for _ in 0..89 {
        tested.pass(24 * HOUR);
        tested.store().tidy().await.unwrap();
    }
    assert_eq!(tested.find(&away).await.as_ref(), Some(&away));
    assert_eq!(tested.store().list(merchant, JourneyFilter::All, None, 9).await.unwrap(), [away.clone()]);
    assert_eq!(tested.store().deliveries(away.pay_id()).await.unwrap(), deliveries);
    let again = Draft::at(tested.now()).of(merchant).reserved_by(&reservation).journey();
    let repeated = Opened::Repeated(Box::new(away.clone()));
    assert_eq!(tested.store().open(&again, &[], Some(&reservation)).await.unwrap(), repeated);
    assert_eq!(tested.store().due(9).await.unwrap(), []);
    tested.pass(24 * HOUR);
    assert_eq!(tested.store().due(9).await.unwrap(), [away]);
}

pub(crate) async fn a_new_store_notes_its_owner(mut tested: TestStore) {
    let (ours, theirs) = (fresh(), fresh());
    tested.store().register_owner(&[ours]).await.unwrap();
    tested.store().register_owner(&[ours]).await.unwrap();
    tested.reopen().await;
    tested.store().register_owner(&[ours]).await.unwrap();
    assert!(matches!(tested.store().register_owner(&[theirs]).await, Err(StoreError::Foreign(_))));
}

pub(crate) async fn a_key_may_follow_another(tested: TestStore) {
    let (old, new) = (fresh(), fresh());
    tested.store().register_owner(&[old]).await.unwrap();
    tested.store().register_owner(&[new, old]).await.unwrap();
    // From now on the new key is known, so that the old one may go in its time.
    tested.store().register_owner(&[new]).await.unwrap();
    assert!(matches!(tested.store().register_owner(&[old]).await, Err(StoreError::Foreign(_))));
}

pub(crate) async fn another_gateway_is_refused_and_changes_nothing(tested: TestStore) {
    let ours = fresh();
    tested.store().register_owner(&[ours]).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(tested.store().register_owner(&[fresh(), fresh()]).await, Err(StoreError::Foreign(_))));
    }
    tested.store().register_owner(&[ours]).await.unwrap();
}

pub(crate) async fn a_store_answers_and_says_what_it_is(tested: TestStore) {
    for _ in 0..2 {
        tested.pass(HOUR);
        let probed = tested.store().probe().await.unwrap();
        assert_eq!(probed.away, []);
        let apart = probed.now.map(|clock| clock.as_millis().abs_diff(tested.now().as_millis()));
        assert!(apart.is_none_or(|millis| millis < 10_000), "{apart:?}");
    }
    assert!(!tested.store().describe().is_empty());
}

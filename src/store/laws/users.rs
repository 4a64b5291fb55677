//! Laws of users: one for each id of a merchant's own.

use super::{MINUTE, TestStore, fixtures::user, races::race};
use crate::domain::{ApplicationUser, MerchantId, User};
use crate::store::Enrolled;

const RACERS: usize = 100;

fn somebody() -> MerchantId {
    MerchantId::mint(rand::random())
}

async fn enrolled(tested: &TestStore, user: &User) -> Enrolled {
    tested.store().enrol(user).await.unwrap()
}

async fn found(tested: &TestStore, user: &User) -> Option<User> {
    tested.store().user(user.merchant, user.id).await.unwrap()
}

async fn named(tested: &TestStore, merchant: MerchantId, own: &str) -> Option<User> {
    tested.store().user_named(merchant, &ApplicationUser::parse(own).unwrap()).await.unwrap()
}

async fn listed(tested: &TestStore, merchant: MerchantId) -> Vec<User> {
    tested.store().users(merchant, 1000).await.unwrap()
}

pub(crate) async fn a_user_is_enrolled_and_found(tested: TestStore) {
    let merchant = somebody();
    let ada = user(merchant, Some("ada"), tested.now());
    assert_eq!((found(&tested, &ada).await, named(&tested, merchant, "ada").await), (None, None));
    assert_eq!(enrolled(&tested, &ada).await, Enrolled::New);
    assert_eq!(found(&tested, &ada).await.as_ref(), Some(&ada));
    assert_eq!(named(&tested, merchant, "ada").await, Some(ada));
    assert_eq!(named(&tested, merchant, "Ada").await, None);
}

pub(crate) async fn a_user_without_an_own_id_is_enrolled_every_time(tested: TestStore) {
    let merchant = somebody();
    let users = [(); 3].map(|()| user(merchant, None, tested.now()));
    for user in &users {
        assert_eq!(enrolled(&tested, user).await, Enrolled::New);
        assert_eq!(found(&tested, user).await.as_ref(), Some(user));
    }
    assert_eq!(listed(&tested, merchant).await.len(), 3);
    assert!(tested.store().forget(&users[1]).await.unwrap());
    assert_eq!(found(&tested, &users[1]).await, None);
    assert_eq!(listed(&tested, merchant).await.len(), 2);
}

pub(crate) async fn an_own_id_is_taken_once(tested: TestStore) {
    let merchant = somebody();
    let ada = user(merchant, Some("ada"), tested.now());
    assert_eq!(enrolled(&tested, &ada).await, Enrolled::New);
    tested.pass(MINUTE);
    let other = user(merchant, Some("ada"), tested.now());
    for _ in 0..2 {
        assert_eq!(enrolled(&tested, &other).await, Enrolled::Known(ada.clone()));
    }
    assert_eq!(found(&tested, &other).await, None);
    assert_eq!(listed(&tested, merchant).await, [ada]);
}

pub(crate) async fn the_same_enrolment_tried_again_is_new(tested: TestStore) {
    let merchant = somebody();
    for own in [Some("ada"), None] {
        let ada = user(merchant, own, tested.now());
        for _ in 0..3 {
            assert_eq!(enrolled(&tested, &ada).await, Enrolled::New);
        }
        let as_often = listed(&tested, merchant).await.into_iter().filter(|user| *user == ada).count();
        assert_eq!(as_often, 1, "{own:?}");
    }
}

pub(crate) async fn of_many_enrolments_of_one_own_id_one_is_new(tested: TestStore) {
    let (merchant, now) = (somebody(), tested.now());
    let users: Vec<User> = (0..RACERS).map(|_| user(merchant, Some("ada"), now)).collect();
    let ends = race(users.clone().into_iter().map(|user| {
        let store = tested.store().clone();
        async move { store.enrol(&user).await.unwrap() }
    }))
    .await;
    let winner = &users[ends.iter().position(|end| *end == Enrolled::New).unwrap()];
    let known = ends.iter().filter(|end| matches!(end, Enrolled::Known(known) if known == winner));
    assert_eq!(known.count(), RACERS - 1);
    assert_eq!(listed(&tested, merchant).await, [winner.clone()]);
    assert_eq!(named(&tested, merchant, "ada").await.as_ref(), Some(winner));
}

pub(crate) async fn a_forgotten_user_leaves_its_own_id_free(tested: TestStore) {
    let merchant = somebody();
    let ada = user(merchant, Some("ada"), tested.now());
    assert!(!tested.store().forget(&ada).await.unwrap());
    assert_eq!(enrolled(&tested, &ada).await, Enrolled::New);
    assert!(tested.store().forget(&ada).await.unwrap());
    assert_eq!((found(&tested, &ada).await, named(&tested, merchant, "ada").await), (None, None));
    assert_eq!(listed(&tested, merchant).await, []);
    assert!(!tested.store().forget(&ada).await.unwrap());
    let successor = user(merchant, Some("ada"), tested.now());
    assert_eq!(enrolled(&tested, &successor).await, Enrolled::New);
    assert_eq!(named(&tested, merchant, "ada").await, Some(successor));
}

pub(crate) async fn forgetting_a_user_leaves_its_successor_alone(tested: TestStore) {
    let merchant = somebody();
    let [ada, successor] = [(); 2].map(|()| user(merchant, Some("ada"), tested.now()));
    assert_eq!(enrolled(&tested, &ada).await, Enrolled::New);
    assert!(tested.store().forget(&ada).await.unwrap());
    assert_eq!(enrolled(&tested, &successor).await, Enrolled::New);
    assert!(!tested.store().forget(&ada).await.unwrap());
    assert_eq!(named(&tested, merchant, "ada").await, Some(successor.clone()));
    assert_eq!(listed(&tested, merchant).await, [successor]);
}

pub(crate) async fn another_merchants_user_is_not_seen(tested: TestStore) {
    let (merchant, other) = (somebody(), somebody());
    let ada = user(merchant, Some("ada"), tested.now());
    assert_eq!(enrolled(&tested, &ada).await, Enrolled::New);
    let stolen = User { merchant: other, ..ada.clone() };
    assert_eq!((found(&tested, &stolen).await, named(&tested, other, "ada").await), (None, None));
    assert_eq!(listed(&tested, other).await, []);
    assert!(!tested.store().forget(&stolen).await.unwrap());
    let theirs = user(other, Some("ada"), tested.now());
    assert_eq!(enrolled(&tested, &theirs).await, Enrolled::New);
    assert_eq!((listed(&tested, merchant).await, listed(&tested, other).await), (vec![ada], vec![theirs]));
}

pub(crate) async fn users_are_listed_the_newest_first(tested: TestStore) {
    let merchant = somebody();
    let mut users: Vec<User> =
        (0..50).map(|n: u32| user(merchant, None, tested.now().plus((n / 3) * MINUTE))).collect();
    for user in users.iter().rev() {
        assert_eq!(enrolled(&tested, user).await, Enrolled::New);
    }
    users.sort_by_key(|user| std::cmp::Reverse((user.created_at, user.id)));
    assert_eq!(listed(&tested, merchant).await, users);
    for most in [0, 1, 7, 49, 50] {
        assert_eq!(tested.store().users(merchant, most).await.unwrap(), users[..most]);
    }
}

pub(crate) async fn users_are_there_after_reopening(mut tested: TestStore) {
    let merchant = somebody();
    let (named_one, nameless) = (user(merchant, Some("ada"), tested.now()), user(merchant, None, tested.now()));
    for user in [&named_one, &nameless] {
        assert_eq!(enrolled(&tested, user).await, Enrolled::New);
    }
    tested.reopen().await;
    for user in [&named_one, &nameless] {
        assert_eq!(found(&tested, user).await.as_ref(), Some(user));
    }
    let late = user(merchant, Some("ada"), tested.now());
    assert_eq!(enrolled(&tested, &late).await, Enrolled::Known(named_one.clone()));
    assert_eq!(named(&tested, merchant, "ada").await, Some(named_one));
}

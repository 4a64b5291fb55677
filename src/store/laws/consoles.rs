//! Laws of the console: sign-in links that work once, sessions, and audit logs.

use std::time::Duration;

use super::{HOUR, MINUTE, TestStore, fixtures::merchant};
use crate::domain::console::SEEN_EXACTLY;
use crate::domain::{
    AuditAction, AuditEntry, AuditPlace, ConsoleScope, ConsoleSession, Member, MemberName, MerchantId, Role, SessionId,
};

const RACERS: usize = 50;

/// As long as nobody waits.
const DAY: Duration = Duration::from_secs(24 * 3600);

fn shop() -> ConsoleScope {
    ConsoleScope::Merchant(MerchantId::mint(rand::random()))
}

fn id() -> SessionId {
    SessionId::new(rand::random())
}

fn ada(scope: ConsoleScope) -> Member {
    Member { scope, role: Role::Support, name: MemberName::parse("Ada").unwrap(), by_mail: true }
}

impl TestStore {
    async fn linked(&self, scope: ConsoleScope) -> SessionId {
        let link = id();
        self.store().keep_link(&link, &ada(scope), HOUR).await.unwrap();
        link
    }

    async fn begun(&self, scope: ConsoleScope, life: Duration) -> ConsoleSession {
        let (link, session) = (self.linked(scope).await, id());
        self.store().begin_session(scope, &link, &session, life).await.unwrap().unwrap()
    }

    async fn used(&self, session: &ConsoleSession, idle: Duration) -> Option<ConsoleSession> {
        self.store().use_session(session.member.scope, &session.id, idle).await.unwrap()
    }

    async fn member(&self, scope: ConsoleScope, link: &SessionId) -> Option<Member> {
        self.store().member_of_link(scope, link).await.unwrap()
    }

    async fn all(&self, scope: ConsoleScope) -> Vec<ConsoleSession> {
        self.store().sessions(scope, DAY).await.unwrap()
    }

    fn entry(&self, object: &str) -> AuditEntry {
        AuditEntry {
            place: AuditPlace { at: self.now(), mark: rand::random() },
            who: MemberName::parse("Ada").unwrap(),
            role: Role::Admin,
            action: AuditAction::CallbackAdded,
            object: object.into(),
        }
    }

    async fn logged(&self, scope: ConsoleScope, object: &str) -> AuditEntry {
        let entry = self.entry(object);
        self.store().keep_entry(scope, &entry, DAY).await.unwrap();
        entry
    }

    async fn log(&self, scope: ConsoleScope, after: Option<AuditPlace>, most: usize) -> Vec<AuditEntry> {
        self.store().entries(scope, after, most).await.unwrap()
    }
}

pub(crate) async fn a_link_signs_in_once_however_many_try(tested: TestStore) {
    let scope = shop();
    let link = tested.linked(scope).await;
    let attempts = (0..RACERS).map(|_| {
        let store = tested.store().clone();
        tokio::spawn(async move { store.begin_session(scope, &link, &id(), HOUR).await.unwrap() })
    });
    let mut begun = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        begun.extend(attempt.await.unwrap());
    }
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0].member, ada(scope));
    assert_eq!(tested.all(scope).await, begun);
    assert_eq!(tested.member(scope, &link).await, None);
}

pub(crate) async fn looking_at_a_link_uses_nothing_up(tested: TestStore) {
    for scope in [shop(), ConsoleScope::Operator] {
        let link = tested.linked(scope).await;
        for _ in 0..3 {
            assert_eq!(tested.member(scope, &link).await, Some(ada(scope)));
        }
        assert!(tested.store().begin_session(scope, &link, &id(), HOUR).await.unwrap().is_some());
    }
}

pub(crate) async fn a_link_ends_with_its_life(tested: TestStore) {
    let scope = shop();
    let link = tested.linked(scope).await;
    tested.pass(HOUR - MINUTE);
    assert!(tested.member(scope, &link).await.is_some());
    tested.pass(2 * MINUTE);
    assert_eq!(tested.member(scope, &link).await, None);
    assert_eq!(tested.store().begin_session(scope, &link, &id(), HOUR).await.unwrap(), None);
    assert_eq!(tested.store().begin_session(scope, &id(), &id(), HOUR).await.unwrap(), None, "nobody's");
}

pub(crate) async fn the_same_sign_in_tried_again_is_the_same_session(tested: TestStore) {
    let (scope, session) = (shop(), id());
    let link = tested.linked(scope).await;
    let mut begun = Vec::new();
    for _ in 0..2 {
        begun.extend(tested.store().begin_session(scope, &link, &session, HOUR).await.unwrap());
    }
    assert_eq!((begun.len(), &begun[0]), (2, &begun[1]));
    assert_eq!(tested.all(scope).await.len(), 1);
}

pub(crate) async fn a_session_ends_with_its_life(tested: TestStore) {
    let session = tested.begun(shop(), 3 * HOUR).await;
    assert_eq!(session.ends_at.since(session.begun_at), 3 * HOUR);
    tested.pass(3 * HOUR - MINUTE);
    assert!(tested.used(&session, DAY).await.is_some());
    tested.pass(2 * MINUTE);
    assert_eq!(tested.used(&session, DAY).await, None);
    assert_eq!(tested.all(session.member.scope).await, []);
}

pub(crate) async fn a_session_that_is_used_goes_on_and_one_that_rests_ends(tested: TestStore) {
    let scope = shop();
    let (used, rests) = (tested.begun(scope, DAY).await, tested.begun(scope, DAY).await);
    for _ in 0..3 {
        tested.pass(HOUR - MINUTE);
        let again = tested.used(&used, HOUR).await.unwrap();
        assert_eq!((again.begun_at, again.ends_at), (used.begun_at, used.ends_at));
        assert!(tested.now().since(again.seen_at) < SEEN_EXACTLY);
    }
    assert_eq!(tested.used(&rests, HOUR).await, None);
    let list = tested.store().sessions(scope, HOUR).await.unwrap();
    assert_eq!(list.iter().map(|session| session.id).collect::<Vec<_>>(), [used.id]);
}

pub(crate) async fn a_session_that_is_ended_is_gone_and_the_others_stay(tested: TestStore) {
    let scope = shop();
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(tested.begun(scope, HOUR).await);
        tested.pass(MINUTE);
    }
    assert!(tested.store().end_session(scope, &begun[1].id).await.unwrap());
    assert!(!tested.store().end_session(scope, &begun[1].id).await.unwrap());
    assert_eq!(tested.used(&begun[1], DAY).await, None);
    let left: Vec<_> = tested.all(scope).await.iter().map(|session| session.id).collect();
    assert_eq!(left, [begun[2].id, begun[0].id], "the newest first");
}

pub(crate) async fn another_console_knows_neither_link_nor_session(tested: TestStore) {
    let own = shop();
    let (link, session) = (tested.linked(own).await, tested.begun(own, HOUR).await);
    for other in [shop(), ConsoleScope::Operator] {
        assert_eq!(tested.member(other, &link).await, None);
        assert_eq!(tested.store().begin_session(other, &link, &id(), HOUR).await.unwrap(), None);
        assert_eq!(tested.store().use_session(other, &session.id, DAY).await.unwrap(), None);
        assert!(!tested.store().end_session(other, &session.id).await.unwrap());
        assert_eq!(tested.all(other).await, []);
    }
    assert!(tested.used(&session, DAY).await.is_some() && tested.member(own, &link).await.is_some());
}

pub(crate) async fn sessions_links_and_entries_are_there_after_reopening(mut tested: TestStore) {
    let scope = shop();
    let (link, session) = (tested.linked(scope).await, tested.begun(scope, HOUR).await);
    let entry = tested.logged(scope, "0").await;
    tested.reopen().await;
    assert_eq!(tested.member(scope, &link).await, Some(ada(scope)));
    assert_eq!(tested.used(&session, DAY).await, Some(session));
    assert_eq!(tested.log(scope, None, 9).await, [entry]);
}

pub(crate) async fn entries_are_listed_newest_first_and_in_pages(tested: TestStore) {
    let scope = shop();
    let mut all = Vec::new();
    for number in 0..7 {
        all.insert(0, tested.logged(scope, &number.to_string()).await);
        tested.pass(Duration::from_millis(u64::from(number % 2 == 0)));
    }
    // Within a millisecond by their marks.
    all.sort_by_key(|entry| std::cmp::Reverse(entry.place));
    assert_eq!(tested.log(scope, None, 99).await, all);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = tested.log(scope, after, 3).await;
        after = page.last().map(|entry| entry.place).or(after);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);
    assert_eq!(tested.log(shop(), None, 9).await, []);
}

pub(crate) async fn an_entry_tried_again_is_kept_once(tested: TestStore) {
    let (scope, entry) = (ConsoleScope::Operator, tested.entry("shop"));
    for _ in 0..2 {
        tested.store().keep_entry(scope, &entry, DAY).await.unwrap();
    }
    assert_eq!(tested.log(scope, None, 9).await, [entry]);
}

pub(crate) async fn an_entry_that_was_begun_ends_as_another_or_is_taken_back(tested: TestStore) {
    let (scope, store) = (shop(), tested.store().clone());
    let (begun, stays, back) =
        (tested.logged(scope, "begun").await, tested.logged(scope, "stays").await, tested.logged(scope, "back").await);
    let done = AuditEntry { object: "done".into(), action: AuditAction::CallbackDeleted, ..begun.clone() };
    // A call whose reply was lost is made again.
    for _ in 0..2 {
        store.end_entry(scope, begun.place, Some(&done), DAY).await.unwrap();
        store.end_entry(scope, back.place, None, DAY).await.unwrap();
    }
    let mut expected = vec![done, stays.clone()];
    expected.sort_by_key(|entry| std::cmp::Reverse(entry.place));
    assert_eq!(tested.log(scope, None, 9).await, expected);
    // A repetition ends as the entry that is there, whose words stay.
    let again = tested.logged(scope, "again").await;
    let other = AuditEntry { object: "other".into(), ..stays };
    store.end_entry(scope, again.place, Some(&other), DAY).await.unwrap();
    assert_eq!(tested.log(scope, None, 9).await, expected);
    // Of one console alone.
    store.end_entry(shop(), expected[0].place, None, DAY).await.unwrap();
    assert_eq!(tested.log(scope, None, 9).await.len(), 2);
}

pub(crate) async fn what_has_ended_is_tidied_away(tested: TestStore) {
    let scope = shop();
    let (link, old) = (tested.linked(scope).await, tested.logged(scope, "old").await);
    tested.begun(scope, HOUR).await;
    tested.store().tidy().await.unwrap();
    assert_eq!(tested.log(scope, None, 9).await, [old]);
    assert!(tested.member(scope, &link).await.is_some());
    tested.pass(DAY + HOUR);
    tested.store().tidy().await.unwrap();
    let new = tested.logged(scope, "new").await;
    assert_eq!(tested.log(scope, None, 9).await, [new]);
    assert_eq!((tested.all(scope).await.len(), tested.member(scope, &link).await), (0, None));
}

pub(crate) async fn a_merchant_that_is_removed_leaves_no_console(tested: TestStore) {
    let shop = merchant("Shop", tested.now());
    let scope = ConsoleScope::Merchant(shop.id);
    assert!(tested.store().add(&shop).await.unwrap());
    let session = tested.begun(scope, HOUR).await;
    tested.logged(scope, "0").await;
    assert!(tested.store().remove(&shop).await.unwrap());
    assert_eq!(tested.used(&session, DAY).await, None);
    assert_eq!(tested.log(scope, None, 9).await, []);
}

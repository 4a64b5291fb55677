//! A store that is copied record by record is the same store: one that holds every kind of record, and what it says.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::fixtures::{Draft, concluded, concluding, entry, fresh, held, hourly, merchant, renamed, reservation, user};
use super::{HOUR, MINUTE, TestStore};
use crate::domain::console::AUDIT_KEPT;
use crate::domain::feed::SETTLED;
use crate::domain::{
    AttemptRecord, AttemptResult, AuditAction, AuditEntry, AuditPlace, ConsoleScope, Digest, Fact, FeedEvent, Journey,
    Member, MemberName, Merchant, ResponseId, Role, SessionId, User, Verdict, WatchedCallback,
};
use crate::store::copy::{Batch, Kind, StoredRecord};
use crate::store::{
    DeliveryFilter, JourneyFilter, Kept, Opened, Redemption, Reservation, Reserved, Step, Store, Trouble,
};

/// Everybody whom a full store knows.
pub(crate) struct Known {
    shop: Merchant,
    user: User,
    journeys: Vec<Journey>,
    unspent: Digest,
    spent: (Digest, Digest),
    opened: Reservation,
    reserved: Reservation,
    changed: Reservation,
    shut: Digest,
    link: SessionId,
    session: SessionId,
}

const TOLD: [&str; 3] = ["https://m.example/a", "https://m.example/b", "https://m.example/c"];

impl TestStore {
    /// Fills the store with every kind of record, in every state that a copy may spoil.
    pub(crate) async fn fill(&self) -> Known {
        let (store, now) = (self.store(), self.now());
        let shop = merchant("Shop", now);
        assert!(store.add(&shop).await.unwrap());
        let changed = reservation();
        let shop_now = renamed(&shop, "Shop & Söhne");
        store.replace(&shop_now, Some((&changed, 41))).await.unwrap();
        let number = shop.api_keys[0].number;
        assert!(store.reserve_number(number, shop.id).await.unwrap());
        store.note_use(shop.id, number, now).await.unwrap();
        store.keep_logo(shop.id, &[0, 255, 7]).await.unwrap();
        let user = user(shop.id, Some("ada"), now);
        store.enrol(&user).await.unwrap();
        let known = Known {
            user,
            unspent: fresh(),
            spent: (fresh(), fresh()),
            opened: Reservation { kept: Kept::WithItsJourney, ..reservation() },
            reserved: reservation(),
            changed,
            shut: fresh(),
            link: SessionId::new(rand::random()),
            session: SessionId::new(rand::random()),
            journeys: self.journeys(&shop).await,
            shop: shop_now,
        };
        let known = self.with_tokens(known).await;
        store.reserve(&known.reserved).await.unwrap();
        store.shut(&known.shut).await.unwrap();
        let trouble = trouble(&known);
        assert!(store.tell_trouble(trouble).await.unwrap());
        self.console(&known).await;
        store.watch(&WatchedCallback::up(known.shop.id, entry("https://m.example/cb?x=1").url, now)).await.unwrap();
        self.pass(2 * SETTLED);
        known
    }

    /// Journeys at every stage, with deliveries that wait, fail, are held, are done and are dead.
    async fn journeys(&self, shop: &Merchant) -> Vec<Journey> {
        let draft = || Draft::at(self.now()).of(shop.id);
        let opened = self.opened(draft().journey()).await;
        let gone = self.away(draft().noted("gone").journey()).await;
        let told = self.paid(draft().notifying(TOLD).journey(), fresh()).await;
        let leased = self.store().lease(9, HOUR, rand::random()).await.unwrap();
        assert_eq!(leased.len(), TOLD.len());
        // The third stays where it is.
        for (leased, verdict) in leased.iter().zip([Verdict::Retry(MINUTE), Verdict::Dead]) {
            let attempt = AttemptRecord::new(self.now(), MINUTE, AttemptResult::Status(503), b"busy");
            assert!(self.store().report(&leased.lease, Some(&attempt), verdict).await.unwrap());
        }
        let (withdrawn, number) = concluded(
            self.opened(draft().notifying(["https://m.example/late"]).journey()).await,
            &Fact::withdrawn(),
            self.now(),
        );
        let step = concluding(withdrawn.clone(), None).with_event(FeedEvent::Concluded(number));
        self.done(&step).await;
        vec![opened, gone, told, withdrawn]
    }

    /// Journeys with tokens that are unspent, spent and pending, one of them opened by a reservation.
    async fn with_tokens(&self, mut known: Known) -> Known {
        let journey = Draft::at(self.now()).of(known.shop.id).about(known.user.id).reserved_by(&known.opened).journey();
        assert_eq!(self.store().open(&journey, &[], Some(&known.opened)).await.unwrap(), Opened::New);
        known.journeys.push(journey);
        for token in [known.unspent, known.spent.0] {
            known.journeys.push(self.paid(Draft::at(self.now()).of(known.shop.id).journey(), token).await);
        }
        let spent = known.journeys.last().unwrap().pay_id();
        let redeemed = self.store().redeem(spent, &known.spent.0, &known.spent.1).await.unwrap();
        assert!(matches!(redeemed, Redemption::Granted { .. }));
        let away = self.away(Draft::at(self.now()).of(known.shop.id).journey()).await;
        let answer = ResponseId { visit: 0, response_digest: 1 };
        let pending = away.hand_back_early(answer, held(self.now()), self.now()).unwrap();
        self.done(&Step::to(pending.clone()).with_token(Some(hourly(fresh())))).await;
        known.journeys.push(pending);
        known
    }

    async fn console(&self, known: &Known) {
        let scope = ConsoleScope::Merchant(known.shop.id);
        for (scope, link) in [(scope, known.link), (ConsoleScope::Operator, SessionId::new([3; 16]))] {
            let member = Member { scope, role: Role::Support, name: MemberName::parse("Ada").unwrap(), by_mail: false };
            self.store().keep_link(&link, &member, HOUR).await.unwrap();
            let used = SessionId::new(rand::random());
            self.store().keep_link(&used, &member, HOUR).await.unwrap();
            self.store().begin_session(scope, &used, &known.session, HOUR).await.unwrap().unwrap();
            let place = AuditPlace { at: self.now(), mark: rand::random() };
            let (who, action) = (member.name, AuditAction::CallbackAdded);
            let entry = AuditEntry { place, who, role: Role::Admin, action, object: "0".into() };
            self.store().keep_entry(scope, &entry, AUDIT_KEPT).await.unwrap();
        }
    }
}

fn trouble(known: &Known) -> Trouble<'_> {
    let (merchant, pay_id) = (known.shop.id, known.journeys[0].pay_id());
    Trouble { merchant, pay_id, event: FeedEvent::ProviderAway(0), with: "acme", quiet: HOUR }
}

/// A journey that is over for long, but for a delivery whose receiver is paused.
pub(crate) async fn waiting_at_a_paused_endpoint(tested: &TestStore) -> Journey {
    let journey = tested.paid(Draft::at(tested.now()).notifying(["https://m.example/paused"]).journey(), fresh()).await;
    for _ in 0..60 {
        let leased = tested.store().lease(1, HOUR, rand::random()).await.unwrap().remove(0);
        tested.store().give_back(&[(leased.lease, 24 * HOUR)]).await.unwrap();
        tested.pass(24 * HOUR);
    }
    journey
}

/// Asserts that the delivery of this journey, and nothing else, is left to a courier.
pub(crate) async fn assert_waits(store: &dyn Store, journey: &Journey) {
    assert_eq!(store.find(journey.pay_id()).await.unwrap().as_ref(), Some(journey));
    let leased = store.lease(9, MINUTE, 1).await.unwrap();
    assert_eq!(leased.iter().map(|leased| &leased.context.journey).collect::<Vec<_>>(), [journey]);
}

/// All records of a store, sorted.
pub(crate) async fn records(store: &dyn Store) -> Vec<StoredRecord> {
    let (sender, mut batches) = mpsc::channel::<Batch>(1);
    let gathering = async move {
        let mut records = Vec::new();
        while let Some(batch) = batches.recv().await {
            records.extend(batch.records);
        }
        records
    };
    let (read, mut records) = tokio::join!(store.read_all(sender), gathering);
    read.unwrap();
    records.sort_by_cached_key(|record| format!("{record:?}"));
    records.dedup();
    records
}

/// Asserts that a store holds every kind of record.
pub(crate) fn assert_full(records: &[StoredRecord]) {
    let kinds: BTreeSet<_> = records.iter().map(StoredRecord::kind).collect();
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
}

/// What a store says to all questions that change nothing.
async fn portrait(store: &dyn Store, known: &Known) -> Vec<String> {
    let (shop, scope) = (known.shop.id, ConsoleScope::Merchant(known.shop.id));
    let mut said = vec![
        format!("{:?}", store.merchants().await),
        format!("{:?}", store.merchant_of_key(known.shop.api_keys[0].number).await),
        format!("{:?}", store.last_uses(shop).await),
        format!("{:?}", store.logo(shop).await),
        format!("{:?}", store.users(shop, 9).await),
        format!("{:?}", store.user_named(shop, known.user.application_user.as_ref().unwrap()).await),
        format!("{:?}", store.list(shop, JourneyFilter::All, None, 99).await),
        format!("{:?}", store.list(shop, JourneyFilter::Proven, None, 99).await),
        format!("{:?}", store.list(shop, JourneyFilter::OfUser(known.user.id), None, 99).await),
        format!("{:?}", store.events(shop, None, 99).await),
        format!("{:?}", store.is_shut(&known.shut).await),
        format!("{:?}", store.member_of_link(scope, &known.link).await),
        format!("{:?}", store.sessions(scope, HOUR).await),
        format!("{:?}", store.entries(scope, None, 9).await),
        format!("{:?}", store.entries(ConsoleScope::Operator, None, 9).await),
        format!("{:?}", store.watched().await),
        format!("{:?}", store.opened_by(&known.opened).await),
        format!("{:?}", store.replaced_by(shop, &known.changed).await),
    ];
    for filter in [DeliveryFilter::Waiting, DeliveryFilter::Failing, DeliveryFilter::Dead] {
        said.push(format!("{:?}", store.deliveries_of(shop, filter, None, 99).await));
    }
    for journey in &known.journeys {
        said.push(format!("{:?}", store.find(journey.pay_id()).await));
        said.push(format!("{:?}", store.deliveries(journey.pay_id()).await));
    }
    said
}

/// Asserts that a store that a full one was copied to is the same, and goes on where that one was.
pub(crate) async fn assert_goes_on(tested: &TestStore, copy: &Arc<dyn Store>, known: &Known) {
    assert_eq!(records(copy.as_ref()).await, records(tested.store().as_ref()).await);
    assert_eq!(portrait(copy.as_ref(), known).await, portrait(tested.store().as_ref(), known).await);
    // The last journeys are those of the tokens: unspent, spent, pending.
    let of =
        |token: &Digest| known.journeys[known.journeys.len() - if *token == known.unspent { 3 } else { 2 }].pay_id();
    let redeem = async |token: &Digest, attempt: &Digest| copy.redeem(of(token), token, attempt).await.unwrap();
    assert!(matches!(redeem(&known.spent.0, &fresh()).await, Redemption::Spent { .. }));
    assert!(matches!(redeem(&known.spent.0, &known.spent.1).await, Redemption::Granted { .. }));
    assert!(matches!(redeem(&known.unspent, &fresh()).await, Redemption::Granted { .. }));
    assert_eq!(copy.reserve(&known.reserved).await.unwrap(), Reserved::Repeated);
    assert!(!copy.tell_trouble(trouble(known)).await.unwrap());
    // What was left to a courier comes again when that lapses, and what failed when it is due.
    assert_eq!(copy.lease(9, MINUTE, 1).await.unwrap().len(), 1, "one was never tried");
    tested.pass(2 * MINUTE);
    assert_eq!(copy.lease(9, HOUR, 2).await.unwrap().len(), 2, "the untried one again, and the failing one");
    tested.pass(2 * HOUR);
    assert_eq!(copy.lease(9, HOUR, 3).await.unwrap().len(), 3, "and the one that was held");
    assert_eq!(copy.due(99).await.unwrap().len(), tested.store().due(99).await.unwrap().len());
}

pub(crate) async fn every_record_is_read_and_can_be_written_again(tested: TestStore) {
    let known = tested.fill().await;
    let all = records(tested.store().as_ref()).await;
    assert_full(&all);
    let before = portrait(tested.store().as_ref(), &known).await;
    // In a feed that is merged from shards an event may stand in several: it is not written twice into one store.
    let again = all.iter().filter(|record| record.kind() != Kind::Event).cloned();
    tested.store().write_all(again.collect()).await.unwrap();
    assert_eq!(records(tested.store().as_ref()).await, all);
    assert_eq!(portrait(tested.store().as_ref(), &known).await, before);
}

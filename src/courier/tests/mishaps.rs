//! Tries that break off, leases that lapse, a store that is away, and who waits for what is put off.

use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

use super::*;
use crate::store::receiver_name;

impl Round {
    /// Changes the store's file behind its back.
    fn meddle(&self, sql: &str) {
        let db = Connection::open(self.folder.path().join("handback.sqlite3")).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db.execute_batch(sql).unwrap();
    }

    /// Pays a journey that notifies this URL, and answers what is done when its delivery is tried or put off.
    async fn announced(&self, merchant: MerchantId, url: &str) -> (Journey, impl Future<Output = ()> + use<>) {
        let journey = self.opened(merchant, [url]).await;
        let mut tried = None;
        let watch = |deliveries: &[Delivery]| {
            tried = Some(self.first_attempts.tried(deliveries.iter().map(|delivery| delivery.id).collect()));
        };
        let paid = self.conclude(journey, self.clock.now(), watch).await;
        self.first_attempts.wake();
        (paid, tried.expect("deliveries"))
    }

    fn happened(&self, wanted: Event) -> usize {
        self.seen.happened.lock().unwrap().iter().filter(|event| **event == wanted).count()
    }

    /// Rings all the time.
    fn ring_on(&self) -> tokio::task::JoinHandle<()> {
        let first_attempts = Arc::clone(&self.first_attempts);
        tokio::spawn(async move {
            loop {
                first_attempts.wake();
                tokio::task::yield_now().await;
            }
        })
    }
}

#[tokio::test]
async fn a_try_that_breaks_off_makes_room_and_comes_again() {
    let round = Round::new();
    *round.post.breaks.lock().unwrap() = 4;
    let (merchant, mut journeys) = (MerchantId::mint(rand::random()), Vec::new());
    for _ in 0..6 {
        journeys.push(round.paid_by(merchant, ["https://well.example/n"]).await);
    }
    let courier = round.courier();
    // Two at a time.
    eventually(|| async { round.happened(Event::Judged(Verdict::Delivered)) == 2 }).await;
    round.clock.advance(LEASE);
    for journey in &journeys {
        eventually(|| async { round.delivery(journey).await.state == State::Delivered }).await;
    }
    courier.stop().await;
    assert_eq!(round.post.sent_to("well.example").len(), 10);
}

#[tokio::test]
async fn who_waits_for_what_is_put_off_is_told() {
    let round = Round::new();
    round.post.answers("busy.example", &[429]);
    let merchant = MerchantId::mint(rand::random());
    let courier = round.courier();
    for sent in [1, 1] {
        // The first is tried, and its endpoint rests from then on.
        let (_, tried) = round.announced(merchant, "https://busy.example/n").await;
        tokio::time::timeout(Duration::from_secs(20), tried).await.expect("nothing was tried");
        assert_eq!(round.post.sent_to("busy.example").len(), sent);
    }
    courier.stop().await;
}

#[tokio::test]
async fn what_happens_to_a_journey_is_told_in_its_order_from_a_queue_too() {
    let round = Round::new();
    round.post.slow.lock().unwrap().insert("slow.example".into(), Duration::from_millis(100));
    let (merchant, url) = (MerchantId::mint(rand::random()), ["https://slow.example/n"]);
    for _ in 0..4 {
        round.paid_by(merchant, url).await;
    }
    round.clock.advance(Duration::from_millis(10));
    let now = round.clock.now();
    let mut journey = Draft::at(now).of(merchant).notifying(url).journey();
    round.store.open(&journey, &[], None).await.unwrap();
    for (number, fact) in (0..).zip([Fact::pressed_cancel(), Fact::paid()]) {
        journey = concluded(journey, &fact, now).0;
        let deliveries =
            journey
                .deliveries(JourneyEvent::Concluded(number), now.plus(Duration::from_millis(number.into())), |_| true);
        round.store.take(&Step::to(journey.clone()).with_deliveries(deliveries)).await.unwrap();
    }
    round.clock.advance(Duration::from_millis(10));
    let courier = round.courier();
    eventually(|| async { round.happened(Event::Judged(Verdict::Delivered)) == 6 }).await;
    courier.stop().await;
    let at_once = round.post.at_once.lock().unwrap();
    assert!(at_once["slow.example"].1 > 1, "others go beside it: {at_once:?}");
    assert_eq!(at_once[&journey.id().to_string()], (0, 1));
    let ids: Vec<_> =
        round.post.sent_to("slow.example").into_iter().map(|(outgoing, _)| outgoing.headers[0].1.clone()).collect();
    let own = [0, 1].map(|number| ids.iter().position(|id| *id == format!("{}_{number}_c0", journey.id())));
    assert!(own.is_sorted(), "{ids:?}");
}

#[tokio::test]
async fn a_lease_that_lapses_during_its_try_costs_no_second_one() {
    let round = Round::new();
    round.post.slow.lock().unwrap().insert("slow.example".into(), Duration::from_secs(2));
    let journey = round.paid(["https://slow.example/n"]).await;
    let courier = round.courier();
    eventually(|| async { round.post.sent_to("slow.example").len() == 1 }).await;
    for _ in 0..2 {
        round.clock.advance(LEASE);
        let looks = round.seen.looks();
        eventually(|| async { round.seen.looks() >= looks + 2 }).await;
    }
    eventually(|| async { round.delivery(&journey).await.state == State::Delivered }).await;
    courier.stop().await;
    assert_eq!((round.delivery(&journey).await.tries, round.post.sent_to("slow.example").len()), (1, 1));
    assert_eq!(round.happened(Event::FencedOff), 0);
}

#[tokio::test]
async fn what_the_store_kept_from_being_sent_comes_again_soon() {
    let round = Round::new();
    let journey = round.paid(["https://well.example/n"]).await;
    round.meddle("ALTER TABLE shut_endpoints RENAME TO away");
    let courier = round.courier();
    eventually(|| async { round.happened(Event::GivenBack(1)) > 0 }).await;
    round.meddle("ALTER TABLE away RENAME TO shut_endpoints");
    round.clock.advance(TROUBLE);
    eventually(|| async { round.delivery(&journey).await.state == State::Delivered }).await;
    courier.stop().await;
    assert_eq!(round.delivery(&journey).await.tries, 1);
}

#[tokio::test]
async fn an_endpoint_that_another_node_finds_gone_is_soon_left_alone_here_too() {
    let (round, merchant, url) = (Round::new(), MerchantId::mint(rand::random()), "https://gone.example/n");
    let courier = round.courier();
    let before = round.paid_by(merchant, [url]).await;
    eventually(|| async { round.delivery(&before).await.state == State::Delivered }).await;
    round.store.shut(&receiver_name(merchant, url)).await.unwrap();
    // What comes at once may still be sent.
    eventually(|| async {
        let journey = round.paid_by(merchant, [url]).await;
        eventually(|| async { round.delivery(&journey).await.state != State::Waiting }).await;
        round.delivery(&journey).await.state == State::Gone
    })
    .await;
    let next = round.paid_by(merchant, [url]).await;
    eventually(|| async { round.delivery(&next).await.state != State::Waiting }).await;
    assert_eq!(round.delivery(&next).await.state, State::Gone, "nor is it taken for open because it was looked up");
    courier.stop().await;
}

#[tokio::test]
async fn however_often_the_bell_is_rung_the_store_is_left_a_breath() {
    let round = Round::new();
    let (courier, ringing) = (round.courier(), round.ring_on());
    eventually(|| async { round.seen.looks() >= 20 }).await;
    ringing.abort();
    courier.stop().await;
    let looked = round.seen.looked.lock().unwrap();
    let shortest = looked.windows(2).map(|pair| pair[1] - pair[0]).min();
    assert!(shortest >= Some(Pause::IDLE.least), "{shortest:?}");
}

/// Counts how often it is asked for entropy: once for each look into the store.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Clock for Counting {
    fn ahead(&self) -> Duration {
        Duration::ZERO
    }

    fn entropy(&self) -> [u8; 32] {
        self.0.fetch_add(1, Ordering::SeqCst);
        [7; 32]
    }
}

#[tokio::test]
async fn a_bell_rung_does_not_storm_a_store_in_trouble() {
    let (round, clock) = (Round::new(), Arc::<Counting>::default());
    round.meddle("ALTER TABLE deliveries RENAME TO away");
    let began = Instant::now();
    let courier = round.courier_with(Arc::new(SecPaid), Arc::clone(&clock) as Arc<dyn Clock>);
    let ringing = round.ring_on();
    eventually(|| async { clock.0.load(Ordering::SeqCst) > 0 && began.elapsed() > TROUBLE / 4 }).await;
    ringing.abort();
    courier.stop().await;
    let (looked, most) = (clock.0.load(Ordering::SeqCst), 1 + began.elapsed().as_millis() / TROUBLE.as_millis());
    assert!(u128::try_from(looked).unwrap() <= most, "{looked} looks");
}

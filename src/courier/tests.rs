//! The courier at work, with a sender that answers as it is told, on a store of its own.

mod crowds;
mod mishaps;
mod mixtures;
mod queues;
mod schedules;

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::clock::{Clock, TestClock};
use crate::dialect::secpaid::SecPaid;
use crate::domain::delivery::State;
use crate::domain::{AttemptResult, Delivery, Dialect, Fact, Journey, JourneyEvent, MerchantId, Verdict};
use crate::engine::{deps::CourierWaker as _, tests::fixtures::deps};
use crate::store::laws::fixtures::{Draft, away, concluded};
use crate::store::{Deliveries as _, Journeys as _, Step, Store, embedded::Embedded};

const KEEP: Duration = Duration::from_hours(24);

/// Answers each host, or one of its paths, as it is told, 200 by default, and remembers what was sent. A status that is
/// none is another result, by its number.
#[derive(Default)]
struct Post {
    answers: Mutex<HashMap<String, Vec<u16>>>,
    hangs: Mutex<HashMap<String, Duration>>,
    slow: Mutex<HashMap<String, Duration>>,
    sent: Mutex<Vec<(OutgoingRequest, Instant)>>,
    at_once: Mutex<HashMap<String, (usize, usize)>>,
    /// How many of the next tries break off.
    breaks: Mutex<usize>,
}

#[async_trait]
impl Sender for Post {
    async fn send(&self, outgoing: &OutgoingRequest, _: Duration) -> Answered {
        let (host, path) = (host(&outgoing.url), path(&outgoing.url));
        self.sent.lock().unwrap().push((outgoing.clone(), Instant::now()));
        assert!(!self.breaks(), "this try breaks off");
        // Of its host, and of its journey.
        let journey = outgoing.headers[0].1.rsplitn(3, '_').last().unwrap().to_owned();
        for name in [&host, &path, &journey] {
            let mut at_once = self.at_once.lock().unwrap();
            let (now, most) = at_once.entry(name.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
        }
        let of = |spans: &Mutex<HashMap<String, Duration>>| {
            let spans = spans.lock().unwrap();
            spans.get(&path).or_else(|| spans.get(&host)).copied()
        };
        let (hang, slow) = (of(&self.hangs), of(&self.slow));
        tokio::time::sleep(hang.or(slow).unwrap_or_default()).await;
        for name in [&host, &path, &journey] {
            self.at_once.lock().unwrap().entry(name.clone()).or_default().0 -= 1;
        }
        if hang.is_some() {
            return Answered { attempt_result: AttemptResult::Unanswered, retry_after: None, body: Vec::new() };
        }
        let mut answers = self.answers.lock().unwrap();
        let status = answers.get_mut(&host).map_or(200, |row| if row.len() > 1 { row.remove(0) } else { row[0] });
        let attempt_result = AttemptResult::of_number(status).unwrap();
        Answered { attempt_result, retry_after: None, body: b"as told".to_vec() }
    }
}

impl Post {
    fn answers(&self, host: &str, row: &[u16]) {
        self.answers.lock().unwrap().insert(host.to_owned(), row.to_vec());
    }

    fn breaks(&self) -> bool {
        let mut left = self.breaks.lock().unwrap();
        let breaks = *left > 0;
        *left = left.saturating_sub(1);
        breaks
    }

    fn sent_to(&self, wanted: &str) -> Vec<(OutgoingRequest, Instant)> {
        self.sent.lock().unwrap().iter().filter(|(outgoing, _)| host(&outgoing.url) == wanted).cloned().collect()
    }
}

/// The host with the path.
fn path(url: &str) -> String {
    format!("{}{}", host(url), url::Url::parse(url).unwrap().path())
}

fn host(url: &str) -> String {
    url::Url::parse(url).unwrap().host_str().unwrap().to_owned()
}

struct Round {
    folder: TempDir,
    clock: Arc<TestClock>,
    store: Arc<Embedded>,
    post: Arc<Post>,
    seen: Arc<Seen>,
    first_attempts: Arc<FirstAttempts>,
}

/// Remembers what it saw.
#[derive(Default)]
struct Seen {
    happened: Mutex<Vec<Event>>,
    looked: Mutex<Vec<Instant>>,
}

impl Seen {
    /// How often the courier has looked for work.
    fn looks(&self) -> usize {
        self.looked.lock().unwrap().len()
    }
}

impl Watcher for Seen {
    fn saw(&self, event: Event) {
        match event {
            Event::Stands(_) => self.looked.lock().unwrap().push(Instant::now()),
            event => self.happened.lock().unwrap().push(event),
        }
    }
}

impl Round {
    fn new() -> Self {
        let (folder, clock) = (TempDir::new().unwrap(), Arc::<TestClock>::default());
        let store = Embedded::open(folder.path(), Arc::clone(&clock) as Arc<dyn Clock>, KEEP).unwrap();
        let store = Arc::new(store);
        Self { folder, clock, store, post: Arc::default(), seen: Arc::default(), first_attempts: Arc::default() }
    }

    /// A journey, paid, that notifies these URLs.
    async fn paid<const N: usize>(&self, urls: [&str; N]) -> Journey {
        self.paid_by(MerchantId::mint(rand::random()), urls).await
    }

    async fn paid_by<const N: usize>(&self, merchant: MerchantId, urls: [&str; N]) -> Journey {
        let now = self.clock.now();
        let journey = self.opened(merchant, urls).await;
        let (away, _) = away(journey, now);
        self.store.take(&Step::to(away.clone())).await.unwrap();
        self.conclude(away, now, |_| ()).await
    }

    async fn opened<const N: usize>(&self, merchant: MerchantId, urls: [&str; N]) -> Journey {
        let journey = Draft::at(self.clock.now()).of(merchant).notifying(urls).journey();
        self.store.open(&journey, &[], None).await.unwrap();
        journey
    }

    /// Pays a journey, with deliveries that are due at this moment and that `before` sees before they are written.
    async fn conclude(&self, journey: Journey, due_at: UnixMillis, before: impl FnOnce(&[Delivery])) -> Journey {
        let (paid, number) = concluded(journey, &Fact::paid(), self.clock.now());
        let deliveries = paid.deliveries(JourneyEvent::Concluded(number), due_at, |_| true);
        before(&deliveries);
        self.store.take(&Step::to(paid.clone()).with_deliveries(deliveries)).await.unwrap();
        paid
    }

    async fn delivery(&self, journey: &Journey) -> Delivery {
        self.store.deliveries(journey.pay_id()).await.unwrap().remove(0)
    }

    fn courier(&self) -> Running {
        self.courier_speaking(Arc::new(SecPaid))
    }

    fn courier_speaking(&self, dialect: Arc<dyn Dialect>) -> Running {
        self.courier_with(dialect, Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    fn courier_with(&self, dialect: Arc<dyn Dialect>, clock: Arc<dyn Clock>) -> Running {
        let deps = Deps { dialects: vec![dialect], ..deps(Arc::clone(&self.store) as Arc<dyn Store>, clock) };
        let (sender, watcher) = (Arc::clone(&self.post), Arc::clone(&self.seen));
        let courier = Courier::new(Arc::new(deps), sender, Arc::clone(&self.first_attempts), watcher);
        let (stop, stopped) = oneshot::channel::<()>();
        Running { stop, task: tokio::spawn(Arc::new(courier).run(async { drop(stopped.await) })) }
    }
}

struct Running {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

async fn eventually<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < deadline, "it never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_happens_to_a_journey_is_told_in_its_order_and_other_journeys_go_ahead() {
    let round = Round::new();
    round.post.hangs.lock().unwrap().insert("slow.example".into(), Duration::from_millis(300));
    let merchant = MerchantId::mint(rand::random());
    let url = ["https://slow.example/n"];
    let now = round.clock.now();
    let journey = Draft::at(now).of(merchant).notifying(url).journey();
    let opened = journey.deliveries(JourneyEvent::Opened, now, |_| true);
    round.store.open(&journey, &opened, None).await.unwrap();
    let mut journey = journey;
    for (number, fact) in (0..).zip([Fact::pressed_cancel(), Fact::paid()]) {
        journey = concluded(journey, &fact, now).0;
        let deliveries = journey.deliveries(
            JourneyEvent::Concluded(number),
            now.plus(Duration::from_millis(u64::from(number) + 1)),
            |_| true,
        );
        round.store.take(&Step::to(journey.clone()).with_deliveries(deliveries)).await.unwrap();
    }
    let other = round.paid_by(merchant, url).await;
    let courier = round.courier();
    eventually(|| async { round.post.sent_to("slow.example").len() == 4 }).await;
    courier.stop().await;
    let sent = round.post.sent_to("slow.example");
    let ids: Vec<_> = sent.iter().map(|(outgoing, _)| outgoing.headers[0].1.clone()).collect();
    let place = |id: String| ids.iter().position(|sent| *sent == id).unwrap();
    let own = |event: &str| format!("{}_{event}_c0", journey.id());
    assert!(place(own("o")) < place(own("0")) && place(own("0")) < place(own("1")), "{ids:?}");
    assert!(place(format!("{}_0_c0", other.id())) < 2, "another journey waits for nobody");
    let (_, most) = round.post.at_once.lock().unwrap()["slow.example"];
    assert_eq!(most, 2, "the second was sent when the first had ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_hangs_delays_nobody_else() {
    let round = Round::new();
    round.post.hangs.lock().unwrap().insert("hangs.example".into(), Duration::from_mins(10));
    let merchant = MerchantId::mint(rand::random());
    // More than are leased at once, and than a queue has room for.
    for _ in 0..300 {
        round.paid_by(merchant, ["https://hangs.example/n"]).await;
    }
    let courier = round.courier();
    let mut well = Vec::new();
    for n in 0..100 {
        well.push(round.paid([format!("https://well{n}.example/n").as_str()]).await);
    }
    for journey in &well {
        eventually(|| async { round.delivery(journey).await.state == State::Delivered }).await;
    }
    let at_once = round.post.at_once.lock().unwrap()["hangs.example"];
    assert_eq!(at_once, (2, 2), "the first ones at one endpoint hang still, and there are no more");
    courier.task.abort();
}

#[tokio::test]
async fn a_courier_that_stops_finishes_or_gives_back_what_it_holds() {
    let round = Round::new();
    round.post.hangs.lock().unwrap().insert("hangs.example".into(), Duration::from_millis(300));
    let (merchant, mut journeys) = (MerchantId::mint(rand::random()), Vec::new());
    for _ in 0..10 {
        journeys.push(round.paid_by(merchant, ["https://hangs.example/n"]).await);
    }
    let courier = round.courier();
    eventually(|| async { round.post.sent.lock().unwrap().len() == 2 }).await;
    courier.stop().await;
    let mut tries = Vec::new();
    for journey in &journeys {
        tries.push(round.delivery(journey).await.tries);
    }
    tries.sort_unstable();
    assert_eq!((tries, round.post.sent.lock().unwrap().len()), (vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 1], 2));
    let free = round.store.lease(100, LEASE, 7).await.unwrap();
    assert_eq!(free.len(), 8, "what was not tried is there for the next one at once");
}

#[tokio::test]
async fn what_is_gone_is_told_nothing_more() {
    let round = Round::new();
    round.post.answers("gone.example", &[410]);
    let first = round.paid(["https://gone.example/n?shop=1"]).await;
    let courier = round.courier();
    eventually(|| async { round.delivery(&first).await.state == State::Gone }).await;
    let merchant = first.opening().merchant;
    let second = round.paid_by(merchant, ["https://gone.example/n?shop=2"]).await;
    eventually(|| async { round.delivery(&second).await.state == State::Gone }).await;
    assert_eq!((round.post.sent_to("gone.example").len(), round.delivery(&second).await.tries), (1, 0));
    // The endpoint is shut at this path, and for this merchant alone.
    round.post.answers("gone.example", &[200]);
    let elsewhere = round.paid_by(merchant, ["https://gone.example/elsewhere"]).await;
    let others = round.paid(["https://gone.example/n?shop=3"]).await;
    for journey in [&elsewhere, &others] {
        eventually(|| async { round.delivery(journey).await.state == State::Delivered }).await;
    }
    courier.stop().await;
}

#[tokio::test]
async fn the_letter_is_the_browsers_query_without_a_token() {
    let round = Round::new();
    let journey = round.paid(["https://well.example/n?own=1&"]).await;
    let courier = round.courier();
    eventually(|| async { round.delivery(&journey).await.state == State::Delivered }).await;
    courier.stop().await;
    let [(outgoing, _)] = <[_; 1]>::try_from(round.post.sent_to("well.example")).unwrap();
    let query = format!("pay_id={}&user_id={}&status=success", journey.pay_id(), journey.opening().merchant);
    assert_eq!((outgoing.url, outgoing.body), (format!("https://well.example/n?own=1&{query}"), None));
    assert_eq!(round.delivery(&journey).await.tries, 1);
}

#[tokio::test]
async fn the_watcher_is_told_what_came_of_each() {
    let round = Round::new();
    round.post.answers("down.example", &[503]);
    let well = round.paid(["https://well.example/n"]).await;
    let down = round.paid(["https://down.example/n"]).await;
    let courier = round.courier();
    for journey in [&well, &down] {
        eventually(|| async { round.delivery(journey).await.tries == 1 }).await;
    }
    eventually(|| async { round.seen.happened.lock().unwrap().len() == 4 }).await;
    courier.stop().await;
    let seen = round.seen.happened.lock().unwrap();
    for told in [
        Event::Tried(AttemptResult::Status(200)),
        Event::Judged(Verdict::Delivered),
        Event::Tried(AttemptResult::Status(503)),
    ] {
        assert!(seen.contains(&told), "{told:?}: {seen:?}");
    }
    assert!(seen.iter().any(|event| matches!(event, Event::Judged(Verdict::Retry(_)))), "{seen:?}");
}

#[tokio::test]
async fn tries_that_end_all_the_time_keep_nobody_from_the_store() {
    let round = Round::new();
    // Each ends sooner than the courier would look again by itself, and there is always one more.
    round.post.slow.lock().unwrap().insert("busy.example".into(), Duration::from_millis(100));
    let (merchant, mut journeys) = (MerchantId::mint(rand::random()), Vec::new());
    for _ in 0..48 {
        journeys.push(round.paid_by(merchant, ["https://busy.example/n"]).await);
    }
    let courier = round.courier();
    for journey in &journeys {
        eventually(|| async { round.delivery(journey).await.state == State::Delivered }).await;
    }
    courier.stop().await;
    let sent: Vec<_> = round.post.sent_to("busy.example").into_iter().map(|(_, at)| at).collect();
    let looked = round.seen.looked.lock().unwrap();
    assert!(looked.iter().any(|at| sent[2] < *at && *at < sent[47]), "it looks for others while one is busy");
}

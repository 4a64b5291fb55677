//! The attempts at a dead endpoint are the printed table, on a clock that the test moves.

use super::*;
use crate::domain::{
    CallbackDialect, DeliveryId, FinalOutcome, HandBack, Params, Schedule, Target, UnixMillis, WebhookDialect,
};
use crate::store::DeliveryFilter;

/// A dialect like any other, but for when it tries.
#[derive(Debug)]
struct Scheduled(Schedule);

impl Dialect for Scheduled {
    fn name(&self) -> &'static str {
        SecPaid.name()
    }
}

impl CallbackDialect for Scheduled {
    fn appended(&self) -> &'static [&'static str] {
        SecPaid.appended()
    }

    fn hands_back_early(&self, journey: &Journey) -> bool {
        SecPaid.hands_back_early(journey)
    }

    fn callback_params(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        SecPaid.callback_params(journey, hand_back)
    }

    fn status(&self, journey: &Journey, final_outcome: &FinalOutcome) -> &'static str {
        SecPaid.status(journey, final_outcome)
    }
}

impl WebhookDialect for Scheduled {
    fn delivery_policy(&self, _: Target) -> DeliveryPolicy {
        DeliveryPolicy { schedule: self.0, ..DeliveryPolicy::CALLBACK }
    }
}

/// A schedule as it is printed: the wait before each try, and by how many thousandths it may be longer.
struct Table {
    schedule: Schedule,
    printed: &'static [&'static str],
    jitter: u32,
}

impl Table {
    /// Standard Webhooks, "Retries": `tests` of `domain/delivery/schedule.rs` has it too.
    const STANDARD: Self = Self {
        schedule: Schedule::STANDARD,
        printed: &["0s", "5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"],
        jitter: 100,
    };

    fn waits(&self) -> Vec<Duration> {
        self.printed.iter().map(|text| read(text)).collect()
    }

    /// The earliest and the latest that a try may be due which is said to be due after `wait`: what is printed is the
    /// least.
    fn bounds(&self, wait: Duration) -> (Duration, Duration) {
        (wait, wait * (1000 + self.jitter) / 1000)
    }
}

fn read(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "s" => Duration::from_secs(number),
        "m" => Duration::from_mins(number),
        "h" => Duration::from_hours(number),
        other => panic!("{other} is no unit"),
    }
}

impl Round {
    /// Moves the clock half way to this moment, and lets the courier look twice for work.
    async fn wait_half_way(&self, due_at: UnixMillis) {
        self.clock.advance(due_at.since(self.clock.now()) / 2);
        let looks = self.seen.looks();
        eventually(|| async { self.seen.looks() >= looks + 2 }).await;
    }

    async fn dead_letters(&self, journey: &Journey) -> Vec<DeliveryId> {
        let dead = self.store.deliveries_of(journey.opening().merchant, DeliveryFilter::Dead, None, 10).await.unwrap();
        dead.into_iter().map(|context| context.delivery.id).collect()
    }
}

#[tokio::test]
async fn the_attempts_are_the_table_of_standard_webhooks() {
    the_attempts_are(&Table::STANDARD).await;
}

async fn the_attempts_are(table: &Table) {
    let (round, waits) = (Round::new(), table.waits());
    round.post.answers("down.example", &[500]);
    let journey = round.paid(["https://down.example/n"]).await;
    let delivery_id = round.delivery(&journey).await.id;
    let (courier, mut before) =
        (round.courier_speaking(Arc::new(Scheduled(table.schedule))), UnixMillis::from_millis(0));
    for (tries, next) in (1..).zip(waits.iter().skip(1)) {
        let delivery = tried(&round, &journey, tries, State::Waiting).await;
        let (earliest, latest) = table.bounds(*next);
        // It was judged at some moment after the last that was not yet its own, and before now.
        assert!(delivery.due_at >= before.plus(earliest), "try {tries}: {:?}", delivery.due_at);
        assert!(delivery.due_at <= round.clock.now().plus(latest), "try {tries}: {:?}", delivery.due_at);
        round.wait_half_way(delivery.due_at).await;
        assert_eq!(round.post.sent_to("down.example").len(), usize::from(tries), "not before it is due");
        before = round.clock.now();
        round.clock.advance(delivery.due_at.since(before));
    }
    let last = u8::try_from(waits.len()).unwrap();
    tried(&round, &journey, last, State::Dead).await;
    assert_eq!(round.dead_letters(&journey).await, [delivery_id]);
    round.clock.advance(Duration::from_hours(200));
    round.wait_half_way(round.clock.now()).await;
    let sent = round.post.sent_to("down.example");
    assert_eq!(sent.len(), waits.len(), "so many tries, and no more");
    let id = ("webhook-id", delivery_id.to_string());
    assert!(sent.iter().all(|(outgoing, _)| outgoing.headers.contains(&id)), "the id is the same every time");

    round.post.answers("down.example", &[200]);
    assert!(round.store.replay(&delivery_id, journey.opening().merchant).await.unwrap());
    tried(&round, &journey, 1, State::Delivered).await;
    assert_eq!(round.dead_letters(&journey).await, []);
    courier.stop().await;
}

/// Waits until so many tries have been made, and answers the delivery, which must be in this state.
async fn tried(round: &Round, journey: &Journey, tries: u8, state: State) -> Delivery {
    eventually(|| async {
        let delivery = round.delivery(journey).await;
        delivery.tries == tries && (state == State::Waiting || delivery.state != State::Waiting)
    })
    .await;
    let delivery = round.delivery(journey).await;
    assert_eq!(delivery.state, state, "after {tries} tries");
    delivery
}

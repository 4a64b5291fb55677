//! How soon the first attempt is made beside what fails, by order, on a clock that the test moves.

use super::super::queue::CONCURRENCY;
use super::*;
use crate::domain::UnixMillis;

/// How many attempts go to one receiver together: they may overtake each other on their way out of the store.
const TOGETHER: usize = CONCURRENCY.0 as usize;

/// Whose deliveries were sent, in their order.
fn order(round: &Round, host: &str) -> Vec<String> {
    let sent = round.post.sent_to(host).into_iter();
    sent.map(|(outgoing, _)| outgoing.headers[0].1.rsplitn(3, '_').last().unwrap().to_owned()).collect()
}

impl Round {
    /// A journey, paid, whose delivery to this URL is due at this moment.
    async fn paid_from(&self, merchant: MerchantId, url: &str, due_at: UnixMillis) -> Journey {
        let journey = self.opened(merchant, [url]).await;
        self.conclude(journey, due_at, |_| ()).await
    }
}

/// However many webhooks fail at a URL, and in whichever way, the first attempt at the next one is the next thing sent.
#[tokio::test]
async fn the_next_notice_is_the_next_thing_sent_however_many_have_failed_before() {
    // 2 is a refused connection, 3 is no answer.
    for status in [500, 404, 301, 503, 502, 2, 3] {
        for failing in [6, 12, 100] {
            let round = Round::new();
            round.post.answers("shop.example", &[status]);
            let merchant = MerchantId::mint(rand::random());
            let url = "https://shop.example/hook";
            let mut journeys = Vec::new();
            for _ in 0..failing {
                journeys.push(round.paid_by(merchant, [url]).await);
            }
            let courier = round.courier();
            for journey in &journeys {
                eventually(|| async { round.delivery(journey).await.tries > 0 }).await;
            }
            // All of them are due again by then.
            let due_at = round.clock.now().plus(Duration::from_secs(20));
            let event = round.paid_from(merchant, url, due_at).await;
            // On a machine that is slow some may have been tried again by now.
            let before = round.post.sent_to("shop.example").len();
            round.clock.advance(Duration::from_secs(20));
            eventually(|| async { round.delivery(&event).await.tries == 1 }).await;
            courier.stop().await;
            // Where the receiver is away one goes at a time; else some that go together may overtake each other on
            // their way out of the store.
            let together = if AttemptResult::of_number(status).unwrap().is_absence() { 1 } else { TOGETHER };
            let sent = order(&round, "shop.example");
            let mut next = sent.iter().skip(before).take(together);
            assert!(next.any(|id| *id == event.id().to_string()), "{failing} times {status}");
        }
    }
}

/// A courier that begins finds the same.
#[tokio::test]
async fn after_a_restart_what_was_never_tried_is_sent_before_every_retry() {
    let round = Round::new();
    round.post.answers("shop.example", &[500]);
    let (merchant, url) = (MerchantId::mint(rand::random()), "https://shop.example/hook");
    let mut journeys = Vec::new();
    for _ in 0..150 {
        journeys.push(round.paid_by(merchant, [url]).await);
    }
    let courier = round.courier();
    // Each was tried, however slow the machine is: one that was not would go first, too.
    for journey in &journeys {
        eventually(|| async { round.delivery(journey).await.tries > 0 }).await;
    }
    courier.stop().await;
    round.clock.advance(Duration::from_hours(1));
    let (event, before) = (round.paid_by(merchant, [url]).await, round.post.sent_to("shop.example").len());
    let courier = round.courier();
    eventually(|| async { round.delivery(&event).await.tries == 1 }).await;
    courier.stop().await;
    let sent = order(&round, "shop.example");
    assert!(sent.iter().skip(before).take(TOGETHER).any(|id| *id == event.id().to_string()));
}

#[tokio::test]
async fn a_path_that_hangs_leaves_room_for_the_others_of_its_host() {
    for hanging in [8, 100] {
        let round = Round::new();
        round.post.hangs.lock().unwrap().insert("shop.example/hang".into(), Duration::from_mins(10));
        let merchant = MerchantId::mint(rand::random());
        for n in 0..hanging {
            round.paid_by(merchant, [format!("https://shop.example/hang?n={n}").as_str()]).await;
        }
        let courier = round.courier();
        eventually(|| async { round.post.sent_to("shop.example").len() == 2 }).await;
        for path in ["orders", "refunds", "orders"] {
            let journey = round.paid_by(merchant, [format!("https://shop.example/{path}").as_str()]).await;
            eventually(|| async { round.delivery(&journey).await.state == State::Delivered }).await;
        }
        let at_once = round.post.at_once.lock().unwrap()["shop.example/hang"];
        assert_eq!(at_once, (2, 2), "half of the places");
        courier.task.abort();
    }
}

/// Each attempt is kept as it was made.
#[tokio::test]
async fn every_attempt_is_kept_with_its_time_and_the_beginning_of_the_answer() {
    let round = Round::new();
    round.post.answers("shop.example", &[500, 2, 200]);
    let journey = round.paid(["https://shop.example/hook"]).await;
    let (courier, mut times) = (round.courier(), Vec::new());
    for tries in 1..=3_u8 {
        times.push(round.clock.now());
        eventually(|| async { round.delivery(&journey).await.tries == tries }).await;
        let due_at = round.delivery(&journey).await.due_at;
        round.clock.advance(due_at.since(round.clock.now()));
    }
    courier.stop().await;
    let attempts = round.delivery(&journey).await.attempts;
    let results: Vec<_> = attempts.iter().map(|attempt| attempt.result().number()).collect();
    assert_eq!(results, [500, 2, 200]);
    assert!(attempts.iter().zip(&times).all(|(attempt, at)| attempt.at() >= *at), "{attempts:?} {times:?}");
    assert_eq!(attempts[0].excerpt(), b"as told");
}

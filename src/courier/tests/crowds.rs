//! Many receivers that hang: how many attempts do at a time, which ones end early, and who goes on beside them.

use super::super::hanging::MOST;
use super::*;

/// How many more receivers hang than may.
const BEYOND: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_hang_few_do_at_a_time_and_nobody_waits_for_them() {
    let round = Round::new();
    // Nothing comes again meanwhile.
    round.clock.stop();
    let hangs = |host: &str| round.post.hangs.lock().unwrap().insert(host.into(), Duration::from_mins(10));
    // A merchant has one that hangs, before all others; another one has more of them than may hang.
    let (few, many) = [(); 2].map(|()| MerchantId::mint(rand::random())).into();
    hangs("slow.example");
    let slow = round.paid_by(few, ["https://slow.example/n"]).await;
    let (courier, mut crowd) = (round.courier(), Vec::new());
    eventually(|| async { round.post.sent_to("slow.example").len() == 1 }).await;
    for n in 0..MOST + BEYOND - 1 {
        let host = format!("hangs{n}.example");
        hangs(&host);
        crowd.push(round.paid_by(many, [format!("https://{host}/n").as_str()]).await);
    }
    eventually(|| async { round.post.sent.lock().unwrap().len() >= MOST + BEYOND }).await;
    let well = round.paid_by(many, ["https://well.example/n"]).await;
    eventually(|| async { round.delivery(&well).await.state == State::Delivered }).await;
    // Judged and reported: what was only tried is not in the store yet.
    let put_off = || round.seen.happened.lock().unwrap().iter().filter(|event| is_put_off(event)).count();
    eventually(|| async { put_off() >= BEYOND }).await;
    assert_eq!(round.delivery(&slow).await.tries, 0, "the one of the merchant that has no other goes on");
    let mut tried = Vec::new();
    for journey in &crowd {
        tried.push(round.delivery(journey).await);
    }
    let ended: Vec<_> = tried.iter().filter(|delivery| delivery.tries == 1).collect();
    assert_eq!(ended.len(), BEYOND, "as many end early as would be too many");
    assert!(tried[MOST / 2..].iter().all(|delivery| delivery.tries == 0), "those that have hung the longest");
    assert!(ended.iter().all(|delivery| delivery.state == State::Waiting && delivery.attempts.len() == 1));
    let [attempt] = &ended[0].attempts[..] else { panic!("one attempt") };
    assert_eq!(attempt.result(), AttemptResult::Unanswered);
    assert!(attempt.excerpt().starts_with(b"not answered: given up early"), "its merchant reads why");
    courier.task.abort();
}

fn is_put_off(event: &Event) -> bool {
    matches!(event, Event::Judged(Verdict::Retry(_)))
}

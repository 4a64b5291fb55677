//! Queues by themselves: who goes, who waits, who is put off.

use super::super::backoff::{FAILURES, REST};
use super::super::queue::{CONCURRENCY, End, Load, ReceiverQueue};
use super::super::queues::{Admission, HANDS, MEMORY, MOST_RETRIED, Queues};
use super::super::receiver::{Held, Receiver, Seat};
use super::super::timetable::{NO_ROOM, USUAL_DURATION};
use super::*;
use crate::domain::{AttemptRecord, UnixMillis};
use crate::store::DeliveryContext;

const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);
const NEW: usize = CONCURRENCY.0 as usize;
const GROWN: usize = CONCURRENCY.1 as usize;
const SHOP: &str = "https://shop.example/";

/// A delivery to this URL after so many tries.
fn held(url: &str, tries: u8) -> Held {
    let away = away(Draft::at(NOW).notifying([url]).journey(), NOW).0;
    let (journey, _) = concluded(away, &Fact::paid(), NOW);
    let delivery = Delivery { tries, ..journey.deliveries(JourneyEvent::Concluded(0), NOW, |_| true).remove(0) };
    let lease = Lease { id: delivery.id, merchant: MerchantId::mint([7; 16]), by: 1 };
    (Box::new(Leased { context: DeliveryContext { delivery, journey }, lease }), Instant::now() + LEASE)
}

/// A delivery to this URL whose last attempt was not answered for so long.
fn unanswered(url: &str, took: Duration) -> Held {
    let mut held = held(url, 1);
    held.0.context.delivery.attempts.push(AttemptRecord::new(NOW, took, AttemptResult::Unanswered, b""));
    held
}

fn receiver(url: &str) -> Receiver {
    Receiver::of(&held(url, 0).0)
}

impl Queues {
    /// One that was never tried comes.
    fn first_attempt(&mut self, url: &str) -> Admission {
        self.admit(held(url, 0), NOW, 0)
    }

    fn retry(&mut self, url: &str) -> Admission {
        self.admit(held(url, 1), NOW, 0)
    }

    /// One comes again whose last attempt was not answered for so long.
    fn retry_after(&mut self, url: &str, took: Duration) -> Admission {
        self.admit(unanswered(url, took), NOW, 0)
    }

    /// As many come as find room; answers how many go at once.
    fn fill(&mut self, url: &str) -> usize {
        let mut going = 0;
        loop {
            match self.first_attempt(url) {
                Admission::Go(_) => going += 1,
                Admission::Queued => {}
                Admission::PutOff(_) => return going,
            }
        }
    }

    /// A first attempt has ended, and who waited for it is set going; answers how many of them.
    fn land(&mut self, url: &str, load: Load, took: Duration) -> usize {
        self.done(&Seat::of(&held(url, 0).0), End { load, took }, NOW, 0);
        std::iter::from_fn(|| self.next(&receiver(url))).count()
    }

    fn of(&self, url: &str) -> &ReceiverQueue {
        self.queue(&receiver(url)).unwrap()
    }
}

fn goes(admission: &Admission) -> bool {
    matches!(admission, Admission::Go(_))
}

const QUICK: Duration = Duration::from_millis(1);

#[test]
fn a_receiver_is_a_merchants_scheme_host_and_port() {
    let one = receiver("https://a.example/x?y#z");
    for same in ["https://a.example", "https://a.example?x", "https://a.example/other"] {
        assert_eq!(receiver(same), one, "{same}");
    }
    for other in ["https://a.example:8443/x", "https://b.example/x", "http://127.0.0.1:1/x"] {
        assert_ne!(receiver(other), one, "{other}");
    }
    let paths = ["https://a.example/x?y#z", "https://a.example?x", "https://a.example/{pay_id}#x"]
        .map(|url| Seat::of(&held(url, 0).0).path);
    assert_eq!(paths, ["/x", "", "/{pay_id}"]);
}

#[test]
fn a_path_that_hangs_takes_at_most_half_and_one_place_is_always_for_others() {
    let mut queues = Queues::default();
    assert_eq!(queues.fill("https://shop.example/hang?n=1"), NEW / 2);
    assert!(
        goes(&queues.first_attempt("https://shop.example/orders"))
            && goes(&queues.first_attempt("https://shop.example/refunds"))
    );
    assert!(matches!(queues.first_attempt("https://shop.example/orders"), Admission::Queued), "it has a seat, too");
    assert_eq!(queues.running(), NEW);
    // One that has answered promptly may have more, but never all; one that has answered slowly may not.
    let (mut prompt, mut slow) = (Queues::default(), Queues::default());
    for (queues, took) in [(&mut prompt, QUICK), (&mut slow, Duration::from_secs(3))] {
        for _ in NEW..=GROWN {
            queues.fill(SHOP);
            queues.land(SHOP, Load::Received, took);
        }
        queues.fill(SHOP);
        assert_eq!(queues.of(SHOP).concurrency(), GROWN);
    }
    assert_eq!((prompt.running(), slow.running()), (GROWN - 1, GROWN / 2));
    for queues in [&mut prompt, &mut slow] {
        assert!(goes(&queues.first_attempt("https://shop.example/orders")));
    }
    // It hangs from now on, and is back at half when those have ended that are under way.
    for _ in 0..GROWN / 2 {
        prompt.land(SHOP, Load::Hung, Duration::from_secs(15));
    }
    assert!(prompt.running() <= GROWN / 2 + 1, "{}", prompt.running());
}

#[test]
fn what_was_never_tried_goes_before_every_retry() {
    let mut queues = Queues::default();
    let retries = (0..10).filter(|n| goes(&queues.retry(&format!("https://shop.example/{n}")))).count();
    assert_eq!((retries, queues.waiting()), (NEW - 1, 10 - retries), "one place is left");
    assert!(goes(&queues.first_attempt("https://shop.example/news")));
    assert!(matches!(queues.first_attempt("https://shop.example/more"), Admission::Queued));
    queues.done(&Seat::of(&held("https://shop.example/0", 1).0), End { load: Load::Answered, took: QUICK }, NOW, 0);
    let next = queues.next(&receiver(SHOP)).unwrap();
    assert_eq!(Seat::of(&next.0).path, "/more", "it came last");
    assert!(queues.next(&receiver(SHOP)).is_none());
    // On one path, too.
    let mut queues = Queues::default();
    assert!(goes(&queues.retry(SHOP)));
    assert!(matches!(queues.retry(SHOP), Admission::Queued));
    assert!(goes(&queues.first_attempt(SHOP)));
}

#[test]
fn an_answer_that_comes_at_once_slows_nobody_down_whatever_it_says() {
    let mut queues = Queues::default();
    for _ in 0..100 {
        assert!(goes(&queues.first_attempt(SHOP)));
        queues.land(SHOP, Load::Answered, QUICK);
        assert_eq!(queues.backing_off(NOW), 0);
    }
    assert!(goes(&queues.retry(SHOP)), "and retries go on");
}

#[test]
fn a_path_that_hangs_backs_off_alone() {
    let (mut queues, hangs) = (Queues::default(), "https://shop.example/hang");
    for _ in 0..FAILURES {
        assert!(goes(&queues.first_attempt(hangs)));
        queues.land(hangs, Load::Hung, Duration::from_secs(15));
    }
    assert_eq!(queues.backing_off(NOW), 1);
    assert!(matches!(queues.retry(hangs), Admission::PutOff(wait) if wait > REST.0));
    assert!(goes(&queues.first_attempt(hangs)), "news is tried all the same, one at a time");
    assert!(!goes(&queues.first_attempt(hangs)));
    for n in 0..NEW - 1 {
        assert!(goes(&queues.first_attempt(&format!("https://shop.example/{n}"))), "{n}");
    }
    // Several paths that hang are a receiver that hangs.
    let mut queues = Queues::default();
    for n in 0..FAILURES {
        let url = format!("https://shop.example/{n}");
        assert!(goes(&queues.first_attempt(&url)));
        queues.land(&url, Load::Hung, Duration::from_secs(15));
    }
    assert!(matches!(queues.retry("https://shop.example/orders"), Admission::PutOff(_)));
    assert!(
        goes(&queues.first_attempt("https://shop.example/orders"))
            && !goes(&queues.first_attempt("https://shop.example/more"))
    );
}

#[test]
fn a_receiver_that_is_away_is_tried_one_at_a_time_until_it_answers() {
    let (mut queues, mut now) = (Queues::default(), NOW);
    let away = End { load: Load::Away, took: QUICK };
    for _ in 0..NEW + 3 {
        queues.retry(&format!("https://shop.example/{}", queues.running()));
    }
    for failure in 1..=FAILURES {
        let put_off = queues.done(&Seat::of(&held("https://shop.example/0", 1).0), away, now, 0);
        assert_eq!(!put_off.is_empty(), failure == FAILURES, "{failure}");
    }
    assert_eq!(queues.waiting(), 0);
    let seat = Seat::of(&held(SHOP, 1).0);
    let come = |queues: &mut Queues, tries, now| queues.admit(held(SHOP, tries), now, 0);
    for rest in [5, 10, 20, 40, 80, 160, 300, 300] {
        assert!(matches!(come(&mut queues, 1, now), Admission::PutOff(_)), "a retry rests");
        now = now.plus(Duration::from_secs(rest));
        assert!(goes(&come(&mut queues, 1, now)), "it is tried after {rest} s");
        assert!(matches!(come(&mut queues, 1, now), Admission::PutOff(_)), "one at a time");
        queues.done(&seat, away, now, 0);
    }
    assert!(goes(&come(&mut queues, 0, now)), "news needs no rest");
    assert!(matches!(come(&mut queues, 0, now), Admission::Queued), "and waits for news alone");
    assert_eq!(queues.backing_off(now), 1);
    queues.done(&Seat::of(&held(SHOP, 0).0), End { load: Load::Answered, took: QUICK }, now, 0);
    assert!(queues.next(&receiver(SHOP)).is_some() && goes(&come(&mut queues, 0, now)), "somebody is there");
    assert_eq!(queues.backing_off(now), 0);
}

#[test]
fn a_receiver_that_asks_to_be_left_alone_is() {
    let (mut queues, rest) = (Queues::default(), Duration::from_mins(2));
    queues.fill(SHOP);
    let alone = End { load: Load::LeaveAlone(rest), took: QUICK };
    let put_off = queues.done(&Seat::of(&held(SHOP, 0).0), alone, NOW, 0);
    assert!(!put_off.is_empty() && put_off.iter().all(|(_, wait)| *wait == rest));
    assert!(matches!(queues.first_attempt(SHOP), Admission::PutOff(wait) if wait == rest));
    assert!(matches!(queues.retry(SHOP), Admission::PutOff(wait) if wait > rest), "who wakes first is news");
    let later = NOW.plus(rest);
    queues.done(&Seat::of(&held(SHOP, 0).0), End { load: Load::Nothing, took: QUICK }, later, 0);
    assert!(goes(&queues.admit(held(SHOP, 0), later, 0)));
}

#[test]
fn a_full_queue_leaves_the_others_alone() {
    let mut queues = Queues::default();
    assert_eq!(queues.fill("https://hangs.example/"), NEW / 2);
    let come = |queues: &mut Queues| match queues.first_attempt("https://hangs.example/") {
        Admission::PutOff(wait) => wait,
        other => panic!("{other:?}"),
    };
    assert!((0..1000).all(|_| come(&mut queues) == NO_ROOM.0), "nobody has answered, and somebody may at any moment");
    assert!(goes(&queues.first_attempt("https://hangs.example/other")), "nor another path");
    assert!(goes(&queues.first_attempt("https://well.example/")));
}

#[test]
fn what_finds_no_room_at_a_receiver_that_answers_comes_again_in_turn() {
    let mut queues = Queues::default();
    queues.fill(SHOP);
    queues.land(SHOP, Load::Received, USUAL_DURATION);
    queues.fill(SHOP);
    let put_off = |admission| match admission {
        Admission::PutOff(wait) => wait,
        other => panic!("{other:?}"),
    };
    let waits: Vec<_> = (0..10_000).map(|_| put_off(queues.first_attempt(SHOP))).collect();
    assert!(waits.is_sorted() && waits[0] >= USUAL_DURATION && waits.last() == Some(&NO_ROOM.1), "{:?}", waits[0]);
}

#[test]
fn a_queue_grows_while_others_wait_and_is_back_where_it_began_when_nobody_is_there() {
    let mut queues = Queues::default();
    for n in 1..=2 * GROWN {
        queues.fill(SHOP);
        queues.land(SHOP, Load::Received, USUAL_DURATION);
        assert_eq!(queues.of(SHOP).concurrency(), GROWN.min(NEW + n), "after {n} that were received");
    }
    let depth = queues.of(SHOP).depth();
    queues.land(SHOP, Load::Answered, USUAL_DURATION);
    assert_eq!(queues.of(SHOP).concurrency(), GROWN, "one that fails on its own account changes nothing");
    queues.land(SHOP, Load::Away, USUAL_DURATION);
    assert_eq!(queues.of(SHOP).concurrency(), NEW);
    assert!(queues.of(SHOP).depth() < depth, "it carries less, so fewer wait");
    let (mut calm, stays) = (Queues::default(), "https://shop.example/stays");
    for stay in [0, NEW / 2] {
        // Nobody waits; then some do, but at a path that has all that it may have.
        for _ in 0..stay {
            calm.first_attempt(stays);
        }
        assert!(goes(&calm.first_attempt(stays)) || matches!(calm.first_attempt(stays), Admission::Queued));
        for _ in 0..GROWN {
            assert!(goes(&calm.first_attempt(SHOP)));
            calm.land(SHOP, Load::Received, QUICK);
        }
        assert_eq!(calm.of(SHOP).concurrency(), NEW, "where nobody waits for a place it does not grow");
    }
}

#[test]
fn a_queue_holds_what_it_carries_in_a_second() {
    for (millis, held) in [(40, 100), (15_000, NEW), (2, 2000)] {
        let mut queues = Queues::default();
        queues.first_attempt("https://shop.example/stays");
        for _ in 0..50 {
            queues.first_attempt(SHOP);
            queues.land(SHOP, Load::Answered, Duration::from_millis(millis));
        }
        let depth = queues.of(SHOP).depth();
        assert!(depth.abs_diff(held) <= held / 20, "{millis} ms: {depth}");
    }
}

#[test]
fn the_fuller_the_hands_the_less_for_each_queue_and_the_last_of_them_are_for_news() {
    let (mut queues, mut tried) = (Queues::default(), 0);
    for n in 0..10 * HANDS {
        // So many receivers that hang, each with more deliveries than it is given room for.
        let url = format!("https://hangs{}.example/", n / 10);
        tried += usize::from(goes(&queues.retry(&url)) && n % 10 == 0);
    }
    assert!(tried > 400, "{tried} receivers had a try under way before the hands were full");
    assert!(queues.free() >= HANDS / 4, "{} are free", queues.free());
    assert!(goes(&queues.first_attempt("https://well.example/")));
    assert!(!goes(&queues.retry("https://well.example/other")));
}

#[test]
fn of_those_that_hung_few_are_retried_at_a_time() {
    let (mut queues, long) = (Queues::default(), Duration::from_secs(15));
    let url = |n| format!("https://hangs{n}.example/");
    let going = (0..2 * MOST_RETRIED).filter(|n| goes(&queues.retry_after(&url(*n), long))).count();
    assert_eq!((going, queues.running(), queues.waiting()), (MOST_RETRIED, MOST_RETRIED, 0), "none of them waits here");
    assert!(matches!(queues.retry_after(&url(going), long), Admission::PutOff(wait) if wait >= NO_ROOM.1));
    // What was never tried, what failed otherwise, and what was broken off at once, go on.
    assert!(goes(&queues.first_attempt("https://new.example/")));
    assert!(goes(&queues.retry("https://fails.example/")));
    assert!(goes(&queues.retry_after("https://resets.example/", QUICK)));
    let of = |n| Seat::of(&unanswered(&url(n), long).0);
    queues.done(&of(0), End { load: Load::Hung, took: long }, NOW, 0);
    assert!(goes(&queues.retry_after(&url(going), long)), "one has ended, and another begins");
    assert!(!goes(&queues.retry_after(&url(going + 1), long)));
    // Replayed, it is as new.
    let mut replayed = unanswered(&url(going + 2), long);
    replayed.0.context.delivery.tries = 0;
    assert!(goes(&queues.admit(replayed, NOW, 0)));
}

#[test]
fn who_waits_until_its_lease_runs_out_is_given_back() {
    let mut queues = Queues::default();
    let going = queues.fill(SHOP);
    let waiting = queues.waiting();
    assert_eq!(queues.overdue(&receiver(SHOP), Instant::now()), []);
    assert_eq!(queues.overdue(&receiver(SHOP), Instant::now() + 2 * LEASE).len(), waiting);
    assert_eq!((queues.waiting(), queues.running()), (0, going));
    assert_eq!(queues.land(SHOP, Load::Received, QUICK), 0);
}

#[test]
fn a_receiver_that_nobody_calls_is_forgotten() {
    let mut queues = Queues::default();
    queues.first_attempt(SHOP);
    queues.land(SHOP, Load::LeaveAlone(REST.0), QUICK);
    assert_eq!((queues.backing_off(NOW), queues.len()), (1, 1));
    let later = NOW.plus(Duration::from_millis(MEMORY + 1));
    assert_eq!((queues.backing_off(later), queues.len()), (0, 0));
    for n in 0..1000 {
        let url = format!("https://shop.example/{n}");
        queues.first_attempt(&url);
        queues.land(&url, Load::Received, QUICK);
    }
    assert_eq!(queues.len(), 0, "nor are paths remembered that are well");
}

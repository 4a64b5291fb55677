//! A million journeys leave within a minute, while customers return at a steady rate.
//!
//! They leave in two ways. What has been handed back and kept for its time is forgotten: Redis drops the keys, and the
//! gateway the places that are left in the indexes; the embedded store drops rows. What waits for its customer in vain
//! lapses: the gateway concludes it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use handback::domain::UnixMillis;
use rusqlite::Connection;

use crate::Arguments;
use crate::direct::{Direct, Portion, Standing};
use crate::fill;
use crate::load::gateway_process::GatewayProcess;
use crate::load::loaded_gateway::take_return;
use crate::load::{Run, drip};
use crate::sizes::Place;

/// In which way the journeys leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// They were handed back, and are no longer kept.
    Expires,
    /// Their customers have not come back in time.
    Lapses,
}

/// How far apart the returns are, how many customers there are, and how many return before anybody looks at the store.
const EVERY: Duration = Duration::from_millis(2);
const CUSTOMERS: usize = 150_000;
const AT_ONCE: usize = 1_000;

/// For how long customers return before anything leaves.
const BEFORE: Duration = Duration::from_secs(20);

/// When the bench gives up.
const MOST: Duration = Duration::from_mins(30);

/// How long a journey may wait for its customer.
const LIFE: Duration = Duration::from_hours(24);

/// How long one is kept after it was opened, once it was handed back: a token may live for a day, and what became of it
/// is known for another one.
const KEPT: Duration = Duration::from_hours(48);

pub async fn measure(arguments: &Arguments, leaving: Leaving) {
    let journeys = arguments.journeys().first().copied().unwrap_or(1_000_000);
    let within = Duration::from_secs(arguments.number("within").unwrap_or(60) as u64);
    println!("| store | | returns | p50 | p99 | p99.9 | slowest | not sent home at once |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut ends = Vec::new();
    for name in ["embedded", "redis"].into_iter().filter(|name| arguments.wants(name)) {
        let place = Place::new(name);
        let engine = place.engine().await;
        let model = fill::merchant(&engine).await.merchant;
        let merchants = fill::merchants(&engine, arguments.number("merchants").unwrap_or(100)).await;
        let direct = Direct::like_the_engine(&engine, &model, merchants).await;
        let (states, begins) = prepare(&direct, leaving, journeys, within).await;
        drop((direct, engine));
        let (gateway, _) = place.gateway();
        let mut customers = Customers { gateway, states, next: 0 };
        until(minus(begins, BEFORE)).await;
        customers.keep_returning(name, "before", || SystemClock.now() >= begins).await;
        let began = Instant::now();
        let (mut watched, mut forgotten) = (Watched::over(&place, leaving, begins.plus(within)), None);
        let is_over = || {
            if forgotten.is_none() && watched.forgotten() >= journeys as u64 {
                forgotten = Some(began.elapsed());
            }
            began.elapsed() > within && watched.is_over(journeys) || began.elapsed() > MOST
        };
        customers.keep_returning(name, "meanwhile", is_over).await;
        ends.push((name, forgotten, began.elapsed()));
    }
    for (name, forgotten, over) in ends {
        let forgotten =
            forgotten.map_or(String::new(), |after| format!("keys gone after {:.0} s, ", after.as_secs_f64()));
        println!(
            "\n{name}: {journeys} {leaving:?} within {within:?}; {forgotten}all over after {:.0} s.",
            over.as_secs_f64()
        );
    }
}

/// Writes the customers who will return, and then the journeys that will leave; answers the customers' states, and the
/// moment when the first journey leaves.
async fn prepare(
    direct: &Arc<Direct>,
    leaving: Leaving,
    journeys: usize,
    within: Duration,
) -> (Vec<String>, UnixMillis) {
    let (now, began) = (SystemClock.now(), Instant::now());
    let customers = Portion {
        journeys: CUSTOMERS,
        standing: Standing::Away,
        opened: (now, now.plus(Duration::from_secs(1))),
        life: LIFE,
        states: CUSTOMERS,
    };
    let states = direct.fill(customers).await;
    // A journey that was handed back is three steps, and one that is away two.
    let each = began.elapsed().as_secs_f64() / CUSTOMERS as f64 * 1.5;
    let span = Duration::from_secs_f64(each * journeys as f64 * 1.5 + 10.0);
    let begins = SystemClock.now().plus(span + BEFORE);
    let (standing, age) =
        if leaving == Leaving::Expires { (Standing::HandedBack, KEPT) } else { (Standing::Away, LIFE) };
    let opened = (minus(begins, age), minus(begins.plus(within), age));
    direct.fill(Portion { journeys, standing, opened, life: LIFE, states: 0 }).await;
    assert!(SystemClock.now().plus(BEFORE) < begins, "the store was filled more slowly than expected");
    (states, begins)
}

fn minus(moment: UnixMillis, span: Duration) -> UnixMillis {
    UnixMillis::from_millis(moment.as_millis() - span.as_millis() as u64)
}

async fn until(moment: UnixMillis) {
    tokio::time::sleep(moment.since(SystemClock.now())).await;
}

/// Those who return.
struct Customers {
    gateway: GatewayProcess,
    states: Vec<String>,
    next: usize,
}

impl Customers {
    /// Lets them return until it is over, and prints how long they waited. When all have returned they do so again.
    async fn keep_returning(&mut self, store: &str, when: &str, mut is_over: impl FnMut() -> bool) {
        let to = self.gateway.base()["http://".len()..].parse().expect("an address");
        let (mut waits, mut late) = (Vec::new(), 0);
        while !is_over() {
            let states = (self.next..self.next + AT_ONCE).map(|n| &self.states[n % self.states.len()]);
            let run = drip(to, states.map(|state| take_return(state, "paid")).collect(), EVERY).await;
            self.next += AT_ONCE;
            late += run.replies.iter().filter(|reply| reply.status != 303).count();
            waits.extend(run.waits);
        }
        waits.sort_unstable();
        let run = Run { took: Duration::ZERO, waits, replies: Vec::new() };
        let [p50, p99, p999, most] = [0.5, 0.99, 0.999, 1.0].map(|share| run.at(share));
        let many = run.waits.len();
        println!("| {store} | {when} | {many} | {p50:.2} ms | {p99:.2} ms | {p999:.2} ms | {most:.0} ms | {late} |");
    }
}

/// A store that journeys leave.
enum Watched {
    /// A file, and the question whether something is left of them.
    Embedded(Connection, &'static str, UnixMillis),
    /// A Redis, and the indexes that they stand in.
    Redis { redis: redis::Connection, leaving: Leaving, indexes: Vec<Vec<u8>>, before: u64, to: UnixMillis },
}

impl Watched {
    /// Looks at a store before the first has left; the last leaves at `to`.
    fn over(place: &Place, leaving: Leaving, to: UnixMillis) -> Self {
        match (place, leaving) {
            (Place::Embedded(folder), leaving) => {
                let file = Connection::open(folder.path().join("data/handback.sqlite3")).expect("a file");
                match leaving {
                    Leaving::Expires => {
                        let over_at = minus(to, KEPT.saturating_sub(LIFE));
                        Self::Embedded(file, "SELECT EXISTS (SELECT 1 FROM journeys WHERE over_at <= ?1)", over_at)
                    }
                    Leaving::Lapses => {
                        Self::Embedded(file, "SELECT EXISTS (SELECT 1 FROM journeys WHERE due_at <= ?1)", to)
                    }
                }
            }
            (Place::Redis(server), leaving) => {
                let mut redis =
                    redis::Client::open(server.url()).and_then(|client| client.get_connection()).expect("Redis");
                let letters = if leaving == Leaving::Expires { "up" } else { "e" };
                let indexes = indexes(&mut redis, letters);
                let mut watched = Self::Redis { redis, leaving, indexes, before: 0, to };
                let present = watched.places();
                if let Self::Redis { before, .. } = &mut watched {
                    *before = present;
                }
                watched
            }
        }
    }

    /// How many keys a Redis has forgotten by itself.
    fn forgotten(&mut self) -> u64 {
        let Self::Redis { redis, leaving: Leaving::Expires, .. } = self else { return 0 };
        let info: String = redis::cmd("INFO").arg("stats").query(redis).expect("figures");
        let expired = info.lines().find_map(|line| line.strip_prefix("expired_keys:")?.trim().parse().ok());
        expired.expect("a figure")
    }

    /// How many places there are in the indexes; of the due set, those that are due.
    fn places(&mut self) -> u64 {
        let Self::Redis { redis, leaving, indexes, to, .. } = self else { return 0 };
        let mut pipeline = redis::pipe();
        for index in indexes.iter() {
            match leaving {
                Leaving::Expires => pipeline.cmd("ZCARD").arg(index),
                Leaving::Lapses => pipeline.cmd("ZCOUNT").arg(index).arg("-inf").arg(to.as_millis()),
            };
        }
        pipeline.query::<Vec<u64>>(redis).expect("places").iter().sum()
    }

    /// Whether so many have left without a trace.
    fn is_over(&mut self, journeys: usize) -> bool {
        let left = self.places();
        match self {
            Self::Embedded(file, question, to) => !file
                .query_row(question, [to.as_millis().cast_signed()], |row| row.get::<_, bool>(0))
                .expect("an answer"),
            Self::Redis { leaving: Leaving::Lapses, .. } => left == 0,
            Self::Redis { before, .. } => left + journeys as u64 <= *before,
        }
    }
}

/// The keys of these kinds.
fn indexes(redis: &mut redis::Connection, letters: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for letter in letters.chars() {
        let pattern = format!("hb:{{??}}:{letter}*");
        let keys = redis::cmd("SCAN").cursor_arg(0).arg("MATCH").arg(pattern).arg("COUNT").arg(1000).clone();
        found.extend(keys.iter::<Vec<u8>>(redis).expect("keys").map(|key| key.expect("a key")));
    }
    found
}

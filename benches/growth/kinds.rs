//! What the bytes of a store are.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use rusqlite::Connection;

/// Of each kind of key so many are looked at, and from then on one in so many.
const WHOLE: i64 = 5_000;
const SAMPLE: i64 = 50;

/// The kinds by their names.
pub type Kinds = BTreeMap<String, Kind>;

/// What the keys of a kind, or a table or index, take together.
#[derive(Default)]
pub struct Kind {
    number: i64,
    measured: i64,
    bytes: i64,
}

/// Prints a row for each kind.
pub fn print(head: &str, kinds: &Kinds, journeys: usize) {
    for (kind, Kind { number, measured, bytes }) in kinds {
        let each = *bytes as f64 / (*measured).max(1) as f64;
        println!("| {head} | {kind} | {number} | {each:.0} | {:.1} |", each * *number as f64 / journeys as f64);
    }
}

/// The tables and indexes of an embedded store. It has been checkpointed when its server went.
pub fn of_file(folder: &Path) -> Kinds {
    let files = std::fs::read_dir(folder).expect("a folder").flatten().map(|file| file.path());
    let mut kinds = Kinds::new();
    for path in files.filter(|path| is_database(path)) {
        let database = Connection::open(path).expect("a database");
        let mut sizes =
            database.prepare("SELECT name, count(*), sum(pgsize) FROM dbstat GROUP BY name").expect("dbstat");
        let rows = sizes.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))).expect("rows");
        kinds.extend(
            rows.flatten()
                .map(|(name, number, bytes)| (format!("{name} (pages)"), Kind { number, measured: number, bytes })),
        );
    }
    kinds
}

fn is_database(path: &Path) -> bool {
    let mut head = [0; 16];
    std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok() && head == *b"SQLite format 3\0")
}

/// The keys of a Redis by the letter of their kind: `hb:{4x}:j…` is a journey's.
pub fn of_redis(url: &str) -> Kinds {
    let mut redis = redis::Client::open(url).and_then(|client| client.get_connection()).expect("Redis");
    let (mut kinds, mut cursor) = (Kinds::new(), 0_u64);
    loop {
        let (next, keys): (u64, Vec<Vec<u8>>) =
            redis::cmd("SCAN").arg(cursor).arg("COUNT").arg(1000).query(&mut redis).expect("keys");
        let (mut pipeline, mut looked_at) = (redis::pipe(), Vec::new());
        for key in keys {
            let letter = key.get(8).map_or('?', |letter| char::from(*letter));
            let kind = kinds.entry(name(letter)).or_default();
            kind.number += 1;
            if kind.number <= WHOLE || kind.number % SAMPLE == 0 {
                kind.measured += 1;
                looked_at.push(name(letter));
                pipeline.cmd("MEMORY").arg("USAGE").arg(&key).arg("SAMPLES").arg(0);
            }
        }
        let bytes: Vec<Option<i64>> = pipeline.query(&mut redis).expect("bytes");
        for (name, bytes) in looked_at.into_iter().zip(bytes) {
            kinds.entry(name).or_default().bytes += bytes.unwrap_or_default();
        }
        cursor = next;
        if cursor == 0 {
            return kinds;
        }
    }
}

fn name(letter: char) -> String {
    let what = match letter {
        'j' => "journeys",
        'e' => "when each is due",
        'u' => "places of the unproven",
        'p' => "places of the proven",
        'm' => "merchants",
        'k' => "numbers of API keys",
        _ => return letter.into(),
    };
    format!("{letter}: {what}")
}

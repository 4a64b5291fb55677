//! Prepares what `scripts/bench` measures: journeys whose customers are at the bank, and what each of their returns asks
//! of Redis, recorded, so that the contenders can ask the very same.
//!
//! `prepare FOLDER JOURNEYS`, with the variables of the gateway that is measured, fills the store of this gateway
//! through its own engine. Into the folder it writes `returns`, a path for each journey; and where that store is a Redis:
//!
//! - `tokens`: the one-time token of each return;
//! - `same.rdb`: what Redis holds before their returns;
//! - `same`: for each journey its state, where its browser is sent, and the commands of its return (see [`Exchange`]);
//! - `one.rdb`, `one`: the same for what people would write themselves, a JSON text and one script;
//! - `scripts/`: the text of every script in them.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]

mod exchange;
#[path = "../fill/mod.rs"]
mod fill;
mod recorder;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use exchange::{Command, Exchange};
use handback::engine::use_cases::return_;
use handback::engine::{AuthorizationResponse, Brought, Carried, Engine, Returned, Timing, Visitor};
use recorder::Recorder;
use tokio::time::Instant;
use url::Url;

/// What one of the contenders' own scripts does: read, compare, write.
const ONE_SCRIPT: &str = include_str!("one.lua");
/// How long a contender keeps what it has written: ninety days, in milliseconds.
const KEPT: &str = "7776000000";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().filter(|argument| argument != "--bench").collect();
    let [_, folder, journeys] = &arguments[..] else { panic!("prepare FOLDER JOURNEYS") };
    let (folder, journeys) = (PathBuf::from(folder), journeys.parse::<usize>().expect("a number of journeys"));
    let store = std::env::var("HANDBACK_STORE").expect("HANDBACK_STORE");
    let redis = store.strip_prefix("redis://").map(|rest| rest.split('/').next().unwrap_or_default().to_owned());
    let recorder = match &redis {
        Some(address) => Some(Recorder::before(address.parse().expect("an IP address and a port")).await),
        None => None,
    };
    let engine = engine(recorder.as_ref()).await;
    let merchant = fill::merchant(&engine).await;
    std::fs::write(folder.join("api_key"), merchant.api_key.reveal()).expect("a file");
    let states = fill::away(&engine, vec![merchant.merchant], journeys + 1).await;
    let paths = states[1..].iter().map(|state| format!("/return/sandbox?code=paid&state={state}"));
    write_lines(&folder.join("returns"), paths);
    if let (Some(recorder), Some(address)) = (recorder, redis) {
        let mut redis =
            redis::Client::open(format!("redis://{address}")).expect("Redis").get_connection().expect("Redis");
        save(&mut redis, &folder.join("same.rdb"));
        let returns = record(&engine, &recorder, states).await;
        write_exchanges(&folder.join("same"), &returns);
        write_lines(&folder.join("tokens"), returns.iter().map(token_of));
        write_one(&folder, &returns, &mut redis);
        let texts = recorder.scripts().into_iter().chain([ONE_SCRIPT.to_owned()]);
        std::fs::create_dir_all(folder.join("scripts")).expect("a folder");
        for (n, text) in texts.enumerate() {
            std::fs::write(folder.join(format!("scripts/{n}.lua")), text).expect("a script");
        }
    }
}

/// The engine of the gateway that the variables configure, with the recorder before its Redis.
async fn engine(recorder: Option<&Recorder>) -> Arc<Engine> {
    let own = recorder.map(|recorder| ("HANDBACK_STORE".to_owned(), format!("redis://{}/0", recorder.address())));
    let variables = std::env::vars().filter(|(name, _)| own.is_none() || name != "HANDBACK_STORE").chain(own.clone());
    fill::engine(variables).await
}

/// Lets each customer return, one after the other, and notes what that asked of Redis. The first return is dropped: in
/// it Redis met the scripts for the first time.
async fn record(engine: &Arc<Engine>, recorder: &Recorder, states: Vec<String>) -> Vec<Exchange> {
    let mut exchanges = Vec::with_capacity(states.len());
    let visitor = Visitor::default();
    for state in states {
        recorder.take();
        let location = return_one(engine, &visitor, &state).await;
        exchanges.push(Exchange { state, location, commands: recorder.take() });
    }
    let exchanges = exchanges.split_off(1);
    let alike = |exchange: &Exchange| exchange.commands.len() == exchanges[0].commands.len();
    assert!(exchanges.iter().all(alike), "every return asks as often");
    exchanges
}

async fn return_one(engine: &Arc<Engine>, visitor: &Visitor, state: &str) -> String {
    let pairs = [("code", "paid"), ("state", state)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = AuthorizationResponse::read(Carried::Query, pairs).expect("an answer");
    let timing = Timing::default();
    let brought =
        Brought { provider: "sandbox", answer, visitor, at: Instant::now() + Duration::from_secs(1), timing: &timing };
    match return_::take_return(engine, brought).await {
        Ok(Returned::Go(redirect, _)) => redirect.as_str().to_owned(),
        other => panic!("a return led nowhere: {other:?}"),
    }
}

/// Saves all that this Redis holds into a file; it has to be on this machine.
fn save(redis: &mut redis::Connection, path: &Path) {
    redis::cmd("SAVE").exec(redis).expect("a dump");
    let (_, folder): (String, String) = redis::cmd("CONFIG").arg("GET").arg("dir").query(redis).expect("its folder");
    std::fs::copy(Path::new(&folder).join("dump.rdb"), path).expect("its dump");
}

/// The one-time token that an app is handed at this return, and at every repetition of it.
fn token_of(exchange: &Exchange) -> String {
    let home = Url::parse(&exchange.location).expect("a URL");
    home.query_pairs().find(|(name, _)| name == "one-time-token").expect("a token").1.into_owned()
}

/// Writes what people would write themselves: the journey as JSON at a key of its own, and one script that concludes it.
fn write_one(folder: &Path, returns: &[Exchange], redis: &mut redis::Connection) {
    let digest = redis::Script::new(ONE_SCRIPT).get_hash().to_owned();
    redis::cmd("FLUSHALL").exec(redis).expect("an empty Redis");
    let mut exchanges = Vec::with_capacity(returns.len());
    for returns in returns.chunks(10_000) {
        let mut pipeline = redis::pipe();
        for returned in returns {
            let key = format!("journey:{}", returned.state);
            pipeline.set(&key, exchange::json(returned, "away")).ignore();
            let concluded = exchange::json(returned, "paid");
            let command: Command =
                ["EVALSHA", &digest, "1", &key, &concluded, KEPT].map(|argument| argument.as_bytes().to_vec()).into();
            exchanges.push(Exchange { commands: vec![command], ..returned.clone() });
        }
        pipeline.exec(redis).expect("journeys");
    }
    save(redis, &folder.join("one.rdb"));
    write_exchanges(&folder.join("one"), &exchanges);
}

fn write_exchanges(path: &Path, exchanges: &[Exchange]) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for exchange in exchanges {
        file.write_all(&exchange.to_bytes()).expect("an exchange");
    }
    file.flush().expect("a file");
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for line in lines {
        writeln!(file, "{line}").expect("a line");
    }
    file.flush().expect("a file");
}

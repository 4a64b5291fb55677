//! The scripts: each is one step, in one slot, in one round trip.
//!
//! A script is called by its digest; its text travels only when Redis does not know it yet. Every script can be run
//! again as it was, with the same answer, because a reply may get lost. A script touches the keys that it is given and no
//! others: while a slot of a cluster moves, any other key may be on another node. So where it finds a number or an id in
//! a value, it answers that, and the caller follows it.

use std::sync::LazyLock;

use redis::Cmd;

/// A script, and the digest that Redis knows it by.
pub(super) struct Script {
    text: &'static str,
    digest: String,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Self { text, digest: redis::Script::new(text).get_hash().to_owned() }
    }
}

/// Declares scripts: each is `shared.lua` and a file of its own.
macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal),* $(,)?) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(include_str!("scripts/shared.lua"), include_str!(concat!("scripts/", $file, ".lua"))))
        });)*
    };
}

scripts! {
    /// Stores a journey, its places in the indexes, and the reservation that opened it.
    OPEN = "open",
    /// What a reservation has led to before.
    RESERVED_BEFORE = "reserved_before",
    /// Writes one step of a journey over the revision before it, with everything that belongs to it.
    TAKE = "take",
    /// The numbers of journeys that are due.
    DUE = "due",
    /// Redeems a token, once.
    REDEEM = "redeem",
    /// Reserves a key for a request.
    RESERVE = "reserve",
    /// Erases a journey, its deliveries and its places.
    ERASE = "erase",
    /// Adds a merchant.
    ADD = "add",
    /// Writes a profile over the revision before it.
    REPLACE = "replace",
    /// Removes a merchant.
    REMOVE = "remove",
    /// Reserves the number of an API key.
    RESERVE_NUMBER = "reserve_number",
    /// Frees the number of an API key.
    FREE_NUMBER = "free_number",
    /// Notes when an API key was used.
    NOTE_USE = "note_use",
    /// Stores a user, unless its name is taken.
    ENROL = "enrol",
    /// Forgets a user, and frees its name.
    FORGET = "forget",
    /// Deliveries that a courier may take.
    WAKING = "waking",
    /// Leaves deliveries that are due to one courier for a while.
    LEASE = "lease",
    /// Reports a leased delivery.
    REPORT = "report",
    /// Makes a delivery due now.
    REPLAY = "replay",
    /// Writes down whose store it is.
    OWNER = "owner",
}

/// How a script is sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent {
    /// By its digest alone.
    Short,
    /// With its text, which Redis remembers from then on.
    InFull,
}

/// Something to ask of Redis: a command that only reads, or a script with its keys, and the arguments.
pub(super) struct Request {
    verb: Verb,
    args: Vec<Vec<u8>>,
}

enum Verb {
    Plain(&'static str),
    /// A script, and how many of the arguments are its keys.
    Call(&'static Script, usize),
}

impl Request {
    /// A command that only reads.
    pub(super) fn plain(name: &'static str, args: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { verb: Verb::Plain(name), args: args.into_iter().collect() }
    }

    /// A script with its keys.
    pub(super) fn call(script: &'static Script, keys: impl Into<Vec<Vec<u8>>>) -> Self {
        let args = keys.into();
        Self { verb: Verb::Call(script, args.len()), args }
    }

    /// This request with one argument more.
    pub(super) fn with(mut self, arg: impl AsRef<[u8]>) -> Self {
        self.args.push(arg.as_ref().to_vec());
        self
    }

    /// The command, with scripts sent in this way.
    pub(super) fn command(&self, sent: Sent) -> Cmd {
        let mut command = Cmd::new();
        match (&self.verb, sent) {
            (Verb::Plain(name), _) => command.arg(*name),
            (Verb::Call(script, keys), Sent::Short) => command.arg("EVALSHA").arg(&script.digest).arg(*keys),
            (Verb::Call(script, keys), Sent::InFull) => command.arg("EVAL").arg(script.text).arg(*keys),
        };
        for arg in &self.args {
            command.arg(arg.as_slice());
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_touches_no_key_that_it_was_not_given() {
        let all = [&OPEN, &RESERVED_BEFORE, &TAKE, &DUE, &REDEEM, &RESERVE, &ERASE, &ADD, &REPLACE, &REMOVE];
        let all = all.into_iter().chain([&RESERVE_NUMBER, &FREE_NUMBER, &NOTE_USE, &ENROL, &FORGET, &WAKING, &LEASE]);
        for script in all.chain([&REPORT, &REPLAY, &OWNER]) {
            for call in script.text.split("redis.call('").skip(1) {
                let (command, rest) = call.split_once('\'').unwrap();
                let key = rest.trim_start_matches(", ").split([',', ')']).next().unwrap();
                let given = key.starts_with("KEYS[") || key == "key(" || GIVEN.contains(&key);
                assert!(given || command == "TIME", "{command} touches {key}");
            }
        }
    }

    /// Local names of keys that a script was given.
    const GIVEN: [&str; 8] = ["name", "of_user", "reserved", "deliveries", "waiting", "pending", "of", "key"];
}

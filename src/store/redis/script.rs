//! The scripts: each is one step, in one slot, in one round trip.
//!
//! A script is called by its digest; its text travels only when Redis does not know it yet. Every script can be run
//! again as it was, with the same answer, because a reply may get lost. A script touches the keys that it is given and no
//! others: while a slot of a cluster moves, any other key may be on another node. So where it finds a number or an id in
//! a value, it answers that, and the caller follows it.

use std::borrow::Cow;
use std::sync::LazyLock;

use redis::{Arg, Cmd};

use super::keys;
use crate::domain::Shard;

/// A script, and the digest that Redis knows it by.
pub(super) struct Script {
    text: &'static str,
    digest: String,
    is_kept: bool,
}

impl Script {
    fn new(text: &'static str, is_kept: bool) -> Self {
        Self { text, digest: redis::Script::new(text).get_hash().to_owned(), is_kept }
    }
}

/// Declares scripts: each is `shared.lua` and a file of its own. What it has done or found is `kept`, or may be lost.
macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal $($kept:ident)?),* $(,)?) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            let text =
                concat!(include_str!("scripts/shared.lua"), include_str!(concat!("scripts/", $file, ".lua")));
            Script::new(text, false $(|| stringify!($kept) == "kept")?)
        });)*

        #[cfg(test)]
        const ALL: &[&LazyLock<Script>] = &[$(&$name),*];
    };
}

scripts! {
    /// Stores a journey, its places in the indexes, and the reservation that opened it.
    OPEN = "open" kept,
    /// What a reservation has led to before.
    RESERVED_BEFORE = "reserved_before" kept,
    /// Writes one step of a journey over the revision before it, with everything that belongs to it.
    TAKE = "take" kept,
    /// A merchant's events in a shard.
    EVENTS = "events",
    /// Adds trouble to a merchant's events, unless it was told a short time ago.
    TELL_TROUBLE = "tell_trouble",
    /// The numbers of journeys that are due.
    DUE = "due",
    /// Redeems a token, once.
    REDEEM = "redeem" kept,
    /// Reserves a key for a request.
    RESERVE = "reserve" kept,
    /// Erases a journey, its deliveries and its places.
    ERASE = "erase" kept,
    /// Adds a merchant.
    ADD = "add" kept,
    /// Writes a profile over the revision before it.
    REPLACE = "replace" kept,
    /// Removes a merchant.
    REMOVE = "remove" kept,
    /// Reserves the number of an API key.
    RESERVE_NUMBER = "reserve_number" kept,
    /// Frees the number of an API key.
    FREE_NUMBER = "free_number" kept,
    /// Notes when an API key was used.
    NOTE_USE = "note_use",
    /// Stores a user, unless its name is taken.
    ENROL = "enrol" kept,
    /// Forgets a user, and frees its name.
    FORGET = "forget" kept,
    /// Deliveries that a courier may take.
    WAKING = "waking",
    /// Leaves deliveries that are due to one courier for a while.
    LEASE = "lease",
    /// Reports a leased delivery.
    REPORT = "report",
    /// Makes a delivery due now.
    REPLAY = "replay" kept,
    /// Writes a mark, and answers the time.
    PROBE = "probe" kept,
    /// Writes down whose store it is.
    OWNER = "owner" kept,
    /// Keeps a sign-in link of the console.
    KEEP_LINK = "keep_link" kept,
    /// The member of a sign-in link.
    LINK_MEMBER = "link_member",
    /// Uses a sign-in link up, and begins a session.
    BEGIN_SESSION = "begin_session" kept,
    /// A session that goes on, and is used now.
    USE_SESSION = "use_session",
    /// The sessions of a console that go on.
    SESSIONS = "sessions",
    /// Ends a session.
    END_SESSION = "end_session" kept,
    /// Keeps an entry of an audit log.
    KEEP_ENTRY = "keep_entry" kept,
    END_ENTRY = "end_entry" kept,
}

/// How a script is sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent {
    /// By its digest alone.
    Short,
    /// With its text, which Redis remembers from then on.
    InFull,
}

/// Something to ask of Redis: a command, or a script with its keys, and the arguments.
pub(super) struct Request {
    /// With a script by its digest.
    short: Cmd,
    script: Option<&'static Script>,
    is_kept: bool,
    /// A key in whose place it goes, of a request that has none.
    in_place_of: Option<Vec<u8>>,
}

impl Request {
    /// A command, which can be made again as it was.
    pub(super) fn plain(name: &'static str, args: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut short = Cmd::with_capacity(2, 64);
        short.arg(name);
        for arg in args {
            short.arg(arg);
        }
        Self { short, script: None, is_kept: false, in_place_of: None }
    }

    /// A script with its keys.
    pub(super) fn call(script: &'static Script, keys: impl AsRef<[Vec<u8>]>) -> Self {
        let keys = keys.as_ref();
        // Room for a journey, its keys, and what a step says of it.
        let mut short = Cmd::with_capacity(24, 1024);
        short.arg("EVALSHA").arg(&script.digest).arg(keys.len());
        for key in keys {
            short.arg(key.as_slice());
        }
        Self { short, script: Some(script), is_kept: script.is_kept, in_place_of: None }
    }

    /// This request, whose reply counts only once replicas have what it did.
    pub(super) fn kept(mut self) -> Self {
        self.is_kept = true;
        self
    }

    /// Whether its reply counts only when it is kept: that of a step, and of what decides about one.
    pub(super) const fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// This request, which has no key, of the server that has this shard.
    pub(super) fn of_server(self, shard: Shard) -> Self {
        Self { in_place_of: Some(keys::mark(shard)), ..self }
    }

    /// The first of its keys; the others are in the same slot.
    pub(super) fn key(&self) -> Option<&[u8]> {
        if let Some(key) = &self.in_place_of {
            return Some(key);
        }
        let behind = if self.script.is_some() { 3 } else { 1 };
        match self.short.args_iter().nth(behind) {
            Some(Arg::Simple(key)) => Some(key),
            _ => None,
        }
    }

    /// This request with one argument more.
    pub(super) fn with(mut self, arg: impl AsRef<[u8]>) -> Self {
        self.short.arg(arg.as_ref());
        self
    }

    /// The command, with scripts sent in this way.
    pub(super) fn command(&self, sent: Sent) -> Cow<'_, Cmd> {
        let (Some(script), Sent::InFull) = (self.script, sent) else { return Cow::Borrowed(&self.short) };
        let mut full = redis::cmd("EVAL");
        full.arg(script.text);
        for arg in self.short.args_iter().skip(2) {
            if let Arg::Simple(arg) = arg {
                full.arg(arg);
            }
        }
        Cow::Owned(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_touches_no_key_that_it_was_not_given() {
        assert!(ALL.len() >= 20);
        for script in ALL {
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

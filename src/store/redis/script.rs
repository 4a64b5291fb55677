//! The scripts: each is one step, in one slot, in one round trip.
//!
//! A script is called by its digest; its text travels only when Redis does not know it yet. Every script can be run
//! again as it was, with the same answer, because a reply may get lost. Where a script has to follow a number or an
//! id that it finds in a value, it is told what the keys of that kind begin with: they are in the same slot.

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

/// Declares scripts: each is `clock.lua` and a file of its own.
macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal),* $(,)?) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(include_str!("scripts/clock.lua"), include_str!(concat!("scripts/", $file, ".lua"))))
        });)*
    };
}

scripts! {
    /// Stores a journey, its places in the indexes, and the reservation that opened it.
    OPEN = "open",
    /// What a reservation has opened before.
    OPENED_BY = "opened_by",
    /// The journey of a state, and its visit.
    FIND_BY_STATE = "find_by_state",
    /// Writes one step of a journey over the revision before it, with everything that belongs to it.
    TAKE = "take",
    /// The numbers of journeys that somebody has to look after.
    DUE = "due",
    /// Redeems a token, once.
    REDEEM = "redeem",
    /// When a token was spent.
    SPENT_AT = "spent_at",
    /// Reserves a key for a request.
    RESERVE = "reserve",
    /// Erases a journey, its deliveries and its places.
    ERASE = "erase",
    /// Adds a merchant.
    ADD = "add",
    /// Writes a profile over the revision before it.
    REPLACE = "replace",
    /// What a reservation has written into a profile before.
    REPLACED_BY = "replaced_by",
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
    /// The user of a name.
    USER_NAMED = "user_named",
    /// Forgets a user, and frees its name.
    FORGET = "forget",
    /// Deliveries that a courier may take.
    WAKING = "waking",
    /// Leaves deliveries that are due to one courier for a while.
    LEASE = "lease",
    /// Brings word of a leased delivery.
    REPORT = "report",
    /// Makes a delivery due now.
    REPLAY = "replay",
    /// Drops what has expired from an index.
    TRIM = "trim",
    /// Writes down who owns a store.
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

/// Something to ask of Redis.
pub(super) enum Request {
    /// A command. It only reads.
    Plain(Cmd),
    /// A script with its keys and arguments.
    Call(&'static Script, Vec<Vec<u8>>, Vec<Vec<u8>>),
}

impl Request {
    /// A command that only reads.
    pub(super) fn plain(name: &str, args: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut command = Cmd::new();
        command.arg(name);
        for arg in args {
            command.arg(arg);
        }
        Self::Plain(command)
    }

    /// A script with its keys.
    pub(super) fn call(script: &'static Script, keys: impl Into<Vec<Vec<u8>>>) -> Self {
        Self::Call(script, keys.into(), Vec::new())
    }

    /// The same with one argument more.
    pub(super) fn with(mut self, arg: impl AsRef<[u8]>) -> Self {
        match &mut self {
            Self::Plain(command) => {
                command.arg(arg.as_ref());
            }
            Self::Call(_, _, args) => args.push(arg.as_ref().to_vec()),
        }
        self
    }

    /// The command, with scripts sent in this way.
    pub(super) fn command(&self, sent: Sent) -> Cmd {
        let (script, keys, args) = match self {
            Self::Plain(command) => return command.clone(),
            Self::Call(script, keys, args) => (script, keys, args),
        };
        let mut command = Cmd::new();
        match sent {
            Sent::Short => command.arg("EVALSHA").arg(&script.digest),
            Sent::InFull => command.arg("EVAL").arg(script.text),
        };
        command.arg(keys.len());
        for key in keys {
            command.arg(key.as_slice());
        }
        for arg in args {
            command.arg(arg.as_slice());
        }
        command
    }
}

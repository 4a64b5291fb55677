//! What can be done about a request that has failed.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::{StoreError, Unwritable};

/// What can be done about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing: Redis refuses the request, and would refuse it again.
    None,
    /// Nothing for now: Redis has been away for so long that nobody waits for it.
    GiveUp,
    /// Send the scripts' texts.
    Text,
    /// Try again at once; a new connection waits by itself.
    Retry,
    /// Try again in a moment: Redis is up, but not ready.
    Wait,
    /// Ask the server that has this slot now, from now on: `host:port`.
    Moved(u16, String),
    /// Ask this server, this once: the slot is on its way there.
    Ask(String),
}

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What is told when nothing helps.
    pub(super) error: StoreError,
    /// What may help.
    pub(super) remedy: Remedy,
}

impl Trouble {
    /// One that another attempt would not end.
    pub(super) const fn lasting(error: StoreError) -> Self {
        Self { error, remedy: Remedy::GiveUp }
    }

    /// One that may be over.
    pub(super) const fn passing(error: StoreError) -> Self {
        Self { error, remedy: Remedy::Retry }
    }

    /// A deadline that ends the last of several attempts says less than the attempt before it.
    pub(super) fn after(self, before: Option<StoreError>) -> Self {
        match before {
            Some(error @ (StoreError::Unreachable(_) | StoreError::Unwritable(..)))
                if self.error == StoreError::TimedOut =>
            {
                Self { error, ..self }
            }
            _ => self,
        }
    }

    /// What Redis refuses.
    pub(super) fn of(error: &RedisError) -> Self {
        use ServerErrorKind::{Ask, BusyLoading, ClusterDown, MasterDown, Moved, NoScript, ReadOnly, TryAgain};
        let redirected = error.redirect_node().map(|(server, slot)| (server.to_owned(), slot));
        let remedy = match (error.kind(), redirected) {
            (ErrorKind::Server(NoScript), _) => Remedy::Text,
            (ErrorKind::Server(BusyLoading | MasterDown | TryAgain | ClusterDown | ReadOnly), _) => Remedy::Wait,
            (ErrorKind::Server(Moved), Some((server, slot))) => Remedy::Moved(slot, server),
            (ErrorKind::Server(Ask), Some((server, _))) => Remedy::Ask(server),
            // Neither a script that runs for too long nor a key that leaves while a script runs has a kind of its own.
            _ if error.code() == Some("BUSY") => Remedy::Wait,
            _ if error.detail().is_some_and(|detail| detail.contains("non local key")) => Remedy::Wait,
            _ => Remedy::None,
        };
        let unwritable = match error.code() {
            Some("OOM") => Some(Unwritable::Memory),
            Some("MISCONF") => Some(Unwritable::Disk),
            Some("READONLY") => Some(Unwritable::ReadOnly),
            _ => None,
        };
        let told = error.to_string();
        let error = match unwritable {
            Some(why) => StoreError::Unwritable(why, told),
            None => StoreError::Unreachable(told),
        };
        Self { error, remedy }
    }
}

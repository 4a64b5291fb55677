//! Proofs in flight: one exchange for one answer, however many browsers ask.
//!
//! A code is exchanged once. The exchange goes on when the browser that began it has given up or been sent on, and a
//! second return with the same answer waits for the first one's exchange instead of beginning another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, Shared};

use super::EngineError;
use crate::domain::id::PayId;
use crate::domain::journey::Via;
use crate::domain::redirect::Redirect;

/// What a flight comes to: where its browser goes.
pub(super) type Landing = Result<Redirect, EngineError>;

/// A flight that any number of browsers can wait for.
pub(super) type Flight = Shared<BoxFuture<'static, Landing>>;

/// Which answer of which departure of which journey is being proven.
type Key = (PayId, u8, u64);

/// The exchanges that this node has under way.
#[derive(Default)]
pub(super) struct Flights {
    under_way: Arc<Mutex<HashMap<Key, Flight>>>,
}

impl Flights {
    /// Joins the flight of this answer, or begins it on the current runtime.
    pub(super) fn join(&self, pay_id: PayId, via: Via, begin: impl FnOnce() -> BoxFuture<'static, Landing>) -> Flight {
        let key = (pay_id, via.departure, via.mark);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&key) {
            return flight.clone();
        }
        let done = Cleared { key, under_way: Arc::clone(&self.under_way) };
        let landing = begin();
        let flight = async move {
            let _done = done;
            landing.await
        };
        let flight = flight.boxed().shared();
        under_way.insert(key, flight.clone());
        tokio::spawn(flight.clone());
        flight
    }
}

/// Takes a flight off the list when it has ended, however it ended.
struct Cleared {
    key: Key,
    under_way: Arc<Mutex<HashMap<Key, Flight>>>,
}

impl Drop for Cleared {
    fn drop(&mut self) {
        let ended = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        // The lock is given back before the flight itself is dropped.
        drop(ended);
    }
}

//! Calls to providers in flight: one for one purpose, however many browsers ask.
//!
//! A call goes on when the browser that began it has given up or been sent on, and a second browser with the same open
//! request waits for the first one's call instead of beginning another.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::{collections::HashMap, hash::Hash, time::Duration};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::runtime::Handle;

/// A flight that any number of browsers can wait for. They drive it; it has a task of its own only from when one of them
/// gives up.
pub(super) struct Flight<T: Clone + Send + Sync + 'static>(Call<T>);

type Call<T> = Shared<BoxFuture<'static, T>>;

type UnderWay<K, T> = Arc<Mutex<HashMap<K, (Token, Call<T>)>>>;

/// Tells one flight from the next one under the same key.
type Token = Arc<()>;

/// The calls that this node has under way, and for a while what came of them.
pub(super) struct SingleFlight<K: Eq + Hash, T: Clone> {
    under_way: UnderWay<K, T>,
    kept: Duration,
}

impl<K, T> SingleFlight<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// None yet; what comes of a flight is kept for `kept`, for those who come late.
    pub(super) fn kept_for(kept: Duration) -> Self {
        Self { under_way: UnderWay::default(), kept }
    }

    /// Joins the flight of this key, or begins it.
    pub(super) fn join(&self, key: K, begin: impl FnOnce() -> BoxFuture<'static, T>) -> Flight<T> {
        self.join_kept(key, self.kept, begin)
    }

    /// [`SingleFlight::join`], where what comes of a flight that begins now is kept for another time.
    pub(super) fn join_kept(&self, key: K, kept: Duration, begin: impl FnOnce() -> BoxFuture<'static, T>) -> Flight<T> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, call)) = under_way.get(&key) {
            return Flight(call.clone());
        }
        let token = Token::default();
        let done = Cleared { key: key.clone(), token: Arc::clone(&token), under_way: Arc::clone(&self.under_way) };
        let call = begin();
        let flight = async move {
            let result = call.await;
            if kept.is_zero() {
                drop(done);
            } else {
                tokio::spawn(async move {
                    tokio::time::sleep(kept).await;
                    drop(done);
                });
            }
            result
        };
        let call = flight.boxed().shared();
        under_way.insert(key, (token, call.clone()));
        Flight(call)
    }

    /// Whether such a flight is under way here, or kept.
    pub(super) fn has(&self, key: &K) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Whether any flight is under way here.
    pub(super) fn any(&self) -> bool {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.values().any(|(_, call)| call.peek().is_none())
    }

    /// Forgets a flight, so that the next one begins anew.
    pub(super) fn forget(&self, key: &K) {
        let ended = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        // The lock is given back before the flight itself is dropped.
        drop(ended);
    }
}

impl<T: Clone + Send + Sync + 'static> Future for Flight<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T: Clone + Send + Sync + 'static> Drop for Flight<T> {
    fn drop(&mut self) {
        let is_over = self.0.strong_count().is_none() || self.0.peek().is_some();
        if !is_over && let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.0.clone());
        }
    }
}

/// Keys that something is noted of, for as long as each note is held.
pub(super) struct Notes<K>(Arc<Mutex<HashMap<K, usize>>>);

/// A note, until it is dropped.
pub(super) struct Note<K: Eq + Hash> {
    key: K,
    notes: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K> Default for Notes<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> Notes<K> {
    /// Notes this key.
    pub(super) fn write(&self, key: K) -> Note<K> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default() += 1;
        Note { key, notes: Arc::clone(&self.0) }
    }

    /// Whether this key is noted.
    pub(super) fn has(&self, key: &K) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }
}

impl<K: Eq + Hash> Drop for Note<K> {
    fn drop(&mut self) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        match notes.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(notes.remove(&self.key)),
        }
    }
}

/// Takes a flight off the list when it has ended, however it ended; but not the one that came after it.
struct Cleared<K: Eq + Hash, T: Clone> {
    key: K,
    token: Token,
    under_way: UnderWay<K, T>,
}

impl<K: Eq + Hash, T: Clone> Drop for Cleared<K, T> {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = under_way.get(&self.key).is_some_and(|(token, _)| Arc::ptr_eq(token, &self.token));
        let ended = is_own.then(|| under_way.remove(&self.key));
        // The lock is given back before the flight itself is dropped.
        drop(under_way);
        drop(ended);
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    #[tokio::test]
    async fn a_flight_goes_on_when_nobody_waits_for_it_any_more() {
        let flights = SingleFlight::<u8, u8>::kept_for(Duration::from_mins(1));
        for has_begun in [false, true] {
            let (answer, answered) = oneshot::channel();
            let first = flights.join(1, || async move { answered.await.unwrap() }.boxed());
            let mut second = flights.join(1, || unreachable!("one is under way"));
            if has_begun {
                assert!((&mut second).now_or_never().is_none());
            }
            drop((first, second));
            answer.send(7).unwrap();
            for _ in 0..9 {
                yield_now().await;
            }
            assert!(!flights.any(), "{has_begun}");
            let kept = flights.join(1, || unreachable!("what came of it is kept"));
            assert_eq!(kept.await, 7, "{has_begun}");
            flights.forget(&1);
        }
    }

    #[tokio::test]
    async fn what_came_of_a_flight_that_was_forgotten_does_not_clear_the_next_one() {
        let flights = SingleFlight::<u8, u8>::kept_for(Duration::from_millis(400));
        let begin = |answer: u8| move || async move { answer }.boxed();
        assert_eq!(flights.join(1, begin(1)).await, 1);
        tokio::time::sleep(Duration::from_millis(300)).await;
        flights.forget(&1);
        assert_eq!(flights.join_kept(1, Duration::from_hours(1), begin(2)).await, 2);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(flights.join(1, begin(3)).await, 2, "the first one is over, and this one is kept");
    }
}

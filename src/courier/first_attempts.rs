//! Where others wake the courier, and ask whether a delivery has been seen to.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, join_all};
use tokio::sync::{Notify, oneshot};

use crate::domain::DeliveryId;
use crate::engine::deps::CourierWaker;

/// The first attempts of one courier. A caller here need not wait until the courier looks by itself.
#[derive(Debug, Default)]
pub struct FirstAttempts {
    asked: Mutex<HashMap<DeliveryId, Vec<oneshot::Sender<()>>>>,
    wakeups: Notify,
}

impl CourierWaker for FirstAttempts {
    fn wake(&self) {
        self.wakeups.notify_one();
    }

    /// It may never be done: another courier may carry them.
    fn tried(&self, deliveries: Vec<DeliveryId>) -> BoxFuture<'static, ()> {
        let mut asked = self.asked();
        // A caller that has stopped waiting is forgotten here.
        asked.retain(|_, waiting| {
            waiting.retain(|sender| !sender.is_closed());
            !waiting.is_empty()
        });
        let tried: Vec<_> = deliveries
            .into_iter()
            .map(|delivery| {
                let (sender, tried) = oneshot::channel();
                asked.entry(delivery).or_default().push(sender);
                tried
            })
            .collect();
        drop(asked);
        join_all(tried).map(drop).boxed()
    }
}

impl FirstAttempts {
    /// Returns when the courier was woken.
    pub(super) async fn woken(&self) {
        self.wakeups.notified().await;
    }

    /// Ends the waiting for this delivery: it has been tried or put off.
    pub(super) fn done(&self, delivery: &DeliveryId) {
        for waiting in self.asked().remove(delivery).into_iter().flatten() {
            // Its receiver may have stopped waiting.
            let _ = waiting.send(());
        }
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<DeliveryId, Vec<oneshot::Sender<()>>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Servers that are told before the browser goes home, as far as the budget allows.

use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use tokio::time::Instant;

use super::Engine;
use crate::domain::delivery::{Delivery, DeliveryId};
use crate::domain::dialect::Dialect;
use crate::domain::journey::Journey;
use crate::store::{Step, StoreError, Taken};

/// Whoever carries deliveries, as far as the engine asks how far they are.
pub trait Herald: Send + Sync {
    /// Says that there is something to carry.
    fn ring(&self);

    /// What is done when each of these has been tried once, or put off. It is asked for before they are written, so that
    /// none is tried unseen. It may never be done.
    fn tried(&self, deliveries: Vec<DeliveryId>) -> BoxFuture<'static, ()>;
}

/// Nobody: deliveries are carried elsewhere, and nothing is known of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHerald;

impl Herald for NoHerald {
    fn ring(&self) {}

    fn tried(&self, _: Vec<DeliveryId>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What a browser waits for before it goes home; `None` is nothing.
pub(super) type Announcement = Option<Shared<BoxFuture<'static, ()>>>;

impl Engine {
    /// Takes a step, and rings for the deliveries that it leaves: nobody has to find them first.
    pub(super) async fn take(&self, step: &Step) -> Result<Taken, StoreError> {
        let taken = self.store.take(step).await?;
        if taken == Taken::Done && !step.deliveries().is_empty() {
            self.herald.ring();
        }
        Ok(taken)
    }

    /// Prepares to wait for the deliveries that a step is about to leave, where its dialect wants them told first.
    pub(super) fn announcement(&self, journey: &Journey, told: &[Delivery]) -> Announcement {
        let announces = self.dialect(&journey.opening().dialect).is_ok_and(Dialect::announces);
        if !announces || told.is_empty() {
            return None;
        }
        Some(self.herald.tried(told.iter().map(|delivery| delivery.id).collect()).shared())
    }

    /// Waits for an announcement, for as long as a browser can be kept waiting that came at `at`.
    pub(super) async fn announced(&self, announcement: Announcement, at: Instant) {
        if let Some(tried) = announcement {
            // Late is no harm: the deliveries are written, and go on by themselves.
            let _ = tokio::time::timeout_at(at + self.patience(), tried).await;
        }
    }
}

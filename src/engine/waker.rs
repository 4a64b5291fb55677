//! Whoever carries deliveries, as far as the engine asks how far they are.

use futures_util::future::BoxFuture;

use crate::domain::delivery::DeliveryId;

/// Whoever carries deliveries, as far as the engine asks how far they are.
pub trait CourierWaker: Send + Sync {
    /// Says that there is something to carry.
    fn wake(&self);

    /// What is done when each of these has been tried once, or put off. It is asked for before they are written, so
    /// that none is tried unseen. It may never be done.
    fn tried(&self, deliveries: Vec<DeliveryId>) -> BoxFuture<'static, ()>;
}

/// Nobody: deliveries are carried elsewhere, and nothing is known of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCourier;

impl CourierWaker for NoCourier {
    fn wake(&self) {}

    fn tried(&self, _: Vec<DeliveryId>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

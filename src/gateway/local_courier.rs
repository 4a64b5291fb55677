//! How the engine wakes this process's courier, and waits for its first attempts.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _};

use crate::courier::FirstAttempts;
use crate::domain::delivery::DeliveryId;
use crate::engine::CourierWaker;

/// Wakes the courier of this process.
pub(super) struct LocalCourier(pub(super) Arc<FirstAttempts>);

impl CourierWaker for LocalCourier {
    fn wake(&self) {
        self.0.wake();
    }

    fn tried(&self, deliveries: Vec<DeliveryId>) -> BoxFuture<'static, ()> {
        self.0.ask(deliveries).boxed()
    }
}

//! The courier's desk, as the engine asks there.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _};

use crate::courier::Desk;
use crate::domain::delivery::DeliveryId;
use crate::engine::Herald;

/// A way to the desk.
pub(super) struct AtTheDesk(pub(super) Arc<Desk>);

impl Herald for AtTheDesk {
    fn ring(&self) {
        self.0.ring();
    }

    fn tried(&self, deliveries: Vec<DeliveryId>) -> BoxFuture<'static, ()> {
        self.0.ask(deliveries).boxed()
    }
}

//! EVENTS: what has become of a merchant's journeys, in order.

use crate::domain::MerchantId;
use crate::engine::{Engine, deps::Result};
use crate::store::{EventCursor, EventPage};

/// A merchant's events behind `after`, the oldest first; `most` at the most.
///
/// # Errors
/// When the store is in trouble.
pub async fn list(engine: &Engine, merchant: MerchantId, after: Option<EventCursor>, most: usize) -> Result<EventPage> {
    Ok(engine.deps.store.events(merchant, after, most).await?)
}

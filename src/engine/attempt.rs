//! Attempts: what lets a call be made again, and get the answer that it got before.

use crate::domain::Digest;
use crate::engine::deps::{Deps, EngineError, Result};
use crate::keys::digest;
use crate::store::{Reservation, Reserved};

/// Reserves the attempt of a call: that of its `Idempotency-Key`, the same every time, or without one a new one.
///
/// # Errors
/// When the key came with another request before, or the store is in trouble.
pub(super) async fn reserve(deps: &Deps, reservation: Option<&Reservation>) -> Result<Digest> {
    let Some(reservation) = reservation else { return Ok(digest("attempt", &deps.clock.entropy())) };
    match deps.store.reserve(reservation).await? {
        Reserved::Reused => Err(EngineError::KeyReused),
        Reserved::Fresh | Reserved::Repeated => Ok(reservation.key),
    }
}

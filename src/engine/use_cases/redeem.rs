//! REDEEM: a one-time token becomes the proven outcome, once.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{MerchantId, OneTimeToken};
use crate::engine::deps::{EngineError, Result};
use crate::engine::{Engine, attempt, derive, find::LOOK_AGAIN};
use crate::store::{Redemption, Reservation, StoreError};

/// A request to redeem.
pub struct Redeeming<'a> {
    /// Whose call it is.
    pub merchant: MerchantId,
    /// The token as it was sent.
    pub token: &'a str,
    /// The call's `Idempotency-Key`, under which the same answer is given again.
    pub reservation: Option<Reservation>,
    /// How long the caller will wait for an outcome that is on its way.
    pub request_timeout: Duration,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// What the store has answered.
    Known(Redemption),
    /// The store did not say whether the token is spent now: ask again with the same key.
    Uncertain,
}

/// Redeems a one-time token.
///
/// # Errors
/// When the idempotency key was used for another token. Trouble with the store is [`Redeemed::Uncertain`].
pub async fn redeem(engine: &Engine, request: Redeeming<'_>) -> Result<Redeemed> {
    let Ok(token) = OneTimeToken::parse(request.token) else { return Ok(Redeemed::Known(Redemption::Unknown)) };
    let store = &engine.deps.store;
    let attempt = match attempt::reserve(&engine.deps, request.reservation.as_ref()).await {
        Err(EngineError::Store(error)) => return Ok(uncertain(&error)),
        attempt => attempt?,
    };
    let (until, digest) = (Instant::now() + request.request_timeout, derive::token_digest(request.merchant, &token));
    loop {
        match store.redeem(token.pay_id(), &digest, &attempt).await {
            Ok(Redemption::Pending { .. }) if Instant::now() < until => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(redemption) => return Ok(Redeemed::Known(redemption)),
            Err(error) => return Ok(uncertain(&error)),
        }
    }
}

fn uncertain(error: &StoreError) -> Redeemed {
    tracing::warn!(error = %error, "redeem.uncertain");
    Redeemed::Uncertain
}

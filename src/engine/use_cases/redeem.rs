//! REDEEM: a one-time token becomes the proven outcome, once.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::id::MerchantId;
use crate::domain::token::OneTimeToken;
use crate::engine::deps::EngineError;
use crate::engine::find::LOOK_AGAIN;
use crate::engine::{Engine, derive};
use crate::keys::digest;
use crate::store::{Redemption, Reservation, Reserved, StoreError};

/// A request to redeem.
pub struct Redeeming<'a> {
    /// Whose call it is.
    pub merchant: MerchantId,
    /// The token as it was sent.
    pub token: &'a str,
    /// The call's `Idempotency-Key`, under which the same answer is given again.
    pub reservation: Option<Reservation>,
    /// How long the caller will wait for an outcome that is on its way.
    pub patience: Duration,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// What the store response.
    Known(Redemption),
    /// The store did not say whether the token is spent now: ask again with the same key.
    Uncertain,
}

/// Redeems a one-time token.
///
/// # Errors
/// When the idempotency key was used for another token. Trouble with the store is [`Redeemed::Uncertain`].
pub async fn redeem(engine: &Engine, open_request: Redeeming<'_>) -> Result<Redeemed, EngineError> {
    let Ok(token) = OneTimeToken::parse(open_request.token) else { return Ok(Redeemed::Known(Redemption::Unknown)) };
    match reserve_attempt(engine, open_request.reservation.as_ref()).await {
        Ok(Reserved::Reused) => return Err(EngineError::KeyReused),
        Ok(Reserved::Fresh | Reserved::Repeated) => {}
        Err(error) => return Ok(uncertain(&error)),
    }
    let attempt = open_request
        .reservation
        .map_or_else(|| digest("attempt", &engine.deps.clock.entropy()), |reservation| reservation.key);
    let until = Instant::now() + open_request.patience;
    loop {
        match engine
            .deps
            .store
            .redeem(token.shard(), &derive::token_digest(token.reveal()), open_request.merchant, &attempt)
            .await
        {
            Ok(Redemption::Pending { .. }) if Instant::now() < until => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(redemption) => return Ok(Redeemed::Known(redemption)),
            Err(error) => return Ok(uncertain(&error)),
        }
    }
}

async fn reserve_attempt(engine: &Engine, reservation: Option<&Reservation>) -> Result<Reserved, StoreError> {
    match reservation {
        None => Ok(Reserved::Fresh),
        Some(reservation) => engine.deps.store.reserve(reservation).await,
    }
}

fn uncertain(error: &StoreError) -> Redeemed {
    tracing::warn!(error = %error, "redeem.uncertain");
    Redeemed::Uncertain
}

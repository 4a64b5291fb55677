//! Users: the customers that a merchant has added.

use crate::domain::{ApplicationUser, MerchantId, Shard, User, UserId};
use crate::engine::deps::{EngineError, Result};
use crate::engine::{Engine, derive};
use crate::store::{Enrolled, Reservation, Reserved, user_shard};

/// Adds a user; [`Enrolled::Known`] is the one that the merchant has under this id of its own already. The same
/// reservation adds the same user: its id is the reservation's.
///
/// # Errors
/// When the reservation's key was used for another call, or the store is in trouble.
pub async fn enrol(
    engine: &Engine,
    merchant: MerchantId,
    own: Option<ApplicationUser>,
    reservation: Option<&Reservation>,
) -> Result<(User, Enrolled)> {
    let [mut half, other] = derive::halves(engine.deps.clock.entropy());
    let mut shard = Shard::of_byte(other[0]);
    if let Some(reservation) = reservation {
        if engine.deps.store.reserve(reservation).await? == Reserved::Reused {
            return Err(EngineError::KeyReused);
        }
        [half, _] = derive::halves(*reservation.key.as_bytes());
        shard = reservation.shard();
    }
    let shard = own.as_ref().map_or(shard, |own| user_shard(merchant, own));
    let user =
        User { id: UserId::mint(half, shard), merchant, application_user: own, created_at: engine.deps.clock.now() };
    if reservation.is_some()
        && let Some(first) = engine.deps.store.user(merchant, user.id).await?
    {
        return Ok((first, Enrolled::New));
    }
    let enrolled = engine.deps.store.enrol(&user).await?;
    Ok((user, enrolled))
}

/// The merchant's user of this id.
///
/// # Errors
/// When the store is in trouble.
pub async fn find(engine: &Engine, merchant: MerchantId, id: UserId) -> Result<Option<User>> {
    Ok(engine.deps.store.user(merchant, id).await?)
}

/// The merchant's user of its own id.
///
/// # Errors
/// When the store is in trouble.
pub async fn find_named(engine: &Engine, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>> {
    Ok(engine.deps.store.user_named(merchant, own).await?)
}

/// The merchant's users, the newest first, `most` at the most.
///
/// # Errors
/// When the store is in trouble.
pub async fn list(engine: &Engine, merchant: MerchantId, most: usize) -> Result<Vec<User>> {
    Ok(engine.deps.store.users(merchant, most).await?)
}

/// Forgets a user. Its consents are the caller's to revoke first. `false` when there was none.
///
/// # Errors
/// When the store is in trouble.
pub async fn forget(engine: &Engine, user: &User) -> Result<bool> {
    Ok(engine.deps.store.forget(user).await?)
}

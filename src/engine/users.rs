//! Users: the customers of a merchant, as far as it tells us of them.

use super::{Engine, EngineError};
use crate::domain::id::{MerchantId, Shard, UserId};
use crate::domain::user::{ApplicationUser, User};
use crate::store::{Enrolled, Reservation, Reserved, user_shard};

impl Engine {
    /// Adds a user; [`Enrolled::Known`] is the one that the merchant has under this id of its own already. The same
    /// reservation adds the same user: its id is the reservation's.
    ///
    /// # Errors
    /// When the reservation's key was used for another call, or the store is in trouble.
    pub async fn enrol(
        &self,
        merchant: MerchantId,
        own: Option<ApplicationUser>,
        reservation: Option<&Reservation>,
    ) -> Result<(User, Enrolled), EngineError> {
        let [mut half, other] = super::open::halves(self.clock.entropy());
        let mut shard = Shard::of_byte(other[0]);
        if let Some(reservation) = reservation {
            if self.store.reserve(reservation).await? == Reserved::Reused {
                return Err(EngineError::KeyReused);
            }
            [half, _] = super::open::halves(*reservation.key.as_bytes());
            shard = reservation.shard();
        }
        let shard = own.as_ref().map_or(shard, |own| user_shard(merchant, own));
        let user =
            User { id: UserId::mint(half, shard), merchant, application_user: own, created_at: self.clock.now() };
        if reservation.is_some()
            && let Some(first) = self.store.user(merchant, user.id).await?
        {
            return Ok((first, Enrolled::New));
        }
        let enrolled = self.store.enrol(&user).await?;
        Ok((user, enrolled))
    }

    /// The merchant's user of this id.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn user(&self, merchant: MerchantId, id: UserId) -> Result<Option<User>, EngineError> {
        Ok(self.store.user(merchant, id).await?)
    }

    /// The merchant's user of its own id.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn user_named(&self, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>, EngineError> {
        Ok(self.store.user_named(merchant, own).await?)
    }

    /// The merchant's users, the newest first, `most` at the most.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn users(&self, merchant: MerchantId, most: usize) -> Result<Vec<User>, EngineError> {
        Ok(self.store.users(merchant, most).await?)
    }

    /// Forgets a user. Its consents are the caller's to revoke first. `false` when there was none.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn forget_user(&self, user: &User) -> Result<bool, EngineError> {
        Ok(self.store.forget(user).await?)
    }
}

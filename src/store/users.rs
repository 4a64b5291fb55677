//! Users, as stores keep them: one for each id of a merchant's own.

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::Result;
use crate::domain::{ApplicationUser, Digest, MerchantId, Shard, User, UserId};

/// What became of enrolling a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolled {
    /// The user is stored.
    New,
    /// The merchant has a user of this [`ApplicationUser`] already: this one.
    Known(User),
}

impl Enrolled {
    /// What becomes of enrolling `user` where `there` is already: the very same enrolment tried again is new.
    pub(super) fn over(there: User, user: &User) -> Self {
        let same = there.id == user.id && there.application_user == user.application_user;
        if same { Self::New } else { Self::Known(there) }
    }
}

/// The users of merchants. A user of a merchant's own id lives in the shard that [`user_shard`] names, so that the id
/// is reserved and the user stored in one step.
#[async_trait]
pub trait Users: Send + Sync {
    /// Stores a user, unless its merchant has one of the same [`ApplicationUser`].
    async fn enrol(&self, user: &User) -> Result<Enrolled>;

    /// The merchant's user of this id.
    async fn user(&self, merchant: MerchantId, id: UserId) -> Result<Option<User>>;

    /// The merchant's user of its own id.
    async fn user_named(&self, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>>;

    /// The merchant's users, the newest first, `most` at the most.
    async fn users(&self, merchant: MerchantId, most: usize) -> Result<Vec<User>>;

    /// Forgets a user, so that its [`ApplicationUser`] is free again. `false` when there was none.
    async fn forget(&self, user: &User) -> Result<bool>;
}

/// The shard of a merchant's user of this id.
pub fn user_shard(merchant: MerchantId, own: &ApplicationUser) -> Shard {
    Shard::of_byte(user_name(merchant, own).as_bytes()[0])
}

/// A merchant's own id of a user, as stores keep it apart from every other one.
pub fn user_name(merchant: MerchantId, own: &ApplicationUser) -> Digest {
    let hash = Sha256::new().chain_update(merchant.as_bytes()).chain_update(own.as_str());
    Digest::new(hash.finalize().into())
}

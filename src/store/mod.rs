//! What a store promises.
//!
//! Small traits, one for each kind of record; every verb is one atomic step, named by its intention. Absence is `None`,
//! a lost race is a value, and only trouble is an error. The store laws in `store/laws` hold every implementation to
//! the same promises. Deadlines are compared inside the step, by the store's own clock.

mod api_keys;
mod console;
pub mod copy;
mod deliveries;
pub mod embedded;
mod events;
#[cfg(test)]
pub(crate) mod laws;
mod logos;
mod numbers;
mod readings;
pub mod record;
pub mod redis;
mod step;
mod users;
mod watches;

use async_trait::async_trait;

pub use api_keys::ApiKeys;
pub use console::{Audits, Sessions};
pub use deliveries::{
    Deliveries, DeliveryContext, DeliveryCursor, DeliveryFilter, Lease, Leased, SHUT, endpoint_shard, receiver_name,
};
pub use events::{EventCursor, EventPage, Events, Trouble};
pub use logos::Logos;
pub use numbers::{JourneyCount, Numbers, SampledJourney};
pub use step::{Step, Taken};
pub use users::{Enrolled, Users, user_name, user_shard};
pub use watches::{Watches, watched_name};

use crate::domain::{Delivery, Digest, Journey, Merchant, MerchantId, PayId, Shard, UnixMillis, UserId, id::SHARDS};

/// How long an idempotency key is remembered.
pub const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(24);

/// How often a gateway has its store write a mark, at the least: a store without a fresh one serves nobody.
pub const PROBED_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// Half of a digest, which is what stores keep of most: 128 bits cannot be searched.
pub type Half = [u8; 16];

/// The first half of a digest.
fn half(digest: &Digest) -> Half {
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_bytes()[..16]);
    half
}

/// The key under which a store is registered, of the operator's keys; the current one comes first.
///
/// # Errors
/// [`StoreError::Foreign`] when there is none.
fn current_key(keys: &[Digest]) -> Result<&Digest> {
    keys.first().ok_or_else(|| StoreError::Foreign("this gateway has no operator key".into()))
}

/// The error of a store that was created with another operator key.
fn other_key() -> StoreError {
    StoreError::Foreign("it was created with a different operator key; add that key to HANDBACK_KEYS".into())
}

/// The error of a store that was moved.
fn moved(to: &str) -> StoreError {
    StoreError::Foreign(format!("it was moved to {to}; let the setting `store` name that"))
}

/// The error of a store that was created with another number of shards.
fn other_shards(shards: impl std::fmt::Display) -> StoreError {
    StoreError::Foreign(format!("it was created with {shards} shards, and this program has {SHARDS}"))
}

/// Trouble with the store. A write that ended so may or may not have happened; every verb can be tried again as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// It did not answer within its deadline.
    #[error("the store did not answer in time")]
    TimedOut,
    /// It answers, and writes nothing at present.
    #[error("the store cannot write, {0}: {1}")]
    Unwritable(Unwritable, String),
    /// It was done, but may be lost with its server: replicas do not have it yet, or the server is not set up to keep it.
    #[error("the store does not confirm that it keeps what was written: {0}")]
    Unconfirmed(String),
    /// It holds something that this program cannot read.
    #[error("the store holds a damaged record: {0}")]
    Damaged(String),
    /// It was created with other shards or another operator key, or it is not set up to keep what is written.
    #[error("the store cannot be used: {0}")]
    Foreign(String),
}

/// Why a store that answers writes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritable {
    /// Its disk is full, or fails.
    Disk,
    /// Its memory is full.
    Memory,
    /// It is a copy that follows another store, or a file that nobody may write.
    ReadOnly,
}

impl Unwritable {
    /// In words, for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disk => "disk full or failing",
            Self::Memory => "memory full",
            Self::ReadOnly => "read-only",
        }
    }
}

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a step of a store gives.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An idempotency key and the request it came with, or a reference that a merchant uses once; both as digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// Of the merchant and its `Idempotency-Key`, or reference; its first byte names the shard.
    pub key: Digest,
    /// Of the request.
    pub request: Digest,
    /// How long it is remembered.
    pub kept: Kept,
}

/// How long a reservation is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// For [`REMEMBERED`], and until the journey that it opened expires.
    ADay,
    /// For as long as the journey that it opened is kept for sure: until that expires, and the store's `keep` longer.
    WithItsJourney,
}

impl Reservation {
    /// The shard that holds it.
    pub const fn shard(&self) -> Shard {
        Shard::of_byte(self.key.as_bytes()[0])
    }
}

/// What became of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It is new, and kept from now on for [`REMEMBERED`].
    Fresh,
    /// Its key came before with the same request.
    Repeated,
    /// Its key came before with another request.
    Reused,
}

/// What became of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The journey is stored.
    New,
    /// Its reservation opened this journey before.
    Repeated(Box<Journey>),
    /// The reservation's key was used for another request.
    Reused,
    /// Another journey has this number; mint another id.
    Taken,
}

/// Which of a merchant's journeys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JourneyFilter {
    /// All of them.
    All,
    /// Those that a provider has proven to be paid or authorised, once at least.
    Proven,
    /// Those about one user.
    OfUser(UserId),
}

/// A place in a merchant's list of journeys, which is sorted by opening time and number, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct JourneyCursor {
    /// When the journey was opened.
    pub opened_at: UnixMillis,
    /// Its number.
    pub pay_id: PayId,
}

impl JourneyCursor {
    /// Where this journey stands in the list.
    pub fn of(journey: &Journey) -> Self {
        Self { opened_at: journey.opening().opened_at, pay_id: journey.pay_id() }
    }
}

/// Journeys: opened once, changed one step at a time.
#[async_trait]
pub trait Journeys: Send + Sync {
    /// Stores a new journey, the deliveries that its opening leaves, and the reservation that opened it, in one step.
    async fn open(
        &self,
        journey: &Journey,
        deliveries: &[Delivery],
        reservation: Option<&Reservation>,
    ) -> Result<Opened>;

    /// What a reservation has opened before: [`Opened::Repeated`] or [`Opened::Reused`]; `None` when it is new or
    /// forgotten.
    async fn opened_by(&self, reservation: &Reservation) -> Result<Option<Opened>>;

    /// The journey of this number.
    async fn find(&self, pay_id: PayId) -> Result<Option<Journey>>;

    /// Takes one step: everything in it is written, or nothing. One round trip.
    async fn take(&self, step: &Step) -> Result<Taken>;

    /// A merchant's journeys, newest first, beginning behind `after`; `most` at the most.
    async fn list(
        &self,
        merchant: MerchantId,
        which: JourneyFilter,
        after: Option<JourneyCursor>,
        most: usize,
    ) -> Result<Vec<Journey>>;

    /// Journeys that are due by now ([`Journey::due_at`]), `most` at the most; each comes again
    /// until a step has moved that moment.
    async fn due(&self, most: usize) -> Result<Vec<Journey>>;

    /// Erases a journey with its deliveries and tokens, whatever its stage. `false` when it was gone.
    async fn erase(&self, journey: &Journey) -> Result<bool>;
}

/// The answer to a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redemption {
    /// This attempt has the token; it may ask again.
    Granted {
        /// Its journey, which has concluded, and may be asked for again by now.
        journey: Box<Journey>,
        /// When this attempt spent it.
        spent_at: UnixMillis,
    },
    /// Nothing is proven yet of what the customer was handed back with; the token is unspent.
    Pending {
        /// Its journey.
        journey: Box<Journey>,
    },
    /// Another attempt spent it.
    Spent {
        /// When.
        at: UnixMillis,
    },
    /// Nobody redeemed it in time.
    Expired {
        /// When it expired.
        at: UnixMillis,
    },
    /// There is no such token.
    Unknown,
}

/// One-time tokens, each of which a step has left beside its journey; what became of one is known for as long as the
/// journey is kept.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Redeems the token of this digest, once: the first attempt wins, and the same attempt is granted again. One round
    /// trip.
    ///
    /// # Errors
    /// On trouble with the store; then it is unknown whether the attempt has spent the token, and the same attempt
    /// should be made again.
    async fn redeem(&self, journey: PayId, token: &Digest, attempt: &Digest) -> Result<Redemption>;

    /// When the token of this digest was spent. `None` when it is not, or there is none.
    async fn spent_at(&self, journey: PayId, token: &Digest) -> Result<Option<UnixMillis>>;
}

/// Idempotency keys of requests that change no journey by themselves.
#[async_trait]
pub trait Reservations: Send + Sync {
    /// Reserves a key for a request, for [`REMEMBERED`].
    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved>;
}

/// What became of a change to a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is written.
    Done,
    /// The profile has another revision by now: read it again. Or it is gone.
    Stale,
    /// Its reservation was made before, with this number.
    Repeated(u32),
    /// The reservation's key was used for another request.
    Reused,
}

/// Merchants and their profiles.
#[async_trait]
pub trait Merchants: Send + Sync {
    /// Adds a merchant. `false` when its id is taken.
    async fn add(&self, merchant: &Merchant) -> Result<bool>;

    /// The merchant of this id.
    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>>;

    /// Every merchant, the oldest first.
    async fn merchants(&self) -> Result<Vec<Merchant>>;

    /// Writes a profile over the revision before, together with a reservation and the number that its repetition
    /// answers. The reservation is kept in the merchant's shard.
    async fn replace(&self, merchant: &Merchant, reservation: Option<(&Reservation, u32)>) -> Result<Replaced>;

    /// What a reservation has written into this merchant's profile before: [`Replaced::Repeated`] or
    /// [`Replaced::Reused`]; `None` when it is new or forgotten.
    async fn replaced_by(&self, merchant: MerchantId, reservation: &Reservation) -> Result<Option<Replaced>>;

    /// Removes a merchant and its profile, whatever its revision, its logo, when its API keys were used, its sessions in
    /// the console and its audit log. The numbers of its keys, its users and its journeys are for the caller to remove first. `false` when it was gone.
    async fn remove(&self, merchant: &Merchant) -> Result<bool>;
}

/// What a probe has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probed {
    /// What the store's own clock says, where it has one that is not this machine's.
    pub now: Option<UnixMillis>,
    /// The parts that have not written the mark, by name, each with why: what they keep is away, and the rest is not.
    pub away: Vec<(String, StoreError)>,
    /// What the store does not keep of what it acknowledges, by how it is set up, in sentences.
    pub lapses: Vec<String>,
}

/// A whole store.
#[async_trait]
pub trait Store:
    Journeys
    + Tokens
    + Reservations
    + Merchants
    + ApiKeys
    + Users
    + Deliveries
    + Events
    + Sessions
    + Audits
    + Watches
    + Logos
    + Numbers
    + copy::Records
{
    /// What it is, for people: `embedded (SQLite) in ./handback-data`. Never a password.
    fn describe(&self) -> String;

    /// Compares this gateway with the one that the store was made for: the number of shards, and that one of our keys
    /// (as fingerprints, the current one first) is the one it knows. A new store records both.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when they differ, or trouble with the store.
    async fn register_owner(&self, keys: &[Digest]) -> Result<()>;

    /// Writes a mark into each of its parts, as durably as every step. A store that only answers is of no use.
    ///
    /// # Errors
    /// When no part has written it: [`StoreError::Unwritable`] when it answers and does not write, or other trouble with
    /// the store.
    async fn probe(&self) -> Result<Probed>;

    /// Collects what has expired, where the store does not do so by itself; answers how many records it dropped. One
    /// call may leave something to the next.
    async fn tidy(&self) -> Result<usize>;
}

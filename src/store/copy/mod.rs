//! A store as a list of records: all that every store can read, and write again elsewhere.
//!
//! Whatever a store keeps is one of these, or follows from them, such as an index. So a store that is copied record by
//! record is the same store, of whichever kind. `migration.rs` moves one.

mod migration;
mod records;

use async_trait::async_trait;
use tokio::sync::mpsc;

pub use migration::{MigrationError, Progress, migrate};
pub use records::{
    Kind, ReservationResult, StoredConsoleLink, StoredConsoleSession, StoredDelivery, StoredJourney, StoredRecord,
    StoredReservation,
};

use super::Result;
use crate::domain::{Digest, UnixMillis};

/// Some records of a store.
#[derive(Debug)]
pub struct Batch {
    /// The records.
    pub records: Vec<StoredRecord>,
    /// How many of the places that [`Records::extent`] counts were passed to find them.
    pub passed: u64,
}

/// All records of a store, while nobody serves from it.
#[async_trait]
pub trait Records: Send + Sync {
    /// How many places there are to pass, about.
    async fn extent(&self) -> Result<u64>;

    /// Sends every record at least once, until nobody listens any more. What has run out may come or not.
    async fn read_all(&self, listener: mpsc::Sender<Batch>) -> Result<()>;

    /// Writes these records, whatever stands in their places.
    async fn write_all(&self, records: Vec<StoredRecord>) -> Result<()>;

    /// Now, by the clock that decides what has run out.
    async fn clock(&self) -> Result<UnixMillis>;
}

/// What there is where a store can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Empty,
    /// A store, created under the operator's key of this fingerprint.
    Owned(Digest),
    /// A store that a migration has begun to fill.
    Filling,
    /// A store that was moved.
    Moved {
        /// The fingerprint of the operator's key.
        key: Digest,
        /// Where it is now.
        to: String,
    },
}

/// A store that is moved away.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its records.
    fn records(&self) -> &dyn Records;

    /// What there is.
    async fn standing(&self) -> Result<Standing>;

    /// Whether a gateway serves from it. Where only time can tell, this waits if there is a sign of one, or to be `sure`
    /// that none has just started.
    async fn is_served(&self, sure: bool) -> Result<bool>;

    /// Notes that it was moved to this place, so that no gateway starts on it any more; or takes that back.
    async fn note_moved(&self, key: &Digest, to: Option<&str>) -> Result<()>;
}

/// A place that a store is moved to.
#[async_trait]
pub trait Destination: Send + Sync {
    /// What there is.
    async fn standing(&self) -> Result<Standing>;

    /// Clears it of what an earlier migration has left, and notes that it is being filled: no gateway starts on it
    /// until [`Destination::finish`].
    async fn begin(&mut self) -> Result<()>;

    /// Its records.
    ///
    /// # Errors
    /// Before [`Destination::begin`].
    fn records(&self) -> Result<&dyn Records>;

    /// Makes it a store that was created under the operator's key of this fingerprint.
    async fn finish(self: Box<Self>, key: &Digest) -> Result<()>;
}

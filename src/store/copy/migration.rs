//! Moves a store from one place to another, while no gateway serves from either.
//!
//! The destination says that it is being filled until all of it is there and was compared with the source; before they are
//! compared, the source says that it was moved. So at no moment a gateway or a command starts on both of them, or on a half
//! of one, and what was still under way is in the comparison. Whatever breaks a migration off, the same migration can be
//! begun again.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Batch, Destination, Kind, Records, Source, Standing, StoredRecord};
use crate::domain::UnixMillis;
use crate::store::{Result, StoreError};

/// How far two clocks may be apart: lives are counted by the clock of the store that they are in.
const APART: Duration = Duration::from_secs(1);

/// How many batches may wait to be written.
const AHEAD: usize = 4;

/// Only records that last this much longer than the copying are compared.
const MARGIN: Duration = Duration::from_mins(1);

/// Why a store was not moved. It stands where it stood, but for [`MigrationError::Unfinished`].
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// There is nothing to move.
    #[error("there is no store at {0}")]
    Nothing(String),
    /// It is elsewhere already.
    #[error("{0} was moved to {1} already")]
    Moved(String, String),
    /// The destination has a store.
    #[error("{0} already holds a store: expected an empty place")]
    Held(String),
    /// A gateway uses it.
    #[error("a gateway serves from {0}: stop it, and begin again")]
    Served(String),
    /// The clocks would change what is left of lives.
    #[error("the clocks of {0} and {1} are {2} ms apart: expected 1000 at the most, as NTP keeps them")]
    Apart(String, String, u128),
    /// The two are not the same.
    #[error("{0} has {1} {kind}, {2} has {3}, and they are not the same: is something writing to one of them? Run it again", kind = .4.as_str())]
    Differs(String, u64, String, u64, Kind),
    /// Trouble with one of them.
    #[error("{0}: {1}")]
    Store(String, StoreError),
    /// The source says that it was moved, and that could not be taken back, or the destination may be complete by now.
    #[error(
        "{2}; {0} is noted as moved to {1} by now, and nothing starts on it: run the same command again, which finishes this"
    )]
    Unfinished(String, String, Box<Self>),
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many places of so many were copied.
    Copied(u64, u64),
    /// So many places of so many were compared, of both stores.
    Compared(u64, u64),
    /// It waits until it is sure that no gateway serves from the source.
    Waiting,
}

/// How many records of each kind there are, and a digest over them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Kind, (u64, u64)>);

impl Tally {
    /// How many there are of a kind.
    pub fn count(&self, kind: Kind) -> u64 {
        self.0.get(&kind).map_or(0, |(count, _)| *count)
    }

    /// The first kind of which the other has not the same.
    fn difference(&self, other: &Self) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| self.0.get(kind) != other.0.get(kind))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds = self.0.iter();
        if let Some((kind, (count, _))) = kinds.next() {
            write!(f, "{count} {}", kind.as_str())?;
        }
        kinds.try_for_each(|(kind, (count, _))| write!(f, ", {count} {}", kind.as_str()))
    }
}

/// Moves a store; both ends with their names, for people. Answers what was moved.
///
/// # Errors
/// When the source holds no store or is served from, when the destination holds one, when what has arrived is not what
/// was sent, or on trouble with either.
pub async fn migrate(
    (from, source): (&str, &dyn Source),
    (to, mut destination): (&str, Box<dyn Destination>),
    keep: Duration,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Tally, MigrationError> {
    let of_source = |error| MigrationError::Store(from.to_owned(), error);
    let of_destination = |error| MigrationError::Store(to.to_owned(), error);

    let there = destination.standing().await.map_err(of_destination)?;
    let (key, is_noted) = match (source.standing().await.map_err(of_source)?, there) {
        (Standing::Owned(_), Standing::Owned(_)) => return Err(MigrationError::Held(to.to_owned())),
        (Standing::Owned(key), _) => (key, false),
        // It was broken off behind the note.
        (Standing::Moved { key, to: before }, Standing::Filling) if before == to => (key, true),
        (Standing::Moved { to, .. }, _) => return Err(MigrationError::Moved(from.to_owned(), to)),
        (Standing::Empty | Standing::Filling, _) => return Err(MigrationError::Nothing(from.to_owned())),
    };
    report(Progress::Waiting);
    if source.is_served(false).await.map_err(of_source)? {
        return Err(MigrationError::Served(from.to_owned()));
    }
    destination.begin().await.map_err(of_destination)?;
    if is_noted {
        // It begins anew, and if it fails the source is used as before.
        source.note_moved(&key, None).await.map_err(of_source)?;
    }
    let records = destination.records().map_err(of_destination)?;
    let now = source.records().clock().await.map_err(of_source)?;
    let theirs = records.clock().await.map_err(of_destination)?;
    let apart = theirs.since(now).max(now.since(theirs));
    if apart > APART {
        return Err(MigrationError::Apart(from.to_owned(), to.to_owned(), apart.as_millis()));
    }

    let begun = Instant::now();
    let pass = Pass { keep, beyond: now };
    let copied = pass.copy(source.records(), records, report).await;
    copied.map_err(|(of_reading, error)| if of_reading { of_source(error) } else { of_destination(error) })?;

    let unfinished = |error| MigrationError::Unfinished(from.to_owned(), to.to_owned(), Box::new(error));
    let moved = match source.note_moved(&key, Some(to)).await {
        Ok(()) => verify((from, source), (to, records), (keep, now, begun), report).await,
        // It may be written even so.
        Err(error) => Err(of_source(error)),
    };
    let moved = match moved {
        Ok(moved) => moved,
        Err(error) if source.note_moved(&key, None).await.is_ok() => return Err(error),
        Err(error) => return Err(unfinished(error)),
    };
    // From here on the destination may be complete, whatever it answers: the note stays.
    destination.finish(&key).await.map_err(|error| unfinished(of_destination(error)))?;
    Ok(moved)
}

/// Whether nobody serves from the source, on which nothing starts any more, and both are the same: what has written there
/// meanwhile is found out.
async fn verify(
    (from, source): (&str, &dyn Source),
    (to, records): (&str, &dyn Records),
    (keep, now, begun): (Duration, UnixMillis, Instant),
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Tally, MigrationError> {
    let of_source = |error| MigrationError::Store(from.to_owned(), error);
    report(Progress::Waiting);
    if source.is_served(true).await.map_err(of_source)? {
        return Err(MigrationError::Served(from.to_owned()));
    }
    // What runs out meanwhile may be missing on either side.
    let pass = Pass { keep, beyond: now.plus(begun.elapsed() * 4 + MARGIN) };
    let (ours, theirs) = pass.compare(source.records(), records, report).await;
    let theirs = theirs.map_err(|error| MigrationError::Store(to.to_owned(), error));
    let (ours, theirs) = (ours.map_err(of_source)?, theirs?);
    if let Some(kind) = ours.difference(&theirs) {
        let (sent, arrived) = (ours.count(kind), theirs.count(kind));
        return Err(MigrationError::Differs(from.to_owned(), sent, to.to_owned(), arrived, kind));
    }
    // One that hung until now has left a mark since.
    if source.is_served(false).await.map_err(of_source)? {
        return Err(MigrationError::Served(from.to_owned()));
    }
    Ok(ours)
}

/// One way through all records of a store that last beyond a moment.
struct Pass {
    keep: Duration,
    beyond: UnixMillis,
}

impl Pass {
    /// Copies them; an error says whether it came of reading.
    async fn copy(
        &self,
        from: &dyn Records,
        to: &dyn Records,
        report: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), (bool, StoreError)> {
        let extent = from.extent().await.map_err(|error| (true, error))?;
        let (sender, mut batches) = mpsc::channel::<Batch>(AHEAD);
        let writing = async move {
            let mut passed = 0;
            while let Some(batch) = batches.recv().await {
                passed += batch.passed;
                to.write_all(self.lasting(batch).map_err(|error| (true, error))?)
                    .await
                    .map_err(|error| (false, error))?;
                report(Progress::Copied(passed, extent.max(passed)));
            }
            Ok(())
        };
        let (read, written) = tokio::join!(from.read_all(sender), writing);
        written.and(read.map_err(|error| (true, error)))
    }

    /// Counts both, one after the other.
    async fn compare(
        &self,
        ours: &dyn Records,
        theirs: &dyn Records,
        report: &mut (dyn FnMut(Progress) + Send),
    ) -> (Result<Tally>, Result<Tally>) {
        let extents = (ours.extent().await, theirs.extent().await);
        let (first, second) = match extents {
            (Ok(first), Ok(second)) => (first, second),
            (first, second) => return (first.map(|_| Tally::default()), second.map(|_| Tally::default())),
        };
        let all = first + second;
        let counted = self.tally(ours, &mut |passed| report(Progress::Compared(passed.min(first), all))).await;
        let theirs = self.tally(theirs, &mut |passed| report(Progress::Compared((first + passed).min(all), all))).await;
        (counted, theirs)
    }

    async fn tally(&self, store: &dyn Records, report: &mut (dyn FnMut(u64) + Send)) -> Result<Tally> {
        let (sender, mut batches) = mpsc::channel::<Batch>(AHEAD);
        let counting = async move {
            let (mut tally, mut met, mut passed) = (Tally::default(), HashSet::new(), 0);
            while let Some(batch) = batches.recv().await {
                passed += batch.passed;
                for record in self.lasting(batch)? {
                    let mut hash = DefaultHasher::new();
                    record.hash(&mut hash);
                    // A store may send a record twice.
                    if met.insert(hash.finish()) {
                        let (count, digest) = tally.0.entry(record.kind()).or_default();
                        *count += 1;
                        *digest = digest.wrapping_add(hash.finish());
                    }
                }
                report(passed);
            }
            Ok(tally)
        };
        let (read, tally) = tokio::join!(store.read_all(sender), counting);
        tally.and_then(|tally| read.map(|()| tally))
    }

    fn lasting(&self, batch: Batch) -> Result<Vec<StoredRecord>> {
        let mut lasting = Vec::with_capacity(batch.records.len());
        for record in batch.records {
            if record.until(self.keep)?.is_none_or(|until| until > self.beyond) {
                lasting.push(record);
            }
        }
        Ok(lasting)
    }
}

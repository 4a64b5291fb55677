//! The embedded store: one SQLite file, for a gateway that runs on one machine.
//!
//! SQLite in WAL mode with full synchronisation: what was acknowledged survives the loss of power, and commands,
//! backups and `sqlite3` may open the file beside the server. One writer commits for everybody at once, since a
//! durable commit costs the same for one step as for two hundred; a few readers look things up beside it. Neither
//! ever blocks an async worker.

mod api_keys;
mod console;
mod copy;
mod deliveries;
mod events;
mod file;
mod journeys;
mod logos;
mod merchants;
mod moving;
mod numbers;
mod owner;
mod readers;
mod reservations;
mod schema;
mod snapshot;
#[cfg(test)]
mod tests;
mod tidy;
mod tokens;
mod users;
mod values;
mod watches;
mod writer;

use std::path::{Path, PathBuf};
use std::{fs::File, sync::Arc, time::Duration};

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::time::Instant;

use super::{Probed, Result, Store, StoreError};
use crate::clock::Clock;
use crate::domain::{Digest, UnixMillis};
pub use moving::FilledFolder;
use readers::Readers;
pub use snapshot::{Contents, SnapshotError};
use writer::Writer;

/// A store in a folder of its own. Dropping it finishes what was begun, and closes the file.
///
/// Its verbs are awaited on a Tokio runtime, whichever one that is.
pub struct Embedded {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    keep: Duration,
    writer: Writer,
    readers: Readers,
    /// Held while this is the store of a server.
    server: Option<File>,
}

impl Embedded {
    /// Whether there is a store in this folder. Looks, and leaves nothing behind.
    pub fn exists(folder: &Path) -> bool {
        file::path(folder).exists()
    }

    /// Opens the store in `folder`, or makes a new one there, readable by this user alone.
    ///
    /// An ended journey is kept until `keep` after its time has run out, and as long as one of its tokens may be
    /// asked for; see [`Store::tidy`].
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when the file has another layout, [`StoreError::TimedOut`] when another process
    /// keeps it locked for 5 s, else trouble with the file.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self> {
        let (path, _alone) = file::prepare(folder)?;
        let mut connection = file::connect(&path)?;
        schema::prepare(&mut connection)?;
        Self::over(connection, folder, clock, keep)
    }

    /// Brings the file of the layout before up to date, where there is one: for a server, which nobody runs beside.
    fn bring_up_to_date(folder: &Path) -> Result<()> {
        let (path, _alone) = file::prepare(folder)?;
        schema::bring_up_to_date(&mut file::connect(&path)?)
    }

    /// Opens the store as [`Embedded::open`] does, one of the layout before too, and keeps it from every other server
    /// for as long as it is open: rate limits, shared exchanges and the courier's queues are each server's own.
    /// Commands may use it beside the server.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when another server uses it, else as [`Embedded::open`].
    pub fn open_for_server(folder: &Path, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self> {
        let server = Some(file::lock_for_server(folder)?);
        Self::bring_up_to_date(folder)?;
        Ok(Self { server, ..Self::open(folder, clock, keep)? })
    }

    /// Opens the store that is in `folder`, for a command beside its server, and leaves its layout as it is.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when the file has another layout, [`StoreError::Unreachable`] when there is none, else
    /// as [`Embedded::open`].
    pub fn open_existing(folder: &Path, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self> {
        let connection = file::connect(&file::path(folder))?;
        schema::expect_tables(&connection)?;
        Self::over(connection, folder, clock, keep)
    }

    fn over(connection: Connection, folder: &Path, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self> {
        let (writer, readers) = (Writer::start(connection)?, Readers::new(file::path(folder)));
        Ok(Self { folder: folder.to_owned(), clock, keep, writer, readers, server: None })
    }

    /// Runs `work` in the writer's next commit, and answers when that is durable. It may run twice: when another job
    /// of its batch spoils the batch, it runs again alone. Once the store was moved, nothing is written any more: not by
    /// a command either that was begun before.
    async fn write<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection, UnixMillis) -> Result<T> + Send + 'static,
    {
        self.write_moved(move |db, now| owner::expect_unmoved(db).and_then(|()| work(db, now))).await
    }

    /// As [`Embedded::write`], of a store that may have been moved.
    async fn write_moved<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection, UnixMillis) -> Result<T> + Send + 'static,
    {
        let clock = Arc::clone(&self.clock);
        self.writer.run(move |db| work(db, clock.now())).await
    }

    /// Runs `work` on a reader's connection, in a thread that may block.
    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, UnixMillis) -> Result<T> + Send + 'static,
    {
        let clock = Arc::clone(&self.clock);
        self.readers.run(move |db| work(db, clock.now())).await
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded")
            .field("folder", &self.folder)
            .field("keep", &self.keep)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Embedded {
    fn describe(&self) -> String {
        format!("embedded (SQLite) in {}", self.folder.display())
    }

    async fn register_owner(&self, keys: &[Digest]) -> Result<()> {
        let keys = keys.to_vec();
        self.write(move |db, _| owner::register_owner(db, &keys)).await
    }

    async fn probe(&self) -> Result<Probed> {
        self.write(owner::leave_mark).await.map(|()| Probed::default())
    }

    async fn tidy(&self) -> Result<usize> {
        let (mut all, keep) = (0, self.keep);
        loop {
            // Many small steps instead of a large one, with as much time for others in between: nobody waits long
            // behind this, and under load it waits itself.
            let begun = Instant::now();
            let dropped = self.write(move |db, now| tidy::step(db, now, keep)).await?;
            all += dropped;
            if dropped == 0 {
                return Ok(all);
            }
            tokio::time::sleep(begun.elapsed()).await;
        }
    }
}

//! The readers: a few connections that look things up while the writer writes.
//!
//! In WAL mode a reader waits for nobody, but it may have to wait for the disk; so it runs in a thread that may.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Result, StoreError, file};

/// How many look-ups run at the same time.
const READERS: usize = 4;

/// The readers' connections, opened when they are first needed.
pub struct Readers {
    places: Arc<Semaphore>,
    idle: Arc<Idle>,
}

struct Idle {
    path: PathBuf,
    connections: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of the file at `path`.
    pub fn new(path: PathBuf) -> Self {
        let idle = Idle { path, connections: Mutex::default() };
        Self { places: Arc::new(Semaphore::new(READERS)), idle: Arc::new(idle) }
    }

    /// Runs `work` on a connection of its own.
    ///
    /// # Errors
    /// Its own, or trouble with the file.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let stopped = |_| StoreError::Unreachable("a look-up was broken off".into());
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::TimedOut)?;
        let idle = Arc::clone(&self.idle);
        let looked_up = tokio::task::spawn_blocking(move || {
            let connection = idle.take()?;
            let answer = work(&connection);
            idle.put_back(connection);
            drop(place);
            answer
        });
        looked_up.await.map_err(stopped)?
    }
}

impl Idle {
    fn take(&self) -> Result<Connection> {
        let idle = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.connect(), Ok)
    }

    fn connect(&self) -> Result<Connection> {
        let connection = file::connect(&self.path)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

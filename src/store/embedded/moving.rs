//! The file as something that is moved, and a folder that a store is moved into.
//!
//! A store that is filled lies in a folder of its own until all of it is there; then its file is put into its place in one
//! step. A server that was started on the folder before would begin an empty store there: it is refused.

use std::path::{Path, PathBuf};
use std::{fs::File, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{Embedded, Result, StoreError, file, owner};
use crate::clock::Clock;
use crate::domain::Digest;
use crate::store::copy::{Destination, Records, Source, Standing};

#[async_trait]
impl Source for Embedded {
    fn records(&self) -> &dyn Records {
        self
    }

    async fn standing(&self) -> Result<Standing> {
        self.read(|db, _| owner::standing(db)).await
    }

    async fn is_served(&self, _: bool) -> Result<bool> {
        // It was opened in a server's place.
        Ok(self.server.is_none())
    }

    async fn note_moved(&self, _: &Digest, to: Option<&str>) -> Result<()> {
        let to = to.map(ToOwned::to_owned);
        self.write_moved(move |db, _| owner::note_moved(db, to.as_deref())).await
    }
}

/// A folder that a store is moved into.
pub struct FilledFolder {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    keep: Duration,
    /// Where a server would be, so that none is.
    _server: File,
    filled: Option<Embedded>,
}

impl FilledFolder {
    /// A folder that nobody serves from; it is made where it is not there.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when a server runs on it, else trouble with the folder.
    pub fn new(folder: &Path, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self> {
        let server = file::lock_for_server(folder)?;
        Ok(Self { folder: folder.to_owned(), clock, keep, _server: server, filled: None })
    }

    fn filled(&self) -> Result<&Embedded> {
        self.filled.as_ref().ok_or_else(|| StoreError::Unreachable("nothing is filled yet".into()))
    }
}

#[async_trait]
impl Destination for FilledFolder {
    async fn standing(&self) -> Result<Standing> {
        if !Embedded::exists(&self.folder) {
            return Ok(if file::filling(&self.folder).exists() { Standing::Filling } else { Standing::Empty });
        }
        // It is only looked at: one of another layout is a store as well.
        let store = file::connect(&file::path(&self.folder))?;
        let standing = owner::standing(&store)?;
        // What it once held was moved away, and is being moved back.
        let is_filling = matches!(standing, Standing::Moved { .. }) && file::filling(&self.folder).exists();
        Ok(if is_filling { Standing::Filling } else { standing })
    }

    async fn begin(&mut self) -> Result<()> {
        let filling = file::filling(&self.folder);
        file::clear(&filling)?;
        self.filled = Some(Embedded::open(&filling, Arc::clone(&self.clock), self.keep)?);
        Ok(())
    }

    fn records(&self) -> Result<&dyn Records> {
        self.filled().map(|filled| filled as &dyn Records)
    }

    async fn finish(mut self: Box<Self>, key: &Digest) -> Result<()> {
        let key = *key;
        self.filled()?.write(move |db, _| owner::register_owner(db, &[key])).await?;
        // Closing carries the log over into the file.
        drop(self.filled.take());
        file::put_in_place(&self.folder)
    }
}

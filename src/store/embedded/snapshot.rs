//! Copies of the file: a backup, which a server need not stop for, and a store that is made of one.
//!
//! A copy is what one look at the file sees (`VACUUM INTO`): whole, without what was deleted, and in one piece, whatever
//! the write-ahead log holds. It is looked through before it gets its name, so that what has the name is a store.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::{Embedded, StoreError, file, owner, schema, values::count};
use crate::domain::Digest;

/// What of a store is counted for people.
const COUNTED: [&str; 4] = ["merchants", "users", "journeys", "deliveries"];

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Something has its name.
    #[error("{} exists: expected a new name", .0.display())]
    Exists(PathBuf),
    /// There is a store already.
    #[error("{} holds a store: restore into another folder, or move that one away", .0.display())]
    Held(PathBuf),
    /// A file that cannot be read or written.
    #[error("{name}: {1}", name = .0.display())]
    File(PathBuf, std::io::Error),
    /// What was copied is not whole.
    #[error("{name} is not a whole store: {1}", name = .0.display())]
    Broken(PathBuf, String),
    /// Trouble with the store, or with what is to become one.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    layout: u32,
    bytes: u64,
    rows: [u64; COUNTED.len()],
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, rows) in COUNTED.iter().zip(self.rows) {
            write!(f, "{rows} {name}, ")?;
        }
        write!(f, "{} bytes, layout {}", self.bytes, self.layout)
    }
}

impl Embedded {
    /// Copies the store in `folder` into a new file, beside a server that runs on it or not.
    ///
    /// # Errors
    /// When `to` exists or cannot be written, or the store is damaged; then nothing is left there.
    pub fn back_up(folder: &Path, to: &Path) -> Result<Contents, SnapshotError> {
        if to.exists() {
            return Err(SnapshotError::Exists(to.to_owned()));
        }
        let (draft, contents) = copy(&file::path(folder), &folder_of(to))?;
        keep(draft, to)?;
        Ok(contents)
    }

    /// Makes a store in `folder` of what [`Embedded::back_up`] has written. A server brings an older one up to date.
    ///
    /// # Errors
    /// When `folder` holds a store, when `from` is damaged, of a layout that this program does not know, or was created
    /// under none of `keys`, where these are known; then there is no store in `folder`.
    pub fn restore(from: &Path, folder: &Path, keys: Option<&[Digest]>) -> Result<Contents, SnapshotError> {
        let held = || SnapshotError::Held(folder.to_owned());
        if Self::exists(folder) {
            return Err(held());
        }
        file::expect_no_log(folder)?;
        if let Some(keys) = keys {
            owner::expect(&read(from)?, keys)?;
        }
        let _server = file::lock_for_server(folder)?;
        let (draft, contents) = copy(from, folder)?;
        let _alone = file::lock(folder)?;
        match keep(draft, &file::path(folder)) {
            Err(SnapshotError::Exists(_)) => Err(held()),
            kept => kept.map(|()| contents),
        }
    }
}

/// Copies a store into a file without a lasting name in this folder, and looks it through.
fn copy(from: &Path, folder: &Path) -> Result<(NamedTempFile, Contents), SnapshotError> {
    let source = read(from)?;
    // Readable by this user alone, as the store is.
    let draft = NamedTempFile::with_prefix_in(".handback", folder);
    let draft = draft.map_err(|error| SnapshotError::File(folder.to_owned(), error))?;
    let copied = source.execute("VACUUM INTO ?1", [draft.path().to_string_lossy()]);
    copied.map_err(|error| of(from)(error.into()))?;
    let contents = look_through(&draft).map_err(of(from))?;
    Ok((draft, contents))
}

/// What trouble with a file means to who wants a copy of it.
fn of(from: &Path) -> impl Fn(StoreError) -> SnapshotError {
    |why| match why {
        StoreError::Damaged(why) => SnapshotError::Broken(from.to_owned(), why),
        other => SnapshotError::Store(other),
    }
}

/// Opens a store for a copy of it.
fn read(from: &Path) -> Result<Connection, SnapshotError> {
    if !from.exists() {
        return Err(SnapshotError::File(from.to_owned(), std::io::ErrorKind::NotFound.into()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let db = Connection::open_with_flags(from, flags)?;
        db.busy_timeout(file::BUSY_TIMEOUT)?;
        schema::expect_known(&db)?;
        Ok(db)
    };
    open().map_err(of(from))
}

fn look_through(draft: &NamedTempFile) -> Result<Contents, StoreError> {
    let db = Connection::open_with_flags(draft.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let said: String = db.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if said != "ok" {
        return Err(StoreError::Damaged(said));
    }
    let layout = schema::expect_known(&db)?;
    let mut rows = [0; COUNTED.len()];
    for (name, rows) in COUNTED.iter().zip(&mut rows) {
        *rows = count(&db, name)?;
    }
    let bytes = draft.as_file().metadata().map_or(0, |about| about.len());
    Ok(Contents { layout, bytes, rows })
}

/// Gives a draft its name, when it has reached the disk.
fn keep(draft: NamedTempFile, name: &Path) -> Result<(), SnapshotError> {
    let trouble = |error| SnapshotError::File(name.to_owned(), error);
    draft.as_file().sync_all().map_err(trouble)?;
    match draft.persist_noclobber(name) {
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(SnapshotError::Exists(name.to_owned()));
        }
        kept => kept.map_err(|error| trouble(error.error))?,
    };
    File::open(folder_of(name)).and_then(|folder| folder.sync_all()).map_err(trouble)
}

/// The folder that a file is in, or will be.
fn folder_of(name: &Path) -> PathBuf {
    match name.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

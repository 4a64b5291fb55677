//! The file: where it is, who may read it, and how a connection to it behaves.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::{io::ErrorKind, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{Result, StoreError};

/// The file's name inside the store's folder.
const NAME: &str = "handback.sqlite3";

/// The name of the file by which processes that open the same store wait for each other.
const LOCK: &str = "handback.lock";

/// The name of the file that the one server of a store keeps locked while it runs.
const SERVER: &str = "handback.server.lock";

/// The folder inside the store's folder in which a store is filled that is moved here.
const FILLING: &str = "filling";

/// How long a connection waits for another process that holds the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often, and how long apart, the place of the one server is asked for: two seconds in all.
const LOCK_TRIES: usize = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// How large a page of a new file is, in bytes. A final outcome touches four pages in four corners of the file, and
/// every page that is touched is written whole: half of SQLite's usual size is half as much to write.
const PAGE: u32 = 2048;

/// How many pages the write-ahead log gathers before a commit carries them over into the file. A commit that does so
/// takes some 2 ms longer; with a longer log fewer do, and those take longer yet.
const LOG: u32 = 500;

/// How many prepared statements a connection keeps; every statement of this store has its place.
const STATEMENTS: usize = 64;

/// Makes the folder and an empty file, both for this user alone, where there are none; answers the file's path, and a
/// lock that keeps other processes from opening the same store until it is dropped.
///
/// SQLite gives its `-wal` and `-shm` files the permissions of the file. An existing file is not opened here, because
/// closing it again would drop every lock that this process has on it (POSIX), and SQLite's are such locks.
///
/// # Errors
/// When one of them can neither be made nor opened.
pub fn prepare(folder: &Path) -> Result<(PathBuf, File)> {
    make(folder)?;
    let lock = lock(folder)?;
    let path = path(folder);
    if !path.exists() && filling(folder).exists() {
        return Err(StoreError::Foreign(format!(
            "{} is what a broken off `handback migrate` has left; run it again, or remove it",
            filling(folder).display()
        )));
    }
    match private().create_new(true).open(&path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(trouble(folder, &error)),
        _ => Ok((path, lock)),
    }
}

/// Keeps other processes from opening or making the store in this folder, which exists, until the file is dropped.
///
/// # Errors
/// When the lock's file can neither be made nor opened.
pub fn lock(folder: &Path) -> Result<File> {
    let trouble = |error| trouble(folder, &error);
    let lock = private().create(true).open(folder.join(LOCK)).map_err(trouble)?;
    lock.lock().map_err(trouble)?;
    Ok(lock)
}

/// Where the store of this folder is, or would be.
pub fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Where a store is filled that is moved into this folder.
pub fn filling(folder: &Path) -> PathBuf {
    folder.join(FILLING)
}

/// Removes a folder and what is in it.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(trouble(folder, &error)),
        _ => Ok(()),
    }
}

/// Puts the file that was filled in its place, over one that was moved away before.
///
/// # Errors
/// When that cannot be done.
pub fn put_in_place(folder: &Path) -> Result<()> {
    let _alone = lock(folder)?;
    let (from, to) = (path(&filling(folder)), path(folder));
    if to.exists() {
        // Whoever closes a file as the last one carries its log over and removes it.
        drop(connect(&to)?);
    }
    expect_no_log(folder)?;
    expect_no_log(&filling(folder))?;
    let put = || {
        File::open(&from)?.sync_all()?;
        std::fs::rename(&from, &to)?;
        File::open(folder)?.sync_all()
    };
    put().map_err(|error| trouble(folder, &error))?;
    clear(&filling(folder))
}

/// Refuses a folder with a write-ahead log that its file has not taken over: SQLite would read it into the next file of
/// that name.
///
/// # Errors
/// [`StoreError::Foreign`].
pub fn expect_no_log(folder: &Path) -> Result<()> {
    let log = folder.join(format!("{NAME}-wal"));
    if log.exists() {
        return Err(StoreError::Foreign(format!("{} is left of another store; move it away", log.display())));
    }
    Ok(())
}

/// Takes the place of the store's one server, until the file is dropped or this process ends, however it ends.
///
/// # Errors
/// [`StoreError::Foreign`] when another process has it, else trouble with the file.
pub fn lock_for_server(folder: &Path) -> Result<File> {
    make(folder)?;
    let lock = private().create(true).open(folder.join(SERVER)).map_err(|error| trouble(folder, &error))?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            // A server that has just stopped may still be closing its file.
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(trouble(folder, &error)),
        }
    }
    Err(StoreError::Foreign(format!(
        "another server is running on {}; an embedded store serves one, several need Redis",
        folder.display()
    )))
}

/// Makes the folder, for this user alone, where there is none.
fn make(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| trouble(folder, &error))
}

/// Opens a file for this user alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn trouble(folder: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unreachable(format!("{}: {error}", folder.display()))
}

/// Opens a connection whose commits are on the disk when they return.
pub fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

//! The tables.
//!
//! `PRAGMA user_version` is the number of their layout. A change to them is a new number, and a step from the layout
//! before it.

use rusqlite::{Connection, TransactionBehavior};

use super::{Result, StoreError};

/// The layout that this program reads and writes. The numbers below 7 were given out before the first release.
const LAYOUT: u32 = 13;

/// The oldest layout that is brought up to date.
const OLDEST: u32 = 7;

/// Times are milliseconds since the epoch. `record` is what `store::record` writes; the columns beside it repeat what
/// is searched by, and the two are always written together.
///
/// `over_at` is the moment from which the time to keep a journey counts, `due_at` when somebody must look after it, and
/// `user` whom it is about; a checkout is about nobody. Its tokens stand beside it (`store::record::tokens`). Numbers
/// are evenly spread, so that the tables are touched all over; indexes are kept off whatever a final outcome changes,
/// but for the two that it must change.
///
/// A delivery's `wakes_at` is when a courier may take it; `held` and `held_by` say who has. What was never tried is
/// leased before the others, and both are listed apart.
pub(super) const TABLES: &str = "
    CREATE TABLE owner (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE merchants (
        id BLOB PRIMARY KEY,
        revision INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        record BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE key_numbers (
        number TEXT PRIMARY KEY,
        merchant BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE key_uses (
        merchant BLOB NOT NULL,
        number TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (merchant, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE users (
        merchant BLOB NOT NULL,
        id BLOB NOT NULL,
        name BLOB,
        created_at INTEGER NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (merchant, id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX users_named ON users (merchant, name) WHERE name IS NOT NULL;
    CREATE INDEX users_of_merchant ON users (merchant, created_at, id);

    CREATE TABLE journeys (
        pay_id INTEGER PRIMARY KEY,
        merchant BLOB NOT NULL,
        user BLOB,
        opened_at INTEGER NOT NULL,
        over_at INTEGER NOT NULL,
        due_at INTEGER,
        concluded_at INTEGER,
        proven INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        tokens BLOB NOT NULL,
        record BLOB NOT NULL
    ) STRICT;
    CREATE INDEX journeys_of_merchant ON journeys (merchant, opened_at);
    CREATE INDEX journeys_proven ON journeys (merchant, opened_at) WHERE proven = 1;
    CREATE INDEX journeys_of_user ON journeys (merchant, user, opened_at) WHERE user IS NOT NULL;
    CREATE INDEX journeys_due ON journeys (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX journeys_over ON journeys (over_at);

    CREATE TABLE reservations (
        key BLOB PRIMARY KEY,
        request BLOB NOT NULL,
        number INTEGER,
        kept_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX reservations_kept ON reservations (kept_until);

    CREATE TABLE deliveries (
        pay_id INTEGER NOT NULL,
        event INTEGER NOT NULL,
        target INTEGER NOT NULL,
        merchant BLOB NOT NULL,
        since INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        state INTEGER NOT NULL,
        wakes_at INTEGER,
        held INTEGER NOT NULL,
        held_by INTEGER,
        attempts BLOB NOT NULL DEFAULT x'',
        PRIMARY KEY (pay_id, event, target)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX deliveries_waking ON deliveries (tries > 0, wakes_at) WHERE wakes_at IS NOT NULL;
    CREATE INDEX deliveries_dead ON deliveries (merchant, due_at, pay_id, event, target) WHERE state >= 2;
    CREATE INDEX deliveries_pending ON deliveries (merchant, tries > 0, since, pay_id, event, target) WHERE state = 0;

    CREATE TABLE shut_endpoints (
        digest BLOB PRIMARY KEY,
        kept_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX shut_endpoints_kept ON shut_endpoints (kept_until);
";

/// What each layout has beside the one before it, from 8 on.
const CHANGES: [&str; (LAYOUT - OLDEST) as usize] = [EVENTS, TROUBLES, CONSOLE, WATCHED, LOGOS, HALVES];

/// An event stands in the feed of its journey's merchant, by the moment at which it was written.
pub(super) const EVENTS: &str = "
    CREATE TABLE events (
        merchant BLOB NOT NULL,
        at INTEGER NOT NULL,
        pay_id INTEGER NOT NULL,
        event INTEGER NOT NULL,
        PRIMARY KEY (merchant, at, pay_id, event)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX events_at ON events (at);
";

/// Trouble that was told in a feed, and until when it is not told again.
pub(super) const TROUBLES: &str = "
    CREATE TABLE troubles (
        digest BLOB PRIMARY KEY,
        kept_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX troubles_kept ON troubles (kept_until);
";

/// The console's. `scope` is a merchant's id, or zeros, which are the operator's.
pub(super) const CONSOLE: &str = "
    CREATE TABLE console_links (
        scope BLOB NOT NULL,
        id BLOB NOT NULL,
        member BLOB NOT NULL,
        ends_at INTEGER NOT NULL,
        PRIMARY KEY (scope, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX console_links_ending ON console_links (ends_at);

    CREATE TABLE console_sessions (
        scope BLOB NOT NULL,
        id BLOB NOT NULL,
        member BLOB NOT NULL,
        begun_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        ends_at INTEGER NOT NULL,
        PRIMARY KEY (scope, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX console_sessions_ending ON console_sessions (ends_at);

    CREATE TABLE audit (
        scope BLOB NOT NULL,
        place BLOB NOT NULL,
        record BLOB NOT NULL,
        kept_until INTEGER NOT NULL,
        PRIMARY KEY (scope, place)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX audit_ending ON audit (kept_until);
";

/// The watched callbacks; `name` is what `store::watched_name` says.
pub(super) const WATCHED: &str = "
    CREATE TABLE watched (
        name BLOB PRIMARY KEY,
        record BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Merchants' logos.
pub(super) const LOGOS: &str = "
    CREATE TABLE logos (
        merchant BLOB PRIMARY KEY,
        picture BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Of a digest its first half is kept, as on Redis, so that a store can be moved there and back.
const HALVES: &str = "
    UPDATE reservations SET key = substr(key, 1, 16), request = substr(request, 1, 16);
    UPDATE shut_endpoints SET digest = substr(digest, 1, 16);
    UPDATE troubles SET digest = substr(digest, 1, 16);
";

/// Makes the tables of a new file, and refuses a file of another layout. Processes that start at the same time wait for
/// each other.
///
/// # Errors
/// [`StoreError::Foreign`] when an older or a newer program has made it, else trouble with the file.
pub fn prepare(db: &mut Connection) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if layout_of(&step)? == 0 {
        step.execute_batch(TABLES)?;
        CHANGES.iter().try_for_each(|change| step.execute_batch(change))?;
        step.pragma_update(None, "user_version", LAYOUT)?;
    }
    expect_tables(&step)?;
    Ok(step.commit()?)
}

/// Brings a file of an older layout up to date, from [`OLDEST`] on; leaves every other as it is.
///
/// # Errors
/// On trouble with the file.
pub fn bring_up_to_date(db: &mut Connection) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let layout = layout_of(&step)?;
    if let Some(made) = layout.checked_sub(OLDEST).filter(|_| layout < LAYOUT) {
        CHANGES.iter().skip(made as usize).try_for_each(|change| step.execute_batch(change))?;
        step.pragma_update(None, "user_version", LAYOUT)?;
    }
    Ok(step.commit()?)
}

/// Refuses a file that has neither the tables of this layout nor of one that is brought up to date; answers which.
///
/// # Errors
/// [`StoreError::Foreign`], or trouble with the file.
pub fn expect_known(db: &Connection) -> Result<u32> {
    match layout_of(db)? {
        layout @ OLDEST..=LAYOUT => Ok(layout),
        other => Err(refused(other)),
    }
}

/// Refuses a file that has not the tables of this layout.
///
/// # Errors
/// [`StoreError::Foreign`] when nobody, an older or a newer program has made them, else trouble with the file.
pub fn expect_tables(db: &Connection) -> Result<()> {
    match layout_of(db)? {
        LAYOUT => Ok(()),
        other => Err(refused(other)),
    }
}

/// Why a file of another layout is not used.
fn refused(layout: u32) -> StoreError {
    StoreError::Foreign(match layout {
        0 => "it holds nothing yet; start the server, which makes a store there".into(),
        OLDEST..LAYOUT => format!(
            "it was written by an older version (layout {layout}); start the server, which brings it up to date"
        ),
        _ => {
            let writer = if layout < LAYOUT { "a version from before the first release" } else { "a newer version" };
            format!(
                "it was written by {writer} (layout {layout}, this program knows {LAYOUT}); use that version, or another folder"
            )
        }
    })
}

fn layout_of(db: &Connection) -> Result<u32> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

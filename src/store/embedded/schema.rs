//! The tables, and how an older file becomes a newer one.
//!
//! `PRAGMA user_version` counts the steps that a file has seen. A step is never edited once it has shipped; a change
//! is a new step behind it.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Every step, in order.
const STEPS: [&str; 6] = [FIRST, USERS, CONSENTS, DELIVERIES, API_KEYS, ATTEMPTS];

/// Times are milliseconds since the epoch. `record` is what `store::record` writes; the columns beside it repeat what
/// is searched by, and the two are always written together.
///
/// Digests are evenly spread, so that a table keyed by them is touched all over; rows are kept small for that reason,
/// and indexes are kept off whatever a final outcome changes, but for the two that it must change.
pub(super) const FIRST: &str = "
    CREATE TABLE house (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE merchants (
        id BLOB PRIMARY KEY,
        revision INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        record BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE journeys (
        pay_id INTEGER PRIMARY KEY,
        merchant BLOB NOT NULL,
        opened_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        settled_at INTEGER,
        proven INTEGER NOT NULL,
        record BLOB NOT NULL
    ) STRICT;
    CREATE INDEX journeys_of_merchant ON journeys (merchant, opened_at);
    CREATE INDEX journeys_proven ON journeys (merchant, opened_at) WHERE proven = 1;
    CREATE INDEX journeys_unsettled ON journeys (expires_at) WHERE settled_at IS NULL;
    CREATE INDEX journeys_expiring ON journeys (expires_at);

    CREATE TABLE states (
        digest BLOB PRIMARY KEY,
        pay_id INTEGER NOT NULL,
        departure INTEGER NOT NULL,
        kept_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX states_kept ON states (kept_until);

    CREATE TABLE tokens (
        digest BLOB PRIMARY KEY,
        pay_id INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        spent_at INTEGER,
        attempt BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tokens_expiring ON tokens (expires_at);

    CREATE TABLE claims (
        key BLOB PRIMARY KEY,
        request BLOB NOT NULL,
        number INTEGER,
        kept_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX claims_kept ON claims (kept_until);

    CREATE TABLE deliveries (
        pay_id INTEGER NOT NULL,
        settlement INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        PRIMARY KEY (pay_id, settlement, entry)
    ) STRICT, WITHOUT ROWID;
";

/// Merchants' users. `name` is the digest of the merchant's own id of a user, under which it is unique.
const USERS: &str = "
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
";

/// Consents are journeys that outlive their outcome. `over_at` is the moment from which the time to keep one counts,
/// `due_at` when one must be looked after, and `user` whom it is about; a checkout is about nobody.
const CONSENTS: &str = "
    ALTER TABLE journeys RENAME COLUMN expires_at TO over_at;
    ALTER TABLE journeys ADD COLUMN due_at INTEGER;
    ALTER TABLE journeys ADD COLUMN user BLOB;
    UPDATE journeys SET due_at = over_at WHERE settled_at IS NULL;
    DROP INDEX journeys_unsettled;
    CREATE INDEX journeys_due ON journeys (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX journeys_of_user ON journeys (merchant, user, opened_at) WHERE user IS NOT NULL;
";

/// Deliveries are carried: `wakes_at` is when a courier may take one, `held` and `held_by` say who has. An endpoint
/// that is gone is known by its digest.
const DELIVERIES: &str = "
    ALTER TABLE deliveries RENAME TO deliveries_before;
    CREATE TABLE deliveries (
        pay_id INTEGER NOT NULL,
        settlement INTEGER NOT NULL,
        target INTEGER NOT NULL,
        merchant BLOB NOT NULL,
        since INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        state INTEGER NOT NULL,
        heard INTEGER NOT NULL,
        wakes_at INTEGER,
        held INTEGER NOT NULL,
        held_by INTEGER,
        PRIMARY KEY (pay_id, settlement, target)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO deliveries
        SELECT pay_id, settlement, entry, merchant, d.due_at, d.due_at, 0, 0, 0, d.due_at, 0, NULL
        FROM deliveries_before AS d JOIN journeys USING (pay_id);
    DROP TABLE deliveries_before;
    CREATE INDEX deliveries_waking ON deliveries (wakes_at) WHERE wakes_at IS NOT NULL;
    CREATE INDEX deliveries_dead ON deliveries (merchant, due_at, pay_id, settlement, target) WHERE state >= 2;

    CREATE TABLE shut_endpoints (
        digest BLOB PRIMARY KEY,
        kept_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX shut_endpoints_kept ON shut_endpoints (kept_until);
";

/// Whose each number of an API key is, and when each key was last used.
const API_KEYS: &str = "
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
";

/// A delivery keeps its attempts. What was never tried is leased before the others, and both are listed apart.
const ATTEMPTS: &str = "
    ALTER TABLE deliveries DROP COLUMN heard;
    ALTER TABLE deliveries ADD COLUMN attempts BLOB NOT NULL DEFAULT x'';
    DROP INDEX deliveries_waking;
    CREATE INDEX deliveries_waking ON deliveries (tries > 0, wakes_at) WHERE wakes_at IS NOT NULL;
    CREATE INDEX deliveries_pending ON deliveries (merchant, tries > 0, since, pay_id, settlement, target) WHERE state = 0;
";

/// Refuses a file that this program would have to change before it could read it.
///
/// # Errors
/// [`StoreError::Foreign`] when an older or a newer program has made it, else trouble with the file.
pub fn expect_current(db: &mut Connection) -> Result<(), StoreError> {
    let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if (version as usize) < STEPS.len() {
        return Err(StoreError::Foreign(
            "it was written by an older version; start the server, which upgrades it".into(),
        ));
    }
    migrate(db)
}

/// Brings the file up to what this program expects. Processes that start at the same time wait for each other.
///
/// # Errors
/// [`StoreError::Foreign`] when a newer program has made it, else trouble with the file.
pub fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Some(missing) = STEPS.get(version as usize..) else {
        let known = STEPS.len();
        return Err(StoreError::Foreign(format!(
            "it was written by a newer version (layout {version}, this program knows up to {known}); upgrade this program"
        )));
    };
    for (version, sql) in (version + 1..).zip(missing) {
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", version)?;
    }
    Ok(step.commit()?)
}

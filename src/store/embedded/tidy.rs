//! Collecting what has expired.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::values::{before, execute, millis, rows};
use super::{Result, console, events};
use crate::domain::{Settings, UnixMillis};
use crate::store::REMEMBERED;

/// The most records of a kind that one step drops: a few milliseconds' work. Each journey lies in a corner of its own of
/// the table and of four indexes.
const MOST: u32 = 50;

pub(super) const RESERVATIONS: &str =
    "DELETE FROM reservations WHERE key IN (SELECT key FROM reservations WHERE kept_until <= ?1 LIMIT ?2)";
pub(super) const JOURNEYS: &str = "SELECT pay_id FROM journeys WHERE over_at <= ?1 AND concluded_at <= ?2
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE pay_id = journeys.pay_id AND wakes_at IS NOT NULL)
     ORDER BY over_at LIMIT ?3";
pub(super) const SHUT_ENDPOINTS: &str =
    "DELETE FROM shut_endpoints WHERE digest IN (SELECT digest FROM shut_endpoints WHERE kept_until <= ?1 LIMIT ?2)";
pub(super) const TROUBLES: &str =
    "DELETE FROM troubles WHERE digest IN (SELECT digest FROM troubles WHERE kept_until <= ?1 LIMIT ?2)";

/// Drops some of what has expired, and answers how many records; 0 means that there is no more.
///
/// A journey goes `keep` after its time, or that of the consent which it gave, has run out, if it has ended, and not
/// before a day after the last of its tokens has expired, nor while one of its deliveries waits: a journey may conclude late, and
/// its token must find it.
pub fn step(db: &Connection, now: UnixMillis, keep: Duration) -> Result<usize> {
    let at = |ago: Duration| millis(before(now, ago));
    let tokens_last = Settings::TOKEN_LIFE.1 + REMEMBERED;
    let mut dropped = drop_journeys(db, at(keep), at(tokens_last))? + events::tidy(db, now, MOST)?;
    dropped += console::tidy(db, now, MOST)?;
    for sql in [RESERVATIONS, SHUT_ENDPOINTS, TROUBLES] {
        dropped += execute(db, sql, params![millis(now), MOST])?;
    }
    Ok(dropped)
}

fn drop_journeys(db: &Connection, kept: i64, tokens_gone: i64) -> Result<usize> {
    let mut dropped = 0;
    for pay_id in rows(db, JOURNEYS, params![kept, tokens_gone, MOST], |row| Ok(row.get::<_, i64>(0)?))? {
        dropped += execute(db, "DELETE FROM deliveries WHERE pay_id = ?1", [pay_id])?;
        dropped += execute(db, "DELETE FROM journeys WHERE pay_id = ?1", [pay_id])?;
    }
    Ok(dropped)
}

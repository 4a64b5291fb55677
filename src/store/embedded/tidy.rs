//! Collecting what has expired.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::StoreError;
use super::values::millis;
use crate::domain::merchant::Settings;
use crate::domain::moment::UnixMillis;
use crate::store::REMEMBERED;

/// The most records of a kind that one step drops: a few milliseconds' work.
const MOST: u32 = 250;

pub(super) const STATES: &str =
    "DELETE FROM states WHERE digest IN (SELECT digest FROM states WHERE kept_until <= ?1 LIMIT ?2)";
pub(super) const CLAIMS: &str =
    "DELETE FROM claims WHERE key IN (SELECT key FROM claims WHERE kept_until <= ?1 LIMIT ?2)";
pub(super) const TOKENS: &str =
    "DELETE FROM tokens WHERE digest IN (SELECT digest FROM tokens WHERE expires_at <= ?1 LIMIT ?2)";
pub(super) const JOURNEYS: &str = "SELECT pay_id FROM journeys WHERE over_at <= ?1 AND settled_at <= ?2
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE pay_id = journeys.pay_id AND wakes_at IS NOT NULL)
     ORDER BY over_at LIMIT ?3";
pub(super) const SHUT_ENDPOINTS: &str =
    "DELETE FROM shut_endpoints WHERE digest IN (SELECT digest FROM shut_endpoints WHERE kept_until <= ?1 LIMIT ?2)";

/// Drops some of what has expired, and answers how many records; 0 means that there is no more.
///
/// A journey goes `keep` after its time, or that of the consent which it gave, has run out, if it has ended, and not
/// before the last of its tokens is forgotten, nor while one of its deliveries waits: a journey may conclude late, and
/// its token must find it.
pub fn step(db: &Connection, now: UnixMillis, keep: Duration) -> Result<usize, StoreError> {
    let at = |ago: Duration| millis(before(now, ago));
    let tokens_last = Settings::TOKEN_LIFE.1 + REMEMBERED;
    let (now, remembered, kept, tokens_gone) = (millis(now), at(REMEMBERED), at(keep), at(tokens_last));
    let mut dropped = drop_some(db, STATES, now)?;
    dropped += drop_some(db, CLAIMS, now)?;
    dropped += drop_some(db, SHUT_ENDPOINTS, now)?;
    dropped += drop_some(db, TOKENS, remembered)?;
    Ok(dropped + drop_journeys(db, kept, tokens_gone)?)
}

fn drop_some(db: &Connection, sql: &str, until: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(params![until, MOST])?)
}

fn drop_journeys(db: &Connection, kept: i64, tokens_gone: i64) -> Result<usize, StoreError> {
    let mut select = db.prepare_cached(JOURNEYS)?;
    let ended = select.query_map(params![kept, tokens_gone, MOST], |row| row.get(0))?;
    let ended = ended.collect::<Result<Vec<i64>, _>>()?;
    let mut dropped = 0;
    for pay_id in ended {
        dropped += db.prepare_cached("DELETE FROM deliveries WHERE pay_id = ?1")?.execute([pay_id])?;
        dropped += db.prepare_cached("DELETE FROM journeys WHERE pay_id = ?1")?.execute([pay_id])?;
    }
    Ok(dropped)
}

fn before(now: UnixMillis, ago: Duration) -> UnixMillis {
    let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
    UnixMillis::from_millis(now.as_millis().saturating_sub(ago))
}

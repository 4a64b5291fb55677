//! The event feeds in their table.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::values::{self, before, bytes, execute, limit, millis, moment, number, rows};
use super::{Embedded, Result};
use crate::domain::feed::{KEPT, SETTLED};
use crate::domain::{FeedEvent, MerchantId, PayId, UnixMillis};
use crate::store::readings::legible;
use crate::store::record::read_journey;
use crate::store::{EventCursor, EventPage, Events, StoreError, Trouble, half};

pub(super) const LIST: &str = "
    SELECT events.at, events.pay_id, events.event, journeys.record
    FROM events LEFT JOIN journeys ON journeys.pay_id = events.pay_id
    WHERE events.merchant = ?1 AND (events.at, events.pay_id, events.event) > (?2, ?3, ?4) AND events.at < ?5
    ORDER BY events.at, events.pay_id, events.event LIMIT ?6";
pub(super) const DROP: &str = "DELETE FROM events WHERE (merchant, at, pay_id, event) IN
    (SELECT merchant, at, pay_id, event FROM events WHERE at < ?1 ORDER BY at LIMIT ?2)";

pub(super) const FORGET: &str = "DELETE FROM events WHERE (merchant, at, pay_id, event) IN
    (SELECT merchant, at, pay_id, event FROM events WHERE merchant = ?1 LIMIT ?2)";

/// How many events of a merchant one step drops: a few milliseconds' work.
const FORGOTTEN_AT_ONCE: u32 = 500;

#[async_trait]
impl Events for Embedded {
    async fn events(&self, merchant: MerchantId, after: Option<EventCursor>, most: usize) -> Result<EventPage> {
        let (at, pay_id, event) =
            after.map_or((-1, -1, -1), |cursor| (millis(cursor.at), number(cursor.pay_id), i64::from(cursor.event)));
        let found = self.read(move |db, now| {
            let settled = millis(before(now, SETTLED));
            let values = params![merchant.as_bytes(), at, pay_id, event, settled, limit(most)];
            rows(db, LIST, values, |row| {
                let pay_id = values::pay_id(row.get(1)?).ok_or_else(|| StoreError::Damaged("a number".into()))?;
                let cursor = EventCursor { at: moment(row.get(0)?)?, pay_id, event: row.get(2)? };
                let journey = match row.get_ref(3)? {
                    rusqlite::types::ValueRef::Null => None,
                    _ => legible(read_journey(bytes(row, 3)?), Some(pay_id))?,
                };
                Ok((cursor, journey))
            })
        });
        let found = found.await?;
        let (read_to, has_more) = (found.last().map(|(cursor, _)| *cursor), found.len() == most);
        let events = found.into_iter().filter_map(|(cursor, journey)| Some((cursor, journey?)));
        Ok(EventPage { events: events.collect(), read_to, has_more })
    }

    async fn tell_trouble(&self, trouble: Trouble<'_>) -> Result<bool> {
        let Trouble { merchant, pay_id, event, quiet, .. } = trouble;
        let digest = half(&trouble.digest());
        self.write(move |db, now| {
            let note = "INSERT INTO troubles (digest, kept_until) VALUES (?1, ?2)
                ON CONFLICT DO UPDATE SET kept_until = ?2 WHERE kept_until <= ?3";
            let is_new = execute(db, note, params![digest, millis(now.plus(quiet)), millis(now)])? == 1;
            if is_new {
                keep(db, merchant, (pay_id, event), now)?;
            }
            Ok(is_new)
        })
        .await
    }
}

/// Keeps an event of a journey, written now.
pub(super) fn keep(
    db: &Connection,
    merchant: MerchantId,
    (pay_id, event): (PayId, FeedEvent),
    now: UnixMillis,
) -> Result<()> {
    let insert = "INSERT INTO events (merchant, at, pay_id, event) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    execute(db, insert, params![merchant.as_bytes(), millis(now), number(pay_id), event.number()]).map(drop)
}

/// Drops some of a merchant's events; answers how many.
pub(super) fn forget(db: &Connection, merchant: MerchantId) -> Result<usize> {
    execute(db, FORGET, params![merchant.as_bytes(), FORGOTTEN_AT_ONCE])
}

/// Drops some of the events that are too old; answers how many.
pub(super) fn tidy(db: &Connection, now: UnixMillis, most: u32) -> Result<usize> {
    execute(db, DROP, params![millis(before(now, KEPT)), most])
}

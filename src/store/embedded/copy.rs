//! All records of the file, read in one look and written again.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, Row, ToSql, params};
use tokio::sync::mpsc;

use super::values::{self, bytes, execute, millis, moment, number, row, rows};
use super::{Embedded, Result, StoreError, file, journeys};
use crate::domain::console::AUDIT_KEPT;
use crate::domain::{AuditPlace, ConsoleScope, KeyNumber, MerchantId, PayId, SessionId, UnixMillis};
use crate::store::copy::{
    Batch, Records, ReservationResult, StoredConsoleLink, StoredConsoleSession, StoredDelivery, StoredJourney,
    StoredRecord, StoredReservation,
};
use crate::store::record::{read_merchant, read_user, read_watched};
use crate::store::{EventCursor, Half, user_name, watched_name};

/// How many records are sent at once.
const BATCH: usize = 500;

/// Reads one row, beside which it may look for what belongs to it.
type Read = fn(&Connection, &Row<'_>) -> Result<StoredRecord>;

/// Every table whose rows are records, with the columns that are read. Deliveries come with their journeys.
pub(super) const TABLES: [(&str, &str, Read); 14] = [
    ("merchants", "record", |_, row| Ok(StoredRecord::Merchant(blob(row, 0)?))),
    ("logos", "merchant, picture", |_, row| Ok(StoredRecord::Logo(merchant(row, 0)?, blob(row, 1)?))),
    ("key_numbers", "number, merchant", |_, row| Ok(StoredRecord::KeyNumber(key_number(row, 0)?, merchant(row, 1)?))),
    ("key_uses", "merchant, number, at", |_, row| {
        Ok(StoredRecord::KeyUse(merchant(row, 0)?, key_number(row, 1)?, at(row, 2)?))
    }),
    ("users", "record", |_, row| Ok(StoredRecord::User(blob(row, 0)?))),
    ("journeys", "pay_id, record, tokens", journey),
    ("reservations", "key, request, number, kept_until", reservation),
    ("shut_endpoints", "digest, kept_until", |_, row| Ok(StoredRecord::ShutEndpoint(half(row, 0)?, at(row, 1)?))),
    ("troubles", "digest, kept_until", |_, row| Ok(StoredRecord::Trouble(half(row, 0)?, at(row, 1)?))),
    ("events", "merchant, at, pay_id, event", |_, row| {
        let cursor = EventCursor { at: at(row, 1)?, pay_id: pay_id(row, 2)?, event: row.get(3)? };
        Ok(StoredRecord::Event(merchant(row, 0)?, cursor))
    }),
    ("console_links", "scope, id, member, ends_at", |_, row| {
        let (scope, id) = (scope(row, 0)?, SessionId::new(half(row, 1)?));
        Ok(StoredRecord::ConsoleLink(StoredConsoleLink { scope, id, member: blob(row, 2)?, ends_at: at(row, 3)? }))
    }),
    ("console_sessions", "scope, id, member, begun_at, seen_at, ends_at", |_, row| {
        Ok(StoredRecord::ConsoleSession(StoredConsoleSession {
            scope: scope(row, 0)?,
            id: SessionId::new(half(row, 1)?),
            member: blob(row, 2)?,
            begun_at: at(row, 3)?,
            seen_at: at(row, 4)?,
            ends_at: at(row, 5)?,
        }))
    }),
    ("audit", "scope, place, record", |_, row| {
        let place = bytes(row, 1)?.try_into().map_err(|_| damaged("a place in an audit log"))?;
        Ok(StoredRecord::AuditEntry(scope(row, 0)?, AuditPlace::from_bytes(place), blob(row, 2)?))
    }),
    ("watched", "record", |_, row| Ok(StoredRecord::Watched(blob(row, 0)?))),
];

#[async_trait]
impl Records for Embedded {
    async fn extent(&self) -> Result<u64> {
        self.read(|db, _| TABLES.iter().try_fold(0, |all, (table, ..)| Ok(all + values::count(db, table)?))).await
    }

    async fn read_all(&self, listener: mpsc::Sender<Batch>) -> Result<()> {
        let path = file::path(&self.folder);
        let reading = tokio::task::spawn_blocking(move || read_all(&file::connect(&path)?, &listener));
        reading.await.map_err(|_| StoreError::Unreachable("reading was broken off".into()))?
    }

    async fn write_all(&self, records: Vec<StoredRecord>) -> Result<()> {
        let records = Arc::new(records);
        self.write(move |db, _| records.iter().try_for_each(|record| write(db, record))).await
    }

    async fn clock(&self) -> Result<UnixMillis> {
        Ok(self.clock.now())
    }
}

/// Reads everything in one transaction, so that all of it is of one moment.
fn read_all(db: &Connection, listener: &mpsc::Sender<Batch>) -> Result<()> {
    db.pragma_update(None, "query_only", true)?;
    db.execute_batch("BEGIN")?;
    for (table, columns, read) in TABLES {
        let mut select = db.prepare(&format!("SELECT {columns} FROM {table}"))?;
        let mut rows = select.query([])?;
        loop {
            let mut records = Vec::with_capacity(BATCH);
            while records.len() < BATCH
                && let Some(row) = rows.next()?
            {
                records.push(read(db, row)?);
            }
            let passed = records.len();
            if passed > 0 && listener.blocking_send(Batch { records, passed: passed as u64 }).is_err() {
                return Ok(());
            }
            if passed < BATCH {
                break;
            }
        }
    }
    Ok(())
}

fn journey(db: &Connection, row: &Row<'_>) -> Result<StoredRecord> {
    let pay_id = pay_id(row, 0)?;
    let select = "SELECT event, target, since, due_at, tries, state, wakes_at, held, held_by, attempts
        FROM deliveries WHERE pay_id = ?1 ORDER BY event, target";
    let deliveries = rows(db, select, [number(pay_id)], |row| {
        let wakes_at: Option<i64> = row.get(6)?;
        let held_by: Option<i64> = row.get(8)?;
        Ok(StoredDelivery {
            place: [row.get(0)?, row.get(1)?],
            since: at(row, 2)?,
            due_at: at(row, 3)?,
            tries: row.get(4)?,
            state: row.get(5)?,
            wakes_at: wakes_at.map(moment).transpose()?,
            held: row.get(7)?,
            held_by: held_by.unwrap_or_default().cast_unsigned(),
            attempts: blob(row, 9)?,
        })
    })?;
    Ok(StoredRecord::Journey(StoredJourney { pay_id, record: blob(row, 1)?, tokens: blob(row, 2)?, deliveries }))
}

fn reservation(db: &Connection, row: &Row<'_>) -> Result<StoredRecord> {
    let result = match row.get::<_, Option<i64>>(2)? {
        None => ReservationResult::Nothing,
        // Numbers of changes are small; those of journeys are drawn from all there are.
        Some(number) => match u32::try_from(number) {
            Ok(change) if !has_journey(db, number)? => ReservationResult::Change(change),
            _ => ReservationResult::Journey(values::pay_id(number).ok_or_else(|| damaged("a reservation's number"))?),
        },
    };
    let (key, request, until) = (half(row, 0)?, half(row, 1)?, at(row, 3)?);
    Ok(StoredRecord::Reservation(StoredReservation { key, request, result, until }))
}

fn has_journey(db: &Connection, number: i64) -> Result<bool> {
    Ok(row(db, "SELECT 1 FROM journeys WHERE pay_id = ?1", [number], |_| Ok(()))?.is_some())
}

fn write(db: &Connection, record: &StoredRecord) -> Result<()> {
    match record {
        StoredRecord::Merchant(record) => {
            let merchant = read_merchant(record)?;
            let values = params![merchant.id.as_bytes(), merchant.revision, millis(merchant.created_at), record];
            put(db, "merchants", "id, revision, created_at, record", values)
        }
        StoredRecord::Logo(merchant, picture) => {
            put(db, "logos", "merchant, picture", params![merchant.as_bytes(), picture])
        }
        StoredRecord::KeyNumber(number, merchant) => {
            put(db, "key_numbers", "number, merchant", params![number.to_string(), merchant.as_bytes()])
        }
        StoredRecord::KeyUse(merchant, number, at) => {
            let values = params![merchant.as_bytes(), number.to_string(), millis(*at)];
            put(db, "key_uses", "merchant, number, at", values)
        }
        StoredRecord::User(record) => {
            let user = read_user(record)?;
            let name = user.application_user.as_ref().map(|own| *user_name(user.merchant, own).as_bytes());
            let values = params![user.merchant.as_bytes(), user.id.as_bytes(), name, millis(user.created_at), record];
            put(db, "users", "merchant, id, name, created_at, record", values)
        }
        StoredRecord::Journey(stored) => write_journey(db, stored),
        StoredRecord::Reservation(StoredReservation { key, request, result, until }) => {
            let number = match result {
                ReservationResult::Nothing => None,
                ReservationResult::Journey(pay_id) => Some(number(*pay_id)),
                ReservationResult::Change(number) => Some((*number).into()),
            };
            put(db, "reservations", "key, request, number, kept_until", params![key, request, number, millis(*until)])
        }
        StoredRecord::ShutEndpoint(digest, until) => {
            put(db, "shut_endpoints", "digest, kept_until", params![digest, millis(*until)])
        }
        StoredRecord::Trouble(digest, until) => {
            put(db, "troubles", "digest, kept_until", params![digest, millis(*until)])
        }
        StoredRecord::Event(merchant, EventCursor { at, pay_id, event }) => {
            let values = params![merchant.as_bytes(), millis(*at), number(*pay_id), event];
            put(db, "events", "merchant, at, pay_id, event", values)
        }
        StoredRecord::ConsoleLink(_) | StoredRecord::ConsoleSession(_) | StoredRecord::AuditEntry(..) => {
            write_of_console(db, record)
        }
        StoredRecord::Watched(record) => {
            let watched = read_watched(record)?;
            let name = watched_name(watched.merchant, &watched.url);
            put(db, "watched", "name, record", params![name.as_bytes(), record])
        }
    }
}

fn write_of_console(db: &Connection, record: &StoredRecord) -> Result<()> {
    match record {
        StoredRecord::ConsoleLink(StoredConsoleLink { scope, id, member, ends_at }) => {
            let values = params![scope.to_bytes(), id.as_bytes(), member, millis(*ends_at)];
            put(db, "console_links", "scope, id, member, ends_at", values)
        }
        StoredRecord::ConsoleSession(StoredConsoleSession { scope, id, member, begun_at, seen_at, ends_at }) => {
            let [begun, seen, ends] = [begun_at, seen_at, ends_at].map(|at| millis(*at));
            let values = params![scope.to_bytes(), id.as_bytes(), member, begun, seen, ends];
            put(db, "console_sessions", "scope, id, member, begun_at, seen_at, ends_at", values)
        }
        StoredRecord::AuditEntry(scope, place, record) => {
            let until = millis(place.at.plus(AUDIT_KEPT));
            let values = params![scope.to_bytes(), place.to_bytes(), record, until];
            put(db, "audit", "scope, place, record, kept_until", values)
        }
        _ => Ok(()),
    }
}

/// Writes a row over the one before.
fn put(db: &Connection, table: &str, columns: &str, values: &[&dyn ToSql]) -> Result<()> {
    let places: Vec<String> = (1..=values.len()).map(|number| format!("?{number}")).collect();
    let sql = format!("INSERT OR REPLACE INTO {table} ({columns}) VALUES ({})", places.join(", "));
    execute(db, &sql, values).map(drop)
}

fn write_journey(db: &Connection, stored: &StoredJourney) -> Result<()> {
    let journey = stored.journey()?;
    journeys::put(db, &journey, (&stored.record, &stored.tokens))?;
    let columns = "pay_id, event, target, merchant, since, due_at, tries, state, wakes_at, held, held_by, attempts";
    for delivery in &stored.deliveries {
        let held_by = Some(delivery.held_by.cast_signed()).filter(|by| *by != 0);
        let values = params![
            number(stored.pay_id),
            delivery.place[0],
            delivery.place[1],
            journey.opening().merchant.as_bytes(),
            millis(delivery.since),
            millis(delivery.due_at),
            delivery.tries,
            delivery.state,
            delivery.wakes_at.map(millis),
            delivery.held,
            held_by,
            delivery.attempts,
        ];
        put(db, "deliveries", columns, values)?;
    }
    Ok(())
}

fn blob(row: &Row<'_>, column: usize) -> Result<Vec<u8>> {
    Ok(bytes(row, column)?.to_vec())
}

fn half(row: &Row<'_>, column: usize) -> Result<Half> {
    Ok(row.get(column)?)
}

fn at(row: &Row<'_>, column: usize) -> Result<UnixMillis> {
    moment(row.get(column)?)
}

fn merchant(row: &Row<'_>, column: usize) -> Result<MerchantId> {
    half(row, column).map(MerchantId::from_bytes)
}

fn scope(row: &Row<'_>, column: usize) -> Result<ConsoleScope> {
    half(row, column).map(ConsoleScope::from_bytes)
}

fn pay_id(row: &Row<'_>, column: usize) -> Result<PayId> {
    values::pay_id(row.get(column)?).ok_or_else(|| damaged("a journey's number"))
}

fn key_number(row: &Row<'_>, column: usize) -> Result<KeyNumber> {
    row.get::<_, String>(column)?.parse().map_err(|_| damaged("a key's number"))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} of another form than this program writes"))
}

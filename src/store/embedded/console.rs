//! The console's links, sessions and audit logs in their tables.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::values::{before, bytes, execute, limit, millis, moment, row, rows};
use super::{Embedded, Result, StoreError};
use crate::domain::console::SEEN_EXACTLY;
use crate::domain::{AuditEntry, AuditPlace, ConsoleScope, ConsoleSession, Member, SessionId, UnixMillis};
use crate::store::record::{read_entry, read_member, write_entry, write_member};
use crate::store::{Audits, Sessions};

pub(super) const SESSION: &str = "SELECT id, member, begun_at, seen_at, ends_at FROM console_sessions
     WHERE scope = ?1 AND id = ?2 AND ends_at > ?3 AND seen_at > ?4";
pub(super) const SESSIONS: &str = "SELECT id, member, begun_at, seen_at, ends_at FROM console_sessions
     WHERE scope = ?1 AND ends_at > ?2 AND seen_at > ?3";
pub(super) const ENTRIES: &str =
    "SELECT record FROM audit WHERE scope = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3";

/// What has ended, of each table: a few at a time.
pub(super) const DROPS: [&str; 3] = [
    "DELETE FROM console_links WHERE (scope, id) IN
         (SELECT scope, id FROM console_links WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)",
    "DELETE FROM console_sessions WHERE (scope, id) IN
         (SELECT scope, id FROM console_sessions WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)",
    "DELETE FROM audit WHERE (scope, place) IN
         (SELECT scope, place FROM audit WHERE kept_until <= ?1 ORDER BY kept_until LIMIT ?2)",
];

/// Behind every place.
const BEHIND_ALL: [u8; AuditPlace::BYTES + 1] = [0xff; AuditPlace::BYTES + 1];

#[async_trait]
impl Sessions for Embedded {
    async fn keep_link(&self, link: &SessionId, member: &Member, life: Duration) -> Result<()> {
        let (link, scope, record) = (*link, member.scope, write_member(member)?);
        self.write(move |db, now| {
            let sql = "INSERT INTO console_links (scope, id, member, ends_at) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO NOTHING";
            let ends_at = millis(now.plus(life));
            execute(db, sql, params![scope.to_bytes(), link.as_bytes(), record, ends_at]).map(drop)
        })
        .await
    }

    async fn member_of_link(&self, scope: ConsoleScope, link: &SessionId) -> Result<Option<Member>> {
        let link = *link;
        self.read(move |db, now| usable_link(db, scope, &link, now)).await
    }

    async fn begin_session(
        &self,
        scope: ConsoleScope,
        link: &SessionId,
        session: &SessionId,
        life: Duration,
    ) -> Result<Option<ConsoleSession>> {
        let (link, session) = (*link, *session);
        self.write(move |db, now| {
            // Tried again: its link is used up.
            if let Some(begun) = going_on(db, (scope, &session), now, life)? {
                return Ok(Some(begun));
            }
            let Some(member) = usable_link(db, scope, &link, now)? else { return Ok(None) };
            let used_up = "DELETE FROM console_links WHERE scope = ?1 AND id = ?2";
            execute(db, used_up, params![scope.to_bytes(), link.as_bytes()])?;
            let begun = ConsoleSession { id: session, member, begun_at: now, seen_at: now, ends_at: now.plus(life) };
            let insert = "INSERT INTO console_sessions (scope, id, member, begun_at, seen_at, ends_at)
                          VALUES (?1, ?2, ?3, ?4, ?4, ?5)";
            let (record, ends_at) = (write_member(&begun.member)?, millis(begun.ends_at));
            execute(db, insert, params![scope.to_bytes(), session.as_bytes(), record, millis(now), ends_at])?;
            Ok(Some(begun))
        })
        .await
    }

    async fn use_session(
        &self,
        scope: ConsoleScope,
        session: &SessionId,
        idle: Duration,
    ) -> Result<Option<ConsoleSession>> {
        let id = *session;
        let found = self.read(move |db, now| Ok((going_on(db, (scope, &id), now, idle)?, now))).await?;
        let (Some(mut session), now) = found else { return Ok(None) };
        if now.since(session.seen_at) >= SEEN_EXACTLY {
            session.seen_at = now;
            let note = move |db: &Connection, _| {
                let sql = "UPDATE console_sessions SET seen_at = max(seen_at, ?3) WHERE scope = ?1 AND id = ?2";
                execute(db, sql, params![scope.to_bytes(), id.as_bytes(), millis(now)]).map(drop)
            };
            self.write(note).await?;
        }
        Ok(Some(session))
    }

    async fn sessions(&self, scope: ConsoleScope, idle: Duration) -> Result<Vec<ConsoleSession>> {
        let going_on = self.read(move |db, now| {
            let seen_since = millis(before(now, idle));
            rows(db, SESSIONS, params![scope.to_bytes(), millis(now), seen_since], read_session)
        });
        let mut sessions = going_on.await?;
        sessions.sort_by_key(|session| std::cmp::Reverse((session.begun_at, session.id)));
        Ok(sessions)
    }

    async fn end_session(&self, scope: ConsoleScope, session: &SessionId) -> Result<bool> {
        let id = *session;
        self.write(move |db, _| {
            let sql = "DELETE FROM console_sessions WHERE scope = ?1 AND id = ?2";
            Ok(execute(db, sql, params![scope.to_bytes(), id.as_bytes()])? == 1)
        })
        .await
    }
}

#[async_trait]
impl Audits for Embedded {
    async fn keep_entry(&self, scope: ConsoleScope, entry: &AuditEntry, life: Duration) -> Result<()> {
        let (place, record) = (entry.place.to_bytes(), write_entry(entry)?);
        self.write(move |db, now| insert(db, scope, (&place, &record), now.plus(life))).await
    }

    async fn end_entry(
        &self,
        scope: ConsoleScope,
        begun: AuditPlace,
        entry: Option<&AuditEntry>,
        life: Duration,
    ) -> Result<()> {
        let entry =
            entry.map(|entry| Ok::<_, StoreError>((entry.place.to_bytes(), write_entry(entry)?))).transpose()?;
        self.write(move |db, now| {
            let sql = "DELETE FROM audit WHERE scope = ?1 AND place = ?2";
            execute(db, sql, params![scope.to_bytes(), begun.to_bytes()])?;
            match &entry {
                Some((place, record)) => insert(db, scope, (place, record), now.plus(life)),
                None => Ok(()),
            }
        })
        .await
    }

    async fn entries(&self, scope: ConsoleScope, after: Option<AuditPlace>, most: usize) -> Result<Vec<AuditEntry>> {
        let to = after.map_or_else(|| BEHIND_ALL.to_vec(), |place| place.to_bytes().to_vec());
        self.read(move |db, _| {
            rows(db, ENTRIES, params![scope.to_bytes(), to, limit(most)], |row| read_entry(bytes(row, 0)?))
        })
        .await
    }
}

/// Inserts an entry, unless it is there.
fn insert(db: &Connection, scope: ConsoleScope, (place, record): (&[u8], &[u8]), until: UnixMillis) -> Result<()> {
    let sql = "INSERT INTO audit (scope, place, record, kept_until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    execute(db, sql, params![scope.to_bytes(), place, record, millis(until)]).map(drop)
}

/// Drops some of what has ended; answers how many.
pub(super) fn tidy(db: &Connection, now: UnixMillis, most: u32) -> Result<usize> {
    DROPS.iter().try_fold(0, |dropped, sql| Ok(dropped + execute(db, sql, params![millis(now), most])?))
}

/// Drops everything of a console.
pub(super) fn forget(db: &Connection, scope: ConsoleScope) -> Result<()> {
    for table in ["console_links", "console_sessions", "audit"] {
        execute(db, &format!("DELETE FROM {table} WHERE scope = ?1"), [scope.to_bytes()])?;
    }
    Ok(())
}

fn usable_link(db: &Connection, scope: ConsoleScope, link: &SessionId, now: UnixMillis) -> Result<Option<Member>> {
    let sql = "SELECT member FROM console_links WHERE scope = ?1 AND id = ?2 AND ends_at > ?3";
    row(db, sql, params![scope.to_bytes(), link.as_bytes(), millis(now)], |row| read_member(bytes(row, 0)?))
}

fn going_on(
    db: &Connection,
    (scope, session): (ConsoleScope, &SessionId),
    now: UnixMillis,
    idle: Duration,
) -> Result<Option<ConsoleSession>> {
    let seen_since = millis(before(now, idle));
    row(db, SESSION, params![scope.to_bytes(), session.as_bytes(), millis(now), seen_since], read_session)
}

fn read_session(row: &Row<'_>) -> Result<ConsoleSession> {
    let id = bytes(row, 0)?.try_into().map_err(|_| StoreError::Damaged("a session's id".into()))?;
    Ok(ConsoleSession {
        id: SessionId::new(id),
        member: read_member(bytes(row, 1)?)?,
        begun_at: moment(row.get(2)?)?,
        seen_at: moment(row.get(3)?)?,
        ends_at: moment(row.get(4)?)?,
    })
}

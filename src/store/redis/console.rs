//! The console's links, sessions and audit logs, each console's in one shard.

use std::time::Duration;

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{to_moment, unreadable};
use super::{RedisStore, keys, limit, millis};
use crate::domain::console::SEEN_EXACTLY;
use crate::domain::{AuditEntry, AuditPlace, ConsoleScope, ConsoleSession, Member, SessionId, UnixMillis};
use crate::store::record::{read_entry, read_member, write_entry, write_member};
use crate::store::{Audits, Result, Sessions};

/// How long the mark of a call that ended a session is kept: longer than a call is made again.
const MARKED: Duration = Duration::from_mins(1);

#[async_trait]
impl Sessions for RedisStore {
    async fn keep_link(&self, link: &SessionId, member: &Member, life: Duration) -> Result<()> {
        let keep = Request::call(&script::KEEP_LINK, [keys::console_link(member.scope, link)]);
        let keep = keep.with(self.ahead()).with(millis(life)).with(write_member(member)?);
        self.link.ask(keep).await.map(drop)
    }

    async fn member_of_link(&self, scope: ConsoleScope, link: &SessionId) -> Result<Option<Member>> {
        let look = Request::call(&script::LINK_MEMBER, [keys::console_link(scope, link)]).with(self.ahead());
        self.ask::<Option<Vec<u8>>>(look).await?.map(|member| read_member(&member)).transpose()
    }

    async fn begin_session(
        &self,
        scope: ConsoleScope,
        link: &SessionId,
        session: &SessionId,
        life: Duration,
    ) -> Result<Option<ConsoleSession>> {
        let keys = [keys::console_link(scope, link), keys::console_sessions(scope)];
        let request = Request::call(&script::BEGIN_SESSION, keys);
        let request = request.with(self.ahead()).with(session.as_bytes()).with(millis(life));
        let begun: Option<Vec<u8>> = self.ask(request).await?;
        begun.map(|value| to_session(*session, &value)).transpose()
    }

    async fn use_session(
        &self,
        scope: ConsoleScope,
        session: &SessionId,
        idle: Duration,
    ) -> Result<Option<ConsoleSession>> {
        let used = Request::call(&script::USE_SESSION, [keys::console_sessions(scope)]).with(self.ahead());
        let used = used.with(session.as_bytes()).with(millis(idle)).with(millis(SEEN_EXACTLY));
        let found: Option<Vec<u8>> = self.ask(used).await?;
        found.map(|value| to_session(*session, &value)).transpose()
    }

    async fn sessions(&self, scope: ConsoleScope, idle: Duration) -> Result<Vec<ConsoleSession>> {
        let list = Request::call(&script::SESSIONS, [keys::console_sessions(scope)]);
        let all: Vec<Vec<u8>> = self.ask(list.with(self.ahead()).with(millis(idle))).await?;
        let (pairs, _) = all.as_chunks::<2>();
        let read = |[id, value]: &[Vec<u8>; 2]| {
            let id = id.as_slice().try_into().map_err(|_| unreadable("a session's id"))?;
            to_session(SessionId::new(id), value)
        };
        let mut sessions = pairs.iter().map(read).collect::<Result<Vec<_>>>()?;
        sessions.sort_by_key(|session| std::cmp::Reverse((session.begun_at, session.id)));
        Ok(sessions)
    }

    async fn end_session(&self, scope: ConsoleScope, session: &SessionId) -> Result<bool> {
        let mut mark = [0; 16];
        mark.copy_from_slice(&self.clock.entropy()[..16]);
        let keys = [keys::console_sessions(scope), keys::forgotten(scope.shard(), mark)];
        self.changes(Request::call(&script::END_SESSION, keys).with(session.as_bytes()).with(millis(MARKED))).await
    }
}

#[async_trait]
impl Audits for RedisStore {
    async fn keep_entry(&self, scope: ConsoleScope, entry: &AuditEntry, life: Duration) -> Result<()> {
        let value = [&entry.place.to_bytes()[..], &write_entry(entry)?].concat();
        let keep = Request::call(&script::KEEP_ENTRY, [keys::audit(scope)]);
        self.link.ask(keep.with(self.ahead()).with(millis(life)).with(value)).await.map(drop)
    }

    async fn end_entry(
        &self,
        scope: ConsoleScope,
        begun: AuditPlace,
        entry: Option<&AuditEntry>,
        life: Duration,
    ) -> Result<()> {
        let value = match entry {
            Some(entry) => [&entry.place.to_bytes()[..], &write_entry(entry)?].concat(),
            None => Vec::new(),
        };
        let end = Request::call(&script::END_ENTRY, [keys::audit(scope)]).with(self.ahead()).with(millis(life));
        self.link.ask(end.with(begun.to_bytes()).with(value)).await.map(drop)
    }

    async fn entries(&self, scope: ConsoleScope, after: Option<AuditPlace>, most: usize) -> Result<Vec<AuditEntry>> {
        let from = after.map_or_else(|| b"+".to_vec(), |place| [b"(".as_slice(), &place.to_bytes()].concat());
        let most = limit(most).into_bytes();
        let page = [keys::audit(scope), from, b"-".into(), b"LIMIT".into(), b"0".into(), most];
        let entries: Vec<Vec<u8>> = self.ask(Request::plain("ZREVRANGEBYLEX", page)).await?;
        entries.iter().map(|value| read_entry(value.get(AuditPlace::BYTES..).unwrap_or_default())).collect()
    }
}

pub(super) fn to_session(id: SessionId, value: &[u8]) -> Result<ConsoleSession> {
    const MOMENT: usize = UnixMillis::BYTES;
    let (moments, member) = value.split_at_checked(3 * MOMENT).ok_or_else(|| unreadable("a session"))?;
    let moment = |number: usize| to_moment(moments.get(number * MOMENT..(number + 1) * MOMENT).unwrap_or_default());
    Ok(ConsoleSession {
        id,
        member: read_member(member)?,
        ends_at: moment(0)?,
        begun_at: moment(1)?,
        seen_at: moment(2)?,
    })
}

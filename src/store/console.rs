//! The console's sign-in links, its sessions and its audit logs, each in the shard of its merchant.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;
use crate::domain::{AuditEntry, AuditPlace, ConsoleScope, ConsoleSession, Member, SessionId};

/// Sign-in links, which work once, and the sessions that they begin.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a sign-in link for so long.
    async fn keep_link(&self, link: &SessionId, member: &Member, life: Duration) -> Result<()>;

    /// Whom a sign-in link is for, while it can be used. It stays as it is.
    async fn member_of_link(&self, scope: ConsoleScope, link: &SessionId) -> Result<Option<Member>>;

    /// Uses a sign-in link up, and begins a session of this life, in one step. The same session tried again is the one
    /// that has begun. `None` when the link cannot be used any more.
    async fn begin_session(
        &self,
        scope: ConsoleScope,
        link: &SessionId,
        session: &SessionId,
        life: Duration,
    ) -> Result<Option<ConsoleSession>>;

    /// The session of this id, which is used now; its last use is kept to
    /// [`SEEN_EXACTLY`](crate::domain::console::SEEN_EXACTLY). `None` when it has ended, or was last used `idle` ago.
    async fn use_session(
        &self,
        scope: ConsoleScope,
        session: &SessionId,
        idle: Duration,
    ) -> Result<Option<ConsoleSession>>;

    /// The sessions that go on, the newest first.
    async fn sessions(&self, scope: ConsoleScope, idle: Duration) -> Result<Vec<ConsoleSession>>;

    /// Ends a session at once. `false` when there is none.
    async fn end_session(&self, scope: ConsoleScope, session: &SessionId) -> Result<bool>;
}

/// Audit logs: one for each merchant, and the operator's own.
#[async_trait]
pub trait Audits: Send + Sync {
    /// Keeps an entry for `life`; the same entry tried again is kept once.
    async fn keep_entry(&self, scope: ConsoleScope, entry: &AuditEntry, life: Duration) -> Result<()>;

    /// Puts `entry` in the place of the one that was `begun`, or without one takes that back, in one step. The same
    /// call tried again changes nothing more, and an entry that is there already stays as it is.
    async fn end_entry(
        &self,
        scope: ConsoleScope,
        begun: AuditPlace,
        entry: Option<&AuditEntry>,
        life: Duration,
    ) -> Result<()>;

    /// The entries behind `after`, newest first; `most` at the most.
    async fn entries(&self, scope: ConsoleScope, after: Option<AuditPlace>, most: usize) -> Result<Vec<AuditEntry>>;
}

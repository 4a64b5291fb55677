//! What a command changes stands in the audit log, as what the console and `/v1` change does: as begun before it is
//! changed, and then as done.

use anyhow::Result;

use crate::domain::{AuditAction, AuditPlace, ConsoleScope, Member, MemberName, Role};
use crate::engine::{Engine, EngineError, use_cases};

/// A change that stands in an audit log as begun.
pub(super) struct Begun {
    member: Member,
    place: AuditPlace,
    command: String,
}

/// Writes that a command was begun which changes something.
pub(super) async fn begin(engine: &Engine, change: Option<(ConsoleScope, String)>) -> Result<Option<Begun>> {
    let Some((scope, command)) = change else { return Ok(None) };
    if let Some(id) = scope.merchant()
        && use_cases::authenticate::merchant(engine, id).await?.is_none()
    {
        return Ok(None);
    }
    let member = Member { scope, role: Role::Admin, name: MemberName::parse("command line")?, by_mail: false };
    let place = use_cases::console::begin_change(engine, &member, &command).await?;
    Ok(Some(Begun { member, place, command }))
}

/// Writes that it was done, or takes it back; where the store was in trouble, nobody knows, and it stays as begun.
pub(super) async fn end(engine: &Engine, begun: Option<Begun>, done: &Result<()>) -> Result<()> {
    let Some(Begun { member, place, command }) = begun else { return Ok(()) };
    match done {
        Ok(()) => {
            use_cases::console::end_change(engine, &member, place, AuditAction::CommandRun, &command).await?;
        }
        Err(error) if matches!(error.downcast_ref(), Some(EngineError::Store(_))) => {}
        Err(_) => use_cases::console::take_back(engine, member.scope, place).await?,
    }
    Ok(())
}

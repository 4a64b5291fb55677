//! Who is signed in, and what was changed: both are the same for a merchant's console and the operator's.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted};
use super::reply::{page, problem, when};
use super::viewing::SignedIn;
use crate::domain::{AuditAction, AuditEntry, ConsoleSession, Role, SessionId};
use crate::engine::use_cases;
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::list::ListQuery;
use crate::web::views::console::{Audit, AuditRow, Place, Problem, SessionRow, Sessions};

/// How many entries of the audit log a page shows.
const ON_A_PAGE: usize = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/sessions", "GET").route(web::get().to(list)))
        .service(page_at("/sessions/end", "POST").route(web::post().to(end)))
        .service(page_at("/audit", "GET").route(web::get().to(audit)));
}

async fn list(viewing: SignedIn) -> PageResult {
    let own = viewing.viewer.session.id;
    let row = |session: ConsoleSession| SessionRow {
        id: session.id.text(),
        name: session.member.name.as_str().to_owned(),
        role: session.member.role,
        begun_at: when(session.begun_at),
        seen_at: when(session.seen_at),
        ends_at: when(session.ends_at),
        is_own: session.id == own,
    };
    let sessions = use_cases::console::sessions(&viewing.engine, viewing.scope()).await?;
    let sessions = sessions.into_iter().map(row).collect();
    Ok(page(&Sessions { frame: viewing.frame(Place::Sessions), sessions }))
}

#[derive(Deserialize)]
struct EndSession {
    session: String,
}

impl Posted for EndSession {
    type Of = SignedIn;
    const ROLE: Role = Role::Admin;
}

async fn end(form: Form<EndSession>) -> Changed {
    let Some(session) = SessionId::parse(&form.fields.session) else {
        return Err(problem(&Problem::unreadable()).into());
    };
    if !use_cases::console::end_session(&form.by.engine, form.by.scope(), &session).await? {
        return Err(problem(&Problem::not_found()).into());
    }
    form.done(AuditAction::SessionRevoked, &form.fields.session, "/console/sessions").await
}

async fn audit(viewing: SignedIn, request: HttpRequest) -> PageResult {
    let unreadable = |_| problem(&Problem::unreadable());
    let query = ListQuery::read(&request, &["after"]).map_err(unreadable)?;
    let after = query.place().map_err(unreadable)?;
    let entries = use_cases::console::audit(&viewing.engine, viewing.scope(), after, ON_A_PAGE).await?;
    let next = query.next(&entries, |entry: &AuditEntry| entry.place);
    let row = |entry: &AuditEntry| AuditRow {
        at: when(entry.place.at),
        who: entry.who.as_str().to_owned(),
        role: entry.role,
        action: entry.action,
        object: entry.object.clone(),
    };
    Ok(page(&Audit { frame: viewing.frame(Place::Audit), entries: entries.iter().map(row).collect(), next }))
}

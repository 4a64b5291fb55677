//! Signing in by a link that works once, and signing out.
//!
//! The link shows a page with a button: what only looks at a link, as scanners of mail do, uses nothing up.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::attempts::SignInAttempts;
use super::cookies::{Kept, kept, session_of, with_kept, with_session, without_session};
use super::form::{Changed, Form, Posted, check_site};
use super::reply::{page, problem, to, trouble};
use super::viewing::SignedIn;
use crate::domain::{AuditAction, Role};
use crate::engine::{Engine, Whose, use_cases};
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::pages::link::posted;
use crate::web::views::console::{Problem, Refused, SignIn, WaysIn};
use crate::web::{Incoming, page_at, reply};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/sign-in", "GET, POST").route(web::get().to(show)).route(web::post().to(sign_in)))
        .service(page_at("/sign-out", "POST").route(web::post().to(sign_out)));
}

#[derive(Deserialize)]
struct LinkQuery {
    #[serde(default)]
    link: String,
}

async fn show(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>) -> PageResult {
    if reply::is_prefetch(&request) {
        return Ok(reply::untouched());
    }
    check_https(&engine)?;
    if query.link.is_empty() {
        return Ok(page(&ways_in(&engine, String::new(), Refused::default())));
    }
    let found = use_cases::console::look_at_link(&engine, &query.link).await.map_err(|error| trouble(&error))?;
    let Some((member, whose)) = found else { return Err(over().into()) };
    let whose = match whose {
        Whose::Operator => None,
        Whose::Merchant(merchant) => Some(merchant.name.as_str().to_owned()),
    };
    let name = member.name.as_str().to_owned();
    let link = query.into_inner().link;
    let opened = use_cases::console::opened_token(&engine, &link)?.unwrap_or_default();
    Ok(with_kept(page(&SignIn { whose, name, role: member.role, link }), Kept::Link, &opened))
}

async fn sign_in(engine: web::Data<Engine>, attempts: web::Data<SignInAttempts>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    attempts.count(&request, engine.deps.clock.now())?;
    // Nobody is to be signed in to a console that somebody else has chosen.
    check_site(&request)?;
    check_https(&engine)?;
    let fields = posted(body);
    let link = fields.text("link").unwrap_or_default();
    if use_cases::console::look_at_link(&engine, link).await.map_err(|error| trouble(&error))?.is_none() {
        return Err(over().into());
    }
    // Not every browser says which site a form comes from: one that has not opened the link itself is not signed in.
    if !kept(&request, Kept::Link).is_some_and(|token| use_cases::console::has_opened(&engine, link, token.value())) {
        return Err(problem(&Problem::opened_elsewhere()).into());
    }
    let signed_in = use_cases::console::sign_in(&engine, link).await.map_err(|error| trouble(&error))?;
    let Some(signed_in) = signed_in else { return Err(over().into()) };
    leave_before(&engine, &request).await?;
    Ok(with_session(to(&engine, "/console"), &signed_in.cookie))
}

/// The ways in, for somebody who has no link.
pub(super) fn ways_in(engine: &Engine, email: String, refused: Refused) -> WaysIn {
    let openid = engine.deps.ways_in.openid.as_ref().map(|openid| openid.provider.label().to_owned());
    WaysIn { openid, has_mail: use_cases::console::has_mail(engine), email, refused }
}

/// Ends the session that a browser had: it keeps one, and the one before would go on without it.
pub(super) async fn leave_before(engine: &Engine, request: &HttpRequest) -> Result<(), Instead> {
    let Some(before) = session_of(request) else { return Ok(()) };
    use_cases::console::end_session_before(engine, before.value()).await.map_err(|error| trouble(&error).into())
}

#[derive(Deserialize)]
struct SignOut {}

impl Posted for SignOut {
    type Of = SignedIn;
    const ROLE: Role = Role::Read;
}

async fn sign_out(form: Form<SignOut>) -> Changed {
    let session = &form.by.viewer.session;
    use_cases::console::end_session(&form.by.engine, form.by.scope(), &session.id).await?;
    let left = without_session(page(&Problem::has_signed_out()));
    form.answer(AuditAction::SignedOut, &session.id.text(), left).await
}

/// Refuses to use a link up where browsers would not keep the session: its cookie needs https, or this machine.
pub(super) fn check_https(engine: &Engine) -> Result<(), Instead> {
    let url = &engine.deps.public_url;
    if url.is_https() || url.is_loopback() { Ok(()) } else { Err(problem(&Problem::needs_https()).into()) }
}

fn over() -> HttpResponse {
    problem(&Problem::link_over())
}

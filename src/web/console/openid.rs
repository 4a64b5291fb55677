//! Signing in by the operator's own OpenID provider: out, back, and the choice of a console.

use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use super::attempts::SignInAttempts;
use super::cookies::{Kept, kept, with_kept, with_session, without_kept};
use super::form::check_site;
use super::reply::{page, problem, to, trouble};
use super::sign_in::{check_https, leave_before};
use crate::engine::{AuthorizationResponse, Carried, Engine, Identified, NotIdentified, SignedIn, use_cases};
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::pages::link::posted;
use crate::web::views::console::{ChooseConsole, Problem};
use crate::web::{Incoming, page_at, reply};

/// Where somebody chooses a console.
const CHOICE_PAGE: &str = "/console/openid/choose";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/openid", "GET").route(web::get().to(begin)))
        .service(page_at("/openid/return", "GET").route(web::get().to(come_back)))
        .service(page_at("/openid/choose", "GET, POST").route(web::get().to(choices)).route(web::post().to(choose)));
}

async fn begin(engine: web::Data<Engine>, attempts: web::Data<SignInAttempts>, request: HttpRequest) -> PageResult {
    if reply::is_prefetch(&request) {
        return Ok(reply::untouched());
    }
    attempts.count(&request, engine.deps.clock.now())?;
    check_https(&engine)?;
    let begun = use_cases::console::begin_openid(&engine).await?;
    let (redirect, cookie) = begun.map_err(|why| not_identified(&engine, &why))?;
    Ok(with_kept(reply::see_other(&redirect), Kept::Attempt, cookie.reveal()))
}

async fn come_back(engine: web::Data<Engine>, attempts: web::Data<SignInAttempts>, request: HttpRequest) -> PageResult {
    if reply::is_prefetch(&request) {
        return Ok(reply::untouched());
    }
    attempts.count(&request, engine.deps.clock.now())?;
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    let response = AuthorizationResponse::read(Carried::Query, pairs);
    let response = response.map_err(|_| problem(&Problem::unreadable()))?;
    let cookie = kept(&request, Kept::Attempt);
    let cookie = cookie.as_ref().map_or("", |cookie| cookie.value());
    let identified = use_cases::console::identify(&engine, cookie, &response).await;
    let answer = match identified.map_err(|error| trouble(&error))? {
        Ok(Identified::SignedIn(signed_in)) => enter(&engine, &request, &signed_in).await?,
        Ok(Identified::Choose(person)) => with_kept(to(&engine, CHOICE_PAGE), Kept::Person, person.reveal()),
        // An answer that nobody has asked for ends no attempt that is under way.
        Err(why @ NotIdentified::Forged) => return Err(not_identified(&engine, &why).into()),
        Err(why) => not_identified(&engine, &why),
    };
    Ok(without_kept(answer, Kept::Attempt))
}

async fn choices(engine: web::Data<Engine>, request: HttpRequest) -> PageResult {
    let cookie = kept(&request, Kept::Person);
    let choices = match &cookie {
        Some(cookie) => use_cases::console::openid_choices(&engine, cookie.value()).await?,
        None => None,
    };
    let choices = choices.ok_or_else(|| not_identified(&engine, &NotIdentified::NoAttempt))?;
    Ok(page(&ChooseConsole::of(choices.into_iter().map(|choice| (choice.merchant, choice.role)))))
}

async fn choose(engine: web::Data<Engine>, attempts: web::Data<SignInAttempts>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    attempts.count(&request, engine.deps.clock.now())?;
    check_site(&request)?;
    let over = || Instead::from(not_identified(&engine, &NotIdentified::NoAttempt));
    let cookie = kept(&request, Kept::Person).ok_or_else(over)?;
    let number = posted(body).text("console").and_then(|number| number.parse().ok()).ok_or_else(over)?;
    let signed_in = use_cases::console::choose_openid(&engine, cookie.value(), number).await;
    let signed_in = signed_in.map_err(|error| trouble(&error))?.ok_or_else(over)?;
    Ok(without_kept(enter(&engine, &request, &signed_in).await?, Kept::Person))
}

/// Leads into the console with a new session.
async fn enter(engine: &Engine, request: &HttpRequest, signed_in: &SignedIn) -> Result<HttpResponse, Instead> {
    leave_before(engine, request).await?;
    Ok(with_session(to(engine, "/console"), &signed_in.cookie))
}

fn not_identified(engine: &Engine, why: &NotIdentified) -> HttpResponse {
    let openid = engine.deps.ways_in.openid.as_ref();
    let label = openid.map_or("", |openid| openid.provider.label());
    problem(&match why {
        NotIdentified::NoProvider => Problem::not_found(),
        NotIdentified::NoAttempt => Problem::attempt_over(),
        NotIdentified::Refused(refusal) => Problem::provider_refuses(label, refusal.code()),
        NotIdentified::Forged => Problem::not_its_word(label),
        NotIdentified::Away => Problem::provider_away(label),
        NotIdentified::NoAccess => Problem::no_access(label),
    })
}

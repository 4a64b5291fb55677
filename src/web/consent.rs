//! The pages of a consent. Its link leads to the bank at once; where the customer chooses the bank, by a page of ours.

use std::sync::Arc;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::Instant;

use super::bank_list::by_country;
use super::body::{Incoming, read_form};
use super::leaving::waiting_page;
use super::page::{BankAway, ChooseBank, ConsentEnd, ConsentEnded, Home, Matter, ProblemPage, Request, words};
use super::{app_page, checkout, problem, reply};
use crate::domain::consent::{Consent, Kind, Status};
use crate::domain::institution::Institution;
use crate::domain::journey::{Journey, Stage};
use crate::domain::outcome::Cause;
use crate::domain::params::percent_encoded;
use crate::domain::redirect::Redirect;
use crate::domain::terms::SameBrowser;
use crate::engine::{CONSENT_PAGE, Engine, Leaving, PAYMENT_PAGE, Wished};
use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/consent")
            .app_data(Route::Page)
            .app_data(web::QueryConfig::default().error_handler(|error, _| {
                let page = reply::problem_page(StatusCode::BAD_REQUEST, &ProblemPage::unreadable());
                InternalError::from_response(error, page).into()
            }))
            .route("", web::get().to(show))
            .route("", web::head().to(untouched))
            .route("/leaving", web::get().to(leaving))
            .route("/leaving", web::head().to(untouched))
            .route("/choose", web::post().to(choose))
            .route("/cancel", web::post().to(cancel))
            .route("/home", web::get().to(home))
            .route("/home", web::head().to(untouched))
            .configure(app_page::routes)
            .route("/qr.png", web::get().to(qr)),
    );
}

/// The query of a consent's pages. Banks' parameters that came along, such as `state`, are nobody's concern here.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    link_id: String,
    #[serde(default)]
    find: String,
}

/// The link itself: to the bank, or to the choice of one. Back from the bank leads here too, so that another one can be
/// chosen.
async fn show(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    if reply::is_prefetch(&request) {
        return reply::untouched();
    }
    match consent_of(&engine, &asked.link_id).await {
        Ok(journey) if is_open(&journey) && asks_for_bank(&journey) => {
            chooser(&engine, &journey, &asked.link_id, &asked.find)
        }
        Ok(_) => leave(&engine, &asked.link_id, None).await,
        Err(response) => response,
    }
}

/// Leaves again, while the bank is late or has not been reached.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    if reply::is_prefetch(&request) {
        return reply::untouched();
    }
    match consent_of(&engine, &asked.link_id).await {
        Ok(_) => leave(&engine, &asked.link_id, None).await,
        Err(response) => response,
    }
}

async fn choose(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let Some((link, institution)) =
        posted(incoming, |fields| Some((fields.text("link_id")?.to_owned(), fields.text("institution")?.to_owned())))
    else {
        return reply::problem_page(StatusCode::BAD_REQUEST, &ProblemPage::unreadable());
    };
    let journey = match consent_of(&engine, &link).await {
        Ok(journey) => journey,
        Err(response) => return response,
    };
    // Only what the page offers: another institution cannot do what is asked for.
    if is_open(&journey) && !engine.eligible(&journey).any(|eligible| eligible.id == institution) {
        return reply::problem_page(StatusCode::BAD_REQUEST, &ProblemPage::unreadable());
    }
    leave(&engine, &link, Some(&institution)).await
}

async fn cancel(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let Some(link) = posted(incoming, |fields| fields.text("link_id").map(str::to_owned)) else {
        return unknown_link();
    };
    if let Err(response) = consent_of(&engine, &link).await {
        return response;
    }
    match engine.cancel(&link).await {
        Ok(None) => unknown_link(),
        Ok(Some(journey)) => onward(&engine, &journey),
        Err(error) => problem::page_of_form(&error, page_of("", &link)),
    }
}

/// The way on from a page that says how a consent ended.
async fn home(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    if reply::is_prefetch(&request) {
        return reply::untouched();
    }
    match consent_of(&engine, &asked.link_id).await {
        Ok(journey) if is_elsewhere(&engine, &journey, &request) => {
            reply::problem_page(StatusCode::FORBIDDEN, &ProblemPage::other_browser())
        }
        Ok(journey) => onward(&engine, &journey),
        Err(response) => response,
    }
}

/// Whether the merchant requires the browser that left, and this one is another: it is not handed what the other agreed to.
fn is_elsewhere(engine: &Engine, journey: &Journey, request: &HttpRequest) -> bool {
    let required = journey.opening().terms.same_browser == SameBrowser::Required;
    let cookie = reply::known_cookies(request);
    required && !engine.has_left(journey, &cookie)
}

async fn untouched() -> HttpResponse {
    reply::untouched()
}

/// A picture of a consent's link, made here: nobody else learns of it.
async fn qr(engine: web::Data<Engine>, asked: web::Query<Asked>) -> HttpResponse {
    match engine.look(&asked.link_id).await {
        Ok(Some(journey)) if journey.opening().purpose.consent().is_some() => {
            reply::qr_code(&engine.public_url().page(CONSENT_PAGE, &[("link_id", &asked.link_id)]))
        }
        Ok(_) => HttpResponse::NotFound().finish(),
        Err(error) => problem::page_of(&error),
    }
}

/// The consent of a link, or what is answered instead.
async fn consent_of(engine: &Engine, link: &str) -> Result<Journey, HttpResponse> {
    match engine.look(link).await {
        Ok(Some(journey)) if journey.opening().purpose.consent().is_some() => Ok(journey),
        Ok(Some(_)) => {
            let checkout = Redirect::own(engine.public_url(), PAYMENT_PAGE, &[("link_id", link)]);
            Err(reply::see_other(&checkout))
        }
        Ok(None) => Err(unknown_link()),
        Err(error) => Err(problem::page_of_form(&error, page_of("", link))),
    }
}

async fn leave(engine: &Arc<Engine>, link: &str, institution: Option<&str>) -> HttpResponse {
    match engine.leave(Wished { link, institution, at: Instant::now() }).await {
        Ok(None) => unknown_link(),
        Ok(Some(Leaving::Left(left))) => reply::leave(&left),
        Ok(Some(Leaving::Late(journey))) => waiting_page(engine, &journey, "/consent/leaving", link),
        Ok(Some(Leaving::Choose(journey))) => chooser(engine, &journey, link, ""),
        Ok(Some(Leaving::NoBank(journey))) => reply::page(&bank_away(engine, &journey, link)),
        Ok(Some(Leaving::Ended(journey))) => ended(engine, &journey, link),
        Ok(Some(Leaving::TooOften)) => reply::problem_page(StatusCode::TOO_MANY_REQUESTS, &ProblemPage::too_often()),
        Err(error) => problem::page_of_form(&error, page_of("", link)),
    }
}

/// Whether the customer can still decide.
fn is_open(journey: &Journey) -> bool {
    matches!(journey.stage(), Stage::Open(_) | Stage::Away { .. })
}

/// Whether it is the customer who chooses the bank.
fn asks_for_bank(journey: &Journey) -> bool {
    journey.opening().purpose.consent().is_some_and(|consent| consent.institution.is_none())
}

fn chooser(engine: &Engine, journey: &Journey, link: &str, find: &str) -> HttpResponse {
    let all: Vec<&Institution> = engine.eligible(journey).collect();
    let searchable = all.len() > ChooseBank::LONG;
    let wanted = find.trim().to_lowercase();
    let matches = |institution: &&&Institution| {
        let names = [&institution.name, &institution.full_name];
        !searchable || names.iter().any(|name| name.to_lowercase().contains(&wanted))
    };
    let found: Vec<&Institution> = all.iter().filter(matches).copied().collect();
    reply::page(&ChooseBank {
        request: request(journey),
        link: link.to_owned(),
        all: page_of("", link),
        search: searchable.then(|| find.trim().to_owned()),
        groups: by_country(&found, journey.opening().purpose.consent().and_then(|consent| consent.country)),
    })
}

fn bank_away(engine: &Engine, journey: &Journey, link: &str) -> BankAway {
    BankAway {
        request: request(journey),
        bank: bank_name(engine, journey),
        again: page_of("/leaving", link),
        choose: asks_for_bank(journey).then(|| page_of("", link)),
        link: link.to_owned(),
    }
}

fn ended(engine: &Engine, journey: &Journey, link: &str) -> HttpResponse {
    let Some(end) = end(journey, engine) else { return onward(engine, journey) };
    let merchant = journey.opening().merchant_name.as_str();
    let way_home = journey.opening().plan.landing.is_some();
    reply::page(&ConsentEnded {
        request: request(journey),
        bank: bank_name(engine, journey),
        end,
        home: way_home.then(|| Home::to(merchant, page_of("/home", link))),
    })
}

/// What became of a consent, as a sentence; `None` while nothing has been proven.
pub(super) fn told(engine: &Engine, journey: &Journey) -> Option<String> {
    Some(end(journey, engine)?.sentence(&request(journey)))
}

/// How this round of a consent ended; `None` of one whose customer is home before the bank has proven anything.
fn end(journey: &Journey, engine: &Engine) -> Option<ConsentEnd> {
    Some(match journey.round_status(engine.clock().now())? {
        Status::Authorised | Status::Consumed => ConsentEnd::Agreed,
        Status::Rejected => ConsentEnd::Refused,
        Status::Revoked => ConsentEnd::Withdrawn,
        Status::Expired => ConsentEnd::Expired,
        Status::Failed => {
            let error = journey.settlement().and_then(|settlement| match &settlement.cause {
                Cause::Bank(Some(error)) => Some(error.code()),
                Cause::Bank(None) | Cause::Customer | Cause::Merchant | Cause::Time => None,
            });
            ConsentEnd::Failed(words::consent::reason(error.unwrap_or_default()).to_owned())
        }
        Status::Awaited | Status::AwaitedAgain => return None,
    })
}

/// The name of the institution that the customer was sent to, or will be.
fn bank_name(engine: &Engine, journey: &Journey) -> Option<String> {
    engine.institution(journey.institution()?).map(|institution| institution.name.clone())
}

fn request(journey: &Journey) -> Request {
    let matter = match journey.opening().purpose.consent() {
        Some(Consent { kind: Kind::Payment { payee, reference, .. }, .. }) => {
            Matter::Payment { amount: checkout::amount(journey), payee: payee.clone(), reference: reference.clone() }
        }
        Some(Consent { kind: Kind::Accounts, .. }) | None => Matter::Accounts,
    };
    Request { merchant: journey.opening().merchant_name.as_str().to_owned(), matter }
}

/// A page of this consent.
fn page_of(page: &str, link: &str) -> String {
    format!("{CONSENT_PAGE}{page}?link_id={}", percent_encoded(link))
}

fn posted<T>(incoming: Incoming, read: impl FnOnce(&crate::dialect::fields::Fields) -> Option<T>) -> Option<T> {
    read(&read_form(&incoming.body.ok()?).ok()?)
}

fn onward(engine: &Engine, journey: &Journey) -> HttpResponse {
    match engine.way_now(journey) {
        Ok(redirect) => reply::see_other(&redirect),
        Err(error) => problem::page_of(&error),
    }
}

fn unknown_link() -> HttpResponse {
    reply::problem_page(StatusCode::NOT_FOUND, &ProblemPage::unknown_link())
}

//! The pages of a consent. Its link leads to the bank at once; where the customer chooses the bank, by a page of ours.

use std::sync::Arc;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::Instant;

use super::bank_list::by_country;
use super::body::{Incoming, read_form};
use super::leaving::{leaving_later, waiting_page};
use super::onward::{leads_home, onward, other_browser, own_page};
use super::page::{BankAway, ChooseBank, ConsentEnd, ConsentEnded, Home, Matter, Next, ProblemPage, Request, words};
use super::time::day;
use super::{app_page, checkout, page_at, problem, reply};
use crate::domain::consent::{Consent, Kind, Status};
use crate::domain::institution::Institution;
use crate::domain::journey::{Journey, Stage};
use crate::domain::outcome::Cause;
use crate::domain::params::percent_encoded;
use crate::engine::{CONSENT_PAGE, Engine, SendRequest, SendResult, find, use_cases};
use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/consent")
            .app_data(Route::Page)
            .app_data(web::QueryConfig::default().error_handler(|error, _| {
                let page = reply::problem_page(StatusCode::BAD_REQUEST, &ProblemPage::unreadable());
                InternalError::from_response(error, page).into()
            }))
            .service(page_at("", "GET").route(web::get().to(show)))
            .service(page_at("/leaving", "GET").route(web::get().to(leaving)))
            .service(page_at("/choose", "POST").route(web::post().to(choose)))
            .service(page_at("/cancel", "POST").route(web::post().to(cancel)))
            .service(page_at("/home", "GET").route(web::get().to(home)))
            .configure(app_page::routes)
            .service(page_at("/qr.png", "GET").route(web::get().to(qr))),
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
    match consent_of(&engine, &asked.link_id).await {
        Ok(_) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(journey) if is_open(&journey) && asks_for_bank(&journey) => {
            chooser(&engine, &journey, &asked.link_id, &asked.find)
        }
        Ok(_) => leave(&engine, &request, &asked.link_id, None).await,
        Err(response) => response,
    }
}

/// Leaves again, while the bank is late or has not been reached.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    match consent_of(&engine, &asked.link_id).await {
        Ok(_) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(_) => leave(&engine, &request, &asked.link_id, None).await,
        Err(response) => response,
    }
}

async fn choose(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let request = incoming.request.clone();
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
    if is_open(&journey)
        && !use_cases::send_to_provider::eligible(&engine, &journey).any(|eligible| eligible.id == institution)
    {
        return reply::problem_page(StatusCode::BAD_REQUEST, &ProblemPage::unreadable());
    }
    leave(&engine, &request, &link, Some(&institution)).await
}

async fn cancel(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let request = incoming.request.clone();
    let Some(link) = posted(incoming, |fields| fields.text("link_id").map(str::to_owned)) else {
        return unknown_link();
    };
    if let Err(response) = consent_of(&engine, &link).await {
        return response;
    }
    match use_cases::cancel::cancel(&engine, &link, &reply::visitor(&request)).await {
        Ok(None) => unknown_link(),
        // A consent may always be cancelled, if not from anywhere.
        Ok(Some(journey)) if is_open(&journey) => other_browser(),
        Ok(Some(journey)) => onward(&engine, &request, &journey),
        Err(error) => problem::page_of_form(&error, page_of("", &link)),
    }
}

/// The way on from a page that says how a consent ended.
async fn home(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    match consent_of(&engine, &asked.link_id).await {
        Ok(_) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(journey) => onward(&engine, &request, &journey),
        Err(response) => response,
    }
}

/// A picture of a consent's link, made here: nobody else learns of it.
async fn qr(engine: web::Data<Engine>, asked: web::Query<Asked>) -> HttpResponse {
    match find::look(&engine.deps, &asked.link_id).await {
        Ok(Some(journey)) if journey.opening().purpose.consent().is_some() => {
            reply::qr_code(&engine.deps.public_url.page(CONSENT_PAGE, &[("link_id", &asked.link_id)]))
        }
        Ok(Some(journey)) => own_page(&engine, &journey, &asked.link_id),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => problem::page_of(&error),
    }
}

/// The consent of a link, or what is answered instead.
async fn consent_of(engine: &Engine, link: &str) -> Result<Journey, HttpResponse> {
    match find::look(&engine.deps, link).await {
        Ok(Some(journey)) if journey.opening().purpose.consent().is_some() => Ok(journey),
        Ok(Some(journey)) => Err(own_page(engine, &journey, link)),
        Ok(None) => Err(unknown_link()),
        Err(error) => Err(problem::page_of_form(&error, page_of("", link))),
    }
}

async fn leave(engine: &Arc<Engine>, request: &HttpRequest, link: &str, institution: Option<&str>) -> HttpResponse {
    match use_cases::send_to_provider::send_to_provider(engine, SendRequest { link, institution, at: Instant::now() })
        .await
    {
        Ok(None) => unknown_link(),
        Ok(Some(SendResult::Sent(left))) => reply::leave(&left, request),
        Ok(Some(SendResult::Refused(home))) => reply::see_other(&home),
        Ok(Some(SendResult::Late(journey))) => {
            let page = waiting_page(engine, &journey, "/consent/leaving", link);
            leaving_later(engine, request, &journey, page)
        }
        Ok(Some(SendResult::Choose(journey))) => chooser(engine, &journey, link, ""),
        Ok(Some(SendResult::NoProvider(journey))) => {
            leaving_later(engine, request, &journey, reply::page(&bank_away(engine, &journey, link)))
        }
        Ok(Some(SendResult::Ended(journey))) => ended(engine, request, &journey, link),
        Ok(Some(SendResult::TooOften)) => reply::problem_page(StatusCode::TOO_MANY_REQUESTS, &ProblemPage::too_often()),
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
    let all: Vec<&Institution> = use_cases::send_to_provider::eligible(engine, journey).collect();
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

fn ended(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> HttpResponse {
    let next = if journey.opening().plan.landing.is_none() {
        Next::Close
    } else if leads_home(engine, request, journey) {
        Next::Home(Home::to(journey.opening().merchant_name.as_str(), page_of("/home", link)))
    } else {
        Next::LookThere
    };
    match ended_page(engine, journey, next) {
        Some(page) => reply::page(&page),
        None => onward(engine, request, journey),
    }
}

/// What has become of a consent; `None` of one whose customer is home before the bank has proven anything.
pub(super) fn ended_page(engine: &Engine, journey: &Journey, next: Next) -> Option<ConsentEnded> {
    let end = end(journey, engine)?;
    Some(ConsentEnded { request: request(journey), bank: bank_name(engine, journey), end, next })
}

/// What became of a consent, as a sentence; `None` while nothing has been proven.
pub(super) fn told(engine: &Engine, journey: &Journey) -> Option<String> {
    Some(end(journey, engine)?.sentence(&request(journey)))
}

/// How this round of a consent ended; `None` of one whose customer is home before the bank has proven anything.
fn end(journey: &Journey, engine: &Engine) -> Option<ConsentEnd> {
    Some(match journey.round_status(engine.deps.clock.now())? {
        Status::Authorised | Status::Consumed => ConsentEnd::Agreed(day(journey.grant()?.expires_at)),
        Status::Rejected => ConsentEnd::Refused,
        Status::Revoked => ConsentEnd::Withdrawn,
        Status::Expired => ConsentEnd::Expired,
        Status::Failed => {
            let error = journey.final_outcome().and_then(|final_outcome| match &final_outcome.cause {
                Cause::Provider(Some(error)) => Some(error.code()),
                Cause::Provider(None) | Cause::Customer | Cause::Merchant | Cause::Time => None,
            });
            ConsentEnd::Failed(words::consent::reason(error.unwrap_or_default()).to_owned())
        }
        Status::Awaited | Status::AwaitedAgain => return None,
    })
}

/// The name of the institution that the customer was sent to, or will be.
fn bank_name(engine: &Engine, journey: &Journey) -> Option<String> {
    engine.deps.institution(journey.institution()?).map(|institution| institution.name.clone())
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

fn unknown_link() -> HttpResponse {
    reply::problem_page(StatusCode::NOT_FOUND, &ProblemPage::unknown_link())
}

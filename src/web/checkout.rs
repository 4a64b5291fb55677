//! The pages of a journey: the checkout, leaving, cancelling, and the ways home.

use std::sync::Arc;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::Instant;

use super::body::{Incoming, read_form};
use super::leaving::waiting_page;
use super::page::{Checkout, Ended, Home, How, ProblemPage, words};
use super::{app_page, page_at, problem, reply};
use crate::domain::journey::{Cancel, Journey, Stage};
use crate::domain::outcome::{Cause, Outcome};
use crate::domain::params::percent_encoded;
use crate::domain::redirect::Redirect;
use crate::engine::{CONSENT_PAGE, Engine, EngineError, Leaving, PAYMENT_PAGE, Wished};
use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/payment")
            .app_data(Route::Page)
            .app_data(web::QueryConfig::default().error_handler(|error, _| {
                let page = reply::problem_page(StatusCode::BAD_REQUEST, &ProblemPage::unreadable());
                InternalError::from_response(error, page).into()
            }))
            .service(page_at("", "GET").route(web::get().to(show)))
            .service(page_at("/pay", "POST").route(web::post().to(pay)))
            .service(page_at("/leaving", "GET").route(web::get().to(leaving)))
            .service(page_at("/cancel", "POST").route(web::post().to(cancel)))
            .service(page_at("/home", "GET").route(web::get().to(home)))
            .configure(app_page::routes)
            .service(page_at("/qr.png", "GET").route(web::get().to(qr))),
    );
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    link_id: String,
}

async fn show(engine: web::Data<Engine>, request: HttpRequest, link: web::Query<Link>) -> HttpResponse {
    match engine.look(&link.link_id).await {
        Ok(None) => unknown_link(),
        Ok(Some(_)) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(Some(journey)) => page(&engine, &journey, &link.link_id),
        Err(error) => problem::page_of(&error),
    }
}

async fn pay(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    match posted_link(incoming) {
        Some(link) => leave(&engine, &link).await,
        None => unknown_link(),
    }
}

/// Leaves again, while the bank is late. It begins nothing: a press on Pay has.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, link: web::Query<Link>) -> HttpResponse {
    match engine.look(&link.link_id).await {
        Ok(None) => unknown_link(),
        Ok(Some(_)) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(Some(journey)) if matches!(journey.stage(), Stage::Away { .. }) => leave(&engine, &link.link_id).await,
        Ok(Some(journey)) => page(&engine, &journey, &link.link_id),
        Err(error) => problem::page_of(&error),
    }
}

async fn leave(engine: &Arc<Engine>, link: &str) -> HttpResponse {
    match engine.leave(Wished { link, institution: None, at: Instant::now() }).await {
        Ok(None) => unknown_link(),
        Ok(Some(Leaving::Left(left))) => reply::leave(&left),
        Ok(Some(Leaving::Refused(onward))) => reply::see_other(&onward),
        Ok(Some(Leaving::Ended(journey))) => onward(engine, &journey),
        Ok(Some(Leaving::TooOften)) => reply::problem_page(StatusCode::TOO_MANY_REQUESTS, &ProblemPage::too_often()),
        Ok(Some(Leaving::Late(journey))) => waiting_page(engine, &journey, "/payment/leaving", link),
        Ok(Some(Leaving::NoBank(journey) | Leaving::Choose(journey))) => page(engine, &journey, link),
        Err(error) => problem::page_of_form(&error, checkout_page(link)),
    }
}

async fn cancel(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let Some(link) = posted_link(incoming) else { return unknown_link() };
    match engine.cancel(&link).await {
        Ok(None) => unknown_link(),
        Ok(Some(journey)) if matches!(journey.stage(), Stage::Open(_) | Stage::Away { .. }) => {
            reply::problem_page(StatusCode::FORBIDDEN, &ProblemPage::cannot_cancel())
        }
        Ok(Some(journey)) => onward(&engine, &journey),
        Err(error) => problem::page_of_form(&error, checkout_page(&link)),
    }
}

/// The page that a form of ours came from.
fn checkout_page(link: &str) -> String {
    format!("{PAYMENT_PAGE}?link_id={}", percent_encoded(link))
}

/// The way on from a page that says how a journey ended.
async fn home(engine: web::Data<Engine>, request: HttpRequest, link: web::Query<Link>) -> HttpResponse {
    match engine.look(&link.link_id).await {
        Ok(None) => unknown_link(),
        Ok(Some(_)) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(Some(journey)) => onward(&engine, &journey),
        Err(error) => problem::page_of(&error),
    }
}

/// A picture of a link, made here: nobody else learns of it.
async fn qr(engine: web::Data<Engine>, link: web::Query<Link>) -> HttpResponse {
    match engine.look(&link.link_id).await {
        Ok(Some(journey)) => match engine.pay_link(&journey) {
            Ok(pay_link) => reply::qr_code(&pay_link),
            Err(error) => problem::page_of(&error),
        },
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => problem::page_of(&error),
    }
}

fn posted_link(incoming: Incoming) -> Option<String> {
    read_form(&incoming.body.ok()?).ok()?.text("link_id").map(str::to_owned)
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

fn page(engine: &Engine, journey: &Journey, link: &str) -> HttpResponse {
    let opening = journey.opening();
    if opening.purpose.consent().is_some() {
        return reply::see_other(&Redirect::own(engine.public_url(), CONSENT_PAGE, &[("link_id", link)]));
    }
    let failed = match journey.stage() {
        Stage::Settled(_) => return ended(engine, journey),
        Stage::HandedBack => return onward(engine, journey),
        Stage::Open(failed) => failed,
        Stage::Away { .. } => None,
    };
    let bank = engine.bank_label(&opening.bank);
    reply::page(&Checkout {
        merchant: opening.merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(journey),
        note: opening.purpose.note().to_owned(),
        link: link.to_owned(),
        can_cancel: opening.purpose.cancel() == Cancel::Offered,
        failed: failed.map(|error| words::reason(error.code()).to_owned()),
        bank: bank.unwrap_or_default().to_owned(),
        can_pay: bank.is_some(),
    })
}

fn ended(engine: &Engine, journey: &Journey) -> HttpResponse {
    match home_link(engine, journey) {
        Ok(home) => reply::page(&Ended {
            merchant: journey.opening().merchant_name.as_str().to_owned(),
            payee: journey.payee().to_owned(),
            amount: amount(journey),
            note: journey.opening().purpose.note().to_owned(),
            how: how(journey),
            home,
        }),
        Err(error) => problem::page_of(&error),
    }
}

/// The way on: none where the journey ends on this very page.
fn home_link(engine: &Engine, journey: &Journey) -> Result<Option<Home>, EngineError> {
    let outcome = journey.settlement().map(|settlement| settlement.outcome);
    if journey.opening().plan.landing_for(outcome).is_none() {
        return Ok(None);
    }
    let url = engine.public_url().page("/payment/home", &[("link_id", &engine.link(journey)?)]);
    Ok(Some(Home::to(journey.opening().merchant_name.as_str(), url)))
}

fn how(journey: &Journey) -> How {
    let Some(settlement) = journey.settlement() else { return How::Expired };
    match (settlement.outcome, &settlement.cause) {
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => How::Paid,
        (Outcome::Cancelled, Cause::Merchant) => How::Withdrawn,
        (Outcome::Cancelled, _) => How::Cancelled,
        (Outcome::Failed, Cause::Bank(Some(error))) => How::Failed(words::reason(error.code()).to_owned()),
        (Outcome::Failed, _) => How::Failed(words::reason("").to_owned()),
        (Outcome::Expired, _) => How::Expired,
    }
}

/// What became of a checkout, as a sentence; `None` while nothing has been proven.
pub(super) fn told(journey: &Journey) -> Option<String> {
    journey.settlement()?;
    Some(how(journey).sentence(journey.opening().merchant_name.as_str(), journey.payee(), &amount(journey)))
}

/// The amount as people write it: `25.00 EUR`.
pub(super) fn amount(journey: &Journey) -> String {
    let amount = journey.opening().purpose.amount();
    amount.map_or_else(String::new, |amount| format!("{amount} {}", amount.currency()))
}

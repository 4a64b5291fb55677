//! The pages of a journey: the checkout, leaving, cancelling, and the ways home.

use std::sync::Arc;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::Instant;

use super::body::{Incoming, read_form};
use super::leaving::{leaving_later, waiting_page};
use super::onward::{leads_home, onward, other_browser, own_page};
use super::page::{Checkout, Ended, Home, How, Next, ProblemPage, words};
use super::{app_page, page_at, problem, reply};
use crate::domain::journey::{Cancel, Journey, Stage};
use crate::domain::outcome::{Cause, Outcome};
use crate::domain::params::percent_encoded;
use crate::engine::{Engine, PAYMENT_PAGE, SendRequest, SendResult, derive, find, use_cases};
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
    match payment_of(&engine, &link.link_id).await {
        Ok(_) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(journey) => page(&engine, &request, &journey, &link.link_id),
        Err(response) => response,
    }
}

async fn pay(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let request = incoming.request.clone();
    let Some(link) = posted_link(incoming) else { return unknown_link() };
    match payment_of(&engine, &link).await {
        Ok(_) => leave(&engine, &request, &link).await,
        Err(response) => response,
    }
}

/// Leaves again, while the bank is late. It begins nothing: a press on Pay has.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, link: web::Query<Link>) -> HttpResponse {
    match payment_of(&engine, &link.link_id).await {
        Ok(_) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(journey) if matches!(journey.stage(), Stage::Away { .. }) => leave(&engine, &request, &link.link_id).await,
        Ok(journey) => page(&engine, &request, &journey, &link.link_id),
        Err(response) => response,
    }
}

async fn leave(engine: &Arc<Engine>, request: &HttpRequest, link: &str) -> HttpResponse {
    match use_cases::send_to_provider::send_to_provider(
        engine,
        SendRequest { link, institution: None, at: Instant::now() },
    )
    .await
    {
        Ok(None) => unknown_link(),
        Ok(Some(SendResult::Sent(left))) => reply::leave(&left, request),
        Ok(Some(SendResult::Refused(onward))) => reply::see_other(&onward),
        Ok(Some(SendResult::Ended(journey))) => onward(engine, request, &journey),
        Ok(Some(SendResult::TooOften)) => reply::problem_page(StatusCode::TOO_MANY_REQUESTS, &ProblemPage::too_often()),
        Ok(Some(SendResult::Late(journey))) => {
            let page = waiting_page(engine, &journey, "/payment/leaving", link);
            leaving_later(engine, request, &journey, page)
        }
        Ok(Some(SendResult::NoProvider(journey) | SendResult::Choose(journey))) => {
            leaving_later(engine, request, &journey, page(engine, request, &journey, link))
        }
        Err(error) => problem::page_of_form(&error, checkout_page(link)),
    }
}

async fn cancel(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let request = incoming.request.clone();
    let Some(link) = posted_link(incoming) else { return unknown_link() };
    if let Err(response) = payment_of(&engine, &link).await {
        return response;
    }
    let visitor = reply::visitor(&request);
    match use_cases::cancel::cancel(&engine, &link, &visitor).await {
        Ok(None) => unknown_link(),
        Ok(Some(journey)) if !matches!(journey.stage(), Stage::Open(_) | Stage::Away { .. }) => {
            onward(&engine, &request, &journey)
        }
        Ok(Some(journey)) if !use_cases::cancel::may_cancel(&engine, &journey, &visitor) => other_browser(),
        Ok(Some(_)) => reply::problem_page(StatusCode::FORBIDDEN, &ProblemPage::cannot_cancel()),
        Err(error) => problem::page_of_form(&error, checkout_page(&link)),
    }
}

/// The page that a form of ours came from.
fn checkout_page(link: &str) -> String {
    format!("{PAYMENT_PAGE}?link_id={}", percent_encoded(link))
}

/// The way on from a page that says how a journey ended.
async fn home(engine: web::Data<Engine>, request: HttpRequest, link: web::Query<Link>) -> HttpResponse {
    match payment_of(&engine, &link.link_id).await {
        Ok(_) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(journey) => onward(&engine, &request, &journey),
        Err(response) => response,
    }
}

/// A picture of a link, made here: nobody else learns of it.
async fn qr(engine: web::Data<Engine>, link: web::Query<Link>) -> HttpResponse {
    match find::look(&engine.deps, &link.link_id).await {
        Ok(Some(journey)) if journey.opening().purpose.consent().is_some() => {
            own_page(&engine, &journey, &link.link_id)
        }
        Ok(Some(journey)) => match derive::pay_link(&engine.deps, &journey) {
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

/// The payment of a link, or what is answered instead.
async fn payment_of(engine: &Engine, link: &str) -> Result<Journey, HttpResponse> {
    match find::look(&engine.deps, link).await {
        Ok(Some(journey)) if journey.opening().purpose.consent().is_some() => Err(own_page(engine, &journey, link)),
        Ok(Some(journey)) => Ok(journey),
        Ok(None) => Err(unknown_link()),
        Err(error) => Err(problem::page_of_form(&error, checkout_page(link))),
    }
}

fn unknown_link() -> HttpResponse {
    reply::problem_page(StatusCode::NOT_FOUND, &ProblemPage::unknown_link())
}

fn page(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> HttpResponse {
    let opening = journey.opening();
    let failed = match journey.stage() {
        Stage::Concluded(_) => return ended(engine, request, journey, link),
        Stage::HandedBack => return onward(engine, request, journey),
        Stage::Open(failed) => failed,
        Stage::Away { .. } => None,
    };
    let bank = engine.deps.provider_label(&opening.provider);
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

fn ended(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> HttpResponse {
    let outcome = journey.final_outcome().map(|final_outcome| final_outcome.outcome);
    let next = if journey.opening().plan.landing_for(outcome).is_none() {
        Next::Close
    } else if leads_home(engine, request, journey) {
        let url = engine.deps.public_url.page("/payment/home", &[("link_id", link)]);
        Next::Home(Home::to(journey.opening().merchant_name.as_str(), url))
    } else {
        Next::LookThere
    };
    match ended_page(journey, next) {
        Some(page) => reply::page(&page),
        None => onward(engine, request, journey),
    }
}

/// What has become of a checkout; `None` while nothing has been proven.
pub(super) fn ended_page(journey: &Journey, next: Next) -> Option<Ended> {
    journey.final_outcome()?;
    Some(Ended {
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(journey),
        note: journey.opening().purpose.note().to_owned(),
        how: how(journey),
        next,
    })
}

fn how(journey: &Journey) -> How {
    let Some(final_outcome) = journey.final_outcome() else { return How::Expired };
    match (final_outcome.outcome, &final_outcome.cause) {
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => How::Paid,
        (Outcome::Cancelled, Cause::Merchant) => How::Withdrawn,
        (Outcome::Cancelled, _) => How::Cancelled,
        (Outcome::Failed, Cause::Provider(Some(error))) => How::Failed(words::reason(error.code()).to_owned()),
        (Outcome::Failed, _) => How::Failed(words::reason("").to_owned()),
        (Outcome::Expired, _) => How::Expired,
    }
}

/// What became of a checkout, as a sentence; `None` while nothing has been proven.
pub(super) fn told(journey: &Journey) -> Option<String> {
    journey.final_outcome()?;
    Some(how(journey).sentence(journey.opening().merchant_name.as_str(), journey.payee(), &amount(journey)))
}

/// The amount as people write it: `25.00 EUR`.
pub(super) fn amount(journey: &Journey) -> String {
    let amount = journey.opening().purpose.amount();
    amount.map_or_else(String::new, |amount| format!("{amount} {}", amount.currency()))
}

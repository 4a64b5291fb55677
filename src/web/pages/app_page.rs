//! The page that opens a merchant's app, for checkouts and consents alike.
//!
//! A return leads every browser to the same address, which holds the journey's link; which device it is, is asked only
//! here. A device that a redirect does for is sent on at once. Every other one is sent to the page itself, whose
//! address holds a ticket: browsers keep the address of each page that they have shown, and this page shows a one-time
//! token.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{home, outcome};
use crate::domain::app_page::{AppPage, DeviceResponse};
use crate::domain::device::Device;
use crate::domain::journey::Journey;
use crate::domain::redirect::Redirect;
use crate::engine::{Admitted, Engine, EngineError, find, page_of, redirect, use_cases};
use crate::web::views::{AppReturn, ProblemPage, words};
use crate::web::{page_at, problem, reply};

/// Beside the pages of checkouts and those of consents.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/app", "GET").route(web::get().to(app)));
}

/// The query: one of the two.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    link_id: String,
    #[serde(default)]
    ticket: String,
}

async fn app(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    if asked.ticket.is_empty() {
        return match find::look(&engine.deps, &asked.link_id).await {
            Ok(Some(_)) if reply::is_prefetch(&request) => reply::untouched(),
            Ok(Some(journey)) if !is_here(&request, &journey) => home::own_page(&engine, &journey, &asked.link_id),
            Ok(Some(journey)) => {
                open(&engine, &request, &journey, |_| sent(use_cases::app_page::address(&engine, &journey)))
            }
            Ok(None) => reply::unknown_link(),
            Err(error) => problem::page_of(&error),
        };
    }
    match use_cases::app_page::admit(&engine, &asked.ticket).await {
        Ok(Admitted::Journey(_)) if reply::is_prefetch(&request) => reply::untouched(),
        Ok(Admitted::Journey(journey)) if is_here(&request, &journey) => {
            open(&engine, &request, &journey, |door| reply::page(&page(&engine, &journey, door)))
        }
        Ok(Admitted::Over) => reply::problem_page(StatusCode::GONE, &ProblemPage::over()),
        Ok(Admitted::Journey(_) | Admitted::Unknown) => reply::unknown_link(),
        Err(error) => problem::page_of(&error),
    }
}

/// Shows the door to a device that needs one, and sends every other one on.
fn open(
    engine: &Engine,
    request: &HttpRequest,
    journey: &Journey,
    show: impl FnOnce(AppPage) -> HttpResponse,
) -> HttpResponse {
    match redirect::device_redirect(&engine.deps, journey, &reply::visitor(request), device(request)) {
        Ok(Some(DeviceResponse::AppPage(door))) => show(door),
        Ok(Some(DeviceResponse::Redirect(redirect))) => reply::see_other(&redirect),
        Ok(None) => home::lead_home(engine, request, journey),
        Err(error) => problem::page_of(&error),
    }
}

fn page(engine: &Engine, journey: &Journey, door: AppPage) -> AppReturn {
    let merchant = journey.opening().merchant_name.as_str();
    let sentence = outcome::sentence(engine, journey);
    AppReturn {
        merchant: merchant.to_owned(),
        outcome_sentence: sentence.unwrap_or_else(|| words::app_return::unconfirmed(merchant)),
        door,
    }
}

fn sent(way: Result<Redirect, EngineError>) -> HttpResponse {
    match way {
        Ok(redirect) => reply::see_other(&redirect),
        Err(error) => problem::page_of(&error),
    }
}

/// Whether this is the page of that journey's purpose.
fn is_here(request: &HttpRequest, journey: &Journey) -> bool {
    request.match_pattern().is_some_and(|pattern| pattern == format!("{}/app", page_of(journey)))
}

fn device(request: &HttpRequest) -> Device {
    let header = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Device::of_user_agent(header.unwrap_or_default())
}

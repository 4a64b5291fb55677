//! `/return/{bank}`: the browser comes back.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use tokio::time::Instant;
use url::form_urlencoded;

use super::page::{ProblemPage, Waiting};
use super::{checkout, problem, reply};
use crate::domain::journey::Journey;
use crate::engine::{Answer, Brought, Carried, Engine, EngineError, Returned, Suspicion};
use crate::telemetry::metrics::{Arrival, Metrics, Route};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/return/{bank}")
            .app_data(Route::Return)
            .route(web::get().to(take))
            .route(web::head().to(untouched)),
    );
}

async fn take(
    engine: web::Data<Engine>,
    metrics: web::Data<Metrics>,
    request: HttpRequest,
    bank: web::Path<String>,
) -> HttpResponse {
    let at = Instant::now();
    if reply::is_prefetch(&request) {
        return reply::untouched();
    }
    let (arrival, response) = match arrive(&engine, &request, &bank, at).await {
        Ok(Returned::Go(redirect)) => (Arrival::Sent, reply::see_other(&redirect)),
        Ok(Returned::Wait(waited)) => (Arrival::Waiting, wait_for(&engine, &waited.journey)),
        Ok(Returned::Suspect(suspicion)) => (Arrival::Suspect, suspect(&suspicion)),
        Err(error) if matches!(error, EngineError::Store(_)) => (Arrival::StoreAway, problem::page_of(&error)),
        Err(error) => (Arrival::Failed, problem::page_of(&error)),
    };
    metrics.arrived(arrival);
    response
}

async fn arrive(engine: &Arc<Engine>, request: &HttpRequest, bank: &str, at: Instant) -> Result<Returned, EngineError> {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    let answer = match Answer::read(Carried::Query, pairs) {
        Ok(answer) => answer,
        Err(invalid) => return Ok(Returned::Suspect(Suspicion::Answer(invalid))),
    };
    let cookies = known_cookies(request);
    let cookie = |name: &str| cookies.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    engine.take_return(Brought { bank, answer, cookie: &cookie, at }).await
}

/// HEAD consumes nothing: link scanners use it.
async fn untouched() -> HttpResponse {
    reply::untouched()
}

/// The cookies of ours that a browser sent, taken off the request because that cannot cross threads.
fn known_cookies(request: &HttpRequest) -> Vec<(String, String)> {
    let Ok(cookies) = request.cookies() else { return Vec::new() };
    let ours = cookies.iter().filter(|cookie| cookie.name().starts_with("__Host-hb-"));
    ours.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
}

pub(super) fn wait_for(engine: &Engine, journey: &Journey) -> HttpResponse {
    let left_at = journey.departures().last().map_or(journey.opening().opened_at, |departure| departure.left_at);
    let seconds = engine.clock().now().since(left_at).as_secs();
    reply::page(&Waiting {
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        amount: checkout::amount(journey),
        seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
    })
}

fn suspect(suspicion: &Suspicion) -> HttpResponse {
    let (status, page) = match suspicion {
        Suspicion::UnknownState => (StatusCode::NOT_FOUND, ProblemPage::unknown_return()),
        Suspicion::OtherBrowser => (StatusCode::FORBIDDEN, ProblemPage::other_browser()),
        Suspicion::NoState | Suspicion::OtherBank | Suspicion::Answer(_) | Suspicion::Forged => {
            (StatusCode::BAD_REQUEST, ProblemPage::unreadable())
        }
    };
    tracing::info!(suspicion = suspicion.as_str(), "return.suspect");
    reply::problem_page(status, &page)
}

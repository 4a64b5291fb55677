//! `GET /redirect/{uuid}/{secret}`: where a customer comes in (contracts/ixopay.md, sections 1 and 7).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use crate::dialect::ixopay::{NAME, Reference, intermediate, link_of};
use crate::domain::{Journey, Redirect};
use crate::engine::{Engine, EngineError, PAYMENT_PAGE, derive, find};
use crate::web::{page_at, problem, reply, views::ProblemPage};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/{uuid}/{secret}", "GET").route(web::get().to(come_in)))
        .default_service(web::to(nothing_here));
}

/// On to the checkout; by way of a page of the merchant's, where the transaction names one and is still open.
async fn come_in(engine: web::Data<Engine>, request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (uuid, secret) = path.into_inner();
    let Some(reference) = Reference::parse(&uuid) else { return unknown_link() };
    let Some(link) = link_of(reference, &secret) else { return unknown_link() };
    match find::look(&engine.deps, &link).await {
        Ok(Some(journey)) if reference.is_of(&journey) && journey.opening().dialect == NAME => {
            if reply::is_prefetch(&request) {
                return reply::untouched();
            }
            match way_on(&engine, &journey, &link) {
                Ok(way) => reply::see_other(&way),
                Err(error) => problem::page_of(&error),
            }
        }
        Ok(_) => unknown_link(),
        Err(error) => problem::page_of(&error),
    }
}

fn way_on(engine: &Engine, journey: &Journey, link: &str) -> Result<Redirect, EngineError> {
    let open = journey.final_outcome().is_none();
    let page = intermediate(journey, &engine.deps.rules).filter(|_| open);
    match page {
        Some(page) => Ok(page.leading_to(&derive::pay_link(&engine.deps, journey)?)?),
        None => Ok(Redirect::own(&engine.deps.public_url, PAYMENT_PAGE, &[("link_id", link)])),
    }
}

async fn nothing_here() -> HttpResponse {
    unknown_link()
}

fn unknown_link() -> HttpResponse {
    reply::problem_page(StatusCode::NOT_FOUND, ProblemPage::unknown_link())
}

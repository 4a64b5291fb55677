//! The merchant's console, and the operator's: pages below `/console`, for who has signed in by a link.
//!
//! It calls the use cases that `/v1` calls, and shows what `/v1` shows. Its pages need no script.

mod callbacks;
mod form;
mod operator;
mod reply;
mod sessions;
mod sign_in;
mod viewing;

use actix_web::{HttpResponse, error::InternalError, middleware::from_fn, web};

use super::pages::link::query_config;
use super::views::console::Problem;
use super::{own_pages_only, page_at};
use crate::domain::ConsoleScope;
use crate::telemetry::metrics::Route;
use viewing::SignedIn;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/console")
            .wrap(from_fn(own_pages_only))
            .app_data(Route::Page)
            .app_data(query_config())
            .app_data(web::PathConfig::default().error_handler(|error, _| {
                InternalError::from_response(error, reply::problem(&Problem::not_found())).into()
            }))
            .configure(sign_in::routes)
            .configure(callbacks::routes)
            .configure(operator::routes)
            .configure(sessions::routes)
            .service(page_at("", "GET").route(web::get().to(start)))
            .default_service(web::to(nothing_here)),
    );
}

/// The first page of either console.
async fn start(viewing: SignedIn) -> HttpResponse {
    let first = match viewing.scope() {
        ConsoleScope::Operator => "/console/merchants",
        ConsoleScope::Merchant(_) => "/console/callbacks",
    };
    reply::to(&viewing.engine, first)
}

async fn nothing_here() -> HttpResponse {
    reply::problem(&Problem::not_found())
}

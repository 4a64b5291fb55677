//! The merchant's console, and the operator's: pages below `/console`, for who has signed in by a link.
//!
//! It calls the use cases that `/v1` calls, and shows what `/v1` shows. Its pages need no script.

mod accounts;
mod attempts;
mod callbacks;
mod cookies;
mod csv;
mod deliveries;
mod delivery;
mod form;
mod journey;
mod journeys;
mod keys;
mod mail_link;
mod numbers;
mod openid;
mod operator;
mod orders;
mod people;
mod reply;
mod sessions;
mod settings;
mod sign_in;
mod start;
mod timeline;
mod viewing;
mod webhooks;

pub use attempts::SignInAttempts;

use actix_web::{HttpResponse, error::InternalError, middleware::from_fn, web};

use super::own_pages_only;
use super::pages::link::query_config;
use super::views::console::Problem;
use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/console")
            .wrap(from_fn(form::take_back_refused))
            .wrap(from_fn(own_pages_only))
            .app_data(Route::Page)
            .app_data(query_config())
            .app_data(web::PathConfig::default().error_handler(|error, _| {
                InternalError::from_response(error, reply::problem(&Problem::not_found())).into()
            }))
            .configure(sign_in::routes)
            .configure(openid::routes)
            .configure(mail_link::routes)
            .configure(start::routes)
            .configure(keys::routes)
            .configure(numbers::routes)
            .configure(callbacks::routes)
            .configure(orders::routes)
            .configure(csv::routes)
            .configure(journeys::routes)
            .configure(timeline::routes)
            .configure(deliveries::routes)
            .configure(webhooks::routes)
            .configure(accounts::routes)
            .configure(settings::routes)
            .configure(people::routes)
            .configure(operator::routes)
            .configure(sessions::routes)
            .default_service(web::to(nothing_here)),
    );
}

async fn nothing_here() -> HttpResponse {
    reply::problem(&Problem::not_found())
}

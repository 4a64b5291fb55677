//! Token.io's endpoints, below `/token-io`: JSON both ways, three ways to sign a call.

mod addresses;
mod answer;
mod call;
mod initiation;
mod links;
mod list;
mod opening;
mod payments;
mod qr;
mod requests;
mod session;
mod webhook;

use actix_web::{HttpResponse, Resource, web};

use crate::engine::Engine;
use crate::telemetry::metrics::Route;
use answer::{ErrorBody, answer};

/// Where Token.io's API begins here.
const BASE: &str = "/token-io";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(BASE)
            .app_data(Route::Dialect)
            .configure(initiation::routes)
            .configure(links::routes)
            .configure(payments::routes)
            .configure(qr::routes)
            .configure(requests::routes)
            .configure(session::routes)
            .configure(webhook::routes)
            .default_service(web::to(no_such_call)),
    );
}

/// An address, with the methods that it allows; others are refused (RFC 9110, section 15.5.6).
fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |engine: web::Data<Engine>| {
        std::future::ready(answer(&engine, Err(ErrorBody::wrong_method(allowed))))
    }))
}

async fn no_such_call(engine: web::Data<Engine>) -> HttpResponse {
    answer(&engine, Err(ErrorBody::not_found("call", None)))
}

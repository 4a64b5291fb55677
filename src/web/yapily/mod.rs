//! Yapily's endpoints, below `/yapily`: JSON both ways, HTTP Basic, an envelope around most answers and all refusals.

mod answer;
mod auth_requests;
mod call;
mod consents;
mod exchanges;
mod hosted;
mod institutions;
mod users;

use actix_web::{HttpResponse, Resource, web};

use crate::engine::Engine;
use crate::telemetry::metrics::Route;
use answer::{ErrorBody, answer};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/yapily")
            .app_data(Route::Dialect)
            .configure(auth_requests::routes)
            .configure(consents::routes)
            .configure(exchanges::routes)
            .configure(hosted::routes)
            .configure(institutions::routes)
            .configure(users::routes)
            .default_service(web::to(no_such_call)),
    );
}

/// An address, with the methods that it allows; others are told so (RFC 9110, section 15.5.6).
fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |engine: web::Data<Engine>| {
        std::future::ready(answer(&engine, Err(ErrorBody::wrong_method(allowed))))
    }))
}

async fn no_such_call(engine: web::Data<Engine>) -> HttpResponse {
    answer(&engine, Err(ErrorBody::not_found("There is no such call here")))
}

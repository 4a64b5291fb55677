//! Yapily's endpoints, below `/yapily`: JSON both ways, HTTP Basic, an envelope around most answers and all refusals.

mod answer;
mod auth_requests;
mod call;
mod consents;
mod exchanges;
mod hosted;
mod institutions;
mod users;

use actix_web::{HttpRequest, Resource, web};

use crate::engine::Engine;
use crate::telemetry::metrics::Route;
use answer::{ErrorBody, Reply, answered};

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
            .default_service(web::to(answered(no_such_call))),
    );
}

/// An address, with the methods that it allows; others are answered so (RFC 9110, section 15.5.6).
fn at(path: &str, allowed: &'static str) -> Resource {
    let refused = move |_, _: HttpRequest| std::future::ready(Err(ErrorBody::wrong_method(allowed)));
    web::resource(path).default_service(web::to(answered(refused)))
}

async fn no_such_call(_: web::Data<Engine>, _: HttpRequest) -> Reply {
    Err(ErrorBody::not_found("There is no such call here"))
}

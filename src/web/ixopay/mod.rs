//! IXOPAY's endpoints, below `/ixopay`: JSON both ways, HTTP Basic, and a signature where one is sent or asked for.

mod answer;
mod call;
mod lookup;
mod rates;
mod redirect;
mod status;
mod transactions;

pub use rates::Rates;

use actix_web::{HttpResponse, Resource, web};

use crate::telemetry::metrics::Route;
use answer::{ErrorBody, answer};

/// What stands before the paths of IXOPAY's own.
const BASE: &str = "/ixopay";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::scope("/ixopay/redirect").app_data(Route::Page).configure(redirect::routes)).service(
        web::scope(BASE)
            .app_data(Route::Dialect)
            .configure(transactions::routes)
            .configure(status::routes)
            .default_service(web::to(no_such_call)),
    );
}

/// An address with one method; others are refused (RFC 9110, section 15.5.6).
fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path)
        .default_service(web::to(move || std::future::ready(answer(Err(ErrorBody::wrong_method(allowed))))))
}

async fn no_such_call() -> HttpResponse {
    answer(Err(ErrorBody::no_such_call()))
}

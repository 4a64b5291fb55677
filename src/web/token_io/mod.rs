//! Token.io's endpoints, below `/token-io`: JSON both ways, three ways to sign a call.

use actix_web::web;

use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::scope("/token-io").app_data(Route::Dialect));
}

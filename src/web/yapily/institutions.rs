//! `/institutions`: what customers can be sent to.

use actix_web::{HttpRequest, http::StatusCode, web};

use super::answer::{ErrorBody, Reply, answered, success};
use super::{at, call::merchant_of};
use crate::dialect::yapily::{Body, institution};
use crate::engine::Engine;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/institutions", "GET").route(web::get().to(answered(list))))
        .service(at("/institutions/{id}", "GET").route(web::get().to(answered(one))));
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?;
    let all = engine.deps.institutions_of((merchant.id, engine.deps.mode_of(&merchant)));
    // One whose bank is a provider takes payments alone, of other APIs.
    let items: Vec<_> = all.filter(|institution| !institution.features.is_empty()).map(institution).collect();
    success(StatusCode::OK, Body::list(&items, None))
}

async fn one(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?;
    let found = engine.deps.institution_of(&merchant, request.match_info().query("id"));
    let found = found.ok_or_else(|| ErrorBody::not_found("There is no such institution"))?;
    success(StatusCode::OK, Body::bare(institution(found)))
}

//! `/institutions`: what customers can be sent to.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::{ErrorBody, answer};
use super::at;
use super::call::merchant_of;
use crate::dialect::yapily::{Body, institution};
use crate::engine::Engine;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/institutions", "GET").route(web::get().to(list)))
        .service(at("/institutions/{id}", "GET").route(web::get().to(one)));
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    let listed = async {
        merchant_of(&engine, &request).await?;
        let items: Vec<_> = engine.deps.institutions.iter().map(institution).collect();
        Ok((StatusCode::OK, Body::list(&items, None)?))
    };
    answer(&engine, listed.await)
}

async fn one(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    let found = async {
        merchant_of(&engine, &request).await?;
        let found = engine.deps.institution(request.match_info().query("id"));
        let found = found.ok_or_else(|| ErrorBody::not_found("There is no such institution"))?;
        Ok((StatusCode::OK, Body::bare(institution(found))?))
    };
    answer(&engine, found.await)
}

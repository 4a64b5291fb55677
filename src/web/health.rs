//! How this node is, as anybody may know it: two words for load balancers and process supervisors. What is
//! wrong, with names and figures, is the operator's (`/health`, beside the counters).

use actix_web::{HttpResponse, http::StatusCode, web};

use super::reply::page_at;
use crate::health::{Health, Readiness};
use crate::telemetry::LoggedElsewhere;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/livez", "GET").route(web::get().to(live)))
        .service(page_at("/readyz", "GET").route(web::get().to(ready)));
}

/// 200 whatever else is wrong: a restart would not help.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "alive" }))
}

/// 200 while requests should come here, else 503.
async fn ready(health: web::Data<Health>) -> HttpResponse {
    let readiness = health.look().await.readiness();
    let status = if readiness == Readiness::Ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    logged_elsewhere(HttpResponse::build(status).json(serde_json::json!({ "status": readiness.as_str() })))
}

/// All that is known, for an operator; 503 when anything is wrong.
pub async fn health(health: web::Data<Health>) -> HttpResponse {
    let report = health.look().await;
    let status = if report.failing().is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = HttpResponse::build(status);
    logged_elsewhere(response.insert_header(("x-content-type-options", "nosniff")).json(report.to_json()))
}

/// A look logs what has changed; to ask how a node is, each second, is no error.
fn logged_elsewhere(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(LoggedElsewhere);
    response
}

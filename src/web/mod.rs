//! The front door: one thin file per dialect and per page, all of them extract, engine, reply.

mod app_page;
mod assets;
mod bank_list;
mod body;
mod checkout;
mod consent;
mod idempotency;
mod ixopay;
mod leaving;
pub mod page;
mod patience;
mod problem;
pub mod reply;
mod returns;
mod secpaid;
mod time;
mod token_io;
mod v1;
mod well_known;
mod yapily;

pub use body::{BodyTrouble, Incoming, Limits};
pub use ixopay::Rates;

use actix_web::{HttpResponse, web};

use crate::engine::Engine;
use page::{Front, ProblemPage};

/// What the front page knows of this house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    /// It has a demo.
    Demo,
    /// It is somebody's own.
    Own,
}

/// Every route of the front door. The application data it wants: [`Engine`], [`Limits`], [`Rates`] and [`House`].
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(front))
        .route("/health", web::get().to(health))
        .route("/health", web::head().to(health))
        .configure(checkout::routes)
        .configure(consent::routes)
        .configure(returns::routes)
        .configure(secpaid::routes)
        .configure(ixopay::routes)
        .configure(yapily::routes)
        .configure(token_io::routes)
        .configure(v1::routes)
        .configure(well_known::routes)
        .configure(assets::routes);
}

async fn front(house: web::Data<House>) -> HttpResponse {
    reply::page(&Front { demo: **house == House::Demo })
}

/// 200 while the store answers, else 503: for load balancers.
async fn health(engine: web::Data<Engine>) -> HttpResponse {
    match engine.ping().await {
        Ok(()) => HttpResponse::Ok().json(serde_json::json!({ "status": "ok" })),
        Err(_) => HttpResponse::ServiceUnavailable().json(serde_json::json!({ "status": "store away" })),
    }
}

/// What stands at an address that has nothing.
pub async fn nothing_here() -> HttpResponse {
    reply::problem_page(actix_web::http::StatusCode::NOT_FOUND, &ProblemPage::no_such_page())
}

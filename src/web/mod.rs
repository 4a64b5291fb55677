//! HTTP: customers' pages, one folder a dialect, and Handback's own API; all of them extract, engine, reply.

mod answer;
mod assets;
mod body;
mod console;
mod credentials;
mod dialects;
mod health;
mod idempotency;
mod in_language;
mod ixopay;
mod local;
mod notify;
mod pages;
mod problem;
mod problem_kind;
mod rates;
pub mod reply;
mod request_timeout;
mod rules;
mod secpaid;
mod time;
mod token_io;
mod v1;
pub mod views;
mod well_known;
mod yapily;

pub use body::{BodyTrouble, Incoming, Limits};
pub use console::SignInAttempts;
pub use dialects::dialects;
pub use health::health;
pub use in_language::PageOptions;
pub use ixopay::Rates;
pub use local::{loopback_names_only, own_pages_only};
use problem::Problem;
use problem_kind::ProblemKind;
pub use reply::page_at;
pub use rules::keep_rules;

use actix_web::{HttpResponse, web};

use views::{Front, ProblemPage};

/// Whom a gateway is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayKind {
    /// Newcomers: it has a demo.
    Demo,
    /// An operator's own merchants.
    Own,
}

/// Every route, but those of the sandbox bank and the demo. The application data it wants: the engine, the node's health,
/// [`Limits`], [`Rates`], [`SignInAttempts`], [`GatewayKind`] and [`PageOptions`].
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/", "GET").route(web::get().to(front)))
        .configure(health::routes)
        .configure(pages::routes)
        .configure(notify::routes)
        .configure(dialects::routes)
        .configure(v1::routes)
        .configure(console::routes)
        .configure(problem_kind::routes)
        .configure(well_known::routes)
        .configure(assets::routes);
}

async fn front(kind: web::Data<GatewayKind>) -> HttpResponse {
    reply::page(&Front { demo: **kind == GatewayKind::Demo })
}

/// What stands at an address that has nothing.
pub async fn nothing_here() -> HttpResponse {
    reply::problem_page(actix_web::http::StatusCode::NOT_FOUND, ProblemPage::no_such_page())
}

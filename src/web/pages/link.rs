//! The journey of a link, for the pages of its purpose: `base` is the page that such a link opens.

use actix_web::{HttpRequest, HttpResponse, Scope, web};
use actix_web::{error::InternalError, web::Bytes};
use serde::Deserialize;

use super::instead::{Instead, PageResult};
use super::{address::address, app_page, home, outcome};
use crate::dialect::fields::Fields;
use crate::domain::Journey;
use crate::engine::{Engine, derive, find, page_of};
use crate::telemetry::metrics::Route;
use crate::web::{BodyTrouble, body::read_form, page_at, problem, reply};

/// The query of customers' pages. Providers' parameters that came along, such as `state`, are nobody's concern here.
#[derive(Deserialize)]
pub(super) struct LinkQuery {
    #[serde(default)]
    pub link_id: String,
}

/// The pages below `base`, with those that every purpose has.
pub(super) fn scope(base: &'static str) -> Scope {
    let go_home = move |engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>| async move {
        let journey = journey_to_show(&engine, &request, base, &query.link_id).await?;
        Ok::<_, Instead>(home::lead_home_pressed(&engine, &request, &journey))
    };
    let copy = move |engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>| async move {
        let journey = journey_to_show(&engine, &request, base, &query.link_id).await?;
        let copy = outcome::copy(&engine, &request, &journey);
        Ok::<_, Instead>(copy.unwrap_or_else(|| home::own_page(&engine, &journey, &query.link_id)))
    };
    let qr = move |engine, query| qr(engine, query, base);
    web::scope(base)
        .app_data(Route::Page)
        .app_data(query_config())
        .service(page_at("/home", "GET").route(web::get().to(go_home)))
        .service(page_at("/copy", "GET").route(web::get().to(copy)))
        .service(page_at("/qr.png", "GET").route(web::get().to(qr)))
        .configure(app_page::routes)
}

/// A query that cannot be read is answered by a page.
pub(in crate::web) fn query_config() -> web::QueryConfig {
    let unreadable = |error, _: &HttpRequest| InternalError::from_response(error, reply::unreadable()).into();
    web::QueryConfig::default().error_handler(unreadable)
}

/// A picture of a link, made here: nobody else learns of it.
async fn qr(engine: web::Data<Engine>, query: web::Query<LinkQuery>, base: &'static str) -> PageResult {
    Ok(match find::look(&engine.deps, &query.link_id).await? {
        Some(journey) if page_of(&journey) != base => home::own_page(&engine, &journey, &query.link_id),
        Some(journey) => reply::qr_code(&derive::pay_link(&engine.deps, &journey)?),
        None => HttpResponse::NotFound().finish(),
    })
}

/// The journey of a link, if it is on the pages below `base`.
pub(super) async fn journey_of(engine: &Engine, base: &'static str, link: &str) -> Result<Journey, HttpResponse> {
    match find::look(&engine.deps, link).await {
        Ok(Some(journey)) if page_of(&journey) != base => Err(home::own_page(engine, &journey, link)),
        // Nobody is sent anywhere for what has no customer.
        Ok(Some(journey)) if journey.opening().purpose.needs_customer() => Ok(journey),
        Ok(Some(_) | None) => Err(reply::unknown_link()),
        Err(error) => Err(problem::page_of_form(&error, address(base, "", link))),
    }
}

/// The journey of a link, for a browser that loads a page: one that only looks gets nothing, and begins nothing.
pub(super) async fn journey_to_show(
    engine: &Engine,
    request: &HttpRequest,
    base: &'static str,
    link: &str,
) -> Result<Journey, HttpResponse> {
    let journey = journey_of(engine, base, link).await?;
    if reply::is_prefetch(request) { Err(reply::untouched()) } else { Ok(journey) }
}

/// The fields of a form that one of our pages has posted; none, where it cannot be read.
pub(in crate::web) fn posted(body: Result<Bytes, BodyTrouble>) -> Fields {
    body.and_then(|body| read_form(&body)).unwrap_or_default()
}

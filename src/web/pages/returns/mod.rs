//! `/return/{provider}`: the browser comes back, with the provider's answer in a query, in a form, or behind a `#`.
//!
//! Where a redirect leads, browsers carry the fragment of the address that was redirected, unless the target has one of
//! its own: a provider's `#code=…` would end up at the merchant. A merchant's callback keeps its bytes, so it cannot be
//! given an empty `#`; instead the GET of a provider that answers behind a `#` is answered by pages alone, whatever it
//! holds. A provider that answers in queries puts nothing behind a `#`, and its GET is answered at once.

mod posted;
mod visit;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use url::form_urlencoded;

use crate::domain::Invalid;
use crate::engine::{Carried, Engine, EngineError, RejectedReturn, Returned};
use crate::telemetry::metrics::{Arrival, Metrics, Route};
use crate::web::answer::RETRY_SECONDS;
use crate::web::views::{FragmentReturn, WhyAgain};
use crate::web::{Incoming, in_language, page_at, problem, reply};
use posted::{Posted, Poster};
use visit::Visit;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            page_at("/return/{provider}", "GET, POST")
                .app_data(Route::Return)
                .route(web::get().to(take))
                .route(web::post().to(take_posted)),
        )
        .service(page_at("/return/{provider}/wait", "GET").app_data(Route::Return).route(web::get().to(wait_on)));
}

async fn take(
    engine: web::Data<Engine>,
    metrics: web::Data<Metrics>,
    request: HttpRequest,
    provider: web::Path<String>,
) -> HttpResponse {
    let visit = Visit::new(&engine, &metrics, &request, &provider);
    if visit.only_looks() {
        return reply::untouched();
    }
    let behind_fragment = engine.deps.answers_in_fragment(&provider);
    if behind_fragment && request.query_string().is_empty() {
        let page = in_language::of_browser(&request);
        let page = FragmentReturn { page, action: visit.address(), marker: Poster::FragmentPage.marker() };
        return visit.timed(reply::customers_page(&page));
    }
    let returned = if behind_fragment {
        Ok(Returned::Rejected(RejectedReturn::Unreadable(Invalid::new("query", "is not where this bank answers"))))
    } else {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
        visit.arrive(Carried::Query, pairs).await
    };
    visit.answer(returned, None).await
}

async fn take_posted(
    engine: web::Data<Engine>,
    metrics: web::Data<Metrics>,
    provider: web::Path<String>,
    incoming: Incoming,
) -> HttpResponse {
    let Incoming { request, body } = incoming;
    let visit = Visit::new(&engine, &metrics, &request, &provider);
    if visit.only_looks() {
        return reply::untouched();
    }
    let posted = match Posted::read(&request, body) {
        Ok(posted) => posted,
        Err(trouble) => {
            tracing::info!(trouble = %trouble, "return.unreadable");
            metrics.count_return(Arrival::Rejected);
            let page =
                visit.rejected_page(&RejectedReturn::Unreadable(Invalid::new("body", trouble.to_string()))).await;
            return visit.timed(with_status(page, trouble.status()));
        }
    };
    let returned = visit.arrive(posted.poster.carried(), posted.pairs.iter().cloned()).await;
    match returned {
        // A form from another site carries no Lax cookie (RFC 6265bis, section 5.2); the same form from this one does.
        returned if posted.poster == Poster::Provider && visit.may_show_more(&returned) => {
            visit.timed(reply::repost_page(StatusCode::OK, &visit.repost(posted, WhyAgain::OwnSite)))
        }
        // What was posted stands in no address that could be loaded again.
        Err(error @ EngineError::Store(_)) => {
            let page = visit.repost(posted, WhyAgain::StoreAway(RETRY_SECONDS));
            visit.counted(Arrival::StoreAway, problem::page_of_post(&error, &page))
        }
        returned => visit.answer(returned, Some(posted)).await,
    }
}

#[derive(Deserialize)]
struct Wait {
    state: String,
    answer: String,
}

/// The address of a light page that waits for a provider: it names the answer by its response digest, and holds no
/// code.
async fn wait_on(
    engine: web::Data<Engine>,
    metrics: web::Data<Metrics>,
    request: HttpRequest,
    (provider, wait): (web::Path<String>, Option<web::Query<Wait>>),
) -> HttpResponse {
    let visit = Visit::new(&engine, &metrics, &request, &provider);
    if visit.only_looks() {
        return reply::untouched();
    }
    let response_digest = wait.as_ref().and_then(|wait| read_mark(&wait.answer));
    let (Some(web::Query(Wait { state, .. })), Some(response_digest)) = (wait, response_digest) else {
        metrics.count_return(Arrival::Rejected);
        return visit.rejected_page(&RejectedReturn::NoState).await;
    };
    visit.answer(visit.wait_on(&state, response_digest).await, None).await
}

fn with_status(mut response: HttpResponse, status: StatusCode) -> HttpResponse {
    *response.status_mut() = status;
    response
}

/// Reads an answer's digest: 16 hexadecimal digits.
fn read_mark(text: &str) -> Option<u64> {
    let well_formed = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| well_formed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_has_sixteen_digits() {
        assert_eq!(read_mark("00000000000000ff"), Some(255));
        for bad in ["", "ff", "+0000000000000ff", "00000000000000fg", "00000000000000fff"] {
            assert_eq!(read_mark(bad), None, "{bad}");
        }
    }
}

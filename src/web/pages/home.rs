//! The redirect home from one of our pages, for the browser that may be led there; else a page that says what became of
//! the journey.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::{address::address, outcome};
use crate::domain::{Journey, PlannedCallback, Redirect};
use crate::engine::{Engine, HomeRedirect, page_of, redirect};
use crate::web::views::{Home, Next, ProblemPage};
use crate::web::{problem, reply};

/// Sends a browser home that asks for it with the link of a journey.
pub(in crate::web) fn lead_home(engine: &Engine, request: &HttpRequest, journey: &Journey) -> HttpResponse {
    match redirect::home_redirect_now(&engine.deps, journey, &reply::visitor(request)) {
        Ok(HomeRedirect::To(redirect)) => reply::see_other(&redirect),
        Ok(HomeRedirect::OtherBrowser) => reply::other_browser(journey),
        Ok(HomeRedirect::TooLate) => too_late(engine, request, journey),
        Err(error) => problem::page_of(&error),
    }
}

/// What has become of a journey, in words and without a link, for a browser that shows nothing long after its end.
pub(super) fn too_late(engine: &Engine, request: &HttpRequest, journey: &Journey) -> HttpResponse {
    let page = outcome::page(engine, request, journey, (Next::LookThere, None));
    let mut page =
        page.unwrap_or_else(|| reply::problem_page(StatusCode::GONE, ProblemPage::answered().of_journey(journey)));
    *page.status_mut() = StatusCode::GONE;
    page
}

/// What has become of a journey that lands at this callback, for a browser that has its link; with the way home for the
/// one that would be led there.
pub(super) fn ended(
    engine: &Engine,
    request: &HttpRequest,
    journey: &Journey,
    (landing, link): (Option<&PlannedCallback>, &str),
) -> HttpResponse {
    let home_redirect = redirect::home_redirect_now(&engine.deps, journey, &reply::visitor(request));
    let next = match (landing, home_redirect) {
        (None, _) => Next::Close,
        (_, Ok(HomeRedirect::To(_))) => {
            let url = address(page_of(journey), "/home", link);
            Next::Home(Home { url, merchant: journey.opening().merchant_name.as_str().to_owned() })
        }
        _ => Next::LookThere,
    };
    outcome::page(engine, request, journey, (next, Some(link))).unwrap_or_else(|| lead_home(engine, request, journey))
}

/// To a journey's own page: its link does nothing on the pages of another purpose.
pub(super) fn own_page(engine: &Engine, journey: &Journey, link: &str) -> HttpResponse {
    reply::see_other(&Redirect::own(&engine.deps.public_url, page_of(journey), &[("link_id", link)]))
}

//! The way on from a page of ours: home, for the browser that may be led there, or a page that says what became of it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::page::{Next, ProblemPage};
use super::{checkout, consent, problem, reply};
use crate::domain::journey::{Journey, Purpose};
use crate::domain::redirect::Redirect;
use crate::engine::{Engine, HomeRedirect, page_of, redirect};

/// Sends a browser on that asks for the way home with the link of a journey.
pub(super) fn onward(engine: &Engine, request: &HttpRequest, journey: &Journey) -> HttpResponse {
    match redirect::way_now(&engine.deps, journey, &reply::visitor(request)) {
        Ok(HomeRedirect::To(redirect)) => reply::see_other(&redirect),
        Ok(HomeRedirect::OtherBrowser) => other_browser(),
        Ok(HomeRedirect::TooLate) => too_late(engine, journey),
        Err(error) => problem::page_of(&error),
    }
}

/// Whether this browser would be led home.
pub(super) fn leads_home(engine: &Engine, request: &HttpRequest, journey: &Journey) -> bool {
    matches!(redirect::way_now(&engine.deps, journey, &reply::visitor(request)), Ok(HomeRedirect::To(_)))
}

/// What has become of a journey, in words and without a link, for a browser that shows nothing long after its end.
pub(super) fn too_late(engine: &Engine, journey: &Journey) -> HttpResponse {
    let page = match journey.opening().purpose {
        Purpose::Consent(_) => consent::ended_page(engine, journey, Next::LookThere).map(|page| reply::page(&page)),
        Purpose::Checkout(_) | Purpose::Operation(_) | Purpose::Job(_) => {
            checkout::ended_page(journey, Next::LookThere).map(|page| reply::page(&page))
        }
    };
    let mut page = page.unwrap_or_else(|| reply::problem_page(StatusCode::GONE, &ProblemPage::answered()));
    *page.status_mut() = StatusCode::GONE;
    page
}

pub(super) fn other_browser() -> HttpResponse {
    reply::problem_page(StatusCode::FORBIDDEN, &ProblemPage::other_browser())
}

/// To a journey's own page: its link does nothing on the pages of another purpose.
pub(super) fn own_page(engine: &Engine, journey: &Journey, link: &str) -> HttpResponse {
    reply::see_other(&Redirect::own(&engine.deps.public_url, page_of(journey), &[("link_id", link)]))
}

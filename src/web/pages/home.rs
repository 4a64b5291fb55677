//! The redirect home from one of our pages, for the browser that may be led there; else a page that says what became of
//! the journey.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::{address::address, outcome};
use crate::domain::{Journey, PlannedCallback, Redirect};
use crate::engine::{Engine, EngineError, HomeRedirect, page_of, redirect, watch};
use crate::language::Sentence;
use crate::web::views::{ByButton, Home, Next, ProblemPage};
use crate::web::{in_language, problem, reply};

/// Sends a browser home that asks for it with the link of a journey.
pub(in crate::web) fn lead_home(engine: &Engine, request: &HttpRequest, journey: &Journey) -> HttpResponse {
    led(engine, request, journey, redirect::home_redirect_now(&engine.deps, journey, &reply::visitor(request)))
}

fn led(
    engine: &Engine,
    request: &HttpRequest,
    journey: &Journey,
    way: Result<HomeRedirect, EngineError>,
) -> HttpResponse {
    match way {
        Ok(HomeRedirect::To(redirect)) => reply::see_other(&redirect),
        Ok(HomeRedirect::OtherBrowser) => reply::other_browser(journey),
        Ok(HomeRedirect::TooLate) => too_late(engine, request, journey),
        Err(error) => problem::page_of(&error),
    }
}

/// Sends a browser home that presses the button on our page.
pub(super) fn lead_home_pressed(engine: &Engine, request: &HttpRequest, journey: &Journey) -> HttpResponse {
    let asked = redirect::home_redirect_pressed(&engine.deps, journey, &reply::visitor(request));
    led(engine, request, journey, asked)
}

/// The page of a journey whose customer went home before anything was proven: on from here, or where the merchant's page
/// did not answer then, by a button.
pub(super) fn handed_back(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> HttpResponse {
    let may_go = redirect::home_redirect_now(&engine.deps, journey, &reply::visitor(request));
    if !redirect::goes_by_button(journey) || !matches!(may_go, Ok(HomeRedirect::To(_))) {
        return led(engine, request, journey, may_go);
    }
    let merchant = journey.opening().merchant_name.as_str();
    reply::customers_page(&ByButton {
        page: in_language::of_journey(request, journey),
        sentence: Sentence::of("app-unconfirmed").name("merchant", merchant),
        home: way_home(engine, journey, link),
    })
}

/// The link home; where that is known not to be answered, the merchant is told.
fn way_home(engine: &Engine, journey: &Journey, link: &str) -> Home {
    let url = address(page_of(journey), "/home", link);
    let is_away = redirect::goes_by_button(journey) && watch::tell_if_down(&engine.deps, journey);
    Home { url, merchant: journey.opening().merchant_name.as_str().to_owned(), is_away }
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
        (_, Ok(HomeRedirect::To(_))) => Next::Home(way_home(engine, journey, link)),
        _ => Next::LookThere,
    };
    let page = outcome::page(engine, request, journey, (next, Some(link)));
    page.unwrap_or_else(|| handed_back(engine, request, journey, link))
}

/// To a journey's own page: its link does nothing on the pages of another purpose.
pub(super) fn own_page(engine: &Engine, journey: &Journey, link: &str) -> HttpResponse {
    reply::see_other(&Redirect::own(&engine.deps.public_url, page_of(journey), &[("link_id", link)]))
}

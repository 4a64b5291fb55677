//! The page that opens a merchant's app, for checkouts and consents alike.
//!
//! A return leads every browser to the same address, which holds the journey's link; which device it is, is asked only
//! here. A device that a redirect does for is sent on at once. Every other one is sent to the page itself, whose
//! address holds a ticket: browsers keep the address of each page that they have shown, and this page shows a one-time
//! token.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::instead::{Instead, PageResult};
use super::{home, outcome};
use crate::domain::{AppPage, Device, DeviceResponse, Journey};
use crate::engine::{Admitted, Engine, HomeRedirect, find, page_of, redirect, use_cases};
use crate::language::Sentence;
use crate::web::views::{AppMissing, AppReturn, ProblemPage};
use crate::web::{in_language, page_at, reply};

/// Beside the pages of checkouts and those of consents.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/app", "GET").route(web::get().to(app)));
}

/// The query: one of the three.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    link_id: String,
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    resume: String,
}

async fn app(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> PageResult {
    if !asked.resume.is_empty() {
        return missing_app(&engine, &request, &asked.resume).await;
    }
    by_ticket(&engine, &request, &asked, |journey| {
        let app_page = app_page_or_onward(&engine, &request, journey)?;
        Ok(reply::customers_page(&page(&engine, &request, journey, app_page)))
    })
    .await
}

/// Whether this is a page of this journey's purpose.
fn is_here(request: &HttpRequest, journey: &Journey) -> bool {
    let here = request.match_pattern().unwrap_or_default();
    here.strip_prefix(page_of(journey)).is_some_and(|page| page.starts_with('/'))
}

/// The page that `show` makes of a journey, where it makes one: by its link at first, then by a ticket.
pub(super) async fn by_ticket(
    engine: &Engine,
    request: &HttpRequest,
    asked: &Asked,
    show: impl Fn(&Journey) -> PageResult,
) -> PageResult {
    if asked.ticket.is_empty() {
        return Ok(match find::look(&engine.deps, &asked.link_id).await? {
            Some(_) if reply::is_prefetch(request) => reply::untouched(),
            Some(journey) if !is_here(request, &journey) => home::own_page(engine, &journey, &asked.link_id),
            Some(journey) => {
                show(&journey)?;
                let here = request.match_pattern().unwrap_or_default();
                reply::see_other(&use_cases::app_page::address(engine, &journey, &here)?)
            }
            None => reply::unknown_link(),
        });
    }
    Ok(match use_cases::app_page::admit(engine, &asked.ticket).await? {
        Admitted::Journey(_) if reply::is_prefetch(request) => reply::untouched(),
        Admitted::Journey(journey) if is_here(request, &journey) => show(&journey)?,
        Admitted::Over => reply::problem_page(StatusCode::GONE, ProblemPage::over()),
        Admitted::Journey(_) | Admitted::Unknown => reply::unknown_link(),
    })
}

/// The page of an app that has to be installed first. Who has its handle was shown the page of the app before, so it may
/// come without a cookie, unless the merchant asks for one; it is never shown a token.
async fn missing_app(engine: &Engine, request: &HttpRequest, handle: &str) -> PageResult {
    let journey = match use_cases::app_page::admit_to_resume(engine, handle).await? {
        Admitted::Journey(_) if reply::is_prefetch(request) => return Ok(reply::untouched()),
        Admitted::Journey(journey) if is_here(request, &journey) => journey,
        Admitted::Over => return Ok(reply::problem_page(StatusCode::GONE, ProblemPage::over())),
        Admitted::Journey(_) | Admitted::Unknown => return Ok(reply::unknown_link()),
    };
    if redirect::home_redirect_now(&engine.deps, &journey, &reply::visitor(request))? == HomeRedirect::OtherBrowser {
        return Ok(reply::other_browser(&journey));
    }
    let Some(missing) = redirect::missing_app(&journey, device(request), handle)? else {
        return Ok(reply::unknown_link());
    };
    let merchant = journey.opening().merchant_name.as_str().to_owned();
    Ok(reply::customers_page(&AppMissing { page: in_language::of_journey(request, &journey), merchant, missing }))
}

/// The page that a device is shown; sends on every device that needs none.
fn app_page_or_onward(engine: &Engine, request: &HttpRequest, journey: &Journey) -> Result<AppPage, Instead> {
    Err(match redirect::device_redirect(&engine.deps, journey, &reply::visitor(request), device(request))? {
        Some(DeviceResponse::AppPage(app_page)) => return Ok(app_page),
        Some(DeviceResponse::Redirect(redirect)) => reply::see_other(&redirect).into(),
        None => home::lead_home(engine, request, journey).into(),
    })
}

fn page(engine: &Engine, request: &HttpRequest, journey: &Journey, app_page: AppPage) -> AppReturn {
    let page = in_language::of_journey(request, journey);
    let merchant = journey.opening().merchant_name.as_str();
    let sentence = outcome::sentence(engine, &page, journey);
    AppReturn {
        page,
        merchant: merchant.to_owned(),
        outcome_sentence: sentence.unwrap_or_else(|| Sentence::of("app-unconfirmed").name("merchant", merchant)),
        app_page,
    }
}

fn device(request: &HttpRequest) -> Device {
    let header = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Device::of_user_agent(header.unwrap_or_default())
}

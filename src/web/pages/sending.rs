//! Sends a customer to a provider; while the provider is late, a light page asks again.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::outcome::amount;
use crate::domain::Journey;
use crate::engine::{Engine, NoCode, SendRequest, SendResult, Sender, use_cases, visitor};
use crate::web::views::{Awaited, OfferedProvider, ProblemPage, Waiting};
use crate::web::{in_language, problem, reply};

/// Why a customer is not sent to a provider: what is shown then is a matter of the journey's purpose.
pub(in crate::web) enum NotSent {
    /// The customer must choose an institution, or on a phone be asked whether to go on, first.
    Choose(Box<Journey>),
    /// The provider could not be asked now.
    NoProvider(Box<Journey>),
    /// The journey has ended.
    Ended(Box<Journey>),
}

/// The addresses of a journey's pages.
pub(in crate::web) struct Addresses {
    /// The page that its customer has come from.
    pub page: String,
    /// The page that sends on under the same visit.
    pub leaving: String,
}

/// Sends the customer of a link to the provider, or answers why not.
pub(in crate::web) async fn send(
    engine: &Arc<Engine>,
    request: &HttpRequest,
    send_request: SendRequest<'_>,
    addresses: Addresses,
    not_sent: impl FnOnce(NotSent) -> HttpResponse,
) -> HttpResponse {
    let sender = send_request.sender;
    match use_cases::send_to_provider::send_to_provider(engine, send_request).await {
        Ok(None) => reply::unknown_link(),
        Ok(Some(SendResult::Sent(sent))) => reply::send_to_provider(&sent, request),
        Ok(Some(SendResult::Refused(redirect))) => reply::see_other(&redirect),
        Ok(Some(SendResult::TooOften(journey))) => {
            let page = ProblemPage::too_often().of_journey(&journey);
            reply::problem_page(StatusCode::TOO_MANY_REQUESTS, page)
        }
        Ok(Some(SendResult::Late(journey))) => {
            let page = waiting_page(engine, request, &journey, addresses.leaving);
            with_visit_cookie(engine, request, (&journey, sender), page)
        }
        Ok(Some(SendResult::Elsewhere(journey))) => {
            reply::problem_page(StatusCode::CONFLICT, ProblemPage::elsewhere().of_journey(&journey))
        }
        Ok(Some(SendResult::Choose(journey) | SendResult::NoCode(NoCode::NotAsked, journey))) => {
            not_sent(NotSent::Choose(journey))
        }
        Ok(Some(SendResult::NoCode(why, journey))) => no_code(why, &journey),
        Ok(Some(SendResult::NoProvider(journey))) => not_sent(NotSent::NoProvider(journey)),
        Ok(Some(SendResult::Ended(journey))) => not_sent(NotSent::Ended(journey)),
        Err(error) => problem::page_of_form(&error, addresses.page),
    }
}

/// Says to a phone why its code cannot be used.
pub(in crate::web) fn no_code(why: NoCode, journey: &Journey) -> HttpResponse {
    let page = match why {
        NoCode::Used => ProblemPage::code_used(),
        NoCode::Over | NoCode::NotAsked => ProblemPage::code_over(),
    };
    reply::problem_page(StatusCode::GONE, page.of_journey(journey))
}

/// Keeps the customer company. `next` is the page that sends on under the same visit.
fn waiting_page(engine: &Engine, request: &HttpRequest, journey: &Journey, next: String) -> HttpResponse {
    let page = in_language::of_journey(request, journey);
    let now = engine.deps.clock.now();
    let left_at = journey.visits().last().map_or(now, |visit| visit.left_at);
    reply::customers_page(&Waiting {
        awaited: Awaited::ProviderVisit,
        payee: journey.payee().to_owned(),
        amount: amount(&page, journey),
        page,
        seconds: u32::try_from(now.since(left_at).as_secs()).unwrap_or(u32::MAX),
        next,
    })
}

/// Shows this page to a browser that has not been sent yet, and is known by its cookie from now on.
pub(in crate::web) fn with_visit_cookie(
    engine: &Engine,
    request: &HttpRequest,
    (journey, sender): (&Journey, Sender<'_>),
    page: HttpResponse,
) -> HttpResponse {
    let cookie = match sender {
        Sender::Link(_) => visitor::cookie_of_leaver(&engine.deps, journey),
        Sender::Phone(..) => use_cases::phone::cookie_of_phone(engine, journey),
    };
    match cookie {
        Ok(Some(cookie)) => reply::with_visit_cookie(page, &cookie, request),
        Ok(None) => page,
        Err(error) => problem::page_of(&error),
    }
}

/// The bank that Pay leads to, and the providers among which the customer chooses instead. One that is away now is not
/// offered; nor is there a choice where one is left.
pub(in crate::web) fn ways_to_pay(engine: &Engine, journey: &Journey) -> (Option<String>, Vec<OfferedProvider>) {
    let opening = journey.opening();
    let offered = opening.choices.iter().enumerate();
    let providers = offered
        .filter_map(|(place, name)| Some(OfferedProvider { place, label: engine.deps.provider_label(name)? }))
        .collect();
    (engine.deps.provider_label(&opening.provider), providers)
}

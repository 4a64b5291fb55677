//! The pages of a checkout: what is paid, paying and cancelling, and how it ended.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use tokio::time::Instant;

use super::address::address;
use super::link::{LinkQuery, journey_of, journey_to_show, posted, scope};
use super::sending::{Addresses, NotSent, send, ways_to_pay, with_visit_cookie};
use super::{home, instead::PageResult, outcome::amount, phone, popup};
use crate::domain::{Cancel, Journey, Stage};
use crate::engine::{Chosen, Engine, PAYMENT_PAGE, SendRequest, Sender, use_cases};
use crate::web::views::{Awaited, Checkout, ProblemPage, Waiting, reason};
use crate::web::{Incoming, in_language, page_at, problem, reply};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        scope(PAYMENT_PAGE)
            .service(page_at("", "GET").route(web::get().to(show)))
            .service(page_at("/pay", "POST").route(web::post().to(pay)))
            .service(page_at("/leaving", "GET").route(web::get().to(leaving)))
            .service(page_at("/cancel", "POST").route(web::post().to(cancel)))
            .configure(phone::routes)
            .configure(popup::routes),
    );
}

async fn show(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>) -> PageResult {
    let journey = journey_to_show(&engine, &request, PAYMENT_PAGE, &query.link_id).await?;
    Ok(page(&engine, &request, &journey, &query.link_id))
}

async fn pay(engine: web::Data<Engine>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let link = fields.text("link_id").ok_or_else(reply::unknown_link)?;
    journey_of(&engine, PAYMENT_PAGE, link).await?;
    let chosen = fields.text("provider").and_then(|place| place.parse().ok()).map(Chosen::Provider);
    Ok(send_away(&engine, &request, link, chosen).await)
}

/// Sends on, while the bank is late. It begins nothing: a press on Pay has.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>) -> PageResult {
    let journey = journey_to_show(&engine, &request, PAYMENT_PAGE, &query.link_id).await?;
    Ok(match journey.stage() {
        Stage::Away { .. } => send_away(&engine, &request, &query.link_id, None).await,
        _ => page(&engine, &request, &journey, &query.link_id),
    })
}

async fn send_away(
    engine: &Arc<Engine>,
    request: &HttpRequest,
    link: &str,
    chosen: Option<Chosen<'_>>,
) -> HttpResponse {
    let addresses =
        Addresses { page: address(PAYMENT_PAGE, "", link), leaving: address(PAYMENT_PAGE, "/leaving", link) };
    let send_request = SendRequest { sender: Sender::Link(link), chosen, text: None, at: Instant::now() };
    send(engine, request, send_request, addresses, |not_sent| match not_sent {
        NotSent::Ended(journey) => home::lead_home(engine, request, &journey),
        NotSent::NoProvider(journey) | NotSent::Choose(journey) => {
            let sender = Sender::Link(link);
            with_visit_cookie(engine, request, (&journey, sender), page(engine, request, &journey, link))
        }
    })
    .await
}

async fn cancel(engine: web::Data<Engine>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let link = fields.text("link_id").ok_or_else(reply::unknown_link)?;
    journey_of(&engine, PAYMENT_PAGE, link).await?;
    let visitor = reply::visitor(&request);
    Ok(match use_cases::cancel::cancel(&engine, link, &visitor).await {
        Ok(None) => reply::unknown_link(),
        Ok(Some(journey)) if !journey.is_open() => home::lead_home(&engine, &request, &journey),
        Ok(Some(journey)) if !use_cases::cancel::may_cancel(&engine, &journey, &visitor) => {
            reply::other_browser(&journey)
        }
        Ok(Some(journey)) if journey.open_payments().next().is_some() => asking_page(&engine, &request, &journey, link),
        Ok(Some(journey)) => {
            let page = ProblemPage::cannot_cancel(address(PAYMENT_PAGE, "", link)).of_journey(&journey);
            reply::problem_page(StatusCode::FORBIDDEN, page)
        }
        Err(error) => problem::page_of_form(&error, address(PAYMENT_PAGE, "", link)),
    })
}

/// Keeps the customer company while a provider is asked whether a payment was made; it leads to the page of the link.
fn asking_page(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> HttpResponse {
    let page = in_language::of_journey(request, journey);
    let now = engine.deps.clock.now();
    let left_at = journey.visits().last().map_or(now, |visit| visit.left_at);
    reply::customers_page(&Waiting {
        awaited: Awaited::Answer,
        payee: journey.payee().to_owned(),
        amount: amount(&page, journey),
        page,
        seconds: u32::try_from(now.since(left_at).as_secs()).unwrap_or(u32::MAX),
        next: address(PAYMENT_PAGE, "", link),
    })
}

fn page(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> HttpResponse {
    let opening = journey.opening();
    let failed = match journey.stage() {
        Stage::Concluded(final_outcome) => {
            let landing = opening.plan.destination_for(Some(final_outcome.outcome));
            return home::ended(engine, request, journey, (landing, link));
        }
        Stage::HandedBack => return home::handed_back(engine, request, journey, link),
        // Its time is over, and a provider must say first that nobody has paid.
        Stage::Open(_) | Stage::Away { .. } if journey.is_past_expiry(engine.deps.clock.now()) => {
            return asking_page(engine, request, journey, link);
        }
        Stage::Open(failed) => failed,
        Stage::Away { .. } => None,
    };
    let (bank, providers) = ways_to_pay(engine, journey);
    let can_pay = bank.is_some() || !providers.is_empty();
    let page = in_language::of_journey(request, journey);
    reply::customers_page(&Checkout {
        merchant: opening.merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(&page, journey),
        page,
        note: opening.purpose.note().to_owned(),
        link: link.to_owned(),
        can_cancel: opening.purpose.cancel() == Cancel::Offered,
        failed: failed.map(|error| reason::payment(error.code())),
        can_pay,
        bank: bank.unwrap_or_default(),
        providers,
        on_phone: can_pay && journey.may_use_phone(),
    })
}

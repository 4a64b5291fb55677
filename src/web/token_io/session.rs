//! Hosted pages: a payment's customer chooses the bank here, and leaves for it (contracts, sections 1 and 2).
//!
//! The address is made of the payment's id, by the merchant's app itself, so the id alone must open it. While the
//! payment is open the page shows what the merchant wants its customer to see, and lets anybody with the id leave or
//! cancel, as a link does. It does not hand out the link. Once the payment has come to its end the id stands in
//! callback URLs, and so in logs: then only the browser that left for the bank is sent home, and everybody else learns
//! no more than that it is over.
//!
//! `lang` is the language of these pages, and goes from one to the next.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, Resource, http::StatusCode, web};
use serde::Deserialize;
use tokio::time::Instant;

use crate::dialect::token_io::{self, NAME};
use crate::domain::{Cause, CountryCode, Institution, Journey, JourneyId, LanguageTag, Stage};
use crate::engine::{Chosen, Engine, SendRequest, Sender, derive, find, use_cases, visitor};
use crate::telemetry::metrics::Route;
use crate::web::pages::bank_list::{by_country, search};
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::pages::link::{posted, query_config};
use crate::web::pages::sending::{Addresses, NotSent, send, with_visit_cookie};
use crate::web::pages::{home::lead_home, outcome::amount};
use crate::web::views::{Marks, ProblemPage, Session};
use crate::web::{Incoming, in_language, page_at, problem, reply};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::scope("/session/{id}")
                .app_data(Route::Page)
                .app_data(query_config())
                .service(page_at("", "GET").route(web::get().to(show)))
                .service(page_at("/choose", "POST").route(web::post().to(choose)))
                .service(page_at("/leaving", "GET").route(web::get().to(leaving)))
                .service(page_at("/cancel", "POST").route(web::post().to(cancel))),
        )
        .service(other_address("/app/request-token/{id}", |id| token_io::read_request_id(id).is_ok()))
        .service(other_address("/pay-by-link/{id}", |id| token_io::read_link_id(id).is_ok()));
}

/// Another address of the same page, for ids of one kind: the first API's, or those of payment links.
fn other_address(path: &str, is_of_its_kind: fn(&str) -> bool) -> Resource {
    let show = move |engine, request, id: web::Path<String>, asked| async move {
        if is_of_its_kind(&id) { show(engine, request, id, asked).await } else { Ok(reply::unknown_link()) }
    };
    page_at(path, "GET").app_data(Route::Page).route(web::get().to(show))
}

/// What an address may say besides.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// The country whose banks are shown, by its code.
    #[serde(default)]
    country: String,
    /// What the customer searches for.
    #[serde(default)]
    find: String,
    /// The language of the page, by its tag.
    #[serde(default)]
    lang: String,
}

impl Asked {
    /// The language, where the address names one.
    fn language(&self) -> Option<LanguageTag> {
        LanguageTag::parse(&self.lang).ok()
    }

    /// Of another page, what this one was asked for too.
    fn elsewhere(&self) -> Self {
        Self { lang: self.lang.clone(), ..Self::default() }
    }

    /// The address of a page of this session, in the same language.
    fn at(&self, id: &str, page: &str) -> String {
        let language = self.language().map(|tag| format!("?lang={}", tag.as_str()));
        format!("{}{page}{}", at(id), language.unwrap_or_default())
    }
}

async fn show(
    engine: web::Data<Engine>,
    request: HttpRequest,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> PageResult {
    let journey = session_to_show(&engine, &request, &id).await?;
    Ok(reply::customers_page(&page(&engine, &request, (&journey, &id), &asked)))
}

async fn choose(
    engine: web::Data<Engine>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
    incoming: Incoming,
) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let institution = fields.text("institution").ok_or_else(reply::unreadable)?;
    let journey = session_of(&engine, &request, &id).await?;
    // Only what the page offers: another institution takes no payments.
    if !use_cases::send_to_provider::eligible(&engine, &journey).any(|eligible| eligible.id == institution) {
        return Ok(reply::unreadable());
    }
    leave(&engine, &request, (&journey, &id, &asked), Some(institution)).await
}

/// Leaves again, while the bank is late. It begins nothing: a press on a bank has.
async fn leaving(
    engine: web::Data<Engine>,
    request: HttpRequest,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> PageResult {
    let journey = session_to_show(&engine, &request, &id).await?;
    match journey.stage() {
        Stage::Away { .. } => leave(&engine, &request, (&journey, &id, &asked), None).await,
        _ => Ok(reply::customers_page(&page(&engine, &request, (&journey, &id), &asked.elsewhere()))),
    }
}

/// Anybody who presses while the payment is open may end it, and is sent home. A press that comes too late shows what a
/// look shows.
async fn cancel(engine: web::Data<Engine>, id: web::Path<String>, incoming: Incoming) -> PageResult {
    let request = incoming.request;
    let journey = session_of(&engine, &request, &id).await?;
    let link = link_of(&engine, &journey, &id)?;
    Ok(match use_cases::cancel::cancel(&engine, &link, &reply::visitor(&request)).await {
        Ok(Some(journey)) if was_cancelled(&journey) => lead_home(&engine, &request, &journey),
        Ok(Some(journey)) if journey.is_open() => reply::other_browser(&journey),
        Ok(Some(journey)) => ended(&engine, &request, &journey),
        Ok(None) => reply::unknown_link(),
        Err(error) => problem::page_of_form(&error, at(&id)),
    })
}

/// The open payment of this id, for a look. A browser that only looks ahead is shown nothing, and is not sent home.
async fn session_to_show(engine: &Engine, request: &HttpRequest, id: &str) -> Result<Journey, HttpResponse> {
    let session = session_of(engine, request, id).await;
    let leads_on = session.as_ref().map_or_else(|response| response.status().is_redirection(), |_| true);
    if leads_on && reply::is_prefetch(request) { Err(reply::untouched()) } else { session }
}

/// The open payment of this id, or what is answered instead.
async fn session_of(engine: &Engine, request: &HttpRequest, id: &str) -> Result<Journey, HttpResponse> {
    let Some(journey_id) = read_id(id) else { return Err(reply::unknown_link()) };
    match find::journey_of(&engine.deps, journey_id).await {
        Ok(Some(journey)) if !is_shown(&journey, id) => Err(reply::unknown_link()),
        Ok(Some(journey)) if !journey.is_open() => Err(ended(engine, request, &journey)),
        Ok(Some(journey)) => Ok(journey),
        Ok(None) => Err(reply::unknown_link()),
        Err(error) => Err(problem::page_of_form(&error, at(id))),
    }
}

/// What is said of a payment that has ended: the browser that left for the bank is sent home, and everybody else
/// learns that it is over.
fn ended(engine: &Engine, request: &HttpRequest, journey: &Journey) -> HttpResponse {
    if visitor::recognises(&engine.deps, journey, &reply::visitor(request)) {
        lead_home(engine, request, journey)
    } else {
        reply::problem_page(StatusCode::GONE, ProblemPage::payment_over().of_journey(journey))
    }
}

/// Whether a journey has pages here, under this id: each kind under its own, and no payment that was asked for by API
/// alone. Such a payment's id is no secret, and gives nobody a say in it.
fn is_shown(journey: &Journey, id: &str) -> bool {
    if journey.opening().dialect != NAME || !token_io::flow(journey).is_hosted() {
        return false;
    }
    let (is_request, is_link) = (token_io::is_token_request(journey), token_io::is_payment_link(journey));
    match (token_io::read_request_id(id), token_io::read_link_id(id)) {
        (Ok(_), _) => is_request,
        (_, Ok(_)) => is_link,
        _ => !is_request,
    }
}

/// The journey that an id of any of Token.io's kinds stands for.
fn read_id(id: &str) -> Option<JourneyId> {
    let payment = token_io::read_payment_id(id).or_else(|_| token_io::read_request_id(id));
    payment.or_else(|_| token_io::read_link_id(id)).ok()
}

/// Whether a press on "cancel" has ended it.
fn was_cancelled(journey: &Journey) -> bool {
    journey.final_outcome().is_some_and(|final_outcome| final_outcome.cause == Cause::Customer)
}

/// The link that the payment of this id stands behind.
fn link_of(engine: &Engine, journey: &Journey, id: &str) -> Result<String, Instead> {
    derive::link(&engine.deps, journey).map_err(|error| problem::page_of_form(&error, at(id)).into())
}

async fn leave(
    engine: &Arc<Engine>,
    request: &HttpRequest,
    (journey, id, asked): (&Journey, &str, &Asked),
    institution: Option<&str>,
) -> PageResult {
    let link = link_of(engine, journey, id)?;
    let chosen = institution.map(Chosen::Institution);
    let send_request = SendRequest { sender: Sender::Link(&link), chosen, text: None, at: Instant::now() };
    let addresses = Addresses { page: asked.at(id, ""), leaving: asked.at(id, "/leaving") };
    let sent = send(engine, request, send_request, addresses, |not_sent| match not_sent {
        NotSent::Choose(journey) => reply::customers_page(&page(engine, request, (&journey, id), &asked.elsewhere())),
        NotSent::NoProvider(journey) => {
            let chosen = institution.or_else(|| journey.institution()).and_then(|id| engine.deps.institution(id));
            let away = Some(chosen.map_or_else(String::new, |chosen| chosen.name.clone()));
            let shown =
                reply::customers_page(&Session { away, ..page(engine, request, (&journey, id), &asked.elsewhere()) });
            with_visit_cookie(engine, request, (&journey, Sender::Link(&link)), shown)
        }
        NotSent::Ended(journey) => ended(engine, request, &journey),
    });
    Ok(sent.await)
}

fn page(engine: &Engine, request: &HttpRequest, (journey, id): (&Journey, &str), asked: &Asked) -> Session {
    let page = in_language::context(request, asked.language().or(journey.language()), Marks::of(journey));
    let all: Vec<&Institution> = use_cases::send_to_provider::eligible(engine, journey).collect();
    let country = CountryCode::parse(&asked.country.trim().to_ascii_uppercase()).ok();
    let in_country = |institution: &&&Institution| country.is_some_and(|country| institution.serves(country));
    // A country without banks narrows nothing down.
    let there: Vec<&Institution> = all.iter().filter(in_country).copied().collect();
    let (country, there) = if there.is_empty() { (None, all.clone()) } else { (country, there) };
    let (search, found) = search(there, &asked.find);
    Session {
        groups: by_country(&found, country, &page.language),
        payee: journey.payee().to_owned(),
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        amount: amount(&page, journey),
        page,
        note: journey.opening().purpose.note().to_owned(),
        at: at(id),
        lang: asked.language().map(|tag| tag.as_str().to_owned()),
        country: country.map_or_else(String::new, |country| country.to_string()),
        search,
        more: found.len() < all.len(),
        away: None,
    }
}

/// The address of a session, which its forms begin with.
fn at(id: &str) -> String {
    format!("/token-io/session/{id}")
}

//! The pages of a consent. Its link leads to the bank at once; where the customer chooses the bank, by our page.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::Instant;

use super::address::address;
use super::bank_list::{by_country, search};
use super::link::{LinkQuery, journey_of, journey_to_show, posted, scope};
use super::outcome::{bank_name, consent_request};
use super::sending::{Addresses, NotSent, send, with_visit_cookie};
use super::{home, instead::PageResult};
use crate::domain::{Journey, consent::Kind};
use crate::engine::{CONSENT_PAGE, Chosen, Engine, SendRequest, Sender, use_cases};
use crate::web::views::{Access, BankAway, ChooseBank, Request};
use crate::web::{Incoming, in_language, page_at, problem, reply};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        scope(CONSENT_PAGE)
            .service(page_at("", "GET").route(web::get().to(show)))
            .service(page_at("/leaving", "GET").route(web::get().to(leaving)))
            .service(page_at("/choose", "POST").route(web::post().to(choose)))
            .service(page_at("/cancel", "POST").route(web::post().to(cancel))),
    );
}

/// The query of the page where a customer chooses a bank.
#[derive(Deserialize)]
struct ChooserQuery {
    #[serde(default)]
    link_id: String,
    /// What the customer searches for.
    #[serde(default)]
    find: String,
}

/// The link itself: to the bank, or to the choice of one. Back from the bank leads here too, so that another one can be
/// chosen.
async fn show(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<ChooserQuery>) -> PageResult {
    let journey = journey_to_show(&engine, &request, CONSENT_PAGE, &query.link_id).await?;
    if journey.is_open() && asks_for_bank(&journey) {
        return Ok(chooser(&engine, &request, &journey, (&query.link_id, &query.find)));
    }
    Ok(send_away(&engine, &request, &query.link_id, None).await)
}

/// Sends on, while the bank is late or has not been reached.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>) -> PageResult {
    journey_to_show(&engine, &request, CONSENT_PAGE, &query.link_id).await?;
    Ok(send_away(&engine, &request, &query.link_id, None).await)
}

async fn choose(engine: web::Data<Engine>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let (Some(link), Some(institution)) = (fields.text("link_id"), fields.text("institution")) else {
        return Ok(reply::unreadable());
    };
    let journey = journey_of(&engine, CONSENT_PAGE, link).await?;
    // Only what the page offers: another institution cannot do what is asked for.
    if journey.is_open()
        && !use_cases::send_to_provider::eligible(&engine, &journey).any(|eligible| eligible.id == institution)
    {
        return Ok(reply::unreadable());
    }
    // In the language that the page was in: the same browser posts what it has read.
    let text = Request::text_version(&in_language::of_journey(&request, &journey).language);
    Ok(send_away(&engine, &request, link, Some((institution, &text))).await)
}

async fn cancel(engine: web::Data<Engine>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let link = fields.text("link_id").ok_or_else(reply::unknown_link)?;
    journey_of(&engine, CONSENT_PAGE, link).await?;
    Ok(match use_cases::cancel::cancel(&engine, link, &reply::visitor(&request)).await {
        Ok(None) => reply::unknown_link(),
        // A consent may always be cancelled, if not from anywhere.
        Ok(Some(journey)) if journey.is_open() => reply::other_browser(&journey),
        Ok(Some(journey)) => home::lead_home(&engine, &request, &journey),
        Err(error) => problem::page_of_form(&error, page_of("", link)),
    })
}

/// Sends the customer to the bank; to one that was chosen here, with the version of the text that asked.
async fn send_away(
    engine: &Arc<Engine>,
    request: &HttpRequest,
    link: &str,
    chosen: Option<(&str, &str)>,
) -> HttpResponse {
    let addresses = Addresses { page: page_of("", link), leaving: page_of("/leaving", link) };
    let (institution, text) = chosen.unzip();
    let chosen = institution.map(Chosen::Institution);
    let send_request = SendRequest { sender: Sender::Link(link), chosen, text, at: Instant::now() };
    send(engine, request, send_request, addresses, |not_sent| match not_sent {
        NotSent::Choose(journey) => chooser(engine, request, &journey, (link, "")),
        NotSent::NoProvider(journey) => {
            let page = reply::customers_page(&bank_away(engine, request, &journey, link));
            with_visit_cookie(engine, request, (&journey, Sender::Link(link)), page)
        }
        NotSent::Ended(journey) => {
            let landing = journey.opening().plan.destination.as_ref();
            home::ended(engine, request, &journey, (landing, link))
        }
    })
    .await
}

/// Whether it is the customer who chooses the bank.
fn asks_for_bank(journey: &Journey) -> bool {
    journey.opening().purpose.consent().is_some_and(|consent| consent.institution.is_none())
}

fn chooser(engine: &Engine, request: &HttpRequest, journey: &Journey, (link, find): (&str, &str)) -> HttpResponse {
    let page = in_language::of_journey(request, journey);
    let consent = journey.opening().purpose.consent();
    let access = consent.filter(|consent| consent.kind == Kind::Accounts).map(|consent| Access {
        features: consent.features.at_most(),
        last_day: page.day(consent.ends_by(engine.deps.clock.now())),
    });
    let (search, found) = search(use_cases::send_to_provider::eligible(engine, journey).collect(), find);
    let country = consent.and_then(|consent| consent.country);
    reply::customers_page(&ChooseBank {
        groups: by_country(&found, country, &page.language),
        request: consent_request(&page, journey),
        page,
        link: link.to_owned(),
        all: page_of("", link),
        search,
        access,
    })
}

fn bank_away(engine: &Engine, request: &HttpRequest, journey: &Journey, link: &str) -> BankAway {
    let page = in_language::of_journey(request, journey);
    BankAway {
        request: consent_request(&page, journey),
        page,
        bank: bank_name(engine, journey),
        again: page_of("/leaving", link),
        choose: asks_for_bank(journey).then(|| page_of("", link)),
        link: link.to_owned(),
    }
}

/// A page of this consent.
fn page_of(page: &str, link: &str) -> String {
    address(CONSENT_PAGE, page, link)
}

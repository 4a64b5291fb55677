//! Going on with a phone: the first device shows a code and waits, the phone is asked, pays, and ends on a page of ours.
//!
//! `/payment/code` is the first device's, by its link; `/payment/phone` the phone's, by the code. Neither leads the phone
//! to the merchant, and no page of the phone's shows the link.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use tokio::time::Instant;

use super::address::address;
use super::link::{LinkQuery, journey_of, journey_to_show, posted};
use super::outcome::{self, amount};
use super::sending::{Addresses, NotSent, no_code, send, ways_to_pay, with_visit_cookie};
use super::{home, instead::PageResult};
use crate::domain::{Journey, Redirect, params::percent_encoded};
use crate::engine::{CODE_PAGE, Chosen, CodePage, Engine, PAYMENT_PAGE, PHONE_PAGE, Scanned};
use crate::engine::{SendRequest, Sender, use_cases};
use crate::web::views::{Ended, How, Next, PhoneCheckout, PhoneCode, PhoneCodeStage, ProblemPage, qr, reason};
use crate::web::{Incoming, in_language, page_at, reply};

/// Among the pages of checkouts.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/code", "GET, POST").route(web::get().to(show_code)).route(web::post().to(make_code)))
        .service(page_at("/phone", "GET, POST").route(web::get().to(ask)).route(web::post().to(pay)))
        .service(page_at("/phone/leaving", "GET").route(web::get().to(leaving)))
        .service(page_at("/phone/end", "GET").route(web::get().to(end)));
}

/// The query of a phone's pages.
#[derive(Deserialize)]
struct CodeQuery {
    #[serde(default)]
    code: String,
}

/// The query of the page on which a phone ends.
#[derive(Deserialize)]
struct EndQuery {
    #[serde(default)]
    visit: String,
}

async fn make_code(engine: web::Data<Engine>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let link = fields.text("link_id").ok_or_else(reply::unknown_link)?;
    let journey = journey_of(&engine, PAYMENT_PAGE, link).await?;
    let page = |path| reply::see_other(&Redirect::own(&engine.deps.public_url, path, &[("link_id", link)]));
    Ok(match use_cases::phone::make_code(&engine, &journey, &reply::visitor(&request))? {
        Some(cookie) => reply::with_cookie(page(CODE_PAGE), &cookie),
        None => page(PAYMENT_PAGE),
    })
}

async fn show_code(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<LinkQuery>) -> PageResult {
    let (link, visitor) = (&query.link_id, reply::visitor(&request));
    let journey = journey_to_show(&engine, &request, PAYMENT_PAGE, link).await?;
    let stage = match use_cases::phone::code_page(&engine, &journey, &visitor)? {
        CodePage::Code(address) => qr::drawing(address.as_str()).map_or(PhoneCodeStage::Over, PhoneCodeStage::Shown),
        CodePage::OnPhone => PhoneCodeStage::OnPhone,
        CodePage::Paid => PhoneCodeStage::Paid,
        CodePage::Over => PhoneCodeStage::Over,
        CodePage::Checkout => return Ok(home::own_page(&engine, &journey, link)),
        CodePage::Ended => return Ok(home::lead_home(&engine, &request, &journey)),
    };
    let page = in_language::of_journey(&request, &journey);
    Ok(reply::customers_page(&PhoneCode {
        payee: journey.payee().to_owned(),
        amount: amount(&page, &journey),
        page,
        link: link.clone(),
        checkout: address(PAYMENT_PAGE, "", link),
        here: address(CODE_PAGE, "", link),
        stage,
    }))
}

async fn ask(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<CodeQuery>) -> PageResult {
    let scanned = use_cases::phone::scan(&engine, &query.code, &reply::visitor(&request)).await?;
    if scanned.is_some() && reply::is_prefetch(&request) {
        return Ok(reply::untouched());
    }
    Ok(match scanned {
        None => reply::unknown_link(),
        Some(Scanned::Ask(journey, cookie)) => {
            let page = reply::customers_page(&checkout(&engine, &request, &journey, &query.code));
            match cookie {
                Some(cookie) => reply::with_cookie(page, &cookie),
                None => page,
            }
        }
        Some(Scanned::Back(end)) => reply::see_other(&end),
        Some(Scanned::NoCode(why, journey)) => no_code(why, &journey),
        Some(Scanned::Ended(journey)) => {
            reply::problem_page(StatusCode::GONE, ProblemPage::payment_over().of_journey(&journey))
        }
    })
}

fn checkout(engine: &Engine, request: &HttpRequest, journey: &Journey, code: &str) -> PhoneCheckout {
    let (bank, providers) = ways_to_pay(engine, journey);
    let page = in_language::of_journey(request, journey);
    PhoneCheckout {
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(&page, journey),
        page,
        note: journey.opening().purpose.note().to_owned(),
        code: code.to_owned(),
        can_pay: bank.is_some() || !providers.is_empty(),
        providers,
    }
}

async fn pay(engine: web::Data<Engine>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let fields = posted(body);
    let code = fields.text("code").ok_or_else(reply::unknown_link)?;
    let chosen = fields.text("provider").and_then(|place| place.parse().ok()).map(Chosen::Provider);
    Ok(send_away(&engine, &request, code, chosen).await)
}

/// Sends on, while the bank is late. It begins nothing: a press on Pay has.
async fn leaving(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<CodeQuery>) -> PageResult {
    let scanned = use_cases::phone::scan(&engine, &query.code, &reply::visitor(&request)).await?;
    if scanned.is_some() && reply::is_prefetch(&request) {
        return Ok(reply::untouched());
    }
    Ok(match scanned {
        Some(Scanned::Ask(journey, _)) if journey.away_on_phone().is_some() => {
            send_away(&engine, &request, &query.code, None).await
        }
        _ => reply::see_other(&Redirect::own(&engine.deps.public_url, PHONE_PAGE, &[("code", &query.code)])),
    })
}

async fn send_away(
    engine: &Arc<Engine>,
    request: &HttpRequest,
    code: &str,
    chosen: Option<Chosen<'_>>,
) -> HttpResponse {
    let visitor = reply::visitor(request);
    let page = |path| format!("{path}?code={}", percent_encoded(code));
    let sender = Sender::Phone(code, &visitor);
    let send_request = SendRequest { sender, chosen, text: None, at: Instant::now() };
    let addresses = Addresses { page: page(PHONE_PAGE), leaving: page("/payment/phone/leaving") };
    send(engine, request, send_request, addresses, |not_sent| match not_sent {
        NotSent::NoProvider(journey) => {
            let page = reply::customers_page(&checkout(engine, request, &journey, code));
            with_visit_cookie(engine, request, (&journey, sender), page)
        }
        NotSent::Choose(_) | NotSent::Ended(_) => {
            reply::see_other(&Redirect::own(&engine.deps.public_url, PHONE_PAGE, &[("code", code)]))
        }
    })
    .await
}

/// What became of it, in words and without a link, for a phone that comes back.
async fn end(engine: web::Data<Engine>, request: HttpRequest, query: web::Query<EndQuery>) -> PageResult {
    if reply::is_prefetch(&request) {
        return Ok(reply::untouched());
    }
    let found = use_cases::phone::come_back(&engine, &query.visit, &reply::visitor(&request)).await?;
    let Some((journey, visit)) = found else { return Ok(reply::unknown_link()) };
    // The first device moves on when the phone is known to be back; where nothing was paid, it does so in any case.
    let moves_on = !journey.is_proven() || journey.decided_on_phone().is_some_and(|phone| phone.returned);
    let next = if moves_on { Next::OtherDevice } else { Next::LookThere };
    if let Some(page) = outcome::page(&engine, &request, &journey, (next, None)) {
        return Ok(page);
    }
    let Some(error) = journey.failure_of(visit) else {
        return Ok(reply::problem_page(StatusCode::OK, ProblemPage::elsewhere().of_journey(&journey)));
    };
    let page = in_language::of_journey(&request, &journey);
    Ok(reply::customers_page(&Ended {
        how: How::Failed(reason::payment(error.code())),
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(&page, &journey),
        records: outcome::for_records(&page, &journey, None),
        page,
        note: journey.opening().purpose.note().to_owned(),
        next: Next::OtherDevice,
    }))
}

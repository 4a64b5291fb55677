//! `/v2/payment-links`: asked for, read, listed, and ended by their merchant.

use actix_web::web;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{ErrorBody, Reply, answered, reply};
use super::list::{PageInfo, Part};
use super::opening::{open, webhook};
use super::{addresses::link_url, at, call::Call};
use crate::dialect::token_io::{LinkQuery, LinkStatus, NAME, PaymentLink, is_payment_link, payment_link, read_link_id};
use crate::domain::{Invalid, Journey};
use crate::engine::{Engine, find, use_cases};
use crate::web::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let links =
        at("/v2/payment-links", "GET, POST").route(web::post().to(answered(ask))).route(web::get().to(answered(list)));
    let link = at("/v2/payment-links/{id}", "GET, DELETE")
        .route(web::get().to(answered(one)))
        .route(web::delete().to(answered(end)));
    config.service(links).service(link);
}

/// `{"paymentLink": …}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One {
    payment_link: Box<RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Many {
    payment_links: Vec<Box<RawValue>>,
    page_info: PageInfo,
}

async fn ask(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let suffix: String = URL_SAFE_NO_PAD.encode(&engine.deps.clock.entropy()[..6]).replace(['-', '_'], "x");
    let link = PaymentLink::read(&call.body, &suffix[..4], engine.deps.clock.now())?;
    let open_request = link.open_request(webhook(&call.merchant));
    shown(
        &engine,
        &open(&engine, &call, open_request, ("paymentTemplate.callbackUrl", "paymentTemplate.bankId")).await?,
    )
}

async fn one(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    shown(&engine, &find(&engine, &call).await?)
}

async fn list(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let (query, now) = (LinkQuery::read(call.query())?, engine.deps.clock.now());
    let LinkQuery { limit, offset, created_before: before, created_after: after, .. } = query;
    let wanted = |journey: &Journey| is_own(journey) && query.wants(journey, now);
    let part = Part { limit, offset, before, after };
    let (journeys, page_info) = part.find(&engine, &call.merchant, wanted).await?;
    let payment_links = journeys.iter().map(|journey| view(&engine, journey)).collect::<Result<_, _>>()?;
    reply(Many { payment_links, page_info })
}

/// Ends a link. One that has been used, or has ended, stays as it is: a payment is not undone so.
async fn end(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let journey = find(&engine, &call).await?;
    let status = LinkStatus::of(&journey, engine.deps.clock.now());
    if status != LinkStatus::Active {
        return Err(not_active(status));
    }
    let withdrawn = use_cases::cancel::withdraw(&engine, call.merchant.id, journey.pay_id())
        .await?
        .ok_or_else(|| unknown(&call))?;
    // The customer may have been faster, or may be at the bank.
    match LinkStatus::of(&withdrawn, engine.deps.clock.now()) {
        LinkStatus::Canceled => shown(&engine, &withdrawn),
        LinkStatus::Active => {
            let used = Invalid::new("status", "is not known before the customer, who has left for the bank, is back");
            Err(ErrorBody::conflict(used.hint("try again when the payment has ended, or in 40 minutes")))
        }
        status => Err(not_active(status)),
    }
}

fn not_active(status: LinkStatus) -> ErrorBody {
    ErrorBody::conflict(Invalid::new("status", format!("is {} and not LINK_ACTIVE", status.as_str())))
}

fn shown(engine: &Engine, journey: &Journey) -> Result<Reply, ErrorBody> {
    reply(One { payment_link: view(engine, journey)? })
}

fn view(engine: &Engine, journey: &Journey) -> Result<Box<RawValue>, ErrorBody> {
    Ok(payment_link(journey, &link_url(engine, journey), engine.deps.clock.now())?)
}

async fn find(engine: &Engine, call: &Call) -> Result<Journey, ErrorBody> {
    let id = read_link_id(call.request.match_info().query("id")).map_err(|_| unknown(call))?;
    let found = find::current(&engine.deps, call.merchant.id, id.pay_id()).await?;
    found.filter(|found| *found.id() == id && is_own(found)).ok_or_else(|| unknown(call))
}

fn is_own(journey: &Journey) -> bool {
    journey.opening().dialect == NAME && is_payment_link(journey)
}

fn unknown(call: &Call) -> ErrorBody {
    ErrorBody::not_found("payment link", Some(call.request.match_info().query("id")))
}

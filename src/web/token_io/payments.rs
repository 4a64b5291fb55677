//! `/v2/payments`: asked for, read, and listed.

use std::sync::Arc;

use actix_web::web;
use serde::Serialize;

use super::answer::{ErrorBody, Reply, answered, answered_about, reply};
use super::list::{PageInfo, Part};
use super::{addresses::redirect_url, at, call::Call, opening};
use crate::dialect::token_io::{
    self, Flow, NAME, Payment, PaymentRequest, Query, Standing, Status, is_token_request, partial_payment, payment,
    payment_id, read_payment_id,
};
use crate::domain::{Invalid, Journey, Merchant, SameBrowser};
use crate::engine::{Engine, ahead, find};
use crate::web::{Incoming, request_timeout::request_timeout};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let payments =
        at("/v2/payments", "GET, POST").route(web::post().to(answered(ask))).route(web::get().to(answered(list)));
    config.service(payments).service(at("/v2/payments/{id}", "GET").route(web::get().to(answered_about(one))));
}

/// `{"payment": …}`.
#[derive(Serialize)]
struct One<'a> {
    payment: Payment<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Many<T> {
    payments: Vec<T>,
    page_info: PageInfo,
}

async fn ask(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let request_timeout = request_timeout(&call.request)?;
    let request = PaymentRequest::read(&call.body, engine.deps.clock.now())?;
    let journey = open(&engine, &call, &request).await?;
    // What one of our pages asks the bank for, a browser waits for.
    let id = payment_id(*journey.id());
    let awaited = async {
        let journey = ahead::await_provider_redirect(&engine, journey, request_timeout).await?;
        if Standing::now(&journey).status == Status::Pending && !call.says_how_long() {
            return Err(ErrorBody::deadline_exceeded(&id));
        }
        shown(&engine, &journey)
    };
    awaited.await.map_err(|refusal| refusal.about(&id))
}

async fn one(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let mut journey = find(&engine, &call).await?;
    // Without the header the caller wants to know how it stands, and not how it ends.
    if call.says_how_long() {
        journey = find::await_change(&engine.deps, journey, request_timeout(&call.request)?).await?;
    }
    shown(&engine, &journey)
}

async fn list(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let query = Query::read(call.query())?;
    let Query { limit, offset, created_before: before, created_after: after, partial, .. } = query;
    let part = Part { limit, offset, before, after };
    let (journeys, page_info) = part.find(&engine, &call.merchant, |journey| query.wants(journey)).await?;
    if partial {
        return reply(Many { payments: journeys.iter().map(partial_payment).collect(), page_info });
    }
    let redirect_urls = journeys.iter().map(|journey| redirect_url(&engine, journey)).collect::<Result<Vec<_>, _>>()?;
    let payments = journeys.iter().zip(&redirect_urls);
    let payments = payments.map(|(journey, way)| payment(journey, Standing::now(journey), way.as_deref()));
    reply(Many { payments: payments.collect(), page_info })
}

async fn open(engine: &Arc<Engine>, call: &Call, request: &PaymentRequest) -> Result<Journey, ErrorBody> {
    let merchant = &call.merchant;
    check_bank(engine, merchant, request)?;
    if request.initiation.flow == Flow::ApiOnly && merchant.settings.same_browser == SameBrowser::Required {
        let invalid = Invalid::new("initiation.flowType", "sends browsers to the bank that this gateway has not seen");
        let hint = "this member's settings ask for the same browser on the way back: expected FULL_HOSTED_PAGES";
        return Err(token_io::Rejection::not_allowed(invalid.hint(hint)).into());
    }
    opening::open(
        engine,
        call,
        request.open_request(opening::webhook(merchant)),
        ("initiation.callbackUrl", "initiation.bankId"),
    )
    .await
}

/// Refuses a bank that we do not have, in the words that Token.io has for it.
fn check_bank(engine: &Engine, merchant: &Merchant, request: &PaymentRequest) -> Result<(), token_io::Rejection> {
    let Some(bank) = &request.initiation.bank else { return Ok(()) };
    match engine.deps.institution_of(merchant, bank) {
        None => Err(token_io::Rejection::NoSuchBank(bank.clone())),
        Some(institution) if !engine.deps.takes_payments(institution) => {
            Err(token_io::Rejection::NotByThisBank(bank.clone(), "takes no payments here".to_owned()))
        }
        Some(_) => Ok(()),
    }
}

/// The payment that the path names.
pub(super) async fn find(engine: &Engine, call: &Call) -> Result<Journey, ErrorBody> {
    let id = call.request.match_info().query("id");
    let unknown = || ErrorBody::not_found("payment", Some(id));
    let journey = read_payment_id(id).map_err(|_| unknown())?;
    let found = find::current(&engine.deps, call.merchant.id, journey.pay_id()).await?;
    found.filter(|found| *found.id() == journey && is_own(found)).ok_or_else(unknown)
}

/// A payment as it stands now.
pub(super) fn shown(engine: &Engine, journey: &Journey) -> Result<Reply, ErrorBody> {
    let way = redirect_url(engine, journey)?;
    reply(One { payment: payment(journey, Standing::now(journey), way.as_deref()) })
}

/// Token requests are the first API's alone.
fn is_own(journey: &Journey) -> bool {
    journey.opening().dialect == NAME && !is_token_request(journey)
}

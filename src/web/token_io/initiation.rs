//! `POST /callback/initiation`: the bank has answered the merchant's app, and the app hands its query over.

use actix_web::web;
use serde::Serialize;
use serde_json::json;

use super::answer::{ErrorBody, Reply, answered, reply};
use super::{at, call::Call, payments::shown};
use crate::dialect::token_io::{
    NAME, Payment, Standing, Status, is_token_request, payment, payment_id, read_bank_query, request_id,
};
use crate::domain::{Invalid, Journey};
use crate::engine::{AuthorizationResponse, BroughtCode, Carried, Engine, derive, use_cases};
use crate::web::{Incoming, request_timeout::request_timeout};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/callback/initiation", "POST").route(web::post().to(answered(bring))));
}

/// Answers when the bank has said what its answer is worth, or when `request-timeout` is over: with the status as it
/// is then.
async fn bring(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let request_timeout = request_timeout(&call.request)?;
    let pairs = read_bank_query(&call.body)?;
    let answer = AuthorizationResponse::read(Carried::Query, pairs).map_err(|invalid| of_query(&invalid))?;
    match use_cases::exchange::bring_answer(&engine, (call.merchant.id, NAME), &answer, request_timeout).await? {
        BroughtCode::Journey(journey) => told(&engine, &journey, &call),
        BroughtCode::Onward(journey) => told_where_to(&engine, &journey, &call),
        BroughtCode::Unknown => Err(ErrorBody::not_found("payment that waits for this answer of a bank", None)),
        BroughtCode::Forged => Err(ErrorBody::forbidden("The query is not the bank's word")),
    }
}

/// How it stands.
fn told(engine: &Engine, journey: &Journey, call: &Call) -> Result<Reply, ErrorBody> {
    if is_token_request(journey) {
        return reply(json!({ "tokenRequestId": request_id(*journey.id()) }));
    }
    if Standing::now(journey).status == Status::PendingRedirectAuthVerification && !call.says_how_long() {
        return Err(ErrorBody::deadline_exceeded(&payment_id(*journey.id())));
    }
    shown(engine, journey)
}

/// The same, with where the bank wants the browser next, where that is known by now.
fn told_where_to(engine: &Engine, journey: &Journey, call: &Call) -> Result<Reply, ErrorBody> {
    let Some(next) = derive::provider_redirect(&engine.deps, journey)? else { return told(engine, journey, call) };
    if is_token_request(journey) {
        return reply(json!({ "tokenRequestId": request_id(*journey.id()), "redirectUrl": next }));
    }
    reply(Onward { payment: payment(journey, Standing::now(journey), Some(&next)), redirect_url: &next })
}

/// A payment whose browser goes out again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Onward<'a> {
    payment: Payment<'a>,
    redirect_url: &'a str,
}

/// A refusal of one of the bank's parameters, as one of the query that they came in.
fn of_query(invalid: &Invalid) -> ErrorBody {
    let rule = format!("has {}, which {}", invalid.field(), invalid.rule());
    Invalid::new("query", rule).into()
}

//! `POST /callback/initiation`: the bank has answered the merchant's app, and the app hands its query over.

use actix_web::web;
use serde::Serialize;
use serde_json::json;

use super::answer::{ErrorBody, Reply, answered, reply};
use super::{at, call::Call, payments::shown};
use crate::dialect::token_io::{
    NAME, Payment, Standing, Status, is_token_request, payment, payment_id, read_bank_query, request_id,
};
use crate::domain::{Invalid, Journey, Stage};
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
        BroughtCode::Unknown => Err(ErrorBody::not_found("payment that waits for this answer of a bank", None)),
        BroughtCode::Forged => Err(ErrorBody::forbidden("The query is not the bank's word")),
    }
}

/// How it stands; with `redirectUrl` where the bank wants the browser once more.
fn told(engine: &Engine, journey: &Journey, call: &Call) -> Result<Reply, ErrorBody> {
    let next = if journey.was_led_on() { derive::provider_redirect(&engine.deps, journey)? } else { None };
    let next = next.filter(|_| matches!(journey.stage(), Stage::Away { .. }));
    if is_token_request(journey) {
        let mut told = json!({ "tokenRequestId": request_id(*journey.id()) });
        if let Some(next) = next {
            told["redirectUrl"] = json!(next);
        }
        return reply(told);
    }
    let standing = Standing::now(journey);
    if let Some(next) = next {
        return reply(Onward { payment: payment(journey, standing, Some(&next)), redirect_url: &next });
    }
    if standing.status == Status::PendingRedirectAuthVerification && !call.says_how_long() {
        return Err(ErrorBody::deadline_exceeded(&payment_id(*journey.id())));
    }
    shown(engine, journey)
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

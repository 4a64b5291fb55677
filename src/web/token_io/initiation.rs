//! `POST /callback/initiation`: the bank has answered the merchant's app, and the app hands its query over.

use actix_web::{HttpResponse, web};

use super::answer::{ErrorBody, answer};
use super::call::Call;
use super::{at, payments};
use crate::dialect::token_io::{
    NAME, Standing, Status, brought_for_payment, brought_for_request, is_token_request, payment, payment_id,
    read_bank_query, request_id,
};
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::engine::{AuthorizationResponse, BroughtCode, Carried, Engine, use_cases};
use crate::web::body::Incoming;
use crate::web::patience::patience;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/callback/initiation", "POST").route(web::post().to(bring)));
}

/// Answers when the bank has said what its answer is worth, or when `request-timeout` is over: with the status as it
/// is then.
async fn bring(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let brought = async {
        let call = Call::read(&engine, incoming).await?;
        let patience = patience(&call.request)?;
        let pairs = read_bank_query(&call.body)?;
        let answer = AuthorizationResponse::read(Carried::Query, pairs).map_err(|invalid| of_query(&invalid))?;
        match use_cases::exchange::bring_answer(&engine, (call.merchant.id, NAME), &answer, patience).await? {
            BroughtCode::Journey(journey) => told(&engine, &journey, &call),
            BroughtCode::Unknown => Err(ErrorBody::not_found("payment that waits for this answer of a bank", None)),
            BroughtCode::Forged => Err(ErrorBody::forbidden("The query is not the bank's word")),
        }
    };
    answer(&engine, brought.await)
}

/// No bank here sends the browser on to a second page, so there is never a `redirectUrl`.
fn told(engine: &Engine, journey: &Journey, call: &Call) -> Result<String, ErrorBody> {
    if is_token_request(journey) {
        return Ok(brought_for_request(&request_id(*journey.id()), None)?);
    }
    let standing = Standing::now(journey);
    if standing.status == Status::PendingRedirectAuthVerification && !call.says_how_long() {
        return Err(ErrorBody::deadline_exceeded(&payment_id(*journey.id())));
    }
    let way = payments::way_of(engine, journey)?;
    let payment = serde_json::value::to_raw_value(&payment(journey, standing, way.as_deref()))?;
    Ok(brought_for_payment(&payment, None)?)
}

/// A refusal of one of the bank's parameters, as one of the query that they came in.
fn of_query(invalid: &Invalid) -> ErrorBody {
    let rule = format!("has {}, which {}", invalid.field(), invalid.rule());
    Invalid::new("query", rule).into()
}

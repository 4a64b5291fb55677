//! `/token-requests`: the first API, as far as the published SDK needs it, and who verifies its callback
//! ([`crate::dialect::token_io::TokenRequest`] has the reasons).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde_json::json;
use tokio::time::Instant;

use super::answer::{ErrorBody, Reply, answer, answered, answered_about, reply};
use super::{at, call::Call, opening::open};
use crate::dialect::token_io::{
    self, NAME, TOKEN_MEMBER, TokenRequest, TokenSignature, is_readable, is_token_request, member_id, read_request_id,
    request_id, token_member, token_request, token_request_result,
};
use crate::domain::{Invalid, Journey, Merchant};
use crate::engine::{Engine, SendRequest, SendResult, Sender, derive, find, use_cases};
use crate::web::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/token-requests", "POST").route(web::post().to(answered(ask))))
        .service(at("/token-requests/{id}", "GET").route(web::get().to(answered_about(one))))
        .service(at("/token-requests/{id}/result", "GET").route(web::get().to(answered_about(result))))
        .service(at("/token-requests/{id}/token_request_result", "GET").route(web::get().to(answered_about(result))))
        .service(at("/token-requests/{id}/authorization", "POST").route(web::post().to(answered_about(authorise))))
        .service(at("/resolve-alias", "GET").route(web::get().to(alias)))
        .service(at("/members/{id}", "GET").route(web::get().to(member)));
}

async fn ask(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let request = TokenRequest::read(&call.body, engine.deps.clock.now())?;
    if request.to.as_ref().is_some_and(|to| *to != member_id(call.merchant.id)) {
        let invalid = Invalid::new("requestPayload.to.id", "is another member's id");
        return Err(token_io::Rejection::not_allowed(invalid).into());
    }
    if let Some(bank) = &request.bank {
        check_bank(&engine, &call.merchant, bank)?;
    }
    let journey =
        open(&engine, &call, request.open_request(), ("requestPayload.redirectUrl", "requestOptions.bankId")).await?;
    Ok(token_request(&journey)?)
}

fn check_bank(engine: &Engine, merchant: &Merchant, bank: &str) -> Result<(), ErrorBody> {
    let institution = engine.deps.institution_of(merchant, bank);
    if institution.is_some_and(|institution| engine.deps.takes_payments(institution)) {
        return Ok(());
    }
    let invalid = Invalid::new("requestOptions.bankId", "names no bank of this gateway that takes payments");
    Err(token_io::Rejection::not_allowed(invalid).into())
}

async fn one(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    Ok(token_request(&readable(&engine, incoming).await?)?)
}

async fn result(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let journey = readable(&engine, incoming).await?;
    let signature = derive::gateway_signature(&engine.deps, &journey)?.map(TokenSignature::of);
    Ok(token_request_result(&journey, signature.as_ref())?)
}

/// Where an app with pages of its own must send the browser. The bank must be known; credentials are the bank's own
/// matter, and what the body says is not needed.
async fn authorise(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let journey = find(&engine, &call.request).await?;
    if journey.opening().merchant != call.merchant.id {
        return Err(unknown(&call.request));
    }
    left(&engine, &journey).await
}

async fn left(engine: &Arc<Engine>, journey: &Journey) -> Result<Reply, ErrorBody> {
    if journey.opening().purpose.institution().is_none() {
        let invalid =
            Invalid::new("requestOptions.bankId", "was not said, so that the customer has to choose the bank");
        return Err(token_io::Rejection::not_allowed(invalid.hint("send the browser to the hosted page")).into());
    }
    let link = derive::link(&engine.deps, journey)?;
    match use_cases::send_to_provider::send_to_provider(
        engine,
        SendRequest { sender: Sender::Link(&link), chosen: None, text: None, at: Instant::now() },
    )
    .await?
    {
        Some(SendResult::Sent(left)) => reply(json!({ "redirectUrl": left.redirect.as_str() })),
        Some(SendResult::Late(_)) => Err(ErrorBody::too_late("The bank has not said where to go yet, ask again")),
        Some(SendResult::NoProvider(_)) => Err(ErrorBody::of_bank("The bank cannot be asked now")),
        Some(SendResult::Refused(_)) => Err(ErrorBody::of_bank("The bank refused the request")),
        Some(SendResult::TooOften(_)) => Err(ErrorBody::exhausted("This request has been tried too often")),
        Some(SendResult::Ended(_) | SendResult::Choose(_) | SendResult::NoCode(..) | SendResult::Elsewhere(_))
        | None => Err(ErrorBody::forbidden("This request is over")),
    }
}

/// Who `token.io` is: this gateway. Other aliases are nobody's.
async fn alias(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    let is_token = pairs.into_iter().any(|(name, value)| name == "alias.value" && value == "token.io");
    let found = if is_token { reply(json!({ "member": { "id": TOKEN_MEMBER } })) } else { Err(no_member()) };
    answer(&engine, found)
}

/// The keys that verify what this gateway signs. Members' own are their own matter.
async fn member(engine: web::Data<Engine>, id: web::Path<String>) -> HttpResponse {
    let found = async {
        if *id == TOKEN_MEMBER { Ok(token_member(&derive::gateway_keys(&engine.deps))?) } else { Err(no_member()) }
    };
    answer(&engine, found.await)
}

fn no_member() -> ErrorBody {
    ErrorBody::not_found("member", None)
}

/// The token request that the path names, for a caller that may read it. The SDK sends no credentials, so anybody with
/// the id may until a day after its end; from then on only its member.
async fn readable(engine: &Engine, incoming: Incoming) -> Result<Journey, ErrorBody> {
    let request = incoming.request.clone();
    let journey = find(engine, &request).await?;
    if is_readable(&journey, engine.deps.clock.now()) {
        return Ok(journey);
    }
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return Err(unknown(&request));
    }
    let call = Call::read(engine, incoming).await?;
    Some(journey).filter(|journey| journey.opening().merchant == call.merchant.id).ok_or_else(|| unknown(&request))
}

/// The token request that the path names, whoever asks.
async fn find(engine: &Engine, request: &HttpRequest) -> Result<Journey, ErrorBody> {
    let id = read_request_id(request.match_info().query("id")).map_err(|_| unknown(request))?;
    let found = find::journey_of(&engine.deps, id).await?;
    found
        .filter(|journey| is_own(journey) && request_id(*journey.id()) == request_id(id))
        .ok_or_else(|| unknown(request))
}

fn is_own(journey: &Journey) -> bool {
    journey.opening().dialect == NAME && is_token_request(journey)
}

fn unknown(request: &HttpRequest) -> ErrorBody {
    ErrorBody::not_found("token request", Some(request.match_info().query("id")))
}

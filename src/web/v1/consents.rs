//! `/v1/consents`: what the operator's own programs do with a consent. No merchant's key opens these.

use actix_web::{HttpRequest, http::StatusCode, web};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{ApiResult, check_operator, no_store};
use crate::domain::{Journey, JourneyId, consent::Status};
use crate::engine::{Changed, Engine, EngineError, derive, find, use_cases};
use crate::web::{Problem, ProblemKind, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/consents/{id}/bank-tokens", "GET").route(web::get().to(bank_tokens)))
        .service(super::at("/consents/{id}/consume", "POST").route(web::post().to(consume)));
}

#[derive(Serialize)]
struct TokensView<'a> {
    consent_id: String,
    institution: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    tokens: &'a RawValue,
}

#[derive(Serialize)]
struct ConsumedView<'a> {
    consent_id: String,
    institution: &'a str,
    status: &'static str,
    consumed_at: Option<String>,
}

async fn bank_tokens(engine: web::Data<Engine>, request: HttpRequest, id: web::Path<String>) -> ApiResult {
    check_operator(&engine, &request).await?;
    let journey = consent(&engine, &id).await?;
    let now = engine.deps.clock.now();
    let status = journey.consent_status(now).unwrap_or(Status::Failed);
    // Of an executed payment the bank must still be asked what became of it.
    if !journey.is_in_force(now) && status != Status::Consumed {
        return Err(not_in_force(status));
    }
    let missing = |what: &str| Problem::from(EngineError::Missing(what.to_owned()));
    let tokens = derive::provider_tokens(&engine.deps, &journey)
        .ok_or_else(|| missing("key that the bank's tokens are sealed under"))?;
    let json: &RawValue =
        serde_json::from_str(tokens.reveal()).map_err(|_| missing("bank's tokens that can be read"))?;
    let institution = journey.institution().unwrap_or_default();
    tracing::info!(consent_id = %journey.id(), institution, "consent.bank_tokens_read");
    let view =
        TokensView { consent_id: journey.id().to_string(), institution, text: journey.consent_text(), tokens: json };
    Ok(no_store(StatusCode::OK).json(view))
}

async fn consume(engine: web::Data<Engine>, request: HttpRequest, id: web::Path<String>) -> ApiResult {
    check_operator(&engine, &request).await?;
    let journey = consent(&engine, &id).await?;
    match use_cases::consent::consume(&engine, journey).await? {
        Changed::Done(journey) => {
            let institution = journey.institution().unwrap_or_default();
            tracing::info!(consent_id = %journey.id(), institution, "consent.consumed");
            Ok(no_store(StatusCode::OK).json(ConsumedView {
                consent_id: journey.id().to_string(),
                institution,
                status: Status::Consumed.as_str(),
                consumed_at: journey.grant().and_then(|grant| grant.consumed_at).map(rfc3339),
            }))
        }
        Changed::Cannot(status) => {
            let detail =
                "Only a consent to a payment, which its customer has given and nobody has ended, can be consumed.";
            let problem = Problem::new(StatusCode::CONFLICT, ProblemKind::NotConsumable, detail);
            Err(problem.with("consent_status", status.as_str()))
        }
    }
}

async fn consent(engine: &Engine, id: &str) -> Result<Journey, Problem> {
    let unknown = || Problem::not_found("consent");
    let id: JourneyId = id.parse().map_err(|_| unknown())?;
    find::consent_of(&engine.deps, id).await?.ok_or_else(unknown)
}

/// The bank's tokens are not to be had: 409 while they may come yet, 410 when not.
fn not_in_force(status: Status) -> Problem {
    let problem = match status {
        Status::Awaited | Status::AwaitedAgain => {
            let detail = "The customer has not agreed yet, or is asked again after the consent ran out.";
            Problem::new(StatusCode::CONFLICT, ProblemKind::NotAuthorised, detail)
        }
        _ => Problem::new(StatusCode::GONE, ProblemKind::Ended, "The consent has ended, or was never given."),
    };
    problem.with("consent_status", status.as_str())
}

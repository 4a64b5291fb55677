//! Payments in Handback's own words: opened, withdrawn, captured, released and refunded below `/v1/journeys`.

use std::{sync::Arc, time::Duration};

use actix_web::{http::StatusCode, http::header, web};

use super::journey_view::{read_id, view};
use super::{ApiResult, Authenticated, Call, no_store};
use crate::dialect::own::{AttachBody, NAME, OpenBody, OperationBody};
use crate::domain::{Invalid, Journey, Merchant, MerchantId, OperationKind, Outcome};
use crate::engine::{Attached, Engine, EngineError, Reservation, find, use_cases};
use crate::web::{Problem, ProblemKind};

/// How long a call waits for what a provider does at once. It is done all the same afterwards.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let operation = |kind| {
        move |engine: web::Data<Engine>, id: web::Path<String>, call: Call<OperationBody>| {
            operate(engine, id, call, kind)
        }
    };
    config
        .service(super::at("/journeys/{id}/attach", "POST").route(web::post().to(attach)))
        .service(super::at("/journeys/{id}/not-made", "POST").route(web::post().to(record_not_made)))
        .service(super::at("/journeys/{id}/cancel", "POST").route(web::post().to(cancel)))
        .service(super::at("/journeys/{id}/captures", "POST").route(web::post().to(operation(OperationKind::Capture))))
        .service(super::at("/journeys/{id}/voids", "POST").route(web::post().to(operation(OperationKind::Void))))
        .service(super::at("/journeys/{id}/refunds", "POST").route(web::post().to(operation(OperationKind::Refund))));
}

/// Opens a payment.
pub(super) async fn open(engine: web::Data<Engine>, call: Call<OpenBody>) -> ApiResult {
    let Call { merchant, reservation, body } = call;
    let request = body.read()?;
    let opened = use_cases::open::open(&engine, &merchant, NAME, &request, reservation.as_ref()).await;
    let journey = opened.map_err(renamed)?;
    created(&engine, &journey)
}

/// Binds the payment that the app has created at the provider.
async fn attach(engine: web::Data<Engine>, id: web::Path<String>, call: Call<AttachBody>) -> ApiResult {
    let Call { merchant, body, .. } = call;
    let reference = body.read()?;
    let journey = journey_of(&engine, merchant.id, &id).await?;
    let bound = use_cases::payment::attach(&engine, merchant.id, journey.pay_id(), &reference).await?;
    match bound.ok_or_else(unknown)? {
        Attached::Bound(journey) => Ok(no_store(StatusCode::OK).json(view(&engine, &journey)?)),
        Attached::Other => Err(conflict("reference", "is not the one that is bound to this journey".to_owned())),
        Attached::NotAwaited => Err(conflict("id", "was not opened with attach".to_owned())),
        Attached::Foreign => {
            let rule = "names a payment that does not have the reference of this journey";
            Err(Invalid::new("reference", rule).hint("give the payment the reference that attach answered").into())
        }
        Attached::Unknown => Err(Invalid::new("reference", "names no payment that the provider knows").into()),
        Attached::NoAnswer => {
            let detail = "The provider does not answer now, and nothing is bound yet: repeat the call.";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, ProblemKind::ProviderAway, detail))
        }
    }
}

/// Takes the merchant's word that an order whose answer was lost has made no payment.
async fn record_not_made(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let journey = journey_of(&engine, merchant.id, &id).await?;
    match use_cases::payment::record_not_made(&engine, merchant.id, journey.pay_id()).await?.ok_or_else(unknown)? {
        (journey, true) => Ok(no_store(StatusCode::OK).json(view(&engine, &journey)?)),
        (_, false) => Err(conflict("id", "has no order whose answer was lost".to_owned())),
    }
}

/// Withdraws a payment that nobody has made.
async fn cancel(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let journey = journey_of(&engine, merchant.id, &id).await?;
    let withdrawn = use_cases::cancel::withdraw(&engine, merchant.id, journey.pay_id()).await?.ok_or_else(unknown)?;
    match withdrawn.final_outcome() {
        Some(end) if end.outcome == Outcome::Cancelled => Ok(no_store(StatusCode::OK).json(view(&engine, &withdrawn)?)),
        Some(end) => Err(conflict("id", format!("has ended as {}", end.outcome.as_str()))),
        None => {
            Err(conflict("id", "may be being paid at its provider, which has not said that it is closed".to_owned()))
        }
    }
}

async fn operate(
    engine: web::Data<Engine>,
    id: web::Path<String>,
    call: Call<OperationBody>,
    kind: OperationKind,
) -> ApiResult {
    let Call { merchant, reservation, body } = call;
    let Some(reservation) = reservation else {
        let rule = "is missing: an order of money is repeated by the same key";
        return Err(Invalid::new("Idempotency-Key", rule).into());
    };
    let original = journey_of(&engine, merchant.id, &id).await?;
    created(&engine, &order(&engine, &merchant, &original, (kind, body), &reservation).await.map_err(renamed)?)
}

/// Orders an operation on a payment once for a reservation, and answers it as far as its provider says in time.
pub(in crate::web) async fn order(
    engine: &Arc<Engine>,
    merchant: &Merchant,
    original: &Journey,
    (kind, body): (OperationKind, OperationBody),
    reservation: &Reservation,
) -> Result<Journey, EngineError> {
    // The repetition of a call: what is left by now is nothing to it.
    if let Some(before) = use_cases::open::opened_by(engine, reservation).await? {
        return ordered(engine, before).await;
    }
    let request = body.read(kind, original)?;
    let journey = use_cases::open::open(engine, merchant, NAME, &request, Some(reservation)).await?;
    ordered(engine, journey).await
}

/// An operation as far as its provider says in time.
async fn ordered(engine: &Arc<Engine>, journey: Journey) -> Result<Journey, EngineError> {
    match tokio::time::timeout(OPERATION_TIMEOUT, use_cases::perform::perform(engine, journey.clone())).await {
        Ok(performed) => Ok(performed?),
        Err(_late) => Ok(journey),
    }
}

fn created(engine: &Engine, journey: &Journey) -> ApiResult {
    let mut response = no_store(StatusCode::CREATED);
    response.insert_header((header::CONTENT_LOCATION, format!("/v1/journeys/{}", journey.id())));
    Ok(response.json(view(engine, journey)?.with_qr_code(journey)))
}

async fn journey_of(engine: &Engine, merchant: MerchantId, text: &str) -> Result<Journey, Problem> {
    let (pay_id, id) = read_id(text)?;
    let found = find::current(&engine.deps, merchant, pay_id).await?;
    found.filter(|journey| id.is_none_or(|id| id == *journey.id())).ok_or_else(unknown)
}

/// This refusal, its field under the name that it has here.
pub(in crate::web) fn renamed(error: EngineError) -> EngineError {
    let EngineError::Refused(invalid) = error else { return error };
    let own = [
        ("callback_url", "callback"),
        ("payment_endpoint", "endpoints"),
        ("success", "callback.success"),
        ("cancel", "callback.cancelled"),
        ("error", "callback.failed"),
    ];
    let named = own.iter().find_map(|(engines, own)| Some(format!("{own}{}", invalid.field().strip_prefix(engines)?)));
    EngineError::Refused(match named {
        Some(field) => invalid.at(field),
        None => invalid,
    })
}

fn unknown() -> Problem {
    Problem::not_found("journey")
}

fn conflict(field: &'static str, rule: String) -> Problem {
    let detail = format!("{field}: {rule}");
    Problem::new(StatusCode::CONFLICT, ProblemKind::Conflict, detail).with("field", field).with("rule", rule)
}

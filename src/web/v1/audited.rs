//! What a call changes of how a merchant is set up stands in the audit log, as what the console changes does: as begun
//! before it is changed, and then as done.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError as _, web};
use futures_util::future::Either;

use super::bearer;
use crate::domain::{AuditAction, AuditPlace, Member};
use crate::engine::{Engine, EngineError, use_cases};
use crate::web::problem::{Problem, name_types, with_type_named};

/// Where the calls are that change how a merchant is set up. Links, payments and deliveries are the daily work, which the
/// timelines of journeys tell of.
const SET_UP: [&str; 3] = ["/v1/profile/", "/v1/provider-accounts", "/v1/merchants"];

/// A middleware around [`name_types`].
///
/// # Errors
/// As [`name_types`].
pub(super) fn write_changes(
    engine: web::Data<Engine>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> impl Future<Output = Result<ServiceResponse, Error>> {
    if request.method().is_safe() || !SET_UP.iter().any(|below| request.path().starts_with(below)) {
        return Either::Left(name_types(engine, request, next));
    }
    // Boxed, so that the calls above are no larger for it.
    Either::Right(Box::pin(write_change(engine, request, next)))
}

async fn write_change(
    engine: web::Data<Engine>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let call = format!("{} {}", request.method(), request.path());
    let begun = match begin(&engine, &request, &call).await {
        Ok(begun) => begun,
        Err(error) => {
            let refused = request.into_response(Problem::from(error).error_response());
            return Ok(with_type_named(&engine, refused));
        }
    };
    let response = name_types(engine.clone(), request, next).await?;
    let Some((member, place)) = begun else { return Ok(response) };
    let status = response.status();
    let written = if status.is_success() {
        use_cases::console::end_change(&engine, &member, place, AuditAction::ApiCalled, &call).await
    } else if status.is_client_error() {
        use_cases::console::take_back(&engine, member.scope, place).await
    } else {
        // What became of it is not known.
        Ok(())
    };
    if let Err(error) = written {
        tracing::warn!(error = %error, "audit.not_ended");
    }
    Ok(response)
}

/// Writes that a change was begun. `None` when the key of the call is nobody's.
async fn begin(
    engine: &Engine,
    request: &ServiceRequest,
    call: &str,
) -> Result<Option<(Member, AuditPlace)>, EngineError> {
    let Some(key) = bearer(request.request()) else { return Ok(None) };
    let Some(member) = use_cases::authenticate::member_of_key(engine, key).await? else { return Ok(None) };
    let place = use_cases::console::begin_change(engine, &member, call).await?;
    Ok(Some((member, place)))
}

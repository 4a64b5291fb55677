//! Answers: a body of JSON, or a refusal in Token.io's envelope (contracts, section 9).

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::dialect::token_io::{self, Failure};
use crate::domain::invalid::Invalid;
use crate::engine::{Engine, EngineError};
use crate::telemetry;
use crate::web::body::BodyTrouble;
use crate::web::problem::RETRY_SECONDS;

/// Says of a 5xx that it is the bank's.
const EXTERNAL_ERROR: HeaderName = HeaderName::from_static("token-external-error");

/// What a call without credentials is asked for (RFC 9110, section 11.6.1); the SDK's own scheme is nobody's to choose.
const CHALLENGES: &str = "Bearer realm=\"token-io\", Basic realm=\"token-io\"";

/// The body of a success, as JSON.
pub(super) type Reply = String;

/// A refusal, before it is put into its envelope.
pub(super) struct ErrorBody {
    status: StatusCode,
    kind: Box<Kind>,
    external: bool,
    cause: Option<telemetry::Cause>,
    allow: Option<&'static str>,
}

/// What a refusal is about.
enum Kind {
    /// The fields of the call.
    Call(token_io::Rejection),
    /// Something else: its code, its sentence, and the payment that it names.
    Other(Option<&'static str>, String, Option<String>),
}

impl ErrorBody {
    fn new(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        let kind = Box::new(Kind::Other(code, message.into(), None));
        Self { status, kind, external: false, cause: None, allow: None }
    }

    /// No credentials, or none that are worth anything: `why` names the header and the rule.
    pub fn unauthenticated(why: &Invalid) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, None, why.to_string())
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some("PermissionDenied"), message)
    }

    /// There is nothing of this kind under this id, or nothing of the caller's.
    pub fn not_found(what: &str, id: Option<&str>) -> Self {
        let kind = Kind::Other(Some("NOT_FOUND"), format!("There is no such {what}"), id.map(str::to_owned));
        Self { kind: Box::new(kind), ..Self::new(StatusCode::NOT_FOUND, None, "") }
    }

    /// The address has other methods.
    pub fn wrong_method(allowed: &'static str) -> Self {
        let message = format!("This address allows {allowed}");
        Self { allow: Some(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, Some("UNIMPLEMENTED"), message) }
    }

    /// The bank could not be asked: a 503 that is the bank's, and says so.
    pub fn of_bank(message: impl Into<String>) -> Self {
        Self { external: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, Some("UNAVAILABLE"), message) }
    }

    /// The bank is asked about a payment, and has not answered a call that did not say how long it waits.
    pub fn deadline_exceeded(payment: &str) -> Self {
        let message = "The bank has not answered yet; the payment goes on. With the header request-timeout a call that waits \
                       too long is answered with the payment as it stands";
        Self::too_late(message).about(payment)
    }

    /// The bank is asked, and has not answered in the time that there was.
    pub fn too_late(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, Some("DEADLINE_EXCEEDED"), message)
    }

    /// It has been tried too often.
    pub fn exhausted(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, Some("RESOURCE_EXHAUSTED"), message)
    }

    /// What is asked for cannot be done to it as it stands.
    pub fn conflict(why: Invalid) -> Self {
        Self { status: StatusCode::CONFLICT, ..token_io::Rejection::not_allowed(why).into() }
    }

    /// The same of a payment: what is not the caller's mistake names it (contracts, section 9).
    pub fn about(mut self, payment: &str) -> Self {
        if names_payment(&self)
            && let Kind::Other(_, _, about) = self.kind.as_mut()
        {
            about.get_or_insert_with(|| payment.to_owned());
        }
        self
    }

    /// The same of a field that is called otherwise where the call came from.
    pub fn renamed(mut self, from: &str, to: &str) -> Self {
        if let Kind::Call(token_io::Rejection::Field(_, invalid)) = self.kind.as_mut()
            && let Some(rest) = invalid.field().strip_prefix(from)
        {
            *invalid = invalid.clone().at(format!("{to}{rest}"));
        }
        self
    }
}

impl From<token_io::Rejection> for ErrorBody {
    fn from(refusal: token_io::Rejection) -> Self {
        Self { kind: Box::new(Kind::Call(refusal)), ..Self::new(StatusCode::BAD_REQUEST, None, "") }
    }
}

impl From<Invalid> for ErrorBody {
    fn from(invalid: Invalid) -> Self {
        token_io::Rejection::from(invalid).into()
    }
}

impl From<BodyTrouble> for ErrorBody {
    fn from(trouble: BodyTrouble) -> Self {
        match trouble {
            BodyTrouble::Unreadable(invalid) => invalid.into(),
            other => {
                let refusal: Self = Invalid::new("body", other.to_string()).into();
                Self { status: other.status(), ..refusal }
            }
        }
    }
}

impl From<serde_json::Error> for ErrorBody {
    fn from(error: serde_json::Error) -> Self {
        EngineError::Missing(format!("way to write an answer ({error})")).into()
    }
}

impl From<EngineError> for ErrorBody {
    fn from(error: EngineError) -> Self {
        let (status, code, message) = match error {
            EngineError::Refused(invalid) => return token_io::Rejection::not_allowed(invalid).into(),
            EngineError::Disabled => return Self::forbidden("This member is disabled: ask the operator"),
            EngineError::KeyReused => {
                let invalid = Invalid::new("Idempotency-Key", "was used for another request");
                return token_io::Rejection::not_unique(invalid).into();
            }
            EngineError::Store(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "The gateway cannot answer now, try again")
            }
            EngineError::Gone | EngineError::Missing(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "This is our mistake, and has been noted")
            }
        };
        Self { cause: Some(telemetry::Cause::new(&error)), ..Self::new(status, Some(code), message) }
    }
}

/// Writes a body.
pub(super) fn reply(body: impl Serialize) -> Result<Reply, ErrorBody> {
    Ok(serde_json::to_string(&body)?)
}

/// Writes an answer.
pub(super) fn answer(engine: &Engine, reply: Result<Reply, ErrorBody>) -> HttpResponse {
    match reply {
        Ok(body) => written(StatusCode::OK, body),
        Err(refusal) => refused(engine, &refusal),
    }
}

/// Writes an answer to a call whose path names a payment.
pub(super) fn answer_about(engine: &Engine, request: &HttpRequest, reply: Result<Reply, ErrorBody>) -> HttpResponse {
    answer(engine, reply.map_err(|refusal| refusal.about(request.match_info().query("id"))))
}

/// Whether an answer with this status names a payment; the vendor's schema has one also where there is none to name.
fn names_payment(refusal: &ErrorBody) -> bool {
    matches!(refusal.status.as_u16(), 404 | 429 | 501 | 503 | 504)
}

fn refused(engine: &Engine, refusal: &ErrorBody) -> HttpResponse {
    let failure = match refusal.kind.as_ref() {
        Kind::Call(refusal) => refusal.failure(),
        Kind::Other(error_code, message, payment_id) => Failure {
            error_code: *error_code,
            message: message.clone(),
            payment_id: payment_id.as_deref(),
            ..Failure::default()
        },
    };
    let failure =
        Failure { payment_id: failure.payment_id.or_else(|| names_payment(refusal).then_some("")), ..failure };
    let half = engine.deps.clock.entropy().first_chunk().copied().unwrap_or_default();
    let failure = Failure { token_trace_id: format!("{:032x}", u128::from_be_bytes(half)), ..failure };
    let Ok(body) = failure.written() else { return HttpResponse::InternalServerError().finish() };
    let mut response = written(refusal.status, body);
    let headers = response.headers_mut();
    if refusal.external {
        headers.insert(EXTERNAL_ERROR, HeaderValue::from_static("true"));
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGES));
    }
    if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
    }
    if let Some(allow) = refusal.allow {
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(cause) = &refusal.cause {
        response.extensions_mut().insert(cause.clone());
    }
    response
}

fn written(status: StatusCode, body: String) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.content_type("application/json").insert_header((header::CACHE_CONTROL, "no-store"));
    response.body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(refusal: &ErrorBody) -> Option<&str> {
        match refusal.kind.as_ref() {
            Kind::Call(_) => None,
            Kind::Other(_, _, about) => about.as_deref(),
        }
    }

    #[test]
    fn what_is_not_the_callers_mistake_names_the_payment() {
        let refusals = [ErrorBody::of_bank("x"), ErrorBody::too_late("x"), ErrorBody::exhausted("x")];
        for refusal in refusals.into_iter().chain([ErrorBody::not_found("payment", None)]) {
            assert_eq!(about(&refusal.about("pm2:a:b")), Some("pm2:a:b"));
        }
        for refusal in [
            ErrorBody::unauthenticated(&Invalid::new("Authorization", "is required")),
            ErrorBody::forbidden("x"),
            Invalid::new("query", "x").into(),
            EngineError::Missing("x".into()).into(),
        ] {
            assert_eq!(about(&refusal.about("pm2:a:b")), None);
        }
        assert_eq!(about(&ErrorBody::not_found("link", Some("pl-1")).about("pm2:a:b")), Some("pl-1"));
    }
}

//! Answers: a body of JSON, or a refusal in Token.io's envelope (contracts, section 9).

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{Handler, HttpResponse, http::StatusCode, web};
use serde::Serialize;

use crate::dialect::token_io::{self, Failure};
use crate::domain::Invalid;
use crate::engine::Engine;
use crate::web::answer::{self, ErrorWords, FailureKind};
use crate::web::{BodyTrouble, Incoming};

/// Says of a 5xx that it is the bank's.
const EXTERNAL_ERROR: HeaderName = HeaderName::from_static("token-external-error");

/// What a call without credentials is asked for (RFC 9110, section 11.6.1); the SDK's own scheme is nobody's to choose.
const CHALLENGES: &str = "Bearer realm=\"token-io\", Basic realm=\"token-io\"";

/// The body of a success, as JSON.
pub(super) type Reply = String;

/// A refusal, before it is put into its envelope.
pub(super) type ErrorBody = answer::ErrorBody<Box<Kind>>;

/// What a refusal is about.
pub(super) enum Kind {
    /// The fields of the call.
    Call(token_io::Rejection),
    /// Something else: its code, its sentence, and the payment that it names.
    Other(Option<&'static str>, String, Option<String>),
}

impl ErrorBody {
    fn new(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self::worded(status, Box::new(Kind::Other(code, message.into(), None)))
    }

    /// No credentials, or none that are worth anything: `why` names the header and the rule.
    pub fn unauthenticated(why: &Invalid) -> Self {
        let challenges = HeaderValue::from_static(CHALLENGES);
        Self::new(StatusCode::UNAUTHORIZED, None, why.to_string()).with_header(header::WWW_AUTHENTICATE, challenges)
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some("PermissionDenied"), message)
    }

    /// There is nothing of this kind under this id, or nothing of the caller's.
    pub fn not_found(what: &str, id: Option<&str>) -> Self {
        let kind = Kind::Other(Some("NOT_FOUND"), format!("There is no such {what}"), id.map(str::to_owned));
        Self::worded(StatusCode::NOT_FOUND, Box::new(kind))
    }

    /// The address has other methods.
    pub fn wrong_method(allowed: &'static str) -> Self {
        let message = format!("This address allows {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Some("UNIMPLEMENTED"), message).allowing(allowed)
    }

    /// The bank could not be asked: a 503 that is the bank's, and says so.
    pub fn of_bank(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Some("UNAVAILABLE"), message)
            .with_header(EXTERNAL_ERROR, HeaderValue::from_static("true"))
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
        Self::from(token_io::Rejection::not_allowed(why)).with_status(StatusCode::CONFLICT)
    }

    /// This refusal of a payment: what is not the caller's mistake names it (contracts, section 9).
    pub fn about(mut self, payment: &str) -> Self {
        if names_payment(&self)
            && let Kind::Other(_, _, about) = self.words.as_mut()
        {
            about.get_or_insert_with(|| payment.to_owned());
        }
        self
    }
}

impl From<token_io::Rejection> for ErrorBody {
    fn from(refusal: token_io::Rejection) -> Self {
        Self::worded(StatusCode::BAD_REQUEST, Box::new(Kind::Call(refusal)))
    }
}

impl ErrorWords for Box<Kind> {
    fn invalid(invalid: Invalid) -> ErrorBody {
        token_io::Rejection::from(invalid).into()
    }

    fn refused(invalid: Invalid) -> ErrorBody {
        token_io::Rejection::not_allowed(invalid).into()
    }

    fn unread(trouble: BodyTrouble) -> ErrorBody {
        match trouble {
            BodyTrouble::Unreadable(invalid) => invalid.into(),
            other => Self::invalid(Invalid::new("body", other.to_string())).with_status(other.status()),
        }
    }

    fn failed(kind: FailureKind) -> ErrorBody {
        let ours = |code, message: &str| ErrorBody::new(kind.status(), Some(code), message);
        match kind {
            FailureKind::Disabled => ErrorBody::forbidden("This member is disabled: ask the operator"),
            FailureKind::KeyReused => {
                let invalid = Invalid::new("Idempotency-Key", "was used for another request");
                token_io::Rejection::not_unique(invalid).into()
            }
            FailureKind::StoreAway => ours("UNAVAILABLE", "The gateway cannot answer now, try again"),
            FailureKind::Internal => ours("InternalServerError", "This is our mistake, and has been noted"),
        }
    }
}

/// Writes a body.
pub(super) fn reply(body: impl Serialize) -> Result<Reply, ErrorBody> {
    Ok(serde_json::to_string(&body)?)
}

/// Writes an answer.
pub(super) fn answer(engine: &Engine, reply: Result<Reply, ErrorBody>) -> HttpResponse {
    match reply {
        Ok(body) => answer::json(StatusCode::OK, Ok(body)),
        Err(refusal) => refused(engine, refusal),
    }
}

/// A handler that writes what a call came to as an answer.
pub(super) fn answered<F, R>(call: F) -> impl Handler<(web::Data<Engine>, Incoming), Output = HttpResponse>
where
    F: Fn(web::Data<Engine>, Incoming) -> R + Clone + 'static,
    R: Future<Output = Result<Reply, ErrorBody>> + 'static,
{
    answer::answered(call, answer)
}

/// A handler of calls whose path names a payment: a refusal names it too.
pub(super) fn answered_about<F, R>(call: F) -> impl Handler<(web::Data<Engine>, Incoming), Output = HttpResponse>
where
    F: Fn(web::Data<Engine>, Incoming) -> R + Clone + 'static,
    R: Future<Output = Result<Reply, ErrorBody>> + 'static,
{
    answered(move |engine, incoming| {
        let request = incoming.request.clone();
        let reply = call(engine, incoming);
        async move { reply.await.map_err(|refusal| refusal.about(request.match_info().query("id"))) }
    })
}

/// Whether an answer with this status names a payment; the vendor's schema has one also where there is none to name.
fn names_payment(refusal: &ErrorBody) -> bool {
    matches!(refusal.status.as_u16(), 404 | 429 | 501 | 503 | 504)
}

fn refused(engine: &Engine, refusal: ErrorBody) -> HttpResponse {
    let failure = match refusal.words.as_ref() {
        Kind::Call(refusal) => refusal.failure(),
        Kind::Other(error_code, message, payment_id) => Failure {
            error_code: *error_code,
            message: message.clone(),
            payment_id: payment_id.as_deref(),
            ..Failure::default()
        },
    };
    let failure =
        Failure { payment_id: failure.payment_id.or_else(|| names_payment(&refusal).then_some("")), ..failure };
    let failure = Failure { token_trace_id: answer::trace_id(engine), ..failure };
    let response = answer::json(refusal.status, failure.written());
    refusal.complete(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineError;

    fn about(refusal: &ErrorBody) -> Option<&str> {
        match refusal.words.as_ref() {
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

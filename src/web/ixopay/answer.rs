//! Answers: a body, or a refusal with IXOPAY's code (contracts/ixopay.md, sections 5 and 9).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use super::rates::Reached;
use crate::dialect::ixopay::{Code, rejection};
use crate::domain::invalid::Invalid;
use crate::engine::EngineError;
use crate::telemetry;
use crate::web::body::BodyTrouble;
use crate::web::problem::RETRY_SECONDS;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A refusal, before it is put into words: no transaction comes of the call.
pub(super) struct ErrorBody {
    status: StatusCode,
    code: Code,
    message: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<telemetry::Cause>,
}

impl ErrorBody {
    pub fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new(), cause: None }
    }

    /// No credentials, or none that belong together and to this address.
    pub fn unauthorised() -> Self {
        let message = "Invalid credentials: expected Authorization: Basic with the merchant's id, which is the API key in \
                       the address too, and an API key of Handback's as password";
        let realm = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"ixopay\""));
        let refusal = Self::new(StatusCode::UNAUTHORIZED, Code::REQUEST_FAILED, message);
        Self { headers: vec![realm], ..refusal }
    }

    /// The signature is missing, or not that of the shared secret.
    pub fn unsigned(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Code::INVALID_SIGNATURE, message)
    }

    /// The merchant's own id has been used before.
    pub fn duplicate(id: &str) -> Self {
        let message = format!("The transaction ID '{id}' already exists!");
        Self::new(StatusCode::BAD_REQUEST, Code::DUPLICATE, message)
    }

    /// The status of nothing is 200, too.
    pub fn unknown_transaction() -> Self {
        Self::new(StatusCode::OK, Code::NOT_FOUND, Code::NOT_FOUND.message)
    }

    pub fn no_such_call() -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::REQUEST_FAILED, "There is no such call here")
    }

    pub fn wrong_method(allowed: &'static str) -> Self {
        let message = format!("This address allows {allowed}");
        let allow = (header::ALLOW, HeaderValue::from_static(allowed));
        Self { headers: vec![allow], ..Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::REQUEST_FAILED, message) }
    }
}

impl From<Invalid> for ErrorBody {
    /// As IXOPAY writes it: `amount: 'amount' is required`.
    fn from(invalid: Invalid) -> Self {
        if invalid.field() == "body" {
            let message = format!("{}: {invalid}", Code::INVALID_BODY.message);
            return Self::new(StatusCode::BAD_REQUEST, Code::INVALID_BODY, message);
        }
        let name = invalid.field().rsplit('.').next().unwrap_or_default();
        let hint = invalid.hint_text().map(|hint| format!("; {hint}")).unwrap_or_default();
        let message = format!("{}: '{name}' {}{hint}", invalid.field(), invalid.rule());
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::INVALID_DATA, message)
    }
}

impl From<BodyTrouble> for ErrorBody {
    fn from(trouble: BodyTrouble) -> Self {
        match trouble {
            BodyTrouble::Unreadable(invalid) => invalid.into(),
            other => Self::new(other.status(), Code::INVALID_BODY, other.to_string()),
        }
    }
}

impl From<Reached> for ErrorBody {
    fn from(reached: Reached) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, Code::TOO_MANY, Code::TOO_MANY.message);
        let headers = vec![
            (LIMIT, reached.limit.into()),
            (REMAINING, 0.into()),
            (header::RETRY_AFTER, reached.retry_seconds.into()),
        ];
        Self { headers, ..refusal }
    }
}

impl From<serde_json::Error> for ErrorBody {
    fn from(error: serde_json::Error) -> Self {
        EngineError::Missing(format!("way to write an answer ({error})")).into()
    }
}

impl From<EngineError> for ErrorBody {
    fn from(error: EngineError) -> Self {
        let cause = Some(telemetry::Cause::new(&error));
        match error {
            EngineError::Refused(invalid) => invalid.into(),
            EngineError::Disabled => {
                Self::new(StatusCode::FORBIDDEN, Code::REQUEST_FAILED, "This merchant is disabled: ask the operator")
            }
            EngineError::KeyReused => Self::new(StatusCode::BAD_REQUEST, Code::DUPLICATE, Code::DUPLICATE.message),
            EngineError::Store(_) => {
                let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::MAINTENANCE, Code::MAINTENANCE.message);
                Self { cause, headers: vec![(header::RETRY_AFTER, RETRY_SECONDS.into())], ..refusal }
            }
            EngineError::Gone | EngineError::Missing(_) => {
                let refusal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::SYSTEM, Code::SYSTEM.message);
                Self { cause, ..refusal }
            }
        }
    }
}

/// Writes an answer.
pub(super) fn answer(said: Result<String, ErrorBody>) -> HttpResponse {
    let (status, body, headers, cause) = match said {
        Ok(body) => (StatusCode::OK, Ok(body), Vec::new(), None),
        Err(refused) => (refused.status, rejection(&refused.message, refused.code), refused.headers, refused.cause),
    };
    let Ok(body) = body else { return HttpResponse::InternalServerError().finish() };
    let mut response = HttpResponse::build(status);
    response.content_type("application/json").insert_header((header::CACHE_CONTROL, "no-store"));
    for (name, value) in headers {
        response.insert_header((name, value));
    }
    let mut response = response.body(body);
    if let Some(cause) = cause {
        response.extensions_mut().insert(cause);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_is_said_as_the_contract_has_it() {
        for (invalid, code, message) in [
            (Invalid::new("amount", "is required"), 1002, "amount: 'amount' is required"),
            (
                Invalid::new("customer.gender", "is not one of M, F").hint("leave it out"),
                1002,
                "customer.gender: 'gender' is not one of M, F; leave it out",
            ),
            (Invalid::new("body", "is no object"), 1005, "Invalid request body: body: is no object"),
        ] {
            let refusal = ErrorBody::from(invalid);
            assert_eq!((refusal.code.number, refusal.message.as_str()), (code, message));
        }
    }
}

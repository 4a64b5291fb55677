//! Answers: a body, or a refusal with IXOPAY's code (contracts/ixopay.md, sections 5 and 9).

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, http::StatusCode};

use crate::dialect::ixopay::{Code, rejection};
use crate::domain::Invalid;
use crate::web::BodyTrouble;
use crate::web::answer::{self, ErrorWords, FailureKind};
use crate::web::rates::Reached;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A refusal, before it is put into its envelope: no transaction comes of the call.
pub(super) type ErrorBody = answer::ErrorBody<Words>;

/// IXOPAY's code for a refusal, and the sentence beside it.
pub(super) struct Words {
    code: Code,
    message: String,
}

impl ErrorBody {
    pub fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self::worded(status, Words { code, message: message.into() })
    }

    /// No credentials, or none that belong together and to this address.
    pub fn unauthorised() -> Self {
        let message = "Invalid credentials: expected Authorization: Basic with the merchant's id, which is the API key in \
                       the address too, and an API key of Handback's as password";
        let realm = HeaderValue::from_static("Basic realm=\"ixopay\"");
        Self::new(StatusCode::UNAUTHORIZED, Code::REQUEST_FAILED, message).with_header(header::WWW_AUTHENTICATE, realm)
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
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::REQUEST_FAILED, message).allowing(allowed)
    }
}

impl ErrorWords for Words {
    /// As IXOPAY writes it: `amount: 'amount' is required`.
    fn invalid(invalid: Invalid) -> ErrorBody {
        if invalid.field() == "body" {
            let message = format!("{}: {invalid}", Code::INVALID_BODY.message);
            return ErrorBody::new(StatusCode::BAD_REQUEST, Code::INVALID_BODY, message);
        }
        let name = invalid.field().rsplit('.').next().unwrap_or_default();
        let hint = invalid.hint_text().map(|hint| format!("; {hint}")).unwrap_or_default();
        let message = format!("{}: '{name}' {}{hint}", invalid.field(), invalid.rule());
        ErrorBody::new(StatusCode::UNPROCESSABLE_ENTITY, Code::INVALID_DATA, message)
    }

    fn unread(trouble: BodyTrouble) -> ErrorBody {
        match trouble {
            BodyTrouble::Unreadable(invalid) => invalid.into(),
            other => ErrorBody::new(other.status(), Code::INVALID_BODY, other.to_string()),
        }
    }

    fn failed(kind: FailureKind) -> ErrorBody {
        let ours = |code: Code| ErrorBody::new(kind.status(), code, code.message);
        match kind {
            FailureKind::Disabled => {
                ErrorBody::new(kind.status(), Code::REQUEST_FAILED, "This merchant is disabled: ask the operator")
            }
            FailureKind::KeyReused => ours(Code::DUPLICATE).with_status(StatusCode::BAD_REQUEST),
            FailureKind::StoreAway => ours(Code::MAINTENANCE),
            FailureKind::Internal => ours(Code::SYSTEM),
        }
    }
}

impl From<Reached> for ErrorBody {
    fn from(reached: Reached) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::TOO_MANY, Code::TOO_MANY.message)
            .with_header(LIMIT, reached.limit)
            .with_header(REMAINING, 0)
            .with_header(header::RETRY_AFTER, reached.retry_seconds)
    }
}

/// Writes an answer.
pub(super) fn answer(said: Result<String, ErrorBody>) -> HttpResponse {
    match said {
        Ok(body) => answer::json(StatusCode::OK, Ok(body)),
        Err(refused) => {
            let body = rejection(&refused.words.message, refused.words.code);
            let response = answer::json(refused.status, body);
            refused.complete(response)
        }
    }
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
            assert_eq!((refusal.words.code.number, refusal.words.message.as_str()), (code, message));
        }
    }
}

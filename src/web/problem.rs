//! Problems: refusals as people and programs see them.
//!
//! Our own API answers problem details (RFC 9457); browsers get a page. The cause of a 5xx goes with the response to
//! the middleware that logs it, and no further.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpResponse, ResponseError, body::BoxBody, http::StatusCode, middleware::Next, web};
use serde_json::{Map, Value, json};

use super::answer::{FailureKind, RETRY_SECONDS};
use super::views::{ProblemPage, Repost};
use super::{body::BodyTrouble, problem_kind::ProblemKind, reply};
use crate::domain::Invalid;
use crate::engine::{Engine, EngineError};
use crate::telemetry::Cause;

/// A refusal of our own API.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: StatusCode,
    kind: ProblemKind,
    detail: String,
    more: Map<String, Value>,
    cause: Option<Cause>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(status: StatusCode, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), more: Map::new(), cause: None }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The call brought no API key of anybody's.
    pub fn unauthorised() -> Self {
        let detail = "Expected the header Authorization: Bearer with an API key.";
        Self::new(StatusCode::UNAUTHORIZED, ProblemKind::Unauthorised, detail)
    }

    /// The call brought a merchant's key, and only the operator's will do.
    pub fn forbidden() -> Self {
        let detail = "Expected the operator's key; a merchant's cannot do this.";
        Self::new(StatusCode::FORBIDDEN, ProblemKind::Forbidden, detail)
    }

    /// There is nothing of this kind here.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, ProblemKind::NotFound, format!("There is no such {what}."))
    }

    /// The body, with this address of its kind.
    fn written(&self, address: &str) -> String {
        let mut body = json!({
            "type": address,
            "title": self.kind.title(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.more.clone());
        }
        body.to_string()
    }
}

/// A middleware: the type of a problem is the whole address of its page. What answers a problem does not know our
/// address.
///
/// # Errors
/// With what an inner service refused without answering.
pub async fn name_types(
    engine: web::Data<Engine>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    Ok(with_type_named(&engine, next.call(request).await?))
}

/// An answer whose problem, if it is one, has the whole address of its page as its type.
pub fn with_type_named(engine: &Engine, mut response: ServiceResponse) -> ServiceResponse {
    let problem = response.response_mut().extensions_mut().remove::<Problem>();
    match problem {
        Some(problem) => {
            let body = problem.written(&problem.kind.address(&engine.deps.public_url));
            response.map_body(|_, _| BoxBody::new(body))
        }
        None => response,
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header(("Retry-After", RETRY_SECONDS.to_string()));
        }
        let mut response = response
            .content_type("application/problem+json")
            .insert_header(("Cache-Control", "no-store"))
            .body(self.written(&self.kind.path()));
        response.extensions_mut().insert(self.clone());
        if let Some(cause) = &self.cause {
            response.extensions_mut().insert(cause.clone());
        }
        response
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let detail = invalid.to_string();
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemKind::Invalid, detail)
            .with("field", invalid.field())
            .with("rule", invalid.rule());
        let problem = invalid.hint_text().map_or(problem.clone(), |hint| problem.with("hint", hint));
        match invalid.field().rsplit_once(" item ").and_then(|(_, item)| item.parse::<u32>().ok()) {
            Some(item) => problem.with("item", item),
            None => problem,
        }
    }
}

impl From<BodyTrouble> for Problem {
    fn from(trouble: BodyTrouble) -> Self {
        match trouble {
            BodyTrouble::Unreadable(invalid) => Self { status: StatusCode::BAD_REQUEST, ..Self::from(invalid) },
            other => Self::new(other.status(), ProblemKind::Body, other.to_string()),
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let (failure, cause) = match FailureKind::of(error) {
            Ok(failure) => failure,
            Err(invalid) => return invalid.into(),
        };
        let (kind, detail) = match failure {
            FailureKind::Disabled => {
                (ProblemKind::Disabled, "The operator has disabled this merchant; its running journeys go on.")
            }
            FailureKind::KeyReused => (
                ProblemKind::KeyReused,
                "The same Idempotency-Key came with another path or body within 24 hours. Use a new key.",
            ),
            FailureKind::StoreAway => (
                ProblemKind::StoreAway,
                "The store does not answer at the moment. Try again, with the same Idempotency-Key if you sent one.",
            ),
            FailureKind::Internal => (ProblemKind::Internal, "This is our mistake, and has been noted."),
        };
        Self { cause, ..Self::new(failure.status(), kind, detail) }
    }
}

/// What a browser is shown instead of the page it wanted.
pub fn page_of(error: &EngineError) -> HttpResponse {
    page_leading(error, None)
}

/// What a browser that sent a form is shown: a page that leads to `page` when it tries again.
pub fn page_of_form(error: &EngineError, page: String) -> HttpResponse {
    page_leading(error, Some(page))
}

/// What a browser that brought a bank's form is shown when the store is away: a page that posts it again.
pub fn page_of_post(error: &EngineError, repost: &Repost) -> HttpResponse {
    let mut response = reply::repost_page(StatusCode::SERVICE_UNAVAILABLE, repost);
    response.extensions_mut().insert(Cause::new(error));
    response
}

fn page_leading(error: &EngineError, retry_at: Option<String>) -> HttpResponse {
    let mut response = if let EngineError::Store(_) = error {
        let page = ProblemPage { retry_at, ..ProblemPage::store_away(RETRY_SECONDS) };
        reply::problem_page(StatusCode::SERVICE_UNAVAILABLE, page)
    } else {
        // Nobody on a page has brought what could be refused.
        reply::problem_page(StatusCode::INTERNAL_SERVER_ERROR, ProblemPage::our_fault())
    };
    response.extensions_mut().insert(Cause::new(error));
    response
}

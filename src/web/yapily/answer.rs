//! Answers: a status, a body in its envelope, and the headers that Yapily's samples carry (contracts, sections 2 and
//! 7).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use crate::dialect::yapily::{Body, Failure, InstitutionError, Issue, Source, Unsupported};
use crate::domain::consent::Status;
use crate::domain::invalid::Invalid;
use crate::domain::outcome::ProviderRefusal;
use crate::engine::{Engine, EngineError};
use crate::telemetry;
use crate::web::body::BodyTrouble;
use crate::web::problem::RETRY_SECONDS;

const TRACING_ID: HeaderName = HeaderName::from_static("yapily-tracing-id");

/// What Yapily's samples carry besides.
const SAMPLES: [(&str, &str); 5] = [
    ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("pragma", "no-cache"),
    ("expires", "0"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// A success.
pub(super) type Reply = (StatusCode, Body);

/// Which of the two envelopes a refusal has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Issues {
    /// The classic one.
    Untold,
    /// That of hosted pages.
    Told,
}

/// A refusal, before it is put into its envelope.
pub(super) struct ErrorBody {
    status: StatusCode,
    message: String,
    source: Option<&'static str>,
    institution_error: Option<String>,
    issues: Issues,
    cause: Option<telemetry::Cause>,
    allow: Option<&'static str>,
}

impl ErrorBody {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let issues = Issues::Untold;
        Self {
            status,
            message: message.into(),
            source: None,
            institution_error: None,
            issues,
            cause: None,
            allow: None,
        }
    }

    /// No credentials, or none that belong together; the sample's own sentence.
    pub fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Full authentication is required to access this resource")
    }

    pub fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The caller may not have this, or not any more.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self { source: Some("USER"), ..Self::new(StatusCode::FORBIDDEN, message) }
    }

    /// A consent that stands where it cannot be used, in the sample's words.
    pub fn unusable(status: Status) -> Self {
        let status = crate::dialect::yapily::status(status);
        Self::forbidden(format!("The given consent can not be used. The consent status is [{status}]"))
    }

    /// The same with another status, where the operation's document has another.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub fn wrong_method(allowed: &'static str) -> Self {
        let message = format!("This address allows {allowed}");
        Self { allow: Some(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message) }
    }

    /// The same of a field that has another name where the call came to.
    pub fn renamed(mut self, field: &str, to: &str) -> Self {
        if let Some(rule) = self.message.strip_prefix(field).filter(|rule| rule.starts_with(": ")) {
            self.message = format!("{to}{rule}");
        }
        self
    }

    /// The bank said no.
    pub fn of_bank(error: &ProviderRefusal) -> Self {
        let refusal = crate::dialect::yapily::Rejection::of_bank(error);
        let reply = serde_json::json!({ "error": error.code(), "error_description": error.description() });
        Self {
            source: Some(refusal.source().in_capitals()),
            institution_error: Some(reply.to_string()),
            ..Self::new(StatusCode::FAILED_DEPENDENCY, format!("{}: {}", refusal.error(), refusal.description()))
        }
    }
}

impl From<Invalid> for ErrorBody {
    fn from(invalid: Invalid) -> Self {
        Self { source: Some("USER"), ..Self::new(StatusCode::BAD_REQUEST, invalid.to_string()) }
    }
}

impl From<Unsupported> for ErrorBody {
    fn from(unsupported: Unsupported) -> Self {
        let source = Some(Source::Institution.in_capitals());
        Self { source, ..Self::new(StatusCode::FAILED_DEPENDENCY, unsupported.to_string()) }
    }
}

impl From<BodyTrouble> for ErrorBody {
    fn from(trouble: BodyTrouble) -> Self {
        Self::new(trouble.status(), trouble.to_string())
    }
}

impl From<serde_json::Error> for ErrorBody {
    fn from(error: serde_json::Error) -> Self {
        EngineError::Missing(format!("way to write an answer ({error})")).into()
    }
}

impl From<EngineError> for ErrorBody {
    fn from(error: EngineError) -> Self {
        let (status, message) = match error {
            EngineError::Refused(invalid) => return invalid.into(),
            EngineError::Disabled => return Self::forbidden("This application is disabled: ask the operator"),
            EngineError::KeyReused => {
                return Self::new(StatusCode::CONFLICT, "The Idempotency-Key was used for another request");
            }
            EngineError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "The gateway cannot answer now, try again"),
            EngineError::Gone | EngineError::Missing(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "This is our mistake, and has been noted")
            }
        };
        Self { source: Some("YAPILY"), cause: Some(telemetry::Cause::new(&error)), ..Self::new(status, message) }
    }
}

/// Writes an answer of hosted pages: a refusal lists its issues.
pub(super) fn answer_with_issues(engine: &Engine, reply: Result<Reply, ErrorBody>) -> HttpResponse {
    let source = |refusal: &ErrorBody| refusal.source.or(Some("YAPILY"));
    answer(engine, reply.map_err(|refusal| ErrorBody { issues: Issues::Told, source: source(&refusal), ..refusal }))
}

/// Writes an answer.
pub(super) fn answer(engine: &Engine, reply: Result<Reply, ErrorBody>) -> HttpResponse {
    let half = engine.deps.clock.entropy().first_chunk().copied().unwrap_or_default();
    let tracing_id = format!("{:032x}", u128::from_be_bytes(half));
    match reply {
        Ok((status, body)) => written(status, body.written(&tracing_id), &tracing_id),
        Err(refusal) => refused(&refusal, &tracing_id),
    }
}

/// Says of a list that it goes on, and where (RFC 8288).
pub(super) fn with_next(
    engine: &Engine,
    path: &str,
    next: Option<&[(&str, String)]>,
    mut response: HttpResponse,
) -> HttpResponse {
    let Some(query) = next else { return response };
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let link = format!("<{}>; rel=\"next\"", engine.deps.public_url.page(path, &query));
    if let Ok(link) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

fn refused(refusal: &ErrorBody, tracing_id: &str) -> HttpResponse {
    let status = refusal.status;
    let failure = Failure {
        // The classic sample of this one has none; the enhanced envelope requires it in every status.
        tracing_id: Some(tracing_id).filter(|_| status != StatusCode::UNAUTHORIZED || refusal.issues == Issues::Told),
        code: status.as_u16(),
        status: status.canonical_reason().unwrap_or_default().to_uppercase().replace([' ', '-'], "_"),
        message: &refusal.message,
        issues: (refusal.issues == Issues::Told).then(|| [Issue::of(status.as_u16(), &refusal.message)]),
        source: refusal.source,
        institution_error: refusal.institution_error.as_deref().map(|error_message| InstitutionError { error_message }),
    };
    let mut response = written(status, failure.written(), tracing_id);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let realm = HeaderValue::from_static("Basic realm=\"YAPILY_API_SECURITY_REALM\"");
        headers.insert(header::WWW_AUTHENTICATE, realm);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
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

fn written(status: StatusCode, body: Result<String, serde_json::Error>, tracing_id: &str) -> HttpResponse {
    let Ok(body) = body else { return broken() };
    let mut response = HttpResponse::build(status);
    response.content_type("application/json;charset=UTF-8").insert_header((TRACING_ID, tracing_id));
    for sample in SAMPLES {
        response.insert_header(sample);
    }
    response.body(body)
}

fn broken() -> HttpResponse {
    HttpResponse::InternalServerError().finish()
}

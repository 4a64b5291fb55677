//! Answers: a status, a body in its envelope, and the headers that Yapily's samples carry (contracts, sections 2 and
//! 7).

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{FromRequest, Handler, HttpResponse, http::StatusCode, web};

use crate::dialect::yapily::{Body, Failure, InstitutionError, Issue, Rejection, Source, Unsupported, Words, status};
use crate::domain::{Invalid, ProviderRefusal, consent::Status};
use crate::engine::Engine;
use crate::web::BodyTrouble;
use crate::web::answer::{self, ErrorWords, FailureKind};

const TRACING_ID: HeaderName = HeaderName::from_static("yapily-tracing-id");

/// What Yapily's samples carry besides.
const SAMPLES: [(&str, &str); 5] = [
    ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("pragma", "no-cache"),
    ("expires", "0"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// The source of what is neither the user's nor the institution's.
const OURS: &str = "YAPILY";

/// What a call comes to.
pub(super) type Reply = Result<Success, ErrorBody>;

/// A success.
pub(super) struct Success {
    pub status: StatusCode,
    pub body: Body,
    /// Where a list goes on (RFC 8288).
    pub next: Option<String>,
}

/// A success with this status and body.
pub(super) fn success(status: StatusCode, body: serde_json::Result<Body>) -> Reply {
    Ok(Success { status, body: body?, next: None })
}

/// A refusal, before it is put into its envelope.
pub(super) type ErrorBody = answer::ErrorBody<Words>;

/// Which of the two envelopes a refusal has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Issues {
    /// The classic one.
    Untold,
    /// That of hosted pages, which lists its issues.
    Told,
}

impl ErrorBody {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::worded(status, Words { message: message.into(), source: None, institution_error: None })
    }

    fn from_source(source: &'static str, status: StatusCode, message: impl Into<String>) -> Self {
        Self::worded(status, Words { message: message.into(), source: Some(source), institution_error: None })
    }

    /// No credentials, or none that belong together; the sample's own sentence.
    pub fn unauthorised() -> Self {
        let realm = HeaderValue::from_static("Basic realm=\"YAPILY_API_SECURITY_REALM\"");
        Self::new(StatusCode::UNAUTHORIZED, "Full authentication is required to access this resource")
            .with_header(header::WWW_AUTHENTICATE, realm)
    }

    pub fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The caller may not have this, or not any more.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::from_source("USER", StatusCode::FORBIDDEN, message)
    }

    /// A consent that stands where it cannot be used, in the sample's words.
    pub fn unusable(stands: Status) -> Self {
        Self::forbidden(format!("The given consent can not be used. The consent status is [{}]", status(stands)))
    }

    pub fn wrong_method(allowed: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("This address allows {allowed}")).allowing(allowed)
    }

    /// This refusal of a field that has another name where the call came to.
    pub fn renamed(mut self, field: &str, to: &str) -> Self {
        if let Some(rule) = self.words.message.strip_prefix(field).filter(|rule| rule.starts_with(": ")) {
            self.words.message = format!("{to}{rule}");
        }
        self
    }

    /// The bank said no.
    pub fn of_bank(error: &ProviderRefusal) -> Self {
        let refusal = Rejection::of_bank(error);
        let reply = serde_json::json!({ "error": error.code(), "error_description": error.description() });
        let words = Words {
            message: format!("{}: {}", refusal.error, refusal.description),
            source: Some(refusal.source.in_capitals()),
            institution_error: Some(InstitutionError { error_message: reply.to_string() }),
        };
        Self::worded(StatusCode::FAILED_DEPENDENCY, words)
    }
}

impl ErrorWords for Words {
    fn invalid(invalid: Invalid) -> ErrorBody {
        ErrorBody::from_source("USER", StatusCode::BAD_REQUEST, invalid.to_string())
    }

    fn unread(trouble: BodyTrouble) -> ErrorBody {
        ErrorBody::new(trouble.status(), trouble.to_string())
    }

    fn failed(kind: FailureKind) -> ErrorBody {
        let status = kind.status();
        match kind {
            FailureKind::Disabled => ErrorBody::forbidden("This application is disabled: ask the operator"),
            FailureKind::KeyReused => ErrorBody::new(status, "The Idempotency-Key was used for another request"),
            FailureKind::StoreAway => ErrorBody::from_source(OURS, status, "The gateway cannot answer now, try again"),
            FailureKind::Internal => ErrorBody::from_source(OURS, status, "This is our mistake, and has been noted"),
        }
    }
}

impl From<Unsupported> for ErrorBody {
    fn from(unsupported: Unsupported) -> Self {
        Self::from_source(Source::Institution.in_capitals(), StatusCode::FAILED_DEPENDENCY, unsupported.to_string())
    }
}

/// A handler that writes what a call comes to.
pub(super) fn answered<X, F, R>(call: F) -> impl Handler<(web::Data<Engine>, X), Output = HttpResponse>
where
    X: FromRequest + 'static,
    F: Fn(web::Data<Engine>, X) -> R + Clone + 'static,
    R: Future<Output = Reply> + 'static,
{
    answer::answered(call, |engine, reply| answer(engine, reply, Issues::Untold))
}

/// Writes an answer.
pub(super) fn answer(engine: &Engine, reply: Reply, issues: Issues) -> HttpResponse {
    let tracing_id = answer::trace_id(engine);
    match reply {
        Ok(Success { status, body, next }) => {
            let mut response = written(status, body.written(&tracing_id), &tracing_id);
            if let Some(next) = next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok()) {
                response.headers_mut().insert(header::LINK, next);
            }
            response
        }
        Err(refusal) => refused(refusal, &tracing_id, issues),
    }
}

/// The address of a list with this query.
pub(super) fn list_url(engine: &Engine, path: &str, query: &[(&str, String)]) -> String {
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    engine.deps.public_url.page(path, &query)
}

fn refused(mut refusal: ErrorBody, tracing_id: &str, issues: Issues) -> HttpResponse {
    let status = refusal.status;
    let has_issues = issues == Issues::Told;
    if has_issues {
        refusal.words.source.get_or_insert(OURS);
    }
    let failure = Failure {
        // The classic sample of this one has none; the enhanced envelope requires it in every status.
        tracing_id: Some(tracing_id).filter(|_| status != StatusCode::UNAUTHORIZED || has_issues),
        code: status.as_u16(),
        status: status.canonical_reason().unwrap_or_default().to_uppercase().replace([' ', '-'], "_"),
        issues: has_issues.then(|| [Issue::of(status.as_u16(), &refusal.words.message)]),
        words: &refusal.words,
    };
    let response = written(status, failure.written(), tracing_id);
    refusal.complete(response)
}

fn written(status: StatusCode, body: serde_json::Result<String>, tracing_id: &str) -> HttpResponse {
    let Ok(body) = body else { return HttpResponse::InternalServerError().finish() };
    let mut response = HttpResponse::build(status);
    response.content_type("application/json;charset=UTF-8").insert_header((TRACING_ID, tracing_id));
    for sample in SAMPLES {
        response.insert_header(sample);
    }
    response.body(body)
}

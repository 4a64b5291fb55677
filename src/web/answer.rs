//! Answers to the calls of dialects' clients, as far as all dialects have them in common.
//!
//! Our own failures are classified here once, for every dialect and for our own API: a dialect words a kind of failure,
//! and decides on nothing else.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{FromRequest, Handler, HttpResponse, http::StatusCode, web};

use super::body::BodyTrouble;
use crate::domain::Invalid;
use crate::engine::{Engine, EngineError};
use crate::telemetry::Cause;

/// How soon a call is made again when the store is away, in seconds.
pub const RETRY_SECONDS: u32 = 2;

/// What kind of failure on our side a call met: all that an [`EngineError`] can be but an input that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The merchant is disabled.
    Disabled,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The store does not answer: the same call may be answered later.
    StoreAway,
    /// Our mistake.
    Internal,
}

impl FailureKind {
    /// The status of such a refusal, unless a dialect's contract has another.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Disabled => StatusCode::FORBIDDEN,
            Self::KeyReused => StatusCode::CONFLICT,
            Self::StoreAway => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The kind of an error, and for the log its cause where the gateway itself is in trouble.
    ///
    /// # Errors
    /// An input that breaks a rule is not our failure, and is given back.
    pub fn of(error: EngineError) -> Result<(Self, Option<Cause>), Invalid> {
        let kind = match error {
            EngineError::Refused(invalid) => return Err(invalid),
            EngineError::Disabled => return Ok((Self::Disabled, None)),
            EngineError::KeyReused => return Ok((Self::KeyReused, None)),
            EngineError::Store(_) => Self::StoreAway,
            EngineError::Gone | EngineError::Missing(_) => Self::Internal,
        };
        Ok((kind, Some(Cause::new(&error))))
    }
}

/// A refusal of a call, before it is put into its dialect's envelope.
#[must_use]
#[derive(Debug)]
pub struct ErrorBody<W> {
    /// Its status.
    pub status: StatusCode,
    /// Its message, and whatever else the dialect's envelope holds.
    pub words: W,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

/// A dialect's words for the refusals that every dialect has.
pub trait ErrorWords: Sized {
    /// A field of the call breaks a rule.
    fn invalid(invalid: Invalid) -> ErrorBody<Self>;

    /// The engine has refused what the call asks for: its form was right.
    fn refused(invalid: Invalid) -> ErrorBody<Self> {
        Self::invalid(invalid)
    }

    /// The body was not read.
    fn unread(trouble: BodyTrouble) -> ErrorBody<Self>;

    /// A failure on our side, which has [`FailureKind::status`] unless the dialect's contract has another.
    fn failed(kind: FailureKind) -> ErrorBody<Self>;
}

impl<W> ErrorBody<W> {
    /// A refusal with these words.
    pub const fn worded(status: StatusCode, words: W) -> Self {
        Self { status, words, headers: Vec::new(), cause: None }
    }

    /// This refusal with another status, where the call's contract has another.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds the methods by which its address is called (RFC 9110, section 15.5.6).
    pub fn allowing(self, methods: &'static str) -> Self {
        self.with_header(header::ALLOW, HeaderValue::from_static(methods))
    }

    /// Gives the response that its dialect has written for it what every refusal has: its headers, when to try again,
    /// and for the log its cause.
    pub fn complete(self, mut response: HttpResponse) -> HttpResponse {
        let headers = response.headers_mut();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

impl<W: ErrorWords> From<EngineError> for ErrorBody<W> {
    fn from(error: EngineError) -> Self {
        match FailureKind::of(error) {
            Ok((kind, cause)) => Self { cause, ..W::failed(kind) },
            Err(invalid) => W::refused(invalid),
        }
    }
}

impl<W: ErrorWords> From<Invalid> for ErrorBody<W> {
    fn from(invalid: Invalid) -> Self {
        W::invalid(invalid)
    }
}

impl<W: ErrorWords> From<BodyTrouble> for ErrorBody<W> {
    fn from(trouble: BodyTrouble) -> Self {
        W::unread(trouble)
    }
}

impl<W: ErrorWords> From<serde_json::Error> for ErrorBody<W> {
    fn from(error: serde_json::Error) -> Self {
        EngineError::Missing(format!("way to write an answer ({error})")).into()
    }
}

/// An id by which one answer can be asked about: 32 hexadecimal digits, drawn by chance.
pub fn trace_id(engine: &Engine) -> String {
    let half = engine.deps.clock.entropy().first_chunk().copied().unwrap_or_default();
    format!("{:032x}", u128::from_be_bytes(half))
}

/// A response of JSON that nobody keeps.
pub fn json(status: StatusCode, body: serde_json::Result<String>) -> HttpResponse {
    let Ok(body) = body else { return HttpResponse::InternalServerError().finish() };
    let mut response = HttpResponse::build(status);
    response.content_type("application/json").insert_header((header::CACHE_CONTROL, "no-store")).body(body)
}

/// A handler of what `call` comes to, written by `write`.
pub fn answered<X, T, F, R>(
    call: F,
    write: impl Fn(&Engine, T) -> HttpResponse + Clone + 'static,
) -> impl Handler<(web::Data<Engine>, X), Output = HttpResponse>
where
    X: FromRequest + 'static,
    F: Fn(web::Data<Engine>, X) -> R + Clone + 'static,
    R: Future<Output = T> + 'static,
{
    move |engine: web::Data<Engine>, request: X| {
        let (called, write) = (call(engine.clone(), request), write.clone());
        async move { write(&engine, called.await) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn each_failure_has_one_kind_and_trouble_alone_has_a_cause() {
        for (error, kind, status, is_trouble) in [
            (EngineError::Disabled, FailureKind::Disabled, 403, false),
            (EngineError::KeyReused, FailureKind::KeyReused, 409, false),
            (EngineError::Store(StoreError::TimedOut), FailureKind::StoreAway, 503, true),
            (EngineError::Gone, FailureKind::Internal, 500, true),
            (EngineError::Missing("x".into()), FailureKind::Internal, 500, true),
        ] {
            let (found, cause) = FailureKind::of(error).unwrap();
            assert_eq!((found, found.status().as_u16(), cause.is_some()), (kind, status, is_trouble));
        }
        let invalid = Invalid::new("amount", "is required");
        assert_eq!(FailureKind::of(EngineError::Refused(invalid.clone())), Err(invalid));
    }
}

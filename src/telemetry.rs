//! What the operator can see: one log line for each request, and a few counters.
//!
//! A line is written once, at the boundary, inside a span whose fields are listed at [`observe`]. The redaction rule is
//! kept by construction: a span holds the route's pattern and never the path, and there is no field for a query string,
//! a header or a body. Code that logs elsewhere keeps it by naming fields one by one.

mod connections;
mod labels;
pub mod metrics;
mod registry;
mod work;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fmt::Display, io::IsTerminal as _, sync::LazyLock};

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, body::MessageBody, middleware::Next, web};
use tracing::{Instrument as _, Level, Span, field::Empty, level_filters::LevelFilter};
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder, format::DefaultFields, format::Format};

use self::metrics::{Metrics, Route};
use crate::config::LogFormat;

/// The header that names a request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What other crates log about strangers' mistakes and about themselves: noise to an operator, unless asked for by
/// name.
const NOISE: [(&str, LevelFilter); 2] = [("actix_http", LevelFilter::OFF), ("actix_server", LevelFilter::WARN)];

/// Sends log lines that pass `filter` to standard error, for the rest of the process.
///
/// What is known to be noise stays out whatever the level is, unless a directive of `filter` names its target.
///
/// # Errors
/// When the filter cannot be read, or logging has been started before.
pub fn start(filter: &str, format: LogFormat) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let lines = lines_to(std::io::stderr, filter)?;
    match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    }
}

/// Sends the lines that [`start`] sends to standard error to this writer instead, as text without colours.
///
/// # Errors
/// As [`start`].
pub fn start_to<W>(writer: W, filter: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    lines_to(writer, filter)?.with_ansi(false).try_init()
}

fn lines_to<W>(writer: W, filter: &str) -> Result<SubscriberBuilder<DefaultFields, Format, EnvFilter, W>, ParseError>
where
    W: for<'w> MakeWriter<'w> + 'static,
{
    let filter = EnvFilter::try_new(without_noise(filter))?;
    Ok(tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer))
}

/// A filter that keeps what an operator's filter says, and keeps known noise out.
fn without_noise(filter: &str) -> String {
    let given: Vec<&str> = filter.split(',').map(str::trim).collect();
    let level = given.iter().filter_map(|directive| directive.parse().ok()).next_back().unwrap_or(LevelFilter::ERROR);
    let names = |target: &str| given.iter().any(|directive| directive.starts_with(target));
    let quiet = NOISE.iter().filter(|(target, _)| !names(target));
    let quiet = quiet.map(|(target, most)| format!("{target}={}", level.min(*most)));
    quiet.chain([filter.to_owned()]).collect::<Vec<_>>().join(",")
}

/// Names a request in every log line that it leads to.
///
/// It is the client's `X-Request-Id` where that is 1 to 64 letters, digits, `-`, `_` and `.`; else our own, unique
/// to this process. It stands in the request's extensions, and in the header of every answer from 400 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(request: &ServiceRequest) -> Self {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
        let given = given.filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(allowed));
        given.map_or_else(Self::fresh, |id| Self(id.to_owned()))
    }

    fn fresh() -> Self {
        static PROCESS: LazyLock<u32> = LazyLock::new(own_number);
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(format!("{:08x}-{}", *PROCESS, NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Why an answer is a 5xx: for the log, never for the client. Put it into the response's extensions.
///
/// It must not hold a secret, a query string or a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause(String);

impl Cause {
    /// Keeps the cause's sentence.
    pub fn new(cause: impl Display) -> Self {
        Self(cause.to_string())
    }
}

/// Marks a 5xx that is what its caller asked for, such as whether this node is ready: what is wrong is logged where that is
/// found, once, and not at each question. Put it into the response's extensions.
#[derive(Debug, Clone, Copy)]
pub struct LoggedElsewhere;

/// A middleware: opens the request's span, times the request, logs it once and counts it.
///
/// Mount it outermost: `App::new().wrap(from_fn(telemetry::observe))`. It counts where `web::Data<Metrics>` is in the
/// app's data, under the [`Route`] that is in the data of the scope or resource that answered. The line's level is
/// `error` from 500 on, with the [`Cause`] if there is one, and `info` below, or where it is [`LoggedElsewhere`]. The span's fields:
///
/// | field | what |
/// | --- | --- |
/// | `request.id` | [`RequestId`] |
/// | `http.method` | the method; `other` for one that HTTP does not define (RFC 9110, section 9) |
/// | `http.route` | the pattern that matched, such as `/v1/journeys/{id}`; `unmatched` |
/// | `http.status` | the status |
/// | `http.duration_ms` | milliseconds from the request's head to the answer's, with three decimals |
///
/// # Errors
/// With what an inner middleware refused without answering. Its line has a status and no route, and it is counted
/// under [`Route::Other`].
pub async fn observe<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let started = stopwatch();
    let id = RequestId::of(&request);
    // An `error` span, so that the lines of a 5xx have their fields whatever the filter is.
    let span = tracing::error_span!(
        "request",
        request.id = id.as_str(),
        http.method = method_of(request.method()),
        http.route = Empty,
        http.status = Empty,
        http.duration_ms = Empty,
    );
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    request.extensions_mut().insert(id.clone());
    let answered = next.call(request).instrument(span.clone()).await;
    let (elapsed, status) = (started.elapsed(), status_of(&answered));
    if let Some(metrics) = metrics {
        metrics.count(answered.as_ref().ok().and_then(route_of).unwrap_or_default(), status.as_u16(), elapsed);
    }
    log(&span, answered.as_ref().ok(), status, elapsed);
    answered.map(|response| named(response, &id))
}

/// A method's name, from a closed set: a client that makes up a method does not write into the log.
fn method_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn status_of<B>(answered: &Result<ServiceResponse<B>, Error>) -> StatusCode {
    match answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    }
}

fn route_of<B>(response: &ServiceResponse<B>) -> Option<Route> {
    response.request().app_data::<Route>().copied()
}

fn log<B>(span: &Span, response: Option<&ServiceResponse<B>>, status: StatusCode, elapsed: Duration) {
    let is_logged = |response: &ServiceResponse<B>| response.response().extensions().get::<LoggedElsewhere>().is_some();
    let is_error = status.is_server_error() && !response.is_some_and(is_logged);
    // Looking the pattern up walks the route table, so only where somebody will read it.
    if !is_error && !tracing::enabled!(Level::INFO) {
        return;
    }
    let pattern = response.map(|response| response.request().match_pattern());
    span.record("http.route", pattern.as_ref().map(|pattern| pattern.as_deref().unwrap_or("unmatched")));
    span.record("http.status", status.as_u16());
    span.record("http.duration_ms", (elapsed.as_secs_f64() * 1e6).round() / 1e3);
    let cause = response.and_then(|response| response.response().extensions().get::<Cause>().cloned());
    match cause {
        _ if !is_error => tracing::info!(parent: span, "answered"),
        Some(Cause(cause)) => tracing::error!(parent: span, cause, "answered"),
        None => tracing::error!(parent: span, "answered"),
    }
}

/// Tells a client by which name its refusal can be found in the log.
fn named<B>(mut response: ServiceResponse<B>, id: &RequestId) -> ServiceResponse<B> {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    if let Some(value) = HeaderValue::from_str(id.as_str()).ok().filter(|_| refused) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Starts measuring: the one place here that asks for the time. How long an answer takes is no time of the domain's.
#[expect(clippy::disallowed_methods, reason = "a stopwatch, not a clock: nothing is decided by it")]
fn stopwatch() -> Instant {
    Instant::now()
}

/// Tells this process's request ids from another's: the one place here that asks for randomness.
#[expect(clippy::disallowed_methods, reason = "a name, not a secret: nothing is decided by it")]
fn own_number() -> u32 {
    rand::random()
}

#[cfg(test)]
mod tests;

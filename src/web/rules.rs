//! What holds for every request and every answer, whichever handler gives it.
//!
//! - HEAD is GET without the content (RFC 9110, section 9.3.2): the routes know GET alone, and the server below leaves
//!   the content out. Where GET begins something, [`reply::is_prefetch`] says that this one must not.
//! - A path means to us what it means to a proxy before us: where our own words stand in it, they stand there as they
//!   are, and not percent-encoded (RFC 3986, section 6.2.2.2). What is a parameter may be encoded as its sender likes.
//! - A page that waits asks behind itself, by script. A script cannot read a redirect, and to ask twice may use the way
//!   on up, so it gets the same answer as 200, with the `Location` to go to. No other site's script can send its header
//!   unasked.
//! - A page that says what went wrong is written here, where the browser and so its language is known.
//! - Every answer forbids browsers to guess its type, and over https asks them to stay with https.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, HeaderMap, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, body::BoxBody, middleware::Next, web};

use super::{nothing_here, reply};
use crate::engine::Engine;

/// For how long browsers stay with https after an answer: a year (RFC 6797).
const STAY_WITH_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");
const NO_GUESSES: HeaderValue = HeaderValue::from_static("nosniff");

/// Sent by `static/waiting.js`.
const WAITING: HeaderName = HeaderName::from_static("handback-waiting");

/// A middleware: keeps the rules of this page. Mount it inside what logs, so that the log has the method that was sent.
///
/// # Errors
/// With what an inner middleware refused without answering.
pub async fn keep_rules(
    engine: web::Data<Engine>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(reply::Head);
    }
    let waits = request.headers().contains_key(WAITING);
    let mut response = if is_spelt_our_way(&request) {
        next.call(request).await?
    } else {
        request.into_response(nothing_here().await)
    };
    response = reply::problem_in_language(response);
    if waits && response.status() == StatusCode::SEE_OTHER {
        *response.response_mut().status_mut() = StatusCode::OK;
    }
    let refuses_method = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_GUESSES);
    if engine.deps.public_url.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, STAY_WITH_HTTPS);
    }
    if refuses_method {
        allow_head(headers);
    }
    Ok(response)
}

/// Whether our own words stand in the path as they are. Only a path that has something encoded is looked at.
fn is_spelt_our_way(request: &ServiceRequest) -> bool {
    let sent = request.path();
    if !sent.contains('%') {
        return true;
    }
    let read = request.match_info().get_ref().path();
    let Some(pattern) = request.resource_map().match_pattern(read) else { return false };
    let is_as_it_should = |(own, sent): (&str, &str)| own.contains('{') || own == sent;
    pattern.split('/').zip(sent.split('/')).all(is_as_it_should)
}

/// Where GET is allowed HEAD is too.
fn allow_head(headers: &mut HeaderMap) {
    let allowed = headers.get(ALLOW).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has = |method: &str| allowed.split(',').any(|own| own.trim() == method);
    if !has("GET") || has("HEAD") {
        return;
    }
    if let Ok(value) = HeaderValue::from_str(&allowed.replacen("GET", "GET, HEAD", 1)) {
        headers.insert(ALLOW, value);
    }
}

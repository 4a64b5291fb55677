//! The cookies of the console. The prefix `__Host-` ties each to this host, to https, and to all of its paths.

use std::time::Duration;

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::ConsoleSecret;
use crate::domain::console::{LINK_LIFE, SESSION_LIFE};

/// The cookie of a session.
const SESSION: &str = "__Host-hb-console";

/// The cookie of a browser that has opened a sign-in link. No other site's page can have it sent along.
const OPENED: &str = "__Host-hb-console-link";

/// The cookie of a browser's session.
pub(super) fn session_of(request: &HttpRequest) -> Option<Cookie<'static>> {
    request.cookie(SESSION)
}

/// Gives a browser its session along.
pub(super) fn with_session(response: HttpResponse, cookie: &ConsoleSecret) -> HttpResponse {
    keep(response, (SESSION, cookie.reveal()), SESSION_LIFE, SameSite::Lax)
}

/// Takes a browser's session back.
pub(super) fn without_session(response: HttpResponse) -> HttpResponse {
    keep(response, (SESSION, ""), Duration::ZERO, SameSite::Lax)
}

/// What a browser was given with the page of a sign-in link.
pub(super) fn opened_by(request: &HttpRequest) -> Option<Cookie<'static>> {
    request.cookie(OPENED)
}

/// Gives a browser along that it has opened a sign-in link.
pub(super) fn with_opened(response: HttpResponse, token: &str) -> HttpResponse {
    keep(response, (OPENED, token), LINK_LIFE, SameSite::Strict)
}

fn keep(mut response: HttpResponse, (name, value): (&str, &str), life: Duration, same_site: SameSite) -> HttpResponse {
    let cookie = Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(same_site)
        .max_age(CookieAge::try_from(life).unwrap_or(CookieAge::HOUR))
        .finish();
    if response.add_cookie(&cookie).is_err() {
        // Base32 always fits a header; without a cookie nobody would be signed in.
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

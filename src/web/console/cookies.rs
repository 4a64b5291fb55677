//! The cookies of the console. The prefix `__Host-` ties each to this host, to https, and to all of its paths.

use std::time::Duration;

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::ConsoleSecret;
use crate::domain::console::{LINK_LIFE, SESSION_LIFE};
use crate::engine::OPENID_LIFE;

/// The cookie of a session.
const SESSION: &str = "__Host-hb-console";

/// What a browser keeps while it signs in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// That it has opened a sign-in link. No other site's page can have it sent along.
    Link,
    /// An attempt to sign in by the OpenID provider, from which the browser comes back.
    Attempt,
    /// Who the provider has said that it is, while a console is chosen.
    Person,
}

impl Kept {
    const fn name(self) -> &'static str {
        match self {
            Self::Link => "__Host-hb-console-link",
            Self::Attempt => "__Host-hb-console-openid",
            Self::Person => "__Host-hb-console-person",
        }
    }
}

/// The cookie of a browser's session.
pub(super) fn session_of(request: &HttpRequest) -> Option<Cookie<'static>> {
    request.cookie(SESSION)
}

/// Gives a browser its session along.
pub(super) fn with_session(response: HttpResponse, cookie: &ConsoleSecret) -> HttpResponse {
    set(response, (SESSION, cookie.reveal()), SESSION_LIFE, SameSite::Lax)
}

/// Takes a browser's session back.
pub(super) fn without_session(response: HttpResponse) -> HttpResponse {
    set(response, (SESSION, ""), Duration::ZERO, SameSite::Lax)
}

/// What a browser has kept.
pub(super) fn kept(request: &HttpRequest, what: Kept) -> Option<Cookie<'static>> {
    request.cookie(what.name())
}

/// Gives a browser along what it keeps.
pub(super) fn with_kept(response: HttpResponse, what: Kept, value: &str) -> HttpResponse {
    let (life, same_site) = match what {
        Kept::Link => (LINK_LIFE, SameSite::Strict),
        Kept::Attempt | Kept::Person => (OPENID_LIFE, SameSite::Lax),
    };
    set(response, (what.name(), value), life, same_site)
}

/// Takes back what a browser keeps.
pub(super) fn without_kept(response: HttpResponse, what: Kept) -> HttpResponse {
    set(response, (what.name(), ""), Duration::ZERO, SameSite::Lax)
}

fn set(mut response: HttpResponse, (name, value): (&str, &str), life: Duration, same_site: SameSite) -> HttpResponse {
    let cookie = Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(same_site)
        .max_age(CookieAge::try_from(life).unwrap_or(CookieAge::HOUR))
        .finish();
    if response.add_cookie(&cookie).is_err() {
        // Base32 and base64url always fit a header; without a cookie nobody would be signed in.
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

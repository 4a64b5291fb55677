//! Replies of the console.

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::http::header::{
    self, CONTENT_SECURITY_POLICY, EntityTag, HeaderValue, IfNoneMatch, TryIntoHeaderValue as _,
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::domain::{Redirect, UnixMillis};
use crate::engine::{Engine, EngineError};
use crate::web::views::console::{Problem, When};
use crate::web::{problem as problems, reply, time};

/// As all of our pages have it; and a form is posted here alone, since none of the console's leads elsewhere.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// A page.
pub(super) fn page(page: &impl Template) -> HttpResponse {
    page_with(StatusCode::OK, page)
}

/// A page with this status.
pub(super) fn page_with(status: StatusCode, page: &impl Template) -> HttpResponse {
    let mut response = reply::page_with(status, page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP);
    response
}

/// A part of a page, or that it is as its reader knows it.
pub(super) fn part(part: &impl Template, known: &IfNoneMatch) -> HttpResponse {
    let (mut head, body) = page(part).into_parts();
    let Ok(html) = body.try_into_bytes() else { return head.set_body(BoxBody::new(())) };
    let tag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(Sha256::digest(&html)));
    if matches!(known, IfNoneMatch::Items(tags) if tags.iter().any(|own| own.weak_eq(&tag))) {
        *head.status_mut() = StatusCode::NOT_MODIFIED;
        return with_tag(head.set_body(BoxBody::new(())), tag);
    }
    with_tag(head.set_body(BoxBody::new(html)), tag)
}

fn with_tag(mut response: HttpResponse, tag: EntityTag) -> HttpResponse {
    if let Ok(tag) = header::ETag(tag).try_into_value() {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A form again, with what is wrong in it.
pub(super) fn refused(page: &impl Template) -> HttpResponse {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// A page that says what stands in the way.
pub(super) fn problem(problem: &Problem) -> HttpResponse {
    page_with(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST), problem)
}

/// What is said of an error of the engine.
pub(super) fn trouble(error: &EngineError) -> HttpResponse {
    match error {
        EngineError::Disabled => problem(&Problem::disabled()),
        EngineError::Refused(invalid) => problem(&Problem::refused(invalid)),
        EngineError::KeyReused => problem(&Problem::sent_before()),
        error => problems::page_of(error),
    }
}

/// To a page of the console.
pub(super) fn to(engine: &Engine, path: &str) -> HttpResponse {
    reply::see_other(&Redirect::own(&engine.deps.public_url, path, &[]))
}

/// A moment, as pages show it.
pub(super) fn when(moment: UnixMillis) -> When {
    When { exact: time::rfc3339(moment), shown: time::second(moment) }
}

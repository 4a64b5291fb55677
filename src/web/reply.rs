//! Replies: pages, and the one place in the program that writes a `Location`.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder, Resource, web};
use askama::Template;

use super::in_language;
use super::views::{ProblemPage, Repost, TranslatedProblem, qr};
use crate::domain::{Journey, PublicUrl, Redirect};
use crate::engine::{Sent, VisitCookie, Visitor};

/// What each of our pages may load: its own stylesheet, pictures and scripts. It must not name `form-action`: browsers
/// hold every redirect that follows a form against it, and the last of them leads to a merchant.
const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                   base-uri 'none'; frame-ancestors 'none'";

/// What each page says of itself.
const PAGE_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP)),
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
];

/// Sends a browser on.
///
/// 303 only: 307 and 308 would post the bank's code to the merchant, 301 and 308 would be remembered and skip us the
/// next time, and a 303 leaves no entry in the history, so that Back goes to the bank and Reload to the merchant alone.
/// Without a referrer the merchant does not learn the bank's address, nor anybody the code in ours.
pub fn see_other(redirect: &Redirect) -> HttpResponse {
    builder(StatusCode::SEE_OTHER).insert_header((header::LOCATION, redirect.as_str())).finish()
}

/// Sends a browser to one of our pages that one of our APIs has named. `None` when the address is somebody else's.
pub fn own_page(address: &str, base: &PublicUrl) -> Option<HttpResponse> {
    let own = address.strip_prefix(base.as_str())?;
    if let Some(link) = own.strip_prefix("/payment?link_id=") {
        return Some(see_other(&Redirect::own(base, "/payment", &[("link_id", link)])));
    }
    let is_session = ["/token-io/session/", "/ixopay/redirect/"].iter().any(|page| own.starts_with(page));
    let is_plain = own.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b':' | b'-'));
    (is_session && is_plain).then(|| see_other(&Redirect::own(base, own, &[])))
}

/// Sends a browser to a provider, with the cookie that shows that it is the one that was sent.
pub fn send_to_provider(sent: &Sent, request: &HttpRequest) -> HttpResponse {
    with_visit_cookie(see_other(&sent.redirect), &sent.cookie, request)
}

/// Gives a browser that leaves its visit cookie along, and takes back the oldest that it would have too many of.
pub fn with_visit_cookie(mut response: HttpResponse, cookie: &VisitCookie, request: &HttpRequest) -> HttpResponse {
    for name in visitor(request).surplus(&cookie.name) {
        set(&mut response, &VisitCookie { name, value: String::new(), life: Duration::ZERO });
    }
    set(&mut response, cookie);
    response
}

/// Gives a browser a cookie along that is no visit's.
pub fn with_cookie(mut response: HttpResponse, cookie: &VisitCookie) -> HttpResponse {
    set(&mut response, cookie);
    response
}

/// Sends a browser on with what becomes of its visit cookies.
pub fn see_other_with(redirect: &Redirect, cookies: &[VisitCookie]) -> HttpResponse {
    let mut response = see_other(redirect);
    for cookie in cookies {
        set(&mut response, cookie);
    }
    response
}

fn set(response: &mut HttpResponse, cookie: &VisitCookie) {
    let VisitCookie { name, value, life } = cookie;
    let cookie = Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(CookieAge::try_from(*life).unwrap_or(CookieAge::HOUR))
        .finish();
    // A cookie of hexadecimal digits and base64url always fits a header; without it the return still works.
    if let Err(error) = response.add_cookie(&cookie) {
        tracing::warn!(error = %error, "leave.cookie_refused");
    }
}

/// A page.
pub fn page(page: &impl Template) -> HttpResponse {
    page_with(StatusCode::OK, page)
}

/// A page that a customer reads, which may be in another language for another browser.
pub fn customers_page(page: &impl Template) -> HttpResponse {
    varying(page_with(StatusCode::OK, page))
}

fn varying(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// A page that says what went wrong; with a time to try again, browsers do so by themselves. What answers it may know
/// nothing of the browser: [`problem_in_language`] writes the page.
pub fn problem_page(status: StatusCode, problem: ProblemPage) -> HttpResponse {
    let mut response = varying(builder(status).finish());
    if let Some(seconds) = problem.retry_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response.extensions_mut().insert(problem);
    response
}

/// Writes the page of a response that says what went wrong, in the language of who asked.
pub fn problem_in_language(mut response: ServiceResponse) -> ServiceResponse {
    let Some(problem) = response.response_mut().extensions_mut().remove::<ProblemPage>() else { return response };
    let page = in_language::context(response.request(), problem.language, problem.marks.clone());
    match (TranslatedProblem { page, problem: &problem }).render() {
        Ok(html) => {
            let mut response = response.map_body(|_, _| BoxBody::new(html));
            for (name, value) in PAGE_HEADERS {
                response.headers_mut().insert(name, value);
            }
            response
        }
        Err(error) => {
            tracing::error!(error = %error, "page.render_failed");
            response
        }
    }
}

/// Says that we do not know a link.
pub fn unknown_link() -> HttpResponse {
    problem_page(StatusCode::NOT_FOUND, ProblemPage::unknown_link())
}

/// Says that a request is one that none of our pages makes.
pub fn unreadable() -> HttpResponse {
    problem_page(StatusCode::BAD_REQUEST, ProblemPage::unreadable())
}

/// Says that another browser has left for the provider.
pub fn other_browser(journey: &Journey) -> HttpResponse {
    problem_page(StatusCode::FORBIDDEN, ProblemPage::other_browser().of_journey(journey))
}

/// A page that posts again what it was posted, by itself after a time.
pub fn repost_page(status: StatusCode, repost: &Repost) -> HttpResponse {
    let mut response = varying(page_with(status, repost));
    if let Some(seconds) = repost.why.seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A text of ours to be saved as a file of this name, which is of plain letters; it may be in another language for
/// another browser.
pub fn saved_text(name: &str, text: String) -> HttpResponse {
    let disposition = header::ContentDisposition::attachment(name);
    varying(builder(StatusCode::OK).insert_header(disposition).content_type("text/plain; charset=utf-8").body(text))
}

/// A picture of a link.
pub fn qr_code(link: &str) -> HttpResponse {
    match qr::png(link) {
        Some(png) => HttpResponse::Ok()
            .content_type("image/png")
            .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
            .body(png),
        None => HttpResponse::InternalServerError().finish(),
    }
}

/// What a browser shows of having left for a bank.
pub fn visitor(request: &HttpRequest) -> Visitor {
    let all = request.cookies().map(|cookies| cookies.clone()).unwrap_or_default();
    Visitor::new(all.into_iter().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())))
}

/// Nothing at all, and nothing has been touched: for HEAD, prefetches and link scanners.
pub fn untouched() -> HttpResponse {
    builder(StatusCode::NO_CONTENT).finish()
}

/// A resource of this path. Who asks by another method than the `allowed` ones gets a page that says so, with `Allow`.
pub fn page_at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || std::future::ready(wrong_method(allowed))))
}

/// Says that a page is not to be asked by this method (RFC 9110, section 15.5.6).
fn wrong_method(allowed: &'static str) -> HttpResponse {
    let mut response = problem_page(StatusCode::METHOD_NOT_ALLOWED, ProblemPage::wrong_method());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Marks a request that came as HEAD, and is served as GET.
#[derive(Debug, Clone, Copy)]
pub struct Head;

/// Where browsers and link scanners say that they only look.
const PURPOSES: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-moz"),
    HeaderName::from_static("x-purpose"),
];

/// Whether a request only looks, in case somebody goes there: a HEAD, a prefetch, a link scanner. It must begin nothing
/// and use nothing up.
pub fn is_prefetch(request: &HttpRequest) -> bool {
    let prefetches = |name: HeaderName| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_ascii_lowercase);
        value.is_some_and(|value| value.contains("prefetch") || value.contains("preview"))
    };
    request.extensions().get::<Head>().is_some() || PURPOSES.into_iter().any(prefetches)
}

/// A page with this status.
pub fn page_with(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => {
            let mut response = builder(status);
            for header in PAGE_HEADERS {
                response.insert_header(header);
            }
            response.body(html)
        }
        Err(error) => {
            tracing::error!(error = %error, "page.render_failed");
            builder(StatusCode::INTERNAL_SERVER_ERROR).finish()
        }
    }
}

const KEEP_NOTHING: HeaderValue = HeaderValue::from_static("no-store");
const TELL_NOBODY: HeaderValue = HeaderValue::from_static("no-referrer");

/// What every reply to a browser says: keep nothing, tell nobody.
fn builder(status: StatusCode) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, KEEP_NOTHING)).insert_header((header::REFERRER_POLICY, TELL_NOBODY));
    builder
}

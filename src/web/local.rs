//! Who asks a gateway that listens on loopback: a page of somebody else's can reach it too, by a name that it makes
//! point here (DNS rebinding), or by a form that it posts.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{Error, HttpRequest, HttpResponse, middleware::Next, web};
use url::Url;

use super::GatewayKind;
use crate::domain::{PublicUrl, is_loopback};
use crate::engine::Engine;

/// In a demo, lets through what comes by one of the gateway's own names, and posts that come from its own pages or from
/// no browser. Elsewhere a proxy stands before the gateway, and everything passes.
///
/// # Errors
/// As what stands behind it.
pub async fn own_pages_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_demo = request.app_data::<web::Data<GatewayKind>>().is_some_and(|kind| ***kind == GatewayKind::Demo);
    let engine = request.app_data::<web::Data<Engine>>().filter(|_| is_demo).cloned();
    let refused = engine.and_then(|engine| refusal(request.request(), &engine.deps.public_url));
    match refused {
        Some(refused) => Ok(request.into_response(refused)),
        None => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
    }
}

/// At a listener that only this machine reaches, lets through what comes by one of this machine's own names: another
/// name that points here is how a page of somebody else's would read what only this machine should.
///
/// # Errors
/// As what stands behind it.
pub async fn loopback_names_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let url = host.and_then(|host| Url::parse(&format!("http://{host}")).ok());
    if url.is_some_and(|url| url.host().is_some_and(|host| is_loopback(&host))) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let refused = HttpResponse::build(StatusCode::MISDIRECTED_REQUEST)
        .body("This address answers to this machine's own names only, such as localhost and 127.0.0.1.");
    Ok(request.into_response(refused))
}

fn refusal(request: &HttpRequest, own: &PublicUrl) -> Option<HttpResponse> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let refused = |status: StatusCode, why: String| Some(HttpResponse::build(status).body(why));
    if !header(header::HOST).is_some_and(|host| is_own(&format!("http://{host}"), own)) {
        return refused(
            StatusCode::MISDIRECTED_REQUEST,
            format!("This demo answers at {} only, and by no other host name.", own.as_str()),
        );
    }
    if *request.method() == Method::GET || *request.method() == Method::HEAD {
        return None;
    }
    // Our pages send no referrer, and so an origin of `null`; browsers say beside it where a request comes from.
    let from_here = match (header(header::HeaderName::from_static("sec-fetch-site")), header(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => is_own(origin, own),
        (None, None) => true,
    };
    if from_here {
        None
    } else {
        refused(StatusCode::FORBIDDEN, "This form works on this demo’s own pages only.".into())
    }
}

/// Whether this origin is ours: the public one, or this machine by any port, as a tunnel may have it.
fn is_own(origin: &str, own: &PublicUrl) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let authority = |url: &Url| (url.host().map(|host| host.to_owned()), url.port_or_known_default());
    let ours = Url::parse(own.as_str()).is_ok_and(|ours| authority(&ours) == authority(&url));
    ours || url.host().is_some_and(|host| is_loopback(&host))
}

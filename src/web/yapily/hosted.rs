//! `/hosted/consent-requests` and `/hosted/payment-requests`: consents whose customer is sent to a page of ours first
//! (contracts, section 10).

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::{ErrorBody, Reply, answer_with_issues};
use super::call::{Call, merchant_of};
use super::consents::{about, find, id_of};
use super::users;
use crate::dialect::yapily::{Body, HostedKind, HostedRequest, NAME, Shown, hosted_request};
use crate::domain::institution::Institution;
use crate::domain::journey::Journey;
use crate::engine::{CONSENT_PAGE, Engine, derive, use_cases};
use crate::web::body::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/hosted/consent-requests", "POST").route(web::post().to(ask_consent)))
        .service(super::at("/hosted/consent-requests/{id}", "GET").route(web::get().to(one_consent)))
        .service(super::at("/hosted/payment-requests", "POST").route(web::post().to(ask_payment)))
        .service(super::at("/hosted/payment-requests/{id}", "GET").route(web::get().to(one_payment)));
}

async fn ask_consent(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    ask(&engine, incoming, HostedKind::Consent).await
}

async fn ask_payment(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    ask(&engine, incoming, HostedKind::Payment).await
}

async fn one_consent(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    one(&engine, &request, HostedKind::Consent).await
}

async fn one_payment(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    one(&engine, &request, HostedKind::Payment).await
}

async fn ask(engine: &Arc<Engine>, incoming: Incoming, kind: HostedKind) -> HttpResponse {
    let asked = async {
        let call = Call::read(engine, incoming).await?;
        let hosted = HostedRequest::read(&call.body, kind, engine.deps.clock.now())?;
        let journey = open(engine, &call, &hosted).await;
        // On these endpoints the callback has another name.
        let journey = journey.map_err(|refusal| refusal.renamed("callback", "redirectUrl"))?;
        shown(engine, &journey, StatusCode::CREATED, (kind, Shown::Request))
    };
    answer_with_issues(engine, asked.await)
}

async fn one(engine: &Engine, request: &HttpRequest, kind: HostedKind) -> HttpResponse {
    let found = async {
        let merchant = merchant_of(engine, request).await?.id;
        let journey = find(engine, merchant, id_of(request)?).await?;
        shown(engine, &journey, StatusCode::OK, (kind, Shown::Outcome))
    };
    answer_with_issues(engine, found.await)
}

async fn open(engine: &Arc<Engine>, call: &Call, hosted: &HostedRequest) -> Result<Journey, ErrorBody> {
    let request = hosted.request();
    let candidates = hosted.candidates(&engine.deps.institutions)?;
    let able = |institution: &Institution| !request.is_payment() || engine.deps.takes_payments(institution);
    let reach = hosted.reach(&candidates, able)?;
    let open_request = |user: &_| request.open_request(user, reach.clone());
    let user = users::asked(engine, &call.merchant, request.who(), &open_request).await?;
    Ok(use_cases::consent::open(engine, &call.merchant, NAME, &open_request(&user), call.reservation.as_ref()).await?)
}

fn shown(
    engine: &Engine,
    journey: &Journey,
    status: StatusCode,
    shown: (HostedKind, Shown),
) -> Result<Reply, ErrorBody> {
    let (about, link) = (about(engine, journey), derive::link(&engine.deps, journey)?);
    let hosted_url = engine.deps.public_url.page(CONSENT_PAGE, &[("link_id", &link)]);
    let view = hosted_request(journey, &about, &hosted_url, shown);
    let view = view.ok_or_else(|| ErrorBody::not_found("There is no such request"))?;
    Ok((status, Body::wrapped(view)?))
}

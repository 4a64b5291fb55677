//! `/hosted/consent-requests` and `/hosted/payment-requests`: consents whose customer is sent to one of our pages first
//! (contracts, section 10).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::answer::{ErrorBody, Issues, Reply, answer, success};
use super::call::{Call, merchant_of};
use super::consents::{about, find, id_of};
use super::{at, users};
use crate::dialect::yapily::{Body, HostedKind, HostedRequest, Shown, hosted_request};
use crate::domain::{Institution, Journey};
use crate::engine::{CONSENT_PAGE, Engine, derive};
use crate::web::{Incoming, answer::answered};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    for (path, kind) in
        [("/hosted/consent-requests", HostedKind::Consent), ("/hosted/payment-requests", HostedKind::Payment)]
    {
        let ask = answered(move |engine, incoming| ask(engine, incoming, kind), written);
        let one = answered(move |engine, request| one(engine, request, kind), written);
        config
            .service(at(path, "POST").route(web::post().to(ask)))
            .service(at(&format!("{path}/{{id}}"), "GET").route(web::get().to(one)));
    }
}

/// Refusals of hosted pages list their issues.
fn written(engine: &Engine, reply: Reply) -> HttpResponse {
    answer(engine, reply, Issues::Told)
}

async fn ask(engine: web::Data<Engine>, incoming: Incoming, kind: HostedKind) -> Reply {
    let call = Call::read(&engine, incoming).await?;
    let hosted = HostedRequest::read(&call.body, kind, engine.deps.clock.now())?;
    let candidates =
        hosted.candidates(engine.deps.institutions_of((call.merchant.id, engine.deps.mode_of(&call.merchant))))?;
    let request = &hosted.request;
    let able = |institution: &Institution| !request.is_payment() || engine.deps.takes_payments(institution);
    let opened = users::open(&engine, &call, request, hosted.reach(&candidates, able)?).await;
    // On these endpoints the callback has another name.
    let journey = opened.map_err(|refusal| refusal.renamed("callback", "redirectUrl"))?;
    shown(&engine, &journey, StatusCode::CREATED, (kind, Shown::Request))
}

async fn one(engine: web::Data<Engine>, request: HttpRequest, kind: HostedKind) -> Reply {
    let merchant = merchant_of(&engine, &request).await?.id;
    let journey = find(&engine, merchant, id_of(&request)?).await?;
    shown(&engine, &journey, StatusCode::OK, (kind, Shown::Outcome))
}

fn shown(engine: &Engine, journey: &Journey, status: StatusCode, shown: (HostedKind, Shown)) -> Reply {
    let (about, link) = (about(engine, journey), derive::link(&engine.deps, journey)?);
    let hosted_url = engine.deps.public_url.page(CONSENT_PAGE, &[("link_id", &link)]);
    let view = hosted_request(journey, &about, &hosted_url, shown);
    success(status, Body::wrapped(view.ok_or_else(|| ErrorBody::not_found("There is no such request"))?))
}

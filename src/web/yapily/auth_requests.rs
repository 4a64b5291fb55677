//! `/account-auth-requests` and `/payment-auth-requests`: a consent is asked for.

use std::sync::Arc;

use actix_web::{HttpRequest, http::StatusCode, web};

use super::answer::{ErrorBody, Reply, answered, success};
use super::call::{Call, merchant_of};
use super::{at, consents::about, users};
use crate::dialect::yapily::{AuthRequest, Body, Links, auth_request, is_own};
use crate::domain::{Invalid, Journey, consent::Kind};
use crate::engine::{CONSENT_PAGE, Changed, Engine, derive, use_cases};
use crate::web::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let accounts = at("/account-auth-requests", "POST, PATCH");
    config
        .service(accounts.route(web::post().to(answered(for_accounts))).route(web::patch().to(answered(reopen))))
        .service(at("/payment-auth-requests", "POST").route(web::post().to(answered(for_payment))));
}

async fn for_accounts(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let call = Call::read(&engine, incoming).await?;
    let request = AuthRequest::read_account(&call.body, engine.deps.clock.now())?;
    open(&engine, &call, &request).await
}

async fn for_payment(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let call = Call::read(&engine, incoming).await?;
    let request = AuthRequest::read_payment(&call.body)?;
    open(&engine, &call, &request).await
}

async fn open(engine: &Arc<Engine>, call: &Call, request: &AuthRequest) -> Reply {
    let id = request.institution.as_deref().unwrap_or_default();
    let institution = engine.deps.institution_of(&call.merchant, id).ok_or_else(|| {
        Invalid::new("institutionId", format!("names {id:?}, which is no institution of this gateway"))
            .hint("list them with GET /institutions")
    })?;
    asked_for(engine, &users::open(engine, call, request, request.at(institution)?).await?)
}

/// Asks a customer again who has agreed before: the consent and its token stay the same.
async fn reopen(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?;
    let token = request.headers().get("consent").and_then(|token| token.to_str().ok());
    let token = token.ok_or_else(|| Invalid::new("consent", "is required: the header with the consent token"))?;
    let own = |journey: &Journey| journey.opening().merchant == merchant.id && is_own(journey);
    let found = use_cases::consent::of_token(&engine, token).await?.filter(own);
    let journey = found.ok_or_else(|| ErrorBody::forbidden("The given consent can not be used. It is unknown"))?;
    let for_accounts = journey.opening().purpose.consent().is_some_and(|consent| consent.kind == Kind::Accounts);
    if !for_accounts {
        let message = "Only a consent to account access can be authorised again";
        return Err(ErrorBody::new(StatusCode::NOT_ACCEPTABLE, message));
    }
    match use_cases::consent::reopen(&engine, &merchant, journey).await? {
        Changed::Done(journey) => asked_for(&engine, &journey),
        Changed::Cannot(status) => Err(ErrorBody::unusable(status)),
    }
}

fn asked_for(engine: &Engine, journey: &Journey) -> Reply {
    let (about, link) = (about(engine, journey), derive::link(&engine.deps, journey)?);
    let page = |path: &str, more: &[(&str, &str)]| {
        let query = [&[("link_id", link.as_str())], more].concat();
        engine.deps.public_url.page(path, &query)
    };
    // Yapily's own examples read the state out of this address.
    let state = about.state.as_deref().map(|state| ("state", state));
    let links = Links {
        authorisation_url: page(CONSENT_PAGE, state.as_slice()),
        qr_code_url: page(&format!("{CONSENT_PAGE}/qr.png"), &[]),
    };
    success(StatusCode::CREATED, Body::wrapped(auth_request(journey, &about, &links)))
}

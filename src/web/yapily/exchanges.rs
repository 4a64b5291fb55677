//! What an app exchanges for a consent: a one-time token, or the code of a bank that answered the app itself.

use actix_web::{http::StatusCode, web};

use super::answer::{ErrorBody, Reply, answered, success};
use super::call::{Call, json_of};
use super::{at, consents::about};
use crate::dialect::yapily::{About, AuthCode, Body, consent, is_own, read_one_time_token};
use crate::domain::{AnswerTo, Cause, FinalOutcome, Journey, consent::Status};
use crate::engine::{BroughtCode, Engine, Redeemed, Redeeming, Redemption, use_cases};
use crate::telemetry::metrics::Route;
use crate::web::{Incoming, request_timeout::request_timeout};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let one_time_token = at("/consent-one-time-token", "POST").app_data(Route::Redeem);
    config
        .service(one_time_token.route(web::post().to(answered(redeem))))
        .service(at("/consent-auth-code", "POST").route(web::post().to(answered(bring))))
        .service(at("/exchange-code", "POST").route(web::post().to(answered(bring_openly))))
        .service(at("/exchange-code/", "POST").route(web::post().to(answered(bring_openly))));
}

async fn redeem(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let request = incoming.request.clone();
    let Call { merchant, reservation, body } = Call::read(&engine, incoming).await?;
    let (token, request_timeout) = (read_one_time_token(&body)?, request_timeout(&request)?);
    let redeeming = Redeeming { merchant: merchant.id, token: token.reveal(), reservation, request_timeout };
    granted(&engine, use_cases::redeem::redeem(&engine, redeeming).await?)
}

async fn bring(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let request = incoming.request.clone();
    let call = Call::read(&engine, incoming).await?;
    let AuthCode { evidence, state } = AuthCode::read(&call.body)?;
    let (merchant, request_timeout) = (call.merchant.id, request_timeout(&request)?);
    let brought =
        use_cases::exchange::bring_code(&engine, Some(merchant), state.reveal(), evidence, request_timeout).await?;
    proven(&engine, brought, about)
}

/// Without credentials, as Yapily's own examples finish a consent at a bank for tests.
async fn bring_openly(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let request = incoming.request.clone();
    let AuthCode { evidence, state } = AuthCode::read_open(&json_of(incoming)?)?;
    let request_timeout = request_timeout(&request)?;
    let brought = use_cases::exchange::bring_code(&engine, None, state.reveal(), evidence, request_timeout).await?;
    proven(&engine, brought, about_openly)
}

fn granted(engine: &Engine, redeemed: Redeemed) -> Reply {
    let refused = |why: &str| Err(ErrorBody::forbidden(format!("The one-time token can not be exchanged: {why}")));
    match redeemed {
        Redeemed::Known(Redemption::Granted { journey, .. }) if is_own(&journey) => {
            bare(StatusCode::CREATED, &journey, &about(engine, &journey))
        }
        // Clients map this status alone to a consent, and see by the consent's own status that nothing is proven yet.
        Redeemed::Known(Redemption::Pending { journey }) if is_own(&journey) => {
            let about = About { token: None, ..about(engine, &journey) };
            bare(StatusCode::CREATED, &journey, &about)
        }
        Redeemed::Known(Redemption::Granted { .. } | Redemption::Pending { .. }) => refused("it is no consent's"),
        Redeemed::Known(Redemption::Spent { .. }) => refused("it has been exchanged before"),
        Redeemed::Known(Redemption::Expired { .. }) => refused("it has expired"),
        Redeemed::Known(Redemption::Unknown) => refused("it is unknown"),
        Redeemed::Uncertain => {
            let message = "It is not known whether the token is spent now, ask again with the same Idempotency-Key";
            Err(ErrorBody::new(StatusCode::SERVICE_UNAVAILABLE, message))
        }
    }
}

fn proven(engine: &Engine, brought: BroughtCode, about: fn(&Engine, &Journey) -> About) -> Reply {
    let journey = match brought {
        BroughtCode::Journey(journey) if is_own(&journey) => journey,
        BroughtCode::Journey(_) | BroughtCode::Onward(_) | BroughtCode::Unknown => {
            return Err(ErrorBody::forbidden("There is no such authorisation to finish"));
        }
        BroughtCode::Forged => {
            return Err(ErrorBody::forbidden("What came beside the code is not the institution's word"));
        }
    };
    // By this round: a consent that was given before may stand, and its customer have said no now.
    match (journey.round_status(engine.deps.clock.now()), journey.final_outcome()) {
        (Some(Status::Failed | Status::Rejected), Some(FinalOutcome { cause: Cause::Provider(Some(error)), .. })) => {
            Err(ErrorBody::of_bank(error))
        }
        (Some(status @ (Status::Failed | Status::Rejected | Status::Revoked | Status::Expired)), _) => {
            Err(ErrorBody::unusable(status))
        }
        _ => bare(StatusCode::OK, &journey, &about(engine, &journey)),
    }
}

/// What a caller that knows the state alone is given: the token only where it goes nowhere else.
fn about_openly(engine: &Engine, journey: &Journey) -> About {
    let opening = journey.opening();
    let own_page = opening.plan.destination.is_none();
    let to_app = opening.purpose.consent().is_some_and(|consent| consent.answer_to != AnswerTo::Gateway);
    let about = about(engine, journey);
    About { token: about.token.filter(|_| own_page && !to_app), ..about }
}

fn bare(status: StatusCode, journey: &Journey, about: &About) -> Reply {
    success(status, Body::bare(consent(journey, about)))
}

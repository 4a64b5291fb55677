//! `POST /v1/one-time-tokens/redeem`: the proven outcome, once. GET and HEAD never come near it.

use actix_web::{HttpRequest, http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::{ApiResult, Call, journey_view::status, no_store};
use crate::domain::{Journey, UnixMillis};
use crate::engine::{Engine, Redeemed, Redeeming, Redemption, use_cases};
use crate::telemetry::metrics::Route;
use crate::web::{Problem, ProblemKind, request_timeout::request_timeout, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(super::at("/one-time-tokens/redeem", "POST").app_data(Route::Redeem).route(web::post().to(redeem)));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedeemBody {
    one_time_token: String,
}

#[derive(Serialize)]
struct OutcomeView {
    journey_id: String,
    pay_id: String,
    user_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    note: String,
    opened_at: String,
    concluded_at: Option<String>,
    redeemed_at: String,
}

async fn redeem(engine: web::Data<Engine>, request: HttpRequest, call: Call<RedeemBody>) -> ApiResult {
    let redeeming = Redeeming {
        merchant: call.merchant.id,
        token: &call.body.one_time_token,
        reservation: call.reservation,
        request_timeout: request_timeout(&request)?,
    };
    match use_cases::redeem::redeem(&engine, redeeming).await? {
        Redeemed::Known(redemption) => answer(&redemption),
        Redeemed::Uncertain => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ProblemKind::OutcomeUnknown,
            "The store did not say whether the token is spent now. Ask again with the same Idempotency-Key.",
        )),
    }
}

fn answer(redemption: &Redemption) -> ApiResult {
    match redemption {
        Redemption::Granted { journey, spent_at } => Ok(no_store(StatusCode::OK).json(outcome(journey, *spent_at))),
        Redemption::Pending { .. } => Ok(no_store(StatusCode::ACCEPTED)
            .insert_header(("Retry-After", "1"))
            .json(serde_json::json!({ "status": "pending" }))),
        Redemption::Spent { at } => {
            Err(gone(ProblemKind::Spent, "This one-time token has been redeemed.").with("spent_at", rfc3339(*at)))
        }
        Redemption::Expired { at } => {
            Err(gone(ProblemKind::Expired, "Nobody redeemed this one-time token in time.")
                .with("expired_at", rfc3339(*at)))
        }
        Redemption::Unknown => Err(Problem::not_found("one-time token")),
    }
}

fn outcome(journey: &Journey, redeemed_at: UnixMillis) -> OutcomeView {
    let opening = journey.opening();
    OutcomeView {
        journey_id: journey.id().to_string(),
        pay_id: journey.pay_id().to_string(),
        user_id: opening.merchant.to_string(),
        status: status(journey),
        amount: opening.purpose.amount().map(|amount| amount.to_string()),
        currency: opening.purpose.amount().map(|amount| amount.currency().to_string()),
        note: opening.purpose.note().to_owned(),
        opened_at: rfc3339(opening.opened_at),
        concluded_at: journey.final_outcome().map(|final_outcome| rfc3339(final_outcome.at)),
        redeemed_at: rfc3339(redeemed_at),
    }
}

fn gone(kind: ProblemKind, detail: &str) -> Problem {
    Problem::new(StatusCode::GONE, kind, detail)
}

//! `POST /v1/resume-handles/redeem`: a customer had to install the app first, and goes on in it. GET and HEAD never come
//! near it.

use actix_web::{http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::{ApiResult, Call, no_store};
use crate::engine::{Engine, ResumeRequest, ResumeResult, use_cases};
use crate::telemetry::metrics::Route;
use crate::web::{Problem, ProblemKind, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(super::at("/resume-handles/redeem", "POST").app_data(Route::Redeem).route(web::post().to(redeem)));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResumeBody {
    resume_handle: String,
}

#[derive(Serialize)]
struct ResumedView<'a> {
    journey_id: String,
    pay_id: String,
    one_time_token: &'a str,
}

async fn redeem(engine: web::Data<Engine>, call: Call<ResumeBody>) -> ApiResult {
    let request =
        ResumeRequest { merchant: call.merchant.id, handle: &call.body.resume_handle, reservation: call.reservation };
    let gone = |kind, detail: &str| Problem::new(StatusCode::GONE, kind, detail);
    match use_cases::resume::resume(&engine, request).await? {
        ResumeResult::Granted { token, journey } => Ok(no_store(StatusCode::OK).json(ResumedView {
            journey_id: journey.id().to_string(),
            pay_id: journey.pay_id().to_string(),
            one_time_token: token.reveal(),
        })),
        ResumeResult::Spent { at } => {
            Err(gone(ProblemKind::Spent, "This resume handle has been redeemed.").with("spent_at", rfc3339(at)))
        }
        ResumeResult::Expired { at } => {
            let detail = "Nobody redeemed this resume handle in time.";
            Err(gone(ProblemKind::Expired, detail).with("expired_at", rfc3339(at)))
        }
        ResumeResult::Unknown => Err(Problem::not_found("resume handle")),
        ResumeResult::Uncertain => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ProblemKind::OutcomeUnknown,
            "The store did not say whether the handle is spent now. Ask again with the same Idempotency-Key.",
        )),
    }
}

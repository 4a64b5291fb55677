//! `/v1/jobs`: a URL is called when a job is done.
//!
//! The answers show how a job stands and how its delivery fares, and of its headers the names alone.

use actix_web::{HttpRequest, HttpResponseBuilder, http::StatusCode, web};
use serde::Serialize;
use serde_json::value::RawValue;

use super::deliveries::{DeliveryView, Shown};
use super::list::{ListQuery, Place};
use super::{ApiResult, Authenticated, Call, no_store};
use crate::dialect::job::{FinishBody, JobBody, NAME};
use crate::domain::message::{Header, Message};
use crate::domain::{Finish, FinishedAs, Journey, JourneyId, Outcome, Target};
use crate::engine::{EndedJob, Engine, derive, use_cases};
use crate::web::{Problem, ProblemKind, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let all = super::at("/jobs", "GET, POST");
    let one = super::at("/jobs/{id}", "GET, DELETE");
    config
        .service(all.route(web::get().to(list)).route(web::post().to(open)))
        .service(one.route(web::get().to(show)).route(web::delete().to(call_off)))
        .service(super::at("/jobs/{id}/result", "POST").route(web::post().to(finish)));
}

/// A job, as lists show it.
#[derive(Serialize)]
struct CallbackView {
    id: String,
    status: &'static str,
    callback_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    headers: Vec<String>,
    opened_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

/// A job with what came of it.
#[derive(Serialize)]
struct WholeView {
    #[serde(flatten)]
    callback: CallbackView,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryView>,
}

async fn open(engine: web::Data<Engine>, call: Call<JobBody>) -> ApiResult {
    let request = call.body.read()?;
    let journey = use_cases::job::open(&engine, &call.merchant, NAME, &request, call.reservation.as_ref()).await?;
    let mut response = no_store(StatusCode::ACCEPTED);
    response.insert_header(("Content-Location", format!("/v1/jobs/{}", journey.id())));
    answer(&engine, response, &journey).await
}

async fn list(engine: web::Data<Engine>, request: HttpRequest, merchant: Authenticated) -> ApiResult {
    let page = ListQuery::read(&request, &["limit", "after"])?;
    let (jobs, next) = use_cases::job::list(&engine, merchant.id, page.place()?, page.limit).await?;
    let views: Vec<_> = jobs.iter().map(|job| view(&engine, job)).collect();
    Ok(no_store(StatusCode::OK).json(serde_json::json!({ "jobs": views, "next": next.as_ref().map(Place::write) })))
}

async fn show(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let journey = use_cases::job::find(&engine, merchant.id, read_id(&id)?).await?.ok_or_else(unknown)?;
    answer(&engine, no_store(StatusCode::OK), &journey).await
}

async fn finish(engine: web::Data<Engine>, id: web::Path<String>, call: Call<FinishBody>) -> ApiResult {
    let finish = call.body.read()?;
    match use_cases::job::finish(&engine, call.merchant.id, read_id(&id)?, &finish).await?.ok_or_else(unknown)? {
        EndedJob::Ended(journey) => answer(&engine, no_store(StatusCode::OK), &journey).await,
        EndedJob::Stands(journey) => Err(finished_before(&journey, &finish)),
    }
}

async fn call_off(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    match use_cases::job::call_off(&engine, merchant.id, read_id(&id)?).await?.ok_or_else(unknown)? {
        EndedJob::Ended(journey) => answer(&engine, no_store(StatusCode::OK), &journey).await,
        EndedJob::Stands(journey) => {
            let rule = format!("is {} already, and only a callback that waits can be cancelled", word(&journey));
            Err(ended("id", rule))
        }
    }
}

async fn answer(engine: &Engine, mut response: HttpResponseBuilder, journey: &Journey) -> ApiResult {
    let delivery = use_cases::job::delivery(engine, journey).await?;
    let delivery = delivery.map(|delivery| DeliveryView::of(journey, &delivery, Shown::Every));
    let result = derive::result_of(&engine.deps, journey)?
        .and_then(|result| RawValue::from_string(result.reveal().to_owned()).ok());
    Ok(response.json(WholeView { callback: view(engine, journey), result, delivery }))
}

fn view(engine: &Engine, journey: &Journey) -> CallbackView {
    let (opening, message) = (journey.opening(), derive::message_of(&engine.deps, journey));
    let url = opening.plan.url_of(Target::WebhookEndpoint(0)).map_or("", |url| url.as_str());
    let names = |message: &Message| message.headers().iter().map(Header::name).map(str::to_owned).collect();
    CallbackView {
        id: journey.id().to_string(),
        // A list does not conclude what has lapsed since the last sweep.
        status: if journey.is_lapsed(engine.deps.clock.now()) { Outcome::Expired.as_str() } else { word(journey) },
        callback_url: url.to_owned(),
        method: message.as_ref().map(|message| message.method().as_str()),
        headers: message.as_ref().map(names).unwrap_or_default(),
        opened_at: rfc3339(opening.opened_at),
        expires_at: rfc3339(opening.expires_at),
        ended_at: journey.final_outcome().map(|final_outcome| rfc3339(final_outcome.at)),
    }
}

fn word(journey: &Journey) -> &'static str {
    journey.final_outcome().map_or("waiting", |final_outcome| final_outcome.outcome.as_str())
}

fn read_id(text: &str) -> Result<JourneyId, Problem> {
    text.parse().map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::not_found("callback")
}

/// The first result stands.
fn finished_before(journey: &Journey, finish: &Finish) -> Problem {
    let said = match finish.end() {
        FinishedAs::Done => Outcome::Done,
        FinishedAs::Failed => Outcome::Failed,
    };
    if journey.final_outcome().is_some_and(|final_outcome| final_outcome.outcome == said) {
        return ended("result", "is not the one that came first, which stands".into());
    }
    ended("status", format!("comes after the callback was {}, which stands", word(journey)))
}

fn ended(field: &'static str, rule: String) -> Problem {
    let detail = format!("{field}: {rule}");
    Problem::new(StatusCode::CONFLICT, ProblemKind::CallbackEnded, detail).with("field", field).with("rule", rule)
}

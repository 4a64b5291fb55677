//! Handback's own API: small, JSON, with problem details; `openapi.json` is its manual.

mod audit;
mod audited;
pub(in crate::web) mod callbacks;
mod consents;
pub(in crate::web) mod deliveries;
pub(in crate::web) mod endpoints;
pub(in crate::web) mod events;
mod introspect;
mod jobs;
pub(in crate::web) mod journey_view;
pub(in crate::web) mod journeys;
mod json;
pub(in crate::web) mod list;
mod merchants;
pub(in crate::web) mod numbers;
pub(in crate::web) mod payments;
mod people;
pub(in crate::web) mod preview;
pub(in crate::web) mod profile;
pub(in crate::web) mod provider_accounts;
mod public_keys;
mod redeem;
mod resume;
mod returns;
mod secrets;
pub(in crate::web) mod slots;
mod ways;

use std::{future::ready, ops::Deref};

use actix_web::http::header::{self, HeaderValue};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, Resource, ResponseError, web};
use actix_web::{dev::Payload, http::StatusCode, middleware::from_fn};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::body::{self, BodyTrouble, Incoming};
use super::problem::Problem;
use super::{idempotency, problem_kind::ProblemKind};
use crate::domain::{Merchant, SavedCallback, SavedEndpoint};
use crate::engine::{Engine, Reservation, use_cases};
use crate::telemetry::metrics::Route;

/// What a handler of this API answers.
type ApiResult = Result<HttpResponse, Problem>;

/// The manual of this API (`OpenAPI` 3.1).
const MANUAL: &str = include_str!("../../../static/openapi.json");

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/v1")
            .wrap(from_fn(audited::write_changes))
            .app_data(Route::Api)
            .app_data(web::PathConfig::default().error_handler(|_, _| Problem::not_found("address").into()))
            // Asked after every payment, so it is looked for first: each pattern before it costs a search.
            .configure(redeem::routes)
            .configure(resume::routes)
            .service(at("/openapi.json", "GET").route(web::get().to(manual)))
            .configure(profile::routes)
            .configure(slots::routes::<SavedCallback>)
            .configure(slots::routes::<SavedEndpoint>)
            .configure(endpoints::routes)
            .configure(people::routes)
            .configure(callbacks::routes)
            .configure(public_keys::routes)
            .configure(secrets::routes)
            .configure(provider_accounts::routes)
            .configure(preview::routes)
            .configure(journeys::routes)
            .configure(payments::routes)
            .configure(deliveries::routes)
            .configure(events::routes)
            .configure(numbers::routes)
            .configure(audit::routes)
            .configure(jobs::routes)
            .configure(returns::routes)
            .configure(introspect::routes)
            .configure(merchants::routes)
            .configure(consents::routes)
            .default_service(web::to(nothing_here)),
    );
}

async fn manual() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(MANUAL)
}

/// An address of this API, with the methods that it allows; others are refused (RFC 9110, section 15.5.6).
fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || ready(wrong_method(allowed))))
}

fn wrong_method(allowed: &'static str) -> HttpResponse {
    let detail = format!("Expected {allowed}; the manual is at /v1/openapi.json.");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, ProblemKind::Method, detail);
    let mut response = problem.error_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

async fn nothing_here() -> ApiResult {
    Err(Problem::not_found("address"))
}

/// The merchant whose key the call brought.
async fn merchant_of(engine: &Engine, request: &HttpRequest) -> Result<Merchant, Problem> {
    let key = bearer(request).ok_or_else(Problem::unauthorised)?;
    use_cases::authenticate::authenticate(engine, key).await?.ok_or_else(Problem::unauthorised)
}

/// The merchant whose key a call brought: a handler that asks for it is not reached by anybody else.
struct Authenticated(Merchant);

impl Deref for Authenticated {
    type Target = Merchant;

    fn deref(&self) -> &Merchant {
        &self.0
    }
}

impl FromRequest for Authenticated {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let engine = web::Data::<Engine>::extract(&request).await?;
            Ok(Self(merchant_of(&engine, &request).await?))
        })
    }
}

/// Who makes a call that the operator and merchants can make.
enum Caller {
    /// The operator.
    Operator,
    /// A merchant.
    Merchant(Box<Merchant>),
}

impl Caller {
    async fn of(engine: &Engine, request: &HttpRequest) -> Result<Self, Problem> {
        match bearer(request) {
            Some(key) if use_cases::authenticate::is_operator(engine, key) => Ok(Self::Operator),
            _ => merchant_of(engine, request).await.map(|merchant| Self::Merchant(Box::new(merchant))),
        }
    }
}

/// Refuses everybody but the operator.
async fn check_operator(engine: &Engine, request: &HttpRequest) -> Result<(), Problem> {
    match Caller::of(engine, request).await? {
        Caller::Operator => Ok(()),
        Caller::Merchant(_) => Err(Problem::forbidden()),
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())?;
    let (_, key) = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?;
    Some(key.trim())
}

/// An answer that nobody keeps.
fn no_store(status: StatusCode) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    builder
}

/// A merchant's call with a JSON body.
struct Call<T> {
    merchant: Merchant,
    reservation: Option<Reservation>,
    body: T,
}

impl<T: DeserializeOwned> FromRequest for Call<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, incoming) = (request.clone(), Incoming::from_request(request, payload));
        Box::pin(async move {
            let Ok(incoming) = incoming.await;
            let engine = web::Data::<Engine>::extract(&request).await?;
            Ok(Self::read(&engine, incoming).await?)
        })
    }
}

impl<T: DeserializeOwned> Call<T> {
    async fn read(engine: &Engine, incoming: Incoming) -> Result<Self, Problem> {
        let merchant = merchant_of(engine, &incoming.request).await?;
        check_type(&incoming.request)?;
        let bytes = incoming.body?;
        let reservation = idempotency::reservation(&incoming.request, merchant.id, &[&bytes])?;
        Ok(Self { merchant, reservation, body: json::read(&bytes).map_err(BodyTrouble::Unreadable)? })
    }
}

/// A body without a type is taken for JSON, and so is what `curl` calls a form by default; any other type is
/// not looked at.
fn check_type(request: &HttpRequest) -> Result<(), BodyTrouble> {
    body::check_type(request, &["application/json", "application/x-www-form-urlencoded"])
}

//! A merchant's payment endpoints, in stable slots.
//!
//! What is saved here is `SecPaid`'s: the form of a body, and the key of an encrypted one, are its words. A key comes
//! in and never out again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{Call, merchant_of};
use crate::dialect::secpaid::{Form, read_key};
use crate::domain::endpoint::WebhookEndpoint;
use crate::domain::merchant::Merchant;
use crate::domain::notify_on::NotifyOn;
use crate::engine::{Edit, Edited, Engine, EngineError, derive, use_cases};
use crate::web::body::Incoming;
use crate::web::problem::Problem;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/profile/endpoints", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(
            super::at("/profile/endpoints/{index}", "GET, PUT, DELETE")
                .route(web::get().to(one))
                .route(web::put().to(replace))
                .route(web::delete().to(delete)),
        );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointBody {
    url: String,
    form: Option<String>,
    notify_on: Option<Vec<String>>,
    encryption_key: Option<String>,
}

/// A payment endpoint, as the profile, a journey and a preview show it.
#[derive(Serialize)]
pub(super) struct EndpointView {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    form: String,
    notify_on: Vec<&'static str>,
    encrypted: bool,
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "endpoints": views(&merchant) })))
}

async fn one(
    engine: web::Data<Engine>,
    request: HttpRequest,
    index: web::Path<usize>,
) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    let saved = merchant.endpoints.at(*index).ok_or_else(|| Problem::not_found("endpoint"))?;
    Ok(HttpResponse::Ok().json(EndpointView::at(*index, saved)))
}

async fn add(engine: web::Data<Engine>, incoming: Incoming) -> Result<HttpResponse, Problem> {
    let call = Call::<EndpointBody>::read(&engine, incoming).await?;
    let endpoint = read_endpoint(&engine, &call)?;
    match use_cases::profile::edit(
        &engine,
        call.merchant.id,
        &Edit::AddEndpoint(endpoint.clone()),
        call.reservation.as_ref(),
    )
    .await?
    {
        Edited::Done(Some(index)) => Ok(HttpResponse::Created()
            .insert_header(("Content-Location", format!("/v1/profile/endpoints/{index}")))
            .json(EndpointView::at(index, &endpoint))),
        Edited::Done(None) | Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
    }
}

async fn replace(
    engine: web::Data<Engine>,
    index: web::Path<usize>,
    incoming: Incoming,
) -> Result<HttpResponse, Problem> {
    let call = Call::<EndpointBody>::read(&engine, incoming).await?;
    let endpoint = read_endpoint(&engine, &call)?;
    match use_cases::profile::edit(&engine, call.merchant.id, &Edit::ReplaceEndpoint(*index, endpoint.clone()), None)
        .await?
    {
        Edited::Done(_) => Ok(HttpResponse::Ok().json(EndpointView::at(*index, &endpoint))),
        Edited::NoSuchSlot => Err(Problem::not_found("slot")),
    }
}

async fn delete(
    engine: web::Data<Engine>,
    request: HttpRequest,
    index: web::Path<usize>,
) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    match use_cases::profile::edit(&engine, merchant.id, &Edit::DeleteEndpoint(*index), None).await? {
        Edited::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Edited::NoSuchSlot => Err(Problem::not_found("endpoint")),
    }
}

fn read_endpoint(engine: &Engine, call: &Call<EndpointBody>) -> Result<WebhookEndpoint, EngineError> {
    let body = &call.body;
    let endpoint = WebhookEndpoint::parse(&body.url, &engine.deps.rules)?;
    let form = body.form.as_deref().map(Form::parse).transpose().map_err(|invalid| invalid.at("form"))?;
    let events = body.notify_on.as_deref().map(|words| NotifyOn::parse(words.iter().map(String::as_str)));
    let key = body.encryption_key.as_deref().map(read_key).transpose()?;
    Ok(WebhookEndpoint {
        form: form.unwrap_or_default().as_str().to_owned(),
        notify_on: events.transpose()?.unwrap_or(endpoint.notify_on),
        cipher: key.map(|key| derive::seal_for(&engine.deps, call.merchant.id, &key)).transpose()?,
        ..endpoint
    })
}

/// A merchant's payment endpoints, holes left out.
pub(super) fn views(merchant: &Merchant) -> Vec<EndpointView> {
    merchant.endpoints.entries().map(|(index, endpoint)| EndpointView::at(index, endpoint)).collect()
}

impl EndpointView {
    fn at(index: usize, endpoint: &WebhookEndpoint) -> Self {
        Self { index: Some(index), ..Self::from(endpoint) }
    }
}

impl From<&WebhookEndpoint> for EndpointView {
    fn from(endpoint: &WebhookEndpoint) -> Self {
        Self {
            index: endpoint.slot,
            url: endpoint.url.as_str().to_owned(),
            form: endpoint.form.clone(),
            notify_on: endpoint.notify_on.words(),
            encrypted: endpoint.cipher.is_some(),
        }
    }
}

//! A merchant's payment endpoints, in stable slots: saved, paused, resumed and tried.
//!
//! What is saved here is `SecPaid`'s: the form of a body, and the key of an encrypted one, are its words. A key and the
//! value of a header come in and never out again.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::deliveries::AttemptView;
use super::slots::Saved;
use super::{ApiResult, Authenticated, at, no_store};
use crate::dialect::own;
use crate::dialect::secpaid::{Form, read_key};
use crate::domain::message::Header;
use crate::domain::{Merchant, MerchantId, NotifyOn, SavedEndpoint, SealedHeader, Secret, WebhookEndpoint};
use crate::engine::{DeliveryContext, DeliveryFilter, Edit, Engine, EngineError, SentTest, derive, use_cases};
use crate::web::Problem;

/// How many deliveries of each kind the health of endpoints is read off.
const DELIVERIES: usize = 200;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/profile/endpoints/{index}/pause", "POST").route(web::post().to(pause)))
        .service(at("/profile/endpoints/{index}/resume", "POST").route(web::post().to(resume)))
        .service(at("/profile/endpoints/{index}/test", "POST").route(web::post().to(test)));
}

/// A payment endpoint, as a call says it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct EndpointBody {
    pub url: String,
    pub form: Option<String>,
    pub notify_on: Option<Vec<String>>,
    pub encryption_key: Option<String>,
    pub headers: Option<BTreeMap<String, String>>,
}

/// A payment endpoint, as the profile, a journey and a preview show it.
#[derive(Serialize)]
pub(in crate::web) struct EndpointView {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    form: String,
    notify_on: Vec<&'static str>,
    encrypted: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
}

/// What came of a test webhook.
#[derive(Serialize)]
struct TestView {
    id: String,
    received: bool,
    #[serde(flatten)]
    attempt: AttemptView,
}

async fn pause(engine: web::Data<Engine>, index: web::Path<usize>, merchant: Authenticated) -> ApiResult {
    let paused = use_cases::endpoints::pause(&engine, merchant.id, *index).await?;
    changed(paused, &merchant, *index, true)
}

async fn resume(engine: web::Data<Engine>, index: web::Path<usize>, merchant: Authenticated) -> ApiResult {
    let resumed = use_cases::endpoints::resume(&engine, merchant.id, *index).await?;
    changed(resumed, &merchant, *index, false)
}

/// The endpoint as it is by now.
fn changed(is_there: bool, merchant: &Merchant, index: usize, paused: bool) -> ApiResult {
    let saved = merchant.endpoints.at(index).filter(|_| is_there).ok_or_else(not_found)?;
    Ok(HttpResponse::Ok().json(EndpointView { paused, ..view(saved, index) }))
}

async fn test(engine: web::Data<Engine>, index: web::Path<usize>, merchant: Authenticated) -> ApiResult {
    let sent = send_test(&engine, &merchant, *index).await.ok_or_else(not_found)?;
    let (received, attempt) = (sent.is_received(), AttemptView::from(&sent.attempt));
    Ok(no_store(StatusCode::OK).json(TestView { id: sent.id, received, attempt }))
}

/// Sends a test webhook, in our own words whatever form is saved. `None` when there is no such endpoint.
pub(in crate::web) async fn send_test(engine: &Engine, merchant: &Merchant, index: usize) -> Option<SentTest> {
    let payload = own::test_webhook(&merchant.endpoints.at(index)?.url, engine.deps.clock.now());
    use_cases::endpoints::test(engine, merchant, index, &payload).await
}

/// Reads and seals a header of an endpoint's own.
pub(in crate::web) fn seal_header(
    engine: &Engine,
    merchant: MerchantId,
    name: &str,
    value: &str,
) -> Result<SealedHeader, EngineError> {
    let header = Header::parse(name, value)?;
    let value = derive::seal_for(&engine.deps, merchant, &Secret::new(header.value().reveal()))?;
    Ok(SealedHeader { name: header.name().to_owned(), value })
}

fn not_found() -> Problem {
    Problem::not_found("endpoint")
}

impl Saved for SavedEndpoint {
    const MANY: &'static str = "endpoints";
    const ONE: &'static str = "endpoint";
    const ADD: fn(Self) -> Edit = Edit::AddEndpoint;
    const REPLACE: fn(usize, Self) -> Edit = Edit::ReplaceEndpoint;
    const DELETE: fn(usize) -> Edit = Edit::DeleteEndpoint;

    type Body = EndpointBody;
    type View = EndpointView;

    fn read(engine: &Engine, merchant: MerchantId, body: &EndpointBody) -> Result<Self, EngineError> {
        let endpoint = WebhookEndpoint::parse(&body.url, &engine.deps.rules)?;
        let form = body.form.as_deref().map(Form::parse).transpose().map_err(|invalid| invalid.at("form"))?;
        let events = body.notify_on.as_deref().map(|words| NotifyOn::parse(words.iter().map(String::as_str)));
        let key = body.encryption_key.as_deref().map(read_key).transpose()?;
        let headers = body.headers.iter().flatten().map(|(name, value)| seal_header(engine, merchant, name, value));
        let headers = headers.collect::<Result<Vec<_>, _>>()?;
        SealedHeader::check_all(&headers)?;
        let endpoint = WebhookEndpoint {
            form: form.unwrap_or_default().as_str().to_owned(),
            notify_on: events.transpose()?.unwrap_or(endpoint.notify_on),
            cipher: key.map(|key| derive::seal_for(&engine.deps, merchant, &key)).transpose()?,
            ..endpoint
        };
        Ok(Self { headers, ..endpoint.into() })
    }

    fn slots(merchant: &Merchant) -> &[Option<Self>] {
        merchant.endpoints.all()
    }

    fn in_place_of(self, before: Option<&Self>) -> Self {
        Self::in_place_of(self, before)
    }

    fn view(&self, _: &Engine, _: &Merchant, index: usize) -> EndpointView {
        view(self, index)
    }
}

fn view(saved: &SavedEndpoint, index: usize) -> EndpointView {
    EndpointView {
        index: Some(index),
        headers: saved.headers.iter().map(|header| header.name.clone()).collect(),
        paused: saved.paused,
        ..EndpointView::from(&saved.endpoint)
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
            headers: Vec::new(),
            paused: false,
        }
    }
}

/// How a saved endpoint does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::web) struct EndpointHealth {
    pub index: usize,
    pub failing: usize,
    pub dead: usize,
    pub gone: bool,
}

impl EndpointHealth {
    /// Whether it does not take what it is sent now.
    pub const fn is_failing(&self) -> bool {
        self.failing > 0 || self.gone
    }
}

/// How a merchant's saved endpoints do, by the newest 200 deliveries that are failing, and the newest 200 that were
/// given up.
///
/// # Errors
/// When the store is in trouble.
pub(in crate::web) async fn health(engine: &Engine, merchant: &Merchant) -> Result<Vec<EndpointHealth>, EngineError> {
    let of = |filter| use_cases::deliveries::list(engine, merchant.id, filter, None, DELIVERIES);
    let (failing, dead) = (of(DeliveryFilter::Failing).await?, of(DeliveryFilter::Dead).await?);
    let to = |endpoint: &SavedEndpoint, all: &[DeliveryContext]| {
        let url_of = |context: &DeliveryContext| {
            context.journey.opening().plan.url_of(context.delivery.id.target).map(|url| url.as_str().to_owned())
        };
        all.iter().filter(|context| url_of(context).as_deref() == Some(endpoint.url.as_str())).count()
    };
    let mut all = Vec::new();
    for (index, endpoint) in merchant.endpoints.entries() {
        let gone = use_cases::endpoints::is_gone(engine, merchant, endpoint).await?;
        all.push(EndpointHealth { index, failing: to(endpoint, &failing), dead: to(endpoint, &dead), gone });
    }
    Ok(all)
}

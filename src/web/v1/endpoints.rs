//! A merchant's payment endpoints, in stable slots.
//!
//! What is saved here is `SecPaid`'s: the form of a body, and the key of an encrypted one, are its words. A key comes
//! in and never out again.

use serde::{Deserialize, Serialize};

use super::slots::Saved;
use crate::dialect::secpaid::{Form, read_key};
use crate::domain::{Merchant, MerchantId, NotifyOn, WebhookEndpoint};
use crate::engine::{Edit, Engine, EngineError, derive};

/// A payment endpoint, as a call says it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct EndpointBody {
    pub url: String,
    pub form: Option<String>,
    pub notify_on: Option<Vec<String>>,
    pub encryption_key: Option<String>,
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
}

impl Saved for WebhookEndpoint {
    const MANY: &'static str = "endpoints";
    const ONE: &'static str = "endpoint";
    const ADD: fn(Self) -> Edit = Edit::AddEndpoint;
    const REPLACE: fn(usize, Self) -> Edit = Edit::ReplaceEndpoint;
    const DELETE: fn(usize) -> Edit = Edit::DeleteEndpoint;

    type Body = EndpointBody;
    type View = EndpointView;

    fn read(engine: &Engine, merchant: MerchantId, body: &EndpointBody) -> Result<Self, EngineError> {
        let endpoint = Self::parse(&body.url, &engine.deps.rules)?;
        let form = body.form.as_deref().map(Form::parse).transpose().map_err(|invalid| invalid.at("form"))?;
        let events = body.notify_on.as_deref().map(|words| NotifyOn::parse(words.iter().map(String::as_str)));
        let key = body.encryption_key.as_deref().map(read_key).transpose()?;
        Ok(Self {
            form: form.unwrap_or_default().as_str().to_owned(),
            notify_on: events.transpose()?.unwrap_or(endpoint.notify_on),
            cipher: key.map(|key| derive::seal_for(&engine.deps, merchant, &key)).transpose()?,
            ..endpoint
        })
    }

    fn slots(merchant: &Merchant) -> &[Option<Self>] {
        merchant.endpoints.all()
    }

    fn view(&self, _: &Engine, _: &Merchant, index: usize) -> EndpointView {
        EndpointView { index: Some(index), ..EndpointView::from(self) }
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

//! What a merchant has said of being told: endpoints, a webhook, keys, and the choices that belong to them.

use serde::{Deserialize, Serialize};

use super::later::{WebhookOptionsRecord, manner};
use crate::domain::callback::CallbackUrl;
use crate::domain::merchant::{Merchant, PublicKey, Webhook};
use crate::domain::plan::WebhookEndpoint;
use crate::domain::slots::Slots;
use crate::domain::terms::{AnswersTo, SignedCalls};

/// All of it.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ToldRecord {
    answers_to_app: bool,
    signed_calls: bool,
    notice_type: String,
    endpoints: Vec<Option<(String, WebhookOptionsRecord)>>,
    webhook: Option<(Vec<String>, String)>,
    public_keys: Vec<(String, String)>,
    /// Of API keys of the older form; nothing writes it any more.
    pub(super) hashed_keys: Vec<[u8; 32]>,
}

impl ToldRecord {
    /// What a merchant has said; `None` is nothing.
    pub(super) fn of(merchant: &Merchant) -> Option<Self> {
        let settings = &merchant.settings;
        let slots = merchant
            .endpoints
            .all()
            .iter()
            .map(|slot| slot.as_ref().map(|endpoint| (endpoint.url.as_str().to_owned(), manner(endpoint))));
        let webhook = merchant.webhook.as_ref();
        let record = Self {
            answers_to_app: settings.answers_to == AnswersTo::App,
            signed_calls: settings.signed_calls == SignedCalls::Required,
            notice_type: settings.notice_type.clone(),
            endpoints: slots.collect(),
            webhook: webhook.map(|webhook| (webhook.types.clone(), webhook.url.as_str().to_owned())),
            public_keys: merchant.public_keys.iter().map(|key| (key.id.clone(), key.text.clone())).collect(),
            hashed_keys: Vec::new(),
        };
        (record != Self::default()).then_some(record)
    }

    /// Puts it into the merchant that has said so.
    pub(super) fn put_into(self, merchant: &mut Merchant) {
        let settings = &mut merchant.settings;
        settings.answers_to = if self.answers_to_app { AnswersTo::App } else { AnswersTo::Gateway };
        settings.signed_calls = if self.signed_calls { SignedCalls::Required } else { SignedCalls::Checked };
        settings.notice_type = self.notice_type;
        let slots = self
            .endpoints
            .into_iter()
            .map(|slot| slot.map(|(url, manner)| manner.over(WebhookEndpoint::at(CallbackUrl::restored(url)))));
        merchant.endpoints = Slots::restored(slots.collect());
        merchant.webhook = self.webhook.map(|(types, url)| Webhook { types, url: CallbackUrl::restored(url) });
        merchant.public_keys = self.public_keys.into_iter().map(|(id, text)| PublicKey { id, text }).collect();
    }
}

//! Payment endpoints, a merchant's webhook, and what belongs to them.

use serde::{Deserialize, Deserializer, Serialize};
use serde_bytes::ByteBuf;

use super::recorded::{Record, Recorded, fields};
use crate::domain::callback::CallbackUrl;
use crate::domain::merchant::{PublicKey, Webhook};
use crate::domain::notify_on::NotifyOn;
use crate::domain::plan::WebhookEndpoint;

fields!(Webhook: types: Vec<String>, url: CallbackUrl);

fields!(PublicKey: id: String, text: String);

/// An endpoint's form, which events it wants, and its key.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct EndpointOptionsRecord(String, #[serde(deserialize_with = "events")] u8, Option<ByteBuf>);

/// Without its slot, which is its place in the list.
impl Recorded for WebhookEndpoint {
    type Record = (String, EndpointOptionsRecord);

    fn record(&self) -> Self::Record {
        (self.url.record(), EndpointOptionsRecord::of(self))
    }

    fn of((url, options): Self::Record) -> Option<Self> {
        options.over(Self::at(Recorded::of(url)?))
    }
}

impl EndpointOptionsRecord {
    /// The options of this endpoint.
    pub(super) fn of(endpoint: &WebhookEndpoint) -> Self {
        Self(endpoint.form.clone(), endpoint.notify_on.number(), endpoint.cipher.record())
    }

    /// The endpoint with these options.
    pub(super) fn over(self, endpoint: WebhookEndpoint) -> Option<WebhookEndpoint> {
        let Self(form, notify_on, cipher) = self;
        Some(WebhookEndpoint {
            form,
            notify_on: NotifyOn::of_number(notify_on),
            cipher: Recorded::of(cipher)?,
            ..endpoint
        })
    }
}

/// Which events an endpoint wants; before they had numbers, this was whether it wanted success alone.
fn events<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Events(u8),
        SuccessOnly(bool),
    }
    Ok(match Kept::deserialize(from)? {
        Kept::Events(number) => number,
        Kept::SuccessOnly(true) => NotifyOn::SUCCESS.number(),
        Kept::SuccessOnly(false) => NotifyOn::ALL.number(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_was_saved_before_events_had_numbers_is_read() {
        for (kept, expected) in [(true, NotifyOn::SUCCESS), (false, NotifyOn::ALL)] {
            let written = rmp_serde::to_vec(&("form", kept, None::<()>)).unwrap();
            let EndpointOptionsRecord(form, events, cipher) = rmp_serde::from_slice(&written).unwrap();
            assert_eq!((form.as_str(), events, cipher.is_none()), ("form", expected.number(), true));
        }
    }
}

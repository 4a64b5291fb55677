//! IXOPAY: transactions with a merchant's own id, URLs for success, cancel and error that nothing is appended to, and a
//! signed callback that must be answered with `OK` (contracts/ixopay.md).
//!
//! What a merchant's client is configured with: its base URL is this gateway's with `/ixopay` at its end; user name and
//! API key are the merchant's id; the password is an API key of the merchant's, plain or hashed as IXOPAY's PHP client
//! does it; the shared secret is the merchant's signing secret. Calls whose signature is wrong are refused, and calls
//! without one where the merchant's setting `signed_calls` is `required`.
//!
//! Callbacks go to `callbackUrl`, else to the merchant's first payment endpoint. Their `Content-Type` is the call's,
//! unless the setting `notice_type` names another; their hash is the one that the call was signed with. The URLs of a
//! call keep the rules of every callback here: `https`, or `http` on loopback (IXOPAY: any `http`), but IXOPAY's own
//! limit of their length. Replies are not signed: nobody has written down over what.

mod answer;
mod callback;
mod checked;
mod failure;
mod intermediate;
mod kept;
mod kind;
mod open_request;
mod reference;
mod request;
mod schedule;
mod signature;
mod simulator;
mod unordered;
mod view;

pub use answer::{answer, status};
pub use failure::{Code, Failure, rejection};
pub use intermediate::{Intermediate, intermediate};
pub use kind::Kind;
pub use reference::{Reference, link_of, redirect_path};
pub use request::Asked;
pub use signature::{BodyHash, DATE_WINDOW, Message, date, read_date, target};
pub use simulator::is_played_at_once;
pub use unordered::played_chargeback;

use callback::CallbackEvent;
use kept::Kept;
use view::Transaction;

use crate::domain::{
    CallbackDialect, ClientAccess, DeliveryPolicy, Dialect, Headers, Journey, JourneyEvent, MerchantTexts, OpenRequest,
    PaymentOperation, Posting, Schedule, Stage, SuccessRule, Target, WebhookDialect, WebhookEndpoint, WebhookPayload,
};

/// The dialect's name.
pub const NAME: &str = "ixopay";

/// The longest URL of a call, in bytes: that of `successUrl`, `cancelUrl`, `errorUrl` and `callbackUrl`
/// (contracts/ixopay.md, section 4), and of the merchant's own page with the way on from it.
pub(super) const LONGEST_URL: usize = 4096;

/// The media type of callbacks whose call had none: the one that IXOPAY's PHP client insists on.
const JSON: &str = "application/json; charset=utf-8";

/// How callbacks are made.
const DELIVERY_POLICY: DeliveryPolicy = DeliveryPolicy {
    schedule: Schedule::of(&schedule::WAITS),
    first: schedule::DEADLINES.0,
    later: schedule::DEADLINES.1,
    success: SuccessRule::Body(schedule::RECEIVED),
    gone: false,
};

/// Says where a customer comes to the checkout of a journey, if that can be said.
pub type WayOn = dyn Fn(&Journey) -> Option<String> + Send + Sync;

/// IXOPAY's words: none on the redirect home, for its URLs are used unchanged, and a callback to the merchant's server.
pub struct Ixopay {
    way_on: Box<WayOn>,
}

impl Ixopay {
    /// The dialect of a gateway where customers come to a checkout this way: absolute URLs.
    pub fn new(way_on: impl Fn(&Journey) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { way_on: Box::new(way_on) }
    }
}

impl Dialect for Ixopay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn merchant_texts(&self, journey: &Journey) -> MerchantTexts {
        let Kept { merchant_transaction_id, merchant_meta_data, extra_data, .. } = Kept::of(journey);
        let named = merchant_meta_data.map(|text| ("merchantMetaData".to_owned(), text));
        let metadata = extra_data.unwrap_or_default().into_iter().chain(named).collect();
        MerchantTexts { reference: merchant_transaction_id, metadata }
    }

    fn client_settings(&self, access: &ClientAccess<'_>) -> Vec<(&'static str, String)> {
        vec![
            ("base_url", access.public_url.page("/ixopay", &[])),
            ("user", access.merchant.short()),
            ("password", access.api_key.reveal().to_owned()),
            ("connector", access.merchant.short()),
            ("shared_secret", access.signing_secret.reveal().to_owned()),
        ]
    }

    fn longest_url(&self) -> usize {
        LONGEST_URL
    }

    fn operation_without_order(
        &self,
        payment: &Journey,
        operation: PaymentOperation,
        reverses: Option<&Journey>,
    ) -> OpenRequest {
        unordered::without_order(payment, operation, reverses)
    }
}

impl CallbackDialect for Ixopay {
    /// `successUrl` is where a customer goes on success or while nothing is certain; the callback will tell.
    fn hands_back_early(&self, _journey: &Journey) -> bool {
        true
    }
}

impl WebhookDialect for Ixopay {
    /// Of how it ended, and that nothing is certain yet: when its customer is sent to a page of the merchant's first,
    /// or has gone home before the bank had answered.
    fn notifies(&self, journey: &Journey, event: JourneyEvent, _target: Target) -> bool {
        match event {
            JourneyEvent::Opened => Kept::of(journey).intermediate_url.is_some(),
            JourneyEvent::Returned(_) => journey.stage() == Stage::HandedBack,
            JourneyEvent::Ready(_) => false,
            JourneyEvent::Concluded(_) => true,
        }
    }

    fn webhook(&self, _: &WebhookEndpoint, journey: &Journey, event: JourneyEvent) -> Option<WebhookPayload> {
        let body = match event {
            JourneyEvent::Opened => callback::body(journey, CallbackEvent::Pending((self.way_on)(journey).as_deref())),
            JourneyEvent::Ready(_) | JourneyEvent::Returned(_) => callback::body(journey, CallbackEvent::Pending(None)),
            JourneyEvent::Concluded(_) => callback::body(journey, CallbackEvent::Concluded(journey.outcome_of(event)?)),
        };
        let content_type = Kept::of(journey).content_type.unwrap_or_else(|| JSON.to_owned());
        Some(WebhookPayload { content_type, body: body? })
    }

    /// `Date`, and `X-Signature` with the hash that the call was signed with.
    fn sign(&self, journey: &Journey, webhook: &WebhookPayload, posting: &Posting<'_>) -> Option<Headers> {
        let (date, uri) = (date(posting.at), target(posting.url)?);
        let message = Message {
            method: "POST",
            body: webhook.body.as_bytes(),
            content_type: &webhook.content_type,
            date: &date,
            uri: &uri,
        };
        let signature = message.sign(posting.secrets.first()?, Kept::of(journey).body_hash.unwrap_or_default())?;
        Some(vec![("date", date), ("x-signature", signature)])
    }

    fn delivery_policy(&self, _target: Target) -> DeliveryPolicy {
        DELIVERY_POLICY
    }

    fn announces(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;

//! Token.io: payments by API, `member-id`, `payment-id` and `state` on the redirect home, and signed webhooks
//! (contracts/token-io.md).

mod authorization;
mod bank_query;
mod canonical;
mod checked;
mod echo;
mod flow;
mod ids;
mod initiation;
mod jwt;
mod kept;
mod key;
mod link;
mod link_query;
mod party;
mod payload;
mod payment;
mod query;
mod rejection;
mod request;
mod sdk;
mod sent;
mod status;
mod v1;
mod v1_callback;
mod webhook;

pub use authorization::{Authorization, Signature};
pub use bank_query::read_bank_query;
pub use flow::Flow;
pub use ids::{member_id, payment_id, read_member_id, read_payment_id};
pub use initiation::Initiation;
pub use jwt::Jwt;
pub use key::{ReadKey, key_id, read_public_key};
pub use link::{LinkStatus, PaymentLink, is_payment_link, link_id, payment_link, read_link_id};
pub use link_query::LinkQuery;
pub use payload::EVENT;
use payment::status_at;
pub use payment::{PartialPayment, Payment, Standing, flow, partial_payment, payment};
pub use query::{Offset, Query};
pub use rejection::{Failure, FieldRule, Rejection};
pub use request::PaymentRequest;
pub use sdk::SdkSignature;
pub use sent::Sent;
pub use status::Status;
pub use v1::{
    TOKEN_MEMBER, TokenRequest, TokenSignature, is_readable, is_token_request, read_request_id, request_id,
    token_member, token_request, token_request_result,
};
pub use webhook::read_webhook;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use kept::{Kept, KeptForReturn};

use super::{json, moments};
use crate::domain::{
    CallbackDialect, ClientAccess, DeliveryPolicy, Dialect, FinalOutcome, HandBack, Headers, Item, Journey,
    JourneyEvent, MerchantTexts, OpenRequest, Params, Posting, RequestedCallbacks, Target, WebhookDialect,
    WebhookEndpoint, WebhookPayload,
};

/// The dialect's name.
pub const NAME: &str = "token_io";

/// What it may append to a callback (contracts, section 7). A token request appends what [`v1_callback::APPENDED`] has.
const APPENDED: [&str; 4] = ["member-id", "payment-id", "state", "status"];

/// Token.io's words on the redirect home: `?member-id=…&payment-id=…&state=…`, in this order, the colons of the ids as
/// they are.
///
/// A payment on hosted pages has no `member-id`, and one that was asked for without `callbackState` has no `state`.
/// None says how it ended, and nothing is signed: the caller asks, or reads the webhook.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenIo;

impl Dialect for TokenIo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn merchant_texts(&self, journey: &Journey) -> MerchantTexts {
        MerchantTexts { reference: Kept::of(journey).ref_id(), ..MerchantTexts::default() }
    }

    fn client_settings(&self, access: &ClientAccess<'_>) -> Vec<(&'static str, String)> {
        let webhook_key = access.webhook_key.map(|key| ("webhook_public_key", URL_SAFE_NO_PAD.encode(key)));
        let settings = [
            ("base_url", access.public_url.page("/token-io", &[])),
            ("member_id", member_id(access.merchant)),
            ("authorization", format!("Basic {}", STANDARD.encode(access.api_key.reveal()))),
        ];
        settings.into_iter().chain(webhook_key).collect()
    }
}

impl CallbackDialect for TokenIo {
    fn appended(&self) -> &'static [&'static str] {
        &APPENDED
    }

    fn appended_to(&self, open_request: &OpenRequest) -> &'static [&'static str] {
        if v1::is_wished(open_request) { &v1_callback::APPENDED } else { &APPENDED }
    }

    /// The first API signs its callbacks itself, under names of its own.
    fn signs_returns(&self, open_request: &OpenRequest) -> bool {
        !v1::is_wished(open_request)
    }

    /// Control of the browser is given back at once; what the bank says is processed afterwards. The first API's
    /// callback says how it ended.
    fn hands_back_early(&self, journey: &Journey) -> bool {
        !is_token_request(journey)
    }

    fn lets_app_answer(&self, journey: &Journey) -> bool {
        KeptForReturn::of(journey).answered_by_app
    }

    fn knows_as(&self, journey: &Journey, state: &str) -> bool {
        let kept = KeptForReturn::of(journey);
        kept.answered_by_app && kept.state.as_deref() == Some(state)
    }

    fn signed_text(&self, journey: &Journey, final_outcome: &FinalOutcome) -> Option<String> {
        let is_signed = is_token_request(journey) && final_outcome.outcome.is_proven();
        is_signed.then(|| v1_callback::signed_text(journey)).flatten()
    }

    fn callback_params(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        let (kept, mut params) = (KeptForReturn::of(journey), Params::default());
        if kept.is_token_request() {
            let signature = hand_back.signature.map(TokenSignature::of);
            return v1_callback::callback_params(journey, hand_back.final_outcome, signature.as_ref());
        }
        if !kept.flow().is_hosted() {
            params = params.append_id("member-id", &member_id(journey.opening().merchant));
        }
        params = params.append_id("payment-id", &payment_id(*journey.id())).append_some("state", kept.state);
        // Of banks that want the browser more than once.
        let status = journey.was_led_on().then(|| status_at(journey, hand_back.final_outcome));
        params.append_some("status", status)
    }

    /// None of its callbacks holds how a payment ended, not by a placeholder either.
    fn status(&self, _journey: &Journey, _final_outcome: &FinalOutcome) -> &'static str {
        ""
    }

    /// Where none of our pages has a part in it, the bank is asked before there is a browser.
    fn asks_provider_ahead(&self, open_request: &OpenRequest) -> bool {
        !Kept::read(&open_request.dialect_data).flow().is_hosted()
    }
}

impl WebhookDialect for TokenIo {
    /// A webhook is sent for the creation and for every change.
    fn notifies(&self, journey: &Journey, event: JourneyEvent, target: Target) -> bool {
        // On hosted pages the browser is led, and nothing changes when it is known where to.
        let is_change = !matches!(event, JourneyEvent::Ready(_)) || !flow(journey).is_hosted();
        is_change && matches!(target, Target::WebhookEndpoint(_))
    }

    fn webhook(&self, _: &WebhookEndpoint, journey: &Journey, event: JourneyEvent) -> Option<WebhookPayload> {
        payload::webhook(journey, event)
    }

    fn sign(&self, _journey: &Journey, webhook: &WebhookPayload, posting: &Posting<'_>) -> Option<Headers> {
        payload::sign(webhook, posting)
    }

    fn delivery_policy(&self, target: Target) -> DeliveryPolicy {
        match target {
            Target::Callback(_) => DeliveryPolicy::CALLBACK,
            Target::WebhookEndpoint(_) => payload::DELIVERY_POLICY,
        }
    }
}

/// This open request where the merchant's app takes the bank's answers itself, at its callback. That is then as
/// sensitive as an address that tokens go to, and must be below a saved one.
pub fn answered_by_app(mut open_request: OpenRequest) -> OpenRequest {
    if let RequestedCallbacks::Items(items) = &open_request.callback
        && let [Item::Url(url)] = items.as_slice()
    {
        open_request.callback = RequestedCallbacks::Covered(url.clone());
        let kept = Kept { answered_by_app: true, ..Kept::read(&open_request.dialect_data) };
        open_request.dialect_data = kept.written();
    }
    open_request
}

#[cfg(test)]
mod tests;

//! What the engine and the courier need of a dialect: its words on the way home, and to servers.

use super::api_key::ApiKey;
use super::callback::MAX_LENGTH;
use super::delivery::{DeliveryPolicy, JourneyEvent, Posting, Target, WebhookPayload};
use super::endpoint::WebhookEndpoint;
use super::id::MerchantId;
use super::journey::{FinalOutcome, HandBack, Journey};
use super::message::Message;
use super::open_request::OpenRequest;
use super::params::Params;
use super::redirect::PublicUrl;
use super::secret::Secret;

/// Where a merchant's clients find us, and the secrets that they were just given.
#[derive(Debug, Clone, Copy)]
pub struct ClientAccess<'a> {
    /// Where browsers and clients find us.
    pub public_url: &'a PublicUrl,
    /// The merchant.
    pub merchant: MerchantId,
    /// Its API key.
    pub api_key: &'a ApiKey,
    /// Its signing secret.
    pub signing_secret: &'a Secret,
    /// The public key that verifies its webhooks, where a dialect signs with one: 32 bytes of Ed25519.
    pub webhook_key: Option<[u8; 32]>,
}

/// A merchant-facing vocabulary, as far as a hand-back and a delivery need it. The rest of a dialect is between it and
/// the front door.
pub trait Dialect: Send + Sync {
    /// Its name, as it is frozen into journeys.
    fn name(&self) -> &'static str;

    /// The longest URL that its calls may bring, in bytes, before and after our parameters have joined it.
    fn longest_url(&self) -> usize {
        MAX_LENGTH
    }

    /// Every name it may ever append to a callback, but for those of open requests whose ways home it does not have
    /// signed.
    fn appended(&self) -> &'static [&'static str];

    /// What it may append to the callbacks of this open request, and none of them may hold already.
    fn appended_to(&self, _open_request: &OpenRequest) -> &'static [&'static str] {
        self.appended()
    }

    /// Whether the ways home of this open request are signed for merchants who have chosen signed returns. Where they
    /// are not, its callbacks are signed in the dialect's own way.
    fn signs_returns(&self, _open_request: &OpenRequest) -> bool {
        true
    }

    /// Whether a callback of this journey promises no outcome, because its one-time token or a webhook will tell: then
    /// a customer may go home before the bank has answered (rule 4 of the design).
    fn goes_home_unproven(&self, journey: &Journey) -> bool;

    /// Whether the bank is asked where to send the browser as soon as the journey opens, before there is a browser.
    fn leaves_ahead(&self, _open_request: &OpenRequest) -> bool {
        false
    }

    /// Whether the app takes the bank's answer itself, at its first callback, and brings it here.
    fn lets_app_answer(&self, _journey: &Journey) -> bool {
        false
    }

    /// Whether the app that takes this journey's answer calls the journey by this `state`: its own, where the bank's is
    /// ours.
    fn knows_as(&self, _journey: &Journey, _state: &str) -> bool {
        false
    }

    /// What the gateway signs on the way home of a journey that ended like this. `None` where nobody verifies that.
    fn signed_text(&self, _journey: &Journey, _final_outcome: &FinalOutcome) -> Option<String> {
        None
    }

    /// What it appends to the callback, and fills into it, for this hand-back.
    fn way_home(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params;

    /// Whether a target of this journey is told of this. The journey stands as this has left it.
    fn notifies(&self, _journey: &Journey, event: JourneyEvent, _target: Target) -> bool {
        event.final_outcome().is_some()
    }

    /// What a payment endpoint is told. `None` where this dialect has no words for it. The journey may have gone on
    /// since: every try tells the same.
    fn webhook(&self, _journey: &Journey, _event: JourneyEvent) -> Option<WebhookPayload> {
        None
    }

    /// What this one of a journey's payment endpoints is told, in the form that it wants. What is going to be encrypted
    /// is written here as it is to be read.
    fn webhook_to(
        &self,
        _endpoint: &WebhookEndpoint,
        journey: &Journey,
        event: JourneyEvent,
    ) -> Option<WebhookPayload> {
        self.webhook(journey, event)
    }

    /// A webhook, encrypted with its endpoint's key. `None` where this dialect has no encrypted webhooks, or the key is
    /// none of its keys.
    fn encrypted(&self, _webhook: &WebhookPayload, _key: &Secret) -> Option<WebhookPayload> {
        None
    }

    /// What a job of its own sends: `message` is what its merchant wrote, and `result` what the merchant finished it
    /// with, as JSON. `None` where nothing is in the body, or this dialect has no jobs.
    fn job(
        &self,
        _journey: &Journey,
        _event: JourneyEvent,
        _message: &Message,
        _result: Option<&str>,
    ) -> Option<WebhookPayload> {
        None
    }

    /// The headers that sign a webhook, by their names in lower case. `None` where this dialect has none of its own,
    /// and Standard Webhooks' are sent.
    fn sign(
        &self,
        _journey: &Journey,
        _webhook: &WebhookPayload,
        _posting: &Posting<'_>,
    ) -> Option<Vec<(&'static str, String)>> {
        None
    }

    /// How its deliveries are made.
    fn delivery_policy(&self, target: Target) -> DeliveryPolicy {
        match target {
            Target::Callback(_) => DeliveryPolicy::CALLBACK,
            Target::WebhookEndpoint(_) => DeliveryPolicy::STANDARD,
        }
    }

    /// What a client of this dialect is configured with, each setting by its name. Empty where it has no clients of its
    /// own.
    fn client_settings(&self, _access: &ClientAccess<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Whether servers are told before the browser goes home, as far as the budget allows.
    fn announces(&self) -> bool {
        false
    }
}

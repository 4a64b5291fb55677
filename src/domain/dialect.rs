//! What the engine and the courier need of a dialect: its words on callbacks, and on what servers are sent.
//!
//! Everything else of a dialect, its calls and their answers, is between its folder and `web`.

use std::collections::BTreeMap;

use crate::domain::{
    ApiKey, DeliveryPolicy, FinalOutcome, HandBack, Journey, JourneyEvent, MerchantId, OpenRequest, Params,
    PaymentOperation, Placeholder, Posting, PublicUrl, Purpose, Secret, Target, WebhookEndpoint, WebhookPayload,
};
use crate::domain::{callback::MAX_LENGTH, message::Message};

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

/// What a merchant's call has said of a journey for the merchant's own use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantTexts {
    /// The merchant's own reference.
    pub reference: Option<String>,
    /// The merchant's own texts, by their names.
    pub metadata: BTreeMap<String, String>,
}

/// Headers of a request, by their names in lower case.
pub type Headers = Vec<(&'static str, String)>;

/// A merchant-facing vocabulary, as the list of dialects holds it.
pub trait Dialect: CallbackDialect + WebhookDialect {
    /// Its name, as it is frozen into journeys: it never changes.
    fn name(&self) -> &'static str;

    /// The longest URL that its calls may bring, in bytes, before and after our parameters have joined it.
    fn longest_url(&self) -> usize {
        MAX_LENGTH
    }

    /// An operation on this payment that no call has ordered, as this dialect opens it: what gives a late payment back,
    /// or what its provider has reported; a reversal, with the chargeback that it `reverses`. With nobody to notify,
    /// unless the dialect says otherwise.
    fn operation_without_order(
        &self,
        _payment: &Journey,
        operation: PaymentOperation,
        _reverses: Option<&Journey>,
    ) -> OpenRequest {
        OpenRequest::plain(Purpose::Operation(operation))
    }

    /// What the call that opened this journey has said for the merchant's own use: what its journeys are found by.
    fn merchant_texts(&self, _journey: &Journey) -> MerchantTexts {
        MerchantTexts::default()
    }

    /// What a client of this dialect is configured with, each setting by its name. Empty where it has no clients of its
    /// own.
    fn client_settings(&self, _access: &ClientAccess<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The words of a dialect on callbacks: what a hand-back appends, and when it may happen.
///
/// Every method is pure: for the same journey it answers the same, so that a replay writes the same URL.
pub trait CallbackDialect: Send + Sync {
    /// Every name that it may ever append to a callback, but for those of open requests whose hand-backs it does not
    /// have signed. A callback that holds one already is refused at open.
    fn appended(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it may append to the callbacks of this open request, and none of them may hold already.
    fn appended_to(&self, _open_request: &OpenRequest) -> &'static [&'static str] {
        self.appended()
    }

    /// What it appends to the callback for this hand-back, in its order: names out of [`Self::appended_to`] alone.
    /// Placeholders are not its business, see [`hand_back_params`].
    fn callback_params(&self, _journey: &Journey, _hand_back: &HandBack<'_>) -> Params {
        Params::default()
    }

    /// Its word for an outcome, as the placeholder `{status}` has it.
    fn status(&self, _journey: &Journey, final_outcome: &FinalOutcome) -> &'static str {
        final_outcome.outcome.as_str()
    }

    /// Whether the hand-backs of this open request are signed for merchants who have chosen signed returns. Where they
    /// are not, its callbacks are signed in the dialect's own way.
    fn signs_returns(&self, _open_request: &OpenRequest) -> bool {
        true
    }

    /// What the gateway signs on the callback of a journey that ended like this, for [`HandBack::signature`]. `None`
    /// where nobody verifies that.
    fn signed_text(&self, _journey: &Journey, _final_outcome: &FinalOutcome) -> Option<String> {
        None
    }

    /// Whether a callback of this journey promises no outcome, because its one-time token or a webhook will tell: then
    /// a customer may be handed back before the provider has answered (rule 4 of the design).
    fn hands_back_early(&self, journey: &Journey) -> bool;

    /// Whether the provider is asked where to send the browser as soon as the journey opens, before there is a browser.
    fn asks_provider_ahead(&self, _open_request: &OpenRequest) -> bool {
        false
    }

    /// Whether the app takes the provider's answer itself, at its first callback, and brings it here.
    fn lets_app_answer(&self, _journey: &Journey) -> bool {
        false
    }

    /// Whether the app that takes this journey's answer calls the journey by this `state`: its own, where the
    /// provider's is ours.
    fn knows_as(&self, _journey: &Journey, _state: &str) -> bool {
        false
    }
}

/// The words of a dialect on what a merchant's servers are sent: of which events, which body, signed how, and how often
/// it is tried.
///
/// A delivery may be written long after its event and again for each try: for the same event the body is the same,
/// whatever the journey has become since.
pub trait WebhookDialect: Send + Sync {
    /// Whether a target of this journey is notified of this event. The journey stands as the event has left it.
    fn notifies(&self, _journey: &Journey, event: JourneyEvent, _target: Target) -> bool {
        event.final_outcome().is_some()
    }

    /// The body for this one of a journey's payment endpoints, in the form that it wants. What is going to be encrypted
    /// is written here as it is to be read. `None` where this dialect has no words for the event.
    fn webhook(&self, _endpoint: &WebhookEndpoint, _journey: &Journey, _event: JourneyEvent) -> Option<WebhookPayload> {
        None
    }

    /// A webhook, encrypted with its endpoint's key. `None` where this dialect has no encrypted webhooks, or the key is
    /// none of its keys.
    fn encrypted(&self, _webhook: &WebhookPayload, _key: &Secret) -> Option<WebhookPayload> {
        None
    }

    /// What an asynchronous job sends: `message` is what its merchant wrote, and `result` what the merchant finished it
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

    /// The headers that sign a webhook. `None` where this dialect has none of its own,
    /// and Standard Webhooks' are sent.
    fn sign(&self, _journey: &Journey, _webhook: &WebhookPayload, _posting: &Posting<'_>) -> Option<Headers> {
        None
    }

    /// How deliveries to this target are made.
    fn delivery_policy(&self, target: Target) -> DeliveryPolicy {
        match target {
            Target::Callback(_) => DeliveryPolicy::CALLBACK,
            Target::WebhookEndpoint(_) => DeliveryPolicy::STANDARD,
        }
    }

    /// Whether servers are notified before the browser is handed back, as far as the budget allows.
    fn announces(&self) -> bool {
        false
    }
}

/// What a hand-back does to a callback: what its dialect appends, and what each placeholder in it becomes.
///
/// Placeholders mean the same in every dialect, whether it documents them or not; only `{status}` is the dialect's
/// word.
pub fn hand_back_params(
    dialect: &(impl CallbackDialect + ?Sized),
    journey: &Journey,
    hand_back: &HandBack<'_>,
) -> Params {
    let opening = journey.opening();
    let status = hand_back.final_outcome.map_or("", |final_outcome| dialect.status(journey, final_outcome));
    dialect
        .callback_params(journey, hand_back)
        .fill(Placeholder::PayId, journey.pay_id().to_string())
        .fill(Placeholder::Status, status)
        .fill(Placeholder::UserId, opening.merchant.to_string())
        .fill(Placeholder::RecipientNote, opening.purpose.note())
}

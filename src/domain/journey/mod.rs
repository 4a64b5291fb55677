//! A journey: from the merchant's call that opened it to the customer's return, and the outcomes it concluded with.
//!
//! What happened is kept (visits, their answers, final outcomes); the stage is read off it, so that the two can never
//! disagree. Transitions consume the journey and answer the next one; every one of them counts the revision up, and a
//! store writes it only over the revision before.

mod changing;
mod coming_home;
mod operation;
mod ordering;
mod payment;
mod payment_order;
mod phone;
mod provider_redirect;
mod purpose;
mod reading;
mod resume;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{
    CallbackPlan, Cause, DialectData, FrozenSettings, GatewaySignature, Grant, Instrument, JourneyId, MerchantId,
    MerchantMarks, MerchantName, Mode, OneTimeToken, Outcome, PayId, PopupOrigin, ProviderRefusal, Sealed, UnixMillis,
};

pub use changing::{BegunVisit, Conclusion};
pub use coming_home::HandedBack;
pub use operation::{AppliedOperation, Inapplicable, ReportedOperation};
pub use ordering::RepeatedOrder;
pub use payment::{BrowserReturn, CreatedPayment, Ending, PaymentReference, PaymentStanding, ProviderPayment};
pub use payment_order::PaymentOrder;
pub use phone::{PhonePress, PhoneVisit};
pub use provider_redirect::ProviderRedirect;
pub use purpose::{Cancel, Checkout, Job, OperationKind, PaymentOperation, Purpose, RepeatAgreement, Repeated, Wanted};
pub use resume::{Resumed, Resumption};

/// A journey. Its fields are read through methods and changed by transitions alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    // It never changes, so that the journeys of one opening share it.
    opening: Arc<Opening>,
    past: Past,
}

/// What is concluded the moment a journey opens, and never changes: rule 5 of the design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its id.
    pub id: JourneyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// The merchant's name at that time, for the pages.
    pub merchant_name: MerchantName,
    /// The dialect that opened it.
    pub dialect: String,
    /// The provider that the customer will be sent to; empty where the customer chooses one on our page.
    pub provider: String,
    /// The id of the operator's key from which its texts are derived.
    pub key: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What the dialect keeps for its answers.
    pub dialect_data: DialectData,
    /// Where its event goes.
    pub plan: CallbackPlan,
    /// What the merchant had chosen.
    pub settings: FrozenSettings,
    /// When it was opened.
    pub opened_at: UnixMillis,
    /// When it expires, unless it has concluded.
    pub expires_at: UnixMillis,
    /// Whether it is a test; `None` where it was opened before merchants had a mode.
    pub mode: Option<Mode>,
    /// The providers that the customer chooses among on our page, `provider` first; empty where there is no choice.
    pub choices: Vec<String>,
    /// What its pages show of the merchant beside its name, if the merchant has chosen anything.
    pub marks: Option<Box<MerchantMarks>>,
    /// The origin of the merchant's page that has opened its pages in a window of their own, if one has.
    pub popup: Option<PopupOrigin>,
}

impl Opening {
    /// The providers that the customer may be sent to.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.provider).chain(self.choices.iter().skip(1)).map(String::as_str)
    }
}

/// What has happened since the opening.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// Counts the changes, from 1.
    pub revision: u32,
    /// The times the customer was sent to the provider.
    pub visits: Vec<ProviderVisit>,
    /// The outcomes, the last one in force.
    pub final_outcomes: Vec<FinalOutcome>,
    /// The times that a concluded consent was asked for again.
    pub reopenings: Vec<Reopening>,
    /// What the customer's agreement left.
    pub grant: Option<Grant>,
    /// What has become of the payment since.
    pub operations: Vec<AppliedOperation>,
    /// What a job came back with.
    pub result: Option<Sealed>,
    /// The operation that gives a late payment back, once it was begun.
    pub late_refund: Option<PayId>,
    /// The hand-backs, by the numbers of their tokens, that go by a button on our page: the callback was down when they
    /// were decided.
    pub by_button: Vec<u8>,
    /// The visits that were made on a phone, by a code that the checkout showed.
    pub phone_visits: Vec<PhoneVisit>,
    /// The handles that were redeemed.
    pub resumed: Vec<Resumed>,
}

/// A concluded consent is asked for again: what follows is a new round, under the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopening {
    /// When.
    pub at: UnixMillis,
    /// When the new round ends by itself.
    pub expires_at: UnixMillis,
    /// How many visits came before it.
    pub visits: u8,
    /// How many final outcomes came before it.
    pub final_outcomes: u8,
}

/// Where a visit leads, when the customer has chosen it on our page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The institution; `None` where the choice was among providers.
    pub institution: Option<String>,
    /// The provider, which speaks for the institution.
    pub provider: String,
    /// What a consent allows there.
    pub scope: Vec<String>,
    /// The version of the text in which our page asked, where it was about a consent.
    pub text: Option<String>,
}

/// One visit to the provider, under a `state` of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderVisit {
    /// When the customer left.
    pub left_at: UnixMillis,
    /// Where to, if the customer has chosen it.
    pub to: Option<Choice>,
    /// What came back, each different answer once.
    pub answers: Vec<RecordedResponse>,
    /// The redirect there, where it is asked for before there is a browser.
    pub redirect: Option<ProviderRedirect>,
    /// The payment that its provider holds, where the provider creates one and can be asked about it.
    pub payment: Option<Box<ProviderPayment>>,
}

/// An answer that came back under a visit's `state`, and what it led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedResponse {
    /// Tells this answer from another one: the start of a digest of its code or error.
    pub response_digest: u64,
    /// When it came.
    pub at: UnixMillis,
    /// What it led to; `None` while nothing has been proven, and no browser has been sent home.
    pub end: Option<LedTo>,
    /// How far its proof has come; `None` when there is nothing to prove (any more).
    pub proof: Option<Proof>,
    /// What it did to the journey.
    pub effect: Effect,
}

/// What an answer did to its journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, so far: it leads to where others had led before.
    None,
    /// It counted: it led the journey to the end that it has.
    Counted,
}

/// How far the proof of an answer has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It has been found genuine, and the provider has not been asked yet. A node that finds it after `until` takes it
    /// over.
    Held {
        /// The evidence, so that another node can ask.
        evidence: Sealed,
        /// Until when it is left to the node that wrote this.
        until: UnixMillis,
    },
    /// The provider is being asked, and will never be asked again.
    Sent {
        /// Since when.
        at: UnixMillis,
        /// By whom: a number that no other node draws, so that two that ask in the same millisecond differ.
        by: u64,
    },
}

/// What an answer from the provider led to; it decides where a replay of the same answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedTo {
    /// Back to the checkout, with this reason.
    Failed(ProviderRefusal),
    /// Home, with the final outcome of this number.
    Outcome(u8),
    /// Home before the provider had proven anything, without a status.
    HandedBackEarly,
    /// Out again, on this visit: the provider wanted the browser once more.
    Onward(u8),
}

/// An outcome, in force until a proven one supersedes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalOutcome {
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub at: UnixMillis,
    /// By whom or what.
    pub cause: Cause,
    /// What the customer has paid with, if the provider says that.
    pub instrument: Option<Box<Instrument>>,
}

impl FinalOutcome {
    /// The error that the provider named, where it named one.
    pub const fn refusal(&self) -> Option<&ProviderRefusal> {
        if let Cause::Provider(error) = &self.cause { error.as_ref() } else { None }
    }
}

/// Where a journey stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage<'a> {
    /// At the checkout, with the reason why the last try failed, if one did.
    Open(Option<&'a ProviderRefusal>),
    /// At the provider.
    Away {
        /// The visit under way, from 0.
        visit: u8,
    },
    /// Home, before the provider has proven anything.
    HandedBack,
    /// Ended.
    Concluded(&'a FinalOutcome),
}

/// Which answer to which visit a fact or a failure came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseId {
    /// The visit, from 0.
    pub visit: u8,
    /// The digest of what it brought.
    pub response_digest: u64,
}

impl Proof {
    /// When a node must look after it, if it is not finished.
    fn due_at(&self) -> UnixMillis {
        match self {
            Self::Held { until, .. } => *until,
            Self::Sent { at, .. } => at.plus(Journey::LOST),
        }
    }
}

/// What a customer or a server is handed: a final outcome, or nothing proven yet, with or without a one-time token.
#[derive(Debug, Clone, Copy, Default)]
pub struct HandBack<'a> {
    /// The final outcome, or `None` for a hand-back that could not wait for one.
    pub final_outcome: Option<&'a FinalOutcome>,
    /// The token, where the journey's settings want one and the reader may have it.
    pub token: Option<&'a OneTimeToken>,
    /// The consent token, where a consent has been given and the reader may have it.
    pub consent_token: Option<&'a str>,
    /// The gateway's signature over what the dialect wanted signed, if it wanted anything.
    pub signature: Option<GatewaySignature>,
}

impl Journey {
    /// The most visits, and the most different answers to one visit, that are kept.
    const MOST: usize = 50;

    /// How long a held proof is left to the node that holds it.
    pub const HELD: Duration = Duration::from_secs(5);

    /// How long after it was asked a provider's answer counts as lost.
    pub const LOST: Duration = Duration::from_mins(1);

    /// How long a customer who has left for a provider may still come back from it: Token.io lets an authentication
    /// expire then.
    pub const VISIT: Duration = Duration::from_mins(40);

    /// Opens a journey.
    pub fn open(opening: Opening) -> Self {
        Self { opening: Arc::new(opening), past: Past { revision: 1, ..Past::default() } }
    }

    /// Restores a journey that was stored.
    pub(crate) fn restored(opening: Opening, past: Past) -> Self {
        Self { opening: Arc::new(opening), past }
    }

    pub(crate) const fn past(&self) -> &Past {
        &self.past
    }

    /// What was concluded when it opened.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Its id.
    pub fn id(&self) -> &JourneyId {
        &self.opening.id
    }

    /// Its number.
    pub fn pay_id(&self) -> PayId {
        self.opening.id.pay_id()
    }

    /// How often it has changed, from 1.
    pub const fn revision(&self) -> u32 {
        self.past.revision
    }
}

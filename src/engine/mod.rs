//! The only code that decides: open, send, return, conclude, redeem.
//!
//! It knows no dialect's and no provider's name: it asks the ones it was given. It is built in floors of free
//! functions, so that imports show who calls whom, and `tests/it/floor_plan` holds them:
//!
//! 1. what follows from a journey alone, without the store: [`deps`], [`mod@derive`], [`visitor`], [`phone_code`],
//!    `longest`, `draft`, `pace`, `single_flight`;
//! 2. one atomic step each: `accounts`, `ask`, `attempt`, [`commit`], `create`, `change`, [`find`], `scan`, `visit`,
//!    `prove`, `conclude`, `lapse`, `learn`, [`redirect`], `merchant_keys`, [`watch`];
//! 3. [`use_cases`], which call floors 1 and 2 and never each other;
//! 4. [`sweep`], the only caller of use cases inside the engine.
//!
//! A step that loses a race decides again on what the winner left.

mod accounts;
pub mod ahead;
mod ask;
mod attempt;
mod change;
pub mod commit;
mod conclude;
mod create;
pub mod deps;
pub mod derive;
mod draft;
pub mod find;
mod lapse;
mod learn;
mod longest;
pub mod merchant_keys;
mod pace;
pub mod phone_code;
mod prove;
pub mod redirect;
pub mod scan;
mod single_flight;
pub mod sweep;
#[cfg(test)]
pub(crate) mod tests;
pub mod use_cases;
mod visit;
pub mod visitor;
pub mod watch;

use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed};
use std::time::Duration;

pub use deps::{
    AccountKinds, CallbackExaminer, ConsoleOpenId, CourierWaker, Deps, DownCallbacks, EngineError, LogoSource, Mailer,
    NoCourier, NoLogos, OpenedAccount, OpenedSecrets, Providers, WaysIn,
};
pub use derive::{CONSENT_PAGE, PAYMENT_PAGE, page_of};
pub use merchant_keys::{NewKey, WebhookPublicKey};
pub use pace::LastError;
pub use phone_code::{CODE_PAGE, NoCode, PHONE_PAGE};
pub use prove::Timing;
pub use redirect::HomeRedirect;
pub use scan::{Page, ScanRange, Selected};
pub use visitor::{VisitCookie, Visitor};

pub use use_cases::app_page::Admitted;
pub use use_cases::check_up::CheckedUp;
pub use use_cases::consent::Changed;
pub use use_cases::console::{
    ConsoleChoice, Identified, IssuedLink, NotIdentified, OPENID_LIFE, OPENID_RETURN_PAGE, SIGN_IN_PAGE, SignedIn,
    Viewer, Whose,
};
pub use use_cases::deliveries::Replayed;
pub use use_cases::endpoints::SentTest;
pub use use_cases::exchange::BroughtCode;
pub use use_cases::job::EndedJob;
pub use use_cases::list::JourneyDetails;
pub use use_cases::lost_keys::LostKeys;
pub use use_cases::merchants::{AddedMerchant, Erased, NewMerchant};
pub use use_cases::numbers::{CountedDays, Days};
pub use use_cases::open::{Ordered, Rehearsal, Rehearsed};
pub use use_cases::payment::{Attached, NotifyResult};
pub use use_cases::phone::{CodePage, Scanned};
pub use use_cases::profile::{Edit, Edited, EditedOnce};
pub use use_cases::provider_accounts::{AccountPatch, NewAccount, ShownAccount, TestedAccount};
pub use use_cases::redeem::{Redeemed, Redeeming};
pub use use_cases::resume::{ResumeRequest, ResumeResult};
pub use use_cases::return_::{Brought, RejectedReturn, Returned, Waited, Waiting};
pub use use_cases::secrets::{KeyInUse, NewSecret};
pub use use_cases::send_to_provider::{Chosen, SendRequest, SendResult, Sender, Sent};
pub use use_cases::verify_return::{CameBack, Unsigned, Verified};

pub use crate::keys::{ReturnKey, ReturnSecret, Unproven, pay_id_of_link};
pub use crate::provider::{AuthorizationResponse, Carried, Notification, NotificationError};
pub use crate::store::{
    DeliveryContext, DeliveryCursor, DeliveryFilter, Enrolled, EventCursor, JourneyCount, JourneyCursor, JourneyFilter,
    Redemption, Reservation, SampledJourney,
};

use crate::domain::{Journey, LogoPicture, PayId};
use crate::provider::{AskSchedule, ProviderError, Requested};
use deps::Result;
use pace::Paces;
use single_flight::{Notes, SingleFlight};
use use_cases::authenticate::NotedUses;

/// What the engine works with, and what is under way on this node.
pub struct Engine {
    /// The store, the keys, the clock and the rest.
    pub deps: Arc<Deps>,
    uses: NotedUses,
    proofs: SingleFlight<prove::Key, Result<prove::TimedProof>>,
    genuine: Notes<prove::Key>,
    operations: SingleFlight<PayId, Result<Journey>>,
    outbound: SingleFlight<(PayId, u8), Result<Result<Requested, ProviderError>>>,
    ahead: SingleFlight<(PayId, u8), Result<()>>,
    asks: SingleFlight<ask::Key, Result<ask::TimedAnswer>>,
    asked_again: Notes<(ask::Key, ask::Reason)>,
    account_tests: SingleFlight<String, TestedAccount>,
    bank_logos: SingleFlight<String, Option<Arc<LogoPicture>>>,
    paces: Paces,
    check_ups: Paces,
    mismatches: AtomicU64,
}

/// How long a provider's late redirect is kept for the browser that waits for it; providers forget it after a minute or
/// so.
const LATE_REDIRECT: Duration = Duration::from_secs(20);

impl Engine {
    /// Puts an engine together.
    pub fn new(deps: Deps) -> Self {
        Self {
            deps: Arc::new(deps),
            uses: NotedUses::default(),
            proofs: SingleFlight::kept_for(Duration::ZERO),
            genuine: Notes::default(),
            operations: SingleFlight::kept_for(Duration::ZERO),
            outbound: SingleFlight::kept_for(LATE_REDIRECT),
            ahead: SingleFlight::kept_for(Duration::ZERO),
            asks: SingleFlight::kept_for(AskSchedule::FRESH),
            asked_again: Notes::default(),
            account_tests: SingleFlight::kept_for(AskSchedule::FRESH),
            bank_logos: SingleFlight::kept_for(use_cases::bank_logos::FETCHED_AGAIN_AFTER),
            paces: Paces::default(),
            check_ups: Paces::default(),
            mismatches: AtomicU64::new(0),
        }
    }

    /// Whether this node is asking a provider for the worth of a code, for a payment, or to do something.
    pub fn asks_providers(&self) -> bool {
        self.proofs.any() || self.operations.any() || self.asks.any()
    }

    /// The providers that this node has asked about payments, each with how long it has not answered; zero for one that
    /// does.
    pub fn providers_away(&self) -> Vec<(String, Duration)> {
        self.paces.away(self.deps.clock.now())
    }

    /// What a provider has last said in vain about a payment, or why it has not answered, since this node was started.
    pub fn last_error_of(&self, provider: &str) -> Option<LastError> {
        self.paces.last_error(provider)
    }

    /// How many payments this node has found to be something else than what their provider was asked for.
    pub fn mismatches(&self) -> u64 {
        self.mismatches.load(Relaxed)
    }
}

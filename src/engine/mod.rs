//! The verbs: open, leave, return, settle, redeem. The only code that decides.
//!
//! The engine knows no dialect's and no bank's name: it asks the ones it was given. Steps do not call each other; each
//! reads a journey, lets the domain decide, and takes one step in the store. A step that loses a race decides again on
//! what the winner left.

mod ahead;
mod app_answers;
mod book;
mod callers;
mod consents;
mod deliveries;
mod enrol;
mod errands;
mod flights;
mod herald;
mod home;
mod late;
mod leave;
mod longest;
mod lost_keys;
mod open;
mod profile;
mod prove;
mod redeem;
mod returns;
mod secrets;
mod settle;
mod signed;
#[cfg(test)]
mod tests;
mod ticket;
mod timing;
mod users;
mod visitor;
mod watch;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

pub use book::Ordered;
pub use consents::{BroughtCode, Changed};
pub use enrol::{Erased, NewMerchant};
pub use errands::{Ending, Sending};
pub use herald::{Herald, NoHerald};
pub use home::{CONSENT_PAGE, HomeRedirect, PAYMENT_PAGE, page_of};
pub use leave::{Leaving, Left, Wished};
pub use lost_keys::LostKeys;
pub use open::{Rehearsal, Rehearsed};
pub use profile::{Edit, Edited};
pub use redeem::{Redeemed, Redeeming};
pub use returns::{Brought, RejectedReturn, Returned, Waited, Waiting};
pub use secrets::{KeyInUse, NewKey, NewSecret, WebhookPublicKey};
pub use signed::{CameBack, Unsigned, Verified};
pub use ticket::Admitted;
pub use timing::Timing;
pub use visitor::{VisitCookie, Visitor};
pub use watch::{Counted, Page, Selected, Sight, Stretch};

pub use crate::bank::{Answer, Carried};
pub use crate::keys::{ReturnKey, ReturnSecret, pay_id_of_link};
pub use crate::store::{DeliveryCursor, DeliveryFilter, Enrolled, Parcel, Place, Redemption, Reservation, Which};

use crate::bank::{Bank, BankTrouble, Requested};
use crate::clock::Clock;
use crate::domain::callback::Rules;
use crate::domain::dialect::Dialect;
use crate::domain::id::{MerchantId, PayId};
use crate::domain::institution::Institution;
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::redirect::PublicUrl;
use crate::domain::secret::Digest;
use crate::keys::{Keys, digest};
use crate::store::{Kept, Opened, Store, StoreError};
use flights::{Flights, Notes};

/// What an engine is made of.
pub struct Engine {
    /// Where everything is kept.
    pub(crate) store: Arc<dyn Store>,
    /// What texts are derived from.
    pub(crate) keys: Keys,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
    /// The banks; new checkouts go to the first that takes payments.
    pub(crate) banks: Vec<Arc<dyn Bank>>,
    /// The institutions that consents can be asked of.
    pub(crate) institutions: Vec<Institution>,
    /// The dialects.
    pub(crate) dialects: Vec<Arc<dyn Dialect>>,
    /// Where browsers find us.
    pub(crate) public_url: PublicUrl,
    /// The operator's rules for callbacks.
    pub(crate) rules: Rules,
    /// How long a browser may wait for a bank.
    pub(crate) budget: Duration,
    /// How long a journey may wait for its customer at the most: as long as an ended one is kept.
    pub(crate) longest_life: Duration,
    /// The digests of the operator's API keys, none where nobody is the operator; see [`crate::keys::operator_key`].
    pub(crate) operator: Vec<Digest>,
    /// Who knows how far deliveries are.
    pub(crate) herald: Arc<dyn Herald>,
    uses: callers::NotedUses,
    proofs: Flights<prove::Key, Result<prove::Landing, EngineError>>,
    genuine: Notes<prove::Key>,
    bookings: Flights<PayId, Result<Journey, EngineError>>,
    outbound: Flights<(PayId, u8), Result<Result<Requested, BankTrouble>, EngineError>>,
    ahead: Flights<(PayId, u8), Result<(), EngineError>>,
}

/// How often the store is asked again for a fact that is on its way.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long a bank's late way is kept for the browser that waits for it; banks forget it after a minute or so.
const LATE_WAY: Duration = Duration::from_secs(20);

/// Why a verb could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The store is in trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An input broke a rule.
    #[error(transparent)]
    Refused(#[from] Invalid),
    /// The merchant has been shut out by the operator.
    #[error("the merchant is disabled")]
    Disabled,
    /// An idempotency key came again with another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The house lacks something that a journey was opened with: a key, a bank or a dialect.
    #[error("the house has no {0}")]
    Missing(String),
}

/// Everything that [`Engine::new`] wants.
pub struct Parts {
    /// See [`Engine`].
    pub store: Arc<dyn Store>,
    /// See [`Engine`].
    pub keys: Keys,
    /// See [`Engine`].
    pub clock: Arc<dyn Clock>,
    /// See [`Engine`].
    pub banks: Vec<Arc<dyn Bank>>,
    /// See [`Engine`].
    pub institutions: Vec<Institution>,
    /// See [`Engine`].
    pub dialects: Vec<Arc<dyn Dialect>>,
    /// See [`Engine`].
    pub public_url: PublicUrl,
    /// See [`Engine`].
    pub rules: Rules,
    /// See [`Engine`].
    pub budget: Duration,
    /// See [`Engine`].
    pub longest_life: Duration,
    /// See [`Engine`].
    pub operator: Vec<Digest>,
    /// See [`Engine`].
    pub herald: Arc<dyn Herald>,
}

impl Engine {
    /// Puts an engine together.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            store,
            keys,
            clock,
            banks,
            institutions,
            dialects,
            public_url,
            rules,
            budget,
            longest_life,
            operator,
            herald,
        } = parts;
        let (proofs, outbound) = (Flights::kept_for(Duration::ZERO), Flights::kept_for(LATE_WAY));
        Self {
            store,
            keys,
            clock,
            banks,
            institutions,
            dialects,
            public_url,
            rules,
            budget,
            longest_life,
            operator,
            herald,
            uses: callers::NotedUses::default(),
            proofs,
            genuine: Notes::default(),
            bookings: Flights::kept_for(Duration::ZERO),
            outbound,
            ahead: Flights::kept_for(Duration::ZERO),
        }
    }

    /// What time it is, for the answers that say so.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Where browsers find us.
    pub const fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// The operator's rules for callbacks, with the usual limits.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The operator's rules for callbacks, with the limits of a dialect.
    pub fn rules_of(&self, dialect: &dyn Dialect) -> Cow<'_, Rules> {
        let longest = dialect.longest_url();
        if longest == self.rules.longest {
            return Cow::Borrowed(&self.rules);
        }
        Cow::Owned(Rules { longest, ..self.rules.clone() })
    }

    /// The dialects, for whoever shows which of them can use a callback.
    pub fn dialects(&self) -> impl Iterator<Item = &dyn Dialect> {
        self.dialects.iter().map(AsRef::as_ref)
    }

    /// The institutions that consents can be asked of.
    pub fn institutions(&self) -> &[Institution] {
        &self.institutions
    }

    /// The institution of this id.
    pub fn institution(&self, id: &str) -> Option<&Institution> {
        self.institutions.iter().find(|institution| institution.id == id)
    }

    /// Whether a payment can be made at this institution.
    pub fn takes_payments(&self, institution: &Institution) -> bool {
        self.bank(&institution.bank).is_ok_and(|bank| bank.takes_payments())
    }

    /// Whether the bank of this name answers behind a `#`, so that a page of ours has to read it.
    pub fn answers_in_fragment(&self, bank: &str) -> bool {
        self.bank(bank).is_ok_and(|bank| bank.answers_in_fragment())
    }

    /// The label of the bank of this name, for people.
    pub fn bank_label(&self, name: &str) -> Option<&str> {
        self.banks.iter().find(|bank| bank.name() == name).map(|bank| bank.label())
    }

    /// What an `Idempotency-Key` of a merchant reserves for a request: a key counts for each route apart.
    pub fn reservation_for(&self, merchant: MerchantId, route: &str, key: &str, content: &[&[u8]]) -> Reservation {
        Reservation {
            key: digest("idempotency key", &[merchant.as_bytes(), route.as_bytes(), key.as_bytes()].join(&0)),
            request: digest("request", &content.join(&0)),
            kept: Kept::ADay,
        }
    }

    /// What a reference reserves that a merchant uses once on a route, for as long as its journey is kept.
    pub fn reservation_for_reference(&self, merchant: MerchantId, route: &str, reference: &str) -> Reservation {
        let key = [merchant.as_bytes(), route.as_bytes(), reference.as_bytes()].join(&0);
        Reservation { key: digest("reference", &key), request: digest("request", &[]), kept: Kept::WithItsJourney }
    }

    /// What a reservation has opened. `None` when it is new, or forgotten.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn opened_by(&self, reservation: &Reservation) -> Result<Option<Journey>, EngineError> {
        Ok(match self.store.opened_by(reservation).await? {
            Some(Opened::Repeated(journey)) => Some(self.lapse(*journey).await?),
            Some(Opened::New | Opened::Taken | Opened::Reused) | None => None,
        })
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// On trouble with the store.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Whether this node is asking a bank for the worth of a code, or to do something.
    pub fn asks_banks(&self) -> bool {
        self.proofs.any() || self.bookings.any()
    }

    /// How long a bank is waited for: the last fifth of the budget is for what follows, so that the browser has its
    /// answer inside it.
    fn patience(&self) -> Duration {
        self.budget * 4 / 5
    }

    fn bank(&self, name: &str) -> Result<&Arc<dyn Bank>, EngineError> {
        let bank = self.banks.iter().find(|bank| bank.name() == name);
        bank.ok_or_else(|| EngineError::Missing(format!("bank {name:?}")))
    }

    fn dialect(&self, name: &str) -> Result<&dyn Dialect, EngineError> {
        let dialect = self.dialects().find(|dialect| dialect.name() == name);
        dialect.ok_or_else(|| EngineError::Missing(format!("dialect {name:?}")))
    }
}

/// The key of a journey's texts is not in the operator's ring any more.
fn key_gone() -> EngineError {
    EngineError::Missing("key that this journey was opened under".into())
}

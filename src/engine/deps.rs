//! What every floor of the engine works with, and the courier too.

mod down;
mod providers;

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::future::BoxFuture;

pub use down::DownCallbacks;
pub use providers::{AccountKinds, OpenedAccount, OpenedSecrets, Providers};

use crate::clock::Clock;
use crate::domain::{
    AccessRules, AttemptRecord, AttemptResult, CallbackUrl, DeliveryId, Dialect, Digest, Finding, Institution, Invalid,
    LogoPicture, Look, Mail, Merchant, MerchantId, Mode, ProviderAccount, PublicUrl, Rules, SavedCallback,
    SavedEndpoint, UnixMillis, WebhookPayload,
};
use crate::keys::Keys;
use crate::provider::{IdentityProvider, Provider};
use crate::store::{Store, StoreError};

/// The store, the keys, the clock, the providers, the dialects and the operator's rules.
pub struct Deps {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What texts are derived from.
    pub keys: Keys,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The providers: the operator's, and merchants' accounts.
    pub providers: Providers,
    /// The institutions that consents can be asked of, of either mode: see [`Deps::institutions_of`].
    pub institutions: Vec<Institution>,
    /// The mode of what was added before there were modes, and of merchants that are added without one.
    pub usual_mode: Mode,
    /// The dialects.
    pub dialects: Vec<Arc<dyn Dialect>>,
    /// Where browsers find us.
    pub public_url: PublicUrl,
    /// The operator's rules for callbacks, with the usual limits.
    pub rules: Rules,
    /// How long a browser may wait for a provider.
    pub budget: Duration,
    /// How long a journey may wait for its customer at the most: as long as an ended one is kept.
    pub longest_life: Duration,
    /// The digests of the operator's API keys, none where nobody is the operator; see [`crate::keys::operator_key`].
    pub operator: Vec<Digest>,
    /// How people get into the console, beside sign-in links that somebody makes.
    pub ways_in: WaysIn,
    /// Wakes the courier, and knows how far deliveries are.
    pub waker: Arc<dyn CourierWaker>,
    /// Sends test webhooks.
    pub tester: Arc<dyn WebhookTester>,
    /// Looks at merchants' callbacks from outside.
    pub examiner: Arc<dyn CallbackExaminer>,
    /// Which watched callbacks are down.
    pub down: DownCallbacks,
    /// Fetches merchants' and banks' logos.
    pub logos: Arc<dyn LogoSource>,
}

/// What the engine asks of who looks at merchants' callbacks from outside.
#[async_trait]
pub trait CallbackExaminer: Send + Sync {
    /// Looks at a callback and the URLs that it has for devices, within five seconds.
    async fn check_up(&self, callback: &SavedCallback, now: UnixMillis) -> Vec<Finding>;

    /// Looks whether a server answers at this URL.
    async fn look(&self, url: &CallbackUrl) -> Look;
}

/// Where merchants' and banks' logos come from.
#[async_trait]
pub trait LogoSource: Send + Sync {
    /// Fetches the picture at this address, and makes one of it that can be shown.
    ///
    /// # Errors
    /// When there is no such picture there, in the field `logo_url`.
    async fn fetch(&self, url: &str) -> Result<LogoPicture, Invalid>;
}

/// No way out: no logo can be fetched.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLogos;

#[async_trait]
impl LogoSource for NoLogos {
    async fn fetch(&self, _: &str) -> Result<LogoPicture, Invalid> {
        Err(Invalid::new("logo_url", "cannot be fetched here"))
    }
}

/// How people get into the console, beside sign-in links that somebody makes.
#[derive(Default)]
pub struct WaysIn {
    /// The operator's own OpenID provider.
    pub openid: Option<ConsoleOpenId>,
    /// Sends mail: links that people ask for, and notices.
    pub mailer: Option<Arc<dyn Mailer>>,
}

/// An OpenID provider that says who people are, and which of its groups may do what.
pub struct ConsoleOpenId {
    /// The provider.
    pub provider: Arc<dyn IdentityProvider>,
    /// Its groups.
    pub access: AccessRules,
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends a mail, beside the work: it may be lost.
    fn send(&self, mail: Mail);
}

/// What the engine asks of the courier: to wake, and how far deliveries are.
pub trait CourierWaker: Send + Sync {
    /// Wakes the courier: there is something to deliver.
    fn wake(&self);

    /// What is done when each of these has been tried once, or put off. It is asked for before they are written, so
    /// that none is tried unseen. It may never be done.
    fn tried(&self, deliveries: Vec<DeliveryId>) -> BoxFuture<'static, ()>;
}

/// Sends a test webhook as the courier sends all others: signed, with the endpoint's own headers, and past the guard.
#[async_trait]
pub trait WebhookTester: Send + Sync {
    /// Sends it once, under this id, and answers what came of it. Nothing is kept, and nothing is sent again.
    async fn send(&self, deps: &Deps, merchant: &Merchant, test: TestWebhook<'_>) -> AttemptRecord;
}

/// A test webhook.
#[derive(Debug, Clone, Copy)]
pub struct TestWebhook<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where it goes.
    pub endpoint: &'a SavedEndpoint,
    /// What it says.
    pub payload: &'a WebhookPayload,
}

/// No courier: deliveries are made elsewhere, and nothing is known of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCourier;

impl CourierWaker for NoCourier {
    fn wake(&self) {}

    fn tried(&self, _: Vec<DeliveryId>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[async_trait]
impl WebhookTester for NoCourier {
    async fn send(&self, deps: &Deps, _: &Merchant, _: TestWebhook<'_>) -> AttemptRecord {
        let reason = b"this program sends nothing: ask the server";
        AttemptRecord::new(deps.clock.now(), Duration::ZERO, AttemptResult::Refused, reason)
    }
}

/// What a step or a use case comes to, or why it could not be done.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// Why a step or a use case could not be done.
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
    /// The journey has been cleared away.
    #[error("the journey has been cleared away")]
    Gone,
    /// This gateway lacks something that a journey was opened with: a key, a provider or a dialect.
    #[error("this gateway has no {0}")]
    Missing(String),
}

impl Deps {
    /// The operator's rules for callbacks, with the limits of a dialect.
    pub fn rules_of(&self, dialect: &dyn Dialect) -> Cow<'_, Rules> {
        let longest = dialect.longest_url();
        if longest == self.rules.longest {
            return Cow::Borrowed(&self.rules);
        }
        Cow::Owned(Rules { longest, ..self.rules.clone() })
    }

    /// The institution of this id.
    pub fn institution(&self, id: &str) -> Option<&Institution> {
        self.institutions.iter().find(|institution| institution.id == id)
    }

    /// The institutions that a merchant, of this mode, can send customers to: those whose provider has the mode, and is
    /// there for it.
    pub fn institutions_of(&self, (merchant, mode): (MerchantId, Mode)) -> impl Iterator<Item = &Institution> {
        let is_there = move |institution: &&Institution| {
            let provider = self.provider(&institution.provider);
            provider.is_ok_and(|provider| provider.mode() == mode && provider.serves(merchant))
        };
        self.institutions.iter().filter(is_there)
    }

    /// The institution of this id, if a merchant can send customers there.
    pub fn institution_of(&self, merchant: &Merchant, id: &str) -> Option<&Institution> {
        self.institutions_of((merchant.id, self.mode_of(merchant))).find(|institution| institution.id == id)
    }

    /// The mode of a merchant.
    pub fn mode_of(&self, merchant: &Merchant) -> Mode {
        merchant.mode.unwrap_or(self.usual_mode)
    }

    /// Whether a payment can be made at this institution.
    pub fn takes_payments(&self, institution: &Institution) -> bool {
        self.provider(&institution.provider).is_ok_and(|provider| provider.takes_payments())
    }

    /// Whether the provider of this name answers behind a `#`, so that our page must read it.
    pub fn answers_in_fragment(&self, provider: &str) -> bool {
        self.provider(provider).is_ok_and(|provider| provider.answers_in_fragment())
    }

    /// The label of the provider of this name, for people.
    pub fn provider_label(&self, name: &str) -> Option<String> {
        self.providers.of_name(name).map(|provider| provider.label().to_owned())
    }

    /// How long a provider is waited for: the last fifth of the budget is for what follows, so that the browser has its
    /// answer inside it.
    pub(super) fn provider_timeout(&self) -> Duration {
        self.budget * 4 / 5
    }

    /// The provider of this name. A merchant's account is there once its merchant, or one of its journeys, has been
    /// read.
    pub(super) fn provider(&self, name: &str) -> Result<Arc<dyn Provider>> {
        self.providers.of_name(name).ok_or_else(|| EngineError::Missing(format!("bank {name:?}")))
    }

    /// Has a merchant's accounts at hand, as they stand in its profile.
    pub(super) fn note_accounts(&self, merchant: &Merchant) {
        let now = self.clock.now();
        // What cannot be opened any more signs nothing.
        let open = |account: &ProviderAccount| {
            let open = |sealed| self.keys.open_text(sealed, merchant.id.as_bytes());
            let shared = account.access.shared_secret().into_iter().flat_map(|secret| secret.valid(now));
            let shared = shared.map_while(open).collect();
            OpenedSecrets { shared, credential: account.access.credential().and_then(open) }
        };
        self.providers.note((merchant, self.mode_of(merchant)), now, open);
    }

    /// The dialect of this name.
    ///
    /// # Errors
    /// When this gateway has none.
    pub fn dialect(&self, name: &str) -> Result<&dyn Dialect> {
        let dialect = self.dialects.iter().find(|dialect| dialect.name() == name);
        dialect.map(AsRef::as_ref).ok_or_else(|| EngineError::Missing(format!("dialect {name:?}")))
    }
}

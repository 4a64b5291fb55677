//! The providers of a gateway: the operator's, which stand in its configuration, and merchants' accounts.
//!
//! An account is made a provider when its merchant is read, and made anew when the merchant has changed it. A journey
//! that the engine has found has its provider at hand; so what needs a provider need not wait for the store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::domain::provider_account::{AccountKind, AccountState, ProviderAccount, merchant_of_provider};
use crate::domain::{Invalid, Merchant, MerchantId, Mode, Secret, UnixMillis};
use crate::provider::Provider;

/// For how long a merchant's accounts are used as they were read: another node may have changed them.
const FRESH: Duration = Duration::from_secs(5);

/// Makes the providers of merchants' accounts.
pub trait AccountKinds: Send + Sync {
    /// The provider of an account; `None` when this gateway cannot make one of it.
    fn provider(&self, account: &OpenedAccount<'_>) -> Option<Arc<dyn Provider>>;

    /// Accepts the [credential](AccountKind::credential) of an account of this kind, as far as its form shows what it is.
    ///
    /// # Errors
    /// When no provider of this kind could use it.
    fn check_credential(&self, kind: AccountKind, credential: &Secret) -> Result<(), Invalid>;
}

/// An account with what is sealed of it opened.
#[derive(Debug)]
pub struct OpenedAccount<'a> {
    /// The name of its provider.
    pub name: String,
    /// Whether its merchant is for tests.
    pub mode: Mode,
    /// The account.
    pub account: &'a ProviderAccount,
    /// What is sealed of it.
    pub secrets: OpenedSecrets,
}

/// The secrets of an account.
#[derive(Debug, Default)]
pub struct OpenedSecrets {
    /// Those of both sides that count, the newest first.
    pub shared: Vec<Secret>,
    /// What shows to its provider who calls, where its kind has [such a thing](AccountKind::credential).
    pub credential: Option<Secret>,
}

/// The providers of a gateway.
pub struct Providers {
    operators: Vec<Arc<dyn Provider>>,
    kinds: Option<Arc<dyn AccountKinds>>,
    accounts: RwLock<HashMap<MerchantId, Accounts>>,
}

/// The accounts of a merchant, as they were read.
struct Accounts {
    revision: u32,
    read_at: UnixMillis,
    made_at: UnixMillis,
    /// Each with whether new payments go to it.
    providers: Vec<(Arc<dyn Provider>, AccountState)>,
}

impl From<Vec<Arc<dyn Provider>>> for Providers {
    /// The operator's, without accounts.
    fn from(operators: Vec<Arc<dyn Provider>>) -> Self {
        Self { operators, kinds: None, accounts: RwLock::default() }
    }
}

impl Providers {
    /// The operator's, and accounts of these kinds.
    pub fn new(operators: Vec<Arc<dyn Provider>>, kinds: Arc<dyn AccountKinds>) -> Self {
        Self { kinds: Some(kinds), ..Self::from(operators) }
    }

    /// Accepts the [credential](AccountKind::credential) of an account of this kind.
    ///
    /// # Errors
    /// When no provider of this kind could use it.
    pub fn check_credential(&self, kind: AccountKind, credential: &Secret) -> Result<(), Invalid> {
        self.kinds.as_ref().map_or(Ok(()), |kinds| kinds.check_credential(kind, credential))
    }

    /// The operator's providers; new checkouts go to the first that takes payments.
    pub fn operators(&self) -> &[Arc<dyn Provider>] {
        &self.operators
    }

    /// The provider of this name.
    pub fn of_name(&self, name: &str) -> Option<Arc<dyn Provider>> {
        let Some(merchant) = merchant_of_provider(name) else {
            return self.operators.iter().find(|provider| provider.name() == name).cloned();
        };
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let mut providers = accounts.get(&merchant)?.providers.iter();
        providers.find(|(provider, _)| provider.name() == name).map(|(provider, _)| Arc::clone(provider))
    }

    /// Where new payments of a merchant may go, the preferred one first: its own enabled accounts, then the operator's
    /// providers of its mode.
    pub fn of_merchant(&self, merchant: MerchantId, mode: Mode) -> Vec<Arc<dyn Provider>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let own = accounts.get(&merchant).into_iter().flat_map(|accounts| &accounts.providers);
        let own = own.filter(|(_, state)| *state == AccountState::Enabled).map(|(provider, _)| provider);
        let operators = self.operators.iter().filter(|provider| provider.mode() == mode && provider.serves(merchant));
        own.chain(operators).filter(|provider| provider.takes_payments()).cloned().collect()
    }

    /// Whether a merchant's accounts have been read a moment ago.
    pub fn is_fresh(&self, merchant: MerchantId, now: UnixMillis) -> bool {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(&merchant).is_some_and(|accounts| now < accounts.read_at.plus(FRESH))
    }

    /// Whether anything is known of a merchant's accounts.
    pub fn knows(&self, merchant: MerchantId) -> bool {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).contains_key(&merchant)
    }

    /// Forgets the accounts of a merchant that is no longer there.
    pub fn forget(&self, merchant: MerchantId) {
        self.accounts.write().unwrap_or_else(PoisonError::into_inner).remove(&merchant);
    }

    /// Takes note of a merchant's accounts. They are made anew when its profile has changed, and once an hour, so that
    /// a secret whose overlap is over is forgotten.
    pub(super) fn note(
        &self,
        (merchant, mode): (&Merchant, Mode),
        now: UnixMillis,
        open: impl Fn(&ProviderAccount) -> OpenedSecrets,
    ) {
        let Some(kinds) = &self.kinds else { return };
        if merchant.accounts.is_empty() {
            return;
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = accounts.get_mut(&merchant.id) {
            if known.revision > merchant.revision {
                return;
            }
            if known.revision == merchant.revision && now < known.made_at.plus(Duration::from_hours(1)) {
                known.read_at = now;
                return;
            }
        }
        let providers = merchant.accounts.iter().filter_map(|account| {
            let name = account.name.of_merchant(merchant.id);
            let provider = kinds.provider(&OpenedAccount { name, mode, account, secrets: open(account) })?;
            Some((provider, account.state))
        });
        let providers = providers.collect();
        let revision = merchant.revision;
        accounts.insert(merchant.id, Accounts { revision, read_at: now, made_at: now, providers });
    }
}

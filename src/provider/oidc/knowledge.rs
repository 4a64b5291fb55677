//! What is known of a bank: its endpoints and its keys, looked up when they are first needed, and kept.
//!
//! Only one look-up is under way at a time. What is known grows stale and is looked up again beside the work; when that
//! fails, the old knowledge serves on for a day. No longer: a key that the bank has withdrawn would be trusted for ever
//! by a gateway that cannot reach it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use tokio::sync::Mutex;

use super::directory::{DESCRIBED_IN, Directory};
use super::keys::{KeySet, Signed, Unverified};
use super::{call::call_again, parsed::Settings};
use crate::clock::Clock;
use crate::domain::UnixMillis;
use crate::provider::{ProviderError, Result};

/// How long knowledge is fresh.
const FRESH: Duration = Duration::from_hours(1);

/// How long it serves on after it could not be looked up again, until that is tried once more.
const SERVES_ON: Duration = Duration::from_mins(1);

/// How old knowledge may grow that cannot be looked up again: both its halves, the endpoints and the keys.
const SERVES_ON_AT_MOST: Duration = Duration::from_hours(24);

/// How long a bank that could not be asked is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(1);

/// How far apart two look-ups for an unknown key are; after one that failed, the bank is left alone for less.
const KEYS_APART: Duration = Duration::from_secs(5);

/// What is known of one bank, shared by all its visits.
pub(super) struct Knowledge {
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    pinned: Vec<Algorithm>,
    known: RwLock<Option<Known>>,
    turn: Mutex<Turn>,
}

/// A look-up's result.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) directory: Arc<Directory>,
    keys: Arc<KeySet>,
    /// Until when it is fresh.
    until: UnixMillis,
    /// When it was looked up.
    since: UnixMillis,
}

impl Known {
    fn is_too_old(&self, now: UnixMillis) -> bool {
        now >= self.since.plus(SERVES_ON_AT_MOST)
    }
}

/// What the next look-up must know.
#[derive(Default)]
struct Turn {
    failed: Option<(UnixMillis, ProviderError)>,
    /// When keys were looked up again, and the trouble that this ended in.
    keys_sought: Option<(UnixMillis, Option<ProviderError>)>,
}

impl Knowledge {
    pub(super) fn new(settings: Arc<Settings>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let pinned = settings.config.id_token_algs.iter().map(|alg| alg.algorithm()).collect();
        Arc::new(Self { settings, clock, pinned, known: RwLock::default(), turn: Mutex::default() })
    }

    /// What is known by now, without asking.
    pub(super) fn current(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known and not too old.
    fn usable(&self) -> Option<Known> {
        self.current().filter(|known| !known.is_too_old(self.clock.now()))
    }

    /// What is known, after asking if need be.
    ///
    /// # Errors
    /// [`ProviderError::Unreachable`] when the bank cannot be asked now.
    pub(super) async fn ready(self: &Arc<Self>) -> Result<Known> {
        if let Some(known) = self.usable() {
            if known.until <= self.clock.now() {
                self.refresh(known.since);
            }
            return Ok(known);
        }
        let mut turn = self.turn.lock().await;
        if let Some(known) = self.usable() {
            return Ok(known);
        }
        match &turn.failed {
            Some((at, trouble)) if self.clock.now() < at.plus(LEFT_ALONE) => return Err(trouble.clone()),
            _ => {}
        }
        let looked_up = self.look_up().await;
        turn.failed = looked_up.as_ref().err().map(|trouble| (self.clock.now(), trouble.clone()));
        looked_up.inspect(|known| self.keep(known))
    }

    /// Verifies what the bank signed. A key that is not known is looked for once more, as often as every five seconds,
    /// or every second while that fails; a caller that comes sooner waits for that.
    ///
    /// # Errors
    /// [`ProviderError::Forged`] when no key of the bank's has signed it, [`ProviderError::Unreachable`] when that
    /// cannot be known now.
    pub(super) async fn verified(self: &Arc<Self>, token: &str) -> Result<Signed> {
        let asked_at = self.clock.now();
        let known = self.ready().await?;
        let verified = match known.keys.verify(token, &self.pinned) {
            Err(Unverified::UnknownKey) => self.keys_since(asked_at).await?.verify(token, &self.pinned),
            verified => verified,
        };
        verified.map_err(|unverified| {
            ProviderError::Forged(match unverified {
                Unverified::UnknownKey => "no key of the bank's has signed it".into(),
                Unverified::Wrong(why) => why.into(),
            })
        })
    }

    /// The keys as they are after `asked_at`.
    async fn keys_since(&self, asked_at: UnixMillis) -> Result<Arc<KeySet>> {
        let mut turn = self.turn.lock().await;
        let Some(known) = self.current() else { return Err(ProviderError::Unreachable("it is not known yet".into())) };
        match &turn.keys_sought {
            // Somebody else has looked while this one waited. Keys that could not be looked up prove nothing forged.
            Some((at, trouble)) if *at > asked_at => return trouble.clone().map_or(Ok(known.keys), Err),
            Some((at, trouble)) => {
                let apart = if trouble.is_some() { LEFT_ALONE } else { KEYS_APART };
                tokio::time::sleep(at.plus(apart).since(self.clock.now())).await;
            }
            None => {}
        }
        let at = self.clock.now();
        // A look-up that is dropped has not learnt anything either.
        turn.keys_sought = Some((at, Some(ProviderError::Unreachable("keys: not looked up to the end".into()))));
        let keys = self.fetch_keys(&known.directory).await;
        turn.keys_sought = Some((at, keys.as_ref().err().cloned()));
        keys.inspect(|keys| self.alter(|known| known.keys = Arc::clone(keys)))
    }

    /// Looks everything up again, beside the work; it has been known since `since`.
    fn refresh(self: &Arc<Self>, since: UnixMillis) {
        // So that nobody else begins, and that it serves on if this fails.
        self.alter(|known| known.until = self.clock.now().plus(SERVES_ON));
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let _turn = this.turn.lock().await;
            match this.look_up().await {
                Ok(known) => this.keep(&known),
                Err(trouble) => this.warn(since, &trouble),
            }
        });
    }

    /// Says that old knowledge serves on, and for how much longer it will.
    fn warn(&self, since: UnixMillis, trouble: &ProviderError) {
        let (bank, now) = (&self.settings.config.name, self.clock.now());
        let age_s = now.since(since).as_secs();
        let left_s = since.plus(SERVES_ON_AT_MOST).since(now).as_secs();
        tracing::warn!(bank, error = %trouble, age_s, left_s, "provider.not_refreshed");
    }

    async fn look_up(&self) -> Result<Known> {
        let directory = Arc::new(Directory::look_up(&self.settings).await?);
        let keys = self.fetch_keys(&directory).await?;
        let now = self.clock.now();
        Ok(Known { directory, keys, until: now.plus(FRESH), since: now })
    }

    async fn fetch_keys(&self, directory: &Directory) -> Result<Arc<KeySet>> {
        let Some(address) = directory.jwks.clone() else { return Ok(Arc::default()) };
        let request = self.settings.client.get(address).timeout(DESCRIBED_IN);
        let reply = call_again("keys", request).await?;
        Ok(Arc::new(KeySet::of(reply.of_success("keys")?)))
    }

    fn keep(&self, known: &Known) {
        let mut unlisted = known.directory.unlisted.clone();
        if self.settings.config.needs_keys() && !known.keys.can_verify(&self.pinned) {
            unlisted.push("id_token_algs names no algorithm of a key that the bank publishes".to_owned());
        }
        let before = self.known.write().unwrap_or_else(PoisonError::into_inner).replace(known.clone());
        // Said once, and again when the bank says something else.
        if before.is_none_or(|before| before.directory.unlisted != known.directory.unlisted) {
            for what in unlisted {
                tracing::warn!(provider = self.settings.config.name, what, "provider.unlisted");
            }
        }
    }

    fn alter(&self, change: impl FnOnce(&mut Known)) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).as_mut().map(change);
    }
}

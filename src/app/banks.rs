//! The banks of a house: made from its configuration, and asked until each is ready.
//!
//! A bank that is away, or is not what the operator says, stops neither the start nor the others: it is reported, and
//! asked again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use crate::bank::Bank;
use crate::bank::oidc::Oidc;
use crate::bank::sandbox::{self, Sandbox};
use crate::clock::Clock;
use crate::config::{BankConfig, Config};
use crate::domain::institution::Institution;
use crate::telemetry::metrics::Metrics;

/// How soon a bank is asked again for the first time; twice as late each further time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest that a bank is left alone.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The sandbox first, if it is on, and the bank of every institution that has one of its own.
///
/// # Errors
/// When a bank cannot be made of its settings.
pub fn banks(config: &Config, sandbox: Option<Sandbox>, clock: &Arc<dyn Clock>) -> anyhow::Result<Vec<Arc<dyn Bank>>> {
    let mut banks: Vec<Arc<dyn Bank>> = sandbox.into_iter().map(|bank| Arc::new(bank) as Arc<dyn Bank>).collect();
    for configured in config.institutions() {
        let BankConfig::Oidc(settings) = &configured.bank else { continue };
        match settings.as_ref().clone().parse() {
            Ok(settings) => banks.push(Arc::new(Oidc::new(settings, Arc::clone(clock)))),
            Err(broken) => {
                let rules = broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                bail!("the bank of institution {}: {rules}", configured.institution.id);
            }
        }
    }
    Ok(banks)
}

/// The institutions of the configuration; before them the sandbox bank's own, while nobody has given it others.
pub fn institutions(config: &Config) -> Vec<Institution> {
    let given = config.institutions();
    let plays = |bank: &BankConfig| matches!(bank, BankConfig::Sandbox);
    let own = config.has_sandbox() && !given.iter().any(|configured| plays(&configured.bank));
    let own = if own { sandbox::institutions() } else { Vec::new() };
    let is_given = |id: &str| given.iter().any(|configured| configured.institution.id == id);
    let own = own.into_iter().filter(|institution| !is_given(&institution.id));
    own.chain(given.iter().map(|configured| configured.institution.clone())).collect()
}

/// What the operator is told of the banks at start, a sentence each.
pub fn notices(config: &Config) -> Vec<String> {
    let mut notices = Vec::new();
    match (config.has_sandbox(), config.is_demo()) {
        (true, true) => notices.push("sandbox bank: on; anybody can pay there without money".into()),
        // Outside the demo the configuration warns of it.
        (true, false) => {}
        (false, _) => notices.push("sandbox bank: off; no bank takes payments, so checkouts are refused".into()),
    }
    let banks = config.institutions().iter().filter_map(|configured| match &configured.bank {
        BankConfig::Oidc(settings) => {
            Some(format!("bank {}: {}, answers at /return/{}", settings.name, settings.issuer, settings.name))
        }
        BankConfig::Sandbox => None,
    });
    notices.extend(banks);
    notices
}

/// Asks a bank to get ready, until it is.
pub async fn prepare(bank: Arc<dyn Bank>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) {
    ask(bank.as_ref(), clock.as_ref(), &metrics, FIRST_PAUSE).await;
}

async fn ask(bank: &dyn Bank, clock: &dyn Clock, metrics: &Metrics, mut pause: Duration) {
    let name = bank.name();
    // Before it has answered for the first time, too.
    metrics.bank_troubled(name);
    for tries in 1_u32.. {
        let Err(trouble) = bank.prepare().await else {
            metrics.bank_ready(name);
            tracing::info!(bank = name, tries, "bank.ready");
            return;
        };
        metrics.bank_troubled(name);
        let again_in = jittered(pause, clock.entropy()[0]);
        tracing::warn!(bank = name, error = %trouble, again_in_ms = again_in.as_millis(), "bank.trouble");
        tokio::time::sleep(again_in).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Between half of a pause and all of it, so that nodes that started together do not ask together.
fn jittered(pause: Duration, chance: u8) -> Duration {
    pause / 2 + pause * u32::from(chance) / (2 * u32::from(u8::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::bank::{Answer, BankTrouble, Said, Trip};
    use crate::clock::SystemClock;
    use crate::domain::invalid::Invalid;
    use crate::domain::outcome::{Fact, Offer};
    use crate::domain::redirect::Redirect;

    /// A bank that gets ready at the third try.
    struct Sleepy(AtomicU32);

    #[async_trait]
    impl Bank for Sleepy {
        fn name(&self) -> &'static str {
            "sleepy"
        }

        fn label(&self) -> &'static str {
            "Sleepy"
        }

        async fn prepare(&self) -> Result<(), BankTrouble> {
            match self.0.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Err(BankTrouble::Unreachable("asleep".into())),
                _ => Ok(()),
            }
        }

        async fn depart(&self, _: &Trip<'_>) -> Result<Redirect, BankTrouble> {
            Err(BankTrouble::Unreachable("asleep".into()))
        }

        fn read_return(&self, answer: &Answer) -> Result<Said, Invalid> {
            Ok(answer.said())
        }

        async fn exchange(&self, _: &Trip<'_>, _: &Offer) -> Result<Fact, BankTrouble> {
            Err(BankTrouble::Unreachable("asleep".into()))
        }
    }

    #[tokio::test]
    async fn a_bank_is_asked_until_it_is_ready() {
        let (bank, metrics) = (Sleepy(AtomicU32::new(0)), Metrics::default());
        let mut asking = std::pin::pin!(ask(&bank, &SystemClock, &metrics, Duration::from_millis(1)));
        tokio::select! {
            biased;
            () = &mut asking => panic!("it was ready at once"),
            () = std::future::ready(()) => {}
        }
        assert!(metrics.render().contains("handback_bank_ready{bank=\"sleepy\"} 0"));
        asking.await;
        assert!(metrics.render().contains("handback_bank_ready{bank=\"sleepy\"} 1"));
        assert_eq!(bank.0.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_pause_is_between_its_half_and_itself() {
        let (half, whole) = (jittered(LONGEST_PAUSE, 0), jittered(LONGEST_PAUSE, u8::MAX));
        assert_eq!((half, whole), (LONGEST_PAUSE / 2, LONGEST_PAUSE));
    }
}

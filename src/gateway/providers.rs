//! The providers of a gateway: made from its configuration, asked until each is ready, and looked after from then on.
//!
//! A provider that is away, or is not what the operator says, stops neither the start nor the others: it is reported,
//! and asked again.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, bail};

use super::account_kinds::Kinds;
use crate::clock::Clock;
use crate::config::{BankConfig, Config, ConsoleOidcConfig, InstitutionConfig, ProviderConfig};
use crate::dialect::yapily;
use crate::domain::{Institution, Invalid, Mode, PublicUrl};
use crate::egress;
use crate::engine::{ConsoleOpenId, Mailer, OPENID_RETURN_PAGE, Providers, WaysIn};
use crate::mail::Smtp;
use crate::provider::http::check::{self, CheckedRule, Walk};
use crate::provider::ixopay::{Ixopay, LostCreations};
use crate::provider::sandbox::{self, Sandbox};
use crate::provider::token_io::TokenIo;
use crate::provider::yapily::Yapily;
use crate::provider::{Provider, http::HttpProvider, oidc::Oidc, oidc::OidcIdentity};
use crate::telemetry::metrics::Metrics;

/// How soon a provider is asked again for the first time; twice as late each further time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest that a provider is left alone.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How far apart a provider that is ready is looked after: what is known of it is kept fresh also while no customers
/// come, and the metric says so when it has grown too old.
const LOOKED_AFTER: Duration = Duration::from_mins(1);

/// How long a connection to a payment engine is kept that nobody uses: servers close what has been idle for five
/// seconds or longer.
const IDLE: Duration = Duration::from_secs(2);

/// The operator's providers, those that take payments first, then the sandbox, if it is on, and the provider of every
/// institution that has one of its own; and those of merchants' accounts, which are called by `accounts_way_out`.
///
/// # Errors
/// When a provider cannot be made of its settings.
pub fn providers(
    config: &Config,
    sandbox: Option<Sandbox>,
    (clock, public_url): (&Arc<dyn Clock>, &PublicUrl),
    accounts_way_out: egress::Builder,
) -> Result<Providers> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    let client = operators_client()?;
    let lost = Arc::<LostCreations>::default();
    for settings in &config.providers {
        let notify = public_url.page(&format!("/notify/{}", settings.account().name), &[]);
        let (client, clock) = (client.clone(), Arc::clone(clock));
        providers.push(match settings.clone() {
            ProviderConfig::Http(settings) => Arc::new(HttpProvider::new(settings, notify, client, clock)),
            ProviderConfig::Ixopay(settings) => {
                Arc::new(Ixopay::new(settings, notify, client, (clock, Arc::clone(&lost))))
            }
            ProviderConfig::TokenIo(settings) => Arc::new(TokenIo::new(*settings, client, clock)),
            ProviderConfig::Yapily(settings) => Arc::new(Yapily::new(*settings, client, clock)),
        });
    }
    providers.extend(sandbox.into_iter().map(|provider| Arc::new(provider) as Arc<dyn Provider>));
    for configured in &config.institutions {
        let BankConfig::Oidc(settings) = &configured.bank else { continue };
        match settings.as_ref().clone().parse() {
            Ok(settings) => providers.push(Arc::new(Oidc::new(settings, Arc::clone(clock)))),
            Err(broken) => {
                bail!("the bank of institution {}: {}", configured.institution.id, rules(&broken));
            }
        }
    }
    let client = accounts_way_out.idle_for(IDLE).build()?;
    let kinds = Kinds { client, clock: Arc::clone(clock), public_url: public_url.clone(), lost };
    Ok(Providers::new(providers, Arc::new(kinds)))
}

/// How people get into the console, beside sign-in links that somebody makes.
///
/// # Errors
/// When a provider cannot be made of its settings.
pub fn ways_in(config: &Config, clock: &Arc<dyn Clock>) -> Result<WaysIn> {
    let mailer = config.mail_smtp.as_ref().zip(config.mail_from.clone());
    let mailer = mailer.map(|(url, from)| Arc::new(Smtp::new(url, from, Arc::clone(clock))) as Arc<dyn Mailer>);
    let openid = match config.console_oidc.clone() {
        None => None,
        Some(ConsoleOidcConfig { oidc, claim, access }) => match OidcIdentity::new(oidc, claim, Arc::clone(clock)) {
            Ok(provider) => Some(ConsoleOpenId { provider: Arc::new(provider), access }),
            Err(broken) => bail!("console.oidc: {}", rules(&broken)),
        },
    };
    Ok(WaysIn { openid, mailer })
}

fn rules(broken: &[Invalid]) -> String {
    broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The client that calls the payment engines of the operator.
fn operators_client() -> Result<egress::Client> {
    Ok(egress::Client::builder().without_guard().idle_for(IDLE).build()?)
}

/// Walks through the protocol against a provider of the configuration, by its name.
///
/// # Errors
/// When there is no such provider.
pub async fn check(
    config: &Config,
    clock: Arc<dyn Clock>,
    (name, walk): (&str, Walk),
    say: impl FnMut(CheckedRule),
    show: impl FnOnce(&str),
) -> Result<()> {
    let Some(settings) = config.providers.iter().find(|settings| settings.account().name == name) else {
        let names: Vec<&str> = config.providers.iter().map(|settings| settings.account().name.as_str()).collect();
        bail!("the configuration has no [[provider]] {name:?}; it has {}", names.join(", "));
    };
    let ProviderConfig::Http(settings) = settings else {
        bail!("the walk is through the protocol of the kind \"http\", and {name} is of another kind");
    };
    let notify = config.public_url(config.listen).page(&format!("/notify/{name}"), &[]);
    check::walk(&HttpProvider::new(settings.clone(), notify, operators_client()?, clock), walk, say, show).await;
    Ok(())
}

/// The institutions of the configuration; before them the sandbox provider's own, while nobody has given it others.
/// None offers a payment that its provider would never be sent, whatever its features say.
pub fn institutions(config: &Config) -> Vec<Institution> {
    let given = &config.institutions;
    let plays = |provider: &BankConfig| matches!(provider, BankConfig::Sandbox);
    let own = config.sandbox && !given.iter().any(|configured| plays(&configured.bank));
    let own = if own { sandbox::institutions() } else { Vec::new() };
    let is_given = |id: &str| given.iter().any(|configured| configured.institution.id == id);
    let own = own.into_iter().filter(|institution| !is_given(&institution.id));
    let given = given.iter().map(|configured| {
        let mut institution = configured.institution.clone();
        institution.features.retain(|feature| !is_withheld(configured, feature));
        institution
    });
    own.chain(given).collect()
}

/// Whether an institution has this feature in its configuration, and its provider cannot do it.
fn is_withheld(configured: &InstitutionConfig, feature: &str) -> bool {
    matches!(configured.bank, BankConfig::Oidc(_)) && yapily::is_payment_feature(feature)
}

/// What is printed about the providers at start, a sentence each.
pub fn notices(config: &Config) -> Vec<String> {
    let mut notices = Vec::new();
    match (config.sandbox, config.demo) {
        (true, true) => notices.push("sandbox bank: on; anybody can pay there without money".into()),
        // Outside the demo the configuration warns of it.
        (true, false) => {}
        (false, _) if config.providers.is_empty() => {
            notices.push("sandbox bank: off; no provider takes payments, so checkouts are refused".into());
        }
        (false, _) => {}
    }
    notices.extend(config.providers.iter().map(|provider| {
        let (name, url) = (&provider.account().name, provider.url().as_str());
        format!("provider {name}: takes payments at {url}, answers at /return/{name}, notifies at /notify/{name}")
    }));
    let live: Vec<&str> = config
        .providers
        .iter()
        .map(ProviderConfig::account)
        .filter(|account| account.mode == Mode::Live)
        .map(|account| account.name.as_str())
        .collect();
    if config.sandbox && !live.is_empty() {
        notices.push(format!(
            "the sandbox bank is on, so merchants are for tests unless they were added with --mode live, and those for tests \
             never reach {}",
            live.join(", ")
        ));
    }
    let providers = config.institutions.iter().filter_map(|configured| match &configured.bank {
        BankConfig::Oidc(settings) => {
            Some(format!("bank {}: {}, answers at /return/{}", settings.name, settings.issuer, settings.name))
        }
        BankConfig::Sandbox | BankConfig::Provider(_) => None,
    });
    notices.extend(providers);
    notices.extend(config.console_oidc.iter().map(|console| {
        format!("console: people sign in by {}, and come back at {OPENID_RETURN_PAGE}", console.oidc.issuer)
    }));
    notices.extend(config.institutions.iter().filter_map(|configured| {
        let Institution { id, features, .. } = &configured.institution;
        let withheld: Vec<&str> =
            features.iter().map(String::as_str).filter(|feature| is_withheld(configured, feature)).collect();
        let why = "a bank of kind oidc is not told of payments, so these features are not offered";
        (!withheld.is_empty()).then(|| format!("institution {id}: {why}: {}", withheld.join(", ")))
    }));
    notices
}

/// Asks a provider to get ready until it is, and again when it is no longer. It never ends.
pub async fn prepare(provider: Arc<dyn Provider>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) {
    ask(provider.as_ref(), clock.as_ref(), &metrics, (FIRST_PAUSE, LOOKED_AFTER)).await;
}

async fn ask(
    provider: &dyn Provider,
    clock: &dyn Clock,
    metrics: &Metrics,
    (first, looked_after): (Duration, Duration),
) {
    let name = provider.name();
    // Before it has answered for the first time, too.
    metrics.set_provider_ready(name, false);
    loop {
        let (mut tries, mut pause) = (1_u32, first);
        while let Err(trouble) = provider.prepare().await {
            metrics.set_provider_ready(name, false);
            let again_in = jittered(pause, clock.entropy()[0]);
            tracing::warn!(provider = name, error = %trouble, again_in_ms = again_in.as_millis(), "provider.trouble");
            tokio::time::sleep(again_in).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            tries = tries.saturating_add(1);
        }
        metrics.set_provider_ready(name, true);
        tracing::info!(provider = name, tries, "provider.ready");
        loop {
            tokio::time::sleep(looked_after).await;
            if provider.prepare().await.is_err() {
                break;
            }
        }
    }
}

/// Between half of a pause and all of it, so that nodes that started together do not ask together.
fn jittered(pause: Duration, chance: u8) -> Duration {
    pause / 2 + pause * u32::from(chance) / (2 * u32::from(u8::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::clock::SystemClock;
    use crate::domain::{Evidence, Fact, Invalid, Mode};
    use crate::provider::{AuthorizationResponse, ProviderError, Requested, UnverifiedResponse, VisitContext};

    /// A provider that gets ready at the third try, falls asleep again, and notes each time whether the metric says
    /// that it is ready.
    struct Sleepy {
        metrics: Arc<Metrics>,
        ready: Mutex<Vec<bool>>,
    }

    #[async_trait]
    impl Provider for Sleepy {
        fn name(&self) -> &'static str {
            "sleepy"
        }

        fn label(&self) -> &'static str {
            "Sleepy"
        }

        fn mode(&self) -> Mode {
            Mode::Test
        }

        async fn prepare(&self) -> Result<(), ProviderError> {
            let mut ready = self.ready.lock().unwrap();
            ready.push(self.metrics.render().contains("handback_provider_ready{provider=\"sleepy\"} 1"));
            match ready.len() {
                1 | 2 | 6 | 7 => Err(ProviderError::Unreachable("asleep".into())),
                _ => Ok(()),
            }
        }

        async fn request(&self, _: &VisitContext<'_>) -> Result<Requested, ProviderError> {
            Err(ProviderError::Unreachable("asleep".into()))
        }

        fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
            Ok(answer.unverified())
        }

        async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact, ProviderError> {
            Err(ProviderError::Unreachable("asleep".into()))
        }
    }

    #[tokio::test]
    async fn a_bank_is_asked_until_it_is_ready_and_again_when_it_no_longer_is() {
        let metrics = Arc::new(Metrics::default());
        let provider = Sleepy { metrics: Arc::clone(&metrics), ready: Mutex::default() };
        let pause = Duration::from_millis(1);
        let asking = ask(&provider, &SystemClock, &metrics, (pause, pause));
        let often_enough = async {
            while provider.ready.lock().unwrap().len() < 9 {
                tokio::time::sleep(pause).await;
            }
        };
        tokio::select! {
            () = asking => panic!("it is not looked after any more"),
            () = often_enough => {}
        }
        // Asleep twice, then ready; looked after twice; asleep twice again, which the metric says at the second time.
        let expected = [false, false, false, true, true, true, true, false, true];
        assert_eq!(provider.ready.lock().unwrap()[..9], expected);
    }

    #[test]
    fn an_institution_offers_no_payment_that_its_bank_is_not_told_of() {
        let file = "[[institution]]\nid = 'north'\nname = 'North'\nbank = { kind = 'oidc', client_id = 'us', \
                    issuer = 'https://north.example', client_secret = 's' }\nfeatures = ['ACCOUNTS', 'IDENTITY', \
                    'ACCOUNT_SCHEDULED_PAYMENTS', 'CREATE_DOMESTIC_SINGLE_PAYMENT', 'INITIATE_BULK_PAYMENT', \
                    'EXISTING_PAYMENTS_DETAILS']\n\
                    [[institution]]\nid = 'play'\nname = 'Play'\nbank = 'sandbox'\n\
                    features = ['ACCOUNTS', 'CREATE_DOMESTIC_SINGLE_PAYMENT']\n";
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("handback.toml");
        std::fs::write(&path, file).unwrap();
        let sandbox = [("HANDBACK_SANDBOX".to_owned(), "true".to_owned())];
        let config = Config::load(Some(path), sandbox).unwrap();
        let features: Vec<_> = institutions(&config).into_iter().map(|one| (one.id, one.features.join(" "))).collect();
        let expected = [
            ("north", "ACCOUNTS IDENTITY ACCOUNT_SCHEDULED_PAYMENTS"),
            ("play", "ACCOUNTS CREATE_DOMESTIC_SINGLE_PAYMENT"),
        ];
        assert_eq!(features, expected.map(|(id, features)| (id.to_owned(), features.to_owned())));
        let told: Vec<_> = notices(&config).into_iter().filter(|told| told.contains("not offered")).collect();
        let withheld = "CREATE_DOMESTIC_SINGLE_PAYMENT, INITIATE_BULK_PAYMENT, EXISTING_PAYMENTS_DETAILS";
        assert!(
            matches!(&told[..], [one] if one.starts_with("institution north: ") && one.ends_with(withheld)),
            "{told:?}"
        );
    }

    #[test]
    fn a_pause_is_between_its_half_and_itself() {
        let (half, whole) = (jittered(LONGEST_PAUSE, 0), jittered(LONGEST_PAUSE, u8::MAX));
        assert_eq!((half, whole), (LONGEST_PAUSE / 2, LONGEST_PAUSE));
    }
}

//! The only place where the gateway is put together.

mod account_kinds;
mod counters;
mod demo_merchant;
mod dialects;
mod ending;
mod key_file;
mod moving;
mod providers;
mod serving;
mod store;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::{future::Future, sync::Arc, time::Duration};

use actix_web::dev::{Server, ServiceFactory};
use actix_web::web;
use anyhow::{Context as _, Result};
use tokio::{net::TcpStream, sync::oneshot, task::JoinSet};

pub use crate::provider::http::check::{CheckedRule, Walk};
pub use moving::{Progress, back_up, migrate, restore};
pub use providers::check as check_provider;
use serving::Shared;
pub use store::{StoreUse, has_store};

use counters::CourierWatcher;
use demo_merchant::{demo_console, open_demo};
use ending::Shutdown;

use crate::check_up::Examiner;
use crate::clock::{Clock, StoreClock};
use crate::config::Config;
use crate::courier::{Courier, FirstAttempts, Tester};
use crate::domain::{Mode, PublicUrl, Rules};
use crate::egress::{self, Ports};
use crate::engine::{
    CourierWaker, Deps, DownCallbacks, Engine, IssuedLink, NewMerchant, NoCourier, sweep, use_cases, watch,
};
use crate::health::{Health, probe, providers_away};
use crate::provider::sandbox::Sandbox;
use crate::telemetry::metrics::Metrics;
use crate::{keys::Keys, logo::Logos, store::Store};

/// How often lapsed journeys are concluded.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How often the store is cleared of what nobody needs any more.
const TIDY_EVERY: Duration = Duration::from_secs(20);

/// How often a node learns which watched callbacks are down, and whether it is its turn to look.
const LEARN_EVERY: Duration = Duration::from_secs(2);

/// A running gateway, with its port open.
pub struct Gateway {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where browsers find it.
    pub public_url: PublicUrl,
    /// What the operator should know, a sentence each.
    pub notices: Vec<String>,
    /// The demo merchant, when this start has made it: its secrets are shown now or never.
    pub newcomer: Option<NewMerchant>,
    /// A link to the demo merchant's console.
    pub console_link: Option<IssuedLink>,
    server: Server,
    metrics: Option<Server>,
    counters: Arc<Metrics>,
    engine: Arc<Engine>,
    health: Arc<Health>,
    courier: Arc<Courier>,
    ending: Shutdown,
}

impl Gateway {
    /// Puts the gateway together and opens its port: from here on connections wait, and [`Gateway::run_until`] answers
    /// them.
    ///
    /// # Errors
    /// When the address is taken, the store cannot be used or made, or the keys cannot be read.
    pub async fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Self> {
        let listener = serving::listen(config)?;
        let addr = listener.local_addr()?;
        let public_url = config.public_url(addr);
        let mut notices = config.warnings.clone();
        let first_attempts = Arc::new(FirstAttempts::default());
        let store_clock = Arc::new(StoreClock::of(clock));
        let clock: Arc<dyn Clock> = Arc::clone(&store_clock) as _;
        let opened = store::open(config, &clock, StoreUse::Serve, &mut notices).await?;
        // What is wrong with the store is said by who looks again.
        let _ = probe(opened.0.as_ref(), &store_clock).await;
        let engine = Arc::new(engine_heard_by(config, &clock, opened, (addr, first_attempts.clone()))?);
        notices.extend(providers::notices(config));
        let (newcomer, demo) = if config.demo { open_demo(config, &engine, addr).await? } else { (None, None) };
        let console_link = if demo.is_some() { demo_console(&engine).await? } else { None };
        let counters = Arc::new(Metrics::default());
        let options = serving::options(config, &counters.connections, &mut notices)?;
        let health = Health::new(Arc::clone(&engine), Arc::clone(&counters), options.closing.clone(), store_clock);
        let health = Arc::new(health);
        let data = Shared {
            engine: web::Data::from(Arc::clone(&engine)),
            clock: web::Data::from(clock),
            metrics: web::Data::from(Arc::clone(&counters)),
            health: web::Data::from(Arc::clone(&health)),
        };
        let metrics = serving::serve_metrics(config, &data)?;
        notices.extend(
            config.metrics_listen.map(|at| format!("metrics: http://{at}/metrics, health: http://{at}/health")),
        );
        let (closing, lame_duck) = (options.closing.clone(), config.lame_duck);
        let taken = Arc::clone(&counters.connections);
        let ending = Shutdown { socket: listener.try_clone()?, closing, lame_duck, taken };
        let server = serving::serve(config, (listener, &options), data, demo.map(Arc::new))?;
        let sender = Arc::new(couriers_way_out(config).build()?);
        let watching = Arc::new(CourierWatcher { metrics: Arc::clone(&counters), health: Arc::clone(&health) });
        let courier = Arc::new(Courier::new(Arc::clone(&engine.deps), sender, first_attempts, watching));
        Ok(Self {
            addr,
            public_url,
            notices,
            newcomer,
            console_link,
            server,
            metrics,
            counters,
            engine,
            health,
            courier,
            ending,
        })
    }

    /// Answers until `shutdown` comes, then for as long as the configuration says, and finishes what is under way.
    /// `at_once` ends that time.
    ///
    /// # Errors
    /// When the server breaks.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>, at_once: impl Future<Output = ()>) -> Result<()> {
        let handle = self.server.handle();
        // All of them end when this function does.
        let mut beside = JoinSet::new();
        beside.spawn(sweep(Arc::clone(&self.engine), Arc::clone(&self.counters)));
        beside.spawn(tidy(Arc::clone(&self.engine)));
        beside.spawn(learn_what_is_down(Arc::clone(&self.engine)));
        beside.spawn(watch_callbacks(Arc::clone(&self.engine)));
        beside.spawn(warn_of_lost_keys(Arc::clone(&self.engine)));
        beside.spawn(reseal(Arc::clone(&self.engine)));
        let health = self.health;
        beside.spawn(async move { health.watch().await });
        if let Some(metrics) = self.metrics {
            beside.spawn(async move { drop(metrics.await) });
        }
        for provider in self.engine.deps.providers.operators() {
            let clock = Arc::clone(&self.engine.deps.clock);
            beside.spawn(providers::prepare(Arc::clone(provider), clock, Arc::clone(&self.counters)));
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let courier = tokio::spawn(self.courier.run(async { drop(stopped.await) }));
        let mut server = std::pin::pin!(self.server);
        let ended = tokio::select! {
            ended = &mut server => {
                drop(stop);
                ended
            }
            () = shutdown => {
                // The courier leases nothing any more.
                drop(stop);
                let stopping = async {
                    self.ending.run(&self.engine, &handle, at_once).await;
                    handle.stop(true).await;
                };
                // The server learns of the stop only while it is polled.
                tokio::join!(server, stopping).0
            }
        };
        // What it has in its hands is finished, or goes back to the store for the next one.
        courier.await?;
        Ok(ended?)
    }
}

/// What serves each connection of a gateway with this engine, on the thread that awaits it: so a caller can measure what
/// a request costs. Nothing runs beside it, neither the courier nor sweeps.
///
/// # Errors
/// When the sandbox has no key, or the number of open files cannot be read.
pub fn connections(
    config: &Config,
    engine: Arc<Engine>,
) -> Result<impl ServiceFactory<TcpStream, Config = (), Response = (), InitError = ()> + use<>> {
    let metrics = Arc::new(Metrics::default());
    let options = serving::options(config, &metrics.connections, &mut Vec::new())?;
    let clock = Arc::new(StoreClock::of(Arc::clone(&engine.deps.clock)));
    let health = Health::new(Arc::clone(&engine), Arc::clone(&metrics), options.closing.clone(), clock);
    let health = web::Data::new(health);
    let (clock, metrics) = (web::Data::from(Arc::clone(&engine.deps.clock)), web::Data::from(metrics));
    serving::connections(config, &options, Shared { engine: web::Data::from(engine), clock, metrics, health })
}

/// The engine of a command beside the server. What the operator should know of the store comes into `notices`.
///
/// # Errors
/// When there is no store and `usage` may create none, when it was created with another operator key, or on trouble
/// with it.
pub async fn engine(
    config: &Config,
    clock: &Arc<dyn Clock>,
    usage: StoreUse,
    notices: &mut Vec<String>,
) -> Result<Engine> {
    let opened = store::open(config, clock, usage, notices).await?;
    engine_heard_by(config, clock, opened, (config.listen, Arc::new(NoCourier)))
}

fn engine_heard_by(
    config: &Config,
    clock: &Arc<dyn Clock>,
    (store, keys): (Arc<dyn Store>, Keys),
    (addr, waker): (SocketAddr, Arc<dyn CourierWaker>),
) -> Result<Engine> {
    let public_url = config.public_url(addr);
    let sandbox = config.sandbox.then(|| sandbox_bank(&public_url, &keys)).transpose()?;
    let providers = providers::providers(config, sandbox, (clock, &public_url), couriers_way_out(config))?;
    Ok(Engine::new(Deps {
        store,
        dialects: dialects::dialects(&public_url, &keys),
        keys,
        clock: Arc::clone(clock),
        providers,
        institutions: providers::institutions(config),
        public_url,
        rules: Rules { guard: Some(Arc::new(couriers_way_out(config).guard())), ..config.callback_rules() },
        budget: config.return_budget,
        longest_life: config.keep,
        usual_mode: if config.sandbox { Mode::Test } else { Mode::Live },
        operator: config.operator_keys.clone(),
        ways_in: providers::ways_in(config, clock)?,
        waker,
        examiner: Arc::new(examiner(config)?),
        down: DownCallbacks::default(),
        tester: Arc::new(Tester(couriers_way_out(config).build()?)),
        logos: Arc::new(Logos::by(couriers_way_out(config).build()?)),
    }))
}

/// The courier's way out. A demo's leads to the machine that it is tried on, too.
fn couriers_way_out(config: &Config) -> egress::Builder {
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    way_out(config).allow(loopback.into_iter().filter(|_| config.demo).map(Into::into))
}

/// Looks at merchants' callbacks, by the courier's way out.
fn examiner(config: &Config) -> Result<Examiner> {
    Ok(Examiner::new(couriers_way_out(config).keep_certificates().one_call_a_connection().build()?))
}

/// The test provider, which lives beside the gateway and takes its word for the addresses of apps.
fn sandbox_bank(public_url: &PublicUrl, keys: &Keys) -> Result<Sandbox> {
    Ok(Sandbox::new(public_url.clone(), keys.app_url_secret().context("there is no key")?))
}

/// An outgoing client in the making, with what the operator has said of where it may go.
fn way_out(config: &Config) -> egress::Builder {
    let ports = Ports::Only(config.egress_ports.clone());
    egress::Client::builder().allow(config.egress_allow.iter().copied()).ports(ports)
}

/// Says which operator keys are missing that unfinished journeys need. A start does not wait for it.
async fn warn_of_lost_keys(engine: Arc<Engine>) {
    match use_cases::lost_keys::count(&engine).await {
        Ok(lost) => lost.warnings().iter().for_each(|warning| tracing::warn!(warning, "keys.missing")),
        Err(error) => tracing::warn!(error = %error, "keys.unchecked"),
    }
}

/// Seals what is kept for merchants under the operator's current key, once a start, so that an older key may go.
async fn reseal(engine: Arc<Engine>) {
    match use_cases::secrets::reseal(&engine).await {
        Ok(0) => {}
        Ok(merchants) => tracing::info!(merchants, "keys.resealed"),
        Err(error) => tracing::warn!(error = %error, "keys.not_resealed"),
    }
}

/// Concludes lapsed journeys, for as long as the gateway runs.
async fn sweep(engine: Arc<Engine>, metrics: Arc<Metrics>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let swept = sweep::sweep(&engine).await;
        for (provider, span) in providers_away(&engine) {
            metrics.set_provider_away(&provider, span);
        }
        metrics.set_payment_mismatches(engine.mismatches());
        match &swept {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "sweep.expired"),
            Err(error) => tracing::warn!(error = %error, "sweep.trouble"),
        }
        // A full sweep is followed by the next at once.
        if swept.unwrap_or_default() < sweep::SWEPT {
            ticks.tick().await;
        }
    }
}

/// Learns which watched callbacks are down, for as long as the gateway runs.
async fn learn_what_is_down(engine: Arc<Engine>) {
    let mut ticks = tokio::time::interval(LEARN_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = watch::learn(&engine.deps).await {
            tracing::warn!(error = %error, "watch.trouble");
        }
    }
}

/// Looks at watched callbacks in the minutes that are this node's, for as long as the gateway runs.
async fn watch_callbacks(engine: Arc<Engine>) {
    let (mut ticks, mut tried) = (tokio::time::interval(LEARN_EVERY), 0);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = watch::look(&engine.deps, &mut tried).await {
            tracing::warn!(error = %error, "watch.trouble");
        }
    }
}

/// Clears the store of what nobody needs any more, for as long as the gateway runs. The sweep does not wait for it: a
/// million records may take minutes.
async fn tidy(engine: Arc<Engine>) {
    loop {
        tokio::time::sleep(TIDY_EVERY).await;
        if let Err(error) = sweep::tidy(&engine).await {
            tracing::warn!(error = %error, "sweep.trouble");
        }
    }
}

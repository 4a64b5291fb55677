//! The two listeners of a gateway: the public one, and that of the counters.

use std::{net::TcpListener, sync::Arc};

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App as Actix, Error, HttpResponse, web};
use anyhow::{Context as _, Result};
use tokio::net::TcpStream;

use super::sandbox_bank;
use crate::clock::Clock;
use crate::config::{Config, networks};
use crate::demo::{self, Demo};
use crate::engine::Engine;
use crate::health::Health;
use crate::listener::{self, Admission, Closing, Options};
use crate::provider::sandbox::Sandbox;
use crate::sandbox::{self, Redeemer};
use crate::telemetry::{
    self,
    metrics::{CONTENT_TYPE, Connections, Metrics},
};
use crate::web::{self as http, GatewayKind, Limits, PageOptions, Rates, SignInAttempts};

/// The largest body that is read, in bytes.
const BODY_BYTES: usize = 64 * 1024;

/// How long requests under way may take after the server has been asked to stop, in seconds.
pub(super) const SHUTDOWN_SECONDS: u64 = 10;

/// The most connections of the listener of the counters.
const COUNTERS_CONNECTIONS: usize = 32;

/// What every request can reach.
#[derive(Clone)]
pub(super) struct Shared {
    pub engine: web::Data<Engine>,
    pub clock: web::Data<dyn Clock>,
    pub metrics: web::Data<Metrics>,
    pub health: web::Data<Health>,
}

/// Listens at the public address.
pub(super) fn listen(config: &Config) -> Result<TcpListener> {
    let at = config.listen;
    listener::listen(at, config.backlog)
        .with_context(|| format!("cannot listen on {at}; choose another address with listen (HANDBACK_LISTEN)"))
}

/// How the public listener serves: raises the number of open files, and says so among the notices.
pub(super) fn options(config: &Config, counters: &Arc<Connections>, notices: &mut Vec<String>) -> Result<Options> {
    let files = listener::raise_open_files().context("cannot learn how many files may be open")?;
    let admission = Admission::counted_by(Arc::clone(counters))
        .with_most_from_one_address(config.max_per_address, config.trusted_proxies.clone());
    let options = Options {
        workers: config.workers,
        most_connections: config.max_connections.unwrap_or_else(|| listener::most_connections(files)),
        keep_alive: config.keep_alive,
        shutdown_seconds: SHUTDOWN_SECONDS,
        admission,
        closing: Closing::default(),
    };
    let most = options.most_of_all();
    counters.limit_to(most);
    notices.push(format!("open files: at most {files}; connections: at most {most}"));
    if u64::try_from(most).is_ok_and(|most| most >= files) {
        notices.push(format!(
            "http.max_connections is {most}, and {files} files may be open: leave a fifth of them to the store and to \
             outgoing calls, or raise the limit (ulimit -n, LimitNOFILE=)"
        ));
    }
    Ok(options)
}

/// What an app of the public listener is made of.
#[derive(Clone)]
struct Parts {
    shared: Shared,
    limits: web::Data<Limits>,
    rates: web::Data<Rates>,
    attempts: web::Data<SignInAttempts>,
    kind: web::Data<GatewayKind>,
    pages: web::Data<PageOptions>,
    sandbox: Option<web::Data<Sandbox>>,
    demo: Option<Arc<Demo>>,
}

impl Parts {
    fn new(config: &Config, shared: Shared, demo: Option<Arc<Demo>>) -> Result<Self> {
        let deps = &shared.engine.deps;
        let sandbox = config.sandbox.then(|| sandbox_bank(&deps.public_url, &deps.keys)).transpose()?;
        Ok(Self {
            limits: web::Data::new(Limits { body_bytes: BODY_BYTES, body_time: config.body_timeout }),
            rates: web::Data::new(Rates::default()),
            attempts: web::Data::new(SignInAttempts::new(networks(&config.trusted_proxies))),
            kind: web::Data::new(if demo.is_some() { GatewayKind::Demo } else { GatewayKind::Own }),
            pages: web::Data::new(PageOptions {
                languages: config.languages.clone(),
                brand: config.brand.as_deref().map(Arc::from),
            }),
            sandbox: sandbox.map(web::Data::new),
            shared,
            demo,
        })
    }

    fn app(
        &self,
    ) -> Actix<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody + use<>>,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let Shared { engine, clock, metrics, health } = self.shared.clone();
        let mut app = Actix::new()
            .app_data(engine)
            .app_data(clock)
            .app_data(self.limits.clone())
            .app_data(self.rates.clone())
            .app_data(self.attempts.clone())
            .app_data(self.kind.clone())
            .app_data(self.pages.clone())
            .app_data(metrics)
            .app_data(health)
            .configure(http::routes);
        if let Some(sandbox) = &self.sandbox {
            app = app.app_data(sandbox.clone()).configure(sandbox::routes);
        }
        if let Some(demo) = &self.demo {
            let redeemer: Arc<dyn Redeemer> = Arc::clone(demo) as Arc<dyn Redeemer>;
            app = app
                .app_data(web::Data::from(Arc::clone(demo)))
                .app_data(web::Data::from(redeemer))
                .configure(demo::routes);
        }
        app.default_service(web::to(http::nothing_here))
            .wrap(from_fn(http::keep_rules))
            .wrap(from_fn(telemetry::observe))
    }
}

/// Serves the gateway.
pub(super) fn serve(
    config: &Config,
    (listener, options): (TcpListener, &Options),
    shared: Shared,
    demo: Option<Arc<Demo>>,
) -> Result<Server> {
    let parts = Parts::new(config, shared, demo)?;
    Ok(listener::serve(listener, options, move || parts.app())?)
}

/// What serves each connection of the public listener.
pub(super) fn connections(
    config: &Config,
    options: &Options,
    shared: Shared,
) -> Result<impl ServiceFactory<TcpStream, Config = (), Response = (), InitError = ()> + use<>> {
    let parts = Parts::new(config, shared, None)?;
    Ok(listener::connections(options, move || parts.app()))
}

/// Serves what is the operator's at an address of its own: the counters, and how the node is.
pub(super) fn serve_metrics(config: &Config, shared: &Shared) -> Result<Option<Server>> {
    let Some(at) = config.metrics_listen else { return Ok(None) };
    let listener = listener::listen(at, config.backlog).with_context(|| {
        format!("cannot listen on {at}; choose another address with metrics.listen (HANDBACK_METRICS_LISTEN)")
    })?;
    let (counters, health) = (shared.metrics.clone(), shared.health.clone());
    let app = move || {
        let metrics_page = web::resource("/metrics").route(web::get().to(metrics)).route(web::head().to(metrics));
        let health_page =
            web::resource("/health").route(web::get().to(http::health)).route(web::head().to(http::health));
        let names = Condition::new(at.ip().is_loopback(), from_fn(http::loopback_names_only));
        let app = Actix::new().app_data(counters.clone()).app_data(health.clone());
        app.service(metrics_page).service(health_page).wrap(names)
    };
    let options = Options {
        workers: 1,
        most_connections: COUNTERS_CONNECTIONS,
        keep_alive: config.keep_alive,
        shutdown_seconds: SHUTDOWN_SECONDS,
        admission: Admission::counted_by(Arc::default()),
        closing: Closing::default(),
    };
    Ok(Some(listener::serve(listener, &options, app)?))
}

async fn metrics(counters: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(CONTENT_TYPE)
        .insert_header(("x-content-type-options", "nosniff"))
        .body(counters.render())
}

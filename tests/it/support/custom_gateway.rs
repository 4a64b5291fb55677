//! A custom gateway: the real HTTP server before an engine with banks of the test's own, which no configuration could
//! name.
//!
//! Its banks are the sandbox with other behaviour. Consents are opened by the engine itself, as a dialect would.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use async_trait::async_trait;
use handback::check_up::Examiner;
use handback::clock::{Clock as _, SystemClock, TestClock};
use handback::dialect::secpaid::SecPaid;
use handback::dialect::token_io::TokenIo;
use handback::domain::callback::{CallbackUrl, DeviceUrls, Placement, Rules};
use handback::domain::consent::{self, AnswerTo, Consent, FeatureRequest, Kind};
use handback::domain::dialect_data::DialectData;
use handback::domain::endpoint::WebhookOptions;
use handback::domain::id::{Shard, UserId};
use handback::domain::institution::{Institution, Medium};
use handback::domain::invalid::Invalid;
use handback::domain::journey::{Cancel, Checkout, Journey, Purpose, Wanted};
use handback::domain::logo::LogoPicture;
use handback::domain::merchant::{Merchant, MerchantName, SavedCallback, Used};
use handback::domain::mode::Mode;
use handback::domain::money::{Amount, Currency};
use handback::domain::open_request::{OpenRequest, RequestedCallbacks};
use handback::domain::outcome::{Evidence, Fact};
use handback::domain::redirect::PublicUrl;
use handback::domain::secret::Secret;
use handback::egress;
use handback::engine::{
    Deps, DownCallbacks, Edit, Engine, LogoSource, NewMerchant, NoCourier, WaysIn, derive, find, use_cases,
};
use handback::keys::Keys;
use handback::provider::sandbox::{Sandbox, institutions};
use handback::provider::{AuthorizationResponse, Provider, ProviderError, Requested, UnverifiedResponse, VisitContext};
use handback::store::embedded::Embedded;
use handback::telemetry::metrics::Metrics;
use handback::web::{GatewayKind, Limits};
use tempfile::TempDir;

use super::http::Http;

/// How a bank of a custom gateway differs from the sandbox.
#[derive(Debug, Clone)]
pub struct ProviderBehaviour {
    /// Its name.
    pub name: &'static str,
    /// Whether it answers behind a `#`.
    pub fragment: bool,
    /// How long it thinks before it says where to go.
    pub visits_after: Duration,
    /// Whether it can be left for at all.
    pub reachable: bool,
}

impl ProviderBehaviour {
    /// A bank like the sandbox, of this name.
    pub fn plain(name: &'static str) -> Self {
        Self { name, fragment: false, visits_after: Duration::ZERO, reachable: true }
    }
}

struct CustomProvider(ProviderBehaviour, Sandbox);

#[async_trait]
impl Provider for CustomProvider {
    fn name(&self) -> &str {
        self.0.name
    }

    fn label(&self) -> &str {
        self.0.name
    }

    fn mode(&self) -> Mode {
        self.1.mode()
    }

    fn answers_in_fragment(&self) -> bool {
        self.0.fragment
    }

    fn takes_payments(&self) -> bool {
        self.1.takes_payments()
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested, ProviderError> {
        tokio::time::sleep(self.0.visits_after).await;
        if !self.0.reachable {
            return Err(ProviderError::Unreachable("the test says so".into()));
        }
        self.1.request(context).await
    }

    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        self.1.read_return(answer)
    }

    async fn exchange(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Fact, ProviderError> {
        self.1.exchange(context, evidence).await
    }
}

/// A running gateway.
pub struct CustomGateway {
    pub engine: Arc<Engine>,
    pub merchant: Merchant,
    /// Its API key.
    pub api_key: Secret,
    pub http: Http,
    pub clock: Arc<TestClock>,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
    keys: String,
    folder: Arc<TempDir>,
}

impl CustomGateway {
    /// Opens one with these banks, each of which speaks for an institution `of-NAME` with the icon `NAME.png`; the
    /// sandbox's two come last.
    pub async fn open(banks: &[ProviderBehaviour]) -> Self {
        let (listener, base) = port();
        let clock: Arc<TestClock> = Arc::default();
        let (folder, keys) =
            (Arc::new(TempDir::new().expect("a folder")), Keys::write_fresh("k1", SystemClock.entropy()));
        let engine = Arc::new(engine(banks, (&folder.path().join("data"), keys.reveal()), &clock, base.clone()));
        let new = use_cases::merchants::add(&engine, MerchantName::parse("Corner shop").expect("a name"), Mode::Test)
            .await
            .expect("a merchant");
        let NewMerchant { merchant, api_key, .. } = new;
        let (server, thread) = serving(&engine, listener);
        let (api_key, keys) = (Secret::new(api_key.reveal()), keys.reveal().to_owned());
        let (http, thread) = (Http::to(base.as_str()), Some(thread));
        Self { engine, merchant, api_key, http, clock, server, thread, keys, folder }
    }

    /// Stops this one, whatever it is doing, and opens another with these banks on what it has left behind.
    pub fn next(self, banks: &[ProviderBehaviour]) -> Self {
        let (listener, base) = port();
        let (folder, keys, clock) = (Arc::clone(&self.folder), self.keys.clone(), Arc::clone(&self.clock));
        let (merchant, api_key) = (self.merchant.clone(), self.api_key.clone());
        drop(self);
        let engine = Arc::new(engine(banks, (&folder.path().join("data"), &keys), &clock, base.clone()));
        let (server, thread) = serving(&engine, listener);
        let (http, thread) = (Http::to(base.as_str()), Some(thread));
        Self { engine, merchant, api_key, http, clock, server, thread, keys, folder }
    }

    /// Opens a consent as a dialect would; `institution` is none where the customer chooses.
    pub async fn consent(&self, kind: Kind, institution: Option<&str>, callback: RequestedCallbacks) -> Journey {
        let consent = Consent { kind, institution: institution.map(Into::into), ..consent() };
        self.ask(consent, callback).await
    }

    /// Opens this consent as a dialect would.
    pub async fn ask(&self, consent: Consent, callback: RequestedCallbacks) -> Journey {
        let purpose = Purpose::Consent(consent);
        let open_request = OpenRequest {
            purpose,
            provider: None,
            dialect_data: DialectData::default(),
            endpoints: RequestedCallbacks::OwnPage,
            webhook_options: WebhookOptions::default(),
            callback,
            params_in: Placement::Query,
            one_time_token: None,
            extra_outcomes: None,
            expiry: None,
            language: None,
            in_popup: false,
        };
        use_cases::open::open(&self.engine, &self.merchant, "secpaid", &open_request, None).await.expect("a consent")
    }

    /// Saves a callback of the merchant's.
    pub async fn save(&mut self, url: &str) {
        let url = CallbackUrl::parse(url, &Rules::default()).expect("a callback");
        let saved = SavedCallback {
            url,
            name: None,
            params_in: Placement::Query,
            device_urls: DeviceUrls::default(),
            used: Used::ByDefault,
            watched: false,
        };
        use_cases::profile::edit(&self.engine, self.merchant.id, &Edit::Add(saved), None).await.expect("a store");
        let merchants = use_cases::merchants::list(&self.engine).await.expect("a store");
        self.merchant = merchants.into_iter().find(|known| known.id == self.merchant.id).expect("the merchant");
    }

    /// Opens a checkout of 25 EUR.
    pub async fn checkout(&self, callback: &str) -> Journey {
        let amount = Amount::parse("25", Currency::EUR).expect("an amount");
        let purpose = Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(amount),
            institution: None,
            note: String::new(),
            cancel: Cancel::Offered,
            payee: None,
            repeats: None,
        });
        let callback = RequestedCallbacks::Text(callback.into());
        let open_request = OpenRequest {
            purpose,
            provider: None,
            dialect_data: DialectData::default(),
            endpoints: RequestedCallbacks::OwnPage,
            webhook_options: WebhookOptions::default(),
            callback,
            params_in: Placement::Query,
            one_time_token: None,
            extra_outcomes: None,
            expiry: None,
            language: None,
            in_popup: false,
        };
        use_cases::open::open(&self.engine, &self.merchant, "secpaid", &open_request, None).await.expect("a checkout")
    }

    /// The text that opens a journey's pages.
    pub fn link(&self, journey: &Journey) -> String {
        derive::link(&self.engine.deps, journey).expect("a link")
    }

    /// The journey as it stands.
    pub async fn now(&self, journey: &Journey) -> Journey {
        find::journey(&self.engine.deps, self.merchant.id, journey.pay_id())
            .await
            .expect("a store")
            .expect("the journey")
    }
}

impl Drop for CustomGateway {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the annex fell over");
    }
}

/// A consent to reading accounts, at no institution yet.
pub fn consent() -> Consent {
    Consent {
        kind: Kind::Accounts,
        user: UserId::mint([7; 16], Shard::of_byte(3)),
        application_user: None,
        institution: None,
        country: None,
        features: FeatureRequest::All(vec!["ACCOUNTS".into()]),
        longest: consent::LIFE,
        until: None,
        answer_to: AnswerTo::Gateway,
    }
}

fn port() -> (TcpListener, PublicUrl) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = PublicUrl::of_server(listener.local_addr().expect("an address"));
    (listener, base)
}

/// Serves an engine on a thread of its own.
fn serving(engine: &Arc<Engine>, listener: TcpListener) -> (ServerHandle, JoinHandle<()>) {
    let (sent, received) = std::sync::mpsc::channel();
    let shared = Arc::clone(engine);
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = serve(shared, listener);
            sent.send(server.handle()).expect("somebody who waits");
            server.await.expect("a server that stands until it is stopped");
        });
    });
    (received.recv().expect("a server"), thread)
}

fn sandbox(base: &PublicUrl) -> Sandbox {
    Sandbox::new(base.clone(), Secret::new("annex"))
}

fn engine(
    banks: &[ProviderBehaviour],
    (folder, keys): (&Path, &str),
    clock: &Arc<TestClock>,
    base: PublicUrl,
) -> Engine {
    let keys = Keys::parse(keys).expect("keys");
    let sandbox = sandbox(&base);
    let all =
        banks.iter().map(|behaviour| Arc::new(CustomProvider(behaviour.clone(), sandbox.clone())) as Arc<dyn Provider>);
    let own = |behaviour: &ProviderBehaviour| Institution {
        id: format!("of-{}", behaviour.name),
        name: format!("Bank of {}", behaviour.name),
        provider: behaviour.name.into(),
        media: vec![Medium { source: format!("https://shop.example/{}.png", behaviour.name), kind: "icon".into() }],
        ..institutions().remove(0)
    };
    let store = Embedded::open(folder, Arc::clone(clock) as _, Duration::from_secs(3600)).expect("a store");
    Engine::new(Deps {
        store: Arc::new(store),
        keys,
        clock: Arc::clone(clock) as _,
        institutions: banks.iter().map(own).chain(institutions()).collect(),
        providers: all.chain([Arc::new(sandbox.clone()) as Arc<dyn Provider>]).collect::<Vec<_>>().into(),
        dialects: vec![Arc::new(SecPaid), Arc::new(TokenIo)],
        public_url: base,
        rules: Rules::default(),
        budget: Duration::from_millis(500),
        longest_life: Duration::from_hours(90 * 24),
        usual_mode: Mode::Test,
        operator: Vec::new(),
        ways_in: WaysIn::default(),
        waker: Arc::new(NoCourier),
        examiner: Arc::new(Examiner::new(egress::Client::builder().build().expect("a client"))),
        down: DownCallbacks::default(),
        tester: Arc::new(NoCourier),
        logos: Arc::new(OneLogo),
    })
}

/// An Internet with two pictures in it, which are none, so that nobody takes them for one.
struct OneLogo;

#[async_trait]
impl LogoSource for OneLogo {
    async fn fetch(&self, url: &str) -> Result<LogoPicture, Invalid> {
        let bytes = match url {
            "https://shop.example/logo.png" => b"one".to_vec(),
            "https://shop.example/new.png" => b"new".to_vec(),
            _ => return Err(Invalid::new("logo_url", "was answered with 404, not with a picture")),
        };
        Ok(LogoPicture { bytes, width: 120, height: 40 })
    }
}

fn serve(engine: Arc<Engine>, listener: TcpListener) -> actix_web::dev::Server {
    let bank = web::Data::new(sandbox(&engine.deps.public_url));
    let clock: Arc<dyn handback::clock::Clock> = Arc::new(SystemClock);
    let (clock, limits) = (web::Data::from(clock), web::Data::new(Limits::default()));
    let (gateway, metrics) = (web::Data::new(GatewayKind::Own), web::Data::new(Metrics::default()));
    let app = move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&engine)))
            .app_data(limits.clone())
            .app_data(gateway.clone())
            .app_data(metrics.clone())
            .app_data(bank.clone())
            .app_data(clock.clone())
            .configure(handback::web::routes)
            .configure(handback::sandbox::routes)
            .default_service(web::to(handback::web::nothing_here))
            .wrap(from_fn(handback::web::keep_rules))
    };
    HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a server").run()
}

//! Consents whose gateway is killed while their bank is being asked: each ends in a stated outcome, and no code reaches
//! the bank twice.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::chance::Chance;
use crate::support::gateway_process::GatewayProcess;
use crate::support::redis::RedisServer;
use crate::support::tpp::state_at_the_bank;

/// How many consents are under way when the gateway is killed.
const CROWD: usize = 48;

/// How often it is killed.
const KILLS: usize = 3;

/// Until when every consent must have ended: an answer counts as lost after a minute.
const END: Duration = Duration::from_secs(90);

const CALLBACK: &str = "https://app.example/cb";

#[test]
fn every_consent_ends_on_the_embedded_store() {
    every_consent_ends(None);
}

#[test]
fn every_consent_ends_on_redis() {
    let redis = RedisServer::start();
    every_consent_ends(Some(&redis.url()));
}

fn every_consent_ends(store: Option<&str>) {
    let bank = TokenEndpoint::open();
    let mut gateway = gateway(&bank, store);
    let runtime = runtime();
    let app = Arc::new(App::of(&gateway));
    let consents: Vec<Asked> = runtime.block_on(app.ask_all(CROWD));
    let mut chance = Chance::seeded(7);
    let mut homes: HashMap<String, String> = HashMap::new();
    for _ in 0..KILLS {
        let returns = runtime.spawn({
            let (app, states) = (Arc::clone(&app), consents.iter().map(Asked::answer).collect::<Vec<_>>());
            async move { app.come_back(states).await }
        });
        bank.until_some_are_answered();
        // A busy machine needs a while to write what the bank has said.
        std::thread::sleep(chance.span(100, 480));
        gateway.kill();
        remember(&mut homes, runtime.block_on(returns).unwrap());
        gateway.restart();
    }
    let ended = until_ended(&runtime, &app, &consents, &mut homes);
    let asked = bank.asked.lock().unwrap().clone();
    assert!(asked.values().all(|times| *times == 1), "a code reached the bank twice: {asked:?}");
    assert_eq!(homes.len(), CROWD, "every browser came home");
    let tally = reckon(&consents, &ended, &homes, |home| runtime.block_on(app.exchange(home)));
    println!("{}: {tally:?}, {} codes at the bank", store.unwrap_or("embedded"), asked.len());
    assert!(tally.contains_key("AUTHORIZED") && tally.contains_key("FAILED"), "the kills hit nobody: {tally:?}");
    assert!(tally.keys().all(|status| ["AUTHORIZED", "FAILED"].contains(status)), "{tally:?}");
}

#[test]
fn what_a_bank_said_while_redis_was_away_is_not_lost() {
    let mut redis = RedisServer::start();
    let bank = TokenEndpoint::open();
    let gateway = gateway(&bank, Some(&redis.url()));
    let runtime = runtime();
    let app = Arc::new(App::of(&gateway));
    let mut consents = runtime.block_on(app.ask_all(CROWD));
    consents.retain(|consent| consent.code.starts_with("slow"));
    let answers: Vec<_> = consents.iter().map(Asked::answer).collect();
    runtime.block_on(app.come_back(answers));
    // Every code is at the bank, which takes a while; what it says finds no store.
    redis.kill();
    std::thread::sleep(Duration::from_millis(3_500));
    redis.restart();
    let ended = until_ended(&runtime, &app, &consents, &mut HashMap::new());
    let asked = bank.asked.lock().unwrap().clone();
    assert!(asked.values().all(|times| *times == 1), "a code reached the bank twice: {asked:?}");
    for (consent, status) in consents.iter().zip(&ended) {
        let came = asked.contains_key(&consent.code);
        assert!(status == "AUTHORIZED" || !came, "{}: the bank's yes was lost", consent.code);
    }
    assert!(ended.iter().filter(|status| *status == "AUTHORIZED").count() * 2 > ended.len(), "{ended:?}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A gateway whose one institution has this bank.
fn gateway(bank: &TokenEndpoint, store: Option<&str>) -> GatewayProcess {
    let mut settings = vec![("LOG", "warn"), ("WORKERS", "2")];
    // Nodes that share a Redis share the keys.
    let keys = format!("k1:{}=", "A".repeat(43));
    settings.extend(store.into_iter().flat_map(|store| [("STORE", store), ("KEYS", &keys)]));
    GatewayProcess::start_with(&institution(bank.port), &settings)
}

/// Asks for every consent, and sends every browser back once more, until all have ended; answers how.
fn until_ended(
    runtime: &tokio::runtime::Runtime,
    app: &App,
    consents: &[Asked],
    homes: &mut HashMap<String, String>,
) -> Vec<String> {
    let deadline = Instant::now() + END;
    loop {
        let statuses: Vec<String> = runtime.block_on(async {
            remember(homes, app.come_back(consents.iter().map(Asked::answer).collect()).await);
            let mut statuses = Vec::new();
            for consent in consents {
                statuses.push(app.status(&consent.id).await);
            }
            statuses
        });
        if statuses.iter().all(|status| status != "AWAITING_AUTHORIZATION") {
            // Some may have ended between the two.
            let answers = consents.iter().map(Asked::answer).collect();
            remember(homes, runtime.block_on(app.come_back(answers)));
            return statuses;
        }
        assert!(Instant::now() < deadline, "some never end: {statuses:?}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Holds what browsers and apps were answered against how each consent has ended; counts the ends.
fn reckon<'a>(
    consents: &[Asked],
    ended: &'a [String],
    homes: &HashMap<String, String>,
    exchange: impl Fn(&str) -> Value,
) -> HashMap<&'a str, usize> {
    let mut tally = HashMap::new();
    for (consent, status) in consents.iter().zip(ended) {
        *tally.entry(status.as_str()).or_insert(0) += 1;
        let home = &homes[&consent.state];
        if consent.one_time_token {
            let exchanged = exchange(home);
            assert_eq!(exchanged.get("consentToken").is_some(), status == "AUTHORIZED", "{status}: {exchanged}");
        } else {
            assert_eq!(home.contains("consent="), status == "AUTHORIZED", "{status}: {home}");
        }
        if consent.code.starts_with("hang") {
            assert_eq!(status, "FAILED", "a bank that never answers has not agreed");
        }
    }
    tally
}

/// Keeps where browsers were sent; the same return may never lead elsewhere.
fn remember(homes: &mut HashMap<String, String>, seen: Vec<(String, String)>) {
    for (state, home) in seen {
        let before = homes.entry(state).or_insert_with(|| home.clone());
        assert_eq!(*before, home, "the same return went elsewhere");
    }
}

fn institution(port: u16) -> String {
    format!(
        "[[institution]]\nid = 'blunt'\nname = 'Blunt'\nenvironment = 'sandbox'\nfeatures = ['ACCOUNTS']\n[institution.bank]\nkind = 'oidc'\n\
         issuer = 'http://127.0.0.1:{port}'\nclient_id = 'us'\nauth = 'client_secret_post'\nclient_secret = 'between-us'\n\
         scope = ['accounts']\nplain_loopback = true\n[institution.bank.endpoints]\n\
         authorization = 'http://127.0.0.1:{port}/authorize'\ntoken = 'http://127.0.0.1:{port}/token'\n"
    )
}

/// A consent that an app asked for, and what its bank will say.
struct Asked {
    id: String,
    state: String,
    code: String,
    one_time_token: bool,
}

impl Asked {
    fn answer(&self) -> (String, String) {
        (self.state.clone(), self.code.clone())
    }
}

/// An app that speaks Yapily, with its customers' browsers.
struct App {
    client: Client,
    base: String,
    merchant: String,
    api_key: String,
}

impl App {
    fn of(gateway: &GatewayProcess) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let client = client.timeout(Duration::from_secs(20)).build().unwrap();
        let (merchant, api_key) = gateway.add_merchant();
        Self { client, base: gateway.base(), merchant, api_key }
    }

    async fn save_callback(&self) {
        let save = self.client.post(format!("{}/v1/profile/callbacks", self.base)).bearer_auth(&self.api_key);
        assert!(save.json(&json!({ "url": CALLBACK })).send().await.unwrap().status().is_success());
    }

    /// Asks for so many consents.
    async fn ask_all(&self, many: usize) -> Vec<Asked> {
        self.save_callback().await;
        let mut consents = Vec::new();
        for number in 0..many {
            consents.push(self.ask(number).await);
        }
        consents
    }

    async fn ask(&self, number: usize) -> Asked {
        let one_time_token = number.is_multiple_of(2);
        let body = json!({
            "applicationUserId": format!("user-{number}"), "institutionId": "blunt", "callback": CALLBACK,
            "oneTimeToken": one_time_token,
        });
        let (status, answer) = self.json(self.client.post(self.at("/account-auth-requests")).json(&body)).await;
        assert_eq!(status, 201, "{answer}");
        let text = |name: &str| answer["data"][name].as_str().unwrap().to_owned();
        let state = state_at_the_bank(&text("authorisationUrl")).await;
        let manner = ["quick", "slow", "hang"][number % 3];
        Asked { id: text("id"), state, code: format!("{manner}-{number}"), one_time_token }
    }

    async fn status(&self, id: &str) -> String {
        let ask = self.client.get(self.at(&format!("/consents/{id}"))).header("request-timeout", "0");
        self.json(ask).await.1["data"]["status"].as_str().unwrap().to_owned()
    }

    /// Exchanges the one-time token of a callback.
    async fn exchange(&self, home: &str) -> Value {
        let Some((_, rest)) = home.split_once("one-time-token=") else { return json!({}) };
        let body = json!({ "oneTimeToken": rest.split('&').next().unwrap() });
        let (status, consent) = self.json(self.client.post(self.at("/consent-one-time-token")).json(&body)).await;
        assert_eq!(status, 201, "{consent}");
        consent
    }

    /// Sends every browser back at the same time; those that were sent on are answered with where to.
    async fn come_back(&self, answers: Vec<(String, String)>) -> Vec<(String, String)> {
        let returns = answers.into_iter().map(|(state, code)| async move {
            let url = format!("{}/return/blunt?code={code}&state={state}", self.base);
            let began = Instant::now();
            let mut answer = self.client.get(&url).send().await.ok()?;
            // While the store is away, and for a moment after, the page tries again by itself.
            while answer.status() == 503 && began.elapsed() < Duration::from_secs(2) {
                tokio::time::sleep(Duration::from_millis(100)).await;
                answer = self.client.get(&url).send().await.ok()?;
            }
            assert!(!answer.status().is_server_error(), "{code}: {}", answer.status());
            let home = answer.headers().get("location")?.to_str().unwrap().to_owned();
            Some((state, home))
        });
        futures_util::future::join_all(returns).await.into_iter().flatten().collect()
    }

    async fn json(&self, request: RequestBuilder) -> (u16, Value) {
        let answer = request.basic_auth(&self.merchant, Some(&self.api_key)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    fn at(&self, path: &str) -> String {
        format!("{}/yapily{path}", self.base)
    }
}

/// A token endpoint that answers `quick-…` at once, `slow-…` after a while, and `hang-…` never; it counts its codes.
struct TokenEndpoint {
    port: u16,
    asked: Arc<Mutex<HashMap<String, usize>>>,
    answered: Arc<AtomicUsize>,
}

impl TokenEndpoint {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let answered = Arc::default();
        let counted = (Arc::clone(&asked), Arc::clone(&answered));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, answered) = counted.clone();
                std::thread::spawn(move || answer(stream, &asked, &answered));
            }
        });
        Self { port, asked, answered }
    }

    /// Waits, on a slow machine, until there is something that a kill can come after.
    fn until_some_are_answered(&self) {
        let deadline = Instant::now() + END;
        while self.answered.load(Ordering::Relaxed) < 8 {
            assert!(Instant::now() < deadline, "no code came to the bank");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn answer(mut stream: TcpStream, asked: &Mutex<HashMap<String, usize>>, answered: &AtomicUsize) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let code = loop {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        let code = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "code").map(|(_, code)| code);
        // The verifier comes behind the code, so that the code is whole when there is one.
        if let Some(code) = code.filter(|_| body.contains("code_verifier=")) {
            break code.into_owned();
        }
    };
    *asked.lock().unwrap().entry(code.clone()).or_insert(0) += 1;
    match code.split('-').next() {
        Some("slow") => std::thread::sleep(Duration::from_millis(600)),
        Some("hang") => std::thread::sleep(Duration::from_secs(120)),
        _ => {}
    }
    let body = r#"{"access_token":"a","token_type":"Bearer"}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    answered.fetch_add(1, Ordering::Relaxed);
}

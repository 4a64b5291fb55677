//! A merchant's app and its customers' browsers, as far as they speak HTTP: they ask again until they are answered.

use std::fmt::{self, Display};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::support::gateway_process::GatewayProcess;

/// How long anybody waits for one answer. Nothing takes that long: a caller that waits so long hangs.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long anybody asks again.
const PERSISTENCE: Duration = Duration::from_mins(1);
/// How long nobody asks after a failure.
const PAUSE: Duration = Duration::from_millis(20);

/// A merchant, and everybody who deals with it.
pub struct MerchantClient {
    client: Client,
    base: String,
    api_key: String,
    answers: AtomicUsize,
    tally: Mutex<Tally>,
}

/// What went wrong on the way.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Requests without a whole answer.
    pub broken: usize,
    /// How long requests took that were answered by a 503.
    pub refusals: Vec<Duration>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// Its status.
    pub status: u16,
    /// Where it sends the browser.
    pub location: Option<String>,
    /// Its body.
    pub body: String,
}

impl MerchantClient {
    /// A merchant of this gateway.
    pub fn of(gateway: &GatewayProcess) -> Self {
        Self::with_key(gateway, &gateway.add_merchant().1)
    }

    /// The merchant of this gateway that has this API key.
    pub fn with_key(gateway: &GatewayProcess, api_key: &str) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(LONGEST_WAIT);
        let (answers, tally) = (AtomicUsize::new(0), Mutex::default());
        Self { client: client.build().unwrap(), base: gateway.base(), api_key: api_key.to_owned(), answers, tally }
    }

    /// What went wrong so far.
    pub fn tally(&self) -> Tally {
        self.tally.lock().unwrap().clone()
    }

    /// Waits until so many more requests have been answered.
    pub fn wait_for_answers(&self, count: usize) {
        let (wanted, deadline) = (self.answers.load(Ordering::SeqCst) + count, Instant::now() + PERSISTENCE);
        while self.answers.load(Ordering::SeqCst) < wanted {
            assert!(Instant::now() < deadline, "nobody is answered any more: {}", self.tally());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// `createLink` with this body, under this `Idempotency-Key`.
    pub async fn create_link(&self, key: &str, body: &Value) -> HttpReply {
        let url = format!("{}/secpaid/api/v2/createLink", self.base);
        let create = || self.client.post(&url).header("token", &self.api_key).header("idempotency-key", key);
        self.ask(|| create().json(body)).await
    }

    /// A press on one of the checkout's buttons.
    pub async fn press(&self, button: &str, link: &str) -> HttpReply {
        let url = format!("{}/payment/{button}", self.base);
        self.ask(|| self.client.post(&url).form(&[("link_id", link)])).await
    }

    /// What a browser sees at an address of the gateway.
    pub async fn browse(&self, url: &str) -> HttpReply {
        self.ask(|| self.client.get(url)).await
    }

    /// Redeems a one-time token under this `Idempotency-Key`.
    pub async fn redeem(&self, token: &str, key: Option<&str>) -> HttpReply {
        let url = format!("{}/v1/one-time-tokens/redeem", self.base);
        self.ask(|| {
            let call = self.client.post(&url).bearer_auth(&self.api_key).json(&json!({ "one_time_token": token }));
            key.into_iter().fold(call, |call, key| call.header("idempotency-key", key))
        })
        .await
    }

    /// What the merchant reads under `/v1/journeys`.
    pub async fn journeys(&self, rest: &str) -> Value {
        let url = format!("{}/v1/journeys{rest}", self.base);
        let answer = self.ask(|| self.client.get(&url).bearer_auth(&self.api_key)).await;
        assert_eq!(answer.status, 200, "{rest}: {}", answer.body);
        answer.json()
    }

    /// Sends a delivery again.
    pub async fn replay(&self, delivery: &str) {
        let url = format!("{}/v1/deliveries/{delivery}/replay", self.base);
        let answer = self.ask(|| self.client.post(&url).bearer_auth(&self.api_key)).await;
        assert_eq!(answer.status, 200, "{delivery}: {}", answer.body);
    }

    /// Asks until there is a whole answer that is no 503.
    async fn ask(&self, request: impl Fn() -> RequestBuilder) -> HttpReply {
        let deadline = Instant::now() + PERSISTENCE;
        while Instant::now() < deadline {
            let began = Instant::now();
            match answer(request()).await {
                Ok(answer) if answer.status == 503 => self.tally.lock().unwrap().refusals.push(began.elapsed()),
                Ok(answer) => {
                    self.answers.fetch_add(1, Ordering::SeqCst);
                    return answer;
                }
                Err(error) => {
                    assert!(!error.is_timeout(), "a request hung: {error:?}");
                    self.tally.lock().unwrap().broken += 1;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no answer for {PERSISTENCE:?}: {}", self.tally());
    }
}

impl Tally {
    /// How long half of the refusals took at the most.
    pub fn typical(&self) -> Duration {
        let mut sorted = self.refusals.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    /// How long the slowest refusal took.
    pub fn slowest(&self) -> Duration {
        self.refusals.iter().max().copied().unwrap_or_default()
    }
}

impl HttpReply {
    /// Its body, read as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Where it sends the browser; it must be a 303.
    pub fn onward(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.location.clone().expect("a 303 has a Location")
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (broken, refused, typical, slowest) = (self.broken, self.refusals.len(), self.typical(), self.slowest());
        write!(f, "{broken} requests without an answer, {refused} refused in {typical:?}, the slowest in {slowest:?}")
    }
}

async fn answer(request: RequestBuilder) -> reqwest::Result<HttpReply> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    Ok(HttpReply { status, location, body: response.text().await? })
}

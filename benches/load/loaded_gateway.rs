//! A merchant with many journeys, made over the API as any merchant makes them.

use std::net::SocketAddr;

use serde_json::{Value, json};
use url::Url;

use super::flood;
use super::gateway_process::GatewayProcess;
use super::redis::RedisServer;
use super::wire::Reply;

/// A gateway, what it keeps its data in, and a merchant of it.
pub struct LoadedGateway {
    gateway: GatewayProcess,
    redis: Option<RedisServer>,
    merchant: String,
    api_key: String,
    to: SocketAddr,
}

/// Where a gateway keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In a file of its own.
    Embedded,
    /// In a Redis that has its file synced every second.
    Redis,
    /// In a Redis that has its file synced before it answers.
    StrictRedis,
}

impl Store {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Redis => "Redis (everysec)",
            Self::StrictRedis => "Redis (always)",
        }
    }

    fn redis(self) -> Option<RedisServer> {
        match self {
            Self::Embedded => None,
            Self::Redis => Some(RedisServer::start_with(&["--appendfsync", "everysec"])),
            Self::StrictRedis => Some(RedisServer::start_with(&["--appendfsync", "always"])),
        }
    }
}

impl LoadedGateway {
    /// A merchant of a new gateway with these settings.
    pub fn open(store: Store, settings: &[(&str, &str)]) -> Self {
        let redis = store.redis();
        let url = redis.as_ref().map(RedisServer::url);
        let mut settings = settings.to_vec();
        settings.extend(url.as_deref().map(|url| ("STORE", url)));
        let gateway = GatewayProcess::start(&settings);
        let ((merchant, api_key), to) =
            (gateway.add_merchant(), gateway.base()["http://".len()..].parse().expect("an address"));
        Self { gateway, redis, merchant, api_key, to }
    }

    /// Where it listens.
    pub const fn to(&self) -> SocketAddr {
        self.to
    }

    /// The gateway, and its Redis if it has one.
    pub fn pids(&self) -> Vec<Vec<u32>> {
        let redis = self.redis.as_ref().map(|redis| u32::try_from(redis.info("process_id")).expect("a process"));
        [self.gateway.pid()].into_iter().chain(redis).map(|pid| vec![pid]).collect()
    }

    /// Its id.
    pub fn merchant(&self) -> &str {
        &self.merchant
    }

    /// Its API key.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Its Redis.
    pub const fn redis(&self) -> Option<&RedisServer> {
        self.redis.as_ref()
    }

    /// Opens this many journeys, sends their customers to the bank, and answers their states.
    pub async fn away(&self, many: usize) -> Vec<String> {
        let home = |n| json!(format!("https://shop.example/back?order={n}"));
        self.away_to((0..many).map(home).collect()).await.into_iter().map(|(_, state)| state).collect()
    }

    /// The same, a journey for each of these `callback_url`s; answers their numbers beside their states.
    pub async fn away_to(&self, callbacks: Vec<Value>) -> Vec<(String, String)> {
        let create = |(n, callback): (usize, Value)| self.create_link(n, &callback);
        let links = flood(self.to, callbacks.into_iter().enumerate().map(create).collect()).await.expect(200);
        let left = flood(self.to, links.replies.iter().map(leave).collect()).await.expect(303);
        let number = |link: &Reply| answer_of(link)["data"]["id"].to_string();
        links.replies.iter().map(number).zip(left.replies.iter().map(state_of)).collect()
    }

    /// As many one-time tokens of paid journeys.
    pub async fn tokens(&self, many: usize) -> Vec<String> {
        let returns: Vec<_> = self.away(many).await.iter().map(|state| take_return(state, "paid")).collect();
        // The first time one may have seen the waiting page: its store took longer than the budget.
        flood(self.to, returns.clone()).await;
        flood(self.to, returns).await.expect(303).replies.iter().map(token_of).collect()
    }

    /// The request that opens the journey of this number.
    pub fn create(&self, n: usize) -> Vec<u8> {
        self.create_link(n, &json!(format!("https://shop.example/back?order={n}")))
    }

    /// The request that redeems a token, with an `Idempotency-Key` or without.
    pub fn redeem(&self, token: &str, key: Option<&str>) -> Vec<u8> {
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let headers = format!("{key}authorization: Bearer {}\r\ncontent-type: application/json", self.api_key);
        let body = format!(r#"{{"one_time_token":"{token}"}}"#);
        request("POST /v1/one-time-tokens/redeem", &headers, &body)
    }

    fn create_link(&self, n: usize, callback: &Value) -> Vec<u8> {
        let headers = format!("token: {}\r\ncontent-type: application/json", self.api_key);
        let body = format!(
            r#"{{"amount":25.00,"recipient_note":"order {n}","callback_url":{callback},"one_time_token":true}}"#
        );
        request("POST /secpaid/api/v2/createLink", &headers, &body)
    }
}

/// The request of a browser that returns from the bank.
pub fn take_return(state: &str, code: &str) -> Vec<u8> {
    request(&format!("GET /return/sandbox?code={code}&state={state}"), "accept: text/html", "")
}

/// A request; the headers are lines without the last line's end.
pub fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    format!("{line} HTTP/1.1\r\nhost: pay.example\r\n{headers}\r\n{length}\r\n{body}").into_bytes()
}

/// The request of a customer who leaves for the bank from the link that this reply to the merchant has.
pub fn leave(link: &Reply) -> Vec<u8> {
    let answer = answer_of(link);
    let link = parameter(answer["data"]["pay_link"].as_str().expect("a link"), "link_id");
    request("POST /payment/pay", "content-type: application/x-www-form-urlencoded", &format!("link_id={link}"))
}

/// The state under which this reply sends a customer to the bank.
pub fn state_of(left: &Reply) -> String {
    parameter(left.location.as_deref().expect("a bank"), "state")
}

/// The one-time token that this reply hands back to a merchant's app.
pub fn token_of(home: &Reply) -> String {
    parameter(home.location.as_deref().expect("a callback"), "one-time-token")
}

fn answer_of(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).expect("JSON")
}

fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    url.query_pairs().find(|(own, _)| own == name).expect("a parameter").1.into_owned()
}

//! A client that never follows a redirect and keeps no cookie, and the answers that it gets.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Method, redirect};
use serde_json::Value;

/// How long any answer may take; what takes longer hangs.
const LONGEST_WAIT: Duration = Duration::from_secs(40);

/// A browser, or an app, in front of one gateway.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    client: reqwest::Client,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct HttpReply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// From the first packet out to the last packet in.
    pub took: Duration,
}

/// What kind of problem it is: the last part of its type.
pub fn kind_of(problem: &Value) -> &str {
    let address = problem["type"].as_str().expect("a type");
    address.split_once("/problems/").expect("an address of a problem").1
}

impl Http {
    pub fn to(base: &str) -> Self {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(LONGEST_WAIT);
        Self { base: base.to_owned(), client: client.build().expect("a client") }
    }

    /// The address of the gateway.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A page of the gateway, by its path or by its whole address.
    pub async fn get(&self, page: &str) -> HttpReply {
        self.send(Method::GET, page, &[], Vec::new()).await
    }

    pub async fn get_with(&self, page: &str, headers: &[(&str, &str)]) -> HttpReply {
        self.send(Method::GET, page, headers, Vec::new()).await
    }

    /// Posts a form.
    pub async fn submit(&self, page: &str, fields: &[(&str, &str)]) -> HttpReply {
        self.submit_with(page, fields, &[]).await
    }

    /// Posts a form, with these headers besides.
    pub async fn submit_with(&self, page: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> HttpReply {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = headers.iter().copied().chain([form]).collect();
        self.send(Method::POST, page, &headers, serde_urlencoded::to_string(fields).expect("a form")).await
    }

    pub async fn send(
        &self,
        method: Method,
        page: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> HttpReply {
        let url = if page.starts_with("http") { page.to_owned() } else { format!("{}{page}", self.base) };
        let call = headers.iter().fold(self.client.request(method, &url), |call, (name, value)| {
            call.header(*name, reqwest::header::HeaderValue::from_bytes(value.as_bytes()).expect("a header"))
        });
        let began = Instant::now();
        let answer = call.body(body).send().await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("{url}: {error:?}")).to_vec();
        HttpReply { status, headers, body, took: began.elapsed() }
    }

    /// Presses Pay on the checkout page of a link.
    pub async fn leave(&self, link: &str) -> SentOut {
        let left = self.submit("/payment/pay", &[("link_id", link)]).await;
        let location = left.location();
        let state = query_value(&location, "state");
        let cookie = left.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        SentOut { state, cookie, location, left }
    }

    /// Comes back from the bank with this query.
    pub async fn back(&self, query: &str) -> HttpReply {
        self.get(&format!("/return/sandbox?{query}")).await
    }

    /// Comes back from the bank with this answer, in the browser that left.
    pub async fn back_in_it(&self, sent_out: &SentOut, answer: &str) -> HttpReply {
        self.get_with(&format!("/return/sandbox?{}", sent_out.with(answer)), &[("cookie", &sent_out.cookie)]).await
    }

    /// Leaves for the bank, and comes back with this code or error (`code=ok`, `error=access_denied`).
    pub async fn pay(&self, link: &str, answer: &str) -> HttpReply {
        let sent_out = self.leave(link).await;
        self.back(&sent_out.with(answer)).await
    }
}

/// A browser on its way to the bank.
#[derive(Debug)]
pub struct SentOut {
    pub state: String,
    /// `name=value`.
    pub cookie: String,
    pub location: String,
    pub left: HttpReply,
}

impl SentOut {
    /// The query of a return: the bank's words, then the state.
    pub fn with(&self, answer: &str) -> String {
        format!("{answer}&state={}", self.state)
    }
}

impl HttpReply {
    /// The one `Location` of a 303.
    #[track_caller]
    pub fn location(&self) -> String {
        assert_eq!(self.status, 303, "no redirect: {}", self.text());
        self.header("location")
    }

    /// The one header of this name.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{name} comes {} times", values.len());
        values[0].to_str().expect("a header of ASCII").to_owned()
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// This answer, which must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// This page, which must say this.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.read().contains(words), "it does not say {words:?}: {}", self.text());
        self
    }

    /// This page, which must not say this.
    #[track_caller]
    pub fn never_says(self, words: &str) -> Self {
        assert!(!self.read().contains(words), "it says {words:?}: {}", self.text());
        self
    }

    /// What can be read of it: that a name stands apart is not seen.
    fn read(&self) -> String {
        self.text().replace("<bdi>", "").replace("</bdi>", "")
    }
}

/// The value of a parameter in a URL's query, decoded.
#[track_caller]
pub fn query_value(url: &str, name: &str) -> String {
    let parsed = url::Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let value = parsed.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_else(|| panic!("{url} has no {name}"))
}

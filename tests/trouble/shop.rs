//! A merchant's app and its customers' browsers, over plain sockets: a connection for each request, as behind a proxy,
//! and nothing asked twice.

use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use crate::support::gateway_process::GatewayProcess;

/// How long anybody waits for an answer: longer than any may take.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A whole answer, and how long it took from the connection on.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
    pub took: Duration,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Where it sends the browser.
    pub fn onward(self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.location.expect("a 303 has a Location")
    }
}

/// A merchant's app, at one node.
#[derive(Debug, Clone)]
pub struct Shop {
    pub port: u16,
    pub key: String,
}

/// A customer who has left for the bank.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The journey's number.
    pub pay_id: String,
    /// The path and query of the return that says yes.
    pub back: String,
}

impl Shop {
    /// A new merchant of this node.
    pub fn of(gateway: &GatewayProcess) -> Self {
        Self { port: gateway.port(), key: gateway.add_merchant().1 }
    }

    /// The same merchant at another node.
    pub fn at(&self, port: u16) -> Self {
        Self { port, key: self.key.clone() }
    }

    /// Another merchant at the same node, by its key.
    pub fn with_key(&self, key: String) -> Self {
        Self { port: self.port, key }
    }

    /// Opens a payment that hands out a token; answers its number and its link's text.
    pub async fn open(&self) -> (String, String) {
        let body = json!({ "amount": 25, "callback_url": "https://shop.example/back", "one_time_token": true });
        let opened = self.post("/secpaid/api/v2/createLink", &[], &body.to_string()).await.expect("an answer");
        assert_eq!(opened.status, 200, "{}", opened.body);
        let data = &opened.json()["data"];
        (data["id"].to_string(), parameter(data["pay_link"].as_str().unwrap(), "link_id"))
    }

    /// Opens a payment, and presses Pay.
    pub async fn send_out(&self) -> Visit {
        let (pay_id, link) = self.open().await;
        let back = self.press_pay(&link).await;
        Visit { pay_id, back }
    }

    /// Presses Pay; answers the path and query of the return that says yes.
    pub async fn press_pay(&self, link: &str) -> String {
        let request = form("/payment/pay", &format!("link_id={link}"));
        let visit = send(self.port, &request).await.expect("an answer").onward();
        format!("/return/sandbox?code=yes&state={}", parameter(&visit, "state"))
    }

    /// Sends so many customers out, a few at a time.
    pub async fn send_many_out(&self, count: usize) -> Vec<Visit> {
        let send = |share: usize| {
            let shop = self.clone();
            tokio::spawn(async move {
                let mut visits = Vec::new();
                for _ in 0..share {
                    visits.push(shop.send_out().await);
                }
                visits
            })
        };
        let shares: Vec<_> = (0..8).map(|part| send((count + part) / 8)).collect();
        let mut visits = Vec::new();
        for share in shares {
            visits.extend(share.await.expect("a customer"));
        }
        visits
    }

    /// Opens a payment and pays it; answers its number and its token.
    pub async fn paid(&self) -> (String, String) {
        let visit = self.send_out().await;
        let home = get(self.port, &visit.back).await.expect("an answer").onward();
        (visit.pay_id, parameter(&home, "one-time-token"))
    }

    /// Redeems a token.
    pub async fn redeem(&self, token: &str, key: Option<&str>) -> io::Result<Answer> {
        send(self.port, &self.redemption(token, key)).await
    }

    /// The request that redeems a token.
    pub fn redemption(&self, token: &str, key: Option<&str>) -> String {
        let key = key.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
        self.request("POST", "/v1/one-time-tokens/redeem", &key, &json!({ "one_time_token": token }).to_string())
    }

    /// What is known of a journey.
    pub async fn journey(&self, pay_id: &str) -> Value {
        self.knows(pay_id).await.expect("an answer").expect("a journey")
    }

    /// What is known of a journey, if anything is.
    pub async fn knows(&self, pay_id: &str) -> io::Result<Option<Value>> {
        let key = &self.key;
        let request =
            format!("GET /v1/journeys/{pay_id} HTTP/1.0\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n");
        let answer = send(self.port, &request).await?;
        match answer.status {
            200 => Ok(Some(answer.json())),
            404 => Ok(None),
            status => Err(io::Error::other(format!("it was answered {status}"))),
        }
    }

    /// Changes settings.
    pub async fn choose(&self, settings: &Value) {
        let request = self.request("PATCH", "/v1/profile/settings", "", &settings.to_string());
        let changed = send(self.port, &request).await.expect("an answer");
        assert_eq!(changed.status, 200, "{}", changed.body);
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Answer> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        send(self.port, &self.request("POST", path, &headers, body)).await
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let (key, length) = (&self.key, body.len());
        format!(
            "{method} {path} HTTP/1.0\r\nhost: localhost\r\ntoken: {key}\r\nauthorization: Bearer {key}\r\n{headers}\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }
}

/// A browser's GET.
pub async fn get(port: u16, path: &str) -> io::Result<Answer> {
    send(port, &format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n")).await
}

/// A browser's form.
pub fn form(path: &str, fields: &str) -> String {
    let length = fields.len();
    format!(
        "POST {path} HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{fields}"
    )
}

/// Sends one request and reads the answer to its end.
pub async fn send(port: u16, request: &str) -> io::Result<Answer> {
    let began = Instant::now();
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        stream.write_all(request.as_bytes()).await?;
        read(&mut stream, began).await
    };
    tokio::time::timeout(LONGEST_WAIT, exchange).await.unwrap_or_else(|_| panic!("no answer for {LONGEST_WAIT:?}"))
}

/// Reads an answer to the end of its connection.
pub async fn read(stream: &mut TcpStream, began: Instant) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, format!("{} bytes of an answer", bytes.len()));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    let location = head.lines().find_map(|line| line.strip_prefix("location: ")).map(ToOwned::to_owned);
    Ok(Answer { status, location, body: body.to_owned(), took: began.elapsed() })
}

/// The value of a parameter of a URL.
pub fn parameter(url: &str, name: &str) -> String {
    let parsed = Url::parse(url).unwrap();
    let value = parsed.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_else(|| panic!("{url} has no {name}"))
}

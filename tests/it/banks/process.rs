//! The banks themselves: real OpenID providers in a process of their own (`tests/banks`), which ends with the value
//! that holds it.
//!
//! Without Node or the packages a test fails and says so; it never passes by doing nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use handback::clock::Clock;
use handback::domain::secret::Secret;
use handback::provider::oidc::Oidc;
use handback::provider::oidc::settings::{
    ClientAuth, ClientCertificate, Flow, OidcConfig, PlainLoopback, Requests, ResponseMode, SigningAlg, SigningKey,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Every kind of bank that there is.
pub const KINDS: [&str; 8] = ["plain", "post", "par", "form-post", "hybrid", "jarm", "mtls", "failing"];

/// The banks, on ports of their own. When they go, each code that was brought to one must have been brought once.
pub struct Banks {
    process: Child,
    /// They end when this is closed.
    stdin: Option<ChildStdin>,
    public_url: String,
    line: Value,
}

impl Banks {
    /// Starts banks that send their browsers to `{public_url}/return/{kind}`.
    pub fn start(public_url: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/banks");
        let process = Command::new(folder.join("node"))
            .arg(folder.join("bank.mjs"))
            .args(["--public-url", public_url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let needs = "these tests need Node and its packages: npm ci --prefix tests/banks";
        let mut process = process.unwrap_or_else(|error| panic!("{needs} ({error})"));
        let stdin = process.stdin.take();
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{needs} ({error}: {line:?})"));
        Self { process, stdin, public_url: public_url.to_owned(), line }
    }

    /// Where the gateway is.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// What the banks say of one kind, such as `issuer`; empty where it has none.
    pub fn member(&self, kind: &str, member: &str) -> &str {
        self.line["kinds"][kind][member].as_str().unwrap_or_default()
    }

    /// The authority that a browser must trust for this kind, as PEM.
    pub fn ca(&self, kind: &str) -> Option<String> {
        let path = self.member(kind, "ca_cert");
        (!path.is_empty()).then(|| read(path))
    }

    /// A gateway's settings for a kind.
    pub fn config(&self, kind: &str) -> OidcConfig {
        let secret = || Secret::new(self.member(kind, "client_secret"));
        let auth = match self.member(kind, "token_endpoint_auth_method") {
            "client_secret_basic" => ClientAuth::SecretBasic(secret()),
            "client_secret_post" => ClientAuth::SecretPost(secret()),
            "private_key_jwt" => ClientAuth::PrivateKeyJwt,
            "tls_client_auth" => ClientAuth::TlsClient,
            other => panic!("{kind} wants {other:?}"),
        };
        let key = |prefix: &str| SigningKey {
            pem: Secret::new(self.member(kind, &format!("{prefix}private_key_pem"))),
            kid: Some(self.member(kind, &format!("{prefix}kid")).into()),
            alg: SigningAlg::parse(self.member(kind, &format!("{prefix}alg"))).expect("an algorithm"),
        };
        let certificate = || ClientCertificate {
            cert_pem: read(self.member(kind, "client_cert")),
            key_pem: Secret::new(read(self.member(kind, "client_key"))),
        };
        let signs = !self.member(kind, "private_key_pem").is_empty();
        let shows = !self.member(kind, "client_cert").is_empty();
        let hybrid = self.member(kind, "response_type") == "code id_token";
        let signed_requests = self.line["kinds"][kind]["require_signed_request_object"] == json!(true);
        OidcConfig {
            scope: self.member(kind, "scope").split(' ').map(Into::into).collect(),
            // The hybrid bank takes either of our keys: it gets the one that signs PS256.
            signing_key: signs.then(|| key(if hybrid { "rsa_" } else { "" })),
            client_certificate: shows.then(certificate),
            requests: if signed_requests { Requests::Signed } else { Requests::Plain },
            response_mode: ResponseMode::parse(self.member(kind, "response_mode")).expect("a response mode"),
            flow: if hybrid { Flow::Hybrid } else { Flow::Code },
            extra_ca: self.ca(kind),
            plain_loopback: PlainLoopback::Allowed,
            ..OidcConfig::usual(kind, self.member(kind, "issuer"), self.member(kind, "client_id"), auth)
        }
    }

    /// A gateway's bank of a kind.
    pub fn bank(&self, kind: &str, clock: Arc<dyn Clock>) -> Oidc {
        let settings = self.config(kind).parse();
        Oidc::new(settings.unwrap_or_else(|broken| panic!("{kind}: {broken:?}")), clock)
    }

    /// Makes a kind fail, such as `("plain", "token", "slow:3000")`; `"none"` ends it.
    pub fn fail(&self, kind: &str, what: &str, fault: &str) {
        let (status, body) = self.control("POST", "/faults", &json!({ "kind": kind, what: fault }));
        assert_eq!(status, 200, "{kind} {what}={fault}: {body}");
    }

    /// Ends all faults, and begins to count anew.
    pub fn reset(&self) {
        let (status, body) = self.control("POST", "/reset", &json!({}));
        assert_eq!(status, 200, "{body}");
    }

    /// From now on every kind also sends its browsers to a gateway at this address.
    pub fn answer_at(&self, public_url: &str) {
        let (status, body) = self.control("POST", "/redirect-uris", &json!({ "public_url": public_url }));
        assert_eq!(status, 200, "{body}");
    }

    /// From now on every kind also sends its browsers to this address.
    pub fn answer_at_page(&self, page: &str) {
        let (status, body) = self.control("POST", "/redirect-uris", &json!({ "uris": [page] }));
        assert_eq!(status, 200, "{body}");
    }

    /// How often an endpoint of a kind has been asked, such as `("plain", "token")`.
    pub fn count(&self, kind: &str, endpoint: &str) -> u64 {
        self.counts()[kind][endpoint].as_u64().unwrap_or_else(|| panic!("{kind} has no {endpoint}"))
    }

    /// How often each code was brought to a kind's token endpoint.
    pub fn codes(&self, kind: &str) -> BTreeMap<String, u64> {
        serde_json::from_value(self.counts()[kind]["codes"].clone()).expect("codes")
    }

    fn counts(&self) -> Value {
        self.control("GET", "/counts", &Value::Null).1
    }

    /// One call to the control port; by hand, so that it works where a test ends, too.
    fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let address =
            self.line["control"].as_str().and_then(|url| url.strip_prefix("http://")).expect("a control port");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(address).expect("the control port listens");
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {body}")))
    }
}

impl Drop for Banks {
    fn drop(&mut self) {
        let twice: Vec<String> = if std::thread::panicking() {
            Vec::new()
        } else {
            let counts = self.counts();
            let of = |kind: &str| counts[kind]["codes"].as_object().cloned().unwrap_or_default();
            let codes =
                KINDS.iter().flat_map(|kind| of(kind).into_iter().map(move |(code, times)| (kind, code, times)));
            codes.filter(|(.., times)| times.as_u64() != Some(1)).map(|all| format!("{all:?}")).collect()
        };
        drop(self.stdin.take());
        let _ = self.process.wait();
        assert!(twice.is_empty(), "codes that were brought to their bank more than once: {twice:?}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

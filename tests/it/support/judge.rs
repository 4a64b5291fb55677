//! Merchants' servers that judge every webhook with a reference library of Standard Webhooks (`tests/webhooks`): what
//! it accepts is answered by 204, what it refuses by 400.
//!
//! Without Node, Python or the packages a test fails and says so; it never passes by doing nothing.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::Webhook;

use super::receiver::{Received, Receiver, Reply};

/// A reference library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    Rust,
    JavaScript,
    Python,
}

/// A server on a port of its own, which knows one secret.
pub struct Judge {
    url: String,
    process: Option<Child>,
}

impl Judge {
    /// Starts a server with this library, and the secret that it judges by.
    pub fn start(library: Library, secret: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks");
        let (mut command, needs) = match library {
            Library::Rust => return Self { url: in_rust(secret).url(""), process: None },
            Library::JavaScript => {
                let mut node = Command::new(folder.with_file_name("banks").join("node"));
                node.arg(folder.join("receiver.mjs"));
                (node, "npm ci --prefix tests/banks && npm ci --prefix tests/webhooks")
            }
            Library::Python => {
                let mut python = Command::new("python3");
                python.arg(folder.join("receiver.py")).env("PYTHONPATH", folder.join("python"));
                (python, "pip install --target tests/webhooks/python -r tests/webhooks/requirements.txt")
            }
        };
        let process = command.env("WEBHOOK_SECRET", secret).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.unwrap_or_else(|error| panic!("{library:?} is missing: {needs} ({error})"));
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let port: u16 = line.trim().parse().unwrap_or_else(|_| panic!("its packages are missing: {needs}"));
        Self { url: format!("http://127.0.0.1:{port}"), process: Some(process) }
    }

    /// The URL of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The headers of Standard Webhooks that a request has.
pub fn signed_headers(received: &Received) -> HeaderMap {
    let named = received.headers.iter().filter(|(name, _)| name.starts_with("webhook-"));
    named.map(|(name, value)| (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

fn in_rust(secret: &str) -> Receiver {
    let webhook = Webhook::new(secret).expect("a secret that the reference can read");
    Receiver::answering(move |_, received| {
        let verified = webhook.verify(received.body.as_bytes(), &signed_headers(received));
        Reply::Status(if verified.is_ok() { 204 } else { 400 })
    })
}

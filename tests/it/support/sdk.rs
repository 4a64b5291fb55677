//! Token.io's published JavaScript SDK (`tests/tokenio`), in a process of its own for each job.
//!
//! Without Node or the packages a test fails and says so; it never passes by doing nothing.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use handback::clock::{Clock as _, TestClock};
use serde_json::{Value, json};

use super::gateway::TestGateway;

/// The SDK of one member.
#[derive(Clone)]
pub struct Sdk {
    base: String,
    member: String,
    clock: Arc<TestClock>,
}

impl Sdk {
    /// The SDK of the member of this id, configured with the gateway's address.
    pub fn of(gateway: &TestGateway, member: &str) -> Self {
        let base = format!("{}/token-io", gateway.http.base());
        Self { base, member: member.to_owned(), clock: Arc::clone(&gateway.clock) }
    }

    /// Runs a job: what the SDK answered.
    #[track_caller]
    pub fn run(&self, job: &str, arguments: Value) -> Value {
        let answer = self.answer(job, arguments);
        assert!(answer.get("error").is_none(), "{job}: {answer}");
        answer["ok"].clone()
    }

    /// Runs a job that must fail: what the SDK threw.
    #[track_caller]
    pub fn fails(&self, job: &str, arguments: Value) -> Value {
        let answer = self.answer(job, arguments);
        assert!(answer.get("error").is_some(), "{job} did not fail: {answer}");
        answer
    }

    #[track_caller]
    fn answer(&self, job: &str, mut arguments: Value) -> Value {
        arguments["now"] = json!(self.clock.now().as_millis());
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let process = Command::new(tests.join("banks/node"))
            .arg(tests.join("tokenio/sdk.mjs"))
            .args([job, &self.base, &self.member])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let needs = "these tests need Node and the SDK: npm ci --prefix tests/tokenio";
        let mut process = process.unwrap_or_else(|error| panic!("{needs} ({error})"));
        let mut stdin = process.stdin.take().expect("a pipe");
        stdin.write_all(arguments.to_string().as_bytes()).expect("an SDK that reads");
        drop(stdin);
        let output = process.wait_with_output().expect("an SDK that ends");
        let said = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(said.trim()).unwrap_or_else(|error| panic!("{needs} ({error}: {said:?})"))
    }
}

//! The requests and receivers of the vendors' guides (`tests/seeds`), each run in its own language against a real
//! gateway.
//!
//! Without curl, Node, PHP or Python, or a package of theirs, a test fails and says so; it never passes by doing
//! nothing.

mod ixopay;
mod secpaid;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the programs are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds")
}

/// A merchant's server, as long as it is needed.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts a server that prints its port.
    fn printing(mut command: Command, needs: &str) -> Self {
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.unwrap_or_else(|error| panic!("this test needs {needs} ({error})"));
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let port = line.trim().parse().unwrap_or_else(|_| panic!("this test needs {needs}"));
        Self { process, port }
    }

    /// Starts a server that is told its port, once it listens there.
    fn told(command: impl FnOnce(u16) -> Command, needs: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let process = command(port).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).spawn();
        let mut process = process.unwrap_or_else(|error| panic!("this test needs {needs} ({error})"));
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = process.try_wait().expect("a process");
            assert!(ended.is_none(), "this test needs {needs}: the server has ended, {ended:?}");
            std::thread::yield_now();
        }
        Self { process, port }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a program to its end, and answers what it printed.
fn printed(command: &mut Command, needs: &str) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("this test needs {needs} ({error})"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test needs {needs}; it ended with {}: {said}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

//! The proxies that the manual has settings for, before two nodes, with those very settings.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::gateway_process::quiet_port;

/// How long a proxy may take until it has seen how the nodes are.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// A running proxy.
pub struct Proxy {
    child: Child,
    port: u16,
    /// Where it says whether it sends requests to both nodes, if it knows.
    sees_both: Option<u16>,
    _folder: TempDir,
}

impl Proxy {
    /// nginx, as the manual sets it up.
    pub fn nginx(nodes: [u16; 2]) -> Self {
        Self::start("nginx", nodes, None, |settings, folder| {
            let at = folder.path().display();
            let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|of| format!("{of}_temp_path {at}/{of};\n"))
                .concat();
            let file = format!(
                "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/log;\nevents {{}}\n\
                 http {{\naccess_log off;\n{temporary}{settings}\n}}\n"
            );
            let path = folder.path().join("nginx.conf");
            std::fs::write(&path, file).unwrap();
            let mut command = Command::new("nginx");
            command.args(["-p", folder.path().to_str().unwrap(), "-e", &format!("{at}/log"), "-c"]).arg(path);
            command
        })
    }

    /// `HAProxy`, as the manual sets it up.
    pub fn haproxy(nodes: [u16; 2]) -> Self {
        let state = quiet_port();
        Self::start("haproxy", nodes, Some(state), |settings, folder| {
            let settings = format!(
                "{settings}listen state\n    bind 127.0.0.1:{state}\n    monitor-uri /\n    \
                 monitor fail if {{ nbsrv(handback) lt 2 }}\n"
            );
            let path = folder.path().join("haproxy.cfg");
            std::fs::write(&path, settings).unwrap();
            let mut command = Command::new("haproxy");
            command.args(["-db", "-f"]).arg(path);
            command
        })
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Waits until it sends requests to both nodes. One that asks nothing by itself does so at once.
    pub fn await_both(port: Option<u16>) {
        let Some(port) = port else { return };
        let sees_both = || {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            std::io::Result::Ok(answer.split(' ').nth(1) == Some("200"))
        };
        let deadline = Instant::now() + LONGEST_LOOK;
        while !sees_both().is_ok_and(|both| both) {
            assert!(Instant::now() < deadline, "the proxy does not see both nodes");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it says whether it sends requests to both nodes.
    pub const fn sees_both(&self) -> Option<u16> {
        self.sees_both
    }

    fn start(
        language: &str,
        nodes: [u16; 2],
        sees_both: Option<u16>,
        command: impl Fn(String, &TempDir) -> Command,
    ) -> Self {
        let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/RELIABILITY.md")).unwrap();
        let begin = format!("```{language}\n");
        let settings = manual.split(&begin).nth(1).and_then(|rest| rest.split("```").next());
        let settings = settings.unwrap_or_else(|| panic!("the manual has no settings for {language}"));
        let (folder, port) = (TempDir::new().unwrap(), quiet_port());
        let mut here = settings.to_owned();
        for (there, at) in [("10.0.0.1:8080", nodes[0]), ("10.0.0.2:8080", nodes[1]), ("127.0.0.1:8000", port)] {
            assert!(here.contains(there), "{language}: no {there}");
            here = here.replace(there, &format!("127.0.0.1:{at}"));
        }
        let child = command(here, &folder).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{language} must be on the PATH ({error})"));
        let mut proxy = Self { child, port, sees_both, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(proxy.child.try_wait().unwrap().is_none(), "{language} has ended");
            assert!(Instant::now() < deadline, "{language} does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self::await_both(sees_both);
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

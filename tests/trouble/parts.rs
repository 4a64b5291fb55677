//! The parts that are broken: nodes of a gateway, and what can be read of their processes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use crate::support::gateway_process::GatewayProcess;

/// The operator's key of all nodes.
pub fn keys() -> String {
    format!("k1:{}=", "A".repeat(43))
}

/// A node on the Redis at this address, with these settings besides.
pub fn node_on(redis: SocketAddr, more: &[(&str, &str)]) -> GatewayProcess {
    let (store, keys) = (format!("redis://{redis}/0"), keys());
    let settings = [("STORE", store.as_str()), ("KEYS", &keys), ("LOG", "warn"), ("WORKERS", "2")];
    GatewayProcess::start(&[&settings[..], more].concat())
}

/// Where a port of this machine is.
pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Anonymous resident memory of a process, in MB.
pub fn memory_of(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

/// How long it takes until this is so; a minute at the most.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_mins(1), "{what}: not within a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

/// The value that so many in a thousand do not exceed.
pub fn quantile(times: &mut [Duration], permille: usize) -> Duration {
    times.sort_unstable();
    times.get((times.len() * permille / 1000).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

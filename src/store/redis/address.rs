//! Where Redis is: a URL, read once, and said to people without its password.

use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::store::{Result, StoreError};

/// How long a connection is idle before the kernel asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long between such questions; three without an answer end the connection.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
/// How long what was sent may stay unacknowledged before the kernel ends the connection.
const USER_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS.
///
/// # Errors
/// [`StoreError::Unreachable`] when it is anything else; the text never holds the URL, which may hold a password.
pub(super) fn parse(url: &str) -> Result<Client> {
    let refused = || StoreError::Unreachable("expected redis://host:port/database, or rediss:// for TLS".into());
    if !url.starts_with("redis://") && !url.starts_with("rediss://") {
        return Err(refused());
    }
    let info = url.into_connection_info().map_err(|_| refused())?;
    Client::open(tuned(info)).map_err(|_| refused())
}

/// Says where it is: `Redis at db.example:6379, database 0, over TLS`.
pub(super) fn describe(client: &Client) -> String {
    let info = client.get_connection_info();
    let tls = if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) { ", over TLS" } else { "" };
    format!("Redis at {}, database {}{tls}", info.addr(), info.redis_settings().db())
}

fn tuned(info: ConnectionInfo) -> ConnectionInfo {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_INTERVAL).with_retries(3);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    // Only Linux and its kin have it; elsewhere our own deadlines do its work alone.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let tcp = tcp.set_user_timeout(USER_TIMEOUT);
    // A name for `CLIENT LIST` would cost every new connection a round trip.
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    info.set_tcp_settings(tcp).set_redis_settings(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_it_is_and_never_the_password() {
        let shown = describe(&parse("redis://ada:hunter2@db.example:7000/3").unwrap());
        assert_eq!(shown, "Redis at db.example:7000, database 3");
        let shown = describe(&parse("rediss://:hunter2@db.example").unwrap());
        assert_eq!(shown, "Redis at db.example:6379, database 0, over TLS");
    }

    #[test]
    fn another_url_is_refused_without_being_repeated() {
        for bad in ["", "db.example:6379", "http://x:hunter2@db.example", "redis://", "redis://h:port/", "redis://h/x"]
        {
            let error = parse(bad).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("expected redis://"), "{bad:?}: {error:?}");
            assert!(!error.contains("hunter2"));
        }
    }
}

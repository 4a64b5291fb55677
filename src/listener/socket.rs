//! What the system gives a server, set on purpose: the backlog, the buffers, the number of open files.

use std::io::Result;
use std::net::{SocketAddr, TcpListener};

use tokio::net::TcpSocket;

/// How much of an answer the system keeps for a client that does not read it, in bytes; Linux doubles it. Without it
/// the system would keep megabytes, and a client that reads nothing would look like one that has read everything.
const SEND_BUFFER: u32 = 64 * 1024;

/// The most connections unless the operator says more: what a connection costs is memory as well.
const MOST: u64 = 50_000;

/// Listens at an address. `backlog` connections may wait to be accepted, or as many as the system allows (`somaxconn`).
///
/// # Errors
/// When the address is taken or is not this machine's.
pub fn listen(at: SocketAddr, backlog: u32) -> Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // What is set here, each accepted connection inherits.
    socket.set_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(at)?;
    socket.listen(backlog)?.into_std()
}

/// Raises the number of files that this process may have open as far as the system lets it, and says how many those
/// are.
///
/// # Errors
/// When the system does not say.
pub fn raise_open_files() -> Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

/// How many files this process has open, and how many it may have. `None` where the system does not say.
///
/// It looks at each of them: not for a thread that others wait for.
pub fn open_files() -> Option<(u64, u64)> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count();
    Some((u64::try_from(open).ok()?, rlimit::Resource::NOFILE.get_soft().ok()?))
}

/// How many connections there may be unless the operator says: four fifths of the open files. The others are for the
/// store, for banks and for deliveries.
pub fn most_connections(open_files: u64) -> usize {
    usize::try_from((open_files - open_files / 5).clamp(1, MOST)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_four_fifths_of_the_open_files_and_never_all_memory() {
        for (open_files, most) in
            [(0, 1), (20, 16), (1024, 820), (20_000, 16_000), (1_048_576, 50_000), (u64::MAX, 50_000)]
        {
            assert_eq!(most_connections(open_files), most, "{open_files}");
        }
    }

    #[tokio::test]
    async fn a_burst_of_connections_waits_for_nobody_to_accept_it() {
        let listener = listen(([127, 0, 0, 1], 0).into(), 4096).unwrap();
        let at = listener.local_addr().unwrap();
        let most: usize = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
        let burst = 300.min(most);
        let calls = (0..burst).map(|_| tokio::net::TcpStream::connect(at));
        let all = tokio::time::timeout(std::time::Duration::from_secs(30), futures_util::future::join_all(calls)).await;
        let connected = all.expect("connections that need nobody to accept them").iter().flatten().count();
        assert_eq!(connected, burst);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error() {
        let first = listen(([127, 0, 0, 1], 0).into(), 16).unwrap();
        assert!(listen(first.local_addr().unwrap(), 16).is_err());
    }
}

//! What the system gives a server, set on purpose: the backlog, the buffers, the number of open files.

use std::collections::HashSet;
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

/// How many connections this process has accepted at this port and not closed yet. `None` where the system does not say.
///
/// It looks at every file of the process and every connection of the machine: not for a thread that others wait for.
pub fn accepted_at(port: u16) -> Option<usize> {
    let own: HashSet<String> = std::fs::read_dir("/proc/self/fd")
        .ok()?
        .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok()?.to_str().map(inode_of_socket)?)
        .collect();
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(std::fs::read_to_string);
    // A machine may be without IPv6.
    let [Ok(four), six] = tables else { return None };
    let six = six.unwrap_or_default();
    let lines = four.lines().chain(six.lines());
    Some(lines.filter_map(|line| accepted_socket(line, port)).filter(|inode| own.contains(*inode)).count())
}

/// The number of the socket that an open file is, if it is one: `socket:[4711]`.
fn inode_of_socket(file: &str) -> Option<String> {
    Some(file.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
}

/// The number of the socket in a line of the system's table, if that is a connection at this port of ours and not the
/// socket that listens (state 0A).
fn accepted_socket(line: &str, port: u16) -> Option<&str> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (_, own_port) = words.get(1)?.rsplit_once(':')?;
    let is_ours = u16::from_str_radix(own_port, 16).is_ok_and(|own| own == port) && *words.get(3)? != "0A";
    words.get(9).copied().filter(|_| is_ours)
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

    #[test]
    #[cfg(target_os = "linux")]
    fn connections_count_from_when_they_are_accepted_until_they_are_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..3).map(|_| std::net::TcpStream::connect(at).unwrap()).collect();
        assert_eq!(accepted_at(at.port()), Some(0), "nobody has accepted them yet");
        let mut accepted: Vec<_> = (0..2).map(|_| listener.accept().unwrap()).collect();
        assert_eq!(accepted_at(at.port()), Some(2));
        accepted.pop();
        assert_eq!(accepted_at(at.port()), Some(1));
        drop(clients);
        assert_eq!(accepted_at(at.port()), Some(1), "its client has gone, and it is not closed");
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error() {
        let first = listen(([127, 0, 0, 1], 0).into(), 16).unwrap();
        assert!(listen(first.local_addr().unwrap(), 16).is_err());
    }
}

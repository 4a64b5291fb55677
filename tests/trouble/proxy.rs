//! A proxy of TCP connections, before Redis or before a node, with the faults of a network.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::RngExt as _;

/// What it does to what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Nothing passes, on old connections and on new ones, and none is closed.
    BlackHole,
    /// What is asked arrives and is done; no reply comes back.
    HalfOpen,
    /// Each reply comes so much later.
    Late(Duration),
    /// So many in a hundred replies stall for so long, and what follows them on their connection waits.
    Stalls(u32, Duration),
}

/// A proxy on a port of its own.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

struct Shared {
    to: SocketAddr,
    fault: Mutex<Fault>,
    /// The words of a reply that is to be lost, with its connection.
    loses: Mutex<Option<&'static [u8]>>,
    wires: Mutex<Vec<[TcpStream; 2]>>,
    closed: AtomicBool,
}

impl Proxy {
    /// One before this address.
    pub fn before(to: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fault, loses, wires) = (Mutex::new(Fault::None), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { to, fault, loses, wires, closed: AtomicBool::new(false) });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.closed.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(client) = client {
                    join(&client, &accepting);
                }
            }
        });
        Self { shared, port }
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Misbehaves from now on, or no longer: then connections on which something was lost are closed.
    pub fn set(&self, fault: Fault) {
        let before = std::mem::replace(&mut *self.shared.fault.lock().unwrap(), fault);
        if matches!(before, Fault::BlackHole | Fault::HalfOpen) {
            self.cut();
        }
    }

    /// Loses the next reply that has these words in it, with its connection: what was asked is done, and nobody knows.
    pub fn lose_reply_with(&self, words: &'static [u8]) {
        *self.shared.loses.lock().unwrap() = Some(words);
    }

    /// Whether that reply was lost.
    pub fn has_lost(&self) -> bool {
        self.shared.loses.lock().unwrap().is_none()
    }

    fn cut(&self) {
        for ends in self.shared.wires.lock().unwrap().drain(..) {
            cut(&ends);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the listener, so that it sees that it is closed.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    fn loses(&self, reply: &[u8]) -> bool {
        let has = |words: &mut &[u8]| reply.windows(words.len()).any(|part| part == *words);
        self.loses.lock().unwrap().take_if(has).is_some()
    }
}

fn join(client: &TcpStream, shared: &Arc<Shared>) {
    // Where nobody listens, the client learns it: its connection ends.
    let Ok(server) = TcpStream::connect(shared.to) else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ends = || [client.try_clone().unwrap(), server.try_clone().unwrap()];
    shared.wires.lock().unwrap().push(ends());
    let (asking, reading, writing) = (ends(), ends(), ends());
    let (due, to_write) = channel();
    let (asks, answers) = (Arc::clone(shared), Arc::clone(shared));
    std::thread::spawn(move || relay_requests(&asking, &asks));
    std::thread::spawn(move || read_replies(&reading, &answers, &due));
    std::thread::spawn(move || write_replies(&writing, &to_write));
}

fn relay_requests(ends: &[TcpStream; 2], shared: &Shared) {
    let [mut client, mut server] = [&ends[0], &ends[1]];
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        if shared.fault() != Fault::BlackHole && server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    cut(ends);
}

fn read_replies(ends: &[TcpStream; 2], shared: &Shared, due: &Sender<(Instant, Vec<u8>)>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = (&ends[1]).read(&mut buffer) {
        let reply = &buffer[..length];
        if shared.loses(reply) {
            cut(ends);
            return;
        }
        let later = match shared.fault() {
            Fault::BlackHole | Fault::HalfOpen => continue,
            Fault::None => Duration::ZERO,
            Fault::Late(span) => span,
            Fault::Stalls(percent, span) if rand::rng().random_ratio(percent, 100) => span,
            Fault::Stalls(..) => Duration::ZERO,
        };
        if due.send((Instant::now() + later, reply.to_owned())).is_err() {
            break;
        }
    }
    // What was read before the end is still written.
}

fn write_replies(ends: &[TcpStream; 2], to_write: &Receiver<(Instant, Vec<u8>)>) {
    while let Ok((due, reply)) = to_write.recv() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if (&ends[0]).write_all(&reply).is_err() {
            break;
        }
    }
    cut(ends);
}

fn cut(ends: &[TcpStream; 2]) {
    for end in ends {
        let _ = end.shutdown(Shutdown::Both);
    }
}

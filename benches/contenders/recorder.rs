//! A proxy before a Redis that notes what is asked of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::exchange::Command;

/// The commands that went through, and the scripts among them that came with their text.
#[derive(Default)]
struct Noted {
    commands: Vec<Command>,
    scripts: BTreeSet<String>,
}

/// A recorder; it lasts as long as its runtime.
pub struct Recorder {
    address: SocketAddr,
    noted: Arc<Mutex<Noted>>,
}

impl Recorder {
    /// One before this Redis.
    pub async fn before(redis: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, noted) = (listener.local_addr().expect("an address"), Arc::new(Mutex::new(Noted::default())));
        let recorder = Self { address, noted: Arc::clone(&noted) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(redis).await.expect("Redis");
                server.set_nodelay(true).expect("no delay");
                client.set_nodelay(true).expect("no delay");
                let ((asked, mut replies), (mut answers, asking)) = (client.into_split(), server.into_split());
                tokio::spawn(relay_commands(asked, asking, Arc::clone(&noted)));
                tokio::spawn(async move { tokio::io::copy(&mut answers, &mut replies).await });
            }
        });
        recorder
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has been asked since the last call.
    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.noted.lock().expect("commands").commands)
    }

    /// The texts of the scripts that have been sent so far.
    pub fn scripts(&self) -> Vec<String> {
        self.noted.lock().expect("scripts").scripts.iter().cloned().collect()
    }
}

/// Relays commands, and notes each before it goes on.
async fn relay_commands(mut asked: OwnedReadHalf, mut asking: OwnedWriteHalf, noted: Arc<Mutex<Noted>>) {
    let mut buffer = Vec::new();
    while asked.read_buf(&mut buffer).await.is_ok_and(|length| length > 0) {
        let mut read = 0;
        while let Some((command, length)) = command(&buffer[read..]) {
            read += length;
            let mut noted = noted.lock().expect("commands");
            if command[0] == b"EVAL" {
                noted.scripts.insert(String::from_utf8_lossy(&command[1]).into_owned());
            }
            noted.commands.push(command);
        }
        if asking.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        buffer.drain(..read);
    }
}

/// The command that these bytes begin with (RESP), and its length; nothing while it has not come whole.
fn command(bytes: &[u8]) -> Option<(Command, usize)> {
    let (arguments, mut read) = length(bytes, 0)?;
    let mut command = Vec::with_capacity(arguments);
    for _ in 0..arguments {
        let (long, from) = length(bytes, read)?;
        command.push(bytes.get(from..from + long)?.to_vec());
        read = from + long + 2;
    }
    (read <= bytes.len()).then_some((command, read))
}

/// The number behind `*` or `$` at this place, and where what follows begins.
fn length(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let line = bytes.get(at + 1..)?;
    let end = line.windows(2).position(|two| two == b"\r\n")?;
    let number = std::str::from_utf8(&line[..end]).ok()?.parse().expect("a length");
    Some((number, at + 1 + end + 2))
}

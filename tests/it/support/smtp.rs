//! An SMTP server that takes every mail, and keeps it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub to: String,
    pub text: String,
}

/// The server.
pub struct SmtpServer {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl SmtpServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let server = Self { url, received: Arc::clone(&received) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let received = Arc::clone(&received);
                std::thread::spawn(move || serve(&stream, &received));
            }
        });
        server
    }

    /// What it has taken so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("a list").clone()
    }
}

fn serve(stream: &TcpStream, received: &Mutex<Vec<Received>>) -> Option<()> {
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut answer = |text: &str| write!(out, "{text}\r\n").ok();
    answer("220 mail.example")?;
    let mut to = String::new();
    while let Some(line) = lines.next() {
        let word = line.to_ascii_uppercase();
        if word.starts_with("EHLO") {
            answer("250-mail.example\r\n250 8BITMIME")?;
        } else if word.starts_with("RCPT TO:") {
            line["RCPT TO:".len()..].trim_matches(['<', '>']).clone_into(&mut to);
            answer("250 OK")?;
        } else if word == "DATA" {
            answer("354 go on")?;
            let text: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
            let text = text.iter().map(|line| line.strip_prefix('.').unwrap_or(line)).collect::<Vec<_>>().join("\n");
            received.lock().expect("a list").push(Received { to: to.clone(), text });
            answer("250 taken")?;
        } else if word == "QUIT" {
            answer("221 bye")?;
            return None;
        } else {
            answer("250 OK")?;
        }
    }
    None
}

//! What becomes of a mail at a server that does not take it at once.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::clock::SystemClock;
use crate::domain::{MailMessage, MailedLink};

/// How often a server is handed a mail that answers this to each recipient, one answer after the other.
async fn handed_over(answers: &'static [&'static str]) -> usize {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = SmtpUrl::parse(&format!("smtp://{}", listener.local_addr().unwrap())).unwrap();
    let waits = [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(1)];
    let smtp = Smtp { waits, ..Smtp::new(&url, EmailAddress::parse("us@pay.example").unwrap(), Arc::new(SystemClock)) };
    let asked = Arc::<Mutex<usize>>::default();
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 x\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = if line.starts_with("RCPT") {
                        let mut asked = counted.lock().unwrap();
                        *asked += 1;
                        answers[*asked - 1]
                    } else if line.starts_with("DATA") {
                        "354 go on"
                    } else {
                        "250 OK"
                    };
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let to = EmailAddress::parse("ada@shop.example").unwrap();
    let link = MailedLink { merchant: "Shop".into(), url: "https://pay.example".into() };
    smtp.send(Mail { to, message: MailMessage::SignInLinks(vec![link]) });
    // Room is given back when it is sent, or given up.
    let all = smtp.room.acquire_many(u32::try_from(MOST).unwrap());
    drop(tokio::time::timeout(Duration::from_secs(20), all).await.expect("an end").unwrap());
    *asked.lock().unwrap()
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_tried_again_and_one_that_is_refused_is_not() {
    for (answers, expected) in [
        (&["250 OK", "250 OK"][..], 1),
        (&["451 later", "250 OK", "250 OK"], 2),
        (&["451 later", "451 later", "451 later", "250 OK"], 3),
        (&["550 nobody", "250 OK"], 1),
    ] {
        assert_eq!(handed_over(answers).await, expected, "{answers:?}");
    }
}

//! How far a call got: told apart, within its deadline, and without a word of what must not be seen.

use std::time::{Duration, Instant};
use std::{io, net::IpAddr, sync::Arc};

use super::allowing;
use super::receiver::{Manner, Receiver};
use crate::domain::Secret;
use crate::egress::{Call, Client, HttpReply, Names, Refused, Trouble, header};

const SOON: Duration = Duration::from_millis(150);
/// Longer than any deadline here, and shorter than any default.
const LATE: Duration = Duration::from_secs(3);

/// A resolver that knows nothing, after a while or never.
struct Nothing(Option<Duration>);

#[async_trait::async_trait]
impl Names for Nothing {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        match self.0 {
            Some(wait) => tokio::time::sleep(wait).await,
            None => std::future::pending().await,
        }
        Ok(Vec::new())
    }
}

fn client() -> Client {
    allowing(&["127.0.0.0/8"]).build().unwrap()
}

async fn said(manner: Manner, longest: usize) -> Result<HttpReply, Trouble> {
    let receiver = Receiver::with("127.0.0.1:0", manner).await;
    client().send(Call::get(&receiver.url("/")).longest(longest).deadline(SOON)).await
}

fn says(text: &str) -> Manner {
    Manner::Says(text.as_bytes().to_vec())
}

#[tokio::test]
async fn an_answer_is_read_to_its_limit_and_not_beyond() {
    let ten = "HTTP/1.1 201 Created\r\nRetry-After: 7\r\ncontent-length: 10\r\n\r\n0123456789";
    let answer = said(says(ten), 10).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body()), (201, &b"0123456789"[..]));
    assert_eq!((answer.header(&header::RETRY_AFTER), answer.header(&header::LOCATION)), (Some("7"), None));
    let chunked = "HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n";
    let endless: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (manner, expected) in
        [(says(&ten.replace("10", "11")), 201), (says(chunked), 500), (Manner::Drips(endless, b"4\r\nmore\r\n"), 200)]
    {
        match said(manner, 10).await {
            Err(Trouble::TooLarge { status, longest: 10, begun }) => {
                assert_eq!((status.as_u16(), begun.status()), (expected, status));
                let beginning = if expected == 200 { &b"moremoremo"[..] } else { b"0123456789" };
                assert_eq!(begun.body(), beginning, "as much as was to be read is there");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(said(says(chunked), 11).await.unwrap().body(), b"0123456789a");
}

#[tokio::test]
async fn what_was_certainly_not_sent_is_told_from_what_may_have_been() {
    let closed = Receiver::open("127.0.0.1:0").await.url("/").replace("127.0.0.1", "127.0.0.9");
    let plain = Receiver::open("127.0.0.1:0").await;
    let tls = plain.url("/").replace("http:", "https:");
    for url in [closed, tls] {
        let answered = client().send(Call::post(&url)).await;
        assert!(matches!(answered, Err(Trouble::Unreachable(_))), "{url} was {answered:?}");
    }
    for wait in [None, Some(Duration::ZERO)] {
        let client = Client::builder().names(Arc::new(Nothing(wait))).connect_within(SOON).build().unwrap();
        let answered = client.send(Call::post("https://shop.example/")).await;
        assert!(matches!(answered, Err(Trouble::Unreachable(_))), "{answered:?}");
    }
    let stuck: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n";
    for manner in [Manner::Silent, says(""), says("SSH-2.0-OpenSSH_9.9\r\n"), Manner::Drips(b"HTTP/1.1 ", b"2")] {
        assert!(matches!(said(manner, 10).await, Err(Trouble::Unanswered(_))));
    }
    for manner in [Manner::Drips(stuck, b""), Manner::Drips(stuck, b"."), Manner::Says(stuck.to_vec())] {
        assert!(matches!(said(manner, 99).await, Err(Trouble::Unanswered(_))));
    }
}

#[tokio::test]
async fn the_deadline_stands_over_everything() {
    let silent = Receiver::with("127.0.0.1:0", Manner::Silent).await;
    let drips = Manner::Drips(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n", b".");
    let drips = Receiver::with("127.0.0.1:0", drips).await;
    let (a, b) = (allowing(&["127.0.0.1/32"]), allowing(&["127.0.0.1/32"]));
    let (brief, patient) = (a.deadline(SOON).build().unwrap(), b.deadline(LATE).build().unwrap());
    let unknown = Client::builder().names(Arc::new(Nothing(None))).deadline(SOON).build().unwrap();
    let started = Instant::now();
    for url in [silent.url("/"), drips.url("/")] {
        assert!(brief.send(Call::get(&url)).await.is_err());
        assert!(patient.send(Call::get(&url).deadline(SOON)).await.is_err());
    }
    assert!(unknown.send(Call::get("https://shop.example/")).await.is_err());
    let took = started.elapsed();
    assert!(took >= 5 * SOON && took < LATE, "{took:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is() {
    let receiver = Receiver::open("127.0.0.1:0").await;
    let unsendable: std::collections::HashMap<(u8, u8), u8> = [((1, 2), 3)].into();
    for call in [
        Call::get(&receiver.url("/")).header(header::ACCEPT, "a\r\nb: c"),
        Call::get(&receiver.url("/")).bearer(&Secret::new("a\nb")),
        Call::post(&receiver.url("/")).json(&unsendable),
        Call::post(&receiver.url("/")).form(&"no pairs"),
    ] {
        let answered = client().send(call.header(header::ACCEPT, "*/*")).await;
        assert!(matches!(answered, Err(Trouble::Refused(Refused::Unsendable(_)))), "{answered:?}");
    }
    assert_eq!(receiver.accepted().await, 0);
}

#[tokio::test]
async fn nothing_that_is_said_repeats_what_is_secret() {
    let path = "/hunter2?token=hunter2";
    let silent = Receiver::with("127.0.0.1:0", Manner::Silent).await;
    let garbage = Receiver::with("127.0.0.1:0", says("hunter2 hunter2\r\n\r\n")).await;
    let nobody = Client::builder().names(Arc::new(Nothing(Some(Duration::ZERO)))).build().unwrap();
    let mut told = Vec::new();
    for url in
        [silent.url(path), garbage.url(path), format!("https://10.0.0.1{path}"), format!("http://127.0.0.9:1{path}")]
    {
        let call = || Call::post(&url).bearer(&Secret::new("hunter2")).body("text/plain", b"hunter2".to_vec());
        let trouble = client().send(call().deadline(SOON)).await.unwrap_err();
        told.push(format!("{trouble} {trouble:?} {:?}", call()));
    }
    let trouble = nobody.send(Call::get(&format!("https://shop.example{path}"))).await.unwrap_err();
    told.push(format!("{trouble} {trouble:?}"));
    let answer =
        said(says("HTTP/1.1 200 OK\r\nset-cookie: hunter2\r\ncontent-length: 7\r\n\r\nhunter2"), 9).await.unwrap();
    told.push(format!("{answer:?}"));
    for told in told {
        assert!(!told.contains("hunter2"), "{told}");
    }
}

//! Names: what a resolver says is judged at the moment of the call, and nothing else is connected to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, net::IpAddr, sync::Arc};

use super::receiver::{Manner, Receiver};
use super::{allowing, ip};
use crate::egress::{Call, Client, Names, Ports, Refused, Trouble, special::networks};

/// A resolver that gives one answer after the other, and begins again.
struct Script {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|addresses| addresses.iter().map(|text| ip(text)).collect()).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

#[async_trait::async_trait]
impl Names for Script {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[turn % self.answers.len()].clone())
    }
}

#[tokio::test]
async fn a_name_of_an_address_that_is_set_apart_is_not_called() {
    let receiver = Receiver::open("127.0.0.1:0").await;
    let firsts = networks().into_iter().map(|net| vec![net.network()]);
    let lasts = networks().into_iter().map(|net| vec![net.broadcast()]);
    let several =
        [vec![ip("127.0.0.1"), ip("::1"), ip("10.0.0.1")], vec![ip("::ffff:127.0.0.1")], vec![ip("127.0.0.1")]];
    let answers: Vec<Vec<IpAddr>> = firsts.chain(lasts).chain(several).collect();
    let names = Arc::new(Script { answers, asked: AtomicUsize::new(0) });
    let client = Client::builder().ports(Ports::Any).names(Arc::clone(&names) as Arc<dyn Names>).build().unwrap();
    for _ in &names.answers {
        let answered = client.send(Call::get(&format!("https://shop.example:{}/", receiver.port()))).await;
        assert!(matches!(answered, Err(Trouble::Refused(Refused::Address(_)))), "{answered:?}");
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), names.answers.len());
    assert_eq!(receiver.accepted().await, 0);
}

#[tokio::test]
async fn a_name_on_the_list_is_called() {
    let receiver = Receiver::open("127.0.0.1:0").await;
    let names = Script::new(&[&["127.0.0.1"], &["::ffff:127.0.0.1"]]);
    let client = allowing(&["127.0.0.1/32"]).names(names).one_call_a_connection().build().unwrap();
    for _ in 0..4 {
        let answer = client.send(Call::get(&format!("http://shop.example:{}/", receiver.port()))).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
    assert_eq!(receiver.accepted().await, 4);
}

#[tokio::test]
async fn plain_http_goes_to_the_list_alone_whatever_a_name_resolves_to() {
    // An address that is never called, or this test would leave the machine.
    let client = allowing(&["127.0.0.1/32"]).names(Script::new(&[&["8.8.8.8"]])).build().unwrap();
    for url in ["http://shop.example/", "https://shop.example:8080/"] {
        let answered = client.send(Call::get(url)).await;
        assert!(matches!(answered, Err(Trouble::Refused(Refused::Address(_)))), "{url} was {answered:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_refused_when_it_does() {
    let good = Receiver::open("127.0.0.2:0").await;
    let bad = Receiver::open(&format!("127.0.0.1:{}", good.port())).await;
    let names = Script::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = allowing(&["127.0.0.2/32"]).names(Arc::clone(&names) as Arc<dyn Names>).one_call_a_connection();
    let client = client.build().unwrap();
    for turn in 0..20 {
        let answered = client.send(Call::get(&format!("http://shop.example:{}/", good.port()))).await;
        match turn % 2 {
            0 => assert_eq!(answered.unwrap().status().as_u16(), 200),
            _ => assert!(matches!(answered, Err(Trouble::Refused(Refused::Address(_)))), "{answered:?}"),
        }
    }
    // One look-up a call: what was judged is what was connected to.
    assert_eq!(names.asked.load(Ordering::SeqCst), 20);
    assert_eq!((good.accepted().await, bad.accepted().await), (10, 0));
}

#[tokio::test]
async fn of_several_addresses_only_the_admitted_are_tried() {
    let good = Receiver::open("127.0.0.2:0").await;
    let bad = Receiver::open(&format!("127.0.0.1:{}", good.port())).await;
    let names = Script::new(&[&["127.0.0.1", "127.0.0.2"], &["127.0.0.2", "127.0.0.1"], &["127.0.0.3", "127.0.0.1"]]);
    let client = allowing(&["127.0.0.2/31"]).names(names).one_call_a_connection().build().unwrap();
    let url = format!("http://shop.example:{}/", good.port());
    for _ in 0..2 {
        assert_eq!(client.send(Call::get(&url)).await.unwrap().status().as_u16(), 200);
    }
    // Nobody listens at the third: the next in its row is the one that must not be tried.
    let answered = client.send(Call::get(&url)).await;
    assert!(matches!(answered, Err(Trouble::Unreachable(_))), "{answered:?}");
    assert_eq!((good.accepted().await, bad.accepted().await), (2, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let target = Receiver::open("127.0.0.1:0").await;
    for status in [301, 302, 303, 307, 308] {
        let moved = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            target.url("/")
        );
        let receiver = Receiver::with("127.0.0.1:0", Manner::Says(moved.into_bytes())).await;
        let client = allowing(&["127.0.0.1/32"]).build().unwrap();
        assert_eq!(client.send(Call::post(&receiver.url("/"))).await.unwrap().status().as_u16(), status);
    }
    assert_eq!(target.accepted().await, 0);
}

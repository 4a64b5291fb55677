//! A table of addresses in every spelling, and what the guard says of each.

use std::net::IpAddr;

use reqwest::Url;

use super::{allowing, ip, net, receiver::Receiver};
use crate::egress::{Call, Client, Guard, Ports, Reach, Refused, Trouble};

/// Hosts that are refused for their address, or that are no host at all (RFC 3986 leaves both to the parser).
const DENIED: &[&str] = &[
    // 127.0.0.1, as people, C libraries and browsers write it
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7F.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.01",
    "0177.0x0.0.1",
    "127.0x1",
    "127.255.255.254",
    "127.127",
    "0x7f.0x0.0x0.0x1.",
    "00000177.1",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡1",
    "%31%32%37.0.0.1",
    "127.0.0.%31",
    "127%2e0%2e0%2e1",
    "０ｘ７ｆ.１",
    "1２7.𝟎.𝟘.𝟭",
    "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1",
    // this machine by another number
    "0.0.0.0",
    "0",
    "0x0",
    "0.1",
    "0.255.255.255",
    "00.0",
    // private networks, to their edges
    "10.0.0.0",
    "10.255.255.255",
    "167772161",
    "012.1",
    "172.16.0.1",
    "172.31.255.255",
    "0xac100001",
    "192.168.0.1",
    "192.168.257",
    "3232235777",
    "0300.0250.0.1",
    "100.64.0.1",
    "100.127.255.255",
    // the clouds' own
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "100.100.100.200",
    "168.63.129.16",
    "0xa83f8110",
    "192.0.0.192",
    // set apart
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    // IPv6
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::2]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[FD20:CE::254]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:1ff::1]",
    "[3fff::1]",
    "[3fff:fff::1]",
    "[5f00::1]",
    "[4000::1]",
    "[1fff::1]",
    "[e000::1]",
    // IPv6 that carries IPv4
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:10.0.0.1]",
    "[0:0:0:0:0:ffff:169.254.169.254]",
    "[::ffff:a83f:8110]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::8.8.8.8]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::10.0.0.1]",
    "[64:ff9b:1:7f00:0:100::]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2002:808:808::1]",
    "[2001::1]",
    "[2001:0:7f00:1:0:0:80ff:fffe]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2606:4700::5efe:127.0.0.1]",
    "[2606:4700::200:5efe:a00:1]",
    // what no parser of URLs takes for a host
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1%25lo]",
    "[::ffff:127.1]",
    "[127.0.0.1]",
    "[::ffff:0x7f.0.0.1]",
    "256.0.0.1",
    "1.2.3.4.5",
    "127.0.0.08",
    "0x7g.1",
    "127.0.0.1%00.shop.example",
    "127.0.0.1 .shop.example",
    "4294967296",
    "127..0.1",
    "[::1",
    "",
    // names that are this machine
    "localhost",
    "LOCALHOST",
    "localhost.",
    "shop.localhost",
    "a.b.LocalHost.",
    "localhost.localdomain",
    "ｌocalhost",
    "%6cocalhost",
    "loc\u{ad}alhost",
];

/// Hosts that are ordinary, next to what is not.
const ADMITTED: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "0x8080808",
    "[::ffff:8.8.8.8]",
    "[2000::1]",
    "[2001:200::1]",
    "[2001:4860::8888]",
    "[2001:db7:ffff::1]",
    "[2001:db9::1]",
    "[2003::1]",
    "[2606:4700::1111]",
    "[2606:4700::5efe:8.8.8.8]",
    "[3ffe::1]",
    "[3fff:1000::1]",
    "shop.example",
    "shop.example.",
    "localhost.example",
    "notlocalhost",
    "127.0.0.1.shop.example",
    "xn--mnchen-3ya.example",
    "1.example",
];

fn check(guard: &Guard, url: &str) -> Result<Reach, Refused> {
    Url::parse(url).map_err(|_| Refused::Unreadable).and_then(|url| guard.check_url(&url))
}

#[test]
fn no_spelling_of_an_address_that_is_set_apart_is_admitted() {
    assert!(DENIED.len() >= 80);
    let guard = Guard::default();
    for host in DENIED {
        for url in [format!("https://{host}/"), format!("https://{host}:443/hook?a=b#c"), format!("https:\\\\{host}\\")]
        {
            let judged = check(&guard, &url);
            let expected = matches!(judged, Err(Refused::Address(_) | Refused::Localhost | Refused::Unreadable));
            assert!(expected, "{url} is {judged:?}");
        }
    }
}

#[test]
fn what_is_next_to_it_is_admitted() {
    let guard = Guard::default();
    for host in ADMITTED {
        assert_eq!(check(&guard, &format!("https://{host}/")), Ok(Reach::Public), "{host}");
    }
}

#[test]
fn a_refusal_says_what_an_address_is_for() {
    let guard = Guard::default();
    for (host, why) in [
        ("10.1.2.3", "private (RFC 1918)"),
        ("[::1]", "loopback (RFC 4291 2.5.3)"),
        ("[::ffff:100.64.1.1]", "shared with a carrier (RFC 6598)"),
        ("[2001::1]", "Teredo (RFC 4380)"),
        ("[2001:30::1]", "kept for protocols (RFC 2928)"),
        ("[8000::1]", "not global unicast (RFC 4291 2.4)"),
        ("[2606:4700::5efe:10.0.0.1]", "private (RFC 1918)"),
    ] {
        assert_eq!(check(&guard, &format!("https://{host}/")), Err(Refused::Address(why)));
    }
}

#[test]
fn only_https_on_an_allowed_port_without_a_user_is_called() {
    let (guard, any) = (Guard::new(Vec::new(), Ports::Only(vec![443, 8443])), Guard::new(Vec::new(), Ports::Any));
    for (url, judged, judged_on_any_port) in [
        ("https://shop.example", Ok(Reach::Public), Ok(Reach::Public)),
        ("https://shop.example:8443", Ok(Reach::Public), Ok(Reach::Public)),
        ("https://shop.example:8080", Err(Refused::Port(8080)), Ok(Reach::Public)),
        ("https://1.1.1.1:80", Err(Refused::Port(80)), Ok(Reach::Public)),
        ("https://shop.example:0", Err(Refused::Port(0)), Err(Refused::Port(0))),
        ("http://shop.example", Err(Refused::Plain), Err(Refused::Plain)),
        ("http://shop.example:443", Err(Refused::Plain), Err(Refused::Plain)),
        ("HTTP://1.1.1.1", Err(Refused::Plain), Err(Refused::Plain)),
        ("ftp://shop.example", Err(Refused::Scheme), Err(Refused::Scheme)),
        ("file:///etc/passwd", Err(Refused::Scheme), Err(Refused::Scheme)),
        ("gopher://127.0.0.1:6379/_", Err(Refused::Scheme), Err(Refused::Scheme)),
        ("ws://shop.example", Err(Refused::Scheme), Err(Refused::Scheme)),
        ("data:text/plain,x", Err(Refused::Scheme), Err(Refused::Scheme)),
        ("https://user@shop.example", Err(Refused::UserInfo), Err(Refused::UserInfo)),
        ("https://:key@shop.example", Err(Refused::UserInfo), Err(Refused::UserInfo)),
        ("https://shop.example@127.0.0.1", Err(Refused::UserInfo), Err(Refused::UserInfo)),
        ("https://./", Err(Refused::Unreadable), Err(Refused::Unreadable)),
    ] {
        assert_eq!((check(&guard, url), check(&any, url)), (judged, judged_on_any_port), "{url}");
    }
}

#[test]
fn the_list_opens_its_networks_and_nothing_else() {
    let guard = Guard::new(vec![net("10.1.0.0/16"), net("fd00::/8"), net("127.0.0.1/32")], Ports::default());
    for (url, judged) in [
        ("http://10.1.2.3:8080", Ok(Reach::Listed)),
        ("https://10.1.2.3", Ok(Reach::Listed)),
        ("http://0x0a010203", Ok(Reach::Listed)),
        ("http://[::ffff:10.1.2.3]", Ok(Reach::Listed)),
        ("http://[fd12::1]:9000", Ok(Reach::Listed)),
        ("http://localhost:1234", Ok(Reach::Listed)),
        // A name may turn out to be on the list; the resolver will see.
        ("http://shop.example:8080", Ok(Reach::Listed)),
        ("https://shop.example:8080", Ok(Reach::Listed)),
        ("https://shop.example", Ok(Reach::Public)),
        ("http://8.8.8.8", Err(Refused::Plain)),
        ("https://8.8.8.8:8080", Err(Refused::Port(8080))),
        ("http://user@10.1.2.3", Err(Refused::UserInfo)),
        ("http://10.2.0.1", Err(Refused::Address("private (RFC 1918)"))),
        ("http://127.0.0.2", Err(Refused::Address("loopback (RFC 1122 3.2.1.3)"))),
        ("http://[::1]", Err(Refused::Address("loopback (RFC 4291 2.5.3)"))),
        ("http://[64:ff9b::10.1.2.3]", Err(Refused::Address("NAT64 (RFC 6052 2.1)"))),
        ("http://[2002:a01:203::1]", Err(Refused::Address("6to4 (RFC 3056)"))),
    ] {
        assert_eq!(check(&guard, url), judged, "{url}");
    }
}

#[test]
fn a_listed_translator_is_judged_by_the_address_inside() {
    let forms = ["64:ff9b::/96", "2002::/16", "2001::/32", "::/96", "64:ff9b:1::/48", "10.1.0.0/16"];
    let guard = Guard::new(forms.iter().map(|text| net(text)).collect(), Ports::default());
    let judged = |text: &str| guard.check(ip(text));
    for public in ["64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:f7f7:f7f7", "::8.8.8.8"] {
        assert_eq!(judged(public), Ok(Reach::Public), "{public}");
    }
    for listed in ["64:ff9b::10.1.0.1", "2002:a01:1::", "64:ff9b:1::10.1.0.1", "2001:0:1:1:1:1:f5fe:fffe"] {
        assert_eq!(judged(listed), Ok(Reach::Listed), "{listed}");
    }
    for private in ["64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1:1:1:1:80ff:fffe", "::127.0.0.1"]
    {
        assert!(!guard.admits(ip(private)), "{private}");
    }
}

/// What the system itself takes for this machine: a client without a guard gets through by each of these.
const LOOPBACK: &[&str] = &[
    "127.0.0.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f.1",
    "0177.1",
    "127.8.9.10",
    "①②⑦.⓪.⓪.①",
    "127。1",
    "%31%32%37.1",
    "0.0.0.0",
    "0",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "localhost",
];

#[tokio::test]
async fn no_connection_comes_in_by_any_spelling_unless_it_is_listed() {
    let receiver = Receiver::open("0.0.0.0:0").await;
    let guarded = Client::builder().ports(Ports::Any).build().unwrap();
    for host in DENIED.iter().chain(LOOPBACK) {
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://{host}:{}/", receiver.port());
            let answered = guarded.send(Call::post(&url)).await;
            assert!(matches!(answered, Err(Trouble::Refused(_))), "{url} was {answered:?}");
        }
    }
    assert_eq!(receiver.accepted().await, 0);
    let open = allowing(&["0.0.0.0/8", "127.0.0.0/8", "::1/128"]).build().unwrap();
    for host in LOOPBACK {
        let url = format!("http://{host}:{}/", receiver.port());
        let answer = open.send(Call::post(&url)).await.unwrap_or_else(|trouble| panic!("{url}: {trouble}"));
        assert_eq!((answer.status().as_u16(), answer.body()), (200, &b"OK"[..]), "{url}");
    }
    assert_eq!(receiver.accepted().await, LOOPBACK.len());
}

#[test]
fn an_address_is_judged_as_its_url_is() {
    let guard = Guard::default();
    for host in DENIED.iter().chain(ADMITTED) {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            assert_eq!(guard.admits(address), check(&guard, &format!("https://{host}/")).is_ok(), "{host}");
        }
    }
}

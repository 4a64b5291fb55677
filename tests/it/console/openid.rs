//! People sign in to the console by a real OpenID provider (the kind `staff` of `tests/banks`).

use std::time::Duration;

use super::browser::Browser;
use crate::banks::customer::{Customer, Decision};
use crate::banks::process::Banks;
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::HttpReply;
use crate::support::merchant_client::MerchantClient;

/// A gateway with two merchants whose people are those of the provider, and the provider.
async fn gateway() -> (TestGateway, Banks, [MerchantClient; 2]) {
    let banks = Banks::start("http://127.0.0.1:9");
    let mut gateway = TestGateway::open_own(StoreKind::Embedded, "sandbox.enabled = true\n").await;
    let merchants = ["Corner shop", "Other shop"].map(|name| gateway.merchant(name));
    let of = |member| banks.member("staff", member);
    let file = format!(
        "sandbox.enabled = true\n[console.oidc]\nlabel = 'Staff'\nissuer = '{}'\nclient_id = '{}'\n\
         client_secret = '{}'\nscope = ['openid']\nplain_loopback = true\n[console.oidc.groups]\nops = 'operator'\n\
         shop-support = {{ merchant = '{}', role = 'support' }}\nother-readers = {{ merchant = '{}' }}\n",
        of("issuer"),
        of("client_id"),
        of("client_secret"),
        merchants[0].id,
        merchants[1].id,
    );
    std::fs::write(gateway.folder().join("handback.toml"), file).unwrap();
    gateway.restart().await;
    banks.answer_at_page(&format!("{}/console/openid/return", gateway.http.base()));
    (gateway, banks, merchants)
}

/// A browser that is on its way: what it keeps, and where it comes back.
struct Away {
    cookie: String,
    back: String,
}

async fn decide(gateway: &TestGateway, login: &'static str, decision: Decision) -> Away {
    let sent = gateway.http.get("/console/openid").await;
    let cookie = kept(&sent, "__Host-hb-console-openid").expect("an attempt");
    let landing = Customer::by_name(gateway.http.base(), login).decide(&sent.location(), decision).await;
    Away { cookie, back: landing.url.to_string() }
}

async fn back(gateway: &TestGateway, away: &Away) -> HttpReply {
    gateway.http.get_with(&away.back, &[("cookie", &away.cookie)]).await
}

/// A cookie that a reply gives, as a browser sends it.
fn kept(reply: &HttpReply, name: &str) -> Option<String> {
    let all = reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("a cookie"));
    let line = all.into_iter().find(|line| line.starts_with(name))?;
    Some(line.split(';').next()?.to_owned())
}

fn browser(gateway: &TestGateway, reply: &HttpReply) -> Browser {
    assert_eq!(reply.location(), format!("{}/console", gateway.http.base()));
    Browser::with(&gateway.http, kept(reply, "__Host-hb-console=").expect("a session"))
}

#[tokio::test]
async fn an_operator_signs_in_by_the_provider_and_signs_out_here_alone() {
    let (gateway, _banks, _) = gateway().await;
    let page = gateway.http.get("/console/callbacks").await.is(403).text();
    assert!(page.contains("href=\"/console/sign-in\""), "{page}");
    let page = gateway.http.get("/console/sign-in").await.is(200).text();
    assert!(page.contains("href=\"/console/openid\"") && page.contains("Sign in with Staff"), "{page}");
    gateway.http.get_with("/console/openid", &[("sec-purpose", "prefetch")]).await.is(204);
    let away = decide(&gateway, "alice", Decision::Approve).await;
    let entered = back(&gateway, &away).await;
    let alice = browser(&gateway, &entered);
    let list = alice.page("/console/merchants").await;
    assert!(list.contains("alice@id.example (admin)") && list.contains("Corner shop"), "{list}");
    assert!(alice.page("/console/audit").await.contains("session.began"));
    let page = alice.submit("/console/sessions", "/console/sign-out", &[]).await.is(200).text();
    assert!(page.contains("href=\"/console/sign-in\""), "{page}");
    alice.get("/console/merchants").await.is(403);
    // What came back once signs nobody in a second time: its code is spent, and its attempt is over in this browser.
    assert_eq!(kept(&entered, "__Host-hb-console-openid").as_deref(), Some("__Host-hb-console-openid="));
    gateway.http.get(&away.back).await.is(403).says("This sign-in is over");
}

#[tokio::test]
async fn who_is_in_several_groups_chooses_and_who_is_in_none_has_a_way_on() {
    let (gateway, _banks, merchants) = gateway().await;
    let reply = back(&gateway, &decide(&gateway, "carol", Decision::Approve).await).await;
    let page = browser(&gateway, &reply).page("/console/callbacks").await;
    assert!(page.contains("carol (support)") && page.contains("Corner shop"), "{page}");
    let reply = back(&gateway, &decide(&gateway, "bob", Decision::Approve).await).await;
    let person = kept(&reply, "__Host-hb-console-person").expect("a person");
    let choice = reply.location();
    let page = gateway.http.get_with(&choice, &[("cookie", &person)]).await.is(200).text();
    assert!(page.contains("Corner shop</bdi> (support)") && page.contains("Other shop</bdi> (read)"), "{page}");
    let choose = async |number: &str, headers: &[(&str, &str)]| {
        let headers = [&[("cookie", person.as_str())], headers].concat();
        gateway.http.submit_with("/console/openid/choose", &[("console", number)], &headers).await
    };
    choose("1", &[("sec-fetch-site", "cross-site")]).await.is(403);
    choose("2", &[]).await.is(403);
    let bob = browser(&gateway, &choose("0", &[]).await);
    let page = bob.page("/console/callbacks").await;
    assert!(page.contains("bob (read)") && page.contains("Other shop"), "{page}");
    gateway.command(&["merchant", "disable", "--merchant", &merchants[1].id]);
    choose("0", &[]).await.is(403).says("This merchant is disabled");
    let reply = back(&gateway, &decide(&gateway, "eve", Decision::Approve).await).await;
    let page = reply.is(403).text();
    assert!(page.contains("none of your groups has a role") && page.contains("/console/sign-in"), "{page}");
    gateway.wait(Duration::from_secs(601));
    choose("1", &[]).await.is(403).says("This sign-in is over");
}

#[tokio::test]
async fn nobody_is_signed_in_by_what_the_provider_has_not_said_to_this_browser() {
    let (mut gateway, banks, _) = gateway().await;
    gateway.expect_errors();
    back(&gateway, &decide(&gateway, "alice", Decision::Deny).await).await.is(403).says("access_denied");
    // What another browser was sent for.
    let (own, other) =
        (decide(&gateway, "alice", Decision::Approve).await, decide(&gateway, "alice", Decision::Approve).await);
    let swapped = Away { cookie: own.cookie.clone(), back: other.back.clone() };
    let refused = back(&gateway, &swapped).await;
    assert_eq!(kept(&refused, "__Host-hb-console-openid"), None, "the attempt that is under way goes on");
    refused.is(403).says("no answer that counts");
    gateway.http.get(&other.back).await.is(403).says("This sign-in is over");
    let forged = own.back.replace("iss=", "iss=x");
    gateway.http.get_with(&forged, &[("cookie", &own.cookie)]).await.is(403);
    browser(&gateway, &back(&gateway, &own).await);
    for fault in ["wrong_nonce", "bad_signature", "wrong_aud", "no_id_token", "alg_none"] {
        let away = decide(&gateway, "alice", Decision::Approve).await;
        banks.fail("staff", "token", fault);
        back(&gateway, &away).await.is(403).says("no answer that counts");
        banks.fail("staff", "token", "none");
    }
    let away = decide(&gateway, "alice", Decision::Approve).await;
    banks.fail("staff", "port", "closed");
    back(&gateway, &away).await.is(502);
    banks.fail("staff", "port", "none");
    let late = decide(&gateway, "alice", Decision::Approve).await;
    gateway.wait(Duration::from_secs(601));
    back(&gateway, &late).await.is(403).says("This sign-in is over");
}

#[tokio::test]
async fn without_a_provider_there_is_a_page_with_the_command() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let page = gateway.http.get("/console/sign-in").await.is(200).text();
    assert!(page.contains("handback console link") && !page.contains("/console/openid"), "{page}");
    gateway.http.get("/console/openid").await.is(404);
    gateway.http.get("/console/openid/return?code=c&state=s").await.is(404);
    gateway.http.get("/console/openid/choose").await.is(403).says("This sign-in is over");
}

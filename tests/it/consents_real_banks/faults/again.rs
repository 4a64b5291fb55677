//! One return many times: looked at by a machine, five at once, and again and again.

use futures_util::future::join_all;
use handback::provider::Carried;
use reqwest::Method;

use super::{Setup, on_both_stores};
use crate::banks::customer::Decision::{Approve, Deny};
use crate::banks::customer::Landing;
use crate::banks::process::KINDS;
use crate::support::gateway::StoreKind;

on_both_stores![one_return_is_one_address_and_one_token_request, a_no_is_the_same_address_however_often_it_comes];

async fn one_return_is_one_address_and_one_token_request(store: StoreKind) {
    let setup = Setup::start(store).await;
    for kind in KINDS {
        for one_time_token in [false, true] {
            let before = setup.asked_for_tokens(kind);
            let asked = setup.ask(kind, one_time_token).await;
            let landing = setup.decided(kind, &asked, Approve).await;
            looked_at(&setup, &landing).await;
            setup.awaits(&asked, kind).await;
            assert_eq!(setup.asked_for_tokens(kind), before, "{kind}: a look is no return");
            let homes = join_all((0..5).map(|_| setup.home(&landing))).await;
            let home = &homes[0];
            assert!(homes.iter().all(|other| other == home), "{kind}: {homes:?}");
            looked_at(&setup, &landing).await;
            assert_eq!(&setup.home(&landing).await, home, "{kind}");
            assert_eq!(setup.asked_for_tokens(kind), before + 1, "{kind}");
            if one_time_token {
                setup.is_exchanged(kind, &asked, home).await;
            } else {
                setup.is_given(kind, &asked, home).await;
            }
            assert_eq!(&setup.home(&landing).await, home, "{kind}, after the app has its consent");
        }
        assert!(setup.banks.codes(kind).into_values().all(|times| times == 1), "{kind}");
    }
}

async fn a_no_is_the_same_address_however_often_it_comes(store: StoreKind) {
    let setup = Setup::start(store).await;
    for kind in ["plain", "form-post", "hybrid", "jarm"] {
        let asked = setup.ask(kind, false).await;
        let landing = setup.decided(kind, &asked, Deny).await;
        looked_at(&setup, &landing).await;
        setup.awaits(&asked, kind).await;
        let homes = join_all((0..5).map(|_| setup.home(&landing))).await;
        assert!(homes[0].contains("&error=access_denied&error-source=user&"), "{}", homes[0]);
        assert!(homes.iter().all(|other| other == &homes[0]), "{kind}: {homes:?}");
        assert_eq!(setup.now(&asked).await["status"], "REJECTED", "{kind}");
        assert_eq!(setup.asked_for_tokens(kind), 0, "{kind}");
    }
}

/// HEAD, and what browsers and scanners fetch before anybody has clicked: nothing is answered, nothing has changed.
async fn looked_at(setup: &Setup, landing: &Landing) {
    let http = &setup.gateway.http;
    let mut bare = landing.url.clone();
    bare.set_fragment(None);
    let prefetches = [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("x-moz", "prefetch")];
    let mut answers = vec![http.send(Method::HEAD, bare.as_str(), &[], "").await];
    for header in prefetches {
        answers.push(http.get_with(bare.as_str(), &[header]).await);
    }
    let (carried, mut pairs) = landing.carried();
    if carried == Carried::Fragment {
        pairs.push(("handback_posted_by".into(), "fragment".into()));
    }
    if carried != Carried::Query {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let body = serde_urlencoded::to_string(&pairs).expect("a form");
        answers.push(http.send(Method::POST, bare.as_str(), &[prefetches[0], form], body).await);
    }
    for answer in answers {
        assert!(!answer.has("location") && !answer.has("set-cookie"), "{bare}");
        assert!(answer.is(204).body.is_empty());
    }
}

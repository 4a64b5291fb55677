//! What has not been checked changes nothing, at the end of the budget too; and a genuine customer is not left alone
//! with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::{Setup, on_both_stores};
use crate::banks::customer::{Decision::Approve, Landing};
use crate::support::gateway::StoreKind;
use crate::support::http::{HttpReply, query_value};

on_both_stores![
    a_forged_answer_leaves_no_trace_however_often_it_comes,
    keys_that_are_away_keep_a_customer_waiting_and_end_nothing,
    whoever_left_can_try_again_when_a_signature_does_not_hold,
];

/// The budget as it is by default: keys are looked for longer.
const BUDGET: (&str, &str) = ("HANDBACK_RETURN_BUDGET", "100ms");

/// Brings what a stranger who knows the state can make up: a code, and a signature by a key that the bank does not
/// have.
async fn forge(setup: &Setup, kind: &str, state: &str, claims: serde_json::Value) -> HttpReply {
    let alg = setup.banks.member(kind, "id_token_signed_response_alg");
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.AAAA", part(json!({ "alg": alg, "kid": "evil" })), part(claims));
    let http = &setup.gateway.http;
    match kind {
        "hybrid" => {
            let pairs = [("code", "x"), ("state", state), ("id_token", &token), ("handback_posted_by", "fragment")];
            http.submit("/return/hybrid", &pairs).await
        }
        _ => http.get(&format!("/return/{kind}?response={token}")).await,
    }
}

/// The state of an answer, which may be signed.
fn state_of(landing: &Landing) -> String {
    let (_, pairs) = landing.carried();
    let value = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let signed = || {
        let claims = URL_SAFE_NO_PAD.decode(value("response")?.split('.').nth(1)?).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
        Some(claims["state"].as_str()?.to_owned())
    };
    value("state").or_else(signed).expect("a state")
}

async fn a_forged_answer_leaves_no_trace_however_often_it_comes(store: StoreKind) {
    let setup = Setup::start_with(store, &[BUDGET]).await;
    for (kind, claims) in [
        ("hybrid", json!({})),
        ("jarm", json!({ "code": "x" })),
        ("jarm", json!({ "error": "access_denied" })),
        ("jarm", json!({})),
    ] {
        for one_time_token in [true, false] {
            let asked = setup.ask(kind, one_time_token).await;
            let state = state_of(&setup.decided(kind, &asked, Approve).await);
            let mut claims = claims.clone();
            claims["state"] = json!(state);
            for _ in 0..4 {
                let answer = forge(&setup, kind, &state, claims.clone()).await;
                assert!([200, 400].contains(&answer.status) && !answer.has("location"), "{kind}: {}", answer.status);
                answer.never_says("one-time-token").never_says("link_id");
            }
            setup.awaits(&asked, kind).await;
            // Its customer can still go to the bank, and comes home.
            let landing = setup.decided(kind, &asked, Approve).await;
            let home = setup.home(&landing).await;
            if one_time_token {
                setup.is_exchanged(kind, &asked, &home).await;
            } else {
                setup.is_given(kind, &asked, &home).await;
            }
            // What is made up now is no replay of what counted.
            let answer = forge(&setup, kind, &state, claims).await;
            assert!(!answer.has("location"), "{kind}");
            answer.never_says("link_id").never_says("consent=");
        }
    }
}

async fn keys_that_are_away_keep_a_customer_waiting_and_end_nothing(store: StoreKind) {
    let setup = Setup::start_with(store, &[BUDGET]).await;
    for kind in ["hybrid", "jarm"] {
        let first = setup.ask(kind, false).await;
        let landing = setup.decided(kind, &first, Approve).await;
        setup.home(&landing).await;
        let asked = setup.ask(kind, false).await;
        // New keys, which cannot be had.
        setup.banks.fail(kind, "jwks", "rotate");
        let landing = setup.decided(kind, &asked, Approve).await;
        setup.banks.fail(kind, "jwks", "500");
        for _ in 0..3 {
            let page = setup.arrives(&landing).await.is(200);
            assert!(!page.has("location"), "{kind}");
            setup.awaits(&asked, kind).await;
        }
        assert_eq!(setup.asked_for_tokens(kind), 1, "{kind}");
        setup.banks.fail(kind, "jwks", "none");
        let home = setup.home(&landing).await;
        setup.is_given(kind, &asked, &home).await;
    }
}

async fn whoever_left_can_try_again_when_a_signature_does_not_hold(store: StoreKind) {
    let setup = Setup::start(store).await;
    for (kind, fault) in
        [("hybrid", "front_bad_signature"), ("hybrid", "front_wrong_nonce"), ("jarm", "bad_jarm_signature")]
    {
        let asked = setup.ask(kind, false).await;
        let out = asked.data["authorisationUrl"].as_str().expect("an address");
        let cookie =
            setup.gateway.http.get(out).await.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        setup.banks.fail(kind, "authorize", fault);
        let landing = setup.decided(kind, &asked, Approve).await;
        setup.banks.fail(kind, "authorize", "none");
        let (carried, mut pairs) = landing.carried();
        let shown = if carried == handback::provider::Carried::Query {
            setup.gateway.http.get_with(landing.url.as_str(), &[("cookie", &cookie)]).await
        } else {
            pairs.push(("handback_posted_by".into(), "fragment".into()));
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie.as_str())];
            let body = serde_urlencoded::to_string(&pairs).expect("a form");
            setup.gateway.http.send(reqwest::Method::POST, &format!("/return/{kind}"), &headers, body).await
        };
        let way = format!("/consent?link_id={}", query_value(out, "link_id"));
        assert!(!shown.has("location"), "{kind} {fault}");
        shown.is(400).says(&way).says("Continue");
        setup.awaits(&asked, fault).await;
        let landing = setup.decided(kind, &asked, Approve).await;
        let home = setup.home(&landing).await;
        setup.is_given(kind, &asked, &home).await;
    }
}

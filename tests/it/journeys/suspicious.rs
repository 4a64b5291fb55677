//! Returns that are not as they should be: a page says so, and nothing changes.

use reqwest::Method;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

on_every_store![
    a_state_that_is_unknown_or_malformed_is_refused,
    a_return_to_another_bank_is_refused,
    a_repeated_or_contradictory_answer_is_refused,
    only_a_get_or_a_form_is_a_return,
];

async fn a_state_that_is_unknown_or_malformed_is_refused(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let other = if sent_out.state.starts_with('0') { '1' } else { '0' };
    let other_journey = format!("{other}{}", &sent_out.state[1..]);
    let long = "0".repeat(5000);
    for state in [
        "x",
        "00000000000000000000000000000000",
        "000000000000000000000000000000000000000",
        &sent_out.state[1..],
        &other_journey,
        &sent_out.state.to_uppercase(),
        "%00",
        "%ff",
        "..%2F..",
        "*",
        "%7B07%7D",
        &long,
        "'%20OR%201=1",
    ] {
        if state == sent_out.state {
            continue;
        }
        for answer in ["code=ok", "error=access_denied"] {
            let refused = gateway.http.back(&format!("{answer}&state={state}")).await;
            assert!([400, 404].contains(&refused.status), "{state}: {}", refused.status);
            assert!(!refused.has("location"), "{state}");
        }
    }
    for without in ["code=ok", "error=access_denied", "", "state="] {
        let refused = gateway.http.back(without).await;
        assert!([400, 404].contains(&refused.status) && !refused.has("location"), "{without}: {}", refused.status);
    }
    assert_eq!(merchant.status(&link).await, "away");
}

async fn a_return_to_another_bank_is_refused(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    for bank in ["other", "Sandbox", "sandbox%2F", "..%2Fsandbox", "%20"] {
        let refused = gateway.http.get(&format!("/return/{bank}?{}", sent_out.with("code=ok"))).await;
        assert!([400, 404].contains(&refused.status) && !refused.has("location"), "{bank}: {}", refused.status);
    }
    assert_eq!(merchant.status(&link).await, "away");
    gateway.http.back(&sent_out.with("code=ok")).await.location();
}

async fn a_repeated_or_contradictory_answer_is_refused(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    for answer in [
        "code=ok&code=ok",
        "code=ok&code=other",
        "error=access_denied&error=access_denied",
        "code=ok&error=access_denied",
        "code=&error=access_denied",
        "error_description=a&error_description=b&error=x",
        "st%61te=x&code=ok",
    ] {
        let refused = gateway.http.back(&sent_out.with(answer)).await.is(400);
        assert!(!refused.has("location"), "{answer}");
        refused.says("We could not read this request");
    }
    assert_eq!(merchant.status(&link).await, "away");
    // Parameters that are not ours are nobody's concern, however often they come.
    gateway.http.back(&sent_out.with("x=1&x=2&code=ok&iss=a&session_state")).await.location();
}

async fn only_a_get_or_a_form_is_a_return(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let page = format!("/return/sandbox?{}", sent_out.with("code=ok"));
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        for page in [&page, "/return/sandbox", "/return/sandbox/wait"] {
            let refused = gateway.http.send(method.clone(), page, &[], "").await;
            assert!([404, 405].contains(&refused.status) && !refused.has("location"), "{method}: {}", refused.status);
        }
    }
    assert_eq!(merchant.status(&link).await, "away");
}

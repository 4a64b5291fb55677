//! Returns that are not as they should be: a page says so, and nothing changes.

use reqwest::Method;

use crate::support::house::House;
use crate::support::on_every_store;

on_every_store![
    a_state_that_is_unknown_or_malformed_is_refused,
    a_return_to_another_bank_is_refused,
    a_repeated_or_contradictory_answer_is_refused,
    only_a_get_or_a_form_is_a_return,
];

async fn a_state_that_is_unknown_or_malformed_is_refused(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    let other_shard = format!("{}{}", if trip.state.starts_with('0') { '1' } else { '0' }, &trip.state[1..]);
    let long = "0".repeat(5000);
    for state in [
        "x",
        "00000000000000000000000000000000",
        &trip.state[1..],
        &other_shard,
        &trip.state.to_uppercase(),
        "%00",
        "%ff",
        "..%2F..",
        "*",
        "%7B07%7D",
        &long,
        "'%20OR%201=1",
    ] {
        if state == trip.state {
            continue;
        }
        for answer in ["code=ok", "error=access_denied"] {
            let refused = house.http.back(&format!("{answer}&state={state}")).await;
            assert!([400, 404].contains(&refused.status), "{state}: {}", refused.status);
            assert!(!refused.has("location"), "{state}");
        }
    }
    for without in ["code=ok", "error=access_denied", "", "state="] {
        let refused = house.http.back(without).await;
        assert!([400, 404].contains(&refused.status) && !refused.has("location"), "{without}: {}", refused.status);
    }
    assert_eq!(shop.status(&link).await, "away");
}

async fn a_return_to_another_bank_is_refused(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    for bank in ["other", "Sandbox", "sandbox%2F", "..%2Fsandbox", "%20"] {
        let refused = house.http.get(&format!("/return/{bank}?{}", trip.with("code=ok"))).await;
        assert!([400, 404].contains(&refused.status) && !refused.has("location"), "{bank}: {}", refused.status);
    }
    assert_eq!(shop.status(&link).await, "away");
    house.http.back(&trip.with("code=ok")).await.location();
}

async fn a_repeated_or_contradictory_answer_is_refused(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    for answer in [
        "code=ok&code=ok",
        "code=ok&code=other",
        "error=access_denied&error=access_denied",
        "code=ok&error=access_denied",
        "code=&error=access_denied",
        "error_description=a&error_description=b&error=x",
        "st%61te=x&code=ok",
    ] {
        let refused = house.http.back(&trip.with(answer)).await.is(400);
        assert!(!refused.has("location"), "{answer}");
        refused.says("We could not read this request");
    }
    assert_eq!(shop.status(&link).await, "away");
    // Parameters that are not ours are nobody's concern, however often they come.
    house.http.back(&trip.with("x=1&x=2&code=ok&iss=a&session_state")).await.location();
}

async fn only_a_get_or_a_form_is_a_return(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    let page = format!("/return/sandbox?{}", trip.with("code=ok"));
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        for page in [&page, "/return/sandbox", "/return/sandbox/wait"] {
            let refused = house.http.send(method.clone(), page, &[], "").await;
            assert!([404, 405].contains(&refused.status) && !refused.has("location"), "{method}: {}", refused.status);
        }
    }
    assert_eq!(shop.status(&link).await, "away");
}

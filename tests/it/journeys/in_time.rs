//! An outcome is held against every deadline at the moment it is written.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::Tpp;

on_every_store![
    a_consent_that_is_given_after_its_own_time_comes_home_as_an_error,
    a_consent_asked_for_again_is_not_given_anew_after_its_time,
    what_is_refused_after_the_time_has_expired,
];

const SOON: Duration = Duration::from_secs(60);

/// The moment in a minute, as a request writes it.
fn soon(gateway: &TestGateway) -> String {
    use handback::clock::Clock as _;
    let at = gateway.clock.now().plus(SOON).as_millis();
    jiff::Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap().to_string()
}

async fn a_consent_that_is_given_after_its_own_time_comes_home_as_an_error(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for one_time_token in [false, true] {
        let request = json!({ "expiresAt": soon(&gateway) });
        let asked = tpp.ask(json!({ "accountRequest": request, "oneTimeToken": one_time_token })).await;
        gateway.wait(SOON);
        let home = gateway.http.back(&asked.back("code=ok")).await.location();
        assert!(home.contains("&error=uncategorized_error&error-source=institution&"), "{home}");
        let consent = tpp.consent(&asked.id).await;
        assert_ne!(consent["status"], "AUTHORIZED", "{consent}");
        assert!(consent.get("consentToken").is_none() && consent.get("authorizedAt").is_none(), "{consent}");
    }
}

async fn a_consent_asked_for_again_is_not_given_anew_after_its_time(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({ "accountRequest": { "expiresAt": soon(&gateway) } })).await;
    let token = query_value(&gateway.http.back(&asked.back("code=ok")).await.location(), "consent");
    let again = crate::support::tpp::Asked::read(&tpp.ask_again(&token).await.is(201).json()).await;
    gateway.wait(SOON);
    let home = gateway.http.back(&again.back("code=ok")).await.location();
    assert!(home.contains("&error=uncategorized_error&error-source=institution&"), "{home}");
    assert_ne!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
}

/// Which journey is swept first does not decide how it ended.
async fn what_is_refused_after_the_time_has_expired(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "extra_outcomes": "on", "journey_life_seconds": 60 })).await;
    for answer in ["error=access_denied", "error=server_error", "code=fail:server_error", ""] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        gateway.wait(SOON);
        let home = gateway.http.back(&sent_out.with(answer)).await.location();
        assert!(home.contains("&status=expired"), "{answer}: {home}");
        assert_eq!(merchant.status(&link).await, "expired", "{answer}");
    }
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.wait(SOON);
    let home = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(home.contains("&status=success"), "a payment that is proven counts: {home}");
}

//! An answer that names neither a code nor an error is the bank's fault, and nobody's decision (RFC 6749, section
//! 4.1.2.1).

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;
use crate::support::tpp::Tpp;

on_every_store![
    a_consent_fails_by_the_institutions_fault,
    a_checkout_may_be_tried_again_and_nobody_is_told,
    a_merchant_who_wants_to_hear_of_failures_hears_of_a_failure,
];

/// What a bank may send instead of a code or an error.
const SILENT: [&str; 6] =
    ["", "error=", "error=%20", "code=", "error_description=x", "code=&error_description=x&iss=i"];

async fn a_consent_fails_by_the_institutions_fault(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for silent in SILENT {
        for one_time_token in [false, true] {
            let asked = tpp.ask(json!({ "oneTimeToken": one_time_token })).await;
            let home = gateway.http.back(&asked.back(silent)).await.location();
            assert!(home.contains("&error=uncategorized_error&error-source=institution&"), "{silent}: {home}");
            assert_eq!(tpp.consent(&asked.id).await["status"], "FAILED", "{silent}");
        }
    }
}

async fn a_checkout_may_be_tried_again_and_nobody_is_told(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let open_request =
        json!({ "callback_url": "https://shop.example/cb,https://hook.example/cb", "one_time_token": true });
    for silent in SILENT {
        let link = merchant.link(open_request.clone()).await;
        let back = gateway.http.pay(&link.text, silent).await.location();
        assert_eq!(json!(back), link.data["pay_link"], "{silent}");
        gateway.http.get(&back).await.is(200).says("Try again").says("could not be read");
        let journey = merchant.journey(&link.id).await;
        assert_eq!((&journey["status"], &journey["deliveries"]), (&json!("open"), &json!([])), "{silent}");
        assert!(gateway.http.pay(&link.text, "code=ok").await.location().contains("&status=success"), "{silent}");
    }
}

async fn a_merchant_who_wants_to_hear_of_failures_hears_of_a_failure(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for silent in SILENT {
        let link = merchant.link(json!({ "callback_url": "https://shop.example/cb", "extra_outcomes": true })).await;
        let home = gateway.http.pay(&link.text, silent).await.location();
        assert!(home.contains("&status=failed&error=malformed_response"), "{silent}: {home}");
        assert_eq!(merchant.status(&link).await, "failed", "{silent}");
    }
}

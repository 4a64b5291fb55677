//! A customer agrees or not, and the app learns it in Yapily's words.

use std::time::Duration;

use base64::Engine as _;
use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::{Asked, CALLBACK, Tpp};

on_every_store![
    an_agreement_comes_home_with_the_consent_token,
    every_kind_of_callback_keeps_what_is_its_own,
    every_error_of_the_table_comes_home_as_documented,
    a_customer_who_presses_cancel_has_denied_access,
    a_consent_that_nobody_finishes_expires,
    the_same_return_a_thousand_times_is_the_same_bytes,
    without_a_callback_the_journey_ends_here,
    a_late_agreement_overrides_a_refusal,
    the_merchants_own_settings_never_add_a_token,
];

fn whose(asked: &Asked) -> String {
    let user = asked.data["userUuid"].as_str().unwrap();
    format!("application-user-id=john.doe%40company.com&user-uuid={user}&institution=modelo-sandbox")
}

async fn an_agreement_comes_home_with_the_consent_token(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    let token = query_value(&home, "consent");
    assert_eq!(home, format!("{CALLBACK}?consent={token}&{}", whose(&asked)));
    assert_eq!(tpp.consent(&asked.id).await["consentToken"], token);
    let with_token = tpp.ask(json!({ "oneTimeToken": true })).await;
    let home = gateway.http.back(&with_token.back("code=ok")).await.location();
    let token = query_value(&home, "one-time-token");
    assert_eq!(home, format!("{CALLBACK}?one-time-token={token}&{}", whose(&with_token)));
    let payment = tpp.ask_payment(json!({})).await;
    let home = gateway.http.back(&payment.back("code=ok")).await.location();
    assert!(home.starts_with(&format!("{CALLBACK}?consent=ey")), "{home}");
    assert!(home.ends_with(&whose(&payment)), "{home}");
}

async fn every_kind_of_callback_keeps_what_is_its_own(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    tpp.merchant.save("com.example.app://callback").await;
    tpp.merchant.choose(json!({ "app_links": "direct" })).await;
    for (callback, before, after) in [
        ("https://tpp-application.com/a?own=1&b=%2F", "https://tpp-application.com/a?own=1&b=%2F&", ""),
        ("https://tpp-application.com/#/open", "https://tpp-application.com/?", "#/open"),
        ("https://tpp-application.com/a?own=1#/open?x=2", "https://tpp-application.com/a?own=1&", "#/open?x=2"),
        ("com.example.app://callback", "com.example.app://callback?", ""),
        ("com.example.app://callback?own=1#f", "com.example.app://callback?own=1&", "#f"),
    ] {
        let asked = tpp.ask(json!({ "callback": callback })).await;
        let home = gateway.http.back(&asked.back("code=ok")).await.location();
        let token = query_value(&home, "consent");
        assert_eq!(home, format!("{before}consent={token}&{}{after}", whose(&asked)));
    }
}

/// The contract's table: what the callback says, who is to blame, and the bank's errors that lead there.
const TABLE: [(&str, &str, &[&str]); 5] = [
    (
        "access_denied",
        "user",
        &["access_denied", "user_cancelled", "login_required", "account_selection_required", "interaction_required"],
    ),
    (
        "invalid_grant",
        "institution",
        &[
            "invalid_grant",
            "consent_required",
            "server_error",
            "temporarily_unavailable",
            "request_not_supported",
            "request_uri_not_supported",
        ],
    ),
    (
        "institution_server_error",
        "institution",
        &[
            "invalid_request",
            "registration_not_supported",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope",
        ],
    ),
    ("configuration_error", "institution", &["invalid_client"]),
    ("uncategorized_error", "institution", &["something_new"]),
];

async fn every_error_of_the_table_comes_home_as_documented(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let encoded = |text: &str| {
        let plain = base64::engine::general_purpose::STANDARD.encode(text);
        plain.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    };
    let why = encoded("The sandbox bank was asked to fail.");
    for (error, source, codes) in TABLE {
        for (index, code) in codes.iter().enumerate() {
            let asked = tpp.ask(json!({ "oneTimeToken": index % 2 == 1 })).await;
            // Both are the same user's.
            let whose = whose(&asked);
            let expected =
                |why: &str| format!("{CALLBACK}?{whose}&error={error}&error-source={source}&error-description={why}");
            let home = gateway.http.back(&asked.back(&format!("code=fail:{code}"))).await.location();
            assert_eq!(home, expected(&why), "{code}, as the exchange says");
            let asked = tpp.ask(json!({})).await;
            let expected = expected(&encoded("Who knows?"));
            let home = gateway.http.back(&asked.back(&format!("error={code}&error_description=Who+knows?"))).await;
            assert_eq!(home.location(), expected, "{code}, as the browser says");
            // The callback and the status tell one story.
            let status = if source == "user" { "REJECTED" } else { "FAILED" };
            let consent = tpp.consent(&asked.id).await;
            assert_eq!(consent["status"], status, "{code}");
            assert!(consent.get("consentToken").is_none(), "{consent}");
        }
    }
}

async fn a_customer_who_presses_cancel_has_denied_access(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({ "oneTimeToken": true })).await;
    let link = query_value(asked.data["authorisationUrl"].as_str().unwrap(), "link_id");
    let home = gateway.http.submit("/consent/cancel", &[("link_id", &link)]).await.location();
    let expected = format!("{CALLBACK}?{}&error=access_denied&error-source=user&error-description=", whose(&asked));
    assert!(home.starts_with(&expected), "{home}");
    assert_eq!(tpp.consent(&asked.id).await["status"], "REJECTED");
}

async fn a_consent_that_nobody_finishes_expires(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    gateway.wait(Duration::from_hours(25));
    assert_eq!(tpp.consent(&asked.id).await["status"], "EXPIRED");
    let home = gateway.http.back(&asked.back("error=access_denied")).await.location();
    assert!(home.contains("&error=uncategorized_error&error-source=institution&error-description="), "{home}");
}

async fn the_same_return_a_thousand_times_is_the_same_bytes(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for answer in ["code=ok", "error=server_error"] {
        let asked = tpp.ask(json!({})).await;
        let back = asked.back(answer);
        let answers = futures_util::future::join_all((0..100).map(|_| gateway.http.back(&back))).await;
        let home = answers[0].location();
        for _ in 0..10 {
            let answers = futures_util::future::join_all((0..90).map(|_| gateway.http.back(&back))).await;
            assert!(answers.iter().all(|answer| answer.location() == home), "{home}");
        }
        assert!(answers.iter().all(|answer| answer.location() == home), "{home}");
    }
}

async fn without_a_callback_the_journey_ends_here(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({ "callback": null })).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    assert!(home.starts_with(&format!("{}/consent?link_id=", gateway.http.base())), "{home}");
    assert!(!home.contains("consent=") && !home.contains("token"), "{home}");
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
}

async fn a_late_agreement_overrides_a_refusal(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    let refused = gateway.http.back(&asked.back("error=access_denied")).await.location();
    let agreed = gateway.http.back(&asked.back("code=ok")).await.location();
    assert!(agreed.starts_with(&format!("{CALLBACK}?consent=")), "{agreed}");
    assert_eq!(gateway.http.back(&asked.back("error=access_denied")).await.location(), refused);
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
    // And nothing overrides an agreement.
    gateway.http.back(&asked.back("error=server_error")).await.is(410).never_says(CALLBACK);
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
}

async fn the_merchants_own_settings_never_add_a_token(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    tpp.merchant.choose(json!({ "one_time_token": "on", "extra_outcomes": "on", "when_late": "hand_back" })).await;
    let asked = tpp.ask(json!({})).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    assert!(home.contains("?consent=") && !home.contains("one-time-token"), "{home}");
}

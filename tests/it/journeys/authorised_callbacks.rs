//! A saved callback authorises what is the same place, however it is spelled, and what is below it (RFC 3986, section
//! 6.2; RFC 8252, section 7.3).

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;
use crate::support::tpp::{Tpp, account_request};

on_every_store![
    a_host_is_authorised_with_its_slash_and_without,
    an_app_on_a_desktop_listens_at_whichever_port_is_free,
    what_is_saved_without_a_slash_authorises_nothing_below,
];

async fn a_host_is_authorised_with_its_slash_and_without(gateway: TestGateway) {
    for (saved, asked) in [
        ("https://bare.example", "https://bare.example/"),
        ("https://bare.example", "https://bare.example/?n=7"),
        ("https://bare.example", "https://bare.example?time=1335"),
        ("https://slash.example/", "https://slash.example"),
        ("https://slash.example/", "https://slash.example?time=1"),
        ("https://slash.example:8443/", "https://slash.example:8443?time=1"),
        ("http://localhost:3000", "http://localhost:3000/?x=1"),
    ] {
        let tpp = Tpp::of(&gateway).await;
        tpp.merchant.save(saved).await;
        let consent = tpp.ask(json!({ "callback": asked, "oneTimeToken": true })).await;
        let home = gateway.http.back(&consent.back("code=yes")).await.location();
        let mark = if asked.contains('?') { '&' } else { '?' };
        assert!(home.starts_with(&format!("{asked}{mark}one-time-token=")), "{saved} {asked}: {home}");
    }
}

async fn an_app_on_a_desktop_listens_at_whichever_port_is_free(gateway: TestGateway) {
    for (saved, asked) in [
        ("http://127.0.0.1/callback", "http://127.0.0.1:53219/callback"),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1:53219/callback?own=1"),
        ("http://[::1]/", "http://[::1]:53219/below"),
    ] {
        let tpp = Tpp::of(&gateway).await;
        tpp.merchant.save(saved).await;
        let consent = tpp.ask(json!({ "callback": asked })).await;
        let home = gateway.http.back(&consent.back("code=yes")).await.location();
        assert!(home.starts_with(asked), "{saved} {asked}: {home}");
    }
}

async fn what_is_saved_without_a_slash_authorises_nothing_below(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for saved in [
        "https://bare.example",
        "https://bare.example:8443",
        "com.example.app://cb",
        "http://localhost/callback",
        "https://127.0.0.1/callback",
        "http://127.0.0.1/callback",
    ] {
        tpp.merchant.save(saved).await;
    }
    for asked in [
        "https://bare.example/below",
        "https://bare.example:8443/below?x",
        "https://bare.example:9443/",
        "https://bare.example.evil.example/",
        "com.example.app://cb/",
        "http://localhost:53219/callback",
        "https://127.0.0.1:53219/callback",
        "http://127.0.0.2:53219/callback",
        "http://127.0.0.1:53219/other",
    ] {
        let refused = tpp.post("/account-auth-requests", &account_request(json!({ "callback": asked }))).await.is(400);
        assert!(refused.text().contains("authorised callbacks"), "{asked}: {}", refused.text());
    }
}

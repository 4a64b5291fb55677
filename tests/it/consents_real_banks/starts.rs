//! A bank that is away, or is not what the file says, when the gateway opens.

use serde_json::json;

use super::way::{decided, home, open};
use crate::banks::customer::Decision;
use crate::banks::process::Banks;
use crate::support::gateway::{StoreKind, eventually};
use crate::support::tpp::{CALLBACK, Tpp};

#[tokio::test]
async fn a_bank_in_trouble_stops_no_other_and_is_asked_again() {
    for (what, fault) in [("port", "closed"), ("discovery", "wrong_issuer"), ("discovery", "html")] {
        let banks = Banks::start("http://127.0.0.1:9");
        banks.fail("failing", what, fault);
        let gateway = open(StoreKind::Embedded, &banks).await;
        let tpp = Tpp::of(&gateway).await;
        let asked = tpp.ask(json!({ "institutionId": "failing" })).await;
        let out = asked.data["authorisationUrl"].as_str().expect("an address");
        let page = gateway.http.get(out).await;
        assert!(page.status < 500 && !page.has("location"), "{fault}: {}", page.text());
        let other = tpp.ask(json!({ "institutionId": "plain" })).await;
        let landing = decided(&gateway, &banks, "plain", &other, Decision::Approve).await;
        assert!(home(&gateway.http, &landing).await.starts_with(&format!("{CALLBACK}?consent=")), "{fault}");
        banks.fail("failing", what, "none");
        let before = banks.count("failing", "jwks");
        // Nobody asks for it but the gateway itself.
        eventually("the bank is ready", async || banks.count("failing", "jwks") > before).await;
        let landing = decided(&gateway, &banks, "failing", &asked, Decision::Approve).await;
        assert!(home(&gateway.http, &landing).await.starts_with(&format!("{CALLBACK}?consent=")), "{fault}");
    }
}

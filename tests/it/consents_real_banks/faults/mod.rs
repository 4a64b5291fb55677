//! Banks, browsers and networks that do not do as they should: each fault ends in the documented callback or on one of
//! our pages, and no code is brought to its bank twice.
//!
//! A fault belongs to a kind of bank and to a process of banks, so each story here has banks of its own. When these go
//! they count the codes: one that came twice fails the story.

mod again;
mod browser;
mod late;
mod tokens;
mod unchecked;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::way;
use crate::banks::customer::{Decision, Landing};
use crate::banks::process::Banks;
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{HttpReply, query_value};
use crate::support::tpp::{Asked, CALLBACK, Tpp, account_request};

/// A gateway, its banks, and an app.
struct Setup {
    gateway: TestGateway,
    banks: Banks,
    tpp: Tpp,
}

/// What a callback says of a refusal: `error`, `error-source`, and the description in clear.
type ExpectedError<'a> = (&'a str, &'a str, &'a str);

impl Setup {
    async fn start(store: StoreKind) -> Self {
        Self::start_with(store, &[]).await
    }

    async fn start_with(store: StoreKind, env: &[(&str, &str)]) -> Self {
        let banks = Banks::start("http://127.0.0.1:9");
        let gateway = way::open_with(store, &banks, env).await;
        let tpp = Tpp::of(&gateway).await;
        Self { gateway, banks, tpp }
    }

    /// The app asks for account access at this kind of bank.
    async fn ask(&self, kind: &str, one_time_token: bool) -> Asked {
        let body = account_request(json!({ "institutionId": kind, "oneTimeToken": one_time_token }));
        Asked::unseen(&self.tpp.post("/account-auth-requests", &body).await.is(201).json())
    }

    /// The customer goes to the bank and decides.
    async fn decided(&self, kind: &str, asked: &Asked, decision: Decision) -> Landing {
        way::decided(&self.gateway, &self.banks, kind, asked, decision).await
    }

    /// What the gateway answers when the browser arrives, the first time.
    async fn arrives(&self, landing: &Landing) -> HttpReply {
        way::arrives(&self.gateway.http, landing).await
    }

    /// Where the browser ends up, however long that takes.
    async fn home(&self, landing: &Landing) -> String {
        way::home(&self.gateway.http, landing).await
    }

    /// How often the token endpoint of a kind has been asked.
    fn asked_for_tokens(&self, kind: &str) -> u64 {
        self.banks.count(kind, "token")
    }

    /// The consent as it stands this moment.
    async fn now(&self, asked: &Asked) -> Value {
        let headers = [("request-timeout", "0")];
        let path = format!("/consents/{}", asked.id);
        self.tpp.call_with(Method::GET, &path, &headers, &Value::Null).await.is(200).json()["data"].clone()
    }

    /// Nothing has been decided.
    async fn awaits(&self, asked: &Asked, what: &str) {
        let consent = self.now(asked).await;
        assert_eq!(consent["status"], "AWAITING_AUTHORIZATION", "{what}");
        assert!(consent.get("consentToken").is_none(), "{what}: {consent}");
    }

    /// It came home at this address with a consent token, and the app can read the same one.
    async fn is_given(&self, kind: &str, asked: &Asked, home: &str) {
        let token = query_value(home, "consent");
        assert_eq!(home, format!("{CALLBACK}?consent={token}&{}", whose(asked, kind)), "{kind}");
        let consent = self.now(asked).await;
        assert_eq!((&consent["status"], &consent["consentToken"]), (&json!("AUTHORIZED"), &json!(token)), "{kind}");
    }

    /// It came home at this address with this refusal, byte for byte, and ended in this status.
    async fn is_refused(&self, kind: &str, asked: &Asked, home: &str, (refusal, status): (ExpectedError<'_>, &str)) {
        let (error, source, description) = refusal;
        let plain = STANDARD.encode(description);
        let description = plain.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let whose = whose(asked, kind);
        let expected =
            format!("{CALLBACK}?{whose}&error={error}&error-source={source}&error-description={description}");
        assert_eq!(home, expected, "{kind}");
        let consent = self.now(asked).await;
        assert_eq!(consent["status"], status, "{kind} {error}");
        assert!(consent.get("consentToken").is_none(), "{consent}");
    }

    /// A one-time token came home at this address, and gives the consent, once.
    async fn is_exchanged(&self, kind: &str, asked: &Asked, home: &str) {
        let token = one_time_token(kind, asked, home);
        let consent = self.tpp.exchange(&token).await.is(201).json();
        assert_eq!((&consent["id"], &consent["status"]), (&json!(asked.id), &json!("AUTHORIZED")), "{kind}");
        assert_eq!(consent["consentToken"], self.now(asked).await["consentToken"], "{kind}");
        assert!(consent["consentToken"].as_str().is_some_and(|token| token.starts_with("ey")), "{consent}");
        self.tpp.exchange(&token).await.is(403);
    }
}

fn whose(asked: &Asked, kind: &str) -> String {
    let user = asked.data["userUuid"].as_str().expect("a user");
    format!("application-user-id=john.doe%40company.com&user-uuid={user}&institution={kind}")
}

/// The one-time token of this address, which holds nothing else but whose it is.
fn one_time_token(kind: &str, asked: &Asked, home: &str) -> String {
    let token = query_value(home, "one-time-token");
    assert_eq!(home, format!("{CALLBACK}?one-time-token={token}&{}", whose(asked, kind)), "{kind}");
    token
}

/// Runs the stories of a file on both stores; each opens a setup of its own.
macro_rules! on_both_stores {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::support::gateway::StoreKind::Embedded).await;
            })+
        }

        mod redis {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::support::gateway::StoreKind::Redis).await;
            })+
        }
    };
}
use on_both_stores;

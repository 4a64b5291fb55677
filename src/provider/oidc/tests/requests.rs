//! What a bank is asked, byte for byte where it matters.

use std::{collections::BTreeMap, sync::Arc};

use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use url::Url;

use super::fake::{Asked, Fake, Play};
use super::{STATE, bank, context, jwk, key, openid, pem, plain};
use crate::clock::{Clock as _, TestClock};
use crate::domain::{Evidence, Outcome, Redirect, Secret};
use crate::provider::oidc::settings::{
    ClientAuth, Flow, OidcConfig, Par, Prompt, Requests, ResponseMode, SigningAlg, SigningKey,
};
use crate::provider::{Provider as _, ProviderError, Requested, VisitContext, oidc::Oidc};
use p256::elliptic_curve::sec1::ToSec1Point as _;

const REDIRECT_URI: &str = "https://pay.example/return/bank";
/// Of the verifier that RFC 7636, appendix B, has as its example.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn query(url: &str) -> BTreeMap<String, String> {
    let pairs: Vec<_> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "each once");
    map
}

#[track_caller]
fn holds(map: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    assert_eq!(map, &expected.collect());
}

/// Where the bank wants the browser.
async fn accepted(bank: &Oidc) -> Redirect {
    match bank.request(&context()).await.unwrap() {
        Requested::Accepted(redirect) => redirect,
        other => panic!("{other:?}"),
    }
}

/// What our key signed.
fn ours(token: &str) -> (jsonwebtoken::Header, Value) {
    let point = key(9).public_key().to_sec1_point(false);
    let mut rules = Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.validate_aud = false;
    let token = jsonwebtoken::decode(token, &DecodingKey::from_ec_der(point.as_bytes()), &rules).unwrap();
    (token.header, token.claims)
}

fn signing(config: OidcConfig) -> OidcConfig {
    let alg = SigningAlg::parse("ES256").unwrap();
    OidcConfig { signing_key: Some(SigningKey { pem: pem(9), kid: Some("ours".into()), alg }), ..config }
}

#[tokio::test]
async fn a_bank_is_asked_with_everything_and_keeps_its_own_query() {
    let bank = bank(plain("http://127.0.0.1:1"), &Arc::default());
    let way = accepted(&bank).await;
    assert!(way.as_str().starts_with("http://127.0.0.1:1/auth?tenant=a%20b&response_type=code&"), "{}", way.as_str());
    holds(
        &query(way.as_str()),
        &[
            ("tenant", "a b"),
            ("response_type", "code"),
            ("client_id", "us"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "accounts"),
            ("state", STATE),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
    );
}

#[tokio::test]
async fn a_bank_is_asked_for_the_mode_that_is_not_its_default() {
    let fake = Fake::start().await;
    fake.play("/jwks", Play::Say(200, r#"{"keys":[]}"#.into()));
    for (flow, mode, kind, asked) in [
        (Flow::Code, ResponseMode::Query, "code", None),
        (Flow::Code, ResponseMode::Fragment, "code", Some("fragment")),
        (Flow::Code, ResponseMode::FormPost, "code", Some("form_post")),
        (Flow::Code, ResponseMode::QueryJwt, "code", Some("query.jwt")),
        (Flow::Code, ResponseMode::FormPostJwt, "code", Some("form_post.jwt")),
        (Flow::Code, ResponseMode::Jwt, "code", Some("jwt")),
        (Flow::Hybrid, ResponseMode::Fragment, "code id_token", None),
        (Flow::Hybrid, ResponseMode::FormPost, "code id_token", Some("form_post")),
    ] {
        let bank = bank(OidcConfig { flow, response_mode: mode, ..openid(fake.base()) }, &Arc::default());
        let query = query(accepted(&bank).await.as_str());
        assert_eq!(query["response_type"], kind);
        assert_eq!(query.get("response_mode").map(String::as_str), asked);
        assert_eq!(query["nonce"], STATE);
        assert_eq!(bank.answers_in_fragment(), mode == ResponseMode::Fragment);
    }
}

#[tokio::test]
async fn a_signed_request_says_all_of_it_under_our_key() {
    let clock = Arc::new(TestClock::default());
    clock.stop();
    let config = OidcConfig { requests: Requests::Signed, ..signing(plain("http://127.0.0.1:1")) };
    let way = accepted(&bank(config, &clock)).await;
    let mut query = query(way.as_str());
    let (header, claims) = ours(&query.remove("request").unwrap());
    holds(&query, &[("tenant", "a b"), ("response_type", "code"), ("client_id", "us"), ("scope", "accounts")]);
    assert_eq!((header.kid.as_deref(), header.typ.as_deref()), (Some("ours"), Some("oauth-authz-req+jwt")));
    for (name, value) in [
        ("iss", "us"),
        ("aud", "http://127.0.0.1:1"),
        ("client_id", "us"),
        ("redirect_uri", REDIRECT_URI),
        ("state", STATE),
        ("code_challenge", CHALLENGE),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    begins_ten_seconds_ago(&claims, &clock);
    let (nbf, exp) = (claims["nbf"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    assert!(exp > nbf + 10 && exp <= nbf + 3600, "FAPI 1.0 Advanced, section 5.2.2, allows an hour");
}

/// One of our tokens is good already for a bank whose clock is behind.
fn begins_ten_seconds_ago(claims: &Value, clock: &TestClock) {
    let now = clock.now().as_millis() / 1000;
    assert_eq!((claims["iat"].as_u64(), claims["nbf"].as_u64()), (Some(now - 10), Some(now - 10)));
}

#[tokio::test]
async fn a_bank_is_told_to_ask_where_its_answer_depends_on_that() {
    let scope = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (online, offline) = (scope(&["accounts"]), scope(&["accounts", "offline_access"]));
    for (scope, prompt, expected) in [
        (&online, None, None),
        (&online, Some(vec![]), None),
        (&online, Some(vec![Prompt::Login]), Some("login")),
        (&online, Some(vec![Prompt::Login, Prompt::SelectAccount]), Some("login select_account")),
        (&offline, None, Some("consent")),
        (&offline, Some(vec![Prompt::Login, Prompt::Consent]), Some("login consent")),
    ] {
        let config = OidcConfig { scope: scope.clone(), prompt, ..plain("http://127.0.0.1:1") };
        let mut plainly = query(accepted(&bank(config.clone(), &Arc::default())).await.as_str());
        assert_eq!(plainly.remove("prompt").as_deref(), expected);
        let signed = OidcConfig { requests: Requests::Signed, ..signing(config) };
        let query = query(accepted(&bank(signed, &Arc::default())).await.as_str());
        assert_eq!(ours(&query["request"]).1["prompt"].as_str(), expected, "in a request object");
    }
}

#[tokio::test]
async fn a_pushed_request_leaves_the_browser_nothing_but_its_name() {
    let fake = Fake::start().await;
    fake.play("/par", Play::Say(201, r#"{"request_uri":"urn:x:1","expires_in":60}"#.into()));
    let bank = bank(OidcConfig { par: Par::Always, ..plain(fake.base()) }, &Arc::default());
    let way = accepted(&bank).await;
    holds(&query(way.as_str()), &[("tenant", "a b"), ("client_id", "us"), ("request_uri", "urn:x:1")]);
    let [asked]: [Asked; 1] = fake.asked("/par").try_into().unwrap();
    assert!(asked.head.contains("Basic dXM6czNjcmV0"), "with our credentials: {}", asked.head);
    for (name, value) in [("state", STATE), ("redirect_uri", REDIRECT_URI), ("code_challenge", CHALLENGE)] {
        assert_eq!(asked.field(name).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn a_signed_request_is_pushed_as_it_is() {
    let fake = Fake::start().await;
    fake.play("/par", Play::Say(201, r#"{"request_uri":"urn:x:1","expires_in":60}"#.into()));
    let auth = ClientAuth::PrivateKeyJwt;
    let config = OidcConfig { par: Par::Always, requests: Requests::Signed, auth, ..plain(fake.base()) };
    bank(signing(config), &Arc::default()).request(&context()).await.unwrap();
    let [asked]: [Asked; 1] = fake.asked("/par").try_into().unwrap();
    let pairs = url::form_urlencoded::parse(asked.body.as_bytes());
    let names: Vec<_> = pairs.map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["client_id", "request", "client_assertion_type", "client_assertion"]);
}

#[tokio::test]
async fn an_error_that_the_bank_names_for_a_pushed_request_is_its_refusal() {
    let fake = Fake::start().await;
    let bank = bank(OidcConfig { par: Par::Always, ..plain(fake.base()) }, &Arc::default());
    for (status, code) in [
        (400, "invalid_request"),
        (401, "invalid_client"),
        (403, "unauthorized_client"),
        (400, "invalid_scope"),
        (413, "invalid_request_object"),
    ] {
        let body = format!(r#"{{"error":"{code}","error_description":"No."}}"#);
        fake.play("/par", Play::Say(status, body));
        let Ok(Requested::Refused(error)) = bank.request(&context()).await else { panic!("{status} {code}") };
        assert_eq!((error.code(), error.description()), (code, Some("No.")));
    }
    let long = format!(r#"{{"error":"{}\u0007\n{}"}}"#, "x".repeat(60), "y".repeat(60));
    fake.play("/par", Play::Say(400, long));
    let Ok(Requested::Refused(error)) = bank.request(&context()).await else { panic!() };
    assert_eq!(error.code(), format!("{}yyyy", "x".repeat(60)));
}

#[tokio::test]
async fn a_bank_that_could_take_the_request_another_time_is_asked_again() {
    let fake = Fake::start().await;
    let bank = bank(OidcConfig { par: Par::Always, ..plain(fake.base()) }, &Arc::default());
    let named = r#"{"error":"slow_down\u001b[31m"}"#;
    for (status, body, expected) in [
        (429, named, "pushing: answered 429 slow_down[31m"),
        (500, named, "pushing: answered 500 slow_down[31m"),
        (503, "<html>", "pushing: answered 503"),
        (400, "<html>", "pushing: answered 400"),
        (400, r#"{"error":""}"#, "pushing: answered 400"),
        (307, "", "pushing: answered 307"),
        (201, "{}", "pushing: the answer cannot be read: a field is missing, of another type, or there twice"),
        (201, "", "pushing: the answer cannot be read: it is empty"),
        (201, "<html>", "pushing: the answer cannot be read: it is not a JSON object"),
        (201, r#"{"request_uri":"#, "pushing: the answer cannot be read: its JSON breaks off"),
    ] {
        fake.play("/par", Play::Say(status, body.into()));
        assert_eq!(bank.request(&context()).await, Err(ProviderError::Unreachable(expected.into())), "{status} {body}");
    }
}

#[tokio::test]
async fn a_payment_that_the_bank_would_not_hear_of_is_taken_nowhere() {
    let fake = Fake::start().await;
    fake.play("/token", Play::Say(200, r#"{"access_token":"a","token_type":"Bearer"}"#.into()));
    let bank = bank(plain(fake.base()), &Arc::default());
    let payment = super::payment();
    let context = VisitContext { journey: &payment, ..context() };
    assert!(matches!(bank.request(&context).await, Err(ProviderError::Unreachable(_))));
    let fact = bank.exchange(&context, &Evidence::of("c")).await.unwrap();
    assert_eq!(fact.outcome(), Outcome::Failed);
    assert!(fake.asked("/token").is_empty() && !bank.takes_payments());
}

#[tokio::test]
async fn a_bank_that_must_be_pushed_to_and_cannot_is_reported() {
    let mut config = OidcConfig { par: Par::Always, ..plain("http://127.0.0.1:1") };
    if let super::Endpoints::Explicit(endpoints) = &mut config.endpoints {
        endpoints.par = None;
    }
    let trouble = bank(config, &Arc::default()).prepare().await.unwrap_err();
    assert!(matches!(&trouble, ProviderError::Unreachable(why) if why.contains("pushed")), "{trouble:?}");
}

/// What a token endpoint is asked by a client that proves itself like this.
async fn exchanged(auth: ClientAuth, clock: &Arc<TestClock>) -> (Asked, Fake) {
    let fake = Fake::start().await;
    fake.play("/token", Play::Say(400, r#"{"error":"invalid_grant"}"#.into()));
    let config = OidcConfig { auth, ..signing(plain(fake.base())) };
    bank(config, clock).exchange(&context(), &Evidence::of("c+d &")).await.unwrap();
    let [asked]: [Asked; 1] = fake.asked("/token").try_into().unwrap();
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "c+d &"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ] {
        assert_eq!(asked.field(name).as_deref(), Some(value), "{name}");
    }
    (asked, fake)
}

#[tokio::test]
async fn a_client_proves_itself_in_one_way_at_a_time() {
    let (basic, _) = exchanged(ClientAuth::SecretBasic(Secret::new("s3cret")), &Arc::default()).await;
    assert!(basic.head.contains("Basic dXM6czNjcmV0"));
    assert_eq!((basic.field("client_id"), basic.field("client_secret")), (None, None));
    let (post, _) = exchanged(ClientAuth::SecretPost(Secret::new("s3cret")), &Arc::default()).await;
    assert!(!post.head.to_lowercase().contains("authorization:"));
    assert_eq!(
        (post.field("client_id").as_deref(), post.field("client_secret").as_deref()),
        (Some("us"), Some("s3cret"))
    );
}

#[tokio::test]
async fn an_assertion_is_for_this_bank_and_for_a_minute() {
    let clock = Arc::new(TestClock::default());
    clock.stop();
    let (asked, fake) = exchanged(ClientAuth::PrivateKeyJwt, &clock).await;
    let (_, claims) = ours(&asked.field("client_assertion").unwrap());
    assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&"us".into(), &"us".into(), &fake.base().into()));
    begins_ten_seconds_ago(&claims, &clock);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 70, "a minute from now");
    let (again, _) = exchanged(ClientAuth::PrivateKeyJwt, &clock).await;
    let (_, others) = ours(&again.field("client_assertion").unwrap());
    assert_ne!(claims["jti"], others["jti"]);
}

#[test]
fn our_key_is_no_key_of_theirs() {
    assert_ne!(jwk(9, "k"), jwk(1, "k"));
}

//! The vectors of the contract (section 3), and every way in which a signature may not fit.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};

use super::PUBLIC_KEY;
use crate::dialect::token_io::{Authorization, Sent, Signature, read_public_key};
use crate::domain::{Invalid, UnixMillis};

const HEADER: &str = r#"{"alg":"EdDSA","exp":1586297344787,"mid":"m:33V1ykzKwHbkWqt7fDz2WPPdH2Zt:5zKtXEAq","kid":"1x7df4vuFUHYQCa7","method":"POST","host":"api.token.io","path":"/v2/payments"}"#;
const BODY: &str = r#"{"initiation":{"refId":"9htio4a1sp2akdr1aa"}}"#;
const POSTED: &str = "qYPPqUciMKOoM2flRW3d-SY3-XRQ3AldrNmQ3Ju1MN87E91WMj8YhxiV7DJWuCRL8h5Khn0pjhpkGdklcUFuDg";
const ASKED: &str = "zd_EowKfF4ca_sNzKlNTalj_xNh5KembU3oTzwC9YhO9jaL6psM5FxtACFRCfiFgNzCALaxRTVvjRctkQ8g5Dg";
const PAYMENT: &str = "/v2/payments/pm2:24YYrAZ34sTo4A6C47rYandHke2L:2gFUX1NDgoi";

/// A token of RS256, and one of ES256 whose signature OpenSSL wrote in DER, each over `GET /v2/payments`.
const RS256: &str = "eyJhbGciOiJSUzI1NiIsImV4cCI6IjE1ODYyOTczNDQ3ODciLCJtaWQiOiJtOjMzVjF5a3pLd0hia1dxdDdmRHoyV1BQZEgyWnQ6NXpLdFhFQXEiLCJraWQiOiJrIiwibWV0aG9kIjoiR0VUIiwiaG9zdCI6ImFwaS50b2tlbi5pbyIsInBhdGgiOiIvdjIvcGF5bWVudHMiLCJ0eXAiOiJKV1QifQ..EbrxKH0-FtxIF8HCIjkQgxp_AnMDMAFSQThy9AOsGwuLD6MUZvZYcEj47Djf0AJ3ElaIkBZleqy8Nq73CcgK-IP3E8KaTMYQiIF5zhILpog9s-r2X1S7ykINRsBdU944-yW15f5bfm8rtxsioVhMlksrT0KUIVCMeTa6R285WNV27x85Nh-KecwqZSGNwLIPkw_xRWVydCkSdHciD8x0kKV5G1s7XZMDh2P-1mr6KgXPxJ-i1fbbgRaPutGnJmupnW748pfTmMssH62oBJPp_cbqLJyfONc2MFa0jET1stprAtEqj6h-CoEvIFRWUQpnMFXGdXuCVg4tWXeqBv6QJQ";
pub(super) const RSA_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6aj4SKZHodk8k6O0mN7V
4R/saITrwKXIupIgtrnQS7G77/RcQdPt6qccbiNZsdxRJ+gCJZ5y/E35dldKeNql
sKargFw8onLRD23cljpXu3WjJnyFXeaLKAHmqI0DIG6OXHs1fxgPDhH6l4mJs0na
lOXXBOrNBq9ThF+VoVbAjWMWlQjFBx1lOVDgTcCudU4Q2pnUZAhc+eSrxua4criu
IPgjF7NM7pK8wJrHYmvLMfkSFSVt2BmeEfvoQxIMEb3rQ8+wS0GN2t+iUBnEEtll
r1qj2+qz1ObO3ygll1SX4PAnzQlM+TvSAFEoW16DPnGsTn81UsZz0FNS4gSDggS/
LwIDAQAB
-----END PUBLIC KEY-----
";
const ES256: &str = "eyJhbGciOiJFUzI1NiIsImV4cCI6IjE1ODYyOTczNDQ3ODciLCJtaWQiOiJtOjMzVjF5a3pLd0hia1dxdDdmRHoyV1BQZEgyWnQ6NXpLdFhFQXEiLCJraWQiOiJrIiwibWV0aG9kIjoiR0VUIiwiaG9zdCI6ImFwaS50b2tlbi5pbyIsInBhdGgiOiIvdjIvcGF5bWVudHMiLCJ0eXAiOiJKV1QifQ..MEUCIEVaDDti7AW6nUpT1fKPn2edgxJMm-pqF3547VD7KzrOAiEA4rUIFCV_dOeKiOW38z9iYpdQEElUOzy1lpvu3fQePpA";
const EC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELUXfvuXoOAXxj9rhUIiFpj5o0uOn
YC9BjeJvL/+fdCXH0+yxr0RDoeDIoQ2R6DHBS8FyBx7D08LkszHrspW4jQ==
-----END PUBLIC KEY-----
";

pub(super) const SENT: Sent<'_> = Sent {
    method: "POST",
    hosts: &["api.token.io"],
    base: "",
    path: "/v2/payments",
    query: "",
    covers_query: false,
    body: BODY.as_bytes(),
    at: UnixMillis::from_millis(1_586_297_344_786),
};

fn pem(key: &str) -> String {
    read_public_key(serde_json::json!({ "key": key }).to_string().as_bytes()).unwrap().pem
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn bearer(token: &str) -> Signature {
    match Authorization::read(&format!("Bearer {token}")) {
        Ok(Authorization::Signed(signature)) => signature,
        other => panic!("{token} was read as {other:?}"),
    }
}

/// The private half of [`PUBLIC_KEY`].
pub(super) fn signing() -> EncodingKey {
    let seed: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| {
            u8::from_str_radix(&"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"[at..at + 2], 16)
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let before = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    EncodingKey::from_ed_der(&[before.as_slice(), &seed].concat())
}

/// A token with this header over this payload, which stands in the token or not.
fn signed(header: &str, payload: &str, inline: &str) -> Signature {
    let header = text(header.as_bytes());
    let message = format!("{header}.{}", text(payload.as_bytes()));
    let signature = crypto::sign(message.as_bytes(), &signing(), Algorithm::EdDSA).unwrap();
    bearer(&format!("{header}.{inline}.{signature}"))
}

#[test]
fn the_contracts_vectors_are_accepted_detached_and_inline() {
    let (header, body, key) = (text(HEADER.as_bytes()), text(BODY.as_bytes()), pem(PUBLIC_KEY));
    for token in [format!("{header}..{POSTED}"), format!("{header}.{body}.{POSTED}")] {
        let signature = bearer(&token);
        assert_eq!(signature.check(&SENT, &key), Ok(()), "{token}");
        assert_eq!(signature.key(), "1x7df4vuFUHYQCa7");
        assert!(signature.merchant().is_err(), "the vector's member is none of ours");
    }
    let header = HEADER.replace("POST", "GET").replace("/v2/payments", PAYMENT);
    let asked = Sent { method: "GET", path: PAYMENT, body: b"", ..SENT };
    let token = bearer(&format!("{}..{ASKED}", text(header.as_bytes())));
    assert_eq!(token.check(&asked, &key), Ok(()));
    assert_eq!(token.check(&Sent { path: &PAYMENT.replace(':', "%3A"), ..asked }, &key), Ok(()));
}

#[test]
fn what_was_signed_for_another_call_is_refused() {
    let (header, key) = (text(HEADER.as_bytes()), pem(PUBLIC_KEY));
    let refused =
        |sent: &Sent<'_>, key: &str, token: &str| bearer(token).check(sent, key).unwrap_err().rule().to_owned();
    let token = format!("{header}..{POSTED}");
    let altered = BODY.replace("9htio", "0htio");
    let other = pem("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw");
    for (sent, key, rule) in [
        (Sent { at: UnixMillis::from_millis(1_586_297_354_787), ..SENT }, &key, "is over"),
        (Sent { method: "PUT", ..SENT }, &key, "another method"),
        (Sent { path: "/v2/payment-links", ..SENT }, &key, "another address"),
        (Sent { hosts: &["api.sandbox.token.io"], ..SENT }, &key, "another address"),
        (Sent { hosts: &["token.io"], base: "/api", ..SENT }, &key, "another address"),
        (Sent { body: altered.as_bytes(), ..SENT }, &key, "not this key's"),
        (Sent { body: b"", ..SENT }, &key, "not this key's"),
        (SENT, &other, "not this key's"),
        (SENT, &EC_KEY.to_owned(), "not this key's"),
        (SENT, &RSA_KEY.to_owned(), "not this key's"),
    ] {
        let said = refused(&sent, key, &token);
        assert!(said.contains(rule), "{said} is not {rule}");
    }
    let inline = format!("{header}.{}.{POSTED}", text(altered.as_bytes()));
    assert!(refused(&SENT, &key, &inline).contains("another body"));
    let both_altered = Sent { body: altered.as_bytes(), ..SENT };
    assert!(refused(&both_altered, &key, &inline).contains("not this key's"));
}

#[test]
fn a_client_may_split_our_address_where_it_likes() {
    let key = pem(PUBLIC_KEY);
    let sent = Sent { hosts: &["pay.example:8443", "pay.example"], base: "/token-io", ..SENT };
    for (host, path) in [
        ("pay.example:8443", "/token-io/v2/payments"),
        ("pay.example:8443/token-io", "/v2/payments"),
        ("pay.example", "/v2/payments"),
        ("PAY.example", "/token-io/v2/payments"),
    ] {
        let header = HEADER.replace("api.token.io", host).replace("/v2/payments", path);
        assert_eq!(signed(&header, BODY, "").check(&sent, &key), Ok(()), "{host} {path}");
    }
    for (host, path) in [("pay.example", "/v1/payments"), ("evil.example", "/v2/payments"), ("/", "/v2/payments")] {
        let header = HEADER.replace("api.token.io", host).replace("/v2/payments", path);
        assert!(signed(&header, BODY, "").check(&sent, &key).is_err(), "{host} {path}");
    }
}

#[test]
fn an_inline_body_may_have_its_members_in_another_order() {
    let (sent, inline) = (r#"{"b": {"d":1, "c":2}, "a":[1]}"#, r#"{"a":[1],"b":{"c":2,"d":1}}"#);
    let sent = Sent { body: sent.as_bytes(), ..SENT };
    assert_eq!(signed(HEADER, inline, &text(inline.as_bytes())).check(&sent, &pem(PUBLIC_KEY)), Ok(()));
    let other = inline.replace('2', "3");
    assert!(signed(HEADER, &other, &text(other.as_bytes())).check(&sent, &pem(PUBLIC_KEY)).is_err());
}

#[test]
fn a_query_is_compared_where_the_token_names_one() {
    let header = HEADER.replace("POST", "GET");
    let naming = header.replace('}', r#","query":"limit=2&ids=a"}"#);
    let key = pem(PUBLIC_KEY);
    let sent = |query| Sent { method: "GET", body: b"", query, ..SENT };
    assert_eq!(signed(&header, "", "").check(&sent("limit=2"), &key), Ok(()));
    assert_eq!(signed(&naming, "", "").check(&sent("limit=2&ids=a"), &key), Ok(()));
    assert!(signed(&naming, "", "").check(&sent("limit=2"), &key).is_err());
    assert!(signed(&naming, "", "").check(&sent(""), &key).is_err());
    // Where calls must be signed, all of a call must be.
    let required = |query| Sent { covers_query: true, ..sent(query) };
    let refused = signed(&header, "", "").check(&required("limit=2"), &key).unwrap_err();
    assert_eq!(refused.rule(), "has no query, and the call has one");
    assert_eq!(signed(&header, "", "").check(&required(""), &key), Ok(()));
    assert_eq!(signed(&naming, "", "").check(&required("limit=2&ids=a"), &key), Ok(()));
}

#[test]
fn a_token_is_good_for_a_day_at_the_most() {
    let token = bearer(&format!("{}..{POSTED}", text(HEADER.as_bytes())));
    let at = |millis: u64| Sent { at: UnixMillis::from_millis(1_586_297_344_787 - millis), ..SENT };
    // And some seconds more: its clock need not be ours.
    assert_eq!(token.check(&at(86_410_000), &pem(PUBLIC_KEY)), Ok(()));
    let refused = token.check(&at(86_410_001), &pem(PUBLIC_KEY)).unwrap_err();
    assert_eq!(refused.rule(), "is good for more than 24 hours");
}

/// It is read before anybody knows who calls.
#[test]
fn a_header_that_is_far_too_long_is_not_even_decoded() {
    let long = |length: usize| Authorization::read(&format!("Bearer {}..AAAA", "?".repeat(length))).unwrap_err();
    assert!(long(4096).rule().contains("not base64url"), "{}", long(4096));
    assert_eq!(long(4097).rule(), "has a header of 4097 bytes");
}

#[test]
fn rsa_and_both_forms_of_ecdsa_are_accepted() {
    let asked = Sent { method: "GET", body: b"", ..SENT };
    assert_eq!(bearer(RS256).check(&asked, &pem(RSA_KEY)), Ok(()));
    assert_eq!(bearer(ES256).check(&asked, &pem(EC_KEY)), Ok(()));
    assert!(bearer(RS256).check(&asked, &pem(EC_KEY)).is_err());
    assert!(bearer(ES256).check(&asked, &pem(RSA_KEY)).is_err());

    let secret = SecretKey::from_slice(&[7; 32]).unwrap();
    let header = text(HEADER.replace("EdDSA", "ES256").as_bytes());
    let signing = EncodingKey::from_ec_der(secret.to_pkcs8_der().unwrap().as_bytes());
    let message = format!("{header}.{}", text(BODY.as_bytes()));
    let jose = crypto::sign(message.as_bytes(), &signing, Algorithm::ES256).unwrap();
    let own = secret.public_key().to_public_key_pem(LineEnding::LF).unwrap();
    assert_eq!(bearer(&format!("{header}..{jose}")).check(&SENT, &pem(&own)), Ok(()));
}

#[test]
fn a_token_that_says_too_little_is_refused() {
    let read = |header: &str| Authorization::read(&format!("Bearer {}..AAAA", text(header.as_bytes())));
    assert!(read(HEADER).is_ok());
    assert!(read(&HEADER.replace("1586297344787", "\"1586297344787\"")).is_ok());
    for (from, to) in [
        ("EdDSA", "HS256"),
        ("EdDSA", "none"),
        ("\"exp\":1586297344787,", ""),
        ("1586297344787", "1586297344.787"),
        ("1586297344787", "-1"),
        ("\"mid\"", "\"x\""),
        ("\"kid\"", "\"x\""),
        ("\"host\"", "\"x\""),
        ("\"method\"", "\"x\""),
        ("\"path\"", "\"x\""),
        ("\"host\"", "\"method\""),
        ("{", "{\"crit\":[\"b64\"],"),
        ("}", ""),
    ] {
        assert!(read(&HEADER.replace(from, to)).is_err(), "{to} for {from} was accepted");
    }
    for header in
        ["", "Bearer", "Bearer a", "Bearer a.b", "Bearer a.b.c.d", "Bearer ..", "Basic ?", "Digest x", "Basic"]
    {
        assert!(Authorization::read(header).is_err(), "{header:?} was accepted");
    }
}

/// What the SDK's `signJson` signs, and the header that it writes.
fn of_sdk(says: &str) -> Result<Authorization, Invalid> {
    let signature = crypto::sign(says.as_bytes(), &signing(), Algorithm::EdDSA).unwrap();
    Authorization::read(&format!(
        "Token-Ed25519-SHA512 member-id=m:2:5zKtXEAq,key-id=abc,signature={signature},created-at-ms=1586297344000"
    ))
}

#[test]
fn the_sdks_own_signature_is_accepted_for_its_call_alone() {
    let body = r#"{"config":{"url":"https://tpp.example/hook","type":["PAYMENT_STATUS_CHANGED"]}}"#;
    let says = r#"{"createdAtMs":"1586297344000","method":"PUT","requestBody":"{\"config\":{\"type\":[\"PAYMENT_STATUS_CHANGED\"],\"url\":\"https://tpp.example/hook\"}}","uriHost":"pay.example/token-io","uriPath":"/webhook/config"}"#;
    let sent = Sent {
        method: "PUT",
        hosts: &["pay.example"],
        base: "/token-io",
        path: "/webhook/config",
        body: body.as_bytes(),
        ..SENT
    };
    let check = |says: &str, sent: &Sent<'_>| match of_sdk(says) {
        Ok(Authorization::Signed(signature)) => signature.check(sent, &pem(PUBLIC_KEY)),
        other => panic!("read as {other:?}"),
    };
    assert_eq!(check(says, &sent), Ok(()));
    assert_eq!(check(&says.replace("pay.example/token-io", "pay.example"), &sent), Ok(()));
    let (old, early) = (SENT.at.plus(std::time::Duration::from_mins(10)), UnixMillis::from_millis(1_586_296_743_999));
    for other in [
        Sent { body: b"{}", ..sent },
        Sent { body: b"", ..sent },
        Sent { query: "a=b", ..sent },
        Sent { method: "DELETE", ..sent },
        Sent { path: "/webhook/configs", ..sent },
        Sent { hosts: &["evil.example"], ..sent },
        Sent { at: old, ..sent },
        Sent { at: early, ..sent },
    ] {
        assert!(check(says, &other).is_err(), "{other:?}");
    }
    let listed = r#"{"createdAtMs":"1586297344000","method":"GET","queryString":"limit=2","uriHost":"pay.example","uriPath":"/token-io/v2/payments"}"#;
    let sent = Sent { method: "GET", path: "/v2/payments/", query: "limit=2", body: b"", ..sent };
    assert_eq!(check(listed, &sent), Ok(()));
}

#[test]
fn the_sdks_header_has_each_parameter_once() {
    let whole = "member-id=m,key-id=k,signature=AAAA,created-at-ms=1";
    let read = |parameters: &str| Authorization::read(&format!("Token-Ed25519-SHA512 {parameters}"));
    assert!(read(whole).is_ok());
    assert!(read(&format!("{whole},on-behalf-of=x")).is_ok());
    for name in ["member-id", "key-id", "signature", "created-at-ms"] {
        assert!(read(&whole.replace(name, "other")).is_err(), "without {name}");
        assert!(read(&format!("{whole},{name}=x")).is_err(), "with {name} twice");
    }
}

#[test]
fn a_key_is_read_in_each_of_its_forms() {
    let read = |body: serde_json::Value| read_public_key(body.to_string().as_bytes());
    let bare = read(serde_json::json!({ "key": PUBLIC_KEY })).unwrap();
    assert_eq!(bare.id, "If4x36FUomFia_hU", "the first 16 characters of base64url(sha256(key))");
    let jwk = serde_json::json!({ "key": { "kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY } });
    assert_eq!(read(jwk), Ok(bare.clone()));
    assert_eq!(read(serde_json::json!({ "key": bare.pem })), Ok(bare.clone()));
    let named = read(serde_json::json!({ "key": PUBLIC_KEY, "id": "1x7df4vuFUHYQCa7" })).unwrap();
    assert_eq!((named.id.as_str(), named.pem == bare.pem), ("1x7df4vuFUHYQCa7", true));

    let point = read(serde_json::json!({ "key": EC_KEY })).unwrap();
    let der = STANDARD.decode(EC_KEY.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let (x, y) = (text(&der[27..59]), text(&der[59..91]));
    assert_eq!(read(serde_json::json!({ "key": { "kty": "EC", "crv": "P-256", "x": x, "y": y } })), Ok(point));
    assert_eq!(read(serde_json::json!({ "key": RSA_KEY })).unwrap().pem, RSA_KEY);

    for (bad, field) in [
        (serde_json::json!({}), "key"),
        (serde_json::json!({ "key": "" }), "key"),
        (serde_json::json!({ "key": "AAAA" }), "key"),
        (serde_json::json!({ "key": "-----BEGIN PRIVATE KEY-----" }), "key"),
        (serde_json::json!({ "key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" }), "key"),
        (serde_json::json!({ "key": { "kty": "oct", "k": "AAAA" } }), "key"),
        (serde_json::json!({ "key": { "kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY, "d": "AAAA" } }), "key"),
        (serde_json::json!({ "key": { "kty": "EC", "crv": "P-256", "x": x, "y": x } }), "key"),
        (serde_json::json!({ "key": PUBLIC_KEY, "id": "a,b" }), "id"),
    ] {
        assert_eq!(read(bad.clone()).unwrap_err().field(), field, "{bad}");
    }
}

//! What a bank's signature is worth: the key, the header, and the claims under it.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{STATE, URL_SAFE_NO_PAD, jwk, openid, sign};
use crate::domain::UnixMillis;
use crate::provider::ProviderError;
use crate::provider::oidc::claims::{Claims, Half, TokenKind};
use crate::provider::oidc::keys::{KeySet, Unverified};
use crate::provider::oidc::settings::{Flow, OidcConfig, Requests};
use base64::Engine as _;

const PINNED: [Algorithm; 3] = [Algorithm::ES256, Algorithm::PS256, Algorithm::RS256];
const ALL: [Algorithm; 4] = [Algorithm::ES256, Algorithm::ES384, Algorithm::PS256, Algorithm::EdDSA];
const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);

fn set(keys: &[Value]) -> KeySet {
    KeySet::of(serde_json::from_value(json!({ "keys": keys })).unwrap())
}

#[track_caller]
fn wrong(verified: Result<crate::provider::oidc::keys::Signed, Unverified>, why: &'static str) {
    assert_eq!(verified.unwrap_err(), Unverified::Wrong(why));
}

#[test]
fn a_key_of_the_set_signs_and_no_other() {
    let set = set(&[jwk(1, "a"), jwk(2, "b")]);
    let claims = json!({"sub": "alice"});
    assert_eq!(set.verify(&sign(1, Some("a"), &claims), &PINNED).unwrap().claims.sub.as_deref(), Some("alice"));
    assert!(set.verify(&sign(2, None, &claims), &PINNED).is_ok(), "without an id, every key is tried");
    wrong(set.verify(&sign(2, Some("a"), &claims), &PINNED), "its signature is wrong");
    assert_eq!(set.verify(&sign(1, Some("c"), &claims), &PINNED).unwrap_err(), Unverified::UnknownKey);
    assert_eq!(set.verify(&sign(3, None, &claims), &PINNED).unwrap_err(), Unverified::UnknownKey);
    for text in ["", "x", "a.b.c", "a.b.c.d.e"] {
        wrong(set.verify(text, &PINNED), "it is no signed token");
    }
    wrong(set.verify(&sign(1, Some("a"), &json!([1])), &PINNED), "its claims cannot be read");
}

#[test]
fn an_algorithm_is_pinned_by_us_and_not_chosen_by_the_token() {
    let set = set(&[jwk(1, "a")]);
    wrong(
        set.verify(&sign(1, Some("a"), &json!({})), &[Algorithm::PS256]),
        "its algorithm is not one of the pinned ones",
    );
    // The public key as a shared secret.
    let public = jwk(1, "a").to_string();
    let header = Header { kid: Some("a".into()), ..Header::new(Algorithm::HS256) };
    let confused = jsonwebtoken::encode(&header, &json!({}), &EncodingKey::from_secret(public.as_bytes())).unwrap();
    wrong(set.verify(&confused, &PINNED), "its algorithm is not one of the pinned ones");
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let unsigned = format!("{}.{}.", part(json!({"alg": "none"})), part(json!({"sub": "alice"})));
    wrong(set.verify(&unsigned, &PINNED), "it is no signed token");
    // An RSA algorithm over a key of another kind.
    let relabelled = format!("{}.{}.c2ln", part(json!({"alg": "PS256", "kid": "a"})), part(json!({})));
    assert_eq!(set.verify(&relabelled, &PINNED).unwrap_err(), Unverified::UnknownKey);
}

#[test]
fn a_header_that_asks_for_more_than_a_signature_is_refused() {
    let set = set(&[jwk(1, "a")]);
    let key = super::key(1);
    let key = EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes());
    let header = Header { kid: Some("a".into()), crit: Some(vec!["b64".into()]), ..Header::new(Algorithm::ES256) };
    let token = jsonwebtoken::encode(&header, &json!({}), &key).unwrap();
    wrong(set.verify(&token, &PINNED), "its header has critical extensions");
}

#[test]
fn a_key_that_is_not_for_this_is_not_in_the_set() {
    let with = |name: &str, value: Value| {
        let mut key = jwk(1, "a");
        key[name] = value;
        key
    };
    let token = sign(1, Some("a"), &json!({}));
    let verifies = |key: Value| set(&[json!({"kty": "future"}), key]).verify(&token, &PINNED).is_ok();
    assert!(verifies(jwk(1, "a")), "keys of other kinds do no harm");
    assert!(verifies(with("alg", json!("ES256"))));
    assert!(verifies(with("key_ops", json!(["verify"]))));
    assert!(!verifies(with("use", json!("enc"))));
    assert!(!verifies(with("key_ops", json!(["encrypt"]))));
    assert!(!verifies(with("alg", json!("ES384"))));
    assert!(!verifies(with("alg", json!("ECDH-ES"))));
}

#[test]
fn a_key_that_is_too_weak_is_not_in_the_set() {
    let rsa = |modulus: &[u8], exponent: &[u8]| json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent)});
    let (public, whole) = ([1, 0, 1], [0xff; 256]);
    let padded = [&[0; 128][..], &[0xff; 128]].concat();
    let almost = [&[0x7f], &whole[1..]].concat();
    for (what, key) in [
        ("1024 bits", rsa(&[0xff; 128], &public)),
        ("1024 bits behind zeros", rsa(&padded, &public)),
        ("2047 bits", rsa(&almost, &public)),
        ("no modulus", rsa(&[], &public)),
        ("whose signature is the text itself", rsa(&whole, &[1])),
        ("an even exponent", rsa(&whole, &[2])),
        ("no exponent", rsa(&whole, &[])),
        (
            "P-521, which no algorithm here is over",
            json!({"kty": "EC", "kid": "a", "crv": "P-521", "x": "AA", "y": "AA"}),
        ),
        ("secp256k1", json!({"kty": "EC", "kid": "a", "crv": "secp256k1", "x": "AA", "y": "AA"})),
        ("X25519, which signs nothing", json!({"kty": "OKP", "kid": "a", "crv": "X25519", "x": "AA"})),
        ("P-256 as an Edwards curve", json!({"kty": "OKP", "kid": "a", "crv": "P-256", "x": "AA"})),
        ("a shared secret", json!({"kty": "oct", "kid": "a", "k": "AAAA"})),
    ] {
        let set = set(&[key]);
        assert!(!set.can_verify(&ALL), "{what}");
        for alg in ["PS256", "ES256", "EdDSA"] {
            let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
            let token = format!("{}.{}.c2ln", part(json!({"alg": alg, "kid": "a"})), part(json!({})));
            assert_eq!(set.verify(&token, &ALL).unwrap_err(), Unverified::UnknownKey, "{what} {alg}");
        }
    }
    for exponent in [&[3][..], &public, &[0, 1, 0, 1]] {
        assert!(set(&[rsa(&whole, exponent)]).can_verify(&ALL), "{exponent:?}");
    }
    assert!(set(&[jwk(1, "a")]).can_verify(&PINNED) && !set(&[jwk(1, "a")]).can_verify(&[Algorithm::PS256]));
}

/// An `id_token`'s claims with one changed; `null` leaves it out.
fn claims(name: &str, value: Value) -> Claims {
    let now = NOW.as_millis() / 1000;
    let mut all = json!({"iss": "https://bank.example", "aud": "us", "sub": "alice", "nonce": STATE,
        "iat": now, "exp": now + 60});
    all[name] = value;
    all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    serde_json::from_value(all).unwrap()
}

fn held(name: &str, value: Value) -> Result<(), String> {
    let claims = claims(name, value);
    let held = claims.hold(TokenKind::IdToken, &openid("https://bank.example"), NOW);
    why(held.and_then(|()| claims.hold_id_token(STATE)))
}

fn why(held: Result<(), ProviderError>) -> Result<(), String> {
    held.map_err(|trouble| match trouble {
        ProviderError::Forged(why) => why,
        other => panic!("{other:?}"),
    })
}

#[test]
fn every_signed_word_has_an_age() {
    const MINUTE: u64 = 60;
    const WEEK: u64 = 7 * 24 * 60 * MINUTE;
    let now = NOW.as_millis() / 1000;
    let (old, long) = (Err("it was issued too long ago".to_owned()), Err("it is good for too long".to_owned()));
    let (id_token, answer) = (TokenKind::IdToken, TokenKind::AuthorizationResponse);
    // Since when it is good, when it was issued, and until when it is good, from now on.
    for (word, nbf, iat, exp, expected) in [
        (id_token, None, Some(now), now + 60 * MINUTE, Ok(())),
        (id_token, None, Some(now - 10 * MINUTE - 10), now + 60, Ok(())),
        (id_token, None, Some(now - 10 * MINUTE - 11), now + 60, old.clone()),
        (id_token, None, Some(now - WEEK), now + 2 * WEEK, old.clone()),
        (id_token, Some(now - WEEK), Some(now), now + 60, Ok(())),
        (id_token, None, Some(now), now + 52 * WEEK, Ok(())),
        (id_token, None, Some(now), now + 100 * 52 * WEEK, long.clone()),
        (answer, None, None, now + 10 * MINUTE, Ok(())),
        (answer, None, None, now + 60 * MINUTE + 10, Ok(())),
        (answer, None, None, now + 60 * MINUTE + 11, long.clone()),
        (answer, None, Some(now - WEEK), now + 60, old.clone()),
        (answer, Some(now - WEEK), None, now + 60, old.clone()),
        (answer, Some(now - WEEK), Some(now), now + 60, Ok(())),
    ] {
        let all = json!({"iss": "https://bank.example", "aud": "us", "nbf": nbf, "iat": iat, "exp": exp});
        let claims: Claims = serde_json::from_value(all.clone()).unwrap();
        assert_eq!(why(claims.hold(word, &openid("https://bank.example"), NOW)), expected, "{word:?} {all}");
    }
}

#[test]
fn a_state_needs_its_hash_at_a_bank_of_fapi() {
    let hybrid = OidcConfig { flow: Flow::Hybrid, ..openid("https://bank.example") };
    let fapi = OidcConfig { requests: Requests::Signed, ..hybrid.clone() };
    let (none, right) = (claims("x", json!(1)), claims("s_hash", json!(half(STATE))));
    let wrong = claims("s_hash", json!(half("another")));
    for (config, needed) in [(&hybrid, false), (&fapi, true)] {
        let held = |claims: &Claims| why(claims.hold_state(STATE, config, Algorithm::PS256));
        assert_eq!(held(&right), Ok(()));
        assert_eq!(held(&wrong), Err("its s_hash is of another state".into()));
        let missing = if needed { Err("it has no s_hash, which FAPI requires".into()) } else { Ok(()) };
        assert_eq!(held(&none), missing);
    }
}

/// The left half of the SHA-256 of a text.
fn half(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

#[test]
fn what_is_signed_is_the_banks_for_us_and_now() {
    let now = NOW.as_millis() / 1000;
    for (name, value) in [
        ("sub", json!("bob")),
        ("aud", json!(["us"])),
        ("azp", json!("us")),
        ("exp", json!(now - 9)),
        ("exp", json!(1_800_000_000.5)),
        ("iat", json!(now + 10)),
        ("nbf", json!(now)),
    ] {
        assert_eq!(held(name, value.clone()), Ok(()), "{name}: {value}");
    }
    for (name, value, why) in [
        ("iss", json!("https://bank.example/"), "its issuer is another"),
        ("iss", Value::Null, "its issuer is another"),
        ("aud", json!("them"), "it is for somebody else"),
        ("aud", Value::Null, "it is for somebody else"),
        ("aud", json!([]), "it is for somebody else"),
        ("aud", json!(["us", "them"]), "it was made for somebody else"),
        ("azp", json!("them"), "it was made for somebody else"),
        ("exp", json!(now - 10), "it has expired"),
        ("exp", Value::Null, "it never expires"),
        ("iat", json!(now + 11), "it is from the future"),
        ("nbf", json!(now + 11), "it is from the future"),
        ("iat", Value::Null, "it does not say when it was issued"),
        ("sub", Value::Null, "it does not say who agreed"),
        ("sub", json!(""), "it does not say who agreed"),
        ("nonce", json!("another"), "its nonce is another"),
        ("nonce", Value::Null, "its nonce is another"),
    ] {
        assert_eq!(held(name, value.clone()), Err(why.into()), "{name}: {value}");
    }
}

#[test]
fn somebody_beside_us_is_fine_where_it_was_made_for_us() {
    let mut both = claims("aud", json!(["us", "them"]));
    assert!(both.hold(TokenKind::IdToken, &openid("https://bank.example"), NOW).is_err());
    both = serde_json::from_value(json!({"iss": "https://bank.example", "aud": ["them", "us"], "azp": "us",
        "exp": NOW.plus(Duration::from_secs(1)).as_millis() / 1000}))
    .unwrap();
    assert_eq!(both.hold(TokenKind::IdToken, &openid("https://bank.example"), NOW), Ok(()));
}

#[test]
fn a_claim_that_comes_twice_or_is_no_time_is_not_read() {
    for bad in [r#"{"nonce":"a","nonce":"b"}"#, r#"{"exp":"soon"}"#, r#"{"exp":-1}"#, r#"{"exp":1e300}"#] {
        assert!(serde_json::from_str::<Claims>(bad).is_err(), "{bad}");
    }
}

/// The example of OpenID Connect Core, appendix A.4: a code and its `c_hash`; and of A.3, an access token.
#[test]
fn half_hashes_are_those_of_the_specification() {
    let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
    let with_code = claims("c_hash", json!("LDktKdoQak3Pk0cnXxCltA"));
    assert_eq!(with_code.hold_half(Half::Code(code), Algorithm::RS256), Ok(()));
    assert!(with_code.hold_half(Half::Code("another"), Algorithm::RS256).is_err());
    assert!(with_code.hold_half(Half::Code(code), Algorithm::PS384).is_err(), "another hash");
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let with_token = claims("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ"));
    assert_eq!(with_token.hold_half(Half::AccessToken(token), Algorithm::RS256), Ok(()));
    assert!(with_token.hold_half(Half::AccessToken("another"), Algorithm::RS256).is_err());
}

#[test]
fn a_code_needs_its_hash_and_the_others_may_do_without() {
    let none = claims("x", json!(1));
    assert!(none.hold_half(Half::Code("c"), Algorithm::ES256).is_err());
    assert_eq!(none.hold_half(Half::State(STATE), Algorithm::ES256), Ok(()));
    assert_eq!(none.hold_half(Half::AccessToken("a"), Algorithm::ES256), Ok(()));
}

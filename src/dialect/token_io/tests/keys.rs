//! How strong a key must be, wherever a merchant brings one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signatures::{RSA_KEY, SENT, bearer};
use crate::dialect::token_io::{Sent, read_public_key};
use crate::domain::Invalid;

const P384: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEuqsW4InASDPNXrlpkto46eC8TVAbPSb6
M3WnhTcIjRYa2kM0YhCmAGBb+eP1VTbiRfDVrCPv9IKQPTGFIEqG4orbrhUPaG1S
W8t9NV0bfBeWDUV8O7aEC20GGAiCVUH2
-----END PUBLIC KEY-----
";
const RSA_1024: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDGICx9dlIMQRdHta2FzNv2PbI0
lIPNKw6XbkkE6+K2hif0lk9wTrKpkbk1Yce5NEEYd9c0swmr4UHNoEnFmb5T14mr
K3lTOvpJrvN7INuPr8eoUFE5LwoTG+tiTo/3/LH2IGs0CZogqrwe6VryhcBEUy1v
W6Hvut9ldGJzG7B8lwIDAQAB
-----END PUBLIC KEY-----
";
const RSA_2047: &str = "-----BEGIN PUBLIC KEY-----
MIIBITANBgkqhkiG9w0BAQEFAAOCAQ4AMIIBCQKCAQBs/x861whYmqUvWenbtW8i
DI/XZPJPSpDu//13kBqU7HR04/PegbTEJ0dzKqMOCgKquNIASeTZoFMbFxUidJzb
Yo/JAIPgR23UBO5Ddf+i6QMfR93AqYsossGCQ7l+15/kpoDZ0H6g2zu8VxPR6hvR
N1Y5XbKmgJHlsM8iFhv5ARuFK1rPhvleY0g3m410QaWORxoVqVzimaDi2PYS9FOQ
yzpPpO26O/cE3BhOeGLYceNV3rULxcaDWsK1O5sT+FDWEwy+cUK/5nlccsJVTPko
hGDpHy/f4S0qy4zf1aX25EWkyRJyfL6CYasyNBvMdzgo5ys5kTv4oYC32uSLn0JH
AgMBAAE=
-----END PUBLIC KEY-----
";
const RSA_EXPONENT_1: &str = "-----BEGIN PUBLIC KEY-----
MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAoyMJubPBzN9uT204tPIH
i5QLJWvm4ababAcosykJWvM8b1W2EQ8aHqu5uujA31LLelbCJROKoHkhg6i3XrFr
f1+V0IRlWZfnz2A9NEGBBT25gThLsknhzNh6pQPm7riyjtLmxaDYS4anp1gNEXJS
D61YC9C1A9RZyM7y987/nznKY52sGkIajRbiTB3NNKq0zMcZn/G3LT88tQ4+elRe
y8Dv608KytUergPp1Zug385B1QNy+SAoHEyNNIF6WuNyBv7G4Fd1mPz6PgcOPrEs
p+XxJtYODP4FoluPryu7Vw+HddQbL3OS12I3/Cux5Fg8TeDAyzZj1pT8TrJJ15gO
xwIBAQ==
-----END PUBLIC KEY-----
";
const SECP256K1: &str = "-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEQulcsGjMnibPMzwTIQWnlk/TNisVuXO3
IeMRoIPQZ7EvhR7V/QRIe8JvxmDW1C71Ooqyj5G7IgAnoXHdN5wWqw==
-----END PUBLIC KEY-----
";
const X25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VuAyEAvevxar+Q90hx82vOuCRyHdQqg7346lOVWEmr3D/ZXj0=
-----END PUBLIC KEY-----
";

/// A token of RS256 over `GET /v2/payments`, signed with [`RSA_1024`].
const SIGNED_WITH_1024: &str = "eyJhbGciOiJSUzI1NiIsImV4cCI6IjE1ODYyOTczNDQ3ODciLCJtaWQiOiJtOjMzVjF5a3pLd0hia1dxdDdmRHoyV1BQZEgyWnQ6NXpLdFhFQXEiLCJraWQiOiJrIiwibWV0aG9kIjoiR0VUIiwiaG9zdCI6ImFwaS50b2tlbi5pbyIsInBhdGgiOiIvdjIvcGF5bWVudHMiLCJ0eXAiOiJKV1QifQ..b55EOjR119XpopaivFxyiUnWrzjX8aF3QrUA-LQYtt58_CgnSHE1bQLdZg0reGczv2xTQsFY2s3Ycohne0Rww1e06YQ0N2RbTL9JSw4Y7kFv1LtpqhZtC6EdqG-zcqKkO84xH2QYRlaQYfMQTrE6Cj_x1r6RSQVWOjwFOWWlu3M";

fn rejection(key: &serde_json::Value) -> Invalid {
    let body = serde_json::json!({ "key": key }).to_string();
    read_public_key(body.as_bytes()).expect_err(&body)
}

#[test]
fn a_key_that_is_too_weak_or_of_another_curve_is_refused_with_what_is_expected() {
    // The points of order 1 and 8 (RFC 7748, section 6.1, speaks of their kind).
    let neutral = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let order_8 = "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o";
    let long_curve = serde_json::json!({ "kty": "EC", "crv": "P-384", "x": "AAAA", "y": "AAAA" });
    let other_okp = serde_json::json!({ "kty": "OKP", "crv": "X25519", "x": super::PUBLIC_KEY });
    for (key, rule) in [
        (RSA_1024.into(), "has 1024 bits, and an RSA key needs 2048 at least"),
        (RSA_2047.into(), "has 2047 bits, and an RSA key needs 2048 at least"),
        (RSA_EXPONENT_1.into(), "is no RSA key of up to 4096 bits"),
        (P384.into(), "is no public key that is known here"),
        (SECP256K1.into(), "is no public key that is known here"),
        (X25519.into(), "is no public key that is known here"),
        (neutral.into(), "is no point of Ed25519 that a signature can be trusted under"),
        (order_8.into(), "is no point of Ed25519 that a signature can be trusted under"),
        (long_curve, "is a JWK of a kind that is not known here"),
        (other_okp, "is a JWK of a kind that is not known here"),
    ] {
        let refused = rejection(&key);
        assert_eq!((refused.field(), refused.rule()), ("key", rule), "{key}");
        assert!(refused.hint_text().is_some_and(|hint| hint.contains("2048 to 4096 bits")), "{refused}");
    }
}

#[test]
fn a_weak_key_that_was_registered_before_verifies_nothing() {
    let asked = Sent { method: "GET", body: b"", ..SENT };
    assert!(bearer(SIGNED_WITH_1024).check(&asked, RSA_1024).is_err());
    assert!(read_public_key(serde_json::json!({ "key": RSA_KEY }).to_string().as_bytes()).is_ok());
}

/// An RSA key of this modulus and this exponent, in PEM (RFC 8017, appendix A.1.1).
fn rsa_key(modulus: &[u8], exponent: &[u8]) -> String {
    let der = |tag: u8, content: &[u8]| {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let length = match content.len() {
            0..128 => vec![low],
            128..256 => vec![0x81, low],
            _ => vec![0x82, high, low],
        };
        [&[tag], &length[..], content].concat()
    };
    let number = |bytes: &[u8]| der(2, &[if bytes[0] < 0x80 { &[][..] } else { &[0] }, bytes].concat());
    let key = der(0x30, &[number(modulus), number(exponent)].concat());
    format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", STANDARD.encode(key))
}

#[test]
fn an_rsa_key_has_a_modulus_that_can_be_used_and_an_exponent_that_hides() {
    let (usual, shortest, longest) = (&[1, 0, 1][..], [0xff; 256], [0xff; 512]);
    let read = |key: &str| read_public_key(serde_json::json!({ "key": key }).to_string().as_bytes());
    for (modulus, exponent) in [(&shortest[..], usual), (&longest, usual), (&shortest, &[3]), (&shortest, &[0xff; 4])] {
        assert!(read(&rsa_key(modulus, exponent)).is_ok(), "{} bytes, {exponent:?}", modulus.len());
    }
    let too_long = [&[1], &longest[..]].concat();
    for (modulus, exponent) in [
        (&too_long[..], usual),
        (&shortest, &[1]),
        (&shortest, &[2]),
        (&shortest, &[1, 0, 0]),
        (&shortest, &[1, 0, 0, 0, 1]),
    ] {
        let refused = read(&rsa_key(modulus, exponent)).expect_err("a bad key");
        assert_eq!(refused.rule(), "is no RSA key of up to 4096 bits", "{} bytes, {exponent:?}", modulus.len());
    }
}

//! A bank beside a made-up server, for what a real provider does not do; `tests/it/banks` has the real ones.

mod calls;
mod fake;
mod requests;
mod signatures;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::{SecretKey, elliptic_curve::sec1::ToSec1Point as _, pkcs8::EncodePrivateKey as _};
use serde_json::{Value, json};

use super::Oidc;
use super::settings::{ClientAuth, Endpoints, Explicit, OidcConfig, Par, PlainLoopback};
use crate::clock::TestClock;
use crate::domain::consent::{self, Kind};
use crate::domain::{
    Amount, AnswerTo, CallbackPlan, Consent, Currency, DialectData, FeatureRequest, Journey, JourneyId, MerchantId,
    MerchantName, Mode, Opening, Purpose, Secret, Settings, Shard, UnixMillis, UserId,
};
use crate::provider::VisitContext;

/// The `state`, and the `nonce`.
const STATE: &str = "00112233445566778899aabbccddeeff";

/// A P-256 key made of one byte.
fn key(byte: u8) -> SecretKey {
    SecretKey::from_slice(&[byte; 32]).unwrap()
}

fn jwk(byte: u8, kid: &str) -> Value {
    let point = key(byte).public_key().to_sec1_point(false);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": kid,
           "x": text(point.x().unwrap()), "y": text(point.y().unwrap())})
}

fn pem(byte: u8) -> Secret {
    let der = STANDARD.encode(key(byte).to_pkcs8_der().unwrap().as_bytes());
    Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n"))
}

fn sign(byte: u8, kid: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: kid.map(Into::into), ..Header::new(Algorithm::ES256) };
    let key = EncodingKey::from_ec_der(key(byte).to_pkcs8_der().unwrap().as_bytes());
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

/// A bank at this address that knows its endpoints, and signs nothing.
fn plain(base: &str) -> OidcConfig {
    let explicit = Explicit {
        authorization: format!("{base}/auth?tenant=a%20b"),
        token: format!("{base}/token"),
        jwks_uri: None,
        par: Some(format!("{base}/par")),
        mtls_token: None,
        mtls_par: None,
    };
    let auth = ClientAuth::SecretBasic(Secret::new("s3cret"));
    OidcConfig {
        endpoints: Endpoints::Explicit(Box::new(explicit)),
        scope: vec!["accounts".into()],
        par: Par::Never,
        plain_loopback: PlainLoopback::Allowed,
        ..OidcConfig::usual("bank", base, "us", auth)
    }
}

/// A bank at this address with the scope `openid` and keys.
fn openid(base: &str) -> OidcConfig {
    let mut config = plain(base);
    if let Endpoints::Explicit(endpoints) = &mut config.endpoints {
        endpoints.jwks_uri = Some(format!("{base}/jwks"));
    }
    OidcConfig { scope: vec!["openid".into(), "accounts".into()], ..config }
}

/// What is usual for a bank.
pub(super) fn config() -> OidcConfig {
    OidcConfig::usual("bank", "https://bank.example", "us", ClientAuth::SecretBasic(Secret::new("s")))
}

fn bank(config: OidcConfig, clock: &Arc<TestClock>) -> Oidc {
    let clock = Arc::clone(clock);
    Oidc::new(config.parse().unwrap(), clock)
}

/// One visit, the same each time.
fn context() -> VisitContext<'static> {
    static JOURNEY: LazyLock<Journey> = LazyLock::new(|| Journey::open(opening()));
    VisitContext {
        journey: &JOURNEY,
        visit: 0,
        state: STATE.into(),
        verifier: Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        redirect_uri: "https://pay.example/return/bank".into(),
        institution: None,
    }
}

/// A journey of a payment.
fn payment() -> Journey {
    let kind = Kind::Payment {
        amount: Amount::parse("25", Currency::EUR).unwrap(),
        payee: "Shop".into(),
        reference: String::new(),
    };
    let mut opening = opening();
    if let Purpose::Consent(consent) = &mut opening.purpose {
        consent.kind = kind;
    }
    Journey::open(opening)
}

fn opening() -> Opening {
    Opening {
        id: JourneyId::mint([1; 16], Shard::of_byte(1)),
        merchant: MerchantId::mint([2; 16]),
        merchant_name: MerchantName::parse("Shop").unwrap(),
        dialect: "test".into(),
        provider: "bank".into(),
        key: "k1".into(),
        purpose: Purpose::Consent(Consent {
            kind: Kind::Accounts,
            user: UserId::mint([3; 16], Shard::of_byte(3)),
            application_user: None,
            institution: None,
            country: None,
            features: FeatureRequest::All(Vec::new()),
            longest: consent::LIFE,
            until: None,
            answer_to: AnswerTo::Gateway,
        }),
        dialect_data: DialectData::default(),
        plan: CallbackPlan::default(),
        settings: Settings::default().frozen(),
        opened_at: UnixMillis::from_millis(0),
        expires_at: UnixMillis::from_millis(0).plus(Duration::from_hours(1)),
        mode: Some(Mode::Test),
        choices: Vec::new(),
        marks: None,
        popup: None,
    }
}

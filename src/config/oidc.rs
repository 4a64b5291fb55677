//! `[institution.bank]` with `kind = "oidc"`: how a real bank is reached, and how it knows us.

use std::time::Duration;

use super::section::{Notes, Section};
use super::span;
use crate::domain::{Invalid, Secret};
use crate::provider::oidc::settings::{
    ClientAuth, ClientCertificate, Endpoints, Explicit, Flow, Iss, OidcConfig, Par, PlainLoopback, Prompt, Requests,
    ResponseMode, SigningAlg, SigningKey,
};

/// What stands in a key's place while it has a mistake; nothing is handed out then.
const MISTAKEN: &str = "mistaken";

/// How a client proves who it is, by its names (`OpenID` Connect Core, section 9; RFC 8705, section 2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Basic,
    Post,
    PrivateKeyJwt,
    Tls,
}

const METHODS: [(&str, Method); 5] = [
    ("client_secret_basic", Method::Basic),
    ("client_secret_post", Method::Post),
    ("private_key_jwt", Method::PrivateKeyJwt),
    ("tls_client_auth", Method::Tls),
    ("self_signed_tls_client_auth", Method::Tls),
];
const PAR: [(&str, Par); 3] =
    [("when_advertised", Par::WhenAdvertised), ("always", Par::Always), ("never", Par::Never)];
const REQUESTS: [(&str, Requests); 2] = [("plain", Requests::Plain), ("signed", Requests::Signed)];
const FLOWS: [(&str, Flow); 2] = [("code", Flow::Code), ("code id_token", Flow::Hybrid)];
const ISS: [(&str, Iss); 2] = [("when_advertised", Iss::WhenAdvertised), ("required", Iss::Required)];

/// Reads the bank of the institution of this id and name. Every field that breaks a rule is noted; a bank with a
/// mistake must not be used.
pub fn bank(mut section: Section<'_>, names: Option<(&str, &str)>, notes: &Notes) -> OidcConfig {
    section.need("kind", "expected \"oidc\"");
    section.word("kind", &[("oidc", ())]);
    let (id, label) = names.unwrap_or((MISTAKEN, MISTAKEN));
    let issuer = section.verbatim("issuer", "expected such as https://bank.example").unwrap_or_default();
    let client_id = section.verbatim("client_id", "expected the id under which the bank knows us");
    let auth = auth(&mut section);
    let usual = OidcConfig::usual(id, &issuer, &client_id.unwrap_or_default(), auth);
    let config = OidcConfig {
        label: label.to_owned(),
        endpoints: endpoints(&mut section),
        signing_key: signing_key(&mut section),
        client_certificate: client_certificate(&mut section),
        scope: list(&mut section, "scope", usual.scope),
        prompt: each_name(&mut section, ("prompt", "consent with offline_access, else none", " "), Prompt::parse),
        par: section.word("par", &PAR).unwrap_or(usual.par),
        requests: section.word("requests", &REQUESTS).unwrap_or(usual.requests),
        response_mode: section
            .parsed("response_mode", ResponseMode::Query, ResponseMode::parse, |mode| mode.as_str().to_owned()),
        flow: section.word("response_type", &FLOWS).unwrap_or(usual.flow),
        iss: section.word("iss", &ISS).unwrap_or(usual.iss),
        id_token_algs: each_name(&mut section, ("id_token_algs", "ES256, PS256, RS256", ", "), SigningAlg::parse)
            .unwrap_or(usual.id_token_algs),
        leeway: section.parsed("leeway", usual.leeway, leeway, |span| span::written(*span)),
        extra_ca: section.hidden("extra_ca").map(|pem| pem.reveal().to_owned()),
        plain_loopback: if section.yes("plain_loopback") { PlainLoopback::Allowed } else { PlainLoopback::Refused },
        ..usual
    };
    for invalid in config.clone().parse().err().unwrap_or_default() {
        note(&section, &invalid, notes);
    }
    section.end();
    config
}

/// Notes what the bank itself says of its settings, unless their mistake has been noted already.
fn note(section: &Section<'_>, invalid: &Invalid, notes: &Notes) {
    let key = match invalid.field() {
        field @ ("authorization" | "token" | "jwks_uri" | "mtls_token" | "mtls_par") => format!("endpoints.{field}"),
        // Pushed requests have a word and an address.
        "par" => "endpoints.par".to_owned(),
        // The institution's.
        "name" | "label" => return,
        field => field.to_owned(),
    };
    let also = if key == "client_certificate" { "client_key" } else { key.as_str() };
    if !notes.has_refused(&section.path_of(&key)) && !notes.has_refused(&section.path_of(also)) {
        section.refuse(&key, invalid);
    }
}

fn auth(section: &mut Section<'_>) -> ClientAuth {
    let method = section.word("auth", &METHODS);
    let said = section.says_hidden("client_secret");
    let secret = section.hidden("client_secret");
    let uses = matches!(method, Some(Method::Basic | Method::Post));
    match method {
        Some(_) if uses && !said => {
            let invalid = Invalid::new("", "is missing: the bank knows us by it");
            section.refuse(
                "client_secret",
                &invalid.hint("expected client_secret_env or client_secret_file, or another auth"),
            );
        }
        Some(_) if !uses && said => {
            let invalid = Invalid::new("", "has no use with this auth");
            section.refuse("client_secret", &invalid.hint("leave it out"));
        }
        _ => {}
    }
    let secret = secret.unwrap_or_else(|| Secret::new(MISTAKEN));
    match method {
        Some(Method::Basic) | None => ClientAuth::SecretBasic(secret),
        Some(Method::Post) => ClientAuth::SecretPost(secret),
        Some(Method::PrivateKeyJwt) => ClientAuth::PrivateKeyJwt,
        Some(Method::Tls) => ClientAuth::TlsClient,
    }
}

fn endpoints(section: &mut Section<'_>) -> Endpoints {
    let Some(mut inner) = section.inner("endpoints") else {
        section.show("endpoints", "discovered");
        return Endpoints::Discover;
    };
    let needed = |inner: &mut Section<'_>, key: &str| inner.verbatim(key, "expected an https address");
    let optional = |inner: &mut Section<'_>, key: &str| {
        inner.parsed(
            key,
            None,
            |text| Ok(Some(text.to_owned())),
            |url: &Option<String>| url.clone().unwrap_or_else(|| "none".to_owned()),
        )
    };
    let explicit = Explicit {
        authorization: needed(&mut inner, "authorization").unwrap_or_default(),
        token: needed(&mut inner, "token").unwrap_or_default(),
        jwks_uri: optional(&mut inner, "jwks_uri"),
        par: optional(&mut inner, "par"),
        mtls_token: optional(&mut inner, "mtls_token"),
        mtls_par: optional(&mut inner, "mtls_par"),
    };
    inner.end();
    Endpoints::Explicit(Box::new(explicit))
}

fn signing_key(section: &mut Section<'_>) -> Option<SigningKey> {
    let pem = section.hidden("signing_key");
    let kid = section.text("signing_key_id").map(str::to_owned);
    let alg = section.text("signing_key_alg").unwrap_or("ES256");
    let alg = SigningAlg::parse(alg).map_err(|invalid| section.refuse("signing_key_alg", &invalid)).ok();
    Some(SigningKey { pem: pem?, kid, alg: alg? })
}

fn client_certificate(section: &mut Section<'_>) -> Option<ClientCertificate> {
    let (certificate, key) = (section.says_hidden("client_certificate"), section.says_hidden("client_key"));
    if certificate != key {
        let missing = if key { "client_certificate" } else { "client_key" };
        let invalid = Invalid::new("", "is missing: a certificate and its key belong together");
        section.refuse(missing, &invalid.hint(format!("expected {missing}_file or {missing}_env, PEM")));
    }
    let (certificate, key) = (section.hidden("client_certificate"), section.hidden("client_key"));
    Some(ClientCertificate { cert_pem: certificate?.reveal().to_owned(), key_pem: key? })
}

/// A list of names, each as `parse` understands it. `None` when it is not there, which is `usual`, or a mistake.
pub fn each_name<T>(
    section: &mut Section<'_>,
    (key, usual, between): (&str, &str, &str),
    parse: fn(&str) -> Result<T, Invalid>,
) -> Option<Vec<T>> {
    let Some(names) = section.texts(key) else {
        section.show(key, usual);
        return None;
    };
    section.show(key, names.join(between));
    let parsed: Result<Vec<_>, _> = names.iter().map(|name| parse(name)).collect();
    parsed.map_err(|invalid| section.refuse(key, &invalid)).ok()
}

fn list(section: &mut Section<'_>, key: &str, usual: Vec<String>) -> Vec<String> {
    let list = section.texts(key).unwrap_or(usual);
    section.show(key, list.join(" "));
    list
}

fn leeway(text: &str) -> Result<Duration, Invalid> {
    span::parse(text, Duration::ZERO, Duration::from_mins(5))
}

//! What a bank says of itself (OpenID Connect Discovery 1.0, section 3; RFC 8414), held against its settings: what can
//! be known before the first customer is reported before the first customer.
//!
//! What a bank *requires*, and is not configured to be given, is a mistake: every customer would come back with an
//! error, so nobody is sent there. What it merely does not *list* is a warning: lists are often incomplete, and some
//! are wrong. A bank whose requirement is wrong too can be configured with its `endpoints`; then it is not asked what
//! it says.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::settings::{ClientAuth, Explicit, Flow, Iss, OidcConfig, Par, Requests};

/// The most that a warning repeats of what a bank lists, in bytes.
const LONGEST_LIST: usize = 200;

/// Provider metadata, as far as it is looked at (RFC 8414, section 2; RFC 9126, section 5; RFC 9101, section 10.5;
/// RFC 8705, section 5; RFC 9207, section 3).
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    #[serde(default)]
    mtls_endpoint_aliases: Aliases,
    token_endpoint_auth_methods_supported: List,
    token_endpoint_auth_signing_alg_values_supported: List,
    id_token_signing_alg_values_supported: List,
    authorization_signing_alg_values_supported: List,
    request_object_signing_alg_values_supported: List,
    response_types_supported: List,
    response_modes_supported: List,
    grant_types_supported: List,
    prompt_values_supported: List,
    code_challenge_methods_supported: List,
    request_parameter_supported: Flag,
    authorization_response_iss_parameter_supported: Flag,
    require_pushed_authorization_requests: Flag,
    require_signed_request_object: Flag,
}

#[derive(Default, Deserialize)]
struct Aliases {
    token_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
}

/// A value; none where there is nothing that is one. It is only held against, so that no bank is lost for a value that
/// is written in another way.
#[derive(Debug)]
struct Lenient<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = Option::<Value>::deserialize(deserializer)?;
        Ok(Self(said.and_then(|said| serde_json::from_value(said).ok())))
    }
}

type List = Lenient<Vec<String>>;
type Flag = Lenient<bool>;

/// A setting, what it is, and what the bank lists for it.
type Held<'a> = (&'static str, &'a str, &'a List);

impl Metadata {
    /// Where the bank says that its endpoints are.
    pub(super) fn endpoints(&self) -> Explicit {
        let aliases = &self.mtls_endpoint_aliases;
        Explicit {
            authorization: self.authorization_endpoint.clone(),
            token: self.token_endpoint.clone(),
            jwks_uri: self.jwks_uri.clone(),
            par: self.pushed_authorization_request_endpoint.clone(),
            mtls_token: aliases.token_endpoint.clone(),
            mtls_par: aliases.pushed_authorization_request_endpoint.clone(),
        }
    }

    /// Whether the bank says that its plain answers name their issuer.
    pub(super) fn names_iss(&self) -> bool {
        self.authorization_response_iss_parameter_supported.0 == Some(true)
    }

    /// What the bank requires and the settings do not give it.
    pub(super) fn unmet(&self, config: &OidcConfig) -> Option<&'static str> {
        let pushes = config.par != Par::Never && self.pushed_authorization_request_endpoint.is_some();
        if self.require_pushed_authorization_requests.0 == Some(true) && !pushes {
            return Some("it requires pushed requests: expected par = \"when_advertised\" or \"always\"");
        }
        if self.require_signed_request_object.0 == Some(true) && config.requests == Requests::Plain {
            return Some("it requires signed requests: expected requests = \"signed\"");
        }
        None
    }

    /// What the settings say and the bank does not list, a sentence each.
    pub(super) fn unlisted(&self, config: &OidcConfig) -> Vec<String> {
        let mut held: Vec<Held<'_>> = vec![
            ("response_type", config.flow.as_str(), &self.response_types_supported),
            ("response_mode", config.response_mode.as_str(), &self.response_modes_supported),
            ("the grant", "authorization_code", &self.grant_types_supported),
            ("the code challenge's method", "S256", &self.code_challenge_methods_supported),
        ];
        let prompts = config.prompts();
        held.extend(prompts.iter().map(|prompt| ("prompt", prompt.as_str(), &self.prompt_values_supported)));
        let own = config.signing_key.as_ref().map(|key| key.alg.as_str());
        if let Some(alg) = own.filter(|_| config.auth == ClientAuth::PrivateKeyJwt) {
            held.push(("signing_key_alg", alg, &self.token_endpoint_auth_signing_alg_values_supported));
        }
        if let Some(alg) = own.filter(|_| config.requests == Requests::Signed) {
            held.push(("signing_key_alg", alg, &self.request_object_signing_alg_values_supported));
        }
        let missing = |(setting, value, listed): Held<'_>| none_listed(setting, &[value], listed);
        let mut unlisted: Vec<String> = held.into_iter().filter_map(missing).collect();
        unlisted.extend(self.unlisted_choices(config));
        unlisted.extend(self.unlisted_flags(config));
        unlisted
    }

    /// Settings of which one value must be listed.
    fn unlisted_choices(&self, config: &OidcConfig) -> Vec<String> {
        let methods: &[&str] = match config.auth {
            ClientAuth::SecretBasic(_) => &["client_secret_basic"],
            ClientAuth::SecretPost(_) => &["client_secret_post"],
            ClientAuth::PrivateKeyJwt => &["private_key_jwt"],
            ClientAuth::TlsClient => &["tls_client_auth", "self_signed_tls_client_auth"],
        };
        let algs: Vec<&str> = config.id_token_algs.iter().map(|alg| alg.as_str()).collect();
        let mut held = vec![("auth", methods, &self.token_endpoint_auth_methods_supported)];
        if config.is_openid() {
            held.push(("id_token_algs", &algs, &self.id_token_signing_alg_values_supported));
        }
        if config.response_mode.is_signed() {
            held.push(("id_token_algs", &algs, &self.authorization_signing_alg_values_supported));
        }
        held.into_iter().filter_map(|(setting, values, listed)| none_listed(setting, values, listed)).collect()
    }

    fn unlisted_flags(&self, config: &OidcConfig) -> Vec<String> {
        let mut unlisted = Vec::new();
        if config.requests == Requests::Signed && self.request_parameter_supported.0 == Some(false) {
            unlisted.push("requests is signed, and the bank says that it reads no request objects".to_owned());
        }
        // Signed answers and hybrid ones name their issuer under the signature.
        let plain = !config.response_mode.is_signed() && config.flow == Flow::Code;
        if config.iss == Iss::Required && plain && self.authorization_response_iss_parameter_supported.0 == Some(false)
        {
            unlisted.push("iss is required, and the bank says that its answers do not have it".to_owned());
        }
        unlisted
    }
}

/// The words of a response type may come in any order.
fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words
}

fn none_listed(setting: &str, values: &[&str], Lenient(listed): &List) -> Option<String> {
    let listed = listed.as_ref()?;
    let is_listed = |value: &&str| listed.iter().any(|listed| sorted(listed) == sorted(value));
    if values.iter().any(is_listed) {
        return None;
    }
    let readable = |c: &char| c.is_ascii_graphic() || *c == ' ';
    let repeated: String = listed.join(", ").chars().filter(readable).take(LONGEST_LIST).collect();
    Some(format!("{setting} is {}, and the bank lists {repeated}", values.join(" or ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::settings::{Prompt, ResponseMode, SigningAlg, SigningKey};
    use super::super::tests::config;
    use super::*;
    use crate::domain::Secret;

    fn signing(alg: &str, config: OidcConfig) -> OidcConfig {
        let alg = SigningAlg::parse(alg).unwrap();
        OidcConfig { signing_key: Some(SigningKey { pem: Secret::new("x"), kid: None, alg }), ..config }
    }

    /// Metadata with one more member.
    fn saying(name: &str, value: Value) -> Metadata {
        let mut all = json!({"issuer": "https://bank.example", "authorization_endpoint": "https://bank.example/auth",
            "token_endpoint": "https://bank.example/token"});
        all[name] = value;
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn what_a_bank_does_not_list_is_said_with_the_setting() {
        let es512 = || vec![SigningAlg::parse("ES384").unwrap()];
        let assertion = OidcConfig { auth: ClientAuth::PrivateKeyJwt, ..signing("EdDSA", config()) };
        let object = OidcConfig { requests: Requests::Signed, ..signing("EdDSA", config()) };
        let jarm = OidcConfig { response_mode: ResponseMode::Jwt, id_token_algs: es512(), ..config() };
        let cases = [
            (
                "token_endpoint_auth_methods_supported",
                json!(["private_key_jwt"]),
                config(),
                "auth is client_secret_basic",
            ),
            (
                "token_endpoint_auth_signing_alg_values_supported",
                json!(["PS256"]),
                assertion,
                "signing_key_alg is EdDSA",
            ),
            (
                "request_object_signing_alg_values_supported",
                json!(["PS256"]),
                object.clone(),
                "signing_key_alg is EdDSA",
            ),
            (
                "id_token_signing_alg_values_supported",
                json!(["PS256"]),
                OidcConfig { id_token_algs: es512(), ..config() },
                "id_token_algs is ES384",
            ),
            ("authorization_signing_alg_values_supported", json!(["PS256"]), jarm.clone(), "id_token_algs is ES384"),
            ("response_types_supported", json!(["code id_token"]), config(), "response_type is code"),
            ("response_modes_supported", json!(["query", "query.jwt"]), jarm, "response_mode is jwt"),
            ("grant_types_supported", json!(["client_credentials"]), config(), "the grant is authorization_code"),
            ("code_challenge_methods_supported", json!(["plain"]), config(), "the code challenge's method is S256"),
            (
                "prompt_values_supported",
                json!(["login"]),
                OidcConfig { prompt: Some(vec![Prompt::Create]), ..config() },
                "prompt is create",
            ),
            ("request_parameter_supported", json!(false), object, "requests is signed"),
            (
                "authorization_response_iss_parameter_supported",
                json!(false),
                OidcConfig { iss: Iss::Required, ..config() },
                "iss is required",
            ),
        ];
        for (name, value, config, expected) in cases {
            let [response] = &saying(name, value.clone()).unlisted(&config)[..] else { panic!("{name} {value}") };
            assert!(response.starts_with(&format!("{expected}, and the bank ")), "{response}");
        }
    }

    #[test]
    fn what_a_bank_lists_or_does_not_speak_of_is_no_matter() {
        let hybrid = OidcConfig { flow: Flow::Hybrid, response_mode: ResponseMode::Fragment, ..config() };
        let offline = OidcConfig { scope: vec!["offline_access".into()], ..config() };
        for (name, value, config) in [
            ("something_else", json!([1]), config()),
            ("token_endpoint_auth_methods_supported", json!(["client_secret_basic"]), config()),
            ("id_token_signing_alg_values_supported", json!(["RS256", "none"]), config()),
            // Nothing is signed for us.
            ("id_token_signing_alg_values_supported", json!(["HS256"]), offline.clone()),
            ("authorization_signing_alg_values_supported", json!(["HS256"]), config()),
            ("response_types_supported", json!(["id_token code"]), hybrid.clone()),
            (
                "authorization_response_iss_parameter_supported",
                json!(false),
                OidcConfig { iss: Iss::Required, ..hybrid },
            ),
            ("prompt_values_supported", json!(["consent"]), offline),
            // A list that is none.
            ("response_modes_supported", json!("query"), config()),
            ("code_challenge_methods_supported", Value::Null, config()),
        ] {
            assert_eq!(saying(name, value.clone()).unlisted(&config), Vec::<String>::new(), "{name} {value}");
        }
        for auth in ["tls_client_auth", "self_signed_tls_client_auth"] {
            let shows = OidcConfig { auth: ClientAuth::TlsClient, ..config() };
            let metadata = saying("token_endpoint_auth_methods_supported", json!([auth]));
            assert_eq!(metadata.unlisted(&shows), Vec::<String>::new(), "{auth}");
        }
    }

    #[test]
    fn what_a_bank_requires_and_is_not_given_is_a_mistake() {
        let pushed = saying("require_pushed_authorization_requests", json!(true));
        assert!(pushed.unmet(&config()).is_some_and(|why| why.contains("par =")), "it has no such endpoint");
        let mut both = json!({"issuer": "i", "authorization_endpoint": "a", "token_endpoint": "t"});
        both["pushed_authorization_request_endpoint"] = json!("p");
        both["require_pushed_authorization_requests"] = json!(true);
        let both: Metadata = serde_json::from_value(both).unwrap();
        assert_eq!(both.unmet(&config()), None);
        assert!(both.unmet(&OidcConfig { par: Par::Never, ..config() }).is_some());
        let signed = saying("require_signed_request_object", json!(true));
        assert!(signed.unmet(&config()).is_some_and(|why| why.contains("requests =")));
        assert_eq!(signed.unmet(&OidcConfig { requests: Requests::Signed, ..signing("ES256", config()) }), None);
        assert_eq!(saying("require_signed_request_object", json!("yes")).unmet(&config()), None);
    }

    #[test]
    fn what_a_bank_lists_is_repeated_as_far_as_a_log_has_room() {
        let metadata = saying("response_types_supported", json!(["a\nb\u{1b}[31m", "x".repeat(1000)]));
        let [response] = &metadata.unlisted(&config())[..] else { panic!() };
        assert!(response.len() < 300 && response.contains("lists ab[31m, xxx"), "{response}");
    }
}

//! Institutions and their banks, as operators write them, and what they are told.

use tempfile::TempDir;

use super::*;
use crate::domain::{Environment, Institution};
use crate::provider::oidc::settings::{
    ClientAuth, Endpoints, Flow, Iss, OidcConfig, Par, PlainLoopback, Prompt, ResponseMode,
};

/// An institution with a bank of these lines.
fn with_bank(lines: &str) -> String {
    format!(
        "[[institution]]\nid = 'northbank'\nname = 'North Bank'\nfeatures = ['ACCOUNTS']\n\
         [institution.bank]\nkind = 'oidc'\nissuer = 'https://north.example'\nclient_id = 'us'\n{lines}\n"
    )
}

fn plain() -> String {
    with_bank("client_secret = 'hunter2hunter2'")
}

fn provider_of(file: &str, env: &[(&str, &str)]) -> OidcConfig {
    let config = load_file(file, env).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let [InstitutionConfig { bank: BankConfig::Oidc(bank), .. }] = config.institutions.as_slice() else {
        panic!("{:?}", config.institutions)
    };
    bank.as_ref().clone()
}

#[test]
fn an_institution_has_what_is_usual_unless_it_says_otherwise() {
    let config = load_file(&plain(), &[]).unwrap();
    let [north] = config.institutions.as_slice() else { panic!() };
    let institution = &north.institution;
    assert_eq!((institution.id.as_str(), institution.provider.as_str()), ("northbank", "northbank"));
    assert_eq!((institution.name.as_str(), institution.full_name.as_str()), ("North Bank", "North Bank"));
    assert_eq!(institution.environment, Environment::Live);
    assert!(institution.countries.is_empty() && institution.media.is_empty());
    let bank = provider_of(&plain(), &[]);
    assert_eq!((bank.name.as_str(), bank.label.as_str()), ("northbank", "North Bank"));
    assert_eq!((bank.par, bank.flow, bank.iss), (Par::WhenAdvertised, Flow::Code, Iss::WhenAdvertised));
    assert_eq!((bank.response_mode, bank.endpoints), (ResponseMode::Query, Endpoints::Discover));
    assert_eq!((bank.leeway, bank.plain_loopback), (Duration::from_secs(10), PlainLoopback::Refused));
    assert_eq!((bank.scope, bank.id_token_algs.len()), (vec!["openid".to_owned()], 3));
    assert!(matches!(bank.auth, ClientAuth::SecretBasic(secret) if secret.reveal() == "hunter2hunter2"));
}

#[test]
fn an_institution_says_all_that_customers_see() {
    let file = "[sandbox]\nenabled = true\n[[institution]]\nid = 'play'\nname = 'Play'\nfull_name = 'Play Bank plc'\n\
                countries = ['GB', { code = 'DE', name = 'Germany' }]\nfeatures = ['ACCOUNTS', 'ACCOUNT']\n\
                media = [{ source = 'https://play.example/i.png', type = 'icon' }]\nenvironment = 'mock'\nbank = 'sandbox'";
    let config = load_file(file, &[]).unwrap();
    let [InstitutionConfig { institution, bank: BankConfig::Sandbox }] = config.institutions.as_slice() else {
        panic!()
    };
    let countries: Vec<_> = institution.countries.iter().map(|c| (c.code.as_str(), c.name.as_str())).collect();
    assert_eq!(countries, [("GB", "United Kingdom of Great Britain and Northern Ireland"), ("DE", "Germany")]);
    let days = |institution: &Institution| institution.consent_life.as_secs() / 86_400;
    assert_eq!(days(institution), 90, "the longer life is for the economic area alone");
    for (from, to, kept) in [
        ("'GB', ", "", 180),
        ("bank =", "consent_life = '30d'\nbank =", 30),
        ("bank =", "consent_life = '200d'\nbank =", 200),
    ] {
        let config = load_file(&file.replace(from, to), &[]).unwrap();
        assert_eq!(days(&config.institutions[0].institution), kept, "{to}");
    }
    assert_eq!((institution.media[0].kind.as_str(), institution.environment), ("icon", Environment::Mock));
    assert_eq!((institution.full_name.as_str(), institution.provider.as_str()), ("Play Bank plc", "sandbox"));
}

#[test]
fn a_provider_that_takes_payments_can_be_the_bank_of_an_institution() {
    let file = "[[provider]]\nkind = 'http'\nname = 'acme'\nmode = 'test'\nurl = 'https://pay.example/'\n\
                secret_env = 'ACME'\n[[institution]]\nid = 'north'\nname = 'North'\nbank = 'acme'\n";
    let secret = [("ACME", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")];
    let config = load_file(file, &secret).unwrap();
    let [InstitutionConfig { institution, bank: BankConfig::Provider(_) }] = config.institutions.as_slice() else {
        panic!()
    };
    assert_eq!((institution.provider.as_str(), institution.environment), ("acme", Environment::Sandbox));
    assert!(institution.features.is_empty(), "it gives no consents");
    for (from, to, key) in [
        ("bank = 'acme'", "bank = 'amce'", "institution[0].bank"),
        ("bank = 'acme'", "bank = 'acme'\nenvironment = 'live'", "institution[0].environment"),
        ("bank = 'acme'", "bank = 'acme'\nfeatures = ['ACCOUNTS']", "institution[0].features"),
        ("id = 'north'", "id = 'acme'", "institution[0].id"),
    ] {
        let Err(mistakes) = load_file(&file.replace(from, to), &secret) else { panic!("{to}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
}

#[test]
fn every_setting_of_a_bank_reaches_it() {
    let bank = provider_of(
        &with_bank(
            "auth = 'client_secret_post'\nclient_secret = 's'\nscope = ['openid', 'accounts']\npar = 'never'\n\
             response_type = 'code id_token'\nresponse_mode = 'form_post'\niss = 'required'\nleeway = '30s'\n\
             id_token_algs = ['PS256']\nplain_loopback = true\nprompt = ['login', 'consent']\n[institution.bank.endpoints]\n\
             authorization = 'https://north.example/a'\ntoken = 'http://127.0.0.1:9/t'\n\
             jwks_uri = 'https://north.example/j'\nmtls_token = 'https://mtls.north.example/t'",
        ),
        &[],
    );
    assert!(matches!(bank.auth, ClientAuth::SecretPost(_)));
    assert_eq!((bank.par, bank.flow, bank.iss), (Par::Never, Flow::Hybrid, Iss::Required));
    assert_eq!((bank.response_mode, bank.leeway), (ResponseMode::FormPost, Duration::from_secs(30)));
    assert_eq!((bank.id_token_algs.len(), bank.plain_loopback), (1, PlainLoopback::Allowed));
    assert_eq!(bank.scope, ["openid", "accounts"]);
    assert_eq!(bank.prompt, Some(vec![Prompt::Login, Prompt::Consent]));
    let jarm = provider_of(&with_bank("client_secret = 's'\nresponse_mode = 'jwt'"), &[]);
    assert_eq!((jarm.response_mode, jarm.prompt), (ResponseMode::Jwt, None));
    let Endpoints::Explicit(endpoints) = bank.endpoints else { panic!() };
    assert_eq!((endpoints.token.as_str(), endpoints.par), ("http://127.0.0.1:9/t", None));
    assert_eq!(endpoints.mtls_token.as_deref(), Some("https://mtls.north.example/t"));
}

#[test]
fn a_secret_stands_here_in_a_variable_or_in_a_file() {
    let secret = |bank: OidcConfig| match bank.auth {
        ClientAuth::SecretBasic(secret) => secret.reveal().to_owned(),
        other => panic!("{other:?}"),
    };
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "from a file\n").unwrap();
    let in_file = with_bank(&format!("client_secret_file = '{}'", path.display()));
    assert_eq!(secret(provider_of(&in_file, &[])), "from a file");
    // Its name may begin as ours do.
    for name in ["NORTH_SECRET", "HANDBACK_NORTH_SECRET"] {
        let in_variable = with_bank(&format!("client_secret_env = '{name}'"));
        assert_eq!(secret(provider_of(&in_variable, &[(name, "from a variable")])), "from a variable");
        let unset = load_file(&in_variable, &[]).unwrap_err();
        assert_eq!(keys_of(&unset), ["institution[0].bank.client_secret_env"]);
    }
    for wrong in ["client_secret_file = '/nowhere/secret'", "client_secret = ''", "client_secret = 1"] {
        assert_eq!(load_file(&with_bank(wrong), &[]).unwrap_err().0.len(), 1, "{wrong}");
    }
    let twice = load_file(&with_bank("client_secret = 'a'\nclient_secret_env = 'PATH'"), &[("PATH", "/bin")]);
    assert!(twice.unwrap_err().to_string().contains("is said twice, also by client_secret_env"));
}

#[test]
fn a_mistake_names_the_key_and_its_table() {
    let key = |key: &str| format!("institution[0].bank.{key}");
    let cases = [
        ("", key("client_secret")),
        ("auth = 'basic'", key("auth")),
        ("auth = 'private_key_jwt'", key("signing_key")),
        ("auth = 'private_key_jwt'\nsigning_key = 'no key'", key("signing_key")),
        ("auth = 'private_key_jwt'\nsigning_key_file = '/nowhere'", key("signing_key_file")),
        ("auth = 'private_key_jwt'\nsigning_key = 'no key'\nsigning_key_alg = 'HS256'", key("signing_key_alg")),
        (
            "auth = 'private_key_jwt'\nclient_secret = 's'\nsigning_key = 'x'\nsigning_key_alg = 'x'",
            key("client_secret"),
        ),
        ("auth = 'tls_client_auth'", key("client_certificate")),
        ("auth = 'tls_client_auth'\nclient_certificate = 'x'", key("client_key")),
        ("auth = 'tls_client_auth'\nclient_certificate = 'x'\nclient_key = 'y'", key("client_certificate")),
        ("client_secret = 's'\npar = 'sometimes'", key("par")),
        ("client_secret = 's'\nrequests = true", key("requests")),
        ("client_secret = 's'\nrequests = 'signed'", key("signing_key")),
        ("client_secret = 's'\nresponse_mode = 'post'", key("response_mode")),
        ("client_secret = 's'\nresponse_type = 'code id_token'", key("response_mode")),
        ("client_secret = 's'\nscope = []", key("scope")),
        ("client_secret = 's'\nscope = 'openid'", key("scope")),
        ("client_secret = 's'\nprompt = ['none']", key("prompt")),
        ("client_secret = 's'\nprompt = 'consent'", key("prompt")),
        ("client_secret = 's'\nscope = ['offline_access']\nprompt = ['login']", key("prompt")),
        ("client_secret = 's'\nid_token_algs = ['none']", key("id_token_algs")),
        ("client_secret = 's'\nid_token_algs = []", key("id_token_algs")),
        ("client_secret = 's'\nleeway = '6m'", key("leeway")),
        ("client_secret = 's'\nextra_ca = 'no PEM'", key("extra_ca")),
        ("client_secret = 's'\nplain_loopback = 'yes'", key("plain_loopback")),
        ("client_secret = 's'\nlee_way = '1s'", key("lee_way")),
        ("client_secret = 's'\nendpoints = 'x'", key("endpoints")),
        (
            "client_secret = 's'\nendpoints.token = 'https://t.example'\nendpoints.authorization = 'https://a.example'",
            key("endpoints.jwks_uri"),
        ),
        (
            "client_secret = 's'\nendpoints = { token = '/t', authorization = 'https://a.example', \
          jwks_uri = 'https://j.example' }",
            key("endpoints.token"),
        ),
    ];
    for (lines, expected) in cases {
        let mistakes = load_file(&with_bank(lines), &[]).unwrap_err();
        let keys = keys_of(&mistakes);
        assert!(keys.contains(&expected.as_str()), "{lines}: {mistakes}");
        assert!(keys.iter().all(|key| keys.iter().filter(|other| other == &key).count() == 1), "{lines}: {mistakes}");
    }
}

#[test]
fn a_mistake_of_an_institution_is_named_too() {
    let cases = [
        ("id = 'northbank'", "id = 'North Bank'", "institution[0].id"),
        ("id = 'northbank'", "", "institution[0].id"),
        ("id = 'northbank'", "id = 'sandbox'", "institution[0].id"),
        ("name = 'North Bank'", "name = ''", "institution[0].name"),
        ("features = ['ACCOUNTS']", "features = []", "institution[0].features"),
        ("features = ['ACCOUNTS']", "features = ['accounts']", "institution[0].features"),
        ("features = ['ACCOUNTS']", "featurs = ['ACCOUNTS']", "institution[0].featurs"),
        ("name = 'North Bank'", "name = 'N'\ncountries = ['gb']", "institution[0].countries[0]"),
        ("name = 'North Bank'", "name = 'N'\ncountries = ['UK']", "institution[0].countries[0]"),
        ("name = 'North Bank'", "name = 'N'\nconsent_life = '1h'", "institution[0].consent_life"),
        ("name = 'North Bank'", "name = 'N'\ncountries = ['GB', {}]", "institution[0].countries[1].code"),
        ("name = 'North Bank'", "name = 'N'\ncountries = 'GB'", "institution[0].countries"),
        ("name = 'North Bank'", "name = 'N'\nmedia = ['x']", "institution[0].media[0]"),
        (
            "name = 'North Bank'",
            "name = 'N'\nmedia = [{ source = 'x', type = 'icon' }]",
            "institution[0].media[0].source",
        ),
        (
            "name = 'North Bank'",
            "name = 'N'\nmedia = [{ source = 'https://x.example' }]",
            "institution[0].media[0].type",
        ),
        ("name = 'North Bank'", "name = 'N'\nenvironment = 'prod'", "institution[0].environment"),
        ("kind = 'oidc'", "kind = 'oauth'", "institution[0].bank.kind"),
        ("kind = 'oidc'", "", "institution[0].bank.kind"),
        ("issuer = 'https://north.example'", "issuer = 'http://north.example'", "institution[0].bank.issuer"),
        ("issuer = 'https://north.example'", "isuer = 'https://north.example'", "institution[0].bank.issuer"),
        ("client_id = 'us'", "", "institution[0].bank.client_id"),
    ];
    for (line, instead, expected) in cases {
        let mistakes = load_file(&plain().replace(line, instead), &[]).unwrap_err();
        assert!(keys_of(&mistakes).contains(&expected), "{instead}: {mistakes}");
    }
    let near = load_file(&plain().replace("issuer", "isuer"), &[]).unwrap_err().to_string();
    assert!(near.contains("institution[0].bank.isuer") && near.contains("did you mean issuer?"), "{near}");
    let plural = load_file("[[institutions]]\nid = 'x'", &[]).unwrap_err().to_string();
    assert!(plural.contains("did you mean institution?"), "{plural}");
    assert_eq!(keys_of(&load_file("institution = 'north'", &[]).unwrap_err()), ["institution"]);
    assert!(load(&[("HANDBACK_INSTITUTION", "north")]).is_err());
}

#[test]
fn all_institutions_are_looked_at_and_two_have_no_id_in_common() {
    let bad = plain().replace("client_id = 'us'", "");
    let file =
        format!("keep = '1h'\n{}{}{}", plain(), bad, plain().replace("northbank", "southbank").replace("oidc", "x"));
    let mistakes = load_file(&file, &[]).unwrap_err();
    let expected = ["institution[1].bank.client_id", "institution[1].id", "institution[2].bank.kind", "keep"];
    assert_eq!(keys_of(&mistakes), expected);
}

#[test]
fn the_sandbox_bank_speaks_only_while_it_is_on() {
    let file = "[[institution]]\nid = 'play'\nname = 'Play'\nfeatures = ['ACCOUNTS']\nbank = 'sandbox'\n";
    let off = load_file(file, &[]).unwrap_err();
    assert_eq!(keys_of(&off), ["institution[0].bank"]);
    assert!(load_file(file, &[("HANDBACK_SANDBOX", "true")]).is_ok());
}

#[test]
fn banks_are_described_without_their_secrets() {
    let config = load_file(&plain(), &[]).unwrap();
    let shown = format!("{config:?} {:?}", config.lines);
    assert!(!shown.contains("hunter2"), "{shown}");
    let value = |key: &str| config.lines.iter().find(|line| line.key == key).map(|line| line.value.clone());
    assert_eq!(value("institution[0].bank.issuer").as_deref(), Some("https://north.example"));
    assert_eq!(value("institution[0].bank.client_secret").as_deref(), Some("given"));
    assert_eq!(value("institution[0].bank.auth").as_deref(), Some("client_secret_basic"));
    let told = load_file(&plain().replace("'oidc'", "'x'"), &[]).unwrap_err();
    assert!(!format!("{told} {told:?}").contains("hunter2"));
}

#[test]
fn the_operator_has_keys_that_nobody_guesses() {
    let key = "0123456789abcdef0123456789abcdef";
    let config = load(&[("HANDBACK_OPERATOR_KEY", key)]).unwrap();
    assert_eq!(config.operator_keys, [crate::keys::operator_key(key)]);
    assert!(!format!("{config:?} {:?}", config.lines).contains(key));
    assert!(load(&[]).unwrap().operator_keys.is_empty());
    // Two while one replaces the other.
    let other = key.replace('0', "x");
    let many = load(&[("HANDBACK_OPERATOR_KEY", &format!("{other}, {key}"))]);
    assert_eq!(many.unwrap().operator_keys, [other.as_str(), key].map(crate::keys::operator_key));
    assert!(load(&[("HANDBACK_OPERATOR_KEY", &format!("{key},"))]).is_err());
    for bad in [&key[1..], "0123456789abcdef 123456789abcdef0", &"x".repeat(257), "ü123456789abcdef0123456789abcdef"] {
        let told = load(&[("HANDBACK_OPERATOR_KEY", bad)]).unwrap_err();
        assert!(!told.to_string().contains(bad), "{told}");
    }
}

#[test]
fn every_key_is_in_the_manual() {
    let manual = include_str!("../../../docs/OPERATING.md");
    let file = with_bank("client_secret = 's'\nnobodys = 1\n[institution.bank.endpoints]\nnobodys = 1")
        .replace("name =", "nobodys = 1\nmedia = [{ nobodys = 1 }]\ncountries = [{ nobodys = 1 }]\nname =");
    let mistakes = load_file(&file, &[]).unwrap_err();
    let lists = mistakes.0.iter().filter_map(|m| m.expected.as_ref()?.strip_prefix("expected one of "));
    let keys: Vec<&str> = lists.flat_map(|list| list.split(", ")).collect();
    assert!(keys.len() > 35, "{keys:?}");
    for key in keys {
        let written = key.trim_end_matches("_env").trim_end_matches("_file");
        assert!(manual.contains(&format!("`{written}`")) || manual.contains(&format!("{{ {written} =")), "{key}");
    }
}

//! `[console.oidc]`.

use super::*;
use crate::domain::{ConsoleScope, MerchantId, Role};
use crate::provider::oidc::settings::{ClientAuth, PlainLoopback};

fn file(lines: &str, groups: &str) -> String {
    format!(
        "[console.oidc]\nissuer = 'https://id.example'\nclient_id = 'us'\n{lines}\n[console.oidc.groups]\n{groups}\n"
    )
}

#[test]
fn an_openid_provider_of_the_console_has_what_is_usual_unless_it_says_otherwise() {
    let shop = MerchantId::mint([1; 16]);
    let groups = format!("ops = 'operator'\n\"the shop\" = {{ merchant = '{shop}', role = 'support' }}");
    let env = [("STAFF_SECRET", "s3cret")];
    let config = load_file(&file("client_secret_env = 'STAFF_SECRET'", &groups), &env).unwrap();
    let console = config.console_oidc.unwrap();
    assert_eq!((console.oidc.label.as_str(), console.claim.as_str()), ("OpenID", "groups"));
    assert_eq!(console.oidc.scope, ["openid", "profile", "email"]);
    assert!(matches!(&console.oidc.auth, ClientAuth::SecretBasic(secret) if secret.reveal() == "s3cret"));
    let of = |groups: &[&str]| console.access.of(&groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>());
    let found: Vec<_> =
        of(&["ops", "the shop", "others"]).into_iter().map(|access| (access.scope, access.role)).collect();
    let expected = [(ConsoleScope::Operator, Role::Admin), (ConsoleScope::Merchant(shop), Role::Support)];
    assert_eq!(found, expected);
    let all = "client_secret = 's'\nauth = 'client_secret_post'\nlabel = 'Staff'\nclaim = 'realm_access.roles'\n\
               scope = ['openid']\nprompt = ['login']\nid_token_algs = ['ES256']\nplain_loopback = true";
    let console = load_file(&file(all, "ops = 'operator'"), &[]).unwrap().console_oidc.unwrap();
    assert_eq!((console.oidc.label.as_str(), console.claim.as_str()), ("Staff", "realm_access.roles"));
    assert!(matches!(console.oidc.auth, ClientAuth::SecretPost(_)));
    assert_eq!((console.oidc.scope.len(), console.oidc.prompt.unwrap().len()), (1, 1));
    assert_eq!(console.oidc.plain_loopback, PlainLoopback::Allowed);
    assert!(load(&[]).unwrap().console_oidc.is_none());
}

#[test]
fn a_mistake_of_the_console_is_named_by_its_key() {
    let whole = file("client_secret = 's'", "ops = 'operator'");
    for (from, to, key) in [
        ("issuer = 'https://id.example'", "", "console.oidc.issuer"),
        ("https://", "http://", "console.oidc.issuer"),
        ("client_secret = 's'", "", "console.oidc.client_secret"),
        ("client_secret = 's'", "client_secret_env = 'NOT_SET'", "console.oidc.client_secret_env"),
        ("client_secret = 's'", "client_secret = 's'\nscope = ['email']", "console.oidc.scope"),
        ("client_secret = 's'", "client_secret = 's'\nlable = 'x'", "console.oidc.lable"),
        ("ops = 'operator'", "ops = 'oprator'", "console.oidc.groups.ops"),
        ("ops = 'operator'", "ops = { merchant = 'nobody' }", "console.oidc.groups.ops.merchant"),
        ("ops = 'operator'", "ops = { role = 'read' }", "console.oidc.groups.ops.merchant"),
        ("[console.oidc.groups]\nops = 'operator'", "", "console.oidc.groups"),
        ("[console.oidc.groups]\nops = 'operator'", "groups = 'ops'", "console.oidc.groups"),
    ] {
        assert!(whole.contains(from), "{from}");
        let mistakes = load_file(&whole.replace(from, to), &[]).unwrap_err();
        assert_eq!(keys_of(&mistakes), [key], "{to}");
    }
    let shop = MerchantId::mint([1; 16]);
    let role = file("client_secret = 's'", &format!("a = {{ merchant = '{shop}', role = 'owner' }}"));
    assert_eq!(keys_of(&load_file(&role, &[]).unwrap_err()), ["console.oidc.groups.a.role"]);
    assert_eq!(keys_of(&load_file("[console]\noidc = 'https://id.example'", &[]).unwrap_err()), ["console.oidc"]);
}

#[test]
fn mail_has_a_server_and_a_sender() {
    let server = ("HANDBACK_MAIL_SMTP_URL", "smtps://us:s3cret@mail.example");
    let config = load(&[server, ("HANDBACK_MAIL_FROM", "No-Reply@Pay.example")]).unwrap();
    assert_eq!(config.mail_from.unwrap().as_str(), "no-reply@pay.example");
    let shown: Vec<_> =
        config.lines.iter().filter(|line| line.key.starts_with("mail.")).map(|line| &line.value).collect();
    assert_eq!(shown, ["smtps://mail.example", "no-reply@pay.example"]);
    assert!(config.warnings.is_empty());
    assert_eq!(keys_of(&load(&[server]).unwrap_err()), ["mail.from"]);
    let open = [("HANDBACK_MAIL_SMTP_URL", "smtp://mail.example"), ("HANDBACK_MAIL_FROM", "a@pay.example")];
    assert!(load(&open).unwrap().warnings[0].contains("without encryption"));
    let told = load(&[("HANDBACK_MAIL_SMTP_URL", "smtps:us:s3cret@mail.example")]).unwrap_err().to_string();
    assert!(!told.contains("s3cret"), "{told}");
}

#[test]
fn every_key_is_in_the_manual() {
    let manual = include_str!("../../../docs/OPERATING.md");
    let mistakes = load_file(&file("client_secret = 's'\nnobodys = 1", "ops = 'operator'"), &[]).unwrap_err();
    let lists = mistakes.0.iter().filter_map(|mistake| mistake.expected.as_ref()?.strip_prefix("expected one of "));
    let keys: Vec<&str> = lists.flat_map(|list| list.split(", ")).collect();
    assert!(keys.len() >= 12, "{keys:?}");
    let (_, section) = manual.split_once("### Signing in to the console").unwrap();
    for key in keys {
        let written = key.trim_end_matches("_env").trim_end_matches("_file");
        assert!(section.contains(&format!("`{written}`")), "{key}");
    }
}

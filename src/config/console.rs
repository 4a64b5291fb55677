//! `[console.oidc]`: the operator's own OpenID provider, by which people sign in to the console.

use toml::{Table, Value};

use super::oidc::each_name;
use super::section::{Notes, Section};
use super::values::name;
use crate::domain::{AccessRules, ConsoleAccess, ConsoleScope, Invalid, MerchantId, Role, Secret};
use crate::provider::oidc::settings::{ClientAuth, OidcConfig, PlainLoopback, Prompt, SigningAlg};

/// The name under which the log has it.
const NAME: &str = "console";

/// The word of a group that may do everything in the operator's console.
const OPERATOR: &str = "operator";

/// An OpenID provider, and what the people of its groups may do.
#[derive(Debug, Clone)]
pub struct ConsoleOidcConfig {
    /// How it is reached, and how it knows us.
    pub oidc: OidcConfig,
    /// The claim that holds somebody's groups.
    pub claim: String,
    /// What they may do.
    pub access: AccessRules,
}

/// Reads the table. Every field that breaks a rule is noted; `None` when there is no table.
pub fn oidc(tables: &[Table], notes: &Notes) -> Option<ConsoleOidcConfig> {
    let mut section = Section::new("console.oidc".to_owned(), tables.first()?, notes);
    let issuer = section.verbatim("issuer", "expected such as https://id.example").unwrap_or_default();
    let client_id = section.verbatim("client_id", "expected the id under which the provider knows this gateway");
    let usual = OidcConfig::usual(NAME, &issuer, &client_id.unwrap_or_default(), auth(&mut section));
    let label = section.parsed("label", "OpenID".to_owned(), name, Clone::clone);
    let scope = section.texts("scope").unwrap_or_else(|| ["openid", "profile", "email"].map(str::to_owned).into());
    section.show("scope", scope.join(" "));
    if !scope.iter().any(|scope| scope == "openid") {
        section.refuse("scope", &Invalid::new("", "lacks openid, without which nobody is identified"));
    }
    let claim = section.parsed("claim", "groups".to_owned(), |text| Ok(text.to_owned()), Clone::clone);
    let access = groups(&mut section, notes);
    let oidc = OidcConfig {
        label,
        scope,
        prompt: each_name(&mut section, ("prompt", "none", " "), Prompt::parse),
        id_token_algs: each_name(&mut section, ("id_token_algs", "ES256, PS256, RS256", ", "), SigningAlg::parse)
            .unwrap_or(usual.id_token_algs),
        extra_ca: section.hidden("extra_ca").map(|pem| pem.reveal().to_owned()),
        plain_loopback: if section.yes("plain_loopback") { PlainLoopback::Allowed } else { PlainLoopback::Refused },
        ..usual
    };
    for invalid in oidc.clone().parse().err().unwrap_or_default() {
        if !notes.has_refused(&section.path_of(invalid.field())) {
            section.refuse(invalid.field(), &invalid);
        }
    }
    section.end();
    Some(ConsoleOidcConfig { oidc, claim, access })
}

fn auth(section: &mut Section<'_>) -> ClientAuth {
    let is_posted = section.word("auth", &[("client_secret_basic", false), ("client_secret_post", true)]);
    if !section.says_hidden("client_secret") {
        let invalid = Invalid::new("", "is missing").hint("expected client_secret_env or client_secret_file");
        section.refuse("client_secret", &invalid);
    }
    // What stands in its place while there is a mistake is not handed out.
    let secret = section.hidden("client_secret").unwrap_or_else(|| Secret::new("mistaken"));
    if is_posted == Some(true) { ClientAuth::SecretPost(secret) } else { ClientAuth::SecretBasic(secret) }
}

/// What each group may do: `"operator"`, or `{ merchant, role }`.
fn groups(section: &mut Section<'_>, notes: &Notes) -> AccessRules {
    const EXPECTED: &str = "expected such as { ops = \"operator\", shop = { merchant = \"ID\", role = \"support\" } }";
    section.need("groups", EXPECTED);
    let path = section.path_of("groups");
    let table = match section.value("groups") {
        Some(Value::Table(table)) => table,
        Some(_) => {
            section.refuse("groups", &Invalid::new("", "is not a table").hint(EXPECTED));
            return AccessRules::default();
        }
        None => return AccessRules::default(),
    };
    let read = |(group, value): (&String, &Value)| {
        let path = format!("{path}.{group}");
        let access = match value {
            Value::String(word) if word == OPERATOR => {
                notes.note(path, OPERATOR.to_owned(), notes.origin());
                ConsoleAccess { scope: ConsoleScope::Operator, role: Role::Admin }
            }
            Value::Table(table) => {
                let mut inner = Section::new(path, table, notes);
                let merchant = inner.needed("merchant", "expected the id of a merchant", merchant);
                let role = inner.word("role", &Role::ALL.map(|role| (role.as_str(), role)));
                inner.end();
                ConsoleAccess { scope: ConsoleScope::Merchant(merchant?), role: role? }
            }
            _ => {
                notes.refuse(path, &Invalid::new("", "says nothing that a group may do").hint(EXPECTED));
                return None;
            }
        };
        Some((group.clone(), access))
    };
    AccessRules(table.iter().filter_map(read).collect())
}

fn merchant(text: &str) -> Result<MerchantId, Invalid> {
    text.parse().map_err(|_| Invalid::new("", "is not a merchant's id"))
}

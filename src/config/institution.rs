//! `[[institution]]`: the institutions that consents can be asked of, each with the bank that speaks for it.
//!
//! They stand in the file alone: an environment variable has no lists of tables. Only what a bank must not be read by
//! may come from the environment, by the name of its variable.

use std::{collections::HashSet, time::Duration};

use toml::{Table, Value};
use url::Url;

use super::section::{Notes, Section};
use super::{oidc, span};
use crate::domain::{Country, CountryCode, Environment, Institution, Invalid};
use crate::domain::{consent, institution::Medium, text::check_readable};
use crate::provider::{oidc::settings::OidcConfig, sandbox};

/// The shortest and the longest life of a consent.
const CONSENT_LIFE: (Duration, Duration) = (Duration::from_hours(24), Duration::from_hours(10 * 366 * 24));

/// The longest name of an institution, in characters.
const LONGEST_NAME: usize = 120;

/// An institution, and how its bank is reached.
#[derive(Debug, Clone)]
pub struct InstitutionConfig {
    /// The institution.
    pub institution: Institution,
    /// The bank that speaks for it.
    pub bank: BankConfig,
}

/// A bank.
#[derive(Debug, Clone)]
pub enum BankConfig {
    /// The sandbox.
    Sandbox,
    /// A real one.
    Oidc(Box<OidcConfig>),
}

/// Reads every institution, the sandbox bank being on or off; those with a mistake are left out.
pub fn institutions(tables: &[Table], sandbox: bool, notes: &Notes) -> Vec<InstitutionConfig> {
    let mut ids = HashSet::new();
    let read = |(number, table): (usize, &Table)| {
        let mut section = Section::new(format!("institution[{number}]"), table, notes);
        let institution = institution(&mut section, sandbox, notes);
        if let Some(id) = table.get("id").and_then(Value::as_str).filter(|id| !ids.insert((*id).to_owned())) {
            section.refuse("id", &Invalid::new("", format!("is {id:?}, which another institution has")));
        }
        section.end();
        institution
    };
    tables.iter().enumerate().filter_map(read).collect()
}

fn institution(section: &mut Section<'_>, sandbox: bool, notes: &Notes) -> Option<InstitutionConfig> {
    let own_id = section.needed("id", "expected 1 to 64 of a-z, 0-9 and -, such as north-bank", id);
    let own_name = section.needed("name", "expected its name for people", name);
    let own = own_name.clone().unwrap_or_default();
    let full_name = section.parsed("full_name", own, name, Clone::clone);
    let countries = countries(section, notes);
    let usual = consent::usual_life(&countries);
    let life = |text: &str| span::parse(text, CONSENT_LIFE.0, CONSENT_LIFE.1);
    let consent_life = section.parsed("consent_life", usual, life, |life| span::written(*life));
    let media = media(section, notes);
    let features = features(section);
    let bank = bank(section, sandbox, own_id.as_deref().zip(own_name.as_deref()), notes);
    let test = Environment::Sandbox;
    let words = [("live", Environment::Live), ("sandbox", test), ("mock", Environment::Mock)];
    let plays = matches!(bank, Some(BankConfig::Sandbox));
    let words = if plays { [words[1], words[2], words[0]] } else { words };
    let environment = section.word("environment", &words);
    let (id, mut bank) = (own_id?, bank?);
    let speaks = if plays { sandbox::NAME.to_owned() } else { id.clone() };
    let environment = environment?;
    if let BankConfig::Oidc(config) = &mut bank {
        config.mode = environment.mode();
    }
    let institution = Institution {
        id,
        name: own_name?,
        full_name,
        countries,
        media,
        features: features?,
        environment,
        consent_life,
        provider: speaks,
    };
    Some(InstitutionConfig { institution, bank })
}

fn bank(section: &mut Section<'_>, sandbox: bool, names: Option<(&str, &str)>, notes: &Notes) -> Option<BankConfig> {
    const EXPECTED: &str = "expected \"sandbox\", or a table [institution.bank] with kind = \"oidc\"";
    section.need("bank", EXPECTED);
    match section.value("bank")? {
        Value::String(word) if word == sandbox::NAME => {
            section.show("bank", word);
            if !sandbox {
                let invalid = Invalid::new("", "is the sandbox bank, which is off");
                section.refuse("bank", &invalid.hint("switch it on by sandbox.enabled = true"));
            }
            Some(BankConfig::Sandbox)
        }
        Value::Table(table) => {
            if names.is_some_and(|(id, _)| id == sandbox::NAME) {
                section.refuse("id", &Invalid::new("", "is the sandbox bank's own").hint("choose another"));
            }
            let bank = Section::new(section.path_of("bank"), table, notes);
            Some(BankConfig::Oidc(Box::new(oidc::bank(bank, names, notes))))
        }
        _ => {
            section.refuse("bank", &Invalid::new("", "is no bank").hint(EXPECTED));
            None
        }
    }
}

fn countries(section: &mut Section<'_>, notes: &Notes) -> Vec<Country> {
    let items = section.items("countries");
    let read = |(path, item): (String, &Value)| match item {
        Value::String(code) => {
            CountryCode::parse(code).map_err(|invalid| notes.refuse(path, &invalid)).ok().map(Country::from)
        }
        Value::Table(table) => {
            let mut inner = Section::new(path, table, notes);
            let code = inner.needed("code", "expected such as GB", CountryCode::parse);
            let own = code.map_or_else(String::new, |code| code.name().to_owned());
            let name = inner.parsed("name", own, name, Clone::clone);
            inner.end();
            Some(Country { name, code: code? })
        }
        _ => {
            notes.refuse(path, &Invalid::new("", "is no country").hint("expected \"GB\" or { code, name }"));
            None
        }
    };
    items.into_iter().filter_map(read).collect()
}

fn media(section: &mut Section<'_>, notes: &Notes) -> Vec<Medium> {
    let items = section.items("media");
    let read = |(path, item): (String, &Value)| {
        let Value::Table(table) = item else {
            notes.refuse(path, &Invalid::new("", "is no picture").hint("expected { source, type }"));
            return None;
        };
        let mut inner = Section::new(path, table, notes);
        inner.need("type", "expected icon or logo");
        let source = inner.needed("source", "expected an https address", picture);
        let kind = inner.word("type", &[("icon", "icon"), ("logo", "logo")]);
        inner.end();
        Some(Medium { source: source?, kind: kind?.to_owned() })
    };
    items.into_iter().filter_map(read).collect()
}

fn features(section: &mut Section<'_>) -> Option<Vec<String>> {
    const EXPECTED: &str = "expected such as [\"ACCOUNTS\", \"ACCOUNT_TRANSACTIONS\"]";
    section.need("features", EXPECTED);
    let features = section.texts("features")?;
    let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let distinct: HashSet<&String> = features.iter().collect();
    if features.is_empty() || distinct.len() < features.len() {
        section.refuse("features", &Invalid::new("", "is empty, or names one twice").hint(EXPECTED));
        return None;
    }
    if let Some(bad) = features.iter().find(|feature| feature.is_empty() || !feature.bytes().all(allowed)) {
        let invalid = Invalid::new("", format!("names {bad:?}, which is no feature"));
        section.refuse("features", &invalid.hint(EXPECTED));
        return None;
    }
    section.show("features", features.join(", "));
    Some(features)
}

/// Reads an id that stands in addresses.
///
/// # Errors
/// When it has other characters, or too many.
pub fn id(text: &str) -> Result<String, Invalid> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if text.len() <= 64 && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("", "cannot stand in an address").hint("expected 1 to 64 of a-z, 0-9 and -"))
}

pub(super) fn name(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > LONGEST_NAME {
        return Err(Invalid::new("", format!("is longer than {LONGEST_NAME} characters")));
    }
    check_readable("", text).map(|()| text.to_owned())
}

fn picture(text: &str) -> Result<String, Invalid> {
    let refused = || Invalid::new("", "is no https address").hint("expected such as https://bank.example/logo.svg");
    let url = Url::parse(text).map_err(|_| refused())?;
    if url.scheme() == "https" { Ok(text.to_owned()) } else { Err(refused()) }
}

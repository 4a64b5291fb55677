//! `[[institution]]`: the institutions that consents can be asked of, each with the bank that speaks for it.
//!
//! They stand in the file alone: an environment variable has no lists of tables. Only what a bank must not be read by
//! may come from the environment, by the name of its variable.

use std::{collections::HashSet, time::Duration};

use toml::{Table, Value};
use url::Url;

use super::section::{Notes, Section};
use super::{
    oidc,
    provider::ProviderConfig,
    span,
    values::{id, name},
};
use crate::domain::{Country, CountryCode, Environment, Institution, Invalid, Mode};
use crate::domain::{consent, institution::Medium};
use crate::provider::{oidc::settings::OidcConfig, sandbox};

/// The shortest and the longest life of a consent.
const CONSENT_LIFE: (Duration, Duration) = (Duration::from_hours(24), Duration::from_hours(10 * 366 * 24));

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
    /// A provider that takes payments, of this name. It gives no consents.
    Provider(String),
}

/// What an institution may have as its bank, beside one of its own: the sandbox, if it is on, and these providers.
type Known<'a> = (bool, &'a [ProviderConfig]);

/// Reads every institution; those with a mistake are left out. Those that have a bank of their own share addresses with
/// providers.
pub fn institutions(tables: &[Table], known: Known<'_>, notes: &Notes) -> Vec<InstitutionConfig> {
    let mut ids: HashSet<String> = known.1.iter().map(|provider| provider.account().name.clone()).collect();
    let read = |(number, table): (usize, &Table)| {
        let mut section = Section::new(format!("institution[{number}]"), table, notes);
        let institution = institution(&mut section, known, notes);
        if let Some(id) = table.get("id").and_then(Value::as_str).filter(|id| !ids.insert((*id).to_owned())) {
            section.refuse("id", &Invalid::new("", format!("is {id:?}, which another institution or a provider has")));
        }
        section.end();
        institution
    };
    tables.iter().enumerate().filter_map(read).collect()
}

fn institution(section: &mut Section<'_>, known: Known<'_>, notes: &Notes) -> Option<InstitutionConfig> {
    let own_id = section.needed("id", "expected 1 to 64 of a-z, 0-9 and -, such as north-bank", id);
    let own_name = section.needed("name", "expected its name for people", name);
    let own = own_name.clone().unwrap_or_default();
    let full_name = section.parsed("full_name", own, name, Clone::clone);
    let countries = countries(section, notes);
    let usual = consent::usual_life(&countries);
    let life = |text: &str| span::parse(text, CONSENT_LIFE.0, CONSENT_LIFE.1);
    let consent_life = section.parsed("consent_life", usual, life, |life| span::written(*life));
    let media = media(section, notes);
    let bank = bank(section, known, own_id.as_deref().zip(own_name.as_deref()), notes);
    let features = match &bank {
        // It has none of Yapily's: payments are all that it takes.
        Some(BankConfig::Provider(_)) => Some(Vec::new()),
        Some(BankConfig::Sandbox | BankConfig::Oidc(_)) => features(section),
        // It is not known whether it has any.
        None => section.texts("features"),
    };
    let environment = environment(section, bank.as_ref(), known.1);
    let (id, mut bank, environment) = (own_id?, bank?, environment?);
    let speaks = match &bank {
        BankConfig::Sandbox => sandbox::NAME.to_owned(),
        BankConfig::Oidc(_) => id.clone(),
        BankConfig::Provider(name) => name.clone(),
    };
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

/// What it is for: live, unless its bank says otherwise.
fn environment(
    section: &mut Section<'_>,
    bank: Option<&BankConfig>,
    providers: &[ProviderConfig],
) -> Option<Environment> {
    let words = [("live", Environment::Live), ("sandbox", Environment::Sandbox), ("mock", Environment::Mock)];
    let for_tests = [words[1], words[2], words[0]];
    let account = match bank {
        Some(BankConfig::Provider(name)) => {
            providers.iter().map(ProviderConfig::account).find(|account| account.name == *name)
        }
        _ => None,
    };
    let is_test = matches!(bank, Some(BankConfig::Sandbox)) || account.is_some_and(|known| known.mode == Mode::Test);
    let environment = section.word("environment", if is_test { &for_tests } else { &words })?;
    if account.is_some_and(|account| account.mode != environment.mode()) {
        section.refuse("environment", &Invalid::new("", "is of another mode than the provider that is its bank"));
    }
    Some(environment)
}

fn bank(
    section: &mut Section<'_>,
    (sandbox, providers): Known<'_>,
    names: Option<(&str, &str)>,
    notes: &Notes,
) -> Option<BankConfig> {
    const EXPECTED: &str =
        "expected \"sandbox\", the name of a [[provider]], or a table [institution.bank] with kind = \"oidc\"";
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
        Value::String(word) if providers.iter().any(|provider| provider.account().name == *word) => {
            section.show("bank", word);
            Some(BankConfig::Provider(word.clone()))
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

fn picture(text: &str) -> Result<String, Invalid> {
    let refused = || Invalid::new("", "is no https address").hint("expected such as https://bank.example/logo.svg");
    let url = Url::parse(text).map_err(|_| refused())?;
    if url.scheme() == "https" { Ok(text.to_owned()) } else { Err(refused()) }
}

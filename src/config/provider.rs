//! `[[provider]]`: the providers that take payments, by the protocol of docs/PROVIDERS.md.
//!
//! They stand in the file alone, as institutions do; a secret may come from the environment, by the name of its
//! variable.

use crate::domain::provider_account::{engine_secrets, engine_url};
use std::{collections::HashSet, time::Duration};

use toml::{Table, Value};

use super::section::{Notes, Section};
use super::span;
use crate::domain::{Currency, Invalid, MerchantId, Mode, Secret};
use crate::provider::AskSchedule;
use crate::provider::{http::settings::HttpConfig, sandbox};

/// The shortest and the longest wait before a provider is asked again.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(24));

/// The most waits of a schedule.
const MOST_WAITS: usize = 50;

/// Reads every provider; those with a mistake are left out. `taken` are the ids of institutions, which share addresses
/// with them.
pub fn providers(tables: &[Table], taken: &[&str], notes: &Notes) -> Vec<HttpConfig> {
    let mut names: HashSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    names.insert(sandbox::NAME.to_owned());
    let read = |(number, table): (usize, &Table)| {
        let mut section = Section::new(format!("provider[{number}]"), table, notes);
        let provider = provider(&mut section);
        if let Some(name) =
            provider.as_ref().map(|provider| &provider.name).filter(|name| !names.insert((*name).clone()))
        {
            section
                .refuse("name", &Invalid::new("", format!("is {name:?}, which another provider or institution has")));
        }
        section.end();
        provider
    };
    tables.iter().enumerate().filter_map(read).collect()
}

fn provider(section: &mut Section<'_>) -> Option<HttpConfig> {
    section.need("kind", "expected \"http\"");
    section.word("kind", &[("http", ())]);
    let name = section.needed("name", "expected 1 to 64 of a-z, 0-9 and -, such as acme-pay", super::institution::id);
    let own = name.clone().unwrap_or_default();
    let label = section.parsed("label", own, super::institution::name, Clone::clone);
    let mode = section.word("mode", &[("live", Mode::Live), ("test", Mode::Test)]);
    let url = section.needed("url", "expected such as https://pay.example/handback", engine_url);
    let secrets = secrets(section);
    let currencies = each(section, "currencies", "all", Currency::parse);
    let merchants = each(section, "merchants", "all of its mode", str::parse::<MerchantId>);
    let wait = |text: &str| span::parse(text, WAIT.0, WAIT.1);
    let usual = AskSchedule::default();
    let shown = usual.waits().iter().map(|wait| span::written(*wait)).collect::<Vec<_>>().join(", ");
    let waits = each(section, "ask_after", &shown, |text| wait(text).map(Wait)).unwrap_or_default();
    let waits: Vec<Duration> = waits.into_iter().map(|Wait(wait)| wait).collect();
    if waits.len() > MOST_WAITS {
        section.refuse("ask_after", &Invalid::new("", format!("holds more than {MOST_WAITS} waits")));
    }
    let per_second = per_second(section, usual.per_second());
    let waits = if waits.is_empty() { usual.waits().to_vec() } else { waits };
    let ask_schedule = AskSchedule::new(waits, per_second)?;
    Some(HttpConfig {
        name: name?,
        label,
        mode: mode?,
        url: url?,
        secrets: secrets?,
        currencies: currencies.unwrap_or_default(),
        merchants: merchants.unwrap_or_default(),
        ask_schedule,
    })
}

/// A wait, as people see it.
struct Wait(Duration);

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&span::written(self.0))
    }
}

fn secrets(section: &mut Section<'_>) -> Option<Vec<Secret>> {
    if !section.says_hidden("secret") {
        let invalid = Invalid::new("", "is missing: both sides sign with it");
        section.refuse("secret", &invalid.hint("expected secret_env or secret_file, whsec_…"));
    }
    let secret = section.hidden("secret")?;
    engine_secrets(&secret).map_err(|invalid| section.refuse("secret", &invalid)).ok()
}

/// A list of texts, each as `parse` understands it. `None` when it is not there, or a mistake.
fn each<T: ToString>(
    section: &mut Section<'_>,
    key: &str,
    usual: &str,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Option<Vec<T>> {
    let Some(texts) = section.texts(key) else {
        section.show(key, usual);
        return None;
    };
    let parsed: Result<Vec<T>, Invalid> = texts.iter().map(|text| parse(text)).collect();
    let parsed = parsed.map_err(|invalid| section.refuse(key, &invalid)).ok()?;
    section.show(key, parsed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    Some(parsed)
}

fn per_second(section: &mut Section<'_>, usual: u32) -> u32 {
    const KEY: &str = "asks_per_second";
    let (least, most) = AskSchedule::PER_SECOND;
    let given = match section.value(KEY) {
        None => usual,
        Some(Value::Integer(number)) if (i64::from(least)..=i64::from(most)).contains(number) => {
            u32::try_from(*number).unwrap_or(usual)
        }
        Some(_) => {
            section.refuse(KEY, &Invalid::new("", format!("is not a whole number from {least} to {most}")));
            usual
        }
    };
    section.show(KEY, given.to_string());
    given
}

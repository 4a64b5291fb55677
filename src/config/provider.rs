//! `[[provider]]`: the providers that take payments, by the protocol of docs/PROVIDERS.md.
//!
//! They stand in the file alone, as institutions do; a secret may come from the environment, by the name of its
//! variable.

use std::{collections::HashSet, time::Duration};

use toml::{Table, Value};
use url::Url;

use super::section::{Notes, Section};
use super::span;
use crate::domain::provider_account::{
    AccountKind, PayeeAccount, Scheme, WebhookKey, application_id, connector_key, connector_user, engine_secrets,
    engine_url, institution_id, payee_name, visible_id,
};
use crate::domain::{CountryCode, Currency, Invalid, MerchantId, Mode, Secret};
use crate::provider::token_io::{SigningKey, settings::TokenIoConfig};
use crate::provider::{AccountSettings, AskSchedule};
use crate::provider::{
    http::settings::HttpConfig, ixopay::settings::IxopayConfig, sandbox, yapily::settings::YapilyConfig,
};

/// The shortest and the longest wait before a provider is asked again.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(24));

/// The most waits of a schedule.
const MOST_WAITS: usize = 50;

/// A provider, by its kind.
#[derive(Debug, Clone)]
pub enum ProviderConfig {
    /// A payment engine that speaks our own protocol.
    Http(HttpConfig),
    /// A connector of IXOPAY's.
    Ixopay(IxopayConfig),
    /// A member of Token.io's.
    TokenIo(Box<TokenIoConfig>),
    /// An application of Yapily's.
    Yapily(Box<YapilyConfig>),
}

impl ProviderConfig {
    /// Whose money it takes, and which.
    pub fn account(&self) -> &AccountSettings {
        match self {
            Self::Http(config) => &config.account,
            Self::Ixopay(config) => &config.account,
            Self::TokenIo(config) => &config.account,
            Self::Yapily(config) => &config.account,
        }
    }

    /// Where it is asked.
    pub fn url(&self) -> &Url {
        match self {
            Self::Http(config) => &config.url,
            Self::Ixopay(config) => &config.url,
            Self::TokenIo(config) => &config.url,
            Self::Yapily(config) => &config.url,
        }
    }
}

/// Reads every provider; those with a mistake are left out.
pub fn providers(tables: &[Table], notes: &Notes) -> Vec<ProviderConfig> {
    let mut names = HashSet::from([sandbox::NAME.to_owned()]);
    let read = |(number, table): (usize, &Table)| {
        let mut section = Section::new(format!("provider[{number}]"), table, notes);
        let provider = provider(&mut section);
        let name = provider.as_ref().map(|provider| &provider.account().name);
        if let Some(name) = name.filter(|name| !names.insert((*name).clone())) {
            section.refuse("name", &Invalid::new("", format!("is {name:?}, which another provider has")));
        }
        section.end();
        provider
    };
    tables.iter().enumerate().filter_map(read).collect()
}

fn provider(section: &mut Section<'_>) -> Option<ProviderConfig> {
    section.need("kind", "expected \"http\", \"ixopay\", \"token_io\" or \"yapily\"");
    let kind = section.word("kind", &AccountKind::ALL.map(|kind| (kind.as_str(), kind)));
    // IXOPAY answers sixty questions a minute.
    let per_second = match kind {
        Some(AccountKind::Connector) => 1,
        Some(AccountKind::Http | AccountKind::Member | AccountKind::Application) | None => {
            AskSchedule::default().per_second()
        }
    };
    let account = account(section, per_second);
    // What is said beside a kind that there is not is read as the first one's.
    let provider = match kind.unwrap_or(AccountKind::Http) {
        AccountKind::Http => {
            let url = section.needed("url", "expected such as https://pay.example/handback", engine_url);
            let secrets = secrets(section);
            let all = account.zip(url).zip(secrets);
            all.map(|((account, url), secrets)| ProviderConfig::Http(HttpConfig { account, url, secrets }))
        }
        AccountKind::Connector => ixopay(section, account).map(ProviderConfig::Ixopay),
        AccountKind::Member => token_io(section, account).map(|config| ProviderConfig::TokenIo(Box::new(config))),
        AccountKind::Application => yapily(section, account).map(|config| ProviderConfig::Yapily(Box::new(config))),
    };
    provider.filter(|_| kind.is_some())
}

/// What all kinds have.
fn account(section: &mut Section<'_>, usual_rate: u32) -> Option<AccountSettings> {
    let name = section.needed("name", "expected 1 to 64 of a-z, 0-9 and -, such as acme-pay", super::values::id);
    let own = name.clone().unwrap_or_default();
    let label = section.parsed("label", own, super::values::name, Clone::clone);
    let mode = section.word("mode", &[("live", Mode::Live), ("test", Mode::Test)]);
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
    let per_second = per_second(section, usual_rate);
    let waits = if waits.is_empty() { usual.waits().to_vec() } else { waits };
    Some(AccountSettings {
        name: name?,
        label,
        mode: mode?,
        currencies: currencies.unwrap_or_default(),
        merchants: merchants.unwrap_or_default(),
        ask_schedule: AskSchedule::new(waits, per_second)?,
    })
}

fn ixopay(section: &mut Section<'_>, account: Option<AccountSettings>) -> Option<IxopayConfig> {
    let url = section.needed("url", "expected such as https://gateway.ixopay.com", engine_url);
    let api_key = section.needed("api_key", "expected the API key of the connector", connector_key);
    let user = section.needed("user", "expected the name of the API user", connector_user);
    let password = credential(section, "password", "the API user has one");
    let secret = credential(section, "shared_secret", "both sides sign with it");
    let (account, url, password) = (account?, url?, password?);
    Some(IxopayConfig { account, url, api_key: api_key?, user: user?, password, secrets: vec![secret?] })
}

fn token_io(section: &mut Section<'_>, account: Option<AccountSettings>) -> Option<TokenIoConfig> {
    let url = section.needed("url", "expected such as https://api.token.io", engine_url);
    let member = section.needed("member", "expected the id of the member, m:…", visible_id("member"));
    let key_id = section.needed("key_id", "expected the id of the key that signs", visible_id("key_id"));
    let key = credential(section, "private_key", "every call is signed");
    let key =
        key.and_then(|pem| SigningKey::parse(&pem).map_err(|invalid| section.refuse("private_key", &invalid)).ok());
    let webhook_key = optional(section, "webhook_key", "none: no webhooks are believed", WebhookKey::parse);
    let scheme = section.word("scheme", &Scheme::ALL.map(|scheme| (scheme.as_str(), scheme)));
    let payee = section.needed("payee", "expected the name of the account's holder", payee_name);
    let payee_account = payee_account(section);
    if let (Some(scheme), Some(account)) = (scheme, &payee_account)
        && let Err(invalid) = scheme.check_account(account)
    {
        section.refuse("scheme", &invalid);
    }
    let bank = optional(section, "bank", "chosen on Token.io's pages", visible_id("bank"));
    let on_behalf_of = optional(section, "on_behalf_of", "nobody", visible_id("on_behalf_of"));
    Some(TokenIoConfig {
        account: account?,
        url: url?,
        member: member?,
        key_id: key_id?,
        key: key?,
        webhook_key,
        scheme: scheme?,
        payee: payee?,
        payee_account: payee_account?,
        bank,
        on_behalf_of,
    })
}

fn yapily(section: &mut Section<'_>, account: Option<AccountSettings>) -> Option<YapilyConfig> {
    let url = section.needed("url", "expected such as https://api.yapily.com", engine_url);
    let id = section.needed("application_id", "expected the application's id of Yapily's Console", application_id);
    let secret = credential(section, "application_secret", "every call shows it");
    let institution = section.needed("institution", "expected the id of one of Yapily's institutions", institution_id);
    let payee = section.needed("payee", "expected the name of the account's holder", payee_name);
    let country = optional(section, "country", "is not said", CountryCode::parse);
    let payee_account = payee_account(section);
    Some(YapilyConfig {
        account: account?,
        url: url?,
        application_id: id?,
        application_secret: secret?,
        institution: institution?,
        payee: payee?,
        payee_account: payee_account?,
        country,
    })
}

/// Where the money goes: an IBAN, or a sort code and a number.
fn payee_account(section: &mut Section<'_>) -> Option<PayeeAccount> {
    const KEYS: [&str; 3] = ["iban", "sort_code", "account_number"];
    let [iban, sort_code, number] = KEYS.map(|key| section.text(key));
    for (key, text) in KEYS.into_iter().zip([iban, sort_code, number]) {
        if let Some(text) = text {
            section.show(key, text);
        }
    }
    let account = PayeeAccount::read(iban, sort_code, number);
    account.map_err(|invalid| section.refuse(invalid.field(), &invalid)).ok()
}

/// What `read` makes of a text that need not be there; `usual` is what people see where it is not.
fn optional<T>(
    section: &mut Section<'_>,
    key: &str,
    usual: &str,
    read: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Option<T> {
    let text = section.text(key);
    section.show(key, text.unwrap_or(usual));
    read(text?).map_err(|invalid| section.refuse(key, &invalid)).ok()
}

/// A secret that must be there.
fn credential(section: &mut Section<'_>, key: &str, why: &str) -> Option<Secret> {
    if !section.says_hidden(key) {
        let invalid = Invalid::new("", format!("is missing: {why}"));
        section.refuse(key, &invalid.hint(format!("expected {key}_env or {key}_file")));
    }
    let secret = section.hidden(key)?;
    if secret.reveal().is_empty() {
        section.refuse(key, &Invalid::new("", "is empty"));
    }
    Some(secret)
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

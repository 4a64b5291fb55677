//! `[[provider]]`: the providers that take payments, by the protocol of docs/PROVIDERS.md.
//!
//! They stand in the file alone, as institutions do; a secret may come from the environment, by the name of its
//! variable.

use std::{collections::HashSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use toml::{Table, Value};
use url::Url;

use super::section::{Notes, Section};
use super::span;
use crate::domain::provider_account::{connector_key, connector_user, engine_secrets, engine_url};
use crate::domain::{CountryCode, Currency, Invalid, MerchantId, Mode, Secret};
use crate::provider::token_io::{SigningKey, settings::Scheme, settings::TokenIoConfig};
use crate::provider::{AccountSettings, AskSchedule, PayeeAccount};
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

#[derive(Debug, Clone, Copy)]
enum Kind {
    Http,
    Ixopay,
    TokenIo,
    Yapily,
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
    let kinds = [("http", Kind::Http), ("ixopay", Kind::Ixopay), ("token_io", Kind::TokenIo), ("yapily", Kind::Yapily)];
    let kind = section.word("kind", &kinds);
    // IXOPAY answers sixty questions a minute.
    let per_second = match kind {
        Some(Kind::Ixopay) => 1,
        Some(Kind::Http | Kind::TokenIo | Kind::Yapily) | None => AskSchedule::default().per_second(),
    };
    let account = account(section, per_second);
    // What is said beside a kind that there is not is read as the first one's.
    let provider = match kind.unwrap_or(Kind::Http) {
        Kind::Http => {
            let url = section.needed("url", "expected such as https://pay.example/handback", engine_url);
            let secrets = secrets(section);
            let all = account.zip(url).zip(secrets);
            all.map(|((account, url), secrets)| ProviderConfig::Http(HttpConfig { account, url, secrets }))
        }
        Kind::Ixopay => ixopay(section, account).map(ProviderConfig::Ixopay),
        Kind::TokenIo => token_io(section, account).map(|config| ProviderConfig::TokenIo(Box::new(config))),
        Kind::Yapily => yapily(section, account).map(|config| ProviderConfig::Yapily(Box::new(config))),
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
    let member = section.needed("member", "expected the id of the member, m:…", member_text("member"));
    let key_id = section.needed("key_id", "expected the id of the key that signs", member_text("key_id"));
    let key = credential(section, "private_key", "every call is signed");
    let key =
        key.and_then(|pem| SigningKey::parse(&pem).map_err(|invalid| section.refuse("private_key", &invalid)).ok());
    let webhook_key = section.text("webhook_key").map(|text| read_webhook_key(section, text));
    let scheme = section.word("scheme", &Scheme::WORDS);
    let payee = section.needed("payee", "expected the name of the account's holder", super::values::name);
    let payee_account = payee_account(section);
    let bank = section.text("bank").map(str::to_owned);
    let on_behalf_of = section.text("on_behalf_of").map(str::to_owned);
    section.show("on_behalf_of", on_behalf_of.as_deref().unwrap_or("nobody"));
    section.show("bank", bank.as_deref().unwrap_or("chosen on Token.io's pages"));
    Some(TokenIoConfig {
        account: account?,
        url: url?,
        member: member?,
        key_id: key_id?,
        key: key?,
        webhook_key: match webhook_key {
            Some(key) => Some(key?),
            None => None,
        },
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
    let payee = section.needed("payee", "expected the name of the account's holder", super::values::name);
    let country = section.text("country").map(str::to_owned);
    section.show("country", country.as_deref().unwrap_or("is not said"));
    let country = country
        .map(|text| CountryCode::parse(&text).map_err(|invalid| section.refuse("country", &invalid.at(""))).ok());
    let payee_account = payee_account(section);
    Some(YapilyConfig {
        account: account?,
        url: url?,
        application_id: id?,
        application_secret: secret?,
        institution: institution?,
        payee: payee?,
        payee_account: payee_account?,
        country: match country {
            Some(country) => Some(country?),
            None => None,
        },
    })
}

/// Reads the first half of credentials, which ends at a colon (RFC 7617 2).
fn application_id(text: &str) -> Result<String, Invalid> {
    if text.contains(':') {
        return Err(Invalid::new("application_id", "holds a colon"));
    }
    member_text("application_id")(text)
}

/// Reads an id that stands in an address.
fn institution_id(text: &str) -> Result<String, Invalid> {
    let is_plain = (1..=200).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let refused =
        || Invalid::new("institution", "is not 1 to 200 letters, digits, hyphens, underscores and full stops");
    if is_plain { Ok(text.to_owned()) } else { Err(refused()) }
}

/// Reads what stands in the header of a token as it is.
fn member_text(field: &'static str) -> impl Fn(&str) -> Result<String, Invalid> {
    move |text| {
        let is_plain = (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        let refused = || Invalid::new(field, "is not 1 to 200 visible ASCII characters");
        if is_plain { Ok(text.to_owned()) } else { Err(refused()) }
    }
}

fn read_webhook_key(section: &Section<'_>, text: &str) -> Option<[u8; 32]> {
    section.show("webhook_key", text);
    let key = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    if key.is_none() {
        let invalid = Invalid::new("", "is not 32 bytes in base64url");
        section.refuse("webhook_key", &invalid.hint("expected the public key for webhooks of the member's page"));
    }
    key
}

/// Where the money goes: an IBAN, or a sort code and a number.
fn payee_account(section: &mut Section<'_>) -> Option<PayeeAccount> {
    let [iban, sort_code, number] = ["iban", "sort_code", "account_number"].map(|key| section.text(key));
    let account = match (&iban, &sort_code, &number) {
        (Some(iban), None, None) => PayeeAccount::iban(iban),
        (None, Some(sort_code), Some(number)) => PayeeAccount::uk(sort_code, number),
        (None, None, None) => Err(Invalid::new("iban", "is missing").hint("or sort_code and account_number")),
        (Some(_), _, _) => Err(Invalid::new("iban", "stands beside another account").hint("expected one of them")),
        (None, None, _) => Err(Invalid::new("sort_code", "is missing beside account_number")),
        (None, _, None) => Err(Invalid::new("account_number", "is missing beside sort_code")),
    };
    for (key, text) in [("iban", iban), ("sort_code", sort_code), ("account_number", number)] {
        if let Some(text) = text {
            section.show(key, text);
        }
    }
    account.map_err(|invalid| section.refuse(invalid.field(), &invalid.clone().at(""))).ok()
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

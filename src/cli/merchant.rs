//! `handback merchant`: what an operator does for merchants.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::say;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, parse_span};
use crate::domain::{
    AuditAction, ConsoleScope, KeyName, KeyNumber, Member, MemberName, Merchant, MerchantId, MerchantName, Mode, Role,
    UnixMillis,
};
use crate::domain::{merchant::Standing, rotation::LONGEST_OVERLAP};
use crate::engine::{Engine, EngineError, KeyInUse, NewKey, NewMerchant, WebhookPublicKey, use_cases};
use crate::gateway::{self, StoreUse};

/// How long a secret that was replaced still counts, unless the command says otherwise.
const OVERLAP: &str = "1d";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds a merchant, and prints its secrets and what its clients are configured with: they cannot be shown again.
    Add {
        /// The name that customers see: 1 to 80 characters.
        #[arg(long, value_parser = MerchantName::parse)]
        name: MerchantName,
        /// Whether it is for tests or live; without this for tests where the sandbox is on, else live. It stays so.
        #[arg(long, value_parser = Mode::parse)]
        mode: Option<Mode>,
        /// Prints one JSON object instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Lists the merchants, the oldest first.
    List {
        /// Prints a JSON array instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Gives a merchant another name, which new journeys show.
    Rename {
        #[command(flatten)]
        merchant: Of,
        /// The name that customers see: 1 to 80 characters.
        #[arg(long, value_parser = MerchantName::parse)]
        name: MerchantName,
    },
    /// Refuses a merchant's calls from now on. Its running journeys still go home, and its deliveries go on.
    Disable {
        #[command(flatten)]
        merchant: Of,
    },
    /// Answers a merchant's calls again.
    Enable {
        #[command(flatten)]
        merchant: Of,
    },
    /// Erases a disabled merchant with its keys, profile, users and journeys, and what they would still deliver.
    /// Refused while a journey is under way.
    Erase {
        #[command(flatten)]
        merchant: Of,
        /// Says that you mean it: nothing can bring it back.
        #[arg(long)]
        yes: bool,
    },
    /// Lists a merchant's API keys that are valid: number, name, when it was made, when it was last used (to the hour),
    /// when it ends.
    Keys {
        #[command(flatten)]
        merchant: Of,
        /// Prints a JSON array instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Gives a merchant one more API key.
    AddKey {
        #[command(flatten)]
        merchant: Of,
        /// A name by which people tell its keys apart: 1 to 40 characters.
        #[arg(long, value_parser = KeyName::parse)]
        name: KeyName,
        /// Prints one JSON object instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Ends an API key at once.
    RevokeKey {
        #[command(flatten)]
        merchant: Of,
        /// The key's number, as `keys` lists it.
        #[arg(long, value_name = "NUMBER")]
        key: KeyNumber,
    },
    /// Replaces an API key; the old one is valid for the overlap.
    RotateKey {
        #[command(flatten)]
        merchant: Of,
        /// The key's number, as `keys` lists it; not needed where there is only one.
        #[arg(long, value_name = "NUMBER")]
        key: Option<KeyNumber>,
        #[command(flatten)]
        rotation: Rotation,
    },
    /// Replaces the signing secret. Webhooks are signed with both for the overlap, and signed calls verify against
    /// both.
    RotateSigningSecret {
        #[command(flatten)]
        merchant: Of,
        #[command(flatten)]
        rotation: Rotation,
    },
    /// Replaces the key pair that signs webhooks which are verified by a public key. The new one signs when the overlap
    /// is over: until then receivers are given its public half.
    RotateWebhookKey {
        #[command(flatten)]
        merchant: Of,
        #[command(flatten)]
        rotation: Rotation,
    },
}

/// Which merchant.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// The merchant's id, in either of its forms.
    #[arg(long = "merchant", value_name = "ID")]
    id: MerchantId,
}

/// How a secret is replaced.
#[derive(Debug, Args)]
pub(super) struct Rotation {
    /// How long the old one still counts: 0s (a leak: it ends at once) to 90d.
    #[arg(long, value_name = "SPAN", default_value = OVERLAP, value_parser = overlap)]
    overlap: Duration,
    /// Prints one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

fn is_away(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(EngineError::Store(_)))
}

fn overlap(text: &str) -> Result<Duration, String> {
    parse_span(text, Duration::ZERO, LONGEST_OVERLAP).map_err(|invalid| invalid.to_string())
}

impl Command {
    pub(super) async fn run(self, config: &Config) -> Result<()> {
        if matches!(self, Self::Erase { yes: false, .. }) {
            anyhow::bail!("nothing can bring a merchant back: say --yes if you mean it");
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut notices = Vec::new();
        let usage = if matches!(self, Self::Add { .. }) { StoreUse::Create } else { StoreUse::Existing };
        let engine = gateway::engine(config, &clock, usage, &mut notices).await?;
        if config.demo {
            notices.push("this is the demo's store; --config or HANDBACK_STORE names another".to_owned());
        }
        for notice in &notices {
            eprintln!("{notice}");
        }
        let Some((scope, command)) = self.change() else { return self.carry_out(&engine).await };
        let member = Member { scope, role: Role::Admin, name: MemberName::parse("command line")?, by_mail: false };
        let change = (AuditAction::CommandRun, command.as_str());
        use_cases::console::audited(&engine, &member, change, self.carry_out(&engine), is_away).await
    }

    /// In whose audit log it stands, and how it is called there; `None` where it changes nothing.
    fn change(&self) -> Option<(ConsoleScope, String)> {
        let of = |merchant: &Of, what: &str| Some((ConsoleScope::Merchant(merchant.id), what.to_owned()));
        let operators = |what: String| Some((ConsoleScope::Operator, what));
        match self {
            Self::List { .. } | Self::Keys { .. } => None,
            Self::Add { name, .. } => operators(format!("merchant add {}", name.as_str())),
            Self::Disable { merchant } => operators(format!("merchant disable {}", merchant.id)),
            Self::Enable { merchant } => operators(format!("merchant enable {}", merchant.id)),
            Self::Erase { merchant, .. } => operators(format!("merchant erase {}", merchant.id)),
            Self::Rename { merchant, name } => of(merchant, &format!("merchant rename {}", name.as_str())),
            Self::AddKey { merchant, name, .. } => of(merchant, &format!("merchant add-key {}", name.as_str())),
            Self::RevokeKey { merchant, key } => of(merchant, &format!("merchant revoke-key {key}")),
            Self::RotateKey { merchant, key: Some(key), .. } => of(merchant, &format!("merchant rotate-key {key}")),
            Self::RotateKey { merchant, key: None, .. } => of(merchant, "merchant rotate-key"),
            Self::RotateSigningSecret { merchant, .. } => of(merchant, "merchant rotate-signing-secret"),
            Self::RotateWebhookKey { merchant, .. } => of(merchant, "merchant rotate-webhook-key"),
        }
    }

    async fn carry_out(self, engine: &Engine) -> Result<()> {
        match self {
            Self::Add { name, mode, json } => {
                let mode = mode.unwrap_or(engine.deps.usual_mode);
                let new = use_cases::merchants::add(engine, name, mode).await?;
                say(&if json { added_json(engine, &new).to_string() } else { added(engine, &new) })
            }
            Self::List { json } => list(engine, &use_cases::merchants::list(engine).await?, json),
            Self::Rename { merchant, name } => {
                use_cases::merchants::rename(engine, merchant.id, name.clone()).await?.with_context(nobody)?;
                say(&format!("renamed {} to {}", merchant.id, name.as_str()))
            }
            Self::Disable { merchant } => stand(engine, &merchant, Standing::Disabled).await,
            Self::Enable { merchant } => stand(engine, &merchant, Standing::Active).await,
            Self::Erase { merchant, .. } => {
                let erased = use_cases::merchants::erase(engine, merchant.id).await?.with_context(nobody)?;
                let (journeys, users) = (counted(erased.journeys, "journey"), counted(erased.users, "user"));
                say(&format!("erased {}: {journeys}, {users}", merchant.id))
            }
            secrets => secrets.run_secrets(engine).await,
        }
    }

    async fn run_secrets(self, engine: &Engine) -> Result<()> {
        match self {
            Self::Keys { merchant, json } => {
                let merchant = use_cases::authenticate::merchant(engine, merchant.id).await?.with_context(nobody)?;
                keys(&use_cases::secrets::api_keys(engine, &merchant).await?, json)
            }
            Self::AddKey { merchant, name, json } => {
                let new = use_cases::secrets::add_key(engine, merchant.id, name).await?.with_context(nobody)?;
                key(&merchant, &new, json)
            }
            Self::RevokeKey { merchant, key } => {
                anyhow::ensure!(use_cases::secrets::revoke_key(engine, merchant.id, key).await?, no_key());
                say(&format!("revoked {key}"))
            }
            Self::RotateKey { merchant, key: number, rotation } => {
                let new = use_cases::secrets::rotate_key(engine, merchant.id, number, rotation.overlap)
                    .await?
                    .with_context(no_key)?;
                key(&merchant, &new, rotation.json)
            }
            Self::RotateSigningSecret { merchant, rotation } => {
                let new = use_cases::secrets::rotate_signing_secret(engine, merchant.id, rotation.overlap)
                    .await?
                    .with_context(nobody)?;
                let ends_at = new.previous_ends_at.map(written);
                say(&if rotation.json {
                    json!({ "signing_secret": new.secret.reveal(), "previous_ends_at": ends_at }).to_string()
                } else {
                    format!("signing_secret  {}\n{}", new.secret.reveal(), old_ends(ends_at.as_deref()))
                })
            }
            Self::RotateWebhookKey { merchant, rotation } => {
                let keys = use_cases::secrets::rotate_webhook_key(engine, merchant.id, rotation.overlap)
                    .await?
                    .with_context(nobody)?;
                webhook_keys(&keys, rotation.json)
            }
            _ => Ok(()),
        }
    }
}

fn nobody() -> &'static str {
    "there is no merchant of this id"
}

fn no_key() -> &'static str {
    "there is no merchant of this id, or it has no API key of this number"
}

async fn stand(engine: &Engine, merchant: &Of, standing: Standing) -> Result<()> {
    use_cases::merchants::set_standing(engine, merchant.id, standing).await?.with_context(nobody)?;
    let word = match standing {
        Standing::Active => "enabled",
        Standing::Disabled => "disabled",
    };
    say(&format!("{word} {}", merchant.id))
}

/// Prints a JSON array of objects, or a line each.
fn say_all<T>(items: &[T], json: bool, object: impl Fn(&T) -> Value, line: impl Fn(&T) -> String) -> Result<()> {
    if json {
        return say(&items.iter().map(object).collect::<Value>().to_string());
    }
    say(&items.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn list(engine: &Engine, merchants: &[Merchant], json: bool) -> Result<()> {
    if merchants.is_empty() && !json {
        return say("no merchants yet: handback merchant add --name NAME");
    }
    let object = |merchant: &Merchant| {
        json!({
            "merchant_id": merchant.id.to_string(), "short_id": merchant.id.short(), "name": merchant.name.as_str(),
            "mode": engine.deps.mode_of(merchant).as_str(), "disabled": merchant.standing == Standing::Disabled,
        })
    };
    let line = |merchant: &Merchant| {
        let disabled = if merchant.standing == Standing::Disabled { "  (disabled)" } else { "" };
        let mode = engine.deps.mode_of(merchant).as_str();
        format!("{}  {:<22}  {mode:<4}  {}{disabled}", merchant.id, merchant.id.short(), merchant.name.as_str())
    };
    say_all(merchants, json, object, line)
}

fn keys(keys: &[KeyInUse], json: bool) -> Result<()> {
    let object = |own: &KeyInUse| {
        json!({
            "number": own.key.number.to_string(), "name": own.key.name.as_str(), "created_at": written(own.key.created_at),
            "last_used_at": own.last_used_at.map(written), "ends_at": own.key.ends_at.map(written),
        })
    };
    let line = |own: &KeyInUse| {
        let used = own.last_used_at.map_or_else(|| "not used yet".into(), |at| format!("last used {}", written(at)));
        let ends = own.key.ends_at.map_or_else(String::new, |at| format!(", ends {}", written(at)));
        format!("{}  {}  (made {}, {used}{ends})", own.key.number, own.key.name.as_str(), written(own.key.created_at))
    };
    say_all(keys, json, object, line)
}

fn key(merchant: &Of, new: &NewKey, json: bool) -> Result<()> {
    let (text, number, ends_at) = (new.key.reveal(), new.issued.number, new.replaced_ends_at.map(written));
    say(&if json {
        json!({
            "merchant_id": merchant.id.to_string(), "number": number.to_string(), "name": new.issued.name.as_str(),
            "api_key": text, "previous_ends_at": ends_at,
        })
        .to_string()
    } else {
        let ends = ends_at.map_or_else(String::new, |at| format!("\n{}", old_ends(Some(&at))));
        format!("api_key  {text}\nnumber   {number}{ends}")
    })
}

fn webhook_keys(keys: &[WebhookPublicKey], json: bool) -> Result<()> {
    let object = |own: &WebhookPublicKey| json!({ "key": own.text(), "signs_from": own.signs_from.map(written), "ends_at": own.ends_at.map(written) });
    let line = |own: &WebhookPublicKey| match (own.signs_from, own.ends_at) {
        (Some(at), _) => format!("{}  (signs from {})", own.text(), written(at)),
        (None, Some(at)) => format!("{}  (signs until {})", own.text(), written(at)),
        (None, None) => format!("{}  (signs now)", own.text()),
    };
    say_all(keys, json, object, line)
}

fn old_ends(ends_at: Option<&str>) -> String {
    ends_at.map_or_else(|| "The old one has ended.".into(), |at| format!("The old one counts until {at}."))
}

fn added(engine: &Engine, new: &NewMerchant) -> String {
    let mut lines = vec![
        ("merchant_id".to_owned(), new.merchant.id.to_string()),
        ("mode".to_owned(), engine.deps.mode_of(&new.merchant).as_str().to_owned()),
        ("api_key".to_owned(), new.api_key.reveal().to_owned()),
        ("signing_secret".to_owned(), new.signing_secret.reveal().to_owned()),
    ];
    for (dialect, settings) in use_cases::merchants::client_settings(engine, new) {
        lines.extend(settings.into_iter().map(|(name, value)| (format!("{dialect}.{name}"), value)));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name:<width$}  {value}")).collect();
    format!("{}\nThe secrets cannot be shown again.", lines.join("\n"))
}

fn added_json(engine: &Engine, new: &NewMerchant) -> Value {
    let key = new.api_key.reveal();
    let mut object = json!({
        "merchant_id": new.merchant.id.to_string(),
        "short_id": new.merchant.id.short(),
        "name": new.merchant.name.as_str(),
        "mode": engine.deps.mode_of(&new.merchant).as_str(),
        "api_key": key,
        "signing_secret": new.signing_secret.reveal(),
        "api": { "base_url": engine.deps.public_url.page("/v1", &[]), "authorization": format!("Bearer {key}") },
    });
    for (dialect, settings) in use_cases::merchants::client_settings(engine, new) {
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
        object[dialect] = Value::Object(settings.collect());
    }
    object
}

/// RFC 3339 in UTC, to the second.
fn written(moment: UnixMillis) -> String {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    format!("{:.0}", Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX))
}

/// A number of things, in words.
fn counted(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_one() {
        let said = [0, 1, 2].map(|number| counted(number, "journey"));
        assert_eq!(said, ["0 journeys", "1 journey", "2 journeys"]);
    }
}

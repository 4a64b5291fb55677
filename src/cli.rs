//! The command line: `serve`, and what an operator does beside it.

mod console;
mod merchant;
mod moving;
mod provider;

use std::sync::{Arc, OnceLock};
use std::{fmt::Write as _, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use serde_json::json;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::engine::use_cases;
use crate::gateway::{self, Gateway, StoreUse};
use crate::keys::Keys;
use crate::telemetry;

/// A self-hosted callback gateway: it takes a customer's browser to a bank, and hands it back to the merchant's
/// callback once, with the outcome.
///
/// Without a command it serves. Without a configuration file it is a demo on loopback, with a built-in test bank and a
/// store of its own in ./handback-data.
#[derive(Debug, Parser)]
#[command(name = "handback", version)]
pub struct Cli {
    /// The configuration file (TOML), else the one that `HANDBACK_CONFIG` names. Environment variables stand over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers browsers and apps until it is told to stop (the default).
    Serve,
    /// Adds, lists, changes and erases merchants, and replaces their secrets. Works while the server runs.
    #[command(subcommand)]
    Merchant(merchant::Command),
    /// Lets people into the console.
    #[command(subcommand)]
    Console(console::Command),
    /// Checks a payment engine before money goes there.
    #[command(subcommand)]
    Provider(provider::Command),
    /// Copies the embedded store into a file, and looks it through. Works while the server runs.
    Backup {
        /// The file, which must not be there yet.
        to: PathBuf,
    },
    /// Makes the embedded store of a backup, where there is none.
    Restore {
        /// The file that `handback backup` wrote.
        from: PathBuf,
    },
    /// Moves a store to another place, of the same kind or another, while no gateway serves from it. One of the two may be
    /// left out: it is the configured store then.
    Migrate {
        /// The store, as the setting `store` has it: embedded:PATH or redis://….
        #[arg(long, value_name = "URL", required_unless_present = "to")]
        from: Option<String>,
        /// Where it goes, in the same form; nothing may be there.
        #[arg(long, value_name = "URL")]
        to: Option<String>,
    },
    /// Reads the configuration, says where each value comes from, and reports every mistake at once.
    CheckConfig {
        /// Prints one JSON object instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Makes keys for `HANDBACK_KEYS`.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Prints a fresh key. The manual says how to rotate: first behind the old one on every node, then before it.
    New {
        /// Its id: 1 to 16 letters and digits, none of your other keys'. Without it, one by chance.
        #[arg(long)]
        id: Option<String>,
    },
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// With everything that is wrong with the configuration, or with what stood in the way.
    pub async fn run(self) -> Result<()> {
        if let Some(Command::Keys(KeysCommand::New { id })) = self.command {
            let [a, b, c, ..] = SystemClock.entropy();
            let id = id.unwrap_or_else(|| format!("k{a:02x}{b:02x}{c:02x}"));
            let key = Keys::write_fresh(&id, SystemClock.entropy());
            Keys::parse(key.reveal())?;
            return say(key.reveal());
        }
        let config = Config::load(self.config, environment())?;
        match self.command.unwrap_or(Command::Serve) {
            Command::CheckConfig { json } => {
                let warnings: Vec<String> = config.warnings.iter().cloned().chain(lost_keys(&config).await).collect();
                say(&if json { described_json(&config, &warnings).to_string() } else { described(&config, &warnings) })
            }
            Command::Merchant(command) => command.run(&config).await,
            Command::Console(command) => command.run(&config).await,
            Command::Provider(command) => command.run(&config).await,
            Command::Backup { to } => moving::back_up(&config, &to),
            Command::Restore { from } => moving::restore(&config, &from),
            Command::Migrate { from, to } => moving::migrate(&config, from, to).await,
            Command::Serve | Command::Keys(_) => serve(&config).await,
        }
    }
}

async fn serve(config: &Config) -> Result<()> {
    telemetry::start(&config.log_filter, config.log_format).map_err(|error| anyhow::anyhow!("{error}"))?;
    let gateway = Gateway::build(config, Arc::new(SystemClock)).await?;
    say(&greeting(config, &gateway))?;
    let by = OnceLock::new();
    let shutdown = async {
        let _ = by.set(signal().await);
    };
    // An interrupt means now; so does any signal after SIGTERM.
    let at_once = async {
        if by.get() == Some(&SIGTERM) {
            signal().await;
        }
    };
    gateway.run_until(shutdown, at_once).await?;
    say(&format!("stopped by {}", by.get().unwrap_or(&"the server")))
}

/// What a stop by SIGTERM is called.
const SIGTERM: &str = "SIGTERM";

/// Waits for somebody to stop us, and says who.
async fn signal() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => SIGTERM,
        interrupted = tokio::signal::ctrl_c() => match interrupted {
            Ok(()) => "an interrupt",
            Err(_) => std::future::pending().await,
        },
    }
}

/// What a start prints: where it is, what to open, and the secrets that are shown once.
fn greeting(config: &Config, gateway: &Gateway) -> String {
    let base = gateway.public_url.as_str();
    let mut text =
        format!("handback {} listens on {}, browsers find it at {base}\n", env!("CARGO_PKG_VERSION"), gateway.addr);
    for notice in &gateway.notices {
        let _ = writeln!(text, "  {notice}");
    }
    if !config.demo {
        return text.trim_end().to_owned();
    }
    let _ = writeln!(text, "\n  Open {base}/demo to make a payment.");
    if let Some(link) = &gateway.console_link {
        let _ = writeln!(text, "  Sign in to the console, once within 15 minutes:\n    {}", link.url);
    }
    text.push('\n');
    let Some(new) = &gateway.newcomer else {
        return text
            + "  The demo merchant's keys were shown at the first start. For new ones:\n    handback merchant list\n    \
               handback merchant rotate-key --merchant MERCHANT_ID";
    };
    let secrets = [
        ("merchant_id", new.merchant.id.to_string()),
        ("short_id", new.merchant.id.short()),
        ("api_key", new.api_key.reveal().to_owned()),
        ("signing_secret", new.signing_secret.reveal().to_owned()),
    ];
    text += "  A demo merchant was made. Its secrets are shown this once:";
    for (name, secret) in secrets {
        let _ = write!(text, "\n    {name:<14}  {secret}");
    }
    text
}

fn described(config: &Config, warnings: &[String]) -> String {
    let width = config.lines.iter().map(|line| line.key.len()).max().unwrap_or_default();
    let lines = config.lines.iter().map(|line| format!("{:<width$} {}  ({})", line.key, line.value, line.origin));
    let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
    lines.chain(warnings).collect::<Vec<_>>().join("\n")
}

fn described_json(config: &Config, warnings: &[String]) -> serde_json::Value {
    let settings = config
        .lines
        .iter()
        .map(|line| (line.key.clone(), json!({ "value": line.value, "origin": line.origin.to_string() })));
    json!({ "settings": settings.collect::<serde_json::Map<_, _>>(), "warnings": warnings })
}

/// What the store says of the keys, where there is a store: a configuration can be checked before its first start.
async fn lost_keys(config: &Config) -> Vec<String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if !gateway::has_store(config) {
        return Vec::new();
    }
    let looked_at = async {
        Ok(use_cases::lost_keys::count(&gateway::engine(config, &clock, StoreUse::Existing, &mut Vec::new()).await?)
            .await?)
    };
    match looked_at.await {
        Ok(lost) => lost.warnings(),
        Err::<_, anyhow::Error>(error) => vec![format!("the journeys' keys could not be checked: {error:#}")],
    }
}

/// The environment's variables, as far as they are text.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Prints to standard output: what a command answers, never a log line.
fn say(text: &str) -> Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{text}").context("cannot write to standard output")
}

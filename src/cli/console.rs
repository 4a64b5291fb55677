//! `handback console`: how people get into the console.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::json;

use super::say;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::{ConsoleScope, Member, MemberName, MerchantId, Role};
use crate::engine::{Engine, use_cases};
use crate::gateway::{self, StoreUse};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Prints a link that signs one person in to the console, once, within 15 minutes.
    Link {
        /// Whose console: a merchant's id, in either of its forms. Not needed where there is one merchant only.
        #[arg(long, value_name = "ID", conflicts_with = "operator")]
        merchant: Option<MerchantId>,
        /// The operator's own console.
        #[arg(long)]
        operator: bool,
        /// What that person may do: read, support (cancel links, send deliveries again) or admin.
        #[arg(long, value_parser = Role::parse, default_value = "admin")]
        role: Role,
        /// The name of that person, which the audit log shows: 1 to 40 characters.
        #[arg(long, value_parser = MemberName::parse, default_value = "admin")]
        name: MemberName,
        /// Prints one JSON object instead of a line.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    pub(super) async fn run(self, config: &Config) -> Result<()> {
        let Self::Link { merchant, operator, role, name, json } = self;
        let (clock, mut notices): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Vec::new());
        let engine = gateway::engine(config, &clock, StoreUse::Existing, &mut notices).await?;
        for notice in &notices {
            eprintln!("{notice}");
        }
        let scope = match merchant {
            _ if operator => ConsoleScope::Operator,
            Some(id) => ConsoleScope::Merchant(id),
            None => ConsoleScope::Merchant(only_merchant(&engine).await?),
        };
        let issued = use_cases::console::issue_link(&engine, &Member { scope, role, name, by_mail: false }).await?;
        let url = issued.context("there is no merchant of this id")?.url;
        say(&if json { json!({ "url": url }).to_string() } else { url })
    }
}

async fn only_merchant(engine: &Engine) -> Result<MerchantId> {
    match use_cases::merchants::list(engine).await?.as_slice() {
        [only] => Ok(only.id),
        [] => anyhow::bail!("there is no merchant yet: handback merchant add --name NAME"),
        many => {
            let lines = many.iter().map(|merchant| format!("\n  {}  {}", merchant.id, merchant.name.as_str()));
            anyhow::bail!(
                "whose console? say --operator, or --merchant with one of these:{}",
                lines.collect::<String>()
            )
        }
    }
}

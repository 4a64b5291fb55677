//! `handback provider`: what an operator finds out about a payment engine before money goes there.

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::say;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{Amount, Currency};
use crate::gateway::{self, Walk};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Walks through the protocol of docs/PROVIDERS.md against a provider, and says rule by rule what holds. It creates
    /// payments that nobody visits, and closes them again.
    Check {
        /// The provider's name in the configuration.
        name: String,
        /// The currency of its payments.
        #[arg(long, default_value = "EUR", value_parser = Currency::parse)]
        currency: Currency,
        /// Also has a payment over this amount really made, by whoever opens the page that is printed, and refunds it.
        #[arg(long, value_name = "AMOUNT")]
        pay: Option<String>,
    },
}

impl Command {
    pub(super) async fn run(self, config: &Config) -> Result<()> {
        let Self::Check { name, currency, pay } = self;
        let amount = Amount::parse("1", currency)?;
        let paid = pay.map(|text| Amount::parse(&text, currency)).transpose()?;
        let (mut kept, mut broken) = (0, 0);
        let tell = |rule: gateway::CheckedRule| {
            let line = match &rule.broken {
                None => format!("holds   {}", rule.rule),
                Some(found) => format!("BROKEN  {}: {found}", rule.rule),
            };
            if rule.broken.is_some() {
                broken += 1;
            } else {
                kept += 1;
            }
            // Whoever reads the lines may have gone.
            let _ = say(&line);
        };
        let show = |page: &str| {
            let _ = say(&format!("\nPay this within ten minutes; it is refunded then:\n  {page}\n"));
        };
        gateway::check_provider(config, Arc::new(SystemClock), (&name, Walk { amount, paid }), tell, show).await?;
        if broken > 0 {
            bail!("{broken} of {} rules are broken", kept + broken);
        }
        say(&format!("{kept} of {kept} rules hold"))
    }
}

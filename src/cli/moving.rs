//! `handback backup`, `handback restore` and `handback migrate`: a whole store at a time.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};

use super::say;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, StoreConfig};
use crate::gateway::{self, Progress};

pub(super) fn back_up(config: &Config, to: &Path) -> Result<()> {
    say_all(&gateway::back_up(config, to)?)
}

pub(super) fn restore(config: &Config, from: &Path) -> Result<()> {
    say_all(&gateway::restore(config, from)?)
}

pub(super) async fn migrate(config: &Config, from: Option<String>, to: Option<String>) -> Result<()> {
    // What is refused may hold a password: it is not repeated.
    let read = |text: Option<String>, name: &'static str| match text {
        Some(text) => StoreConfig::parse(&text).with_context(|| format!("--{name}")),
        None => Ok(config.store.clone()),
    };
    let (from, to) = (read(from, "from")?, read(to, "to")?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut shown = Shown::new()?;
    let said = gateway::migrate(config, (&from, &to), &clock, &mut |progress| shown.show(progress)).await;
    shown.bar.finish_and_clear();
    say_all(&said?)
}

/// A bar on a terminal, and a line for each stage elsewhere.
struct Shown {
    bar: ProgressBar,
    stage: &'static str,
}

impl Shown {
    fn new() -> Result<Self> {
        let bar = ProgressBar::new(0);
        bar.set_style(
            ProgressStyle::with_template("{msg:>9} [{bar:40}] {percent:>3} %  {elapsed}")?.progress_chars("=> "),
        );
        Ok(Self { bar, stage: "" })
    }

    fn show(&mut self, progress: Progress) {
        let (stage, passed, all) = match progress {
            Progress::Waiting => ("waiting", 0, 0),
            Progress::Copied(passed, all) => ("copying", passed, all),
            Progress::Compared(passed, all) => ("comparing", passed, all),
        };
        if stage != self.stage {
            self.stage = stage;
            self.bar.set_message(stage);
            if self.bar.is_hidden() {
                eprintln!("{stage}");
            }
        }
        self.bar.set_length(all);
        self.bar.set_position(passed);
    }
}

fn say_all(sentences: &[String]) -> Result<()> {
    say(&sentences.join("\n"))
}

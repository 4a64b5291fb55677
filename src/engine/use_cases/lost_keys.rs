//! Journeys whose operator key is gone: their links lead nowhere, and their returns and tokens cannot be verified.

use std::collections::BTreeMap;

use crate::domain::{Journey, Stage};
use crate::engine::{Engine, deps::Result};
use crate::store::{JourneyCursor, JourneyFilter};

/// How many journeys are looked at, the newest of each merchant first: a start does not wait for millions.
const MOST: usize = 20_000;

/// How many journeys one look into the store brings.
const BATCH: usize = 200;

/// The unfinished journeys under operator keys that this gateway does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LostKeys {
    /// How many, by the id of their key.
    pub journeys: BTreeMap<String, usize>,
    /// Whether every journey was looked at; if not, there may be more.
    pub complete: bool,
}

impl LostKeys {
    /// A sentence for each key.
    pub fn warnings(&self) -> Vec<String> {
        let least = if self.complete { "" } else { "at least " };
        let warning = |(key, count): (&String, &usize)| {
            let journeys = if *count == 1 { "journey" } else { "journeys" };
            format!(
                "the operator key {key} is missing, and {least}{count} unfinished {journeys} need it: their links lead \
                 nowhere and their returns fail; put it back, behind the others in HANDBACK_KEYS"
            )
        };
        self.journeys.iter().map(warning).collect()
    }
}

/// Counts the unfinished journeys whose operator key is missing, among the newest 20,000 journeys.
///
/// # Errors
/// When the store is in trouble.
pub async fn count(engine: &Engine) -> Result<LostKeys> {
    let mut lost = LostKeys { complete: true, ..LostKeys::default() };
    let mut left = MOST;
    for merchant in engine.deps.store.merchants().await? {
        let mut after = None;
        loop {
            let batch = engine.deps.store.list(merchant.id, JourneyFilter::All, after, BATCH.min(left)).await?;
            // A merchant without journeys costs a look, too.
            left = left.saturating_sub(batch.len().max(1));
            batch.iter().filter(|journey| lacks_key_of(engine, journey)).for_each(|journey| {
                *lost.journeys.entry(journey.opening().key.clone()).or_default() += 1;
            });
            after = batch.last().map(JourneyCursor::of);
            if left == 0 {
                lost.complete = false;
                return Ok(lost);
            }
            if batch.len() < BATCH.min(left) {
                break;
            }
        }
    }
    Ok(lost)
}

fn lacks_key_of(engine: &Engine, journey: &Journey) -> bool {
    !matches!(journey.stage(), Stage::Concluded(_)) && !engine.deps.keys.has(&journey.opening().key)
}

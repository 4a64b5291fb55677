//! SWEEP: looks after journeys whose time has run out, and what a node has left.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};

use crate::domain::{Journey, journey::Proof};
use crate::engine::ahead;
use crate::engine::deps::{EngineError, Result};
use crate::engine::use_cases::{late, payment, perform};
use crate::engine::{Engine, accounts, lapse, prove};

/// How many journeys one sweep looks after, at the most.
pub const SWEPT: usize = 200;

/// How many journeys it looks after at the same time: the embedded store commits them together.
const AT_ONCE: usize = 16;

/// Looks after journeys whose time has run out, proofs that nobody has finished, redirects that nobody has asked for,
/// payments that their providers are to be asked about, and late ones that are to be given back. Answers how many
/// journeys it looked after; with [`SWEPT`] of them there may be more.
///
/// # Errors
/// When the store is in trouble.
pub async fn sweep(engine: &Arc<Engine>) -> Result<usize> {
    let looked_after = stream::iter(engine.deps.store.due(SWEPT).await?).map(async |journey| {
        let pay_id = journey.pay_id();
        match Box::pin(look_after(engine, journey)).await {
            Ok(moved) => Ok(usize::from(moved)),
            Err(EngineError::Store(trouble)) => Err(trouble.into()),
            // One journey that cannot be looked after does not hold up the others.
            Err(error) => {
                tracing::error!(error = %error, %pay_id, "sweep.trouble");
                Ok(0)
            }
        }
    });
    // All of them to their end, also when the store fails one: none is broken off half-way.
    let looked_after: Vec<_> = looked_after.buffer_unordered(AT_ONCE).collect().await;
    looked_after.into_iter().sum()
}

/// Clears away what the store no longer needs; answers how many records it dropped.
///
/// # Errors
/// When the store is in trouble.
pub async fn tidy(engine: &Engine) -> Result<usize> {
    Ok(engine.deps.store.tidy().await?)
}

/// Does what is due of a journey. `false` when by this node's clock nothing is.
async fn look_after(engine: &Arc<Engine>, journey: Journey) -> Result<bool> {
    accounts::know_providers(&engine.deps, &journey).await?;
    let now = engine.deps.clock.now();
    let due = |proof: &Proof| match proof {
        Proof::Held { until, .. } => now >= *until,
        Proof::Sent { at, .. } => now >= at.plus(Journey::LOST),
    };
    let mut moved = journey.is_lapsed(now);
    for (response_id, proof) in journey.proofs().filter(|(_, proof)| due(proof)) {
        moved = true;
        match proof {
            Proof::Held { .. } => prove::take_over(engine, journey.clone(), response_id).await?,
            Proof::Sent { .. } => prove::give_up(&engine.deps, journey.clone(), response_id).await?,
        }
    }
    if let Some((visit, _)) = journey.asked_ahead().filter(|(_, until)| now >= *until) {
        moved |= ahead::ask_again(engine, &journey, visit);
    }
    moved |= payment::ask_due(engine, &journey).await?;
    if let Some(refund) = late::open_refund(engine, &journey).await? {
        moved = true;
        late::note_refund(engine, journey.clone(), refund.pay_id()).await?;
        // No engine holds up the sweep; a refund whose node has left it is resumed when its time is over.
        tokio::spawn(perform_refund(Arc::clone(engine), refund));
    }
    let resumes = perform::can_be_resumed(engine, &journey, now);
    let journey = if resumes { perform::perform(engine, journey).await? } else { journey };
    lapse::lapse(&engine.deps, journey).await?;
    Ok(moved)
}

async fn perform_refund(engine: Arc<Engine>, refund: Journey) {
    let pay_id = refund.pay_id();
    if let Err(error) = perform::perform(&engine, refund).await {
        tracing::error!(error = %error, %pay_id, "sweep.trouble");
    }
}

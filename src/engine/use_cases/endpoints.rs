//! Payment endpoints at work: paused, resumed, and tried with a test webhook.

use std::time::Duration;

use crate::domain::{
    AttemptRecord, AttemptResult, DeliveryId, Merchant, MerchantId, SavedEndpoint, Slots, UnixMillis, WebhookPayload,
};
use crate::engine::deps::{Result, TestWebhook};
use crate::engine::{Engine, change};
use crate::store::{DeliveryContext, DeliveryCursor, DeliveryFilter, receiver_name};

/// How many deliveries of a kind one look into the store brings.
const BATCH: usize = 200;

/// How many waiting deliveries of a kind a resumption looks at. What is behind them goes on when the courier looks
/// again.
const LOOKED_AT: usize = 2_000;

/// A test webhook that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTest {
    /// Its id, as its receiver has got it.
    pub id: String,
    /// What came of it.
    pub attempt: AttemptRecord,
}

impl SentTest {
    /// Whether it was received: any 2xx says so.
    pub const fn is_received(&self) -> bool {
        matches!(self.attempt.result(), AttemptResult::Status(200..=299))
    }
}

/// Has the deliveries of a saved endpoint wait from now on. `false` when there is no such endpoint.
///
/// # Errors
/// When the store is in trouble.
pub async fn pause(engine: &Engine, merchant: MerchantId, index: usize) -> Result<bool> {
    let pause = |merchant: &mut Merchant| {
        let endpoint = merchant.endpoints.at_mut(index);
        Ok(endpoint.map(|endpoint| endpoint.paused = true))
    };
    Ok(change::change(&engine.deps, merchant, pause).await?.flatten().is_some())
}

/// Has the deliveries of a saved endpoint go on, those first that were left behind first. `false` when there is no such
/// endpoint.
///
/// # Errors
/// When the store is in trouble.
pub async fn resume(engine: &Engine, id: MerchantId, index: usize) -> Result<bool> {
    let now = engine.deps.clock.now();
    let resume = |merchant: &mut Merchant| {
        let Some(endpoint) = merchant.endpoints.at_mut(index) else { return Ok(None) };
        let was_paused = endpoint.paused;
        if was_paused {
            (endpoint.paused, endpoint.resumed_at) = (false, Some(now));
        }
        Ok(Some(was_paused.then(|| merchant.endpoints.clone())))
    };
    let Some(resumed) = change::change(&engine.deps, id, resume).await?.flatten() else { return Ok(false) };
    // What waits at one that was not paused waits for reasons of its own.
    let Some(endpoints) = resumed else { return Ok(true) };
    let mut waiting = Vec::new();
    for filter in [DeliveryFilter::Failing, DeliveryFilter::Waiting] {
        waiting.extend(waiting_at(engine, (id, index), &endpoints, filter).await?);
    }
    waiting.sort_unstable();
    let ago = (1..=waiting.len() as u64).rev().map(Duration::from_millis);
    let waiting: Vec<_> = waiting.into_iter().map(|(_, delivery)| delivery).zip(ago).collect();
    for some in waiting.chunks(BATCH) {
        // What was received since it was listed stays so.
        engine.deps.store.bring_forward(some, id).await?;
    }
    engine.deps.waker.wake();
    Ok(true)
}

/// The deliveries of this kind that wait at a saved endpoint, among the newest 2,000, with since when.
async fn waiting_at(
    engine: &Engine,
    (merchant, index): (MerchantId, usize),
    endpoints: &Slots<SavedEndpoint>,
    filter: DeliveryFilter,
) -> Result<Vec<(UnixMillis, DeliveryId)>> {
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..LOOKED_AT / BATCH {
        let batch = engine.deps.store.deliveries_of(merchant, filter, after, BATCH).await?;
        let is_there = |context: &&DeliveryContext| {
            let (plan, target) = (&context.journey.opening().plan, context.delivery.id.target);
            let slot = plan.endpoint(target).and_then(|endpoint| endpoint.slot);
            slot == Some(index) && plan.saved_endpoint(target, endpoints).is_some()
        };
        found.extend(batch.iter().filter(is_there).map(|context| (context.delivery.since, context.delivery.id)));
        let Some(last) = batch.last().filter(|_| batch.len() == BATCH) else { break };
        after = Some(DeliveryCursor::of(&last.delivery));
    }
    Ok(found)
}

/// Sends a test webhook to a saved endpoint, once, paused or not. `None` when there is no such endpoint.
pub async fn test(engine: &Engine, merchant: &Merchant, index: usize, payload: &WebhookPayload) -> Option<SentTest> {
    let endpoint = merchant.endpoints.at(index)?;
    let id = format!("test_{:016x}{:016x}", engine.deps.clock.draw(), engine.deps.clock.draw());
    let test = TestWebhook { id: &id, endpoint, payload };
    let attempt = engine.deps.tester.send(&engine.deps, merchant, test).await;
    Some(SentTest { id, attempt })
}

/// Whether a saved endpoint has said that it is gone, so that nothing is sent there.
///
/// # Errors
/// When the store is in trouble.
pub async fn is_gone(engine: &Engine, merchant: &Merchant, endpoint: &SavedEndpoint) -> Result<bool> {
    Ok(engine.deps.store.is_shut(&receiver_name(merchant.id, endpoint.url.as_str())).await?)
}

//! The one step from what a journey is to what it becomes: written only where nobody was faster, else decided again.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use tokio::time::Instant;

use crate::domain::{Delivery, Journey, JourneyEvent, WebhookDialect};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::provider::ProviderError;
use crate::store::{Step, StoreError, Taken};

/// How often a provider is tried that cannot be reached, while it is certain that it has not been asked.
const TRIES: u32 = 4;

/// How often what nobody waits for is written while the store is away: pauses of seven and a half seconds in all.
const STORE_TRIES: u32 = 5;

/// How long is waited before the second try; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause before the store is asked again to write what a provider has said.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a node tries to write what a provider has said, while the store is away.
const PERSISTENCE: Duration = Duration::from_mins(10);

/// What a browser waits for before it goes home; `None` is nothing.
pub(super) type Announcement = Option<Shared<BoxFuture<'static, ()>>>;

/// What becomes of a journey, with what that comes to for the caller.
pub(super) enum Next<T> {
    /// This step is taken.
    Take(Box<Step>, T),
    /// It stays as it is.
    Stay(T),
}

impl<T> Next<T> {
    /// Changes what it comes to.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Next<U> {
        match self {
            Self::Take(step, value) => Next::Take(step, change(value)),
            Self::Stay(value) => Next::Stay(change(value)),
        }
    }
}

impl Next<bool> {
    /// This step, if there is one; and whether there is.
    pub(super) fn step(step: Option<Step>) -> Self {
        step.map_or(Self::Stay(false), |step| Self::Take(Box::new(step), true))
    }
}

/// Has `decide` say what becomes of a journey, and writes that; where somebody was faster, it decides again on what the
/// winner left. Answers the journey as it is then.
///
/// # Errors
/// [`EngineError::Gone`] when there is no such journey any more.
pub(super) async fn commit<T>(
    deps: &Deps,
    journey: Journey,
    decide: impl FnMut(&Journey) -> Result<Next<T>>,
) -> Result<(Journey, T)> {
    Box::pin(commit_within(deps, 1, journey, decide)).await
}

/// [`commit`], trying again for a few seconds while the store is away: for what nobody waits for.
pub(super) async fn commit_persistently<T>(
    deps: &Deps,
    journey: Journey,
    decide: impl FnMut(&Journey) -> Result<Next<T>>,
) -> Result<(Journey, T)> {
    Box::pin(commit_within(deps, STORE_TRIES, journey, decide)).await
}

/// What was committed; `None` where the journey is gone.
pub(super) fn unless_gone<T>(committed: Result<T>) -> Result<Option<T>> {
    match committed {
        Ok(committed) => Ok(Some(committed)),
        Err(EngineError::Gone) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn commit_within<T>(
    deps: &Deps,
    tries: u32,
    mut journey: Journey,
    mut decide: impl FnMut(&Journey) -> Result<Next<T>>,
) -> Result<(Journey, T)> {
    loop {
        let (step, value) = match decide(&journey)? {
            Next::Stay(value) => return Ok((journey, value)),
            Next::Take(step, value) => (step, value),
        };
        match take(deps, tries, &step).await? {
            Taken::Done => return Ok((step.journey, value)),
            Taken::Lost(now) => journey = *now,
            Taken::Gone => return Err(EngineError::Gone),
        }
    }
}

/// Takes a step, and wakes the courier for the deliveries that it leaves. A step that finds its own bytes there,
/// because its reply was lost before, has been taken.
async fn take(deps: &Deps, tries: u32, step: &Step) -> Result<Taken, StoreError> {
    let away = |trouble: &StoreError, tried| tried < tries && warn_away(trouble);
    let taken = persist(|| deps.store.take(step), away).await?;
    if taken == Taken::Done && !step.deliveries.is_empty() {
        deps.waker.wake();
    }
    Ok(taken)
}

/// Prepares to wait for the deliveries that a step is about to leave, where its dialect wants them sent first.
pub(super) fn announcement(deps: &Deps, journey: &Journey, deliveries: &[Delivery]) -> Announcement {
    let announces = deps.dialect(&journey.opening().dialect).is_ok_and(WebhookDialect::announces);
    if !announces || deliveries.is_empty() {
        return None;
    }
    Some(deps.waker.tried(deliveries.iter().map(|delivery| delivery.id).collect()).shared())
}

/// Waits for an announcement, for as long as a browser can be kept waiting that came at `at`.
pub(super) async fn await_announcement(deps: &Deps, announcement: Announcement, at: Instant) {
    if let Some(tried) = announcement {
        // Late is no harm: the deliveries are written, and go on by themselves.
        let _ = tokio::time::timeout_at(at + deps.provider_timeout(), tried).await;
    }
}

/// The deliveries that this event of a journey leaves: where its dialect notifies of it, and the endpoint wants it.
pub(super) fn deliveries_of(deps: &Deps, journey: &Journey, event: JourneyEvent) -> Vec<Delivery> {
    let plan = &journey.opening().plan;
    let dialect = deps.dialect(&journey.opening().dialect).ok();
    let outcome = journey.outcome_of(event).map(|final_outcome| final_outcome.outcome);
    journey.deliveries(event, deps.clock.now(), |target| {
        let wanted = plan.endpoint(target).is_none_or(|endpoint| endpoint.notify_on.wants(outcome));
        // Without its dialect nobody knows what to say; somebody who has it will.
        wanted && dialect.map_or(outcome.is_some(), |dialect| dialect.notifies(journey, event, target))
    })
}

/// Does something again for as long as the store is away, up to [`PERSISTENCE`].
pub(super) async fn while_away<T, F>(step: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let began = Instant::now();
    let away = |error: &EngineError, _| match error {
        EngineError::Store(trouble) => began.elapsed() < PERSISTENCE && warn_away(trouble),
        _ => false,
    };
    persist(step, away).await
}

/// Calls a provider until it can be reached, a few times.
pub(super) async fn while_unreachable<T, F>(call: impl FnMut() -> F) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    persist(call, |trouble, tried| matches!(trouble, ProviderError::Unreachable(_)) && tried < TRIES).await
}

/// Does something, and again with growing pauses for as long as `again` says so of its error and how often it was
/// tried.
async fn persist<T, E, F>(mut act: impl FnMut() -> F, again: impl Fn(&E, u32) -> bool) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let (mut tried, mut pause) = (1, PAUSE);
    loop {
        match act().await {
            Err(error) if again(&error, tried) => tokio::time::sleep(pause).await,
            done => return done,
        }
        (tried, pause) = (tried + 1, (pause * 2).min(LONGEST_PAUSE));
    }
}

/// Logs that the store is away; `true`, because it is asked again.
fn warn_away(trouble: &StoreError) -> bool {
    tracing::warn!(error = %trouble, "prove.store_away");
    true
}

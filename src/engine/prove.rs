//! PROVE: an unverified response becomes a fact, or nothing.
//!
//! What a browser carried is verified first; until that is done nothing of it is written anywhere. Then, for a provider
//! that may be asked once only, the store writes down that it is asked, and only then it is. So a code is never sent
//! twice: a node that finds it sent waits for the answer, and if the node that sent it has died, the answer counts as
//! lost after [`Journey::LOST`].

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{sync::Arc, time::Duration};

use futures_util::future::{Either, FutureExt as _, select};
use tokio::time::Instant;

use crate::domain::{Digest, Evidence, Fact, Journey, JourneyEvent, PayId, ResponseId, Secret, journey::Proof};
use crate::engine::deps::{Deps, Result};
use crate::engine::{Engine, commit, conclude, derive};
use crate::engine::{commit::Next, conclude::ConcludedResponse, single_flight::Flight};
use crate::keys::digest;
use crate::provider::{Checked, Provider, ProviderError, VisitContext};
use crate::store::Step;

/// Which evidence under which visit of which journey is being proven. What came beside a code belongs to it: forged
/// evidence and the genuine one may have their code in common.
pub(super) type Key = (PayId, u8, Digest);

/// What is known of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A browser has brought it, and it may be forged.
    Nothing,
    /// It was found genuine before it was kept.
    Genuine,
}

/// What a proof comes to.
#[derive(Clone)]
pub(super) enum ProofResult {
    /// Its browser goes home.
    Home(ConcludedResponse),
    /// Somebody else is asking the provider.
    Elsewhere,
    /// The answer was not the provider's; nothing has changed.
    Forged,
    /// Whether it is the provider's cannot be known now; nothing has changed.
    Unchecked,
}

/// What a proof came to, and how long the provider took for it.
#[derive(Clone)]
pub(super) struct TimedProof {
    pub(super) result: ProofResult,
    pub(super) provider_time: Duration,
}

/// How long a return waited for its provider, filled while it is taken. Whatever else it waited for in here was the
/// store.
#[derive(Debug, Default)]
pub struct Timing {
    provider_micros: AtomicU64,
}

impl Timing {
    /// How long the provider was waited for.
    pub fn provider(&self) -> Duration {
        Duration::from_micros(self.provider_micros.load(Relaxed))
    }

    /// Adds a span in which the provider was waited for.
    pub(super) fn waited(&self, span: Duration) {
        self.provider_micros.fetch_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Waits for a call to the provider, and adds how long it took.
    pub(super) async fn of_provider<T>(&self, call: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let answer = call.await;
        self.waited(began.elapsed());
        answer
    }
}

/// Begins to prove an answer, or joins the proof that is under way here.
pub(super) fn prove(
    engine: &Arc<Engine>,
    journey: &Journey,
    response_id: ResponseId,
    evidence: &Evidence,
    known: Known,
) -> Flight<Result<TimedProof>> {
    let key = key_of(journey, response_id, evidence);
    engine.proofs.join(key, || {
        let (engine, journey, evidence) = (Arc::clone(engine), journey.clone(), evidence.clone());
        async move {
            let timing = Timing::default();
            let result = prove_and_conclude(&engine, journey, response_id, (key, &evidence, known), &timing).await?;
            Ok(TimedProof { result, provider_time: timing.provider() })
        }
        .boxed()
    })
}

/// Whether this evidence has been found genuine by a proof that is under way here.
pub(super) fn is_genuine(engine: &Engine, journey: &Journey, response_id: ResponseId, evidence: &Evidence) -> bool {
    engine.genuine.has(&key_of(journey, response_id, evidence))
}

async fn prove_and_conclude(
    engine: &Engine,
    journey: Journey,
    response_id: ResponseId,
    (key, evidence, known): (Key, &Evidence, Known),
    timing: &Timing,
) -> Result<ProofResult> {
    if matches!(journey.proof(response_id), Some(Proof::Sent { .. })) {
        return Ok(ProofResult::Elsewhere);
    }
    let deps = &engine.deps;
    let (provider, context) = derive::visit_at(deps, &journey, response_id.visit)?;
    let checked = match known {
        Known::Genuine => Ok(Checked::Genuine),
        Known::Nothing => timing.of_provider(commit::while_unreachable(|| provider.check(&context, evidence))).await,
    };
    let is_genuine = matches!(checked, Ok(Checked::Genuine | Checked::Refused(_)));
    let _note = is_genuine.then(|| engine.genuine.write(key));
    let (journey, fact) = match checked {
        Ok(Checked::Refused(error)) => (journey, Fact::refused(error)),
        Ok(Checked::Onward) => return conclude::lead_on(deps, journey, response_id).await.map(ProofResult::Home),
        Ok(Checked::Genuine) => {
            // What is concluded follows on that step: on the one before it would lose the race against ourselves.
            let Some(sent) = record_sent(deps, &journey, response_id).await? else {
                return Ok(ProofResult::Elsewhere);
            };
            let context = VisitContext { journey: &sent, ..context };
            let fact = match timing.of_provider(exchange(provider.as_ref(), &context, evidence)).await {
                Ok(fact) => fact,
                Err(trouble) => refused(&sent, response_id, &trouble),
            };
            (sent, fact)
        }
        Err(ProviderError::Forged(why)) => {
            tracing::warn!(provider = journey.provider_of(response_id.visit), why, "return.forged");
            return Ok(ProofResult::Forged);
        }
        // The code is unspent: whether it is worth anything can be asked later.
        Err(trouble) => {
            tracing::warn!(provider = journey.provider_of(response_id.visit), error = %trouble, "return.unchecked");
            return Ok(ProofResult::Unchecked);
        }
    };
    // However long the store is away: what the provider said once it will not say again.
    let concluded = commit::while_away(|| conclude::by_response(deps, journey.clone(), &fact, response_id)).await;
    concluded.map(ProofResult::Home)
}

/// Takes over a proof that its node has left; the node that renews the hold first has it.
pub(super) async fn take_over(engine: &Arc<Engine>, journey: Journey, response_id: ResponseId) -> Result<()> {
    let deps = &engine.deps;
    let Some(Proof::Held { evidence, .. }) = journey.proof(response_id) else { return Ok(()) };
    let able = derive::visit_at(deps, &journey, response_id.visit).is_ok();
    let Some(evidence) = derive::unsealed(deps, &journey, evidence).filter(|_| able) else {
        return leave_to_others(deps, journey, response_id).await;
    };
    let left = journey.proof(response_id).cloned();
    let renew = |journey: &Journey| {
        let own = journey.proof(response_id) == left.as_ref();
        let next = if own { held(deps, journey, response_id, &evidence)? } else { None };
        Ok(Next::step(next.map(Step::to)))
    };
    if let Some((journey, true)) = commit::unless_gone(commit::commit(deps, journey, renew).await)?
        && !engine.proofs.has(&key_of(&journey, response_id, &evidence))
    {
        tracing::info!(pay_id = %journey.pay_id(), "prove.taken_over");
        // It goes on by itself.
        drop(prove(engine, &journey, response_id, &evidence, Known::Genuine));
    }
    Ok(())
}

/// Leaves a proof to nodes that have its provider and its key, until the journey's time is over.
async fn leave_to_others(deps: &Deps, journey: Journey, response_id: ResponseId) -> Result<()> {
    let (now, trouble) = (deps.clock.now(), ProviderError::Unreachable("its bank or its key is gone".into()));
    if now >= journey.expires_at() {
        let fact = refused(&journey, response_id, &trouble);
        return conclude::by_response(deps, journey, &fact, response_id).await.map(drop);
    }
    let left = journey.proof(response_id).cloned();
    let hold = |journey: &Journey| {
        let evidence = match journey.proof(response_id) {
            Some(Proof::Held { evidence, .. }) if journey.proof(response_id) == left.as_ref() => Some(evidence.clone()),
            _ => None,
        };
        let next =
            evidence.and_then(|evidence| journey.clone().hold(response_id, evidence, now.plus(Journey::HELD), now));
        Ok(Next::step(next.map(Step::to)))
    };
    commit::unless_gone(commit::commit(deps, journey, hold).await).map(drop)
}

/// Gives up an answer that the provider was asked for, and that never came.
pub(super) async fn give_up(deps: &Deps, journey: Journey, response_id: ResponseId) -> Result<()> {
    let trouble = ProviderError::Unanswered("the node that asked it is gone".into());
    conclude::by_response(deps, journey.clone(), &refused(&journey, response_id, &trouble), response_id).await.map(drop)
}

/// Asks the provider, for so long that the answer does not count as lost elsewhere.
async fn exchange(
    provider: &dyn Provider,
    context: &VisitContext<'_>,
    evidence: &Evidence,
) -> Result<Fact, ProviderError> {
    let answer = commit::while_unreachable(|| provider.exchange(context, evidence));
    let lost = ProviderError::Unanswered("it took too long".into());
    tokio::time::timeout(Journey::LOST * 4 / 5, answer).await.unwrap_or(Err(lost))
}

/// The journey with the note that its provider is asked now; as it is, for a provider that may be asked again. `None`
/// when somebody else has asked, or the answer has been concluded.
async fn record_sent(deps: &Deps, journey: &Journey, response_id: ResponseId) -> Result<Option<Journey>> {
    if !deps.provider(journey.provider_of(response_id.visit))?.asks_once() {
        return Ok(Some(journey.clone()));
    }
    let by = deps.clock.draw();
    let send =
        |journey: &Journey| Ok(Next::step(journey.clone().send(response_id, by, deps.clock.now()).map(Step::to)));
    let noted = commit::unless_gone(commit::commit_persistently(deps, journey.clone(), send).await)?;
    Ok(noted.and_then(|(journey, is_sent)| is_sent.then_some(journey)))
}

fn key_of(journey: &Journey, response_id: ResponseId, evidence: &Evidence) -> Key {
    let (code, signed) = (evidence.code.reveal(), evidence.signed.as_ref().map_or("", Secret::reveal));
    let bytes = [&code.len().to_be_bytes(), code.as_bytes(), signed.as_bytes()].concat();
    (journey.pay_id(), response_id.visit, digest("evidence", &bytes))
}

pub(super) fn refused(journey: &Journey, response_id: ResponseId, trouble: &ProviderError) -> Fact {
    tracing::warn!(provider = journey.provider_of(response_id.visit), error = %trouble, "return.provider_trouble");
    Fact::refused(trouble.as_error())
}

/// Takes a code to its provider, unless something has been proven; `false` when what came is forged. What takes longer
/// than `request_timeout` goes on by itself.
pub(super) async fn prove_brought(
    engine: &Arc<Engine>,
    journey: &Journey,
    response_id: ResponseId,
    evidence: &Evidence,
    request_timeout: Duration,
) -> Result<bool> {
    if journey.answered(response_id).is_some() || journey.is_proven() {
        return Ok(true);
    }
    let flight = prove(engine, journey, response_id, evidence, Known::Nothing);
    match select(flight, std::pin::pin!(tokio::time::sleep(request_timeout))).await {
        Either::Left((proof, _)) => return Ok(!matches!(proof?.result, ProofResult::Forged)),
        Either::Right(_) if is_genuine(engine, journey, response_id, evidence) => {
            commit::unless_gone(keep(&engine.deps, journey.clone(), response_id, evidence).await)?;
        }
        Either::Right(_) => {}
    }
    Ok(true)
}

/// Keeps genuine evidence that nobody has taken to the provider yet, so that it is not lost with this node. Answers the
/// journey as it is then, and whether it was kept now.
pub(super) async fn keep(
    deps: &Deps,
    journey: Journey,
    response_id: ResponseId,
    evidence: &Evidence,
) -> Result<(Journey, bool)> {
    let keep = |journey: &Journey| {
        if journey.answered(response_id).is_some() || journey.proof(response_id).is_some() {
            return Ok(Next::Stay(false));
        }
        let next = held(deps, journey, response_id, evidence)?;
        Ok(Next::step(next.map(|next| holds(deps, next, response_id))))
    };
    commit::commit(deps, journey, keep).await
}

/// The step that keeps evidence.
pub(super) fn holds(deps: &Deps, journey: Journey, response_id: ResponseId) -> Step {
    let deliveries = commit::deliveries_of(deps, &journey, JourneyEvent::Returned(response_id.visit));
    Step::to(journey).with_deliveries(deliveries)
}

/// The journey with this evidence kept, for this node to begin with.
pub(super) fn held(
    deps: &Deps,
    journey: &Journey,
    response_id: ResponseId,
    evidence: &Evidence,
) -> Result<Option<Journey>> {
    match derive::holding(deps, journey, evidence)? {
        Proof::Held { evidence, until } => Ok(journey.clone().hold(response_id, evidence, until, deps.clock.now())),
        Proof::Sent { .. } => Ok(None),
    }
}

//! RESUME: the handle that went through an app store becomes a fresh one-time token, once.

use crate::domain::journey::Resumption;
use crate::domain::{Journey, MerchantId, MintedToken, OneTimeToken, UnixMillis};
use crate::engine::deps::{EngineError, Result};
use crate::engine::{Engine, accounts, attempt, commit, derive};
use crate::keys::resume_handle_parts;
use crate::store::{Reservation, Step};

/// A request to redeem a handle.
pub struct ResumeRequest<'a> {
    /// Whose call it is.
    pub merchant: MerchantId,
    /// The handle as it was sent.
    pub handle: &'a str,
    /// The call's `Idempotency-Key`, under which the same answer is given again.
    pub reservation: Option<Reservation>,
}

/// The answer.
#[derive(Debug)]
pub enum ResumeResult {
    /// This call has redeemed it.
    Granted {
        /// The token, to be redeemed like that of any hand-back.
        token: OneTimeToken,
        /// Its journey.
        journey: Box<Journey>,
    },
    /// Another call has redeemed it.
    Spent {
        /// When.
        at: UnixMillis,
    },
    /// Nobody redeemed it in time.
    Expired {
        /// When it expired.
        at: UnixMillis,
    },
    /// It is no handle of this merchant's.
    Unknown,
    /// The store did not say whether the handle is spent now: ask again with the same key.
    Uncertain,
}

/// Redeems a handle.
///
/// # Errors
/// When the idempotency key was used for another handle, or the journey's key is gone. Trouble with the store is
/// [`ResumeResult::Uncertain`].
pub async fn resume(engine: &Engine, request: ResumeRequest<'_>) -> Result<ResumeResult> {
    match redeem_once(engine, &request).await {
        Err(EngineError::Store(error)) => {
            tracing::warn!(error = %error, "resume.uncertain");
            Ok(ResumeResult::Uncertain)
        }
        // It was erased meanwhile.
        Err(EngineError::Gone) => Ok(ResumeResult::Unknown),
        result => result,
    }
}

async fn redeem_once(engine: &Engine, request: &ResumeRequest<'_>) -> Result<ResumeResult> {
    let deps = &engine.deps;
    let Some((pay_id, number)) = resume_handle_parts(request.handle) else { return Ok(ResumeResult::Unknown) };
    let attempt = attempt::reserve(deps, request.reservation.as_ref()).await?;
    let attempt = u64::from_be_bytes(*attempt.as_bytes().first_chunk().unwrap_or(&[0; 8]));
    let Some(journey) = accounts::find_journey(deps, pay_id).await? else { return Ok(ResumeResult::Unknown) };
    let is_own = journey.opening().merchant == request.merchant;
    if !is_own || !deps.keys.is_resume_handle_of(request.handle, &journey) {
        return Ok(ResumeResult::Unknown);
    }
    let token = deps.keys.resumed_token(&journey, number).ok_or_else(derive::key_gone)?;
    let minted = MintedToken {
        digest: derive::token_digest(request.merchant, &token),
        life: journey.opening().settings.token_life.get(),
    };
    let (journey, refused) = commit::commit(deps, journey, |journey| {
        Ok(match journey.resume(number, attempt, deps.clock.now()) {
            Resumption::Fresh(next) => {
                commit::Next::Take(Box::new(Step::to(*next).with_token(Some(minted.clone()))), None)
            }
            Resumption::Repeated => commit::Next::Stay(None),
            Resumption::Spent(at) => commit::Next::Stay(Some(ResumeResult::Spent { at })),
            Resumption::Expired(at) => commit::Next::Stay(Some(ResumeResult::Expired { at })),
            Resumption::Unknown => commit::Next::Stay(Some(ResumeResult::Unknown)),
        })
    })
    .await?;
    Ok(refused.unwrap_or(ResumeResult::Granted { token, journey: Box::new(journey) }))
}

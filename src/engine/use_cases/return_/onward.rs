//! RETURN to a journey whose provider wants the browser once more: it goes out again, on a visit of its own.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Returned, Waited, led};
use crate::domain::LedTo;
use crate::engine::deps::Result;
use crate::engine::visitor::Visitor;
use crate::engine::{Engine, ahead, derive};

/// Sends a browser on whose answer has led to `end`: where that is out again, as soon as its provider has said where to.
pub(super) async fn go_on(
    engine: &Arc<Engine>,
    waited: Waited,
    end: &LedTo,
    visitor: &Visitor,
    at: Instant,
) -> Result<Returned> {
    let Waited { mut journey, state, response_id } = waited;
    if let LedTo::Onward(next) = end
        && derive::known_redirect(&engine.deps, &journey, *next)?.is_none()
        && journey.asked_ahead().is_some_and(|(visit, _)| visit == *next)
    {
        let left = (at + engine.deps.provider_timeout()).saturating_duration_since(Instant::now());
        journey = ahead::await_provider_redirect(engine, journey, left).await?;
        if journey.asked_ahead().is_some_and(|(visit, _)| visit == *next) {
            return Ok(Returned::Wait(Box::new(Waited { journey, state, response_id })));
        }
    }
    led(&engine.deps, &journey, end, response_id, visitor)
}

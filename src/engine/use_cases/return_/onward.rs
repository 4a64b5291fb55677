//! RETURN to a journey whose provider wants the browser once more: it goes out again, on a visit of its own.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::Instant;

use super::{Returned, Waited, led};
use crate::domain::{Journey, LedTo};
use crate::engine::deps::Result;
use crate::engine::visitor::Visitor;
use crate::engine::{Engine, ahead};

/// Sends a browser out again on this visit, as soon as its provider has said where to. Boxed, so that other returns have
/// no room for it.
pub(super) fn go_on<'a>(
    engine: &'a Arc<Engine>,
    Waited { mut journey, state, response_id }: Waited,
    next: u8,
    visitor: &'a Visitor,
    at: Instant,
) -> BoxFuture<'a, Result<Returned>> {
    let is_asked = move |journey: &Journey| journey.asked_ahead().is_some_and(|(visit, _)| visit == next);
    let going = async move {
        if is_asked(&journey) {
            let left = (at + engine.deps.provider_timeout()).saturating_duration_since(Instant::now());
            journey = ahead::await_provider_redirect(engine, journey, left).await?;
            if is_asked(&journey) {
                return Ok(Returned::Wait(Box::new(Waited { journey, state, response_id })));
            }
        }
        led(&engine.deps, &journey, &LedTo::Onward(next), response_id, visitor)
    };
    going.boxed()
}

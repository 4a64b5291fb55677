//! LAPSE: a journey whose time has run out has expired, whoever sees it first.

use crate::domain::journey::Journey;
use crate::domain::outcome::Fact;
use crate::engine::conclude;
use crate::engine::deps::{Deps, EngineError};

/// Concludes a journey as expired if its time has run out, and answers it as it stands.
pub(super) async fn lapse(deps: &Deps, journey: Journey) -> Result<Journey, EngineError> {
    if journey.is_lapsed(deps.clock.now()) {
        conclude::conclude(deps, journey, &Fact::lapsed()).await
    } else {
        Ok(journey)
    }
}

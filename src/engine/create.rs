//! Opens journeys: one for a call, the same one for its repetition.

use std::borrow::Cow;

use crate::domain::{Journey, JourneyEvent, JourneyId, Merchant, OpenRequest, Shard};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::engine::{commit, conclude, derive, draft};
use crate::store::{Opened, Reservation};

/// How often an id is minted anew when its number is taken.
const MINTS: usize = 5;

/// Opens a journey for a merchant's call; the same reservation opens the same journey. Answers whether it was this call
/// that has opened it.
pub(super) async fn open(
    deps: &Deps,
    merchant: &Merchant,
    dialect: &str,
    open_request: &OpenRequest,
    reservation: Option<&Reservation>,
) -> Result<(Journey, bool)> {
    open_with(deps, merchant, dialect, &|_| Ok(Cow::Borrowed(open_request)), reservation).await
}

/// [`open`] of an open request that holds what is sealed for its journey's id.
pub(super) async fn open_with<'w>(
    deps: &Deps,
    merchant: &Merchant,
    dialect: &str,
    open_request: &(impl Fn(JourneyId) -> Result<Cow<'w, OpenRequest>> + Sync),
    reservation: Option<&Reservation>,
) -> Result<(Journey, bool)> {
    for _ in 0..MINTS {
        let [half, other] = derive::halves(deps.clock.entropy());
        let shard = reservation.map_or_else(|| Shard::of_byte(other[0]), Reservation::shard);
        let id = JourneyId::mint(half, shard);
        let drafted = match open_request(id) {
            Ok(open_request) => {
                let original = conclude::original_of(deps, &open_request.purpose, merchant.id).await?;
                draft::draft(deps, merchant, dialect, &open_request, (id, original.as_ref()))
            }
            Err(refusal) => Err(refusal),
        };
        let journey = match drafted {
            Ok(journey) => journey,
            Err(refusal) => return opened_before(deps, reservation, refusal).await.map(|before| (before, false)),
        };
        let deliveries = commit::deliveries_of(deps, &journey, JourneyEvent::Opened);
        match deps.store.open(&journey, &deliveries, reservation).await? {
            Opened::New => {
                if !deliveries.is_empty() {
                    deps.waker.wake();
                }
                return Ok((journey, true));
            }
            Opened::Repeated(first) => return Ok((*first, false)),
            Opened::Reused => return Err(EngineError::KeyReused),
            Opened::Taken => {}
        }
    }
    Err(EngineError::Missing("free number for a journey".into()))
}

/// A call that would be refused now may be the repetition of one that was not.
async fn opened_before(deps: &Deps, reservation: Option<&Reservation>, refusal: EngineError) -> Result<Journey> {
    let Some(reservation) = reservation else { return Err(refusal) };
    match deps.store.opened_by(reservation).await? {
        Some(Opened::Repeated(first)) => Ok(*first),
        Some(Opened::Reused) => Err(EngineError::KeyReused),
        Some(Opened::New | Opened::Taken) | None => Err(refusal),
    }
}

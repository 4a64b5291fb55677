//! Journeys in their table: opened once, changed one step at a time, listed and found.

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::reservations::{self, Before};
use super::values::{self, bytes, execute, limit, millis, number, row, rows};
use super::{Embedded, Result, deliveries, events, tokens};
use crate::domain::{Delivery, Journey, MerchantId, PayId, UnixMillis};
use crate::store::readings::{is_proven, legible, over_at, user_of};
use crate::store::record::{read_journey, write_journey};
use crate::store::{JourneyCursor, JourneyFilter, Journeys, Kept, Opened, REMEMBERED, Reservation, Step, Taken};

// An index holds a row's number behind its own columns, so that all lists walk along theirs.
pub(super) const LIST_ALL: &str = "
    SELECT record FROM journeys WHERE merchant = ?1 AND (opened_at, pay_id) < (?2, ?3)
    ORDER BY opened_at DESC, pay_id DESC LIMIT ?4";
pub(super) const LIST_PROVEN: &str = "
    SELECT record FROM journeys WHERE merchant = ?1 AND (opened_at, pay_id) < (?2, ?3) AND proven = 1
    ORDER BY opened_at DESC, pay_id DESC LIMIT ?4";
pub(super) const LIST_OF_USER: &str = "
    SELECT record FROM journeys WHERE merchant = ?1 AND user = ?5 AND (opened_at, pay_id) < (?2, ?3)
    ORDER BY opened_at DESC, pay_id DESC LIMIT ?4";
pub(super) const DUE: &str = "SELECT record, pay_id FROM journeys WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2";

macro_rules! into_journeys {
    ($verb:literal) => {
        concat!(
            $verb,
            " INTO journeys
                 (pay_id, merchant, opened_at, over_at, revision, concluded_at, proven, tokens, record, due_at, user)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        )
    };
}
const OPEN: &str = into_journeys!("INSERT OR IGNORE");
const PUT: &str = into_journeys!("INSERT OR REPLACE");

#[async_trait]
impl Journeys for Embedded {
    async fn open(
        &self,
        journey: &Journey,
        deliveries: &[Delivery],
        reservation: Option<&Reservation>,
    ) -> Result<Opened> {
        let (record, keep) = (write_journey(journey)?, self.keep);
        let (journey, deliveries, reservation) = (journey.clone(), deliveries.to_vec(), reservation.copied());
        self.write(move |db, now| {
            let own = number(journey.pay_id());
            let before =
                reservation.as_ref().map(|reservation| reservations::before(db, reservation, now)).transpose()?;
            let before = match before {
                Some(Before::Another | Before::Same(None)) => Some(Opened::Reused),
                Some(Before::Same(Some(pay_id))) if pay_id != own => repeated(db, pay_id)?,
                None | Some(Before::Nothing | Before::Same(Some(_))) => None,
            };
            if let Some(before) = before {
                return Ok(before);
            }
            let opened = open(db, &journey, &record, &deliveries)?;
            if let (Opened::New, Some(reservation)) = (&opened, &reservation) {
                let until = match reservation.kept {
                    Kept::ADay => now.plus(REMEMBERED).max(journey.expires_at()),
                    Kept::WithItsJourney => journey.expires_at().plus(keep),
                };
                reservations::keep(db, reservation, Some(own), until)?;
            }
            Ok(opened)
        })
        .await
    }

    async fn opened_by(&self, reservation: &Reservation) -> Result<Option<Opened>> {
        let reservation = *reservation;
        self.read(move |db, now| match reservations::before(db, &reservation, now)? {
            Before::Nothing => Ok(None),
            Before::Another | Before::Same(None) => Ok(Some(Opened::Reused)),
            Before::Same(Some(pay_id)) => repeated(db, pay_id),
        })
        .await
    }

    async fn find(&self, pay_id: PayId) -> Result<Option<Journey>> {
        self.read(move |db, _| present(db, pay_id)).await
    }

    async fn take(&self, step: &Step) -> Result<Taken> {
        let (step, record) = (step.clone(), write_journey(&step.journey)?);
        self.write(move |db, now| take(db, &step, &record, now)).await
    }

    async fn list(
        &self,
        merchant: MerchantId,
        which: JourneyFilter,
        after: Option<JourneyCursor>,
        most: usize,
    ) -> Result<Vec<Journey>> {
        let (opened_at, pay_id) = after.map_or((i64::MAX, i64::MAX), |p| (millis(p.opened_at), number(p.pay_id)));
        let (most, read) = (limit(most), |row: &Row<'_>| read_journey(bytes(row, 0)?));
        self.read(move |db, _| match which {
            JourneyFilter::All => rows(db, LIST_ALL, params![merchant.as_bytes(), opened_at, pay_id, most], read),
            JourneyFilter::Proven => rows(db, LIST_PROVEN, params![merchant.as_bytes(), opened_at, pay_id, most], read),
            JourneyFilter::OfUser(user) => {
                let params = params![merchant.as_bytes(), opened_at, pay_id, most, user.as_bytes()];
                rows(db, LIST_OF_USER, params, read)
            }
        })
        .await
    }

    async fn due(&self, most: usize) -> Result<Vec<Journey>> {
        self.read(move |db, now| {
            let journeys = rows(db, DUE, params![millis(now), limit(most)], |row| {
                legible(read_journey(bytes(row, 0)?), values::pay_id(row.get(1)?))
            })?;
            Ok(journeys.into_iter().flatten().collect())
        })
        .await
    }

    async fn erase(&self, journey: &Journey) -> Result<bool> {
        let pay_id = number(journey.pay_id());
        self.write(move |db, _| {
            execute(db, "DELETE FROM deliveries WHERE pay_id = ?1", [pay_id])?;
            Ok(execute(db, "DELETE FROM journeys WHERE pay_id = ?1", [pay_id])? == 1)
        })
        .await
    }
}

/// The journey that a reservation opened, as it stands now. A reservation may outlive its journey: then it has opened
/// nothing.
fn repeated(db: &Connection, pay_id: i64) -> Result<Option<Opened>> {
    let opened = values::pay_id(pay_id).map(|pay_id| present(db, pay_id)).transpose()?.flatten();
    Ok(opened.map(|opened| Opened::Repeated(Box::new(opened))))
}

fn open(db: &Connection, journey: &Journey, record: &[u8], deliveries: &[Delivery]) -> Result<Opened> {
    let opening = journey.opening();
    if insert(db, OPEN, journey, (record, &[]))? == 1 {
        deliveries::keep(db, opening.merchant, deliveries)?;
        return Ok(Opened::New);
    }
    // The same opening tried again is no collision, even if its customer has been quicker than this retry.
    let there = present(db, journey.pay_id())?;
    Ok(if there.is_some_and(|there| there.opening() == opening) { Opened::New } else { Opened::Taken })
}

/// Writes a journey as it stands elsewhere: its record and its tokens, over what is here.
pub(super) fn put(db: &Connection, journey: &Journey, record_and_tokens: (&[u8], &[u8])) -> Result<()> {
    insert(db, PUT, journey, record_and_tokens).map(drop)
}

fn insert(db: &Connection, sql: &str, journey: &Journey, (record, tokens): (&[u8], &[u8])) -> Result<usize> {
    let opening = journey.opening();
    let user = user_of(journey);
    let values = params![
        number(journey.pay_id()),
        opening.merchant.as_bytes(),
        millis(opening.opened_at),
        millis(over_at(journey)),
        journey.revision(),
        concluded_at(journey),
        is_proven(journey),
        tokens,
        record,
        journey.due_at().map(millis),
        user.as_ref().map(|user| user.as_bytes().as_slice()),
    ];
    execute(db, sql, values)
}

fn take(db: &Connection, step: &Step, record: &[u8], now: UnixMillis) -> Result<Taken> {
    let journey = &step.journey;
    if advance(db, journey, record)? == 0 {
        return Ok(match stored(db, journey.pay_id())? {
            None => Taken::Gone,
            Some(bytes) if bytes == record => Taken::Done,
            Some(bytes) => Taken::Lost(Box::new(read_journey(&bytes)?)),
        });
    }
    if let Some(token) = &step.token {
        tokens::keep(db, token, journey.pay_id(), now)?;
    }
    if let Some(event) = step.event {
        events::keep(db, journey.opening().merchant, (journey.pay_id(), event), now)?;
    }
    deliveries::keep(db, journey.opening().merchant, &step.deliveries)?;
    Ok(Taken::Done)
}

/// Leaves every index alone.
pub(super) const WITHIN: &str = "
    UPDATE journeys SET revision = ?2, record = ?3
    WHERE pay_id = ?1 AND revision = ?2 - 1 AND concluded_at IS NULL AND due_at IS ?4 AND over_at = ?5";
/// Touches two indexes: what is due, and what is proven.
pub(super) const ACROSS: &str = "
    UPDATE journeys SET revision = ?2, record = ?3, due_at = ?4, concluded_at = ?6, proven = ?7
    WHERE pay_id = ?1 AND revision = ?2 - 1 AND over_at = ?5";
/// Touches one more.
pub(super) const BEYOND: &str = "
    UPDATE journeys SET revision = ?2, record = ?3, due_at = ?4, over_at = ?5, concluded_at = ?6, proven = ?7
    WHERE pay_id = ?1 AND revision = ?2 - 1";

/// Writes the journey over the revision before; answers how many rows that changed.
///
/// To name a column costs a look-up in its index, in a corner of the file of its own, even if it does not change. So
/// the statement that names the fewest is tried first, and each holds only if what it leaves out has not changed.
fn advance(db: &Connection, journey: &Journey, record: &[u8]) -> Result<usize> {
    let (pay_id, revision) = (number(journey.pay_id()), journey.revision());
    let (due_at, over_at, concluded_at) =
        (journey.due_at().map(millis), millis(over_at(journey)), concluded_at(journey));
    if concluded_at.is_none() && execute(db, WITHIN, params![pay_id, revision, record, due_at, over_at])? == 1 {
        return Ok(1);
    }
    let all = params![pay_id, revision, record, due_at, over_at, concluded_at, is_proven(journey)];
    match execute(db, ACROSS, all)? {
        0 => execute(db, BEYOND, all),
        written => Ok(written),
    }
}

fn concluded_at(journey: &Journey) -> Option<i64> {
    journey.final_outcome().map(|final_outcome| millis(final_outcome.at))
}

fn stored(db: &Connection, pay_id: PayId) -> Result<Option<Vec<u8>>> {
    row(db, "SELECT record FROM journeys WHERE pay_id = ?1", [number(pay_id)], |row| Ok(row.get(0)?))
}

fn present(db: &Connection, pay_id: PayId) -> Result<Option<Journey>> {
    stored(db, pay_id)?.map(|record| read_journey(&record)).transpose()
}

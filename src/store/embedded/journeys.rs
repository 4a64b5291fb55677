//! Journeys in their table: opened once, changed one step at a time, listed and found.

use async_trait::async_trait;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};

use super::claims::{self, Before};
use super::values::{limit, millis, number};
use super::{Embedded, StoreError, deliveries, tokens};
use crate::domain::id::{MerchantId, PayId, Shard};
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::domain::secret::Digest;
use crate::store::record::{read_journey, write_journey};
use crate::store::{Claim, Journeys, Opened, Place, REMEMBERED, Step, Taken, Which};

// The index holds a row's number behind its own columns, so that both lists walk along theirs.
pub(super) const LIST_ALL: &str = "
    SELECT record FROM journeys WHERE merchant = ?1 AND (opened_at, pay_id) < (?2, ?3)
    ORDER BY opened_at DESC, pay_id DESC LIMIT ?4";
pub(super) const LIST_PROVEN: &str = "
    SELECT record FROM journeys WHERE merchant = ?1 AND (opened_at, pay_id) < (?2, ?3) AND proven = 1
    ORDER BY opened_at DESC, pay_id DESC LIMIT ?4";
pub(super) const LAPSED: &str = "
    SELECT record FROM journeys WHERE settled_at IS NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2";

#[async_trait]
impl Journeys for Embedded {
    async fn open(&self, journey: &Journey, claim: Option<&Claim>) -> Result<Opened, StoreError> {
        let (journey, claim, record) = (journey.clone(), claim.copied(), write_journey(journey)?);
        self.write(move |db, now| match &claim {
            None => open(db, &journey, &record),
            Some(claim) => open_claimed(db, &journey, &record, claim, now),
        })
        .await
    }

    async fn opened_by(&self, claim: &Claim) -> Result<Option<Opened>, StoreError> {
        let claim = *claim;
        self.read(move |db, now| match claims::before(db, &claim, now)? {
            Before::Nothing => Ok(None),
            Before::Another | Before::Same(None) => Ok(Some(Opened::Reused)),
            Before::Same(Some(pay_id)) => repeated(db, pay_id).map(Some),
        })
        .await
    }

    async fn find(&self, pay_id: PayId) -> Result<Option<Journey>, StoreError> {
        self.read(move |db, _| stored(db, pay_id)?.map(|bytes| read_journey(&bytes)).transpose()).await
    }

    async fn find_by_state(&self, _: Shard, state: &Digest) -> Result<Option<(Journey, u8)>, StoreError> {
        let state = *state;
        self.read(move |db, now| find_by_state(db, &state, now)).await
    }

    async fn take(&self, step: &Step) -> Result<Taken, StoreError> {
        let (step, record) = (step.clone(), write_journey(step.journey())?);
        self.write(move |db, _| take(db, &step, &record)).await
    }

    async fn list(
        &self,
        merchant: MerchantId,
        which: Which,
        after: Option<Place>,
        most: usize,
    ) -> Result<Vec<Journey>, StoreError> {
        self.read(move |db, _| list(db, merchant, which, after, most)).await
    }

    async fn due(&self, most: usize) -> Result<Vec<Journey>, StoreError> {
        self.read(move |db, now| read_all(db.prepare_cached(LAPSED)?, params![millis(now), limit(most)])).await
    }
}

fn open_claimed(
    db: &Connection,
    journey: &Journey,
    record: &[u8],
    claim: &Claim,
    now: Moment,
) -> Result<Opened, StoreError> {
    match claims::before(db, claim, now)? {
        Before::Another | Before::Same(None) => Ok(Opened::Reused),
        Before::Same(Some(pay_id)) if pay_id != number(journey.pay_id()) => repeated(db, pay_id),
        Before::Nothing | Before::Same(Some(_)) => {
            let opened = open(db, journey, record)?;
            if opened == Opened::New {
                claims::keep(db, claim, Some(number(journey.pay_id())), now)?;
            }
            Ok(opened)
        }
    }
}

/// The journey that a claim speaks of, as it stands now.
fn repeated(db: &Connection, pay_id: i64) -> Result<Opened, StoreError> {
    let opened = PayId::new(pay_id.cast_unsigned()).map(|pay_id| stored(db, pay_id)).transpose()?.flatten();
    let opened = opened.ok_or_else(|| StoreError::Damaged("a claim speaks of no journey".into()))?;
    Ok(Opened::Repeated(Box::new(read_journey(&opened)?)))
}

fn open(db: &Connection, journey: &Journey, record: &[u8]) -> Result<Opened, StoreError> {
    let opening = journey.opening();
    let written = db
        .prepare_cached(
            "INSERT INTO journeys (pay_id, merchant, opened_at, expires_at, revision, settled_at, proven, record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            number(journey.pay_id()),
            opening.merchant.as_bytes(),
            millis(opening.opened_at),
            millis(opening.expires_at),
            journey.revision(),
            settled_at(journey),
            is_proven(journey),
            record,
        ])?;
    if written == 1 {
        return Ok(Opened::New);
    }
    // The same opening tried again is no collision, even if its customer has been quicker than this retry.
    let there = stored(db, journey.pay_id())?.map(|bytes| read_journey(&bytes)).transpose()?;
    Ok(if there.is_some_and(|there| there.opening() == opening) { Opened::New } else { Opened::Taken })
}

fn take(db: &Connection, step: &Step, record: &[u8]) -> Result<Taken, StoreError> {
    let journey = step.journey();
    if advance(db, journey, record)? == 0 {
        return Ok(match stored(db, journey.pay_id())? {
            None => Taken::Gone,
            Some(bytes) if bytes == record => Taken::Done,
            Some(bytes) => Taken::Lost(Box::new(read_journey(&bytes)?)),
        });
    }
    if let Some((state, departure)) = step.state() {
        let until = millis(journey.opening().expires_at.plus(REMEMBERED));
        db.prepare_cached(
            "INSERT INTO states (digest, pay_id, departure, kept_until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![state.as_bytes(), number(journey.pay_id()), departure, until])?;
    }
    if let Some(token) = step.token() {
        tokens::keep(db, token, journey.pay_id())?;
    }
    deliveries::keep(db, journey.pay_id(), step.deliveries())?;
    Ok(Taken::Done)
}

/// Writes the journey over the revision before; answers how many rows that changed.
fn advance(db: &Connection, journey: &Journey, record: &[u8]) -> Result<usize, StoreError> {
    let (pay_id, revision) = (number(journey.pay_id()), journey.revision());
    let written = if journey.settlement().is_none() {
        // The columns that are left out have not changed; naming them would cost two look-ups in their indexes.
        db.prepare_cached(
            "UPDATE journeys SET revision = ?2, record = ?3
             WHERE pay_id = ?1 AND revision = ?2 - 1 AND settled_at IS NULL",
        )?
        .execute(params![pay_id, revision, record])?
    } else {
        db.prepare_cached(
            "UPDATE journeys SET revision = ?2, record = ?3, settled_at = ?4, proven = ?5
             WHERE pay_id = ?1 AND revision = ?2 - 1",
        )?
        .execute(params![pay_id, revision, record, settled_at(journey), is_proven(journey)])?
    };
    Ok(written)
}

fn settled_at(journey: &Journey) -> Option<i64> {
    journey.settlement().map(|settlement| millis(settlement.at))
}

fn is_proven(journey: &Journey) -> bool {
    journey.settlement().is_some_and(|settlement| settlement.outcome.is_proven())
}

fn stored(db: &Connection, pay_id: PayId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut select = db.prepare_cached("SELECT record FROM journeys WHERE pay_id = ?1")?;
    Ok(select.query_row([number(pay_id)], |row| row.get(0)).optional()?)
}

fn find_by_state(db: &Connection, state: &Digest, now: Moment) -> Result<Option<(Journey, u8)>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT record, departure FROM states JOIN journeys USING (pay_id) WHERE digest = ?1 AND kept_until > ?2",
    )?;
    let found: Option<(Vec<u8>, u8)> =
        select.query_row(params![state.as_bytes(), millis(now)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(bytes, departure)| Ok((read_journey(&bytes)?, departure))).transpose()
}

fn list(
    db: &Connection,
    merchant: MerchantId,
    which: Which,
    after: Option<Place>,
    most: usize,
) -> Result<Vec<Journey>, StoreError> {
    let select = db.prepare_cached(match which {
        Which::All => LIST_ALL,
        Which::Proven => LIST_PROVEN,
        Which::OfUser(_) => LIST_ALL,
    })?;
    let (opened_at, pay_id) = after.map_or((i64::MAX, i64::MAX), |p| (millis(p.opened_at), number(p.pay_id)));
    read_all(select, params![merchant.as_bytes(), opened_at, pay_id, limit(most)])
}

fn read_all(mut select: CachedStatement<'_>, params: impl Params) -> Result<Vec<Journey>, StoreError> {
    let mut rows = select.query(params)?;
    let mut journeys = Vec::new();
    while let Some(row) = rows.next()? {
        journeys.push(read_journey(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(journeys)
}

//! Deliveries in their table, beside their journey's number. The column `settlement` holds the number of the event.
//!
//! `wakes_at` is when a courier may take one: when it is due or, while it is leased, when that lapses. It is empty once
//! the delivery has ended, so that the index of those that wait holds no others.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::values::{legible, limit, millis, moment, number};
use super::{Embedded, StoreError};
use crate::domain::delivery::{AttemptRecord, Delivery, DeliveryId, JourneyEvent, State, Target, Verdict};
use crate::domain::id::{JourneyId, MerchantId, PayId};
use crate::domain::moment::UnixMillis;
use crate::domain::secret::Digest;
use crate::store::record::{append_attempt, read_attempts, read_journey};
use crate::store::{Deliveries, DeliveryContext, DeliveryCursor, DeliveryFilter, Lease, Leased, SHUT};

// Each begins with the columns that `delivery` reads.
pub(super) const OF_JOURNEY: &str = "
    SELECT settlement, target, since, deliveries.due_at, tries, state, attempts, record
    FROM deliveries JOIN journeys USING (pay_id) WHERE pay_id = ?1";
pub(super) const WAKING: &str = "
    SELECT settlement, target, since, deliveries.due_at, tries, state, attempts, record, pay_id
    FROM deliveries JOIN journeys USING (pay_id) WHERE (tries > 0) = ?3 AND wakes_at <= ?1
    ORDER BY wakes_at LIMIT ?2";
pub(super) const DEAD: &str = "
    SELECT settlement, target, since, deliveries.due_at, tries, state, attempts, record
    FROM deliveries JOIN journeys USING (pay_id)
    WHERE deliveries.merchant = ?1 AND state >= 2
        AND (deliveries.due_at, pay_id, settlement, target) < (?2, ?3, ?4, ?5)
    ORDER BY deliveries.due_at DESC, pay_id DESC, settlement DESC, target DESC LIMIT ?6";

pub(super) const PENDING: &str = "
    SELECT settlement, target, since, deliveries.due_at, tries, state, attempts, record
    FROM deliveries JOIN journeys USING (pay_id)
    WHERE deliveries.merchant = ?1 AND state = 0 AND (tries > 0) = ?7
        AND (since, pay_id, settlement, target) < (?2, ?3, ?4, ?5)
    ORDER BY since DESC, pay_id DESC, settlement DESC, target DESC LIMIT ?6";

/// Keeps deliveries of this merchant; one that is there already stays as it is.
pub fn keep(db: &Connection, merchant: MerchantId, deliveries: &[Delivery]) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO deliveries (pay_id, settlement, target, merchant, since, due_at, tries, state, wakes_at, held)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, 0, ?5, 0) ON CONFLICT DO NOTHING",
    )?;
    for Delivery { id, due_at, .. } in deliveries {
        let [pay_id, event, target] = key(id);
        insert.execute(params![pay_id, event, target, merchant.as_bytes(), millis(*due_at)])?;
    }
    Ok(())
}

#[async_trait]
impl Deliveries for Embedded {
    async fn deliveries(&self, pay_id: PayId) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |db, _| {
            let mut rows = db.prepare_cached(OF_JOURNEY)?;
            let mut rows = rows.query([number(pay_id)])?;
            let mut deliveries = Vec::new();
            while let Some(row) = rows.next()? {
                deliveries.push(context(row)?.delivery);
            }
            deliveries.sort_unstable_by_key(|delivery| delivery.id);
            Ok(deliveries)
        })
        .await
    }

    async fn lease(&self, most: usize, span: Duration, by: u64) -> Result<Vec<Leased>, StoreError> {
        // Couriers ask often, and mostly for nothing: a look costs no commit.
        let any = |db: &Connection, now, tried| db.prepare_cached(WAKING)?.exists(params![millis(now), 1, tried]);
        if !self.read(move |db, now| Ok(any(db, now, false)? || any(db, now, true)?)).await? {
            return Ok(Vec::new());
        }
        self.write(move |db, now| lease(db, most, now.plus(span), by, now)).await
    }

    async fn report(
        &self,
        lease: &Lease,
        attempt: Option<&AttemptRecord>,
        verdict: Verdict,
    ) -> Result<bool, StoreError> {
        let (lease, attempt) = (*lease, attempt.cloned());
        self.write(move |db, now| report(db, &lease, attempt.as_ref(), verdict, now)).await
    }

    async fn give_back(&self, leases: &[(Lease, Duration)]) -> Result<(), StoreError> {
        let leases = leases.to_vec();
        self.write(move |db, now| {
            leases.iter().try_for_each(|(lease, wait)| report(db, lease, None, Verdict::Retry(*wait), now).map(drop))
        })
        .await
    }

    async fn deliveries_of(
        &self,
        merchant: MerchantId,
        filter: DeliveryFilter,
        after: Option<DeliveryCursor>,
        most: usize,
    ) -> Result<Vec<DeliveryContext>, StoreError> {
        self.read(move |db, _| {
            let (at, pay_id) = after.map_or((i64::MAX, i64::MAX), |place| (millis(place.at), number(place.pay_id)));
            let (event, target) = after.map_or((u8::MAX, u8::MAX), |place| (place.event, place.target));
            let (merchant, most) = (merchant.as_bytes(), limit(most));
            match filter {
                DeliveryFilter::Dead => {
                    let params = params![merchant, at, pay_id, event, target, most];
                    contexts(&mut db.prepare_cached(DEAD)?.query(params)?)
                }
                DeliveryFilter::Waiting | DeliveryFilter::Failing => {
                    let params = params![merchant, at, pay_id, event, target, most, filter == DeliveryFilter::Failing];
                    contexts(&mut db.prepare_cached(PENDING)?.query(params)?)
                }
            }
        })
        .await
    }

    async fn replay(&self, id: &DeliveryId, _: MerchantId) -> Result<bool, StoreError> {
        let id = *id;
        self.write(move |db, now| replay(db, &id, now)).await
    }

    async fn shut(&self, endpoint: &Digest) -> Result<(), StoreError> {
        let endpoint = *endpoint;
        self.write(move |db, now| {
            let sql = "INSERT OR REPLACE INTO shut_endpoints (digest, kept_until) VALUES (?1, ?2)";
            db.prepare_cached(sql)?.execute(params![endpoint.as_bytes(), millis(now.plus(SHUT))])?;
            Ok(())
        })
        .await
    }

    async fn is_shut(&self, endpoint: &Digest) -> Result<bool, StoreError> {
        let endpoint = *endpoint;
        self.read(move |db, now| {
            let mut select = db.prepare_cached("SELECT 1 FROM shut_endpoints WHERE digest = ?1 AND kept_until > ?2")?;
            Ok(select.exists(params![endpoint.as_bytes(), millis(now)])?)
        })
        .await
    }

    async fn reopen(&self, endpoint: &Digest) -> Result<(), StoreError> {
        let endpoint = *endpoint;
        self.write(move |db, _| {
            db.prepare_cached("DELETE FROM shut_endpoints WHERE digest = ?1")?.execute([endpoint.as_bytes()])?;
            Ok(())
        })
        .await
    }
}

fn lease(db: &Connection, most: usize, until: UnixMillis, by: u64, now: UnixMillis) -> Result<Vec<Leased>, StoreError> {
    let mut update = db.prepare_cached(
        "UPDATE deliveries SET wakes_at = ?4, held = 1, held_by = ?5
         WHERE pay_id = ?1 AND settlement = ?2 AND target = ?3",
    )?;
    let (mut leased, mut keys) = (Vec::new(), Vec::new());
    let mut waking = db.prepare_cached(WAKING)?;
    // What was never tried comes before every other.
    for tried in [false, true] {
        let mut rows = waking.query(params![millis(now), limit(most.saturating_sub(keys.len())), tried])?;
        while let Some(row) = rows.next()? {
            let key: [i64; 3] = [row.get(8)?, row.get(0)?, row.get(1)?];
            leased.extend(legible(context(row), key[0])?.map(|context| context.leased_by(by)));
            keys.push(key);
        }
    }
    // What cannot be read is leased, too: it keeps nobody else waiting, and is looked at again when that lapses.
    for [pay_id, final_outcome, target] in keys {
        update.execute(params![pay_id, final_outcome, target, millis(until), by.cast_signed()])?;
    }
    Ok(leased)
}

fn report(
    db: &Connection,
    lease: &Lease,
    attempt: Option<&AttemptRecord>,
    verdict: Verdict,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let [pay_id, final_outcome, target] = key(&lease.id);
    let mut select = db.prepare_cached(
        "SELECT held, attempts FROM deliveries WHERE pay_id = ?1 AND settlement = ?2 AND target = ?3 AND held_by = ?4",
    )?;
    let own = params![pay_id, final_outcome, target, lease.by.cast_signed()];
    let found: Option<(bool, Vec<u8>)> = select.query_row(own, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((true, kept)) = found else { return Ok(found.is_some()) };
    let (state, wait) = match verdict {
        Verdict::Delivered => (State::Delivered, None),
        Verdict::Retry(wait) => (State::Waiting, Some(wait)),
        Verdict::Gone => (State::Gone, None),
        Verdict::Dead => (State::Dead, None),
    };
    let due_at = millis(now.plus(wait.unwrap_or_default()));
    db.prepare_cached(
        "UPDATE deliveries SET due_at = ?4, wakes_at = ?5, state = ?6, held = 0, attempts = coalesce(?7, attempts),
            tries = tries + (?7 IS NOT NULL)
         WHERE pay_id = ?1 AND settlement = ?2 AND target = ?3",
    )?
    .execute(params![
        pay_id,
        final_outcome,
        target,
        due_at,
        wait.map(|_| due_at),
        state.number(),
        attempt.map(|attempt| append_attempt(&kept, attempt)),
    ])?;
    Ok(true)
}

fn replay(db: &Connection, id: &DeliveryId, now: UnixMillis) -> Result<bool, StoreError> {
    let [pay_id, final_outcome, target] = key(id);
    let anew =
        "UPDATE deliveries SET since = ?4, due_at = ?4, wakes_at = ?4, tries = 0, state = 0, held = 0, held_by = NULL
        WHERE pay_id = ?1 AND settlement = ?2 AND target = ?3 AND state <> 0";
    let sooner = "UPDATE deliveries SET due_at = min(due_at, ?4), wakes_at = min(wakes_at, ?4)
        WHERE pay_id = ?1 AND settlement = ?2 AND target = ?3 AND held = 0";
    for sql in [anew, sooner] {
        if db.prepare_cached(sql)?.execute(params![pay_id, final_outcome, target, millis(now)])? == 1 {
            return Ok(true);
        }
    }
    let there = "SELECT 1 FROM deliveries WHERE pay_id = ?1 AND settlement = ?2 AND target = ?3";
    Ok(db.prepare_cached(there)?.exists(params![pay_id, final_outcome, target])?)
}

/// The columns under which a delivery stands.
fn key(id: &DeliveryId) -> [i64; 3] {
    [number(id.journey.pay_id()), id.event.number().into(), id.target.number().into()]
}

fn contexts(rows: &mut rusqlite::Rows<'_>) -> Result<Vec<DeliveryContext>, StoreError> {
    let mut contexts = Vec::new();
    while let Some(row) = rows.next()? {
        contexts.push(context(row)?);
    }
    Ok(contexts)
}

fn context(row: &Row<'_>) -> Result<DeliveryContext, StoreError> {
    let journey = read_journey(row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?)?;
    Ok(DeliveryContext { delivery: delivery(row, *journey.id())?, journey })
}

fn delivery(row: &Row<'_>, journey: JourneyId) -> Result<Delivery, StoreError> {
    let event =
        JourneyEvent::of_number(row.get(0)?).ok_or_else(|| StoreError::Damaged("a delivery of no news".into()))?;
    let state = State::of_number(row.get(5)?).ok_or_else(|| StoreError::Damaged("a delivery in no state".into()))?;
    let attempts = read_attempts(row.get_ref(6)?.as_blob().map_err(rusqlite::Error::from)?)
        .ok_or_else(|| StoreError::Damaged("attempts at a delivery".into()))?;
    Ok(Delivery {
        id: DeliveryId { journey, event, target: Target::of_number(row.get(1)?) },
        since: moment(row.get(2)?)?,
        due_at: moment(row.get(3)?)?,
        tries: row.get(4)?,
        state,
        attempts,
    })
}

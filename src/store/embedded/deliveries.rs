//! Deliveries in their table, beside their journey's number.
//!
//! `wakes_at` is when a courier may take one: when it is due or, while it is leased, when that lapses. It is empty once
//! the delivery has ended, so that the index of those that wait holds no others.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::values::{self, bytes, execute, exists, limit, millis, moment, number, row, rows};
use super::{Embedded, Result, StoreError};
use crate::domain::{AttemptRecord, Delivery, DeliveryId, Digest, MerchantId, PayId, UnixMillis, Verdict};
use crate::store::readings::legible;
use crate::store::record::{append_attempt, read_delivery, read_journey};
use crate::store::{Deliveries, DeliveryContext, DeliveryCursor, DeliveryFilter, Lease, Leased, SHUT, half};

// Each begins with the columns that `delivery` reads.
pub(super) const OF_JOURNEY: &str = "
    SELECT event, target, since, deliveries.due_at, tries, state, attempts, record
    FROM deliveries JOIN journeys USING (pay_id) WHERE pay_id = ?1";
pub(super) const WAKING: &str = "
    SELECT event, target, since, deliveries.due_at, tries, state, attempts, record, pay_id
    FROM deliveries JOIN journeys USING (pay_id) WHERE (tries > 0) = ?3 AND wakes_at <= ?1
    ORDER BY wakes_at LIMIT ?2";
pub(super) const DEAD: &str = "
    SELECT event, target, since, deliveries.due_at, tries, state, attempts, record
    FROM deliveries JOIN journeys USING (pay_id)
    WHERE deliveries.merchant = ?1 AND state >= 2
        AND (deliveries.due_at, pay_id, event, target) < (?2, ?3, ?4, ?5)
    ORDER BY deliveries.due_at DESC, pay_id DESC, event DESC, target DESC LIMIT ?6";

pub(super) const PENDING: &str = "
    SELECT event, target, since, deliveries.due_at, tries, state, attempts, record
    FROM deliveries JOIN journeys USING (pay_id)
    WHERE deliveries.merchant = ?1 AND state = 0 AND (tries > 0) = ?7
        AND (since, pay_id, event, target) < (?2, ?3, ?4, ?5)
    ORDER BY since DESC, pay_id DESC, event DESC, target DESC LIMIT ?6";

/// Keeps deliveries of this merchant; one that is there already stays as it is.
pub fn keep(db: &Connection, merchant: MerchantId, deliveries: &[Delivery]) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO deliveries (pay_id, event, target, merchant, since, due_at, tries, state, wakes_at, held)
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
    async fn deliveries(&self, pay_id: PayId) -> Result<Vec<Delivery>> {
        self.read(move |db, _| {
            let mut deliveries = rows(db, OF_JOURNEY, [number(pay_id)], |row| Ok(context(row)?.delivery))?;
            deliveries.sort_unstable_by_key(|delivery| delivery.id);
            Ok(deliveries)
        })
        .await
    }

    async fn lease(&self, most: usize, span: Duration, by: u64) -> Result<Vec<Leased>> {
        // Couriers ask often, and mostly for nothing: a look costs no commit.
        let any = |db: &Connection, now, tried| exists(db, WAKING, params![millis(now), 1, tried]);
        if !self.read(move |db, now| Ok(any(db, now, false)? || any(db, now, true)?)).await? {
            return Ok(Vec::new());
        }
        self.write(move |db, now| lease(db, most, now.plus(span), by, now)).await
    }

    async fn report(&self, lease: &Lease, attempt: Option<&AttemptRecord>, verdict: Verdict) -> Result<bool> {
        let (lease, attempt) = (*lease, attempt.cloned());
        self.write(move |db, now| report(db, &lease, attempt.as_ref(), verdict, now)).await
    }

    async fn give_back(&self, leases: &[(Lease, Duration)]) -> Result<()> {
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
    ) -> Result<Vec<DeliveryContext>> {
        self.read(move |db, _| {
            let (at, pay_id) = after.map_or((i64::MAX, i64::MAX), |place| (millis(place.at), number(place.pay_id)));
            let (event, target) = after.map_or((u8::MAX, u8::MAX), |place| (place.event, place.target));
            let (merchant, most) = (merchant.as_bytes(), limit(most));
            match filter {
                DeliveryFilter::Dead => rows(db, DEAD, params![merchant, at, pay_id, event, target, most], context),
                DeliveryFilter::Waiting | DeliveryFilter::Failing => {
                    let params = params![merchant, at, pay_id, event, target, most, filter == DeliveryFilter::Failing];
                    rows(db, PENDING, params, context)
                }
            }
        })
        .await
    }

    async fn replay(&self, id: &DeliveryId, _: MerchantId) -> Result<bool> {
        let id = *id;
        self.write(move |db, now| {
            let [pay_id, event, target] = key(&id);
            let anew = "UPDATE deliveries
                SET since = ?4, due_at = ?4, wakes_at = ?4, tries = 0, state = 0, held = 0, held_by = NULL
                WHERE pay_id = ?1 AND event = ?2 AND target = ?3 AND state <> 0";
            if execute(db, anew, params![pay_id, event, target, millis(now)])? == 1 {
                return Ok(true);
            }
            bring_forward(db, &id, now)
        })
        .await
    }

    async fn bring_forward(&self, deliveries: &[(DeliveryId, Duration)], _: MerchantId) -> Result<()> {
        let deliveries = deliveries.to_vec();
        self.write(move |db, now| {
            deliveries.iter().try_for_each(|(id, ago)| bring_forward(db, id, values::before(now, *ago)).map(drop))
        })
        .await
    }

    async fn shut(&self, endpoint: &Digest) -> Result<()> {
        let endpoint = half(endpoint);
        self.write(move |db, now| {
            let sql = "INSERT OR REPLACE INTO shut_endpoints (digest, kept_until) VALUES (?1, ?2)";
            execute(db, sql, params![endpoint, millis(now.plus(SHUT))]).map(drop)
        })
        .await
    }

    async fn is_shut(&self, endpoint: &Digest) -> Result<bool> {
        let endpoint = half(endpoint);
        self.read(move |db, now| {
            let sql = "SELECT 1 FROM shut_endpoints WHERE digest = ?1 AND kept_until > ?2";
            exists(db, sql, params![endpoint, millis(now)])
        })
        .await
    }

    async fn reopen(&self, endpoint: &Digest) -> Result<()> {
        let endpoint = half(endpoint);
        self.write(move |db, _| execute(db, "DELETE FROM shut_endpoints WHERE digest = ?1", [endpoint]).map(drop)).await
    }
}

fn lease(db: &Connection, most: usize, until: UnixMillis, by: u64, now: UnixMillis) -> Result<Vec<Leased>> {
    let mut found = Vec::new();
    // What was never tried comes before every other.
    for tried in [false, true] {
        let waking = params![millis(now), limit(most.saturating_sub(found.len())), tried];
        found.extend(rows(db, WAKING, waking, |row| {
            let key: [i64; 3] = [row.get(8)?, row.get(0)?, row.get(1)?];
            Ok((key, legible(context(row), values::pay_id(key[0]))?))
        })?);
    }
    let update = "UPDATE deliveries SET wakes_at = ?4, held = 1, held_by = ?5
         WHERE pay_id = ?1 AND event = ?2 AND target = ?3";
    // What cannot be read is leased, too: it keeps nobody else waiting, and is looked at again when that lapses.
    for ([pay_id, event, target], _) in &found {
        execute(db, update, params![pay_id, event, target, millis(until), by.cast_signed()])?;
    }
    Ok(found.into_iter().filter_map(|(_, context)| Some(context?.leased_by(by))).collect())
}

fn report(
    db: &Connection,
    lease: &Lease,
    attempt: Option<&AttemptRecord>,
    verdict: Verdict,
    now: UnixMillis,
) -> Result<bool> {
    let [pay_id, event, target] = key(&lease.id);
    let own = "SELECT held, attempts FROM deliveries WHERE pay_id = ?1 AND event = ?2 AND target = ?3 AND held_by = ?4";
    let found: Option<(bool, Vec<u8>)> =
        row(db, own, params![pay_id, event, target, lease.by.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((true, kept)) = found else { return Ok(found.is_some()) };
    let (state, wait) = verdict.leaves();
    let due_at = millis(now.plus(wait.unwrap_or_default()));
    let update =
        "UPDATE deliveries SET due_at = ?4, wakes_at = ?5, state = ?6, held = 0, attempts = coalesce(?7, attempts),
            tries = tries + (?7 IS NOT NULL)
         WHERE pay_id = ?1 AND event = ?2 AND target = ?3";
    let attempts = attempt.map(|attempt| append_attempt(&kept, attempt));
    execute(db, update, params![pay_id, event, target, due_at, wait.map(|_| due_at), state.number(), attempts])?;
    Ok(true)
}

/// Makes a delivery that waits due now, unless it is under way; answers whether it waits.
fn bring_forward(db: &Connection, id: &DeliveryId, now: UnixMillis) -> Result<bool> {
    let [pay_id, event, target] = key(id);
    let sooner = "UPDATE deliveries SET due_at = min(due_at, ?4), wakes_at = min(wakes_at, ?4)
        WHERE pay_id = ?1 AND event = ?2 AND target = ?3 AND state = 0 AND held = 0";
    if execute(db, sooner, params![pay_id, event, target, millis(now)])? == 1 {
        return Ok(true);
    }
    let there = "SELECT 1 FROM deliveries WHERE pay_id = ?1 AND event = ?2 AND target = ?3 AND state = 0";
    exists(db, there, params![pay_id, event, target])
}

/// The columns under which a delivery stands.
fn key(id: &DeliveryId) -> [i64; 3] {
    [number(id.journey.pay_id()), id.event.number().into(), id.target.number().into()]
}

fn context(row: &Row<'_>) -> Result<DeliveryContext> {
    let journey = read_journey(bytes(row, 7)?)?;
    let (place, times) = ([row.get(0)?, row.get(1)?], [moment(row.get(2)?)?, moment(row.get(3)?)?]);
    let delivery = read_delivery(*journey.id(), place, times, [row.get(5)?, row.get(4)?], bytes(row, 6)?);
    Ok(DeliveryContext { delivery: delivery.ok_or_else(|| StoreError::Damaged("a delivery".into()))?, journey })
}

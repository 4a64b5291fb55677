//! Deliveries in their table, beside their journey's number.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::values::{millis, moment, number};
use super::{Embedded, StoreError};
use crate::domain::delivery::Delivery;
use crate::domain::id::PayId;
use crate::store::Deliveries;

/// Keeps the deliveries that a settlement leaves.
pub fn keep(db: &Connection, pay_id: PayId, deliveries: &[Delivery]) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO deliveries (pay_id, settlement, entry, due_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?;
    for delivery in deliveries {
        insert.execute(params![number(pay_id), delivery.settlement, delivery.entry, millis(delivery.due_at)])?;
    }
    Ok(())
}

#[async_trait]
impl Deliveries for Embedded {
    async fn deliveries(&self, pay_id: PayId) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |db, _| {
            let mut select = db.prepare_cached(
                "SELECT settlement, entry, due_at FROM deliveries WHERE pay_id = ?1 ORDER BY settlement, entry",
            )?;
            let mut rows = select.query([number(pay_id)])?;
            let mut deliveries = Vec::new();
            while let Some(row) = rows.next()? {
                let due_at = moment(row.get(2)?)?;
                deliveries.push(Delivery { settlement: row.get(0)?, entry: row.get(1)?, due_at });
            }
            Ok(deliveries)
        })
        .await
    }
}

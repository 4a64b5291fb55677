//! Merchants in their table.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::reservations::{self, Before};
use super::values::{bytes, execute, millis, row, rows};
use super::{Embedded, Result, console, events};
use crate::domain::{ConsoleScope, Merchant, MerchantId};
use crate::store::record::{read_merchant, write_merchant};
use crate::store::{Merchants, REMEMBERED, Replaced, Reservation};

#[async_trait]
impl Merchants for Embedded {
    async fn add(&self, merchant: &Merchant) -> Result<bool> {
        let (id, revision, created_at) = (merchant.id, merchant.revision, millis(merchant.created_at));
        let record = write_merchant(merchant)?;
        self.write(move |db, _| {
            let sql = "INSERT INTO merchants (id, revision, created_at, record) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO NOTHING";
            let written = execute(db, sql, params![id.as_bytes(), revision, created_at, record])?;
            // The same addition tried again has happened before.
            Ok(written == 1 || stored(db, id)?.as_deref() == Some(&*record))
        })
        .await
    }

    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>> {
        self.read(move |db, _| stored(db, id)?.map(|bytes| read_merchant(&bytes)).transpose()).await
    }

    async fn merchants(&self) -> Result<Vec<Merchant>> {
        self.read(|db, _| {
            rows(db, "SELECT record FROM merchants ORDER BY created_at, id", [], |row| read_merchant(bytes(row, 0)?))
        })
        .await
    }

    async fn replace(&self, merchant: &Merchant, reservation: Option<(&Reservation, u32)>) -> Result<Replaced> {
        let (id, revision, record) = (merchant.id, merchant.revision, write_merchant(merchant)?);
        let reservation = reservation.map(|(reservation, number)| (*reservation, number));
        self.write(move |db, now| {
            if let Some((reservation, _)) = &reservation
                && let Some(repeated) = repeated(&reservations::before(db, reservation, now)?)
            {
                return Ok(repeated);
            }
            let sql = "UPDATE merchants SET revision = ?2, record = ?3 WHERE id = ?1 AND revision = ?2 - 1";
            let written = execute(db, sql, params![id.as_bytes(), revision, record])?;
            if written != 1 && stored(db, id)?.as_deref() != Some(&*record) {
                return Ok(Replaced::Stale);
            }
            if let Some((reservation, number)) = &reservation {
                reservations::keep(db, reservation, Some((*number).into()), now.plus(REMEMBERED))?;
            }
            Ok(Replaced::Done)
        })
        .await
    }

    async fn replaced_by(&self, _: MerchantId, reservation: &Reservation) -> Result<Option<Replaced>> {
        let reservation = *reservation;
        self.read(move |db, now| Ok(repeated(&reservations::before(db, &reservation, now)?))).await
    }

    async fn remove(&self, merchant: &Merchant) -> Result<bool> {
        let id = merchant.id;
        // Many small steps instead of a large one: others write in between.
        while self.write(move |db, _| events::forget(db, id)).await? > 0 {}
        self.write(move |db, _| {
            for table in ["key_uses", "logos"] {
                execute(db, &format!("DELETE FROM {table} WHERE merchant = ?1"), [id.as_bytes()])?;
            }
            console::forget(db, ConsoleScope::Merchant(id))?;
            Ok(execute(db, "DELETE FROM merchants WHERE id = ?1", [id.as_bytes()])? == 1)
        })
        .await
    }
}

/// What a reservation that was made before answers.
fn repeated(before: &Before) -> Option<Replaced> {
    match before {
        Before::Nothing => None,
        Before::Same(Some(number)) => Some(u32::try_from(*number).map_or(Replaced::Reused, Replaced::Repeated)),
        Before::Same(None) | Before::Another => Some(Replaced::Reused),
    }
}

fn stored(db: &Connection, id: MerchantId) -> Result<Option<Vec<u8>>> {
    row(db, "SELECT record FROM merchants WHERE id = ?1", [id.as_bytes()], |row| Ok(row.get(0)?))
}

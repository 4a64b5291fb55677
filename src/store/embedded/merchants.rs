//! Merchants in their table.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::reservations::{self, Before};
use super::values::millis;
use super::{Embedded, StoreError};
use crate::domain::id::MerchantId;
use crate::domain::merchant::Merchant;
use crate::domain::moment::UnixMillis;
use crate::store::record::{read_merchant, write_merchant};
use crate::store::{Merchants, REMEMBERED, Replaced, Reservation};

#[async_trait]
impl Merchants for Embedded {
    async fn add(&self, merchant: &Merchant) -> Result<bool, StoreError> {
        let (id, revision, created_at) = (merchant.id, merchant.revision, millis(merchant.created_at));
        let record = write_merchant(merchant)?;
        self.write(move |db, _| {
            let sql = "INSERT INTO merchants (id, revision, created_at, record) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO NOTHING";
            let written = db.prepare_cached(sql)?.execute(params![id.as_bytes(), revision, created_at, record])?;
            // The same addition tried again has happened before.
            Ok(written == 1 || stored(db, id)?.as_deref() == Some(&*record))
        })
        .await
    }

    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        self.read(move |db, _| stored(db, id)?.map(|bytes| read_merchant(&bytes)).transpose()).await
    }

    async fn merchants(&self) -> Result<Vec<Merchant>, StoreError> {
        self.read(|db, _| {
            let mut select = db.prepare_cached("SELECT record FROM merchants ORDER BY created_at, id")?;
            let records = select.query_map([], |row| row.get(0))?.collect::<Result<Vec<Vec<u8>>, _>>()?;
            records.iter().map(|bytes| read_merchant(bytes)).collect()
        })
        .await
    }

    async fn replace(
        &self,
        merchant: &Merchant,
        reservation: Option<(&Reservation, u32)>,
    ) -> Result<Replaced, StoreError> {
        let (id, revision, record) = (merchant.id, merchant.revision, write_merchant(merchant)?);
        let reservation = reservation.map(|(reservation, number)| (*reservation, number));
        self.write(move |db, now| match reservation {
            None => replace(db, id, revision, &record),
            Some((reservation, number)) => {
                replace_reserved(db, &reservation, number, now, |db| replace(db, id, revision, &record))
            }
        })
        .await
    }

    async fn replaced_by(&self, _: MerchantId, reservation: &Reservation) -> Result<Option<Replaced>, StoreError> {
        let reservation = *reservation;
        self.read(move |db, now| Ok(repeated(&reservations::before(db, &reservation, now)?))).await
    }

    async fn remove(&self, merchant: &Merchant) -> Result<bool, StoreError> {
        let id = merchant.id;
        self.write(move |db, _| {
            db.prepare_cached("DELETE FROM key_uses WHERE merchant = ?1")?.execute([id.as_bytes()])?;
            Ok(db.prepare_cached("DELETE FROM merchants WHERE id = ?1")?.execute([id.as_bytes()])? == 1)
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

fn replace_reserved(
    db: &Connection,
    reservation: &Reservation,
    number: u32,
    now: UnixMillis,
    replace: impl FnOnce(&Connection) -> Result<Replaced, StoreError>,
) -> Result<Replaced, StoreError> {
    if let Some(repeated) = repeated(&reservations::before(db, reservation, now)?) {
        return Ok(repeated);
    }
    let replaced = replace(db)?;
    if replaced == Replaced::Done {
        reservations::keep(db, reservation, Some(number.into()), now.plus(REMEMBERED))?;
    }
    Ok(replaced)
}

fn replace(db: &Connection, id: MerchantId, revision: u32, record: &[u8]) -> Result<Replaced, StoreError> {
    let sql = "UPDATE merchants SET revision = ?2, record = ?3 WHERE id = ?1 AND revision = ?2 - 1";
    let written = db.prepare_cached(sql)?.execute(params![id.as_bytes(), revision, record])?;
    let done = written == 1 || stored(db, id)?.as_deref() == Some(record);
    Ok(if done { Replaced::Done } else { Replaced::Stale })
}

fn stored(db: &Connection, id: MerchantId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut select = db.prepare_cached("SELECT record FROM merchants WHERE id = ?1")?;
    Ok(select.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

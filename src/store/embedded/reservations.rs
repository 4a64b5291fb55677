//! Reservations: idempotency keys, each with what its repetition answers.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::values::millis;
use super::{Embedded, StoreError};
use crate::domain::moment::UnixMillis;
use crate::store::{REMEMBERED, Reservation, Reservations, Reserved};

/// What a key has been used for before.
pub enum Before {
    /// Nothing, or it is forgotten.
    Nothing,
    /// This very request, with the number that was kept beside it.
    Same(Option<i64>),
    /// Another request.
    Another,
}

/// Looks up what the reservation's key has been used for.
pub fn before(db: &Connection, reservation: &Reservation, now: UnixMillis) -> Result<Before, StoreError> {
    let mut select = db.prepare_cached("SELECT request, number FROM claims WHERE key = ?1 AND kept_until > ?2")?;
    let kept: Option<([u8; 32], Option<i64>)> = select
        .query_row(params![reservation.key.as_bytes(), millis(now)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match kept {
        None => Before::Nothing,
        Some((request, number)) if request == *reservation.request.as_bytes() => Before::Same(number),
        Some(_) => Before::Another,
    })
}

/// Keeps the reservation until then, with a number that its repetition answers.
pub fn keep(
    db: &Connection,
    reservation: &Reservation,
    number: Option<i64>,
    until: UnixMillis,
) -> Result<(), StoreError> {
    // A forgotten reservation of the same key may still be there.
    let sql = "INSERT OR REPLACE INTO claims (key, request, number, kept_until) VALUES (?1, ?2, ?3, ?4)";
    let until = millis(until);
    db.prepare_cached(sql)?.execute(params![
        reservation.key.as_bytes(),
        reservation.request.as_bytes(),
        number,
        until
    ])?;
    Ok(())
}

#[async_trait]
impl Reservations for Embedded {
    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let reservation = *reservation;
        let step = move |db: &Connection, now| match before(db, &reservation, now)? {
            Before::Nothing => keep(db, &reservation, None, now.plus(REMEMBERED)).map(|()| Reserved::Fresh),
            Before::Same(_) => Ok(Reserved::Repeated),
            Before::Another => Ok(Reserved::Reused),
        };
        self.write(step).await
    }
}

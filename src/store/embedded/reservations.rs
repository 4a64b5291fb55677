//! Reservations: idempotency keys, each with what its repetition answers.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::values::{execute, millis, row};
use super::{Embedded, Result};
use crate::domain::UnixMillis;
use crate::store::{Half, REMEMBERED, Reservation, Reservations, Reserved, half};

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
pub fn before(db: &Connection, reservation: &Reservation, now: UnixMillis) -> Result<Before> {
    let sql = "SELECT request, number FROM reservations WHERE key = ?1 AND kept_until > ?2";
    let kept = row(db, sql, params![half(&reservation.key), millis(now)], |row| {
        let same = row.get::<_, Half>(0)? == half(&reservation.request);
        Ok(if same { Before::Same(row.get(1)?) } else { Before::Another })
    });
    Ok(kept?.unwrap_or(Before::Nothing))
}

/// Keeps the reservation until then, with a number that its repetition answers.
pub fn keep(db: &Connection, reservation: &Reservation, number: Option<i64>, until: UnixMillis) -> Result<()> {
    // A forgotten reservation of the same key may still be there.
    let sql = "INSERT OR REPLACE INTO reservations (key, request, number, kept_until) VALUES (?1, ?2, ?3, ?4)";
    let (key, request) = (half(&reservation.key), half(&reservation.request));
    execute(db, sql, params![key, request, number, millis(until)]).map(drop)
}

#[async_trait]
impl Reservations for Embedded {
    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved> {
        let reservation = *reservation;
        let step = move |db: &Connection, now| match before(db, &reservation, now)? {
            Before::Nothing => keep(db, &reservation, None, now.plus(REMEMBERED)).map(|()| Reserved::Fresh),
            Before::Same(_) => Ok(Reserved::Repeated),
            Before::Another => Ok(Reserved::Reused),
        };
        self.write(step).await
    }
}

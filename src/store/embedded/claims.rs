//! Claims: idempotency keys, each with what its repetition answers.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::values::millis;
use super::{Embedded, StoreError};
use crate::domain::moment::Moment;
use crate::store::{Claim, Claimed, Claims, REMEMBERED};

/// What a key has been used for before.
pub enum Before {
    /// Nothing, or it is forgotten.
    Nothing,
    /// This very request, with the number that was kept beside it.
    Same(Option<i64>),
    /// Another request.
    Another,
}

/// Looks up what the claim's key has been used for.
pub fn before(db: &Connection, claim: &Claim, now: Moment) -> Result<Before, StoreError> {
    let mut select = db.prepare_cached("SELECT request, number FROM claims WHERE key = ?1 AND kept_until > ?2")?;
    let kept: Option<([u8; 32], Option<i64>)> = select
        .query_row(params![claim.key.as_bytes(), millis(now)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match kept {
        None => Before::Nothing,
        Some((request, number)) if request == *claim.request.as_bytes() => Before::Same(number),
        Some(_) => Before::Another,
    })
}

/// Keeps the claim until then, with a number that its repetition answers.
pub fn keep(db: &Connection, claim: &Claim, number: Option<i64>, until: Moment) -> Result<(), StoreError> {
    // A forgotten claim of the same key may still be there.
    let sql = "INSERT OR REPLACE INTO claims (key, request, number, kept_until) VALUES (?1, ?2, ?3, ?4)";
    let until = millis(until);
    db.prepare_cached(sql)?.execute(params![claim.key.as_bytes(), claim.request.as_bytes(), number, until])?;
    Ok(())
}

#[async_trait]
impl Claims for Embedded {
    async fn claim(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        let claim = *claim;
        let step = move |db: &Connection, now| match before(db, &claim, now)? {
            Before::Nothing => keep(db, &claim, None, now.plus(REMEMBERED)).map(|()| Claimed::Fresh),
            Before::Same(_) => Ok(Claimed::Repeated),
            Before::Another => Ok(Claimed::Reused),
        };
        self.write(step).await
    }
}

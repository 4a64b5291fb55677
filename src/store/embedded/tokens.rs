//! One-time tokens in their table: minted with a step, redeemed once.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::values::{execute, millis, moment, number, row};
use super::{Embedded, StoreError};
use crate::domain::id::{MerchantId, PayId, Shard};
use crate::domain::moment::UnixMillis;
use crate::domain::secret::Digest;
use crate::domain::token::MintedToken;
use crate::store::readings::awaits_fact;
use crate::store::record::read_journey;
use crate::store::{REMEMBERED, Redemption, Tokens};

/// Keeps a token, unless it is there already.
pub fn keep(db: &Connection, token: &MintedToken, pay_id: PayId) -> Result<(), StoreError> {
    let sql = "INSERT INTO tokens (digest, pay_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    execute(db, sql, params![token.digest.as_bytes(), number(pay_id), millis(token.expires_at)]).map(drop)
}

#[async_trait]
impl Tokens for Embedded {
    async fn redeem(
        &self,
        _: Shard,
        token: &Digest,
        by: MerchantId,
        attempt: &Digest,
    ) -> Result<Redemption, StoreError> {
        let (token, attempt) = (*token, *attempt);
        self.write(move |db, now| redeem(db, &token, by, &attempt, now)).await
    }

    async fn spent_at(&self, _: Shard, token: &Digest) -> Result<Option<UnixMillis>, StoreError> {
        let token = *token;
        self.read(move |db, now| {
            let sql = "SELECT spent_at FROM tokens WHERE digest = ?1 AND spent_at IS NOT NULL";
            let spent_at = row(db, sql, [token.as_bytes()], |row| moment(row.get(0)?))?;
            Ok(spent_at.filter(|at| now < at.plus(REMEMBERED)))
        })
        .await
    }
}

/// A token beside its journey.
struct Row {
    expires_at: UnixMillis,
    spent: Option<(UnixMillis, [u8; 32])>,
    is_concluded: bool,
    record: Vec<u8>,
}

impl Row {
    fn granted(&self, spent_at: UnixMillis) -> Result<Redemption, StoreError> {
        Ok(Redemption::Granted { journey: Box::new(read_journey(&self.record)?), spent_at })
    }

    fn awaits_fact(&self) -> Result<bool, StoreError> {
        // A concluded journey does not; whether an unconcluded one does stands in its record.
        Ok(!self.is_concluded && awaits_fact(&read_journey(&self.record)?))
    }

    /// Until when this token is remembered as what it is.
    fn remembered_until(&self) -> UnixMillis {
        self.spent.map_or(self.expires_at, |(at, _)| at).plus(REMEMBERED)
    }
}

fn redeem(
    db: &Connection,
    token: &Digest,
    by: MerchantId,
    attempt: &Digest,
    now: UnixMillis,
) -> Result<Redemption, StoreError> {
    let Some(row) = find(db, token, by)?.filter(|row| now < row.remembered_until()) else {
        return Ok(Redemption::Unknown);
    };
    match row.spent {
        Some((at, first)) if first == *attempt.as_bytes() => row.granted(at),
        Some((at, _)) => Ok(Redemption::Spent { at }),
        None if now >= row.expires_at => Ok(Redemption::Expired { at: row.expires_at }),
        None if row.awaits_fact()? => Ok(Redemption::Pending { journey: Box::new(read_journey(&row.record)?) }),
        None => {
            let sql = "UPDATE tokens SET spent_at = ?2, attempt = ?3 WHERE digest = ?1";
            execute(db, sql, params![token.as_bytes(), millis(now), attempt.as_bytes()])?;
            row.granted(now)
        }
    }
}

/// The token of this digest, if it is this merchant's.
fn find(db: &Connection, token: &Digest, by: MerchantId) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT tokens.expires_at, spent_at, attempt, settled_at IS NOT NULL, record
         FROM tokens JOIN journeys USING (pay_id) WHERE digest = ?1 AND merchant = ?2";
    row(db, sql, params![token.as_bytes(), by.as_bytes()], |row| {
        Ok(Row {
            expires_at: moment(row.get(0)?)?,
            spent: row.get::<_, Option<i64>>(1)?.map(moment).transpose()?.zip(row.get(2)?),
            is_concluded: row.get(3)?,
            record: row.get(4)?,
        })
    })
}

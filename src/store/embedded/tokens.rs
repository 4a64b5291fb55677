//! One-time tokens in their table: minted with a step, redeemed once.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::values::{millis, moment, number};
use super::{Embedded, StoreError};
use crate::domain::id::{MerchantId, PayId, Shard};
use crate::domain::moment::Moment;
use crate::domain::secret::Digest;
use crate::domain::token::MintedToken;
use crate::store::record::read_journey;
use crate::store::{REMEMBERED, Redemption, Tokens};

/// Keeps a token, unless it is there already.
pub fn keep(db: &Connection, token: &MintedToken, pay_id: PayId) -> Result<(), StoreError> {
    let sql = "INSERT INTO tokens (digest, pay_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute(params![token.digest.as_bytes(), number(pay_id), millis(token.expires_at)])?;
    Ok(())
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

    async fn spent_at(&self, _: Shard, token: &Digest) -> Result<Option<Moment>, StoreError> {
        let token = *token;
        self.read(move |db, now| {
            let mut select = db.prepare_cached("SELECT spent_at FROM tokens WHERE digest = ?1")?;
            let spent_at: Option<Option<i64>> = select.query_row([token.as_bytes()], |row| row.get(0)).optional()?;
            let spent_at = spent_at.flatten().map(moment).transpose()?;
            Ok(spent_at.filter(|at| now < at.plus(REMEMBERED)))
        })
        .await
    }
}

/// A token beside its journey.
struct Row {
    expires_at: Moment,
    spent: Option<(Moment, [u8; 32])>,
    is_settled: bool,
    record: Vec<u8>,
}

impl Row {
    fn granted(&self, spent_at: Moment) -> Result<Redemption, StoreError> {
        Ok(Redemption::Granted { journey: Box::new(read_journey(&self.record)?), spent_at })
    }

    /// Until when this token is remembered as what it is.
    fn remembered_until(&self) -> Moment {
        self.spent.map_or(self.expires_at, |(at, _)| at).plus(REMEMBERED)
    }
}

fn redeem(
    db: &Connection,
    token: &Digest,
    by: MerchantId,
    attempt: &Digest,
    now: Moment,
) -> Result<Redemption, StoreError> {
    let Some(row) = find(db, token, by)?.filter(|row| now < row.remembered_until()) else {
        return Ok(Redemption::Unknown);
    };
    match row.spent {
        Some((at, first)) if first == *attempt.as_bytes() => row.granted(at),
        Some((at, _)) => Ok(Redemption::Spent { at }),
        None if now >= row.expires_at => Ok(Redemption::Expired { at: row.expires_at }),
        None if !row.is_settled => Ok(Redemption::Pending),
        None => {
            let sql = "UPDATE tokens SET spent_at = ?2, attempt = ?3 WHERE digest = ?1";
            db.prepare_cached(sql)?.execute(params![token.as_bytes(), millis(now), attempt.as_bytes()])?;
            row.granted(now)
        }
    }
}

/// The token of this digest, if it is this merchant's.
fn find(db: &Connection, token: &Digest, by: MerchantId) -> Result<Option<Row>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT tokens.expires_at, spent_at, attempt, settled_at IS NOT NULL, record
         FROM tokens JOIN journeys USING (pay_id) WHERE digest = ?1 AND merchant = ?2",
    )?;
    #[expect(clippy::type_complexity, reason = "the columns, as they are selected")]
    let columns: Option<(i64, Option<i64>, Option<[u8; 32]>, bool, Vec<u8>)> = select
        .query_row(params![token.as_bytes(), by.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?;
    let Some((expires_at, spent_at, attempt, is_settled, record)) = columns else { return Ok(None) };
    let spent = spent_at.map(moment).transpose()?.zip(attempt);
    Ok(Some(Row { expires_at: moment(expires_at)?, spent, is_settled, record }))
}

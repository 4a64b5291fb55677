//! One-time tokens beside their journey: minted with a step, redeemed once.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::values::{bytes, execute, number, row};
use super::{Embedded, Result};
use crate::domain::{Digest, MintedToken, PayId, UnixMillis};
use crate::store::record::tokens::{attempt_mark, kept_token, new_token, token_mark, with_spent};
use crate::store::{Redemption, Tokens, readings::awaits_fact, record::read_journey};

/// Keeps a token from now on, unless it is there already.
pub fn keep(db: &Connection, token: &MintedToken, pay_id: PayId, now: UnixMillis) -> Result<()> {
    // Joined bytes count as a text until they are cast back.
    let sql = "UPDATE journeys SET tokens = CAST(tokens || ?2 AS BLOB) WHERE pay_id = ?1 AND instr(tokens, ?3) = 0";
    let new = new_token(&token.digest, now.plus(token.life));
    execute(db, sql, params![number(pay_id), new, token_mark(&token.digest)]).map(drop)
}

#[async_trait]
impl Tokens for Embedded {
    async fn redeem(&self, journey: PayId, token: &Digest, attempt: &Digest) -> Result<Redemption> {
        let (token, attempt) = (*token, attempt_mark(attempt));
        self.write(move |db, now| redeem(db, journey, &token, attempt, now)).await
    }

    async fn spent_at(&self, journey: PayId, token: &Digest) -> Result<Option<UnixMillis>> {
        let token = *token;
        self.read(move |db, _| {
            let kept = row(db, "SELECT tokens FROM journeys WHERE pay_id = ?1", [number(journey)], |row| {
                Ok(kept_token(bytes(row, 0)?, &token))
            })?;
            Ok(kept.flatten().filter(|kept| kept.attempt.is_some()).map(|kept| kept.at))
        })
        .await
    }
}

fn redeem(db: &Connection, pay_id: PayId, token: &Digest, attempt: [u8; 8], now: UnixMillis) -> Result<Redemption> {
    let sql = "SELECT tokens, record FROM journeys WHERE pay_id = ?1";
    let found = row(db, sql, [number(pay_id)], |row| {
        let tokens = bytes(row, 0)?;
        let Some(kept) = kept_token(tokens, token) else { return Ok(None) };
        Ok(Some((tokens.to_vec(), kept, Box::new(read_journey(bytes(row, 1)?)?))))
    })?;
    let Some((tokens, kept, journey)) = found.flatten() else { return Ok(Redemption::Unknown) };
    match kept.attempt {
        Some(first) if first == attempt => Ok(Redemption::Granted { journey, spent_at: kept.at }),
        Some(_) => Ok(Redemption::Spent { at: kept.at }),
        None if now >= kept.at => Ok(Redemption::Expired { at: kept.at }),
        None if awaits_fact(&journey) => Ok(Redemption::Pending { journey }),
        None => {
            write(db, pay_id, &with_spent(&tokens, token, now, attempt))?;
            Ok(Redemption::Granted { journey, spent_at: now })
        }
    }
}

fn write(db: &Connection, pay_id: PayId, tokens: &[u8]) -> Result<()> {
    execute(db, "UPDATE journeys SET tokens = ?2 WHERE pay_id = ?1", params![number(pay_id), tokens]).map(drop)
}

//! Journeys counted along the indexes of their lists, and sampled by their numbers, which are drawn at random.

use async_trait::async_trait;
use rusqlite::params;

use super::values::{self, bytes, millis, row, rows};
use super::{Embedded, Result};
use crate::domain::{MerchantId, UnixMillis};
use crate::store::record::{read_journey, tokens::is_any_spent};
use crate::store::{JourneyCount, Numbers, SampledJourney, readings::legible};

pub(super) const OPENED: &str = "
    SELECT COUNT(*) FROM journeys WHERE merchant = ?1 AND opened_at >= ?2 AND opened_at < ?3";
pub(super) const PROVEN: &str = "
    SELECT COUNT(*) FROM journeys WHERE merchant = ?1 AND opened_at >= ?2 AND opened_at < ?3 AND proven = 1";
// The index holds each number, so that only the rows that are drawn are read.
pub(super) const SAMPLE: &str = "
    SELECT record, tokens, pay_id FROM journeys
    WHERE merchant = ?1 AND opened_at >= ?2 AND opened_at < ?3 AND pay_id % ?4 = 0";

#[async_trait]
impl Numbers for Embedded {
    async fn count(&self, merchant: MerchantId, bounds: &[UnixMillis]) -> Result<Vec<JourneyCount>> {
        let spans: Vec<_> = bounds.iter().zip(bounds.iter().skip(1)).map(|(from, to)| [*from, *to]).collect();
        self.read(move |db, _| {
            let count = |sql, [from, to]: [UnixMillis; 2]| -> Result<u64> {
                let counted = row(db, sql, params![merchant.as_bytes(), millis(from), millis(to)], |row| {
                    Ok(row.get::<_, i64>(0)?.cast_unsigned())
                });
                Ok(counted?.unwrap_or_default())
            };
            let both = |span| Ok(JourneyCount { opened: count(OPENED, span)?, proven: count(PROVEN, span)? });
            spans.into_iter().map(both).collect()
        })
        .await
    }

    async fn sample(
        &self,
        merchant: MerchantId,
        [from, to]: [UnixMillis; 2],
        one_in: u64,
    ) -> Result<Vec<SampledJourney>> {
        let one_in = i64::try_from(one_in.max(1)).unwrap_or(i64::MAX);
        self.read(move |db, _| {
            let found = rows(db, SAMPLE, params![merchant.as_bytes(), millis(from), millis(to), one_in], |row| {
                let is_redeemed = is_any_spent(bytes(row, 1)?);
                let read = read_journey(bytes(row, 0)?).map(|journey| SampledJourney { journey, is_redeemed });
                legible(read, values::pay_id(row.get(2)?))
            })?;
            Ok(found.into_iter().flatten().collect())
        })
        .await
    }
}

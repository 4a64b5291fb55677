//! The indexes: a merchant's journeys, those about one user, and those that are due.
//!
//! Each shard has its own, and they are merged on reading, in one round trip. A journey stands in one of its merchant's
//! two: with the unproven, until a provider has proven it; one about a user stands in that user's index besides. Places
//! sort as bytes, so that a page begins exactly behind another one's end, whatever was opened in the same millisecond.

use super::script::{self, Request};
use super::value::{self, reply, to_listed};
use super::{RedisStore, keys, limit};
use crate::domain::id::{MerchantId, PayId, Shard};
use crate::domain::moment::UnixMillis;
use crate::store::{JourneyCursor, JourneyFilter, StoreError};

/// How many places of an index are looked at in one go while tidying.
const STRETCH: usize = 256;

/// A part of an index that is to be tidied.
struct ScanRange {
    shard: Shard,
    merchant: MerchantId,
    index: Vec<u8>,
    from: Vec<u8>,
}

impl RedisStore {
    /// A merchant's places behind `after`, newest first, merged from all shards in one round trip.
    pub(super) async fn places(
        &self,
        merchant: MerchantId,
        which: JourneyFilter,
        after: Option<JourneyCursor>,
        most: usize,
    ) -> Result<Vec<JourneyCursor>, StoreError> {
        let indexes = Shard::all().flat_map(|shard| in_shard(shard, merchant, which));
        let after = after.map(|place| value::of_place(place.opened_at, place.pay_id).to_vec());
        self.newest(indexes, after, most).await?.iter().map(|place| to_listed(place)).collect()
    }

    /// The numbers of journeys that are due, and since when, the longest first, merged from all shards in one round
    /// trip.
    pub(super) async fn due_numbers(&self, most: usize) -> Result<Vec<(UnixMillis, PayId)>, StoreError> {
        let in_shard = |shard| Request::call(&script::DUE, [keys::due(shard)]).with(self.ahead()).with(limit(most));
        let mut due = Vec::new();
        for (number, since) in self.ask_shards::<Vec<(Vec<u8>, u64)>>(in_shard).await?.into_iter().flatten() {
            due.push((UnixMillis::from_millis(since), value::to_pay_id(&number)?));
        }
        due.sort_unstable();
        due.truncate(most);
        Ok(due)
    }

    /// Drops the places of journeys that Redis has let go; answers how many.
    pub(super) async fn trim_indexes(&self) -> Result<usize, StoreError> {
        let mut dropped = 0;
        for merchant in self.merchant_ids().await? {
            let both = |shard| [keys::unproven(shard, merchant), keys::proven(shard, merchant)].map(|key| (shard, key));
            let mut indexes: Vec<ScanRange> = Shard::all()
                .flat_map(both)
                .map(|(shard, index)| ScanRange { shard, merchant, index, from: b"-".into() })
                .collect();
            while !indexes.is_empty() {
                let (count, rest) = self.trim(indexes).await?;
                dropped += count;
                indexes = rest;
            }
        }
        Ok(dropped)
    }

    /// Trims a range of each index; answers how many places it dropped, and where to go on.
    async fn trim(&self, stretches: Vec<ScanRange>) -> Result<(usize, Vec<ScanRange>), StoreError> {
        // No journey is let go before it is as old as this.
        let oldest =
            UnixMillis::from_millis(0).plus(self.clock.now().since(UnixMillis::from_millis(0).plus(self.keep)));
        let to = [b"(".as_slice(), &value::six(oldest)].concat();
        let trim = |stretch: &ScanRange| {
            let trim = Request::call(&script::TRIM, [stretch.index.clone()]).with(keys::journeys(stretch.shard));
            let of_users = keys::of_users(stretch.shard, stretch.merchant);
            trim.with(&stretch.from).with(&to).with(STRETCH.to_string()).with(of_users)
        };
        let replies = self.link.ask_all(&stretches.iter().map(trim).collect::<Vec<_>>()).await?;
        let (mut dropped, mut rest) = (0, Vec::new());
        for (stretch, trimmed) in stretches.into_iter().zip(replies) {
            let (count, last): (usize, Option<Vec<u8>>) = reply(trimmed)?;
            dropped += count;
            rest.extend(last.map(|last| ScanRange { from: [b"(".as_slice(), &last].concat(), ..stretch }));
        }
        Ok((dropped, rest))
    }
}

/// The indexes of a shard to look into, in this order: a journey that is proven meanwhile is met twice, not missed.
fn in_shard(shard: Shard, merchant: MerchantId, which: JourneyFilter) -> Vec<Vec<u8>> {
    match which {
        JourneyFilter::All => vec![keys::unproven(shard, merchant), keys::proven(shard, merchant)],
        JourneyFilter::Proven => vec![keys::proven(shard, merchant)],
        JourneyFilter::OfUser(user) => vec![keys::of_user(shard, merchant, user)],
    }
}

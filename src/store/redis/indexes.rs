//! The indexes: a merchant's journeys, those about one user, and those that are due.
//!
//! Each shard has its own, and they are merged on reading, in one round trip. A journey stands in one of its merchant's
//! two: with the unproven, until a provider has proven it; one about a user stands in that user's index besides. Places
//! sort as bytes, so that a page begins exactly behind another one's end, whatever was opened in the same millisecond.

use super::script::{self, Request};
use super::value::{self, reply, to_listed};
use super::{RedisStore, keys, limit};
use crate::domain::{MerchantId, PayId, Shard, UnixMillis, UserId};
use crate::store::{JourneyCursor, JourneyFilter, Result};

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
    ) -> Result<Vec<JourneyCursor>> {
        let indexes = Shard::all().flat_map(|shard| in_shard(shard, merchant, which));
        let after = after.map(|place| value::of_place(place.opened_at, place.pay_id).to_vec());
        self.newest(indexes, after, most).await?.iter().map(|place| to_listed(place)).collect()
    }

    /// The numbers of journeys that are due, and since when, the longest first, merged from all shards in one round
    /// trip.
    pub(super) async fn due_numbers(&self, most: usize) -> Result<Vec<(UnixMillis, PayId)>> {
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
    pub(super) async fn trim_indexes(&self) -> Result<usize> {
        let mut dropped = 0;
        for merchant in self.merchant_ids().await? {
            let of_merchant = |shard| {
                let [unproven, proven] = [keys::unproven(shard, merchant), keys::proven(shard, merchant)];
                [unproven, proven, keys::dead(shard, merchant)].map(|index| ScanRange {
                    shard,
                    merchant,
                    index,
                    from: b"-".into(),
                })
            };
            let mut indexes: Vec<ScanRange> = Shard::all().flat_map(of_merchant).collect();
            while !indexes.is_empty() {
                let (count, rest) = self.trim(indexes).await?;
                dropped += count;
                indexes = rest;
            }
        }
        Ok(dropped)
    }

    /// Trims a range of each index, and the same places in the users' indexes; answers how many it dropped, and where to
    /// go on.
    async fn trim(&self, stretches: Vec<ScanRange>) -> Result<(usize, Vec<ScanRange>)> {
        // No journey is let go before it is as old as this.
        let oldest =
            UnixMillis::from_millis(0).plus(self.clock.now().since(UnixMillis::from_millis(0).plus(self.keep)));
        let to = [b"(".as_slice(), &oldest.to_bytes()].concat();
        let range = |stretch: &ScanRange| {
            let most = limit(STRETCH).into_bytes();
            let [from, to] = [&stretch.from, &to].map(Clone::clone);
            Request::plain("ZRANGEBYLEX", [stretch.index.clone(), from, to, b"LIMIT".into(), b"0".into(), most])
        };
        let replies = self.link.ask_all(&stretches.iter().map(range).collect::<Vec<_>>()).await?;
        let (mut places, mut rest) = (Vec::new(), Vec::new());
        for (stretch, found) in stretches.into_iter().zip(replies) {
            let found: Vec<Vec<u8>> = reply(found)?;
            let last = found.last().filter(|_| found.len() == STRETCH).map(|last| [b"(".as_slice(), last].concat());
            places
                .extend(found.into_iter().map(|place| (stretch.shard, stretch.merchant, stretch.index.clone(), place)));
            rest.extend(last.map(|from| ScanRange { from, ..stretch }));
        }
        let mut looks = Vec::with_capacity(places.len());
        for (.., place) in &places {
            looks.push(Request::plain("EXISTS", [keys::journey(value::to_place(place)?.1)]));
        }
        let (mut dropped, mut drops) = (0, Vec::new());
        for ((shard, merchant, index, place), there) in places.into_iter().zip(self.link.ask_all(&looks).await?) {
            if reply::<u8>(there)? == 1 {
                continue;
            }
            dropped += 1;
            let (_, _, behind) = value::to_place(&place)?;
            if let Ok(user) = behind.try_into().map(UserId::from_bytes) {
                let of_user = keys::of_user(shard, merchant, user);
                drops.push(Request::plain("ZREM", [of_user, place[..value::PLACE].to_vec()]));
            }
            drops.push(Request::plain("ZREM", [index, place]));
        }
        self.link.ask_all(&drops).await?;
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

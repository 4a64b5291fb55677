//! The indexes: a merchant's journeys, those about one user, and those that are due.
//!
//! Each shard has its own, and they are merged on reading, in one round trip. A journey stands in one of its merchant's
//! two: with the unproven, until a provider has proven it; one about a user stands in that user's index besides. Places
//! sort as bytes, so that a page begins exactly behind another one's end, whatever was opened in the same millisecond.

use super::script::{self, Request};
use super::value::{self, reply, to_listed};
use super::{RedisStore, keys, limit};
use crate::domain::{MerchantId, PayId, Shard, UnixMillis, UserId, id::SHARDS};
use crate::store::{JourneyCursor, JourneyFilter, Result};

/// How many places of an index are looked at in one go while tidying: of all shards together they keep the connection
/// busy for some milliseconds.
const STRETCH: usize = 64;

/// How many indexes and places one tidying looks at, at the most: a fraction of a second's work for node and Redis.
pub(super) const LOOKS: usize = 100_000;

/// Of the places of a page each index is asked for one in so many, twice its share, and for so many more.
const SHARE: usize = SHARDS as usize / 2;
const ASIDE: usize = 8;

/// A part of an index that is to be tidied.
#[derive(Clone)]
struct ScanRange {
    shard: Shard,
    merchant: MerchantId,
    index: Vec<u8>,
    from: Vec<u8>,
}

/// What is left of a pass through all indexes.
#[derive(Default)]
pub(super) struct TrimmingPass {
    /// The merchants that come after the one whose indexes are being tidied.
    merchants: Vec<MerchantId>,
    ranges: Vec<ScanRange>,
}

/// What came of tidying a range of some indexes.
struct Trimmed {
    places: usize,
    dropped: usize,
    /// Where to go on.
    rest: Vec<ScanRange>,
}

impl RedisStore {
    /// A merchant's places behind `after`, newest first, merged from all shards in one round trip: `most` at the most, and
    /// whether there may be more. They may be fewer even so: numbers are evenly spread, so each index is asked for
    /// little more than its share, and what one of them has not shown may come before what another has.
    pub(super) async fn places(
        &self,
        merchant: MerchantId,
        which: JourneyFilter,
        after: Option<JourneyCursor>,
        most: usize,
    ) -> Result<(Vec<JourneyCursor>, bool)> {
        let after = after.map(|place| value::of_place(place.opened_at, place.pay_id).to_vec());
        let from = after.map_or_else(|| b"+".to_vec(), |place| [b"(".as_slice(), &place].concat());
        let share = most.min(most / SHARE + ASIDE);
        let page = |index| {
            let share = limit(share).into_bytes();
            Request::plain("ZREVRANGEBYLEX", [index, from.clone(), b"-".into(), b"LIMIT".into(), b"0".into(), share])
        };
        let indexes = Shard::all().flat_map(|shard| in_shard(shard, merchant, which));
        let (mut places, mut shown_to) = (Vec::new(), None);
        for index in self.link.ask_all(&indexes.map(page).collect::<Vec<_>>()).await? {
            let found: Vec<Vec<u8>> = reply(index)?;
            let last = found.last().filter(|_| found.len() == share).cloned();
            shown_to = shown_to.max(last);
            places.extend(found);
        }
        if let Some(shown_to) = &shown_to {
            places.retain(|place| place >= shown_to);
        }
        places.sort_unstable_by(|a, b| b.cmp(a));
        // What moves from one index to another meanwhile is met twice.
        places.dedup();
        let may_be_more = shown_to.is_some() || places.len() > most;
        places.truncate(most);
        Ok((places.iter().map(|place| to_listed(place)).collect::<Result<_>>()?, may_be_more))
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

    /// Drops places of journeys that Redis has let go; answers how many. It stops when it has looked at so many indexes
    /// and places, and the next call goes on from there: a pass through many merchants, or through many journeys that
    /// are still kept, takes several.
    pub(super) async fn trim_indexes(&self, most: usize) -> Result<usize> {
        let mut pass = self.trimming.lock().await;
        if pass.ranges.is_empty() && pass.merchants.is_empty() {
            pass.merchants = self.merchant_ids().await?;
            // Each node begins elsewhere, so that several share the work.
            let first = self.clock.draw() % pass.merchants.len().max(1) as u64;
            pass.merchants.rotate_left(usize::try_from(first).unwrap_or_default());
        }
        let (mut dropped, mut looks) = (0, 0);
        while looks < most {
            if pass.ranges.is_empty() {
                let Some(merchant) = pass.merchants.pop() else { break };
                dropped += self.trim_events(merchant).await?;
                pass.ranges = Shard::all().flat_map(|shard| to_trim(shard, merchant)).collect();
            }
            let trimmed = self.trim(&pass.ranges).await?;
            looks += pass.ranges.len() + trimmed.places;
            dropped += trimmed.dropped;
            pass.ranges = trimmed.rest;
        }
        Ok(dropped)
    }

    /// Trims a range of each index, and the same places in the users' indexes.
    async fn trim(&self, ranges: &[ScanRange]) -> Result<Trimmed> {
        // No journey is let go before it is as old as this.
        let oldest =
            UnixMillis::from_millis(0).plus(self.clock.now().since(UnixMillis::from_millis(0).plus(self.keep)));
        let to = [b"(".as_slice(), &oldest.to_bytes()].concat();
        let look = |range: &ScanRange| {
            let most = limit(STRETCH).into_bytes();
            let [from, to] = [&range.from, &to].map(Clone::clone);
            Request::plain("ZRANGEBYLEX", [range.index.clone(), from, to, b"LIMIT".into(), b"0".into(), most])
        };
        let replies = self.link.ask_all(&ranges.iter().map(look).collect::<Vec<_>>()).await?;
        let (mut places, mut rest) = (Vec::new(), Vec::new());
        for (range, found) in ranges.iter().zip(replies) {
            let found: Vec<Vec<u8>> = reply(found)?;
            let last = found.last().filter(|_| found.len() == STRETCH).map(|last| [b"(".as_slice(), last].concat());
            places.extend(found.into_iter().map(|place| (range, place)));
            rest.extend(last.map(|from| ScanRange { from, ..range.clone() }));
        }
        let mut looks = Vec::with_capacity(places.len());
        for (_, place) in &places {
            looks.push(Request::plain("EXISTS", [keys::journey(value::to_place(place)?.1)]));
        }
        let mut trimmed = Trimmed { places: places.len(), dropped: 0, rest };
        let mut drops = Vec::new();
        for ((range, place), there) in places.into_iter().zip(self.link.ask_all(&looks).await?) {
            if reply::<u8>(there)? == 1 {
                continue;
            }
            trimmed.dropped += 1;
            let (_, _, behind) = value::to_place(&place)?;
            if let Ok(user) = behind.try_into().map(UserId::from_bytes) {
                let of_user = keys::of_user(range.shard, range.merchant, user);
                drops.push(Request::plain("ZREM", [of_user, place[..value::PLACE].to_vec()]));
            }
            drops.push(Request::plain("ZREM", [range.index.clone(), place]));
        }
        self.link.ask_all(&drops).await?;
        Ok(trimmed)
    }
}

/// The indexes of a merchant in a shard whose places may outlive their journeys.
fn to_trim(shard: Shard, merchant: MerchantId) -> [ScanRange; 5] {
    let [unproven, proven] = [keys::unproven(shard, merchant), keys::proven(shard, merchant)];
    let [dead, pending] = [keys::dead(shard, merchant), keys::pending(shard, merchant)];
    let indexes = [unproven, proven, dead, pending, keys::failing(shard, merchant)];
    indexes.map(|index| ScanRange { shard, merchant, index, from: b"-".into() })
}

/// The indexes of a shard to look into, in this order: a journey that is proven meanwhile is met twice, not missed.
fn in_shard(shard: Shard, merchant: MerchantId, which: JourneyFilter) -> Vec<Vec<u8>> {
    match which {
        JourneyFilter::All => vec![keys::unproven(shard, merchant), keys::proven(shard, merchant)],
        JourneyFilter::Proven => vec![keys::proven(shard, merchant)],
        JourneyFilter::OfUser(user) => vec![keys::of_user(shard, merchant, user)],
    }
}

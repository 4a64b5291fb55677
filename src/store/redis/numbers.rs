//! Journeys counted and sampled by their places in the indexes of all shards: Redis counts the places between two
//! moments, and finds one by its rank, without walking along the others.

use async_trait::async_trait;
use redis::FromRedisValue;

use super::script::Request;
use super::value::{reply, to_place, to_sampled};
use super::{RedisStore, Result, keys};
use crate::domain::{MerchantId, PayId, Shard, UnixMillis};
use crate::store::{JourneyCount, Numbers, SampledJourney, readings::legible};

/// How many commands one round trip has at the most: what comes behind them on this connection waits no longer than for
/// these.
const IN_ONE_GO: usize = 256;

#[async_trait]
impl Numbers for RedisStore {
    async fn count(&self, merchant: MerchantId, bounds: &[UnixMillis]) -> Result<Vec<JourneyCount>> {
        let indexes = indexes_of(merchant);
        let spans = bounds.iter().zip(bounds.iter().skip(1)).map(|(from, to)| [behind(*from), ahead_of(*to)]);
        let of_span = |span: [Vec<u8>; 2]| indexes.iter().map(move |index| counting(index, &span)).collect::<Vec<_>>();
        let counts: Vec<u64> = self.ask_in_portions(&spans.flat_map(of_span).collect::<Vec<_>>()).await?;
        let sum = |counts: &[u64]| {
            // A journey stands with the unproven, or with the proven.
            let proven = counts.iter().skip(1).step_by(2).sum();
            JourneyCount { opened: counts.iter().sum(), proven }
        };
        Ok(counts.chunks(indexes.len()).map(sum).collect())
    }

    async fn sample(
        &self,
        merchant: MerchantId,
        [from, to]: [UnixMillis; 2],
        one_in: u64,
    ) -> Result<Vec<SampledJourney>> {
        let span = [behind(from), ahead_of(to)];
        let requests = if one_in > 1 {
            self.every(merchant, &span, one_in).await?
        } else {
            let all = |index| Request::plain("ZRANGEBYLEX", [&[index][..], &span[..]].concat());
            indexes_of(merchant).into_iter().map(all).collect()
        };
        let mut places: Vec<Vec<u8>> =
            self.ask_in_portions::<Vec<Vec<u8>>>(&requests).await?.into_iter().flatten().collect();
        // What moves from one index to another meanwhile is met twice.
        places.sort_unstable();
        places.dedup();
        let numbers: Vec<PayId> = places.iter().map(|place| Ok(to_place(place)?.1)).collect::<Result<_>>()?;
        let mut sampled = Vec::with_capacity(numbers.len());
        for portion in numbers.chunks(IN_ONE_GO) {
            let found = self.values_at(portion.iter().copied().map(keys::journey), to_sampled).await?;
            for (found, pay_id) in found.into_iter().zip(portion) {
                // A place may outlive its journey for a while.
                sampled.extend(legible(found, Some(*pay_id))?.flatten());
            }
        }
        Ok(sampled)
    }
}

impl RedisStore {
    /// Requests for one place in every `one_in` of a span. Counting goes on from one index to the next, and an index is in
    /// order of time, so the sample is spread over the span as the journeys are.
    async fn every(&self, merchant: MerchantId, span: &[Vec<u8>; 2], one_in: u64) -> Result<Vec<Request>> {
        let indexes = indexes_of(merchant);
        let [from, _] = span;
        let before = [b"-".to_vec(), [b"(", &from[1..]].concat()];
        let of_index = |index: &Vec<u8>| [counting(index, &before), counting(index, span)];
        let counts: Vec<u64> = self.ask_in_portions(&indexes.iter().flat_map(of_index).collect::<Vec<_>>()).await?;
        let (mut requests, mut next) = (Vec::new(), one_in / 2);
        for (index, counts) in indexes.iter().zip(counts.chunks(2)) {
            let [before, inside] = counts else { continue };
            while next < *inside {
                let rank = (before + next).to_string().into_bytes();
                requests.push(Request::plain("ZRANGE", [index.clone(), rank.clone(), rank]));
                next += one_in;
            }
            next -= inside;
        }
        Ok(requests)
    }

    /// Makes requests, so many in one round trip; the replies come in the same order.
    async fn ask_in_portions<T: FromRedisValue>(&self, requests: &[Request]) -> Result<Vec<T>> {
        let mut replies = Vec::with_capacity(requests.len());
        for portion in requests.chunks(IN_ONE_GO) {
            for answer in self.link.ask_all(portion).await? {
                replies.push(reply(answer)?);
            }
        }
        Ok(replies)
    }
}

/// A merchant's indexes of all shards: of each first the unproven, then the proven.
fn indexes_of(merchant: MerchantId) -> Vec<Vec<u8>> {
    Shard::all().flat_map(|shard| [keys::unproven(shard, merchant), keys::proven(shard, merchant)]).collect()
}

fn counting(index: &[u8], [from, to]: &[Vec<u8>; 2]) -> Request {
    Request::plain("ZLEXCOUNT", [index.to_vec(), from.clone(), to.clone()])
}

/// The places of this moment and later; a moment alone sorts before every place of it.
fn behind(moment: UnixMillis) -> Vec<u8> {
    [b"[".as_slice(), &moment.to_bytes()].concat()
}

/// The places before this moment.
fn ahead_of(moment: UnixMillis) -> Vec<u8> {
    [b"(".as_slice(), &moment.to_bytes()].concat()
}

//! The event feeds: an index of each merchant's in each shard, merged on reading.

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{self, to_journey, unreadable};
use super::{RedisStore, keys, limit, millis};
use crate::domain::feed::{KEPT, SETTLED};
use crate::domain::{MerchantId, Shard, UnixMillis};
use crate::store::readings::legible;
use crate::store::{EventCursor, EventPage, Events, Result};

#[async_trait]
impl Events for RedisStore {
    async fn events(&self, merchant: MerchantId, after: Option<EventCursor>, most: usize) -> Result<EventPage> {
        let from = after.map_or_else(|| b"-".to_vec(), |cursor| [b"(".as_slice(), &of_cursor(cursor)].concat());
        let in_shard = |shard| {
            Request::call(&script::EVENTS, [keys::events(shard, merchant)])
                .with(self.ahead())
                .with(millis(SETTLED))
                .with(&from)
                .with(limit(most))
        };
        let shards: Vec<(Vec<u8>, Vec<Vec<u8>>)> = self.ask_shards(in_shard).await?;
        // Each shard has been asked a little later than the one before. What is listed is what was old enough for all
        // of them: else something could still come before it, in a shard that was asked too early.
        let settled = shards.iter().map(|(settled, _)| settled.clone()).min().unwrap_or_default();
        let mut places: Vec<Vec<u8>> = shards.into_iter().flat_map(|(_, places)| places).collect();
        places.retain(|place| *place < settled);
        places.sort_unstable();
        places.truncate(most);
        let cursors = places.iter().map(|place| to_cursor(place)).collect::<Result<Vec<_>>>()?;
        let found = self.values_at(cursors.iter().map(|cursor| keys::journey(cursor.pay_id)), to_journey).await?;
        let mut events = Vec::new();
        for (cursor, journey) in cursors.iter().zip(found) {
            let journey = legible(journey, Some(cursor.pay_id))?.flatten();
            events.extend(journey.map(|journey| (*cursor, journey)));
        }
        Ok(EventPage { events, read_to: cursors.last().copied(), has_more: cursors.len() == most })
    }
}

impl RedisStore {
    /// Drops a merchant's events that are too old; answers how many.
    pub(super) async fn trim_events(&self, merchant: MerchantId) -> Result<usize> {
        let oldest = self.clock.now().as_millis().saturating_sub(u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX));
        let to = [b"(".as_slice(), &UnixMillis::from_millis(oldest).to_bytes()].concat();
        let in_shard =
            |shard: Shard| Request::plain("ZREMRANGEBYLEX", [keys::events(shard, merchant), b"-".to_vec(), to.clone()]);
        Ok(self.ask_shards::<usize>(in_shard).await?.into_iter().sum())
    }
}

/// A place in the index, so that places sort as bytes.
fn of_cursor(EventCursor { at, pay_id, event }: EventCursor) -> Vec<u8> {
    [&value::of_place(at, pay_id)[..], &[event]].concat()
}

fn to_cursor(place: &[u8]) -> Result<EventCursor> {
    let (at, pay_id, rest) = value::to_place(place)?;
    let &[event] = rest else { return Err(unreadable("a place of an event")) };
    Ok(EventCursor { at, pay_id, event })
}

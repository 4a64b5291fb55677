//! The event feeds: an index of each merchant's in each shard, merged on reading.

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{self, to_journey, unreadable};
use super::{RedisStore, keys, limit, millis};
use crate::domain::feed::{KEPT, SETTLED};
use crate::domain::{FeedEvent, MerchantId, Shard, UnixMillis};
use crate::store::readings::legible;
use crate::store::{EventCursor, EventPage, Events, Result, Trouble};

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

    async fn tell_trouble(&self, trouble: Trouble<'_>) -> Result<bool> {
        let Trouble { merchant, pay_id, event, quiet, .. } = trouble;
        let digest = trouble.digest();
        // A feed is merged from all shards, so that its event may stand where the trouble is remembered.
        let shard = Shard::of_byte(digest.as_bytes()[0]);
        let tell = Request::call(&script::TELL_TROUBLE, [keys::trouble(shard, &digest), keys::events(shard, merchant)])
            .with(self.ahead())
            .with(millis(quiet))
            .with([&pay_id.to_bytes()[..], &of_event(event)].concat());
        self.changes(tell).await
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
pub(super) fn of_cursor(EventCursor { at, pay_id, event }: EventCursor) -> Vec<u8> {
    [&value::of_place(at, pay_id)[..], &of_number(event)].concat()
}

/// An event, as it stands in its place: in one byte where that will do.
pub(super) fn of_event(event: FeedEvent) -> Vec<u8> {
    of_number(event.number())
}

fn of_number(event: u16) -> Vec<u8> {
    let bytes = event.to_be_bytes();
    bytes[usize::from(event < 256)..].to_vec()
}

pub(super) fn to_cursor(place: &[u8]) -> Result<EventCursor> {
    let (at, pay_id, rest) = value::to_place(place)?;
    let event = match *rest {
        [event] => event.into(),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => return Err(unreadable("a place of an event")),
    };
    Ok(EventCursor { at, pay_id, event })
}

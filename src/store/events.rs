//! The event feeds of merchants.

use async_trait::async_trait;

use std::time::Duration;

use super::Result;
use crate::domain::{Digest, FeedEvent, Journey, MerchantId, PayId, UnixMillis};

/// A place in a merchant's feed, which is sorted by the moment at which the store wrote an event, the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventCursor {
    /// That moment, by the store's own clock.
    pub at: UnixMillis,
    /// The number of its journey.
    pub pay_id: PayId,
    /// Which event it is: [`FeedEvent::number`].
    pub event: u16,
}

impl EventCursor {
    /// The first place that there can be.
    pub const BEFORE_ALL: Self = Self { at: UnixMillis::from_millis(0), pay_id: PayId::LEAST, event: 0 };

    /// Which event it is; `None` of one that this program does not know.
    pub const fn feed_event(&self) -> Option<FeedEvent> {
        FeedEvent::of_number(self.event)
    }
}

/// Trouble with something that many journeys of a merchant may meet: an endpoint, or a provider.
#[derive(Debug, Clone, Copy)]
pub struct Trouble<'a> {
    /// The merchant.
    pub merchant: MerchantId,
    /// The journey that met it.
    pub pay_id: PayId,
    /// What the feed is to say.
    pub event: FeedEvent,
    /// What the trouble is with: the same text whichever journey meets it.
    pub with: &'a str,
    /// For how long nothing is said of the same trouble again.
    pub quiet: Duration,
}

impl Trouble<'_> {
    /// What the same trouble has in common, as stores remember it.
    pub(super) fn digest(&self) -> Digest {
        use sha2::{Digest as _, Sha256};
        let [kind, _] = self.event.number().to_be_bytes();
        let hash = Sha256::new().chain_update(self.merchant.as_bytes()).chain_update([kind]).chain_update(self.with);
        Digest::new(hash.finalize().into())
    }
}

/// A part of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, each with its journey as it is now. Those whose journey is not kept any more are left out.
    pub events: Vec<(EventCursor, Journey)>,
    /// The last place that was looked at, behind which the feed goes on; `None` where there was none.
    pub read_to: Option<EventCursor>,
    /// Whether there may be more behind it.
    pub has_more: bool,
}

/// Event feeds: a step leaves an event there.
#[async_trait]
pub trait Events: Send + Sync {
    /// A merchant's events behind `after`, the oldest first; `most` at the most. An event is listed from
    /// [`SETTLED`](crate::domain::feed::SETTLED) after it was written, for
    /// [`KEPT`](crate::domain::feed::KEPT) at the most.
    async fn events(&self, merchant: MerchantId, after: Option<EventCursor>, most: usize) -> Result<EventPage>;

    /// Adds trouble to its merchant's feed, unless the same was added less than [`Trouble::quiet`] ago. Answers whether
    /// it has; a call that is made again because its reply was lost may answer that it has not.
    async fn tell_trouble(&self, trouble: Trouble<'_>) -> Result<bool>;
}

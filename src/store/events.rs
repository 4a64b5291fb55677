//! The event feeds of merchants.

use async_trait::async_trait;

use super::Result;
use crate::domain::{FeedEvent, Journey, MerchantId, PayId, UnixMillis};

/// A place in a merchant's feed, which is sorted by the moment at which the store wrote an event, the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    /// That moment, by the store's own clock.
    pub at: UnixMillis,
    /// The number of its journey.
    pub pay_id: PayId,
    /// Which event it is: [`FeedEvent::number`].
    pub event: u8,
}

impl EventCursor {
    /// Which event it is.
    pub const fn feed_event(&self) -> FeedEvent {
        FeedEvent::of_number(self.event)
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
}

//! A merchant's journeys, counted and sampled.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Journey, MerchantId, UnixMillis};

/// How many of a merchant's journeys were opened in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JourneyCount {
    /// All of them.
    pub opened: u64,
    /// Those of them that a provider has proven, once at least.
    pub proven: u64,
}

/// A journey that was drawn for a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampledJourney {
    /// The journey.
    pub journey: Journey,
    /// Whether one of its one-time tokens was redeemed.
    pub is_redeemed: bool,
}

/// What is known of many journeys at once, read off the indexes that their lists have: no step writes anything for it.
#[async_trait]
pub trait Numbers: Send + Sync {
    /// How many of a merchant's journeys were opened between each two of these moments, which come in order: at the
    /// first or later, and before the second. One that is proven at this moment may count twice, and one that is no longer
    /// kept counts until it is tidied away.
    async fn count(&self, merchant: MerchantId, bounds: &[UnixMillis]) -> Result<Vec<JourneyCount>>;

    /// A merchant's journeys that were opened at the first of these moments or later, and before the second: about one
    /// in `one_in`, each with the same chance, in any order. One in one is all of them. A damaged record is passed over.
    async fn sample(&self, merchant: MerchantId, between: [UnixMillis; 2], one_in: u64) -> Result<Vec<SampledJourney>>;
}

//! NUMBERS: what became of a merchant's journeys, counted.
//!
//! What the indexes of the store can count is counted exactly. All else is read off the journeys themselves: off each of
//! them where they are few, else off a sample in which each has the same chance. So the work is bounded whatever the days
//! hold, and neither a return nor any other step writes anything for it.

use std::ops::Range;

use crate::domain::{Invalid, MerchantId, UnixMillis};
use crate::engine::{Engine, deps::Result};
use crate::store::{JourneyCount, SampledJourney};

/// How many milliseconds a day has; days are those of UTC.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// How many days are counted at the most, and unless the caller says which.
const MOST_DAYS: u64 = 92;
const USUAL_DAYS: u64 = 30;

/// How many journeys are read at the most, but for the chance of the draw.
const MOST_READ: u64 = 5_000;

/// Some days in UTC, one after the other: 1 to 92.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days(Range<u64>);

impl Days {
    /// The days from the one that `from` lies in until the one that `to` lies in; without them 30, until today.
    ///
    /// # Errors
    /// When the first comes after the last, or there are too many.
    pub fn read(from: Option<UnixMillis>, to: Option<UnixMillis>, now: UnixMillis) -> Result<Self, Invalid> {
        let day = |moment: UnixMillis| moment.as_millis() / DAY;
        let last = day(to.unwrap_or(now));
        let first = from.map_or((last + 1).saturating_sub(USUAL_DAYS), day);
        if first > last {
            let last = if to.is_some() { "the last day" } else { "today" };
            return Err(Invalid::new("from", format!("lies after {last}")));
        }
        if last - first >= MOST_DAYS {
            let hint = format!("expected {MOST_DAYS} days at the most, the first and the last one included");
            return Err(Invalid::new("from", "lies too long before the last day").hint(hint));
        }
        Ok(Self(first..last + 1))
    }

    /// The last days until today, so many.
    pub fn last(days: u64, now: UnixMillis) -> Self {
        let end = now.as_millis() / DAY + 1;
        Self(end.saturating_sub(days)..end)
    }

    /// When each of them begins.
    pub fn beginnings(&self) -> impl Iterator<Item = UnixMillis> {
        self.0.clone().map(|day| UnixMillis::from_millis(day * DAY))
    }

    /// When each of them begins, and the last one ends.
    fn bounds(&self) -> Vec<UnixMillis> {
        (self.0.start..=self.0.end).map(|day| UnixMillis::from_millis(day.saturating_mul(DAY))).collect()
    }
}

/// A merchant's journeys of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedDays {
    /// How many were opened on each day, and how many of them are proven.
    pub days: Vec<JourneyCount>,
    /// All of them together.
    pub total: JourneyCount,
    /// The journeys themselves, or a sample of them.
    pub read: Vec<SampledJourney>,
    /// Whether these are all.
    pub is_whole: bool,
}

/// Counts a merchant's journeys of these days, and reads 5,000 of them at the most.
///
/// # Errors
/// When the store is in trouble.
pub async fn of_days(engine: &Engine, merchant: MerchantId, days: &Days) -> Result<CountedDays> {
    let (store, bounds) = (&engine.deps.store, days.bounds());
    let counted = store.count(merchant, &bounds).await?;
    let sum = |of: fn(&JourneyCount) -> u64| counted.iter().map(of).sum();
    let total = JourneyCount { opened: sum(|day| day.opened), proven: sum(|day| day.proven) };
    let one_in = total.opened.div_ceil(MOST_READ).max(1);
    let between = [bounds.first(), bounds.last()].map(|bound| bound.copied().unwrap_or_default());
    let read = store.sample(merchant, between, one_in).await?;
    Ok(CountedDays { days: counted, total, read, is_whole: one_in == 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of the day of this number.
    fn noon(day: u64) -> UnixMillis {
        UnixMillis::from_millis(day * DAY + DAY / 2)
    }

    #[test]
    fn days_begin_at_midnight_and_the_last_one_is_one_of_them() {
        let midnight = UnixMillis::from_millis(20_777 * DAY);
        let day = std::time::Duration::from_millis(DAY);
        for now in [midnight, noon(20_777), UnixMillis::from_millis(20_778 * DAY - 1)] {
            assert_eq!(Days::last(1, now).bounds(), [midnight, midnight.plus(day)]);
            assert_eq!(Days::last(2, now).bounds(), [midnight.minus(day), midnight, midnight.plus(day)]);
            assert_eq!(Days::last(2, now).beginnings().collect::<Vec<_>>(), [midnight.minus(day), midnight]);
        }
    }

    #[test]
    fn thirty_days_are_read_unless_others_are_named() {
        let now = noon(20_777);
        let read = |from: Option<u64>, to: Option<u64>| Days::read(from.map(noon), to.map(noon), now);
        assert_eq!(read(None, None), Ok(Days::last(30, now)));
        assert_eq!(read(None, Some(20_000)), Ok(Days(19_971..20_001)));
        assert_eq!(read(Some(20_770), None), Ok(Days::last(8, now)));
        assert_eq!(read(Some(20_000), Some(20_000)), Ok(Days(20_000..20_001)));
        assert_eq!(read(Some(20_000), Some(20_091)).map(|days| days.0.count()), Ok(92));
        assert_eq!(read(None, Some(3)), Ok(Days(0..4)));
    }

    #[test]
    fn days_that_are_too_many_or_end_before_they_begin_are_refused() {
        let read = |from, to: Option<u64>| Days::read(Some(noon(from)), to.map(noon), noon(20_777));
        for (refused, rule) in [
            (read(20_001, Some(20_000)), "lies after the last day"),
            (read(20_778, None), "lies after today"),
            (read(20_000, Some(20_092)), "lies too long before the last day"),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!((refused.field(), refused.rule()), ("from", rule));
        }
    }
}

//! Parts of a list: which journeys an answer holds, and where the next one goes on.

use std::time::Duration;

use serde::Serialize;

use super::answer::ErrorBody;
use crate::dialect::token_io::Offset;
use crate::domain::{Journey, Merchant, UnixMillis};
use crate::engine::{Engine, JourneyCursor, JourneyFilter, Page, ScanRange, Selected, scan};

/// The most journeys that one answer of a list looks at: the next one goes on from there.
const LOOKED_AT: usize = 20_000;

/// Which part of a list an answer is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<String>,
    have_more: bool,
}

impl PageInfo {
    /// The first page names its place, too, so that it can be read again as it was; an empty one is where the next
    /// begins.
    fn of(part: Part, journeys: &[Journey], next: Option<Offset>) -> Self {
        let offset = part.offset.or_else(|| journeys.first().map(Offset::before));
        let have_more = next.is_some();
        let next = next.or_else(|| part.offset.filter(|_| journeys.is_empty()));
        let written = |offset: Option<Offset>| offset.map(|offset| offset.to_string());
        Self { limit: part.limit, offset: written(offset), next_offset: written(next), have_more }
    }
}

/// Which part of a member's journeys is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// How many journeys it has, at the most.
    pub limit: usize,
    /// Where it begins.
    pub offset: Option<Offset>,
    /// Only what was opened earlier.
    pub before: Option<UnixMillis>,
    /// Only what was opened later.
    pub after: Option<UnixMillis>,
}

impl Part {
    /// Finds it, with what an answer says of it.
    pub async fn find(
        self,
        engine: &Engine,
        merchant: &Merchant,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<(Vec<Journey>, PageInfo), ErrorBody> {
        let page = Page { skip: 0, most: self.limit + 1 };
        let after = self.offset.map(|Offset { opened_at, pay_id }| JourneyCursor { opened_at, pay_id });
        let from = self.after.map(|after| after.plus(Duration::from_millis(1)));
        let (lists, before) = (vec![JourneyFilter::All], self.before);
        let range = ScanRange { lists, before, after, from, most: LOOKED_AT, ..ScanRange::default() };
        let mut selected = scan::select_and_count(&engine.deps, merchant.id, &range, (page, 0), wanted).await?;
        let next = self.next(&selected);
        selected.journeys.truncate(self.limit);
        let page_info = PageInfo::of(self, &selected.journeys, next);
        Ok((selected.journeys, page_info))
    }

    /// Where the next part begins, if there is one, or there may be: behind this one's last journey or, where the look
    /// has stopped, behind the last that it looked at.
    fn next(self, selected: &Selected) -> Option<Offset> {
        if selected.journeys.len() > self.limit {
            return selected.journeys.get(self.limit.checked_sub(1)?).map(Offset::behind);
        }
        selected.stopped.map(|JourneyCursor { opened_at, pay_id }| Offset { opened_at, pay_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey;

    #[test]
    fn a_list_goes_on_behind_the_last_that_was_shown_or_looked_at() {
        let part = |offset| Part { limit: 2, offset, before: None, after: None };
        let (behind, before) = (Offset::behind(&journey()), Offset::before(&journey()));
        let stopped =
            JourneyCursor { opened_at: UnixMillis::from_millis(1_790_000_000_000), pay_id: journey().pay_id() };
        let next = |count: usize, stopped: Option<JourneyCursor>| {
            part(None).next(&Selected { journeys: vec![journey(); count], count, stopped })
        };
        assert_eq!((next(2, None), next(3, None)), (None, Some(behind)));
        // Nothing was found, or not enough, and there may be more.
        let there = Offset { opened_at: stopped.opened_at, pay_id: stopped.pay_id };
        assert_eq!((next(0, Some(stopped)), next(1, Some(stopped))), (Some(there), Some(there)));

        let info = |offset, count: usize, next| PageInfo::of(part(offset), &vec![journey(); count], next);
        let first = info(None, 2, Some(behind));
        assert_eq!((first.offset, first.next_offset), (Some(before.to_string()), Some(behind.to_string())));
        let last = info(Some(behind), 1, None);
        assert_eq!((last.offset, last.next_offset, last.have_more), (Some(behind.to_string()), None, false));
        let empty = info(Some(behind), 0, None);
        assert_eq!((empty.next_offset, empty.have_more), (Some(behind.to_string()), false), "the vendor says so");
    }
}

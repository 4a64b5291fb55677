//! Looks through a merchant's journeys for those that are wanted.

use std::collections::VecDeque;

use crate::domain::{Journey, MerchantId, PayId, UnixMillis};
use crate::engine::deps::{Deps, Result};
use crate::store::{JourneyCursor, JourneyFilter};

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many come before it.
    pub skip: usize,
    /// How many it holds, at the most.
    pub most: usize,
}

/// Where a part of a merchant's journeys is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRange {
    /// The lists that are looked at as one. No journey may be in two of them.
    pub lists: Vec<JourneyFilter>,
    /// Only what was opened before this moment.
    pub before: Option<UnixMillis>,
    /// Only what comes behind this place.
    pub after: Option<JourneyCursor>,
    /// Only what was opened at this moment or later.
    pub from: Option<UnixMillis>,
    /// How many journeys are looked at, at the most, wanted or not: the newest ones of the range.
    pub most: usize,
    /// How many journeys the first look into the store brings; each further one brings twice as many, up to 200.
    pub batch: usize,
}

impl Default for ScanRange {
    /// Of no list, all.
    fn default() -> Self {
        Self { lists: Vec::new(), before: None, after: None, from: None, most: usize::MAX, batch: BATCH }
    }
}

impl ScanRange {
    /// All of one list.
    pub fn of(list: JourneyFilter) -> Self {
        Self { lists: vec![list], ..Self::default() }
    }
}

/// What a look at a range of a merchant's journeys has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The part that was asked for, newest first.
    pub journeys: Vec<Journey>,
    /// How many are wanted, as far as they were counted.
    pub count: usize,
    /// The place of the last journey that it looked at, if it stopped there: it had looked at as many as it may, and
    /// the part is not full.
    pub stopped: Option<JourneyCursor>,
}

/// How many journeys one look into the store brings, unless a range says otherwise, and at the most.
const BATCH: usize = 200;

/// How many it brings at least, where there are many lists to look at.
const SMALL_BATCH: usize = 10;

/// A list of journeys, newest first, as far as it is read.
struct List {
    which: JourneyFilter,
    after: Option<JourneyCursor>,
    ahead: VecDeque<Journey>,
    is_read: bool,
    /// How many the next look brings.
    batch: usize,
}

impl List {
    fn new(which: JourneyFilter, range: &ScanRange) -> Self {
        // Behind the last place of that moment.
        let place = |opened_at| PayId::new(0).map(|pay_id| JourneyCursor { opened_at, pay_id });
        let after = [range.before.and_then(place), range.after].into_iter().flatten().min();
        // Of many lists not much of each is needed.
        let batch = (range.batch / range.lists.len().max(1)).max(SMALL_BATCH);
        Self { which, after, ahead: VecDeque::new(), is_read: false, batch }
    }

    /// Reads on.
    async fn read(&mut self, deps: &Deps, merchant: MerchantId) -> Result<()> {
        let more = deps.store.list(merchant, self.which, self.after, self.batch).await?;
        self.is_read = more.len() < self.batch;
        self.after = more.last().map(JourneyCursor::of);
        self.ahead = more.into();
        // Who looks on has found few, and looks at many.
        self.batch = (2 * self.batch).min(BATCH.max(self.batch));
        Ok(())
    }
}

/// A page of a range of a merchant's journeys that are `wanted`, with the number of all of those, counted up to `to` at
/// least: a merchant may have millions. What lies beyond the journeys that a range looks at is neither selected nor
/// counted; then it says where it stopped.
///
/// # Errors
/// When the store is in trouble.
pub async fn select_and_count(
    deps: &Deps,
    merchant: MerchantId,
    range: &ScanRange,
    (Page { skip, most }, to): (Page, usize),
    wanted: impl Fn(&Journey) -> bool,
) -> Result<Selected> {
    let (mut selected, mut count, mut seen) = (Vec::new(), 0_usize, 0_usize);
    let mut last = None;
    let mut lists: Vec<List> = range.lists.iter().map(|which| List::new(*which, range)).collect();
    while seen < range.most && (selected.len() < most || count < to) {
        let Some(journey) = newest(deps, merchant, &mut lists).await? else { break };
        if range.from.is_some_and(|from| journey.opening().opened_at < from) {
            break;
        }
        seen += 1;
        last = Some(JourneyCursor::of(&journey));
        if !wanted(&journey) {
            continue;
        }
        count += 1;
        if count > skip && selected.len() < most {
            selected.push(journey);
        }
    }
    let stopped = last.filter(|_| seen >= range.most && selected.len() < most);
    Ok(Selected { journeys: selected, count, stopped })
}

/// Takes the newest journey off these lists.
async fn newest(deps: &Deps, merchant: MerchantId, lists: &mut [List]) -> Result<Option<Journey>> {
    for list in lists.iter_mut().filter(|list| list.ahead.is_empty() && !list.is_read) {
        list.read(deps, merchant).await?;
    }
    let newest = lists.iter_mut().max_by_key(|list| list.ahead.front().map(JourneyCursor::of));
    Ok(newest.and_then(|list| list.ahead.pop_front()))
}

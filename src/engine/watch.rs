//! What a merchant sees of its journeys.

use std::collections::VecDeque;

use super::returns::token_digest;
use super::{Engine, EngineError};
use crate::domain::delivery::Delivery;
use crate::domain::id::{JourneyId, MerchantId, PayId};
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::store::{Place, Which};

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many come before it.
    pub skip: usize,
    /// How many it holds, at the most.
    pub most: usize,
}

/// A part of a list whose length is asked for, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The part.
    pub page: Page,
    /// How far is counted, at least: a merchant may have millions.
    pub to: usize,
}

/// Where a part of a merchant's journeys is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The lists that are looked at as one. No journey may be in two of them.
    pub lists: Vec<Which>,
    /// Only what was opened before this moment.
    pub before: Option<Moment>,
    /// Only what comes behind this place.
    pub after: Option<Place>,
    /// Only what was opened at this moment or later.
    pub from: Option<Moment>,
    /// How many journeys are looked at, at the most, wanted or not: the newest ones of the stretch.
    pub most: usize,
}

/// What a look at a stretch of a merchant's journeys has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The part that was asked for, newest first.
    pub journeys: Vec<Journey>,
    /// How many are wanted, as far as they were counted.
    pub count: usize,
    /// The place of the last journey that it looked at, if it stopped there: it had looked at as many as it may, and the
    /// part is not full.
    pub stopped: Option<Place>,
}

/// How many journeys one look into the store brings.
const BATCH: usize = 200;

/// How many it brings at least, where there are many lists to look at.
const SMALL_BATCH: usize = 10;

/// A list of journeys, newest first, as far as it is read.
struct List {
    which: Which,
    after: Option<Place>,
    ahead: VecDeque<Journey>,
    is_read: bool,
}

impl List {
    fn new(which: Which, stretch: &Stretch) -> Self {
        // Behind the last place of that moment.
        let place = |opened_at| PayId::new(0).map(|pay_id| Place { opened_at, pay_id });
        let after = [stretch.before.and_then(place), stretch.after].into_iter().flatten().min();
        Self { which, after, ahead: VecDeque::new(), is_read: false }
    }
}

/// A journey with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The journey.
    pub journey: Journey,
    /// When its one-time token was redeemed, as far as that is remembered.
    pub redeemed_at: Option<Moment>,
    /// The deliveries that its settlements left.
    pub deliveries: Vec<Delivery>,
}

impl Engine {
    /// A merchant's journeys, newest first, `most` at the most, beginning behind `after`.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn journeys(
        &self,
        merchant: MerchantId,
        which: Which,
        after: Option<Place>,
        most: usize,
    ) -> Result<Vec<Journey>, EngineError> {
        Ok(self.store.list(merchant, which, after, most).await?)
    }

    /// A page of a merchant's journeys that are `wanted`, newest first.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn select(
        &self,
        merchant: MerchantId,
        which: Which,
        page: Page,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<Vec<Journey>, EngineError> {
        let stretch = Stretch { lists: vec![which], before: None, after: None, from: None, most: usize::MAX };
        self.select_and_count(merchant, &stretch, Counted { page, to: 0 }, wanted)
            .await
            .map(|selected| selected.journeys)
    }

    /// The same of a stretch of its journeys, with the number of all that are wanted, as far as they were counted. What
    /// lies beyond the journeys that a stretch looks at is neither selected nor counted; then it says where it stopped.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn select_and_count(
        &self,
        merchant: MerchantId,
        stretch: &Stretch,
        counted: Counted,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<Selected, EngineError> {
        let Counted { page: Page { skip, most }, to } = counted;
        let (mut selected, mut count, mut seen) = (Vec::new(), 0_usize, 0_usize);
        let mut last = None;
        let mut lists: Vec<List> = stretch.lists.iter().map(|which| List::new(*which, stretch)).collect();
        while seen < stretch.most && (selected.len() < most || count < to) {
            let Some(journey) = self.newest(merchant, &mut lists).await? else { break };
            if stretch.from.is_some_and(|from| journey.opening().opened_at < from) {
                break;
            }
            seen += 1;
            last = Some(Place::of(&journey));
            if !wanted(&journey) {
                continue;
            }
            count += 1;
            if count > skip && selected.len() < most {
                selected.push(journey);
            }
        }
        let stopped = last.filter(|_| seen >= stretch.most && selected.len() < most);
        Ok(Selected { journeys: selected, count, stopped })
    }

    /// Takes the newest journey off these lists.
    async fn newest(&self, merchant: MerchantId, lists: &mut [List]) -> Result<Option<Journey>, EngineError> {
        // Of many lists not much of each is needed.
        let batch = (BATCH / lists.len().max(1)).max(SMALL_BATCH);
        for list in lists.iter_mut().filter(|list| list.ahead.is_empty() && !list.is_read) {
            let more = self.store.list(merchant, list.which, list.after, batch).await?;
            list.is_read = more.len() < batch;
            list.after = more.last().map(Place::of);
            list.ahead = more.into();
        }
        let newest = lists.iter_mut().max_by_key(|list| list.ahead.front().map(Place::of));
        Ok(newest.and_then(|list| list.ahead.pop_front()))
    }

    /// A merchant's journey of this number. `None` when it has none.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn journey(&self, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>, EngineError> {
        Ok(self.store.find(pay_id).await?.filter(|journey| journey.opening().merchant == merchant))
    }

    /// The same, settled as expired if its time has run out.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn current(&self, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>, EngineError> {
        match self.journey(merchant, pay_id).await? {
            Some(journey) => self.lapse(journey).await.map(Some),
            None => Ok(None),
        }
    }

    /// The journey of this id, whichever merchant's it is, settled as expired if its time has run out: for pages whose
    /// address is made of the id.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn journey_of(&self, id: JourneyId) -> Result<Option<Journey>, EngineError> {
        match self.store.find(id.pay_id()).await?.filter(|journey| *journey.id() == id) {
            Some(journey) => self.lapse(journey).await.map(Some),
            None => Ok(None),
        }
    }

    /// A merchant's journey with everything about it.
    ///
    /// # Errors
    /// When the store is in trouble, or the journey's key is gone.
    pub async fn sight(&self, merchant: MerchantId, pay_id: PayId) -> Result<Option<Sight>, EngineError> {
        let Some(journey) = self.journey(merchant, pay_id).await? else { return Ok(None) };
        let mut redeemed_at = None;
        for number in 0..journey.settlements().len() {
            let Some(token) = self.token_of(&journey, u8::try_from(number).unwrap_or(u8::MAX))? else { break };
            let spent = self.store.spent_at(token.shard(), &token_digest(token.reveal())).await?;
            redeemed_at = redeemed_at.or(spent);
        }
        let deliveries = self.store.deliveries(pay_id).await?;
        Ok(Some(Sight { journey, redeemed_at, deliveries }))
    }

    /// The address at which a journey's customer begins: to pay, or to agree.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn pay_link(&self, journey: &Journey) -> Result<String, EngineError> {
        self.page(journey, super::home::page_of(journey)).map(|page| page.as_str().to_owned())
    }

    /// The text that opens a journey's pages.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn link(&self, journey: &Journey) -> Result<String, EngineError> {
        self.keys.link(journey).ok_or_else(super::key_gone)
    }
}

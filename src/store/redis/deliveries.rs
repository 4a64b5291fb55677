//! Deliveries: a record for each in its journey's hash, and the shard's set of those that wait.
//!
//! In the set a delivery stands under the moment when a courier may take it: when it is due or, while it is leased,
//! when that lapses; what was tried before stands behind all that was not (`shared.lua`). A merchant's dead letters, and
//! those of its deliveries that have not ended, have an index each in each shard, merged on reading.

use std::{collections::HashMap, iter, time::Duration};

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{self, number_at, reply, to_journey, to_moment, unreadable};
use super::{RedisStore, keys, limit, millis};
use crate::domain::{
    AttemptRecord, Delivery, DeliveryId, Digest, Journey, JourneyId, MerchantId, PayId, Shard, UnixMillis, Verdict,
};
use crate::store::copy::StoredDelivery;
use crate::store::readings::legible;
use crate::store::record::{read_delivery, write_attempt};
use crate::store::{
    Deliveries, DeliveryContext, DeliveryCursor, DeliveryFilter, Lease, Leased, REMEMBERED, Result, SHUT,
    endpoint_shard,
};

/// How long a record is without its attempts, in bytes.
const HEAD: usize = 23;

#[async_trait]
impl Deliveries for RedisStore {
    async fn deliveries(&self, pay_id: PayId) -> Result<Vec<Delivery>> {
        let requests = [("GET", keys::journey(pay_id)), ("HGETALL", keys::deliveries(pay_id))];
        let replies = self.link.ask_all(&requests.map(|(verb, key)| Request::plain(verb, [key]))).await?;
        let [journey, records] =
            <[_; 2]>::try_from(replies).map_err(|_| unreadable("a journey beside its deliveries"))?;
        let Some(journey) = reply::<Option<Vec<u8>>>(journey)? else { return Ok(Vec::new()) };
        let journey = *to_journey(&journey)?.id();
        let records: HashMap<Vec<u8>, Vec<u8>> = reply(records)?;
        let deliveries = records.iter().map(|(place, record)| to_delivery(journey, place, record));
        let mut deliveries = deliveries.collect::<Result<Vec<_>, _>>()?;
        deliveries.sort_unstable_by_key(|delivery| delivery.id);
        Ok(deliveries)
    }

    async fn lease(&self, most: usize, span: Duration, by: u64) -> Result<Vec<Leased>> {
        let requests: Vec<Request> = self
            .waking(most)
            .await?
            .into_iter()
            .map(|(shard, waking)| {
                let of = waking.iter().filter_map(|waiting| number_at(waiting));
                let of = of.flat_map(|pay_id| [keys::deliveries(pay_id), keys::journey(pay_id)]);
                let lease =
                    Request::call(&script::LEASE, iter::once(keys::waiting(shard)).chain(of).collect::<Vec<_>>())
                        .with(self.ahead())
                        .with(millis(span))
                        .with(by.to_be_bytes());
                waking.iter().fold(lease, Request::with)
            })
            .collect();
        let mut leased = Vec::new();
        for shard in self.link.ask_all(&requests).await? {
            for (waiting, record, journey) in reply::<Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>>(shard)? {
                // One that cannot be read stays leased: it keeps nobody else waiting, and is looked at again then.
                let context = legible(to_context(&waiting, &record, &journey), number_at(&waiting))?;
                leased.extend(context.map(|context| context.leased_by(by)));
            }
        }
        leased.sort_by_key(|leased| (!leased.context.delivery.is_untried(), leased.context.delivery.due_at));
        Ok(leased)
    }

    async fn report(&self, lease: &Lease, attempt: Option<&AttemptRecord>, verdict: Verdict) -> Result<bool> {
        self.changes(self.report_of(lease, attempt, verdict)).await
    }

    async fn give_back(&self, leases: &[(Lease, Duration)]) -> Result<()> {
        let reports: Vec<Request> =
            leases.iter().map(|(lease, wait)| self.report_of(lease, None, Verdict::Retry(*wait))).collect();
        self.link.ask_all(&reports).await.map(drop)
    }

    async fn deliveries_of(
        &self,
        merchant: MerchantId,
        filter: DeliveryFilter,
        after: Option<DeliveryCursor>,
        most: usize,
    ) -> Result<Vec<DeliveryContext>> {
        let (mut contexts, mut after) = (Vec::new(), after);
        loop {
            let wanted = most - contexts.len();
            let places = self.cursors(merchant, filter, after, wanted).await?;
            let more = places.len() == wanted;
            // An index may outlive a journey for a while, and holds others, too; then the list goes on behind them.
            let found = self.contexts(&places).await?.into_iter();
            contexts.extend(found.filter(|context| filter.admits(&context.delivery)));
            match places.last() {
                Some(last) if more && contexts.len() < most => after = Some(*last),
                _ => return Ok(contexts),
            }
        }
    }

    async fn replay(&self, id: &DeliveryId, merchant: MerchantId) -> Result<bool> {
        self.changes(self.replay_of(id, merchant, Duration::ZERO).with("ended")).await
    }

    async fn bring_forward(&self, deliveries: &[(DeliveryId, Duration)], merchant: MerchantId) -> Result<()> {
        let replays = deliveries.iter().map(|(id, ago)| self.replay_of(id, merchant, *ago).with(""));
        self.link.ask_all(&replays.collect::<Vec<_>>()).await.map(drop)
    }

    async fn shut(&self, endpoint: &Digest) -> Result<()> {
        let until = self.clock.now().plus(SHUT);
        let (key, at) = (shut_key(endpoint), until.as_millis().to_string().into_bytes());
        let set = Request::plain("SET", [key, until.to_bytes().to_vec(), b"PXAT".to_vec(), at]);
        self.link.ask(set).await.map(drop)
    }

    async fn is_shut(&self, endpoint: &Digest) -> Result<bool> {
        let until = self.value_at(shut_key(endpoint), to_moment).await?;
        Ok(until.is_some_and(|until| self.clock.now() < until))
    }

    async fn reopen(&self, endpoint: &Digest) -> Result<()> {
        self.link.ask(Request::plain("DEL", [shut_key(endpoint)])).await.map(drop)
    }
}

impl RedisStore {
    /// The request with deliveries as arguments: in how long they are due, the record of each, and their places.
    pub(super) fn with_deliveries(&self, request: Request, deliveries: &[Delivery]) -> Request {
        let now = self.clock.now();
        let due_in = deliveries.first().map_or_else(|| "0".into(), |first| millis(first.due_at.since(now)));
        let request = request.with(due_in).with(deliveries.first().map(of_delivery).unwrap_or_default());
        deliveries.iter().fold(request, |request, delivery| request.with(place(&delivery.id)))
    }

    /// The keys of a journey's deliveries.
    pub(super) fn delivery_keys(journey: &Journey) -> [Vec<u8>; 3] {
        let (pay_id, shard) = (journey.pay_id(), journey.pay_id().shard());
        [keys::deliveries(pay_id), keys::waiting(shard), keys::pending(shard, journey.opening().merchant)]
    }

    /// Deliveries that a courier may take, those first that were never tried, then those that wait the longest, merged
    /// from all shards in one round trip.
    async fn waking(&self, most: usize) -> Result<HashMap<Shard, Vec<Vec<u8>>>> {
        let in_shard =
            |shard| Request::call(&script::WAKING, [keys::waiting(shard)]).with(self.ahead()).with(limit(most));
        let mut waking = Vec::new();
        for (shard, own) in Shard::all().zip(self.ask_shards::<Vec<(Vec<u8>, u64)>>(in_shard).await?) {
            waking.extend(own.into_iter().map(|(waiting, since)| (since, shard, waiting)));
        }
        waking.sort_unstable();
        waking.truncate(most);
        let mut by_shard: HashMap<Shard, Vec<Vec<u8>>> = HashMap::new();
        for (_, shard, waiting) in waking {
            by_shard.entry(shard).or_default().push(waiting);
        }
        Ok(by_shard)
    }

    /// Makes a delivery one that has been due for so long.
    fn replay_of(&self, id: &DeliveryId, merchant: MerchantId, ago: Duration) -> Request {
        let pay_id = id.journey.pay_id();
        let shard = pay_id.shard();
        let [dead, pending] = [keys::dead(shard, merchant), keys::pending(shard, merchant)];
        let keys = [keys::deliveries(pay_id), keys::waiting(shard), dead, keys::journey(pay_id), pending];
        let (ahead, ago) = (i128::try_from(self.clock.ahead().as_millis()).unwrap_or(i128::MAX), ago.as_millis());
        Request::call(&script::REPLAY, keys)
            .with(waiting(id))
            .with(format!("{}", ahead.saturating_sub_unsigned(ago)))
            .with(millis(Delivery::LIFE + REMEMBERED))
    }

    fn report_of(&self, lease: &Lease, attempt: Option<&AttemptRecord>, verdict: Verdict) -> Request {
        let pay_id = lease.id.journey.pay_id();
        let shard = pay_id.shard();
        let (state, wait) = verdict.leaves();
        let [dead, pending] = [keys::dead(shard, lease.merchant), keys::pending(shard, lease.merchant)];
        let failing = keys::failing(shard, lease.merchant);
        let keys = [keys::deliveries(pay_id), keys::waiting(shard), dead, pending, keys::journey(pay_id), failing];
        Request::call(&script::REPORT, keys)
            .with(waiting(&lease.id))
            .with(lease.by.to_be_bytes())
            .with(self.ahead())
            .with([state.number()])
            .with(attempt.map(write_attempt).unwrap_or_default())
            .with(millis(wait.unwrap_or_default()))
            .with(AttemptRecord::KEPT.to_string())
            .with(millis(Delivery::LIFE + REMEMBERED))
    }

    /// The places of a merchant's deliveries behind `after` in the index of this list, newest first, merged from all
    /// shards in one round trip.
    async fn cursors(
        &self,
        merchant: MerchantId,
        filter: DeliveryFilter,
        after: Option<DeliveryCursor>,
        most: usize,
    ) -> Result<Vec<DeliveryCursor>> {
        let index = |shard| match filter {
            DeliveryFilter::Dead => keys::dead(shard, merchant),
            DeliveryFilter::Waiting => keys::pending(shard, merchant),
            DeliveryFilter::Failing => keys::failing(shard, merchant),
        };
        let places = self.newest(Shard::all().map(index), after.map(of_cursor), most).await?;
        places.iter().map(|place| to_cursor(place)).collect()
    }

    /// The deliveries at these places, as far as they still stand there.
    async fn contexts(&self, places: &[DeliveryCursor]) -> Result<Vec<DeliveryContext>> {
        let both = |of: &DeliveryCursor| {
            let record = Request::plain("HGET", [keys::deliveries(of.pay_id), vec![of.event, of.target]]);
            [record, Request::plain("GET", [keys::journey(of.pay_id)])]
        };
        let replies = self.link.ask_all(&places.iter().flat_map(both).collect::<Vec<_>>()).await?;
        let mut replies = replies.into_iter();
        let mut contexts = Vec::new();
        for of in places {
            let mut next = || replies.next().map(reply::<Option<Vec<u8>>>).transpose().map(Option::flatten);
            let (record, journey) = (next()?, next()?);
            let (Some(record), Some(journey)) = (record, journey) else { continue };
            let waiting = [of.pay_id.to_bytes().as_slice(), &[of.event, of.target]].concat();
            let context = to_context(&waiting, &record, &journey)?;
            contexts.extend(Some(context).filter(|context| DeliveryCursor::of(&context.delivery) == *of));
        }
        Ok(contexts)
    }
}

fn shut_key(endpoint: &Digest) -> Vec<u8> {
    keys::shut(endpoint_shard(endpoint), endpoint)
}

/// A delivery's place in its journey.
const fn place(id: &DeliveryId) -> [u8; 2] {
    [id.event.number(), id.target.number()]
}

/// A delivery as the set of those that wait holds it.
fn waiting(id: &DeliveryId) -> Vec<u8> {
    [id.journey.pay_id().to_bytes().as_slice(), &place(id)].concat()
}

/// The record of a delivery that nobody has taken yet.
fn of_delivery(delivery: &Delivery) -> Vec<u8> {
    let head = [delivery.state.number(), delivery.tries];
    [&head[..], &delivery.since.to_bytes(), &delivery.due_at.to_bytes(), b"-", &[0; 8]].concat()
}

fn to_delivery(journey: JourneyId, place: &[u8], record: &[u8]) -> Result<Delivery> {
    let broken = || unreadable("a delivery");
    let (head, attempts) = record.split_at_checked(HEAD).ok_or_else(broken)?;
    let place = place.try_into().map_err(|_| broken())?;
    let times = [to_moment(&head[2..8])?, to_moment(&head[8..14])?];
    read_delivery(journey, place, times, [head[0], head[1]], attempts).ok_or_else(broken)
}

/// As `shared.lua` ranks those that wait: what was tried before stands behind all that was not.
const TRIED_BEFORE: u64 = 1 << 50;

/// Where a delivery stands among those that wait, when a courier may take it at this moment.
pub(super) const fn rank(wakes_at: UnixMillis, tries: u8) -> u64 {
    wakes_at.as_millis() + if tries > 0 { TRIED_BEFORE } else { 0 }
}

/// When a courier may take a delivery that stands there. A score is exact up to 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank is a whole number that fits")]
pub(super) fn wakes_at(rank: f64, tries: u8) -> UnixMillis {
    UnixMillis::from_millis((rank as u64).saturating_sub(if tries > 0 { TRIED_BEFORE } else { 0 }))
}

/// Writes the record of a delivery as it stands elsewhere.
pub(super) fn of_stored(delivery: &StoredDelivery) -> Vec<u8> {
    let leased = if delivery.held { b"h" } else { b"-" };
    let head = [delivery.state, delivery.tries];
    let (times, by) =
        ([delivery.since.to_bytes(), delivery.due_at.to_bytes()].concat(), delivery.held_by.to_be_bytes());
    [&head[..], &times, leased, &by, &delivery.attempts].concat()
}

/// Reads a delivery's record; when it wakes is for the caller to find out.
pub(super) fn to_stored(place: &[u8], record: &[u8]) -> Result<StoredDelivery> {
    let broken = || unreadable("a delivery");
    let (head, attempts) = record.split_at_checked(HEAD).ok_or_else(broken)?;
    Ok(StoredDelivery {
        place: place.try_into().map_err(|_| broken())?,
        since: to_moment(&head[2..8])?,
        due_at: to_moment(&head[8..14])?,
        tries: head[1],
        state: head[0],
        wakes_at: None,
        held: head[14] == b'h',
        held_by: u64::from_be_bytes(head[15..].try_into().map_err(|_| broken())?),
        attempts: attempts.to_vec(),
    })
}

fn to_context(waiting: &[u8], record: &[u8], journey: &[u8]) -> Result<DeliveryContext> {
    let journey = to_journey(journey)?;
    let place = waiting.get(PayId::BYTES..).ok_or_else(|| unreadable("a delivery"))?;
    Ok(DeliveryContext { delivery: to_delivery(*journey.id(), place, record)?, journey })
}

/// A place in an index, so that places sort as bytes.
fn of_cursor(DeliveryCursor { at, pay_id, event, target }: DeliveryCursor) -> Vec<u8> {
    [&value::of_place(at, pay_id)[..], &[event, target]].concat()
}

fn to_cursor(place: &[u8]) -> Result<DeliveryCursor> {
    let (at, pay_id, rest) = value::to_place(place)?;
    let &[event, target] = rest else { return Err(unreadable("a place of a delivery")) };
    Ok(DeliveryCursor { at, pay_id, event, target })
}

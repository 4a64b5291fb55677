//! Journeys and their indexes.

use async_trait::async_trait;
use redis::Value;

use super::script::{self, Request};
use super::value::{self, of_journey, to_journey, to_pay_id, unreadable};
use super::{RedisStore, events, keys, millis};
use crate::domain::{Delivery, Journey, MerchantId, PayId, Shard, UnixMillis};
use crate::store::readings::{has_targets, is_proven, kept_until, legible, user_of};
use crate::store::record::tokens::token_mark;
use crate::store::record::write_journey;
use crate::store::{
    JourneyCursor, JourneyFilter, Journeys, Kept, Opened, REMEMBERED, Reservation, Step, StoreError, Taken, half,
};

#[async_trait]
impl Journeys for RedisStore {
    async fn open(
        &self,
        journey: &Journey,
        deliveries: &[Delivery],
        reservation: Option<&Reservation>,
    ) -> Result<Opened, StoreError> {
        let (pay_id, opening) = (journey.pay_id(), journey.opening());
        let shard = pay_id.shard();
        let mut keys = vec![keys::journey(pay_id), keys::unproven(shard, opening.merchant), keys::due(shard)];
        keys.extend(user_of(journey).map(|user| keys::of_user(shard, opening.merchant, user)));
        // A journey with a reservation was minted in the reservation's shard, so that both are in one slot.
        keys.extend(reservation.map(|reservation| keys::reservation(reservation.shard(), &reservation.key)));
        if !deliveries.is_empty() {
            keys.extend(Self::delivery_keys(journey));
        }
        let life = journey.expires_at().since(opening.opened_at);
        let remembered = match reservation.map(|reservation| reservation.kept) {
            Some(Kept::WithItsJourney) => life + self.keep,
            Some(Kept::ADay) | None => REMEMBERED.max(life),
        };
        let value = of_journey(journey)?;
        let mut gone = Vec::new();
        loop {
            let open = Request::call(&script::OPEN, &keys)
                .with(&value)
                .with(value::of_listing(journey))
                .with(pay_id.to_bytes())
                .with(moment(journey.due_at().unwrap_or(opening.expires_at)))
                .with(&gone)
                .with(self.ahead())
                .with(millis(remembered))
                .with(reservation.map_or_else(Vec::new, |reservation| half(&reservation.request).to_vec()));
            let open = if deliveries.is_empty() { open } else { self.with_deliveries(open, deliveries) };
            let reply: Vec<Vec<u8>> = self.ask(open).await?;
            let parts: Vec<&[u8]> = reply.iter().map(Vec::as_slice).collect();
            let repeated = match parts.as_slice() {
                [b"NEW"] => return Ok(Opened::New),
                // The same opening tried again is no collision, even if its customer has been quicker than this retry.
                [b"TAKEN", present] if to_journey(present)?.opening() == opening => return Ok(Opened::New),
                [b"TAKEN", _] => return Ok(Opened::Taken),
                [b"REUSED"] => return Ok(Opened::Reused),
                [b"REPEATED", number] => number.to_vec(),
                _ => return Err(unreadable("an opening")),
            };
            if let Some(journey) = self.find(to_pay_id(&repeated)?).await? {
                return Ok(Opened::Repeated(Box::new(journey)));
            }
            // A reservation may outlive its journey: then it has opened nothing.
            gone = repeated;
        }
    }

    async fn opened_by(&self, reservation: &Reservation) -> Result<Option<Opened>, StoreError> {
        match self.reserved_before(reservation.shard(), reservation).await? {
            None => Ok(None),
            Some(None) => Ok(Some(Opened::Reused)),
            Some(Some(number)) => {
                let journey = self.find(to_pay_id(&number)?).await?;
                Ok(journey.map(|journey| Opened::Repeated(Box::new(journey))))
            }
        }
    }

    async fn find(&self, pay_id: PayId) -> Result<Option<Journey>, StoreError> {
        // What is decided by it is acknowledged without another write.
        let found: Option<Vec<u8>> = self.ask(Request::plain("GET", [keys::journey(pay_id)]).kept()).await?;
        found.map(|value| to_journey(&value)).transpose()
    }

    async fn take(&self, step: &Step) -> Result<Taken, StoreError> {
        match self.link.ask(self.write_step(step)?).await? {
            Value::Nil => Ok(Taken::Gone),
            Value::Int(_) => Ok(Taken::Done),
            Value::BulkString(present) => Ok(Taken::Lost(Box::new(to_journey(&present)?))),
            _ => Err(unreadable("a step's reply")),
        }
    }

    async fn list(
        &self,
        merchant: MerchantId,
        which: JourneyFilter,
        after: Option<JourneyCursor>,
        most: usize,
    ) -> Result<Vec<Journey>, StoreError> {
        let (mut journeys, mut after) = (Vec::new(), after);
        loop {
            let wanted = most - journeys.len();
            let (places, may_be_more) = self.places(merchant, which, after, wanted).await?;
            // A place may outlive its journey for a while; then the list goes on behind it.
            for found in self.values_at(places.iter().map(|place| keys::journey(place.pay_id)), to_journey).await? {
                journeys.extend(found?);
            }
            match places.last() {
                Some(last) if may_be_more && journeys.len() < most => after = Some(*last),
                _ => return Ok(journeys),
            }
        }
    }

    async fn due(&self, most: usize) -> Result<Vec<Journey>, StoreError> {
        let due = self.due_numbers(most).await?;
        let (mut journeys, mut stale) = (Vec::new(), Vec::new());
        let found = self.values_at(due.iter().map(|(_, pay_id)| keys::journey(*pay_id)), to_journey).await?;
        for ((since, pay_id), found) in due.into_iter().zip(found) {
            let Some(found) = legible(found, Some(pay_id))? else { continue };
            match found {
                // A step may have moved the moment since the index was read.
                Some(journey) if journey.due_at().is_some_and(|at| at <= since) => journeys.push(journey),
                Some(_) => {}
                None => stale.push(Request::plain("ZREM", [keys::due(pay_id.shard()), pay_id.to_bytes().to_vec()])),
            }
        }
        self.link.ask_all(&stale).await?;
        Ok(journeys)
    }

    async fn erase(&self, journey: &Journey) -> Result<bool, StoreError> {
        let (pay_id, merchant) = (journey.pay_id(), journey.opening().merchant);
        let shard = pay_id.shard();
        let mut keys = vec![keys::journey(pay_id), keys::deliveries(pay_id), keys::due(shard), keys::waiting(shard)];
        keys.extend([keys::unproven(shard, merchant), keys::proven(shard, merchant)]);
        keys.extend([keys::dead(shard, merchant), keys::pending(shard, merchant), keys::failing(shard, merchant)]);
        keys.extend(user_of(journey).map(|user| keys::of_user(shard, merchant, user)));
        let erase = Request::call(&script::ERASE, keys).with(pay_id.to_bytes()).with(value::of_listing(journey));
        self.changes(erase).await
    }
}

impl RedisStore {
    fn write_step(&self, step: &Step) -> Result<Request, StoreError> {
        let (journey, pay_id) = (&step.journey, step.journey.pay_id());
        let (shard, merchant) = (pay_id.shard(), journey.opening().merchant);
        let proven = is_proven(journey).then(|| value::of_listing(journey));
        let mut keys = vec![keys::journey(pay_id), keys::due(shard)];
        if proven.is_some() {
            keys.extend([keys::unproven(shard, merchant), keys::proven(shard, merchant)]);
        }
        let event = step.event.map(events::of_event);
        if event.is_some() {
            keys.push(keys::events(shard, merchant));
        }
        let until = kept_until(journey, self.keep);
        // Whatever earlier steps have left goes with the journey, too.
        let delivers = !step.deliveries.is_empty() || (until.is_some() && has_targets(journey));
        if delivers {
            keys.extend(Self::delivery_keys(journey));
        }

        let kept = until.map(|until| millis(until.since(self.clock.now())));
        let token = step.token.as_ref();
        let take = Request::call(&script::TAKE, keys)
            .with(value::revision(journey.revision().wrapping_sub(1)))
            .with(value::head(journey))
            .with(write_journey(journey)?)
            .with(pay_id.to_bytes())
            .with(kept.unwrap_or_default())
            .with(journey.due_at().map(moment).unwrap_or_default())
            .with(proven.unwrap_or_default())
            .with(token.map(|token| token_mark(&token.digest).to_vec()).unwrap_or_default())
            .with(token.map(|token| millis(token.life)).unwrap_or_default())
            .with(self.ahead());
        let take = take
            .with(if delivers { millis(Delivery::LIFE + REMEMBERED) } else { String::new() })
            .with(event.unwrap_or_default());
        Ok(if delivers { self.with_deliveries(take, &step.deliveries) } else { take })
    }

    /// What a reservation has led to before, in this shard, if it was made: what stands behind its request, or `None`
    /// where that was another one.
    pub(super) async fn reserved_before(
        &self,
        shard: Shard,
        reservation: &Reservation,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let ask = Request::call(&script::RESERVED_BEFORE, [keys::reservation(shard, &reservation.key)])
            .with(self.ahead())
            .with(half(&reservation.request));
        let answer: Option<Vec<Vec<u8>>> = self.ask(ask).await?;
        Ok(answer.map(|answer| answer.into_iter().nth(1)))
    }
}

/// A moment as commands take it.
fn moment(moment: UnixMillis) -> String {
    moment.as_millis().to_string()
}

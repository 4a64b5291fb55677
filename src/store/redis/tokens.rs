//! One-time tokens and idempotency keys.

use async_trait::async_trait;

use super::RedisStore;
use super::keys;
use super::millis;
use super::script::{self, Request};
use super::value::{to_journey, to_moment, unreadable};
use crate::domain::id::{MerchantId, Shard};
use crate::domain::moment::UnixMillis;
use crate::domain::secret::Digest;
use crate::store::{REMEMBERED, Redemption, Reservation, Reservations, Reserved, StoreError, Tokens};

#[async_trait]
impl Tokens for RedisStore {
    async fn redeem(
        &self,
        shard: Shard,
        token: &Digest,
        by: MerchantId,
        attempt: &Digest,
    ) -> Result<Redemption, StoreError> {
        let redeem = Request::call(&script::REDEEM, [keys::token(shard, token)])
            .with(by.as_bytes())
            .with(keys::short(attempt))
            .with(self.ahead())
            .with(millis(REMEMBERED))
            .with(keys::journeys(shard));
        to_redemption(&self.ask::<Vec<Vec<u8>>>(redeem).await?)
    }

    async fn spent_at(&self, shard: Shard, token: &Digest) -> Result<Option<UnixMillis>, StoreError> {
        let spent_at =
            Request::call(&script::SPENT_AT, [keys::token(shard, token)]).with(self.ahead()).with(millis(REMEMBERED));
        let spent: Option<Vec<u8>> = self.ask(spent_at).await?;
        spent.map(|at| to_moment(&at)).transpose()
    }
}

fn to_redemption(reply: &[Vec<u8>]) -> Result<Redemption, StoreError> {
    let parts: Vec<&[u8]> = reply.iter().map(Vec::as_slice).collect();
    match parts.as_slice() {
        [b"GRANTED", at, journey] => {
            Ok(Redemption::Granted { journey: Box::new(to_journey(journey)?), spent_at: to_moment(at)? })
        }
        [b"PENDING", journey] => Ok(Redemption::Pending { journey: Box::new(to_journey(journey)?) }),
        [b"SPENT", at] => Ok(Redemption::Spent { at: to_moment(at)? }),
        [b"EXPIRED", at] => Ok(Redemption::Expired { at: to_moment(at)? }),
        [b"UNKNOWN"] => Ok(Redemption::Unknown),
        _ => Err(unreadable("a redemption")),
    }
}

#[async_trait]
impl Reservations for RedisStore {
    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let mark = self.clock.entropy();
        let request = Request::call(&script::RESERVE, [keys::reservation(reservation.shard(), &reservation.key)])
            .with(self.ahead())
            .with(millis(REMEMBERED))
            .with(keys::short(&reservation.request))
            .with(&mark[..8]);
        match self.ask::<Vec<u8>>(request).await?.as_slice() {
            b"FRESH" => Ok(Reserved::Fresh),
            b"REPEATED" => Ok(Reserved::Repeated),
            b"REUSED" => Ok(Reserved::Reused),
            _ => Err(unreadable("a reservation")),
        }
    }
}

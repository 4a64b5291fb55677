//! One-time tokens and idempotency keys.

use async_trait::async_trait;

use super::RedisStore;
use super::keys;
use super::millis;
use super::script::{self, Request};
use super::value::{to_journey, to_moment, to_token, unreadable};
use crate::domain::{Digest, PayId, UnixMillis};
use crate::store::record::tokens::{attempt_mark, token_mark};
use crate::store::{REMEMBERED, Redemption, Reservation, Reservations, Reserved, StoreError, Tokens, half};

#[async_trait]
impl Tokens for RedisStore {
    async fn redeem(&self, journey: PayId, token: &Digest, attempt: &Digest) -> Result<Redemption, StoreError> {
        let redeem = Request::call(&script::REDEEM, [keys::journey(journey)])
            .with(token_mark(token))
            .with(attempt_mark(attempt))
            .with(self.ahead());
        to_redemption(&self.ask::<Vec<Vec<u8>>>(redeem).await?)
    }

    async fn spent_at(&self, journey: PayId, token: &Digest) -> Result<Option<UnixMillis>, StoreError> {
        let kept = self.value_at(keys::journey(journey), |value| to_token(value, token)).await?.flatten();
        Ok(kept.filter(|kept| kept.attempt.is_some()).map(|kept| kept.at))
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
            .with(half(&reservation.request))
            .with(&mark[..8]);
        match self.ask::<Vec<u8>>(request).await?.as_slice() {
            b"FRESH" => Ok(Reserved::Fresh),
            b"REPEATED" => Ok(Reserved::Repeated),
            b"REUSED" => Ok(Reserved::Reused),
            _ => Err(unreadable("a reservation")),
        }
    }
}

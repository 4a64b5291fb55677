//! Merchants and their profiles.

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{self, of_merchant, to_merchant, unreadable};
use super::{RedisStore, keys, millis};
use crate::domain::{ConsoleScope, Merchant, MerchantId};
use crate::store::{Logos as _, Merchants, REMEMBERED, Replaced, Reservation, Result, half};

/// How many merchants are read in one round trip: all of them may take longer than a call may.
const AT_ONCE: usize = 1000;

#[async_trait]
impl Merchants for RedisStore {
    async fn add(&self, merchant: &Merchant) -> Result<bool> {
        let add = Request::call(&script::ADD, [keys::merchant(merchant.id), keys::merchants(merchant.id.shard())])
            .with(of_merchant(merchant)?)
            .with(place(merchant));
        self.changes(add).await
    }

    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>> {
        self.value_at(keys::merchant(id), to_merchant).await
    }

    async fn merchants(&self) -> Result<Vec<Merchant>> {
        let mut merchants = Vec::new();
        for ids in self.merchant_ids().await?.chunks(AT_ONCE) {
            let read = self.values_at(ids.iter().copied().map(keys::merchant), to_merchant).await?;
            for merchant in read {
                merchants.extend(merchant?);
            }
        }
        merchants.sort_by_key(|merchant| (merchant.created_at, merchant.id));
        Ok(merchants)
    }

    async fn replace(&self, merchant: &Merchant, reservation: Option<(&Reservation, u32)>) -> Result<Replaced> {
        let mut keys = vec![keys::merchant(merchant.id)];
        let (mut request, mut number) = ([0; 16], String::new());
        if let Some((reservation, answer)) = reservation {
            keys.push(keys::reservation(merchant.id.shard(), &reservation.key));
            (request, number) = (half(&reservation.request), answer.to_string());
        }
        let replace = Request::call(&script::REPLACE, keys)
            .with(value::revision(merchant.revision.wrapping_sub(1)))
            .with(of_merchant(merchant)?)
            .with(self.ahead())
            .with(millis(REMEMBERED))
            .with(request)
            .with(number);
        let reply: Vec<Vec<u8>> = self.ask(replace).await?;
        match reply.iter().map(Vec::as_slice).collect::<Vec<_>>().as_slice() {
            [b"DONE"] => Ok(Replaced::Done),
            [b"STALE"] => Ok(Replaced::Stale),
            [b"REUSED"] => Ok(Replaced::Reused),
            [b"REPEATED", number] => to_repeated(number),
            _ => Err(unreadable("a replacement")),
        }
    }

    async fn replaced_by(&self, merchant: MerchantId, reservation: &Reservation) -> Result<Option<Replaced>> {
        let before = self.reserved_before(merchant.shard(), reservation).await?;
        before.map(|number| number.map_or(Ok(Replaced::Reused), |number| to_repeated(&number))).transpose()
    }

    async fn remove(&self, merchant: &Merchant) -> Result<bool> {
        let (id, shard) = (merchant.id, merchant.id.shard());
        // Places may outlive their journeys, and nobody tidies the indexes of a merchant that is gone.
        let indexes = |shard| {
            let of_journeys = [keys::unproven, keys::proven, keys::dead, keys::pending, keys::failing];
            let others = [keys::users, keys::events];
            Request::plain("DEL", of_journeys.into_iter().chain(others).map(|index| index(shard, id)))
        };
        self.ask_shards::<usize>(indexes).await?;
        self.drop_logo(id).await?;
        let console = ConsoleScope::Merchant(id);
        // A sign-in link that is left opens nothing, and ends by itself.
        let of_console = [keys::console_sessions(console), keys::audit(console)];
        let keys = [keys::merchant(id), keys::merchants(shard), keys::key_uses(id)].into_iter().chain(of_console);
        let remove = Request::call(&script::REMOVE, keys.collect::<Vec<_>>()).with(place(merchant));
        self.changes(remove).await
    }
}

impl RedisStore {
    /// The ids of all merchants, in no particular order.
    pub(super) async fn merchant_ids(&self) -> Result<Vec<MerchantId>> {
        let all = |shard| Request::plain("ZRANGE", [keys::merchants(shard), b"0".into(), b"-1".into()]);
        let places = self.ask_shards::<Vec<Vec<u8>>>(all).await?;
        let id = |place: Vec<u8>| Some(MerchantId::from_bytes(place.get(6..)?.try_into().ok()?));
        places.into_iter().flatten().map(|place| id(place).ok_or_else(|| unreadable("a merchant's id"))).collect()
    }
}

/// A merchant's place in its shard's list.
pub(super) fn place(merchant: &Merchant) -> Vec<u8> {
    [merchant.created_at.to_bytes().as_slice(), merchant.id.as_bytes()].concat()
}

/// The number that a repetition answers.
fn to_repeated(number: &[u8]) -> Result<Replaced> {
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
    number.map(Replaced::Repeated).ok_or_else(|| unreadable("a reservation's number"))
}

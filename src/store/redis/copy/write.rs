//! Writing records as keys.

use super::UNMARKED;
use crate::domain::console::{AUDIT_KEPT, SESSION_LIFE};
use crate::domain::{Digest, Journey, MerchantId, Shard, UnixMillis};
use crate::store::copy::{
    ReservationResult, StoredConsoleLink, StoredConsoleSession, StoredJourney, StoredRecord, StoredReservation,
};
use crate::store::readings::{is_proven, user_of};
use crate::store::record::tokens::TOKEN;
use crate::store::record::{read_merchant, read_user, read_watched};
use crate::store::redis::script::Request;
use crate::store::redis::value::{self, unreadable};
use crate::store::redis::{RedisStore, deliveries, events, keys, merchants, millis, users};
use crate::store::{Half, Result, half, watched_name};

impl RedisStore {
    /// The commands that write a record.
    pub(super) fn commands(&self, record: &StoredRecord, commands: &mut Vec<Request>) -> Result<()> {
        let mut set = |key, value: &[u8]| commands.push(Request::plain("SET", [key, value.to_vec()]));
        match record {
            StoredRecord::Merchant(record) => {
                let merchant = read_merchant(record)?;
                set(keys::merchant(merchant.id), &[&value::revision(merchant.revision)[..], record].concat());
                let place = merchants::place(&merchant);
                commands.push(place_in(keys::merchants(merchant.id.shard()), "0", place));
            }
            StoredRecord::Logo(merchant, picture) => set(keys::logo(*merchant), picture),
            StoredRecord::KeyNumber(number, merchant) => set(keys::key_number(*number), merchant.as_bytes()),
            StoredRecord::KeyUse(merchant, number, at) => {
                let field = number.to_string().into_bytes();
                commands.push(Request::plain("HSET", [keys::key_uses(*merchant), field, at.to_bytes().to_vec()]));
            }
            StoredRecord::User(record) => {
                let user = read_user(record)?;
                set(keys::user(user.merchant, user.id), record);
                if let Some(name) = users::name(&user) {
                    set(name, user.id.as_bytes());
                }
                commands.push(place_in(keys::users(user.id.shard(), user.merchant), "0", users::place(&user)));
            }
            StoredRecord::Journey(stored) => self.journey_commands(stored, commands)?,
            StoredRecord::Reservation(reservation) => commands.extend(reserve(reservation)),
            StoredRecord::ShutEndpoint(digest, until) => {
                commands.push(keep(keys::shut(shard_of(digest), &whole(digest)), &until.to_bytes(), *until));
            }
            StoredRecord::Trouble(digest, until) => {
                commands.push(keep(keys::trouble(shard_of(digest), &whole(digest)), &until.to_bytes(), *until));
            }
            StoredRecord::Event(merchant, cursor) => {
                let index = keys::events(cursor.pay_id.shard(), *merchant);
                commands.push(place_in(index, "0", events::of_cursor(*cursor)));
            }
            StoredRecord::ConsoleLink(StoredConsoleLink { scope, id, member, ends_at }) => {
                let value = [&ends_at.to_bytes()[..], member].concat();
                commands.push(keep(keys::console_link(*scope, id), &value, *ends_at));
            }
            StoredRecord::ConsoleSession(StoredConsoleSession { scope, id, member, begun_at, seen_at, ends_at }) => {
                let [ends, begun, seen] = [ends_at, begun_at, seen_at].map(|at| at.to_bytes());
                let (key, value) = (keys::console_sessions(*scope), [&ends[..], &begun, &seen, member].concat());
                commands.push(Request::plain("HSET", [key.clone(), id.as_bytes().to_vec(), value]));
                commands.push(last(key, &millis(SESSION_LIFE)));
            }
            StoredRecord::AuditEntry(scope, place, record) => {
                let (key, member) = (keys::audit(*scope), [&place.to_bytes()[..], record].concat());
                commands.push(place_in(key.clone(), "0", member));
                commands.push(last(key, &millis(AUDIT_KEPT)));
            }
            StoredRecord::Watched(record) => {
                let watched = read_watched(record)?;
                let field = half(&watched_name(watched.merchant, &watched.url)).to_vec();
                commands.push(Request::plain("HSET", [keys::watched(), field, record.clone()]));
            }
        }
        Ok(())
    }

    fn journey_commands(&self, stored: &StoredJourney, commands: &mut Vec<Request>) -> Result<()> {
        let journey = stored.journey()?;
        let (pay_id, merchant) = (stored.pay_id, journey.opening().merchant);
        let shard = pay_id.shard();
        let until = stored.kept_from(&journey, self.keep, self.clock.now());
        let value = of_stored_journey(&journey, stored)?;
        commands.push(match until {
            Some(until) => keep(keys::journey(pay_id), &value, until),
            None => Request::plain("SET", [keys::journey(pay_id), value]),
        });
        let index = if is_proven(&journey) { keys::proven(shard, merchant) } else { keys::unproven(shard, merchant) };
        let listing = value::of_listing(&journey);
        if let Some(user) = user_of(&journey) {
            commands.push(place_in(keys::of_user(shard, merchant, user), "0", listing[..value::PLACE].to_vec()));
        }
        commands.push(place_in(index, "0", listing));
        if let Some(due_at) = journey.due_at() {
            commands.push(place_in(keys::due(shard), &due_at.as_millis().to_string(), pay_id.to_bytes().to_vec()));
        }
        commands.extend(delivery_commands(stored, merchant, until));
        Ok(())
    }
}

/// The commands that write a journey's deliveries, which are kept as long as it is.
fn delivery_commands(stored: &StoredJourney, merchant: MerchantId, until: Option<UnixMillis>) -> Vec<Request> {
    let (pay_id, shard) = (stored.pay_id, stored.pay_id.shard());
    let mut commands = Vec::new();
    for delivery in &stored.deliveries {
        let record = deliveries::of_stored(delivery);
        commands.push(Request::plain("HSET", [keys::deliveries(pay_id), delivery.place.to_vec(), record]));
        let member = [&pay_id.to_bytes()[..], &delivery.place].concat();
        let placed = |at: UnixMillis| [&at.to_bytes()[..], &member].concat();
        if let Some(wakes_at) = delivery.wakes_at {
            let rank = deliveries::rank(wakes_at, delivery.tries);
            commands.push(place_in(keys::waiting(shard), &rank.to_string(), member.clone()));
        }
        if delivery.is_waiting() {
            let index = if delivery.tries > 0 { keys::failing } else { keys::pending };
            commands.push(place_in(index(shard, merchant), "0", placed(delivery.since)));
        } else if delivery.is_dead() {
            // Tidying drops it when its journey has gone.
            commands.push(place_in(keys::dead(shard, merchant), "0", placed(delivery.due_at)));
        }
    }
    if let Some(until) = until.filter(|_| !stored.deliveries.is_empty()) {
        let until = until.as_millis().to_string().into_bytes();
        commands.push(Request::plain("PEXPIREAT", [keys::deliveries(pay_id), until]));
    }
    commands
}

/// Writes a reservation. One of a change is kept in its merchant's shard, and who that is nobody knows: so it is kept in
/// all of them.
fn reserve(StoredReservation { key, request, result, until }: &StoredReservation) -> Vec<Request> {
    let number = match result {
        ReservationResult::Nothing => UNMARKED.to_vec(),
        ReservationResult::Journey(pay_id) => pay_id.to_bytes().to_vec(),
        ReservationResult::Change(number) => number.to_string().into_bytes(),
    };
    let value = [&until.to_bytes()[..], request, &number].concat();
    let shards: Vec<Shard> = match result {
        ReservationResult::Change(_) => Shard::all().collect(),
        ReservationResult::Nothing | ReservationResult::Journey(_) => vec![shard_of(key)],
    };
    shards.into_iter().map(|shard| keep(keys::reservation(shard, &whole(key)), &value, *until)).collect()
}

/// The value of a journey whose record and tokens are known.
fn of_stored_journey(journey: &Journey, stored: &StoredJourney) -> Result<Vec<u8>> {
    let count = u8::try_from(stored.tokens.len() / TOKEN);
    let count = count.map_err(|_| unreadable("a journey's tokens"))?;
    Ok([&value::head(journey)[..], &[count], &stored.tokens, &stored.record].concat())
}

fn keep(key: Vec<u8>, value: &[u8], until: UnixMillis) -> Request {
    Request::plain("SET", [key, value.to_vec(), b"PXAT".to_vec(), until.as_millis().to_string().into_bytes()])
}

fn place_in(index: Vec<u8>, score: &str, member: Vec<u8>) -> Request {
    Request::plain("ZADD", [index, score.as_bytes().to_vec(), member])
}

fn last(key: Vec<u8>, life: &str) -> Request {
    Request::plain("PEXPIRE", [key, life.as_bytes().to_vec()])
}

/// A digest that begins with this half, as far as keys look at it.
fn whole(half: &Half) -> Digest {
    let mut whole = [0; 32];
    whole[..16].copy_from_slice(half);
    Digest::new(whole)
}

fn shard_of(half: &Half) -> Shard {
    Shard::of_byte(half[0])
}

#[cfg(test)]
mod tests {
    use super::super::read::to_result;
    use super::*;
    use crate::domain::PayId;

    #[test]
    fn what_a_reservation_answers_is_told_apart() {
        for result in [
            ReservationResult::Nothing,
            ReservationResult::Journey(PayId::MAX),
            ReservationResult::Change(0),
            ReservationResult::Change(199_999),
        ] {
            let reservation =
                StoredReservation { key: [7; 16], request: [8; 16], result, until: UnixMillis::from_millis(99) };
            assert_eq!(
                reserve(&reservation).len(),
                if matches!(result, ReservationResult::Change(_)) { 32 } else { 1 }
            );
        }
        assert_eq!(to_result(b"12"), Ok(ReservationResult::Change(12)));
        assert_eq!(to_result(&[9; 8]), Ok(ReservationResult::Nothing));
        assert_eq!(to_result(&PayId::MAX.to_bytes()), Ok(ReservationResult::Journey(PayId::MAX)));
        assert!(to_result(b"nobody").is_err());
    }
}

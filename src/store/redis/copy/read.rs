//! Reading keys as records.

use std::collections::HashMap;

use redis::Value;
use tokio::sync::mpsc;

use super::{Look, MOMENT, UNMARKED, look};
use crate::domain::{AuditPlace, ConsoleScope, MerchantId, PayId, SessionId};
use crate::store::copy::{
    Batch, ReservationResult, StoredConsoleLink, StoredConsoleSession, StoredJourney, StoredRecord, StoredReservation,
};
use crate::store::redis::script::Request;
use crate::store::redis::value::{self, reply, to_moment, to_pay_id, unreadable};
use crate::store::redis::{RedisStore, console, deliveries, events, keys, limit};
use crate::store::{Half, Result};

/// How many members of an index are read at once, and about how many fields of a hash.
const PARTS: usize = 500;

impl RedisStore {
    /// What stands at these keys, but for what [`RedisStore::send_parts`] sends. What follows from other keys is left
    /// out.
    pub(super) async fn records_at(&self, keys: &[Vec<u8>]) -> Result<Vec<StoredRecord>> {
        let (mut looks, mut at) = (Vec::new(), Vec::new());
        for key in keys {
            let (kind, rest) = keys::kind_of(key).ok_or_else(|| unreadable("a key"))?;
            match look(kind) {
                Look::Value => looks.push(Request::plain("GET", [key.clone()])),
                Look::Journey => {
                    looks.push(Request::plain("GET", [key.clone()]));
                    looks.push(Request::plain("HGETALL", [keys::deliveries(to_pay_id(rest)?)]));
                }
                Look::Fields | Look::Members | Look::Elsewhere => continue,
                Look::Unknown => return Err(unreadable("a key")),
            }
            at.push((kind, rest));
        }
        let mut records = Vec::new();
        let mut found = self.link.ask_all(&looks).await?.into_iter();
        let mut next = || found.next().unwrap_or(Value::Nil);
        let mut journeys = Vec::new();
        for (kind, rest) in at {
            if kind == b'j' {
                let (value, deliveries) = (reply::<Option<Vec<u8>>>(next())?, reply::<HashMap<_, _>>(next())?);
                journeys.extend(value.map(|value| (rest, value, deliveries)));
            } else if let Some(value) = reply::<Option<Vec<u8>>>(next())? {
                records.push(of_value(kind, rest, &value)?);
            }
        }
        records.extend(self.journeys(journeys).await?);
        Ok(records)
    }

    /// Journeys with their values and their deliveries, of which it is still to be found out when they wake.
    async fn journeys(&self, found: Vec<Found<'_>>) -> Result<Vec<StoredRecord>> {
        let (mut looks, mut journeys) = (Vec::new(), Vec::new());
        for (rest, value, deliveries) in found {
            let pay_id = to_pay_id(rest)?;
            let (tokens, record) = value::tokens_and_record(&value)?;
            let mut deliveries = deliveries
                .iter()
                .map(|(place, record)| deliveries::to_stored(place, record))
                .collect::<Result<Vec<_>>>()?;
            deliveries.sort_unstable_by_key(|delivery| delivery.place);
            for delivery in deliveries.iter().filter(|delivery| delivery.is_waiting()) {
                let member = [&pay_id.to_bytes()[..], &delivery.place].concat();
                looks.push(Request::plain("ZSCORE", [keys::waiting(pay_id.shard()), member]));
            }
            journeys.push(StoredJourney { pay_id, record: record.to_vec(), tokens: tokens.to_vec(), deliveries });
        }
        let mut ranks = self.link.ask_all(&looks).await?.into_iter();
        for delivery in journeys.iter_mut().flat_map(|journey| &mut journey.deliveries) {
            if delivery.is_waiting() {
                let rank: Option<f64> = reply(ranks.next().unwrap_or(Value::Nil))?;
                delivery.wakes_at =
                    Some(rank.map_or(delivery.due_at, |rank| deliveries::wakes_at(rank, delivery.tries)));
            }
        }
        Ok(journeys.into_iter().map(StoredRecord::Journey).collect())
    }

    /// Sends the records in a key that may hold any number of them, some at a time: in memory and in one command are never
    /// more than a few hundred. `false` when nobody listens any more.
    pub(super) async fn send_parts(&self, key: &[u8], listener: &mpsc::Sender<Batch>) -> Result<bool> {
        let (kind, rest) = keys::kind_of(key).ok_or_else(|| unreadable("a key"))?;
        let mut from = match look(kind) {
            Look::Fields => b"0".to_vec(),
            Look::Members => b"-".to_vec(),
            Look::Value | Look::Journey | Look::Elsewhere | Look::Unknown => return Ok(true),
        };
        loop {
            let (records, next) = if matches!(look(kind), Look::Fields) {
                let (fields, next) = self.fields_from(key, from).await?;
                let of_field = |(field, value): &Field| of_field(kind, rest, (field, value));
                (fields.iter().map(of_field).collect::<Result<Vec<_>>>()?, next)
            } else {
                let (members, next) = self.members_from(key, from).await?;
                (members.iter().map(|member| of_member(kind, rest, member)).collect::<Result<_>>()?, next)
            };
            if listener.send(Batch { records, passed: 0 }).await.is_err() {
                return Ok(false);
            }
            let Some(next) = next else { return Ok(true) };
            from = next;
        }
    }

    /// Some fields of a hash with their values, and where to go on. While others write, one may come twice.
    async fn fields_from(&self, key: &[u8], from: Vec<u8>) -> Result<(Vec<Field>, Option<Vec<u8>>)> {
        let page = [key.to_vec(), from, b"COUNT".into(), limit(PARTS).into_bytes()];
        let (next, fields): (Vec<u8>, Vec<Field>) = self.ask(Request::plain("HSCAN", page)).await?;
        Ok((fields, Some(next).filter(|next| next != b"0")))
    }

    /// Some members of an index, and where to go on.
    async fn members_from(&self, key: &[u8], from: Vec<u8>) -> Result<(Vec<Vec<u8>>, Option<Vec<u8>>)> {
        let page = [key.to_vec(), from, b"+".into(), b"LIMIT".into(), b"0".into(), limit(PARTS).into_bytes()];
        let members: Vec<Vec<u8>> = self.ask(Request::plain("ZRANGEBYLEX", page)).await?;
        let last = members.last().filter(|_| members.len() == PARTS);
        let next = last.map(|last| [b"(".as_slice(), last].concat());
        Ok((members, next))
    }
}

/// A field of a hash, and its value.
type Field = (Vec<u8>, Vec<u8>);

/// A journey's key behind its letter, its value and its deliveries.
type Found<'a> = (&'a [u8], Vec<u8>, HashMap<Vec<u8>, Vec<u8>>);

/// The record that a value is.
fn of_value(kind: u8, rest: &[u8], value: &[u8]) -> Result<StoredRecord> {
    let split = |at: usize| value.split_at_checked(at).ok_or_else(|| unreadable("a value"));
    Ok(match kind {
        b'm' => StoredRecord::Merchant(split(4)?.1.to_vec()),
        b'2' => StoredRecord::Logo(to_merchant(rest)?, value.to_vec()),
        b'k' => {
            let number = std::str::from_utf8(rest).ok().and_then(|number| number.parse().ok());
            StoredRecord::KeyNumber(number.ok_or_else(|| unreadable("a key's number"))?, to_merchant(value)?)
        }
        b'w' => StoredRecord::User(value.to_vec()),
        b'c' => {
            let ((until, rest_of), key) = (split(MOMENT)?, to_half(rest)?);
            let (request, number) = rest_of.split_at_checked(16).ok_or_else(|| unreadable("a reservation"))?;
            let (until, request, result) = (to_moment(until)?, to_half(request)?, to_result(number)?);
            StoredRecord::Reservation(StoredReservation { key, request, result, until })
        }
        b'r' => StoredRecord::Trouble(to_half(rest)?, to_moment(value)?),
        b'z' => StoredRecord::ShutEndpoint(to_half(rest)?, to_moment(value)?),
        b'a' => {
            let (scope, id) = rest.split_at_checked(16).ok_or_else(|| unreadable("a sign-in link"))?;
            let ((ends_at, member), id) = (split(MOMENT)?, SessionId::new(to_half(id)?));
            let (scope, ends_at) = (to_scope(scope)?, to_moment(ends_at)?);
            StoredRecord::ConsoleLink(StoredConsoleLink { scope, id, member: member.to_vec(), ends_at })
        }
        _ => return Err(unreadable("a key")),
    })
}

/// The record that a field is.
fn of_field(kind: u8, rest: &[u8], (field, value): (&[u8], &[u8])) -> Result<StoredRecord> {
    Ok(match kind {
        b'v' => {
            let number = std::str::from_utf8(field).ok().and_then(|number| number.parse().ok());
            let number = number.ok_or_else(|| unreadable("a key's number"))?;
            StoredRecord::KeyUse(to_merchant(rest)?, number, to_moment(value)?)
        }
        b'b' => {
            let session = console::to_session(SessionId::new(to_half(field)?), value)?;
            StoredRecord::ConsoleSession(StoredConsoleSession {
                scope: to_scope(rest)?,
                id: session.id,
                member: value.get(3 * MOMENT..).unwrap_or_default().to_vec(),
                begun_at: session.begun_at,
                seen_at: session.seen_at,
                ends_at: session.ends_at,
            })
        }
        b's' => StoredRecord::Watched(value.to_vec()),
        _ => return Err(unreadable("a key")),
    })
}

/// The record that a member is.
fn of_member(kind: u8, rest: &[u8], member: &[u8]) -> Result<StoredRecord> {
    Ok(match kind {
        b'q' => StoredRecord::Event(to_merchant(rest)?, events::to_cursor(member)?),
        b't' => {
            let (place, record) = member.split_first_chunk().ok_or_else(|| unreadable("an entry of an audit log"))?;
            StoredRecord::AuditEntry(to_scope(rest)?, AuditPlace::from_bytes(*place), record.to_vec())
        }
        _ => return Err(unreadable("a key")),
    })
}

/// What stands behind a reservation's request: the number of a journey, a mark of the call that made it, or the number
/// of a change in digits, of which there are never seven.
pub(super) fn to_result(number: &[u8]) -> Result<ReservationResult> {
    if let Some(pay_id) = number.try_into().ok().and_then(PayId::from_bytes) {
        return Ok(ReservationResult::Journey(pay_id));
    }
    if number.len() == UNMARKED.len() {
        return Ok(ReservationResult::Nothing);
    }
    let change = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
    change.map(ReservationResult::Change).ok_or_else(|| unreadable("a reservation"))
}

fn to_half(bytes: &[u8]) -> Result<Half> {
    bytes.try_into().map_err(|_| unreadable("a key"))
}

fn to_merchant(bytes: &[u8]) -> Result<MerchantId> {
    to_half(bytes).map(MerchantId::from_bytes)
}

fn to_scope(bytes: &[u8]) -> Result<ConsoleScope> {
    to_half(bytes).map(ConsoleScope::from_bytes)
}

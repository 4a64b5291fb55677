//! Where a delivery goes, as far as a courier needs it: to a receiver, on a path there, for the first time or
//! again.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{AttemptResult, CallbackUrl, MerchantId};
use crate::store::Leased;

/// What is not answered within this time hangs, and so does a path that takes longer to answer.
pub const PROMPT: Duration = Duration::from_secs(1);

/// A receiver: one merchant's scheme, host and port. They have a queue together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receiver {
    merchant: MerchantId,
    origin: String,
}

/// Whether a delivery was tried before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It never was: its first attempt waits for nobody's retry.
    First,
    /// It was, in vain.
    Again,
}

/// What an attempt takes a place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Whose queue it is in.
    pub receiver: Receiver,
    /// The path there.
    pub path: String,
    /// Whether it is the first one.
    pub turn: Turn,
    /// Whether its delivery's last attempt hung.
    pub hung: bool,
}

/// A leased delivery, and the moment when its lease lapses. It is boxed once, because it passes through many hands.
pub type Held = (Box<Leased>, Instant);

impl Receiver {
    /// The receiver of this delivery.
    pub fn of(leased: &Leased) -> Self {
        Self { merchant: leased.lease.merchant, origin: parts(leased).0.to_owned() }
    }
}

impl Turn {
    /// Whether this delivery was tried before.
    pub const fn of(leased: &Leased) -> Self {
        if leased.context.delivery.is_untried() { Self::First } else { Self::Again }
    }
}

impl Seat {
    /// The place of this delivery.
    pub fn of(leased: &Leased) -> Self {
        Self {
            receiver: Receiver::of(leased),
            path: path(leased).to_owned(),
            turn: Turn::of(leased),
            hung: hung(leased),
        }
    }
}

/// The path of a delivery's URL, as its merchant wrote it: without the query, which is another one each time.
pub fn path(leased: &Leased) -> &str {
    parts(leased).1
}

/// Whether a delivery was tried before, and its last attempt hung.
fn hung(leased: &Leased) -> bool {
    let delivery = &leased.context.delivery;
    let last = delivery.attempts.last().filter(|_| !delivery.is_untried());
    last.is_some_and(|last| last.result() == AttemptResult::Unanswered && last.took() >= PROMPT)
}

/// Scheme, host and port; and the path.
fn parts(leased: &Leased) -> (&str, &str) {
    let plan = &leased.context.journey.opening().plan;
    let url = plan.url_of(leased.lease.id.target).map_or("", CallbackUrl::as_str);
    let authority = url.find("://").map_or(0, |at| at + "://".len());
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |at| authority + at);
    let (origin, rest) = url.split_at(end);
    (origin, rest.split(['?', '#']).next().unwrap_or_default())
}

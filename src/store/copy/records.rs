//! The kinds of records, and how long each lasts.

use std::time::Duration;

use crate::domain::console::AUDIT_KEPT;
use crate::domain::{
    AuditPlace, ConsoleScope, Delivery, Journey, KeyNumber, MerchantId, PayId, SessionId, UnixMillis, delivery::State,
    feed,
};
use crate::store::readings::kept_until;
use crate::store::record::read_journey;
use crate::store::{EventCursor, Half, REMEMBERED, Result, StoreError};

/// A record of a store. What `store::record` has written is passed on byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoredRecord {
    /// A merchant's record.
    Merchant(Vec<u8>),
    /// A merchant's logo.
    Logo(MerchantId, Vec<u8>),
    /// Whose the number of an API key is.
    KeyNumber(KeyNumber, MerchantId),
    /// When a merchant's API key was last used.
    KeyUse(MerchantId, KeyNumber, UnixMillis),
    /// A user's record.
    User(Vec<u8>),
    /// A journey, with its tokens and deliveries.
    Journey(StoredJourney),
    /// A reservation.
    Reservation(StoredReservation),
    /// An endpoint that is shut until then.
    ShutEndpoint(Half, UnixMillis),
    /// Trouble that is not reported again until then.
    Trouble(Half, UnixMillis),
    /// An event of a merchant's feed.
    Event(MerchantId, EventCursor),
    /// A sign-in link of a console.
    ConsoleLink(StoredConsoleLink),
    /// A session of a console.
    ConsoleSession(StoredConsoleSession),
    /// An entry of a console's audit log, and its record.
    AuditEntry(ConsoleScope, AuditPlace, Vec<u8>),
    /// The record of a watched callback.
    Watched(Vec<u8>),
}

/// A journey, with its tokens and deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredJourney {
    /// Its number.
    pub pay_id: PayId,
    /// Its record.
    pub record: Vec<u8>,
    /// Its one-time tokens, as `store::record::tokens` has them.
    pub tokens: Vec<u8>,
    /// Its deliveries, by event and target.
    pub deliveries: Vec<StoredDelivery>,
}

/// A delivery beside its journey.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredDelivery {
    /// The numbers of its event and its target.
    pub place: [u8; 2],
    /// When it was left behind, or began anew.
    pub since: UnixMillis,
    /// When it is due, or ended.
    pub due_at: UnixMillis,
    /// How often it was tried.
    pub tries: u8,
    /// The number of its state.
    pub state: u8,
    /// When a courier may take it: when it is due, or its lease lapses. `None` when it has ended.
    pub wakes_at: Option<UnixMillis>,
    /// Whether it is leased.
    pub held: bool,
    /// By whom it is leased, or was; 0 is nobody.
    pub held_by: u64,
    /// The attempts, as `store::record` has them.
    pub attempts: Vec<u8>,
}

/// A reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoredReservation {
    /// Of its key.
    pub key: Half,
    /// Of the request.
    pub request: Half,
    /// What it has led to.
    pub result: ReservationResult,
    /// Until when it is remembered.
    pub until: UnixMillis,
}

/// What a reserved request has led to, which its repetition is answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReservationResult {
    /// That it was made before.
    Nothing,
    /// The journey that it has opened.
    Journey(PayId),
    /// The number of the change to a profile that it has made.
    Change(u32),
}

/// A sign-in link of a console.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredConsoleLink {
    /// Whose console it opens.
    pub scope: ConsoleScope,
    /// The link.
    pub id: SessionId,
    /// The record of whom it is for.
    pub member: Vec<u8>,
    /// When it ends.
    pub ends_at: UnixMillis,
}

/// A session of a console.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredConsoleSession {
    /// Whose console it is in.
    pub scope: ConsoleScope,
    /// Its id.
    pub id: SessionId,
    /// The record of whose it is.
    pub member: Vec<u8>,
    /// When it began.
    pub begun_at: UnixMillis,
    /// When it was last used, about.
    pub seen_at: UnixMillis,
    /// When it ends.
    pub ends_at: UnixMillis,
}

/// Declares the kinds of records, with the words that people read.
macro_rules! kinds {
    ($($kind:ident = $word:literal),+ $(,)?) => {
        /// The kind of a record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is named as its record is")]
        pub enum Kind {
            $($kind,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// For people: what several records of this kind are.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)+
                }
            }
        }

        impl StoredRecord {
            /// Its kind.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(..) => Kind::$kind,)+
                }
            }
        }
    };
}

kinds! {
    Merchant = "merchants",
    Logo = "logos",
    KeyNumber = "API keys",
    KeyUse = "uses of API keys",
    User = "users",
    Journey = "journeys",
    Reservation = "reservations",
    ShutEndpoint = "shut endpoints",
    Trouble = "troubles",
    Event = "events",
    ConsoleLink = "sign-in links",
    ConsoleSession = "console sessions",
    AuditEntry = "audit entries",
    Watched = "watched callbacks",
}

impl StoredRecord {
    /// Until when it is kept, where that is known. `keep` is how long an ended journey is.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a journey cannot be read.
    pub fn until(&self, keep: Duration) -> Result<Option<UnixMillis>> {
        Ok(match self {
            Self::Merchant(_)
            | Self::Logo(..)
            | Self::KeyNumber(..)
            | Self::KeyUse(..)
            | Self::User(_)
            | Self::Watched(_) => None,
            Self::Journey(stored) => stored.until(&stored.journey()?, keep),
            Self::Reservation(reservation) => Some(reservation.until),
            Self::ShutEndpoint(_, until) | Self::Trouble(_, until) => Some(*until),
            Self::Event(_, cursor) => Some(cursor.at.plus(feed::KEPT)),
            Self::ConsoleLink(link) => Some(link.ends_at),
            Self::ConsoleSession(session) => Some(session.ends_at),
            Self::AuditEntry(_, place, _) => Some(place.at.plus(AUDIT_KEPT)),
        })
    }
}

impl StoredJourney {
    /// The journey.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with its number when it cannot be read.
    pub fn journey(&self) -> Result<Journey> {
        read_journey(&self.record).map_err(|error| match error {
            StoreError::Damaged(why) => StoreError::Damaged(format!("journey {}: {why}", self.pay_id)),
            other => other,
        })
    }

    /// Until when it is kept, once it has concluded, and nothing of it waits to be delivered: what waits for a paused
    /// receiver keeps it.
    pub fn until(&self, journey: &Journey, keep: Duration) -> Option<UnixMillis> {
        kept_until(journey, keep).filter(|_| !self.is_waiting())
    }

    /// Until when it is kept that is written now.
    pub fn kept_from(&self, journey: &Journey, keep: Duration, now: UnixMillis) -> Option<UnixMillis> {
        let delivered = if self.is_waiting() { now.plus(Delivery::LIFE + REMEMBERED) } else { now };
        Some(kept_until(journey, keep)?.max(delivered))
    }

    fn is_waiting(&self) -> bool {
        self.deliveries.iter().any(StoredDelivery::is_waiting)
    }
}

impl StoredDelivery {
    /// Whether it has not ended.
    pub fn is_waiting(&self) -> bool {
        State::of_number(self.state) == Some(State::Waiting)
    }

    /// Whether it has ended in vain.
    pub fn is_dead(&self) -> bool {
        State::of_number(self.state).is_some_and(State::is_dead)
    }
}

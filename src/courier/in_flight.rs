//! Tries under way: one for each journey and target, so that a receiver gets what has happened in its order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::receiver::Held;
use crate::domain::{DeliveryId, JourneyId, Target};
use crate::store::Lease;

/// From a journey to one of its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route(JourneyId, Target);

impl Route {
    /// The route of this delivery.
    pub const fn of(id: &DeliveryId) -> Self {
        Self(id.journey, id.target)
    }
}

/// The lease of a delivery whose try is under way. One that lapses meanwhile may be taken anew.
#[derive(Debug, Clone)]
pub struct Holder {
    first: Lease,
    by: Arc<AtomicU64>,
}

impl Holder {
    /// The lease as it is held now.
    pub fn lease(&self) -> Lease {
        Lease { by: self.by.load(Ordering::SeqCst), ..self.first }
    }
}

/// A try under way.
#[derive(Debug)]
pub struct InFlight {
    /// What the try reports with.
    pub holder: Holder,
    behind: Vec<Held>,
}

impl InFlight {
    /// A try at what was leased so.
    pub fn of(lease: Lease) -> Self {
        let holder = Holder { first: lease, by: Arc::new(AtomicU64::new(lease.by)) };
        Self { holder, behind: Vec::new() }
    }

    /// Lets the try report with this lease, if it is one of the same delivery; `false` when it is of another.
    pub fn renew(&mut self, lease: Lease) -> bool {
        let is_same = lease.id == self.holder.first.id;
        if is_same {
            self.holder.by.store(lease.by, Ordering::SeqCst);
        }
        is_same
    }

    /// Keeps what waits for this try.
    pub fn keep(&mut self, held: Held) {
        self.behind.push(held);
    }

    /// The leases of what waits for this try.
    pub fn kept(&self) -> impl Iterator<Item = Lease> {
        self.behind.iter().map(|(leased, _)| leased.lease)
    }

    /// What has waited for this try, in the order in which it happened.
    pub fn waiting(mut self) -> Vec<Held> {
        self.behind.sort_by_key(|(leased, _)| leased.lease.id);
        self.behind
    }

    /// The lease that was taken anew during the try, if one was.
    pub fn renewed(&self) -> Option<Lease> {
        Some(self.holder.lease()).filter(|lease| lease.by != self.holder.first.by)
    }
}

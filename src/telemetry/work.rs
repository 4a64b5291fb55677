//! What the courier has to do, as the counters show it.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

use super::registry::{register, whole};

/// How much the courier has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Tries that are under way.
    pub under_way: usize,
    /// Those of them that have not been answered for more than a second.
    pub hanging: usize,
    /// Deliveries that wait for them in the courier's hands.
    pub queued: usize,
    /// Endpoints that are given one try at a time.
    pub backing_off: usize,
    /// For how long the oldest delivery had been due when it was taken.
    pub lag: Duration,
}

/// What the courier has to do, as it is shown.
#[derive(Debug)]
pub(super) struct WorkGauges {
    under_way: Gauge,
    hanging: Gauge,
    queued: Gauge,
    backing_off: Gauge,
    lag: Gauge<f64, AtomicU64>,
}

impl WorkGauges {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let mut gauge = |name, help| register(registry, name, help, Gauge::default());
        Self {
            under_way: gauge("handback_deliveries_under_way", "Attempts that are under way"),
            hanging: gauge(
                "handback_deliveries_hanging",
                "Attempts that have not been answered for more than a second",
            ),
            queued: gauge("handback_deliveries_queued", "Deliveries that wait for an attempt in the courier's hands"),
            backing_off: gauge(
                "handback_receivers_backing_off",
                "Receivers that fail, and are given one retry at a time",
            ),
            lag: register(
                registry,
                "handback_delivery_lag_seconds",
                "For how long the oldest delivery had been due when it was taken",
                Gauge::default(),
            ),
        }
    }

    /// Notes it.
    pub(super) fn set(&self, work: Work) {
        self.under_way.set(whole(work.under_way));
        self.hanging.set(whole(work.hanging));
        self.queued.set(whole(work.queued));
        self.backing_off.set(whole(work.backing_off));
        self.lag.set(work.lag.as_secs_f64());
    }

    /// It, as it was noted last.
    pub(super) fn get(&self) -> Work {
        let count = |gauge: &Gauge| usize::try_from(gauge.get()).unwrap_or_default();
        Work {
            under_way: count(&self.under_way),
            hanging: count(&self.hanging),
            queued: count(&self.queued),
            backing_off: count(&self.backing_off),
            lag: Duration::try_from_secs_f64(self.lag.get()).unwrap_or_default(),
        }
    }
}

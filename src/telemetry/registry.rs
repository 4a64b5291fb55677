//! Registers metrics. Each is looked up here once: a caller that counts has a handle, and looks up nothing.
//!
//! A counter's name goes without `_total`, and a help text without its full stop: both are added where they are written
//! out.

use prometheus_client::metrics::{counter::Counter, family::Family};
use prometheus_client::registry::{Metric, Registry};

/// Counters of one name, one for each value of a label.
type Labelled = Family<[(&'static str, &'static str); 1], Counter>;

/// Registers a metric, and returns its handle.
pub(super) fn register<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// Registers counters of one name, and returns their handles in the order of the label's values.
pub(super) fn counters<const VALUES: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    (label, values): (&'static str, [&'static str; VALUES]),
) -> [Counter; VALUES] {
    let family = register(registry, name, help, Labelled::default());
    values.map(|value| family.get_or_create_owned(&[(label, value)]))
}

/// A number as gauges hold it.
pub(super) fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

//! How many connections there are, and how many had to be broken off.

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;

use super::labels::Cut;
use super::registry::{counters, register, whole};

/// The connections of a listener.
#[derive(Debug)]
pub struct Connections {
    open: Gauge,
    most: Gauge,
    full: Counter,
    cut: [Counter; Cut::LABELS.len()],
}

/// Counts for itself alone: nobody reads it.
impl Default for Connections {
    fn default() -> Self {
        Self::registered(&mut Registry::default())
    }
}

impl Connections {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let mut gauge = |name, help| register(registry, name, help, Gauge::default());
        Self {
            open: gauge("handback_connections", "Connections that are open"),
            most: gauge("handback_connections_limit", "Connections that there may be at a time"),
            full: register(
                registry,
                "handback_connections_full",
                "Times that the limit of connections was reached",
                Counter::default(),
            ),
            cut: counters(
                registry,
                "handback_connections_cut",
                "Connections that were broken off, by the limit that they passed",
                ("limit", Cut::LABELS),
            ),
        }
    }

    /// Notes how many there may be at a time.
    pub fn limit_to(&self, most: usize) {
        self.most.set(whole(most));
    }

    /// Counts a connection that was let in.
    pub fn opened(&self) {
        if self.open.inc() + 1 == self.most.get() {
            self.full.inc();
        }
    }

    /// Counts a connection that has ended.
    pub fn closed(&self) {
        self.open.dec();
    }

    /// Counts a connection that was broken off.
    pub fn cut(&self, cut: Cut) {
        self.cut[cut as usize].inc();
    }

    /// How many there are.
    pub fn open(&self) -> i64 {
        self.open.get()
    }

    /// How many there may be at a time.
    pub fn most(&self) -> i64 {
        self.most.get()
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;

    use super::*;

    fn registered() -> (Registry, Connections) {
        let mut registry = Registry::default();
        let connections = Connections::registered(&mut registry);
        (registry, connections)
    }

    #[test]
    fn being_full_is_counted_once_each_time() {
        let (registry, connections) = registered();
        connections.opened();
        connections.limit_to(2);
        for _ in 0..3 {
            connections.opened();
            assert_eq!(connections.open(), connections.most());
            connections.closed();
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in ["handback_connections 1", "handback_connections_limit 2", "handback_connections_full_total 3"] {
            assert!(text.lines().any(|own| own == line), "{line} in {text}");
        }
    }

    #[test]
    fn connections_that_are_broken_off_are_counted_by_limit() {
        let (registry, connections) = registered();
        for cut in [Cut::Head, Cut::Answer, Cut::Answer, Cut::Drain, Cut::Address] {
            connections.cut(cut);
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for (limit, count) in [("head", 1), ("answer", 2), ("drain", 1), ("address", 1)] {
            assert!(text.contains(&format!("cut_total{{limit=\"{limit}\"}} {count}\n")), "{limit} in {text}");
        }
    }
}

//! How many connections there are, and how many had to be broken off.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::metrics::Cut;

/// The connections of a listener.
#[derive(Debug, Default)]
pub struct Connections {
    open: AtomicUsize,
    most: AtomicUsize,
    full: AtomicU64,
    cut: [AtomicU64; Cut::LABELS.len()],
}

impl Connections {
    /// Notes how many there may be at a time.
    pub fn limit_to(&self, most: usize) {
        self.most.store(most, Relaxed);
    }

    /// Counts a connection that was let in.
    pub fn opened(&self) {
        let open = self.open.fetch_add(1, Relaxed) + 1;
        if open == self.most.load(Relaxed) {
            self.full.fetch_add(1, Relaxed);
        }
    }

    /// Counts a connection that has ended.
    pub fn closed(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    /// Counts a connection that was broken off.
    pub fn cut(&self, cut: Cut) {
        self.cut[cut as usize].fetch_add(1, Relaxed);
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Whether no other is let in for now.
    pub fn are_full(&self) -> bool {
        let most = self.most.load(Relaxed);
        most > 0 && self.open() >= most
    }

    pub(super) fn write(&self, text: &mut String) -> std::fmt::Result {
        const FULL: &str = "handback_connections_full_total";
        const CUT: &str = "handback_connections_cut_total";
        for (name, help, now) in [
            ("handback_connections", "Connections that are open.", self.open()),
            ("handback_connections_limit", "Connections that there may be at a time.", self.most.load(Relaxed)),
        ] {
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {now}")?;
        }
        writeln!(text, "# HELP {FULL} Times that the limit of connections was reached.\n# TYPE {FULL} counter")?;
        writeln!(text, "{FULL} {}", self.full.load(Relaxed))?;
        writeln!(text, "# HELP {CUT} Connections that were broken off, by the limit that they passed.")?;
        writeln!(text, "# TYPE {CUT} counter")?;
        for (limit, count) in Cut::LABELS.iter().zip(&self.cut) {
            writeln!(text, "{CUT}{{limit=\"{limit}\"}} {}", count.load(Relaxed))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_full_is_said_while_it_is_so_and_counted_once_each_time() {
        let connections = Connections::default();
        connections.opened();
        assert!(!connections.are_full(), "without a limit nothing is full");
        connections.limit_to(2);
        for _ in 0..3 {
            connections.opened();
            assert!(connections.are_full());
            connections.closed();
            assert!(!connections.are_full());
        }
        let mut text = String::new();
        connections.write(&mut text).unwrap();
        for line in ["handback_connections 1", "handback_connections_limit 2", "handback_connections_full_total 3"] {
            assert!(text.lines().any(|own| own == line), "{line} in {text}");
        }
    }

    #[test]
    fn connections_that_are_broken_off_are_counted_by_limit() {
        let connections = Connections::default();
        for cut in [Cut::Head, Cut::Answer, Cut::Answer, Cut::Drain, Cut::Address] {
            connections.cut(cut);
        }
        let mut text = String::new();
        connections.write(&mut text).unwrap();
        for (limit, count) in [("head", 1), ("answer", 2), ("drain", 1), ("address", 1)] {
            assert!(text.contains(&format!("cut_total{{limit=\"{limit}\"}} {count}\n")), "{limit} in {text}");
        }
    }
}

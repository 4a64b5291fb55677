//! Counters, in Prometheus' text format 0.0.4.
//!
//! They count this process from its start; every node is asked for its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the histogram's buckets, in milliseconds. The default budget of a return, 100 ms, is one.
const BOUNDS: [u64; 11] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
/// The classes of statuses.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Declares an enum whose variants are the values of a label.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            const LABELS: &[&str] = &[$($text),+];
        }
    };
}

label!(
    /// What kind of route answered. Put one into the data of each scope or resource (`app_data`).
    Route {
        /// A call in a merchant's dialect.
        Dialect = "dialect",
        /// Handback's own API, but for redemptions.
        Api = "api",
        /// The redemption of a one-time token.
        Redeem = "redeem",
        /// A page for a customer.
        Page = "page",
        /// A browser coming back from a bank.
        Return = "return",
        /// The sandbox bank.
        Sandbox = "sandbox",
        /// Everything else: health, files, unknown paths.
        #[default]
        Other = "other",
    }
);

label!(
    /// What became of a browser that came back from a bank.
    Arrival {
        /// Sent on at once: home, or back to the checkout.
        Sent = "sent",
        /// Shown the page that waits, because the bank was later than the budget.
        Waiting = "waiting",
        /// Not as it should be: an unknown `state`, another browser, an answer that cannot be read.
        Suspect = "suspect",
        /// Told to try again, because the store is away.
        StoreAway = "store_away",
        /// Stranded by a mistake of ours.
        #[default]
        Failed = "failed",
    }
);

/// The counters of one process. They cost an atomic addition each.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; STATUSES.len()]; Route::LABELS.len()],
    arrivals: [AtomicU64; Arrival::LABELS.len()],
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    banks: Mutex<BTreeMap<String, u8>>,
}

impl Metrics {
    /// Counts an answer; that of a return also enters the histogram.
    pub fn count(&self, route: Route, status: u16, elapsed: Duration) {
        let class = usize::from(status / 100).clamp(1, STATUSES.len()) - 1;
        self.requests[route as usize][class].fetch_add(1, Relaxed);
        if route == Route::Return {
            let bucket = BOUNDS.partition_point(|bound| Duration::from_millis(*bound) < elapsed);
            self.buckets[bucket].fetch_add(1, Relaxed);
            self.micros.fetch_add(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Relaxed);
        }
    }

    /// Counts what became of a browser that came back.
    pub fn arrived(&self, arrival: Arrival) {
        self.arrivals[arrival as usize].fetch_add(1, Relaxed);
    }

    /// Notes that customers can be sent to the bank of this name: `a-z`, `0-9` and `-`.
    pub fn bank_ready(&self, name: &str) {
        self.bank(name, 1);
    }

    /// Notes that the bank of this name is asked again.
    pub fn bank_troubled(&self, name: &str) {
        self.bank(name, 0);
    }

    fn bank(&self, name: &str, ready: u8) {
        self.banks.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), ready);
    }

    /// Writes every counter.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(4096);
        // Writing into a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "# HELP handback_requests_total Answers, by kind of route and class of status.")?;
        writeln!(text, "# TYPE handback_requests_total counter")?;
        for (route, counts) in Route::LABELS.iter().zip(&self.requests) {
            for (status, count) in STATUSES.iter().zip(counts) {
                let count = count.load(Relaxed);
                writeln!(text, "handback_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}")?;
            }
        }
        writeln!(text, "# HELP handback_returns_total Browsers that came back from a bank, by what became of them.")?;
        writeln!(text, "# TYPE handback_returns_total counter")?;
        for (result, count) in Arrival::LABELS.iter().zip(&self.arrivals) {
            writeln!(text, "handback_returns_total{{result=\"{result}\"}} {}", count.load(Relaxed))?;
        }
        writeln!(text, "# HELP handback_bank_ready Whether customers can be sent to a bank.")?;
        writeln!(text, "# TYPE handback_bank_ready gauge")?;
        for (bank, ready) in self.banks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            writeln!(text, "handback_bank_ready{{bank=\"{bank}\"}} {ready}")?;
        }
        self.write_histogram(text)
    }

    fn write_histogram(&self, text: &mut String) -> std::fmt::Result {
        const NAME: &str = "handback_return_duration_milliseconds";
        writeln!(text, "# HELP {NAME} How long a browser that came back from a bank waited for its answer.")?;
        writeln!(text, "# TYPE {NAME} histogram")?;
        let bounds = BOUNDS.iter().map(u64::to_string).chain(["+Inf".to_owned()]);
        let mut total = 0;
        for (bound, bucket) in bounds.zip(&self.buckets) {
            total += bucket.load(Relaxed);
            writeln!(text, "{NAME}_bucket{{le=\"{bound}\"}} {total}")?;
        }
        let micros = self.micros.load(Relaxed);
        writeln!(text, "{NAME}_sum {}.{:03}\n{NAME}_count {total}", micros / 1000, micros % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(metrics: &Metrics, start: &str) -> String {
        let text = metrics.render();
        let line = text.lines().find_map(|line| line.strip_prefix(start)).map(|rest| rest.trim().to_owned());
        line.unwrap_or_else(|| panic!("no {start} in {text}"))
    }

    #[test]
    fn answers_are_counted_by_route_and_class() {
        let metrics = Metrics::default();
        metrics.count(Route::Api, 404, Duration::ZERO);
        metrics.count(Route::Api, 410, Duration::ZERO);
        metrics.count(Route::Other, 999, Duration::ZERO);
        assert_eq!(line(&metrics, "handback_requests_total{route=\"api\",status=\"4xx\"}"), "2");
        assert_eq!(line(&metrics, "handback_requests_total{route=\"other\",status=\"5xx\"}"), "1");
        assert_eq!(line(&metrics, "handback_return_duration_milliseconds_count"), "0");
    }

    #[test]
    fn a_return_falls_into_its_bucket_and_all_above() {
        let metrics = Metrics::default();
        for micros in [1_000, 1_001, 100_000, 5_000_000] {
            metrics.count(Route::Return, 303, Duration::from_micros(micros));
        }
        let bucket = |le: &str| line(&metrics, &format!("handback_return_duration_milliseconds_bucket{{le=\"{le}\"}}"));
        assert_eq!(
            [bucket("1"), bucket("2"), bucket("100"), bucket("2000"), bucket("+Inf")],
            ["1", "2", "3", "3", "4"]
        );
        assert_eq!(line(&metrics, "handback_return_duration_milliseconds_sum"), "5102.001");
    }

    #[test]
    fn arrivals_are_counted_by_result() {
        let metrics = Metrics::default();
        metrics.arrived(Arrival::StoreAway);
        assert_eq!(line(&metrics, "handback_returns_total{result=\"store_away\"}"), "1");
    }
}

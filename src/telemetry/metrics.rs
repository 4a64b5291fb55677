//! Counters, in Prometheus' text format 0.0.4.
//!
//! They count this process from its start; every node is asked for its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use super::connections::Connections;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the histogram's buckets, in milliseconds. The default budget of a return, 100 ms, is one.
const BOUNDS: [u64; 11] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
/// What the courier has to do, in the order of [`Work`].
const GAUGES: [(&str, &str); 4] = [
    ("handback_deliveries_under_way", "Attempts that are under way."),
    ("handback_deliveries_queued", "Deliveries that wait for an attempt in the courier's hands."),
    ("handback_receivers_backing_off", "Receivers that fail, and are given one retry at a time."),
    ("handback_delivery_lag_seconds", "For how long the oldest delivery had been due when it was taken."),
];
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
            pub(super) const LABELS: &[&str] = &[$($text),+];
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
        Rejected = "rejected",
        /// Told to try again, because the store is away.
        StoreAway = "store_away",
        /// Stranded by a mistake of ours.
        #[default]
        Failed = "failed",
    }
);

label!(
    /// What a try met at a delivery.
    AttemptResult {
        /// An answer with a status below 200.
        Informed = "1xx",
        /// An answer with this class of status, and so on.
        Received = "2xx",
        /// 300 to 399.
        SentOn = "3xx",
        /// 400 to 499.
        Rejected = "4xx",
        /// 500 and above.
        Broken = "5xx",
        /// Nothing was sent: the address must not be called.
        Refused = "refused",
        /// Nothing was sent: no connection came about.
        Unreachable = "unreachable",
        /// Sent, and not answered in time.
        #[default]
        Unanswered = "unanswered",
    }
);

label!(
    /// What became of a delivery that the courier had in its hands.
    Fate {
        /// Received.
        Delivered = "delivered",
        /// To be tried again.
        PutOff = "put_off",
        /// At an end: its endpoint is gone.
        Gone = "gone",
        /// At an end: that was the last try.
        Dead = "dead",
        /// Somebody else has it.
        FencedOff = "fenced_off",
        /// Given back untried: there was no room for it.
        #[default]
        GivenBack = "given_back",
    }
);

label!(
    /// The limit for which a connection was broken off.
    Cut {
        /// A head that was not whole in time.
        Head = "head",
        /// An answer that was not taken in time.
        Answer = "answer",
        /// What followed the last answer was too much or too slow.
        Drain = "drain",
        /// There were too many connections from its address.
        #[default]
        Address = "address",
    }
);

/// How much the courier has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Tries that are under way.
    pub under_way: usize,
    /// Deliveries that wait for them in the courier's hands.
    pub queued: usize,
    /// Endpoints that are given one try at a time.
    pub narrow: usize,
    /// For how long the oldest delivery had been due when it was taken.
    pub lag: Duration,
}

/// The counters of one process. They cost an atomic addition each.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; STATUSES.len()]; Route::LABELS.len()],
    arrivals: [AtomicU64; Arrival::LABELS.len()],
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    banks: Mutex<BTreeMap<String, u8>>,
    tries: [AtomicU64; AttemptResult::LABELS.len()],
    fates: [AtomicU64; Fate::LABELS.len()],
    /// Under way, queued, narrow, and the lag in milliseconds, as it is kept.
    work: [AtomicU64; 4],
    connections: Arc<Connections>,
}

impl AttemptResult {
    /// The class of an answer's status.
    pub const fn status(status: u16) -> Self {
        match status {
            0..200 => Self::Informed,
            200..300 => Self::Received,
            300..400 => Self::SentOn,
            400..500 => Self::Rejected,
            _ => Self::Broken,
        }
    }
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

    /// Counts a try at a delivery.
    pub fn tried(&self, attempt_result: AttemptResult) {
        self.tries[attempt_result as usize].fetch_add(1, Relaxed);
    }

    /// Counts what became of this many deliveries.
    pub fn carried(&self, fate: Fate, many: usize) {
        self.fates[fate as usize].fetch_add(wide(many), Relaxed);
    }

    /// The connections of the public listener.
    pub const fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// Notes how much the courier has to do.
    pub fn works(&self, work: Work) {
        let lag = u64::try_from(work.lag.as_millis()).unwrap_or(u64::MAX);
        let now = [wide(work.under_way), wide(work.queued), wide(work.narrow), lag];
        self.work.iter().zip(now).for_each(|(gauge, now)| gauge.store(now, Relaxed));
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
        writeln!(
            text,
            "# HELP handback_returns_total Browsers that came back from a provider, by what became of them."
        )?;
        writeln!(text, "# TYPE handback_returns_total counter")?;
        for (result, count) in Arrival::LABELS.iter().zip(&self.arrivals) {
            writeln!(text, "handback_returns_total{{result=\"{result}\"}} {}", count.load(Relaxed))?;
        }
        writeln!(text, "# HELP handback_provider_ready Whether customers can be sent to a provider.")?;
        writeln!(text, "# TYPE handback_provider_ready gauge")?;
        for (bank, ready) in self.banks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            writeln!(text, "handback_provider_ready{{provider=\"{bank}\"}} {ready}")?;
        }
        self.connections.write(text)?;
        self.write_courier(text)?;
        self.write_histogram(text)
    }

    fn write_courier(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "# HELP handback_delivery_attempts_total Attempts at deliveries, by what they met.")?;
        writeln!(text, "# TYPE handback_delivery_attempts_total counter")?;
        for (attempt_result, count) in AttemptResult::LABELS.iter().zip(&self.tries) {
            writeln!(text, "handback_delivery_attempts_total{{result=\"{attempt_result}\"}} {}", count.load(Relaxed))?;
        }
        writeln!(
            text,
            "# HELP handback_deliveries_total Deliveries out of the courier's hands, by what became of them."
        )?;
        writeln!(text, "# TYPE handback_deliveries_total counter")?;
        for (fate, count) in Fate::LABELS.iter().zip(&self.fates) {
            writeln!(text, "handback_deliveries_total{{result=\"{fate}\"}} {}", count.load(Relaxed))?;
        }
        for ((name, help), gauge) in GAUGES.iter().zip(&self.work) {
            let value = gauge.load(Relaxed);
            let value = if name.ends_with("_seconds") { seconds(value * 1000) } else { value.to_string() };
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}")?;
        }
        Ok(())
    }

    fn write_histogram(&self, text: &mut String) -> std::fmt::Result {
        const NAME: &str = "handback_return_duration_seconds";
        writeln!(text, "# HELP {NAME} How long a browser that came back from a bank waited for its answer.")?;
        writeln!(text, "# TYPE {NAME} histogram")?;
        let bounds = BOUNDS.iter().map(|bound| seconds(bound * 1000)).chain(["+Inf".to_owned()]);
        let mut total = 0;
        for (bound, bucket) in bounds.zip(&self.buckets) {
            total += bucket.load(Relaxed);
            writeln!(text, "{NAME}_bucket{{le=\"{bound}\"}} {total}")?;
        }
        writeln!(text, "{NAME}_sum {}\n{NAME}_count {total}", seconds(self.micros.load(Relaxed)))
    }
}

/// Microseconds as seconds, exactly and without needless zeros.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
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
        assert_eq!(line(&metrics, "handback_return_duration_seconds_count"), "0");
    }

    #[test]
    fn a_return_falls_into_its_bucket_and_all_above() {
        let metrics = Metrics::default();
        for micros in [1_000, 1_001, 100_000, 5_000_000] {
            metrics.count(Route::Return, 303, Duration::from_micros(micros));
        }
        let bucket = |le: &str| line(&metrics, &format!("handback_return_duration_seconds_bucket{{le=\"{le}\"}}"));
        assert_eq!(
            [bucket("0.001"), bucket("0.002"), bucket("0.1"), bucket("2"), bucket("+Inf")],
            ["1", "2", "3", "3", "4"]
        );
        assert_eq!(line(&metrics, "handback_return_duration_seconds_sum"), "5.102001");
    }

    #[test]
    fn arrivals_are_counted_by_result() {
        let metrics = Metrics::default();
        metrics.arrived(Arrival::StoreAway);
        assert_eq!(line(&metrics, "handback_returns_total{result=\"store_away\"}"), "1");
    }

    #[test]
    fn tries_and_deliveries_are_counted_by_what_came_of_them() {
        let metrics = Metrics::default();
        for status in [99, 100, 204, 302, 404, 410, 500, 999] {
            metrics.tried(AttemptResult::status(status));
        }
        metrics.tried(AttemptResult::Unreachable);
        let tries = |attempt_result: &str| {
            line(&metrics, &format!("handback_delivery_attempts_total{{result=\"{attempt_result}\"}}"))
        };
        let seen = ["1xx", "2xx", "3xx", "4xx", "5xx", "refused", "unreachable", "unanswered"].map(tries);
        assert_eq!(seen, ["2", "1", "1", "2", "2", "0", "1", "0"]);
        metrics.carried(Fate::Dead, 1);
        metrics.carried(Fate::GivenBack, 28);
        let fate = |result: &str| line(&metrics, &format!("handback_deliveries_total{{result=\"{result}\"}}"));
        assert_eq!([fate("dead"), fate("given_back"), fate("delivered")], ["1", "28", "0"]);
    }

    #[test]
    fn the_couriers_work_is_what_it_said_last() {
        let metrics = Metrics::default();
        metrics.works(Work { under_way: 9, queued: 9, narrow: 9, lag: Duration::from_secs(9) });
        metrics.works(Work { under_way: 4, queued: 3, narrow: 2, lag: Duration::from_millis(1500) });
        let seen = GAUGES.map(|(name, _)| line(&metrics, &format!("{name} ")));
        assert_eq!(seen, ["4", "3", "2", "1.5"]);
    }
}

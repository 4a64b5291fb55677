//! Counters, gauges and a histogram, in Prometheus' text format 0.0.4.
//!
//! They count this process from its start; every node is asked for its own. Each is looked up once, when the process
//! starts: to count is an atomic addition, and what a return takes enters the histogram under a short lock.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicU64};
use std::time::Duration;

/// The media type of [`Metrics::render`].
pub use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use prometheus_client::{encoding::prometheus_text::encode, metrics::counter::Counter};

pub use super::connections::Connections;
pub use super::labels::{Arrival, AttemptResult, Cut, Fate, Route};
use super::registry::{counters, register};
pub use super::work::Work;
use super::work::WorkGauges;

/// The upper bounds of the histogram's buckets, in seconds. The default budget of a return, 100 ms, is one.
const BOUNDS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];

/// The classes of statuses.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// How providers are, as it is shown.
#[derive(Debug)]
struct ProviderGauges {
    ready: Family<[(&'static str, String); 1], Gauge>,
    /// Those of which the gauge says that they are not.
    unready: Mutex<BTreeSet<String>>,
    away: Family<[(&'static str, String); 1], Gauge<f64, AtomicU64>>,
}

impl ProviderGauges {
    fn registered(registry: &mut Registry) -> Self {
        Self {
            ready: register(
                registry,
                "handback_provider_ready",
                "Whether customers can be sent to a provider",
                Family::default(),
            ),
            unready: Mutex::default(),
            away: register(
                registry,
                "handback_provider_away_seconds",
                "For how long a provider has not answered when it was asked about payments; 0 while it answers",
                Family::default(),
            ),
        }
    }
}

/// A gauge of what goes without saying until something else is seen.
fn well() -> Gauge {
    let gauge = Gauge::default();
    gauge.set(1);
    gauge
}

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: [[Counter; STATUSES.len()]; Route::LABELS.len()],
    returns: [Counter; Arrival::LABELS.len()],
    return_duration: Histogram,
    providers: ProviderGauges,
    clock_skew: Gauge<f64, AtomicU64>,
    store_durable: Gauge,
    mismatches: Counter,
    attempts: [Counter; AttemptResult::LABELS.len()],
    deliveries: [Counter; Fate::LABELS.len()],
    work: WorkGauges,
    /// The connections of the public listener.
    pub connections: Arc<Connections>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Registry::default();
        let registry = &mut all;
        let answers = Family::<[(&'static str, &'static str); 2], Counter>::default();
        let of_route =
            |route| STATUSES.map(|status| answers.get_or_create_owned(&[("route", route), ("status", status)]));
        let requests = Route::LABELS.map(of_route);
        register(registry, "handback_requests", "Answers, by kind of route and class of status", answers);
        Self {
            requests,
            returns: counters(
                registry,
                "handback_returns",
                "Browsers that came back from a provider, by what became of them",
                ("result", Arrival::LABELS),
            ),
            providers: ProviderGauges::registered(registry),
            clock_skew: register(
                registry,
                "handback_store_clock_skew_seconds",
                "By how much the store's clock is ahead of this machine's",
                Gauge::default(),
            ),
            store_durable: register(
                registry,
                "handback_store_durable",
                "Whether the store is set up to keep what it acknowledges",
                well(),
            ),
            mismatches: register(
                registry,
                "handback_payment_mismatches",
                "Payments that were found to be something else than what their provider was asked for",
                Counter::default(),
            ),
            connections: Arc::new(Connections::registered(registry)),
            attempts: counters(
                registry,
                "handback_delivery_attempts",
                "Attempts at deliveries, by what they met",
                ("result", AttemptResult::LABELS),
            ),
            deliveries: counters(
                registry,
                "handback_deliveries",
                "Deliveries out of the courier's hands, by what became of them",
                ("result", Fate::LABELS),
            ),
            work: WorkGauges::registered(registry),
            return_duration: register(
                registry,
                "handback_return_duration_seconds",
                "How long a browser that came back from a bank waited for its answer",
                Histogram::new(BOUNDS),
            ),
            registry: all,
        }
    }
}

impl Metrics {
    /// Counts an answer; that of a return also enters the histogram.
    pub fn count(&self, route: Route, status: u16, elapsed: Duration) {
        let class = usize::from(status / 100).clamp(1, STATUSES.len()) - 1;
        self.requests[route as usize][class].inc();
        if route == Route::Return {
            self.return_duration.observe(elapsed.as_secs_f64());
        }
    }

    /// Counts what became of a browser that came back.
    pub fn count_return(&self, arrival: Arrival) {
        self.returns[arrival as usize].inc();
    }

    /// Counts an attempt at a delivery.
    pub fn count_attempt(&self, attempt_result: AttemptResult) {
        self.attempts[attempt_result as usize].inc();
    }

    /// Counts what became of this many deliveries.
    pub fn count_deliveries(&self, fate: Fate, many: usize) {
        self.deliveries[fate as usize].inc_by(u64::try_from(many).unwrap_or(u64::MAX));
    }

    /// Notes how much the courier has to do.
    pub fn set_work(&self, work: Work) {
        self.work.set(work);
    }

    /// How much the courier has to do, as it was noted last.
    pub fn work(&self) -> Work {
        self.work.get()
    }

    /// Notes whether customers can be sent to the provider of this name: `a-z`, `0-9` and `-`.
    pub fn set_provider_ready(&self, name: &str, is_ready: bool) {
        self.providers.ready.get_or_create(&[("provider", name.to_owned())]).set(i64::from(is_ready));
        let mut unready = self.providers.unready.lock().unwrap_or_else(PoisonError::into_inner);
        if is_ready {
            unready.remove(name);
        } else {
            unready.insert(name.to_owned());
        }
    }

    /// The providers to which no customers can be sent.
    pub fn providers_unready(&self) -> BTreeSet<String> {
        self.providers.unready.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes by how many milliseconds the store's clock is ahead of this machine's.
    pub fn set_clock_skew(&self, millis: i64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a skew that has 53 bits of milliseconds is large enough to see"
        )]
        self.clock_skew.set(millis as f64 / 1e3);
    }

    /// Notes whether the store is set up to keep what it acknowledges.
    pub fn set_store_durable(&self, is_durable: bool) {
        self.store_durable.set(i64::from(is_durable));
    }

    /// Notes for how long the provider of this name has not answered when it was asked about payments.
    pub fn set_provider_away(&self, name: &str, span: Duration) {
        self.providers.away.get_or_create(&[("provider", name.to_owned())]).set(span.as_secs_f64());
    }

    /// Notes how many payments have been found to be something else than what was asked for, since the start.
    pub fn set_payment_mismatches(&self, count: u64) {
        self.mismatches.inc_by(count.saturating_sub(self.mismatches.get()));
    }

    /// Writes every metric.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(4096);
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
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
    fn every_metric_is_there_from_the_start_with_its_type_and_its_help() {
        let metrics = Metrics::default();
        metrics.set_provider_ready("sandbox", false);
        assert!(metrics.providers_unready().contains("sandbox"));
        metrics.set_provider_ready("sandbox", true);
        assert!(metrics.providers_unready().is_empty());
        assert_eq!(line(&metrics, "handback_provider_ready{provider=\"sandbox\"}"), "1");
        for (name, kind, help) in [
            ("requests_total", "counter", "Answers, by kind of route and class of status."),
            ("returns_total", "counter", "Browsers that came back from a provider, by what became of them."),
            ("provider_ready", "gauge", "Whether customers can be sent to a provider."),
            (
                "payment_mismatches_total",
                "counter",
                "Payments that were found to be something else than what their provider was asked for.",
            ),
            ("store_clock_skew_seconds", "gauge", "By how much the store's clock is ahead of this machine's."),
            ("store_durable", "gauge", "Whether the store is set up to keep what it acknowledges."),
            ("connections", "gauge", "Connections that are open."),
            ("connections_limit", "gauge", "Connections that there may be at a time."),
            ("connections_full_total", "counter", "Times that the limit of connections was reached."),
            ("connections_cut_total", "counter", "Connections that were broken off, by the limit that they passed."),
            ("delivery_attempts_total", "counter", "Attempts at deliveries, by what they met."),
            ("deliveries_total", "counter", "Deliveries out of the courier's hands, by what became of them."),
            ("deliveries_under_way", "gauge", "Attempts that are under way."),
            ("deliveries_hanging", "gauge", "Attempts that have not been answered for more than a second."),
            ("deliveries_queued", "gauge", "Deliveries that wait for an attempt in the courier's hands."),
            ("receivers_backing_off", "gauge", "Receivers that fail, and are given one retry at a time."),
            ("delivery_lag_seconds", "gauge", "For how long the oldest delivery had been due when it was taken."),
            (
                "return_duration_seconds",
                "histogram",
                "How long a browser that came back from a bank waited for its answer.",
            ),
        ] {
            assert_eq!(line(&metrics, &format!("# HELP handback_{name} ")), help);
            assert_eq!(line(&metrics, &format!("# TYPE handback_{name} ")), kind);
        }
        let samples = metrics.render().lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(
            samples,
            8 * 5 + 5 + 1 + 1 + 1 + 1 + 2 + 1 + 4 + 8 + 6 + 5 + 14,
            "each value of each label has a line"
        );
    }

    #[test]
    fn arrivals_are_counted_by_result() {
        let metrics = Metrics::default();
        metrics.count_return(Arrival::StoreAway);
        assert_eq!(line(&metrics, "handback_returns_total{result=\"store_away\"}"), "1");
    }

    #[test]
    fn tries_and_deliveries_are_counted_by_what_came_of_them() {
        let metrics = Metrics::default();
        for status in [99, 100, 204, 302, 404, 410, 500, 999] {
            metrics.count_attempt(AttemptResult::status(status));
        }
        metrics.count_attempt(AttemptResult::Unreachable);
        let tries = |attempt_result: &str| {
            line(&metrics, &format!("handback_delivery_attempts_total{{result=\"{attempt_result}\"}}"))
        };
        let seen = ["1xx", "2xx", "3xx", "4xx", "5xx", "refused", "unreachable", "unanswered"].map(tries);
        assert_eq!(seen, ["2", "1", "1", "2", "2", "0", "1", "0"]);
        metrics.count_deliveries(Fate::Dead, 1);
        metrics.count_deliveries(Fate::GivenBack, 28);
        let fate = |result: &str| line(&metrics, &format!("handback_deliveries_total{{result=\"{result}\"}}"));
        assert_eq!([fate("dead"), fate("given_back"), fate("delivered")], ["1", "28", "0"]);
    }

    #[test]
    fn the_couriers_work_is_what_it_said_last() {
        let metrics = Metrics::default();
        metrics.set_work(Work { under_way: 9, hanging: 9, queued: 9, backing_off: 9, lag: Duration::from_secs(9) });
        metrics.set_work(Work {
            under_way: 4,
            hanging: 1,
            queued: 3,
            backing_off: 2,
            lag: Duration::from_millis(1500),
        });
        let names = [
            "deliveries_under_way",
            "deliveries_hanging",
            "deliveries_queued",
            "receivers_backing_off",
            "delivery_lag_seconds",
        ];
        let seen = names.map(|name| line(&metrics, &format!("handback_{name} ")));
        assert_eq!(seen, ["4", "1", "3", "2", "1.5"]);
    }
}

//! Rows of a Markdown table.

use std::fmt::Display;

use super::Run;
use super::cost::spent;

/// The columns of [`Measured::row`].
pub const HEAD: &str =
    "| | a second | p50 | p99 | p99.9 | processor time each |\n| --- | --- | --- | --- | --- | --- |";

/// A load with what it cost.
pub struct Measured {
    run: Run,
    /// Microseconds of processor time for each request, of each group of processes that was watched.
    costs: Vec<Option<f64>>,
}

impl Measured {
    /// Measures a load, and the groups of processes that answer it.
    pub async fn of(groups: &[Vec<u32>], load: impl Future<Output = Run>) -> Self {
        let before: Vec<_> = groups.iter().map(|pids| spent(pids)).collect();
        let run = load.await;
        let cost = |(pids, before): (&Vec<u32>, Option<f64>)| Some((spent(pids)? - before?) / run.waits.len() as f64);
        let costs = groups.iter().zip(before).map(cost).collect();
        Self { run, costs }
    }

    /// The median of several by their rate.
    pub fn median(mut all: Vec<Self>) -> Self {
        all.sort_by(|a, b| a.run.rate().total_cmp(&b.run.rate()));
        all.swap_remove(all.len() / 2)
    }

    /// Its replies.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// What each request cost the processes.
    pub fn costs(&self) -> String {
        let costs: Vec<_> =
            self.costs.iter().map(|cost| cost.map_or("–".into(), |cost| format!("{cost:.0} µs"))).collect();
        costs.join(" + ")
    }

    /// A row: how many a second, how long, and what each cost the processes.
    pub fn row(&self, name: impl Display) -> String {
        let (rate, [p50, p99, p999]) = (self.run.rate(), [0.5, 0.99, 0.999].map(|share| self.run.at(share)));
        format!("| {name} | {rate:.0} | {p50:.2} ms | {p99:.2} ms | {p999:.2} ms | {} |", self.costs())
    }
}

//! Counts of journeys, with charts.

use askama::Template;

use super::fields::Refused;
use super::frame::Frame;
use super::webhooks::EndpointRow;
use super::words::{numbers as words, webhooks};

/// What became of the journeys of some days.
#[derive(Debug, Clone, Template)]
#[template(path = "console/numbers.html")]
pub struct Numbers {
    /// What stands around it.
    pub frame: Frame,
    /// Links to other days.
    pub spans: [SpanLink; 3],
    /// The first day, as it was asked for.
    pub from: String,
    /// The last one.
    pub to: String,
    /// What was counted; nothing where the days are refused.
    pub counts: Option<Counts>,
    /// What of the days is refused.
    pub refused: Refused,
}

/// A link to the last days.
#[derive(Debug, Clone)]
pub struct SpanLink {
    /// How many.
    pub days: u64,
    /// The first of them.
    pub from: String,
    /// The last one.
    pub to: String,
    /// Whether these are shown.
    pub is_here: bool,
}

/// What was counted.
#[derive(Debug, Clone)]
pub struct Counts {
    /// How many journeys were opened.
    pub opened: u64,
    /// How many of them are proven.
    pub proven: u64,
    /// The same of each day, the earliest first.
    pub days: Vec<DayRow>,
    /// How many journeys the counts below are estimated from, and by how many of a hundred they may be off; `None` where
    /// they are exact.
    pub sample: Option<(u64, String)>,
    /// How many are captures, refunds and the like.
    pub operations: u64,
    /// The others by status, in the order of a journey.
    pub statuses: Vec<(&'static str, u64)>,
    /// How many customers came how far, in the order of `words::STEPS`.
    pub steps: [u64; 6],
    /// How many were paid, and their customer has not come back.
    pub not_returned: u64,
    /// How long half of the customers took, and 99 of 100, in milliseconds, in the order of `words::TIMES`.
    pub times: [Option<(u64, u64)>; 2],
    /// The saved endpoints that do not do well.
    pub endpoints: Vec<EndpointRow>,
    /// For how many days an ended journey is kept.
    pub kept_days: u64,
}

/// The journeys of a day.
#[derive(Debug, Clone)]
pub struct DayRow {
    /// The day.
    pub day: String,
    /// How many were opened.
    pub opened: u64,
    /// How many of them are proven.
    pub proven: u64,
}

/// A day in the chart, its bars as high as their share of the highest.
struct DayBars {
    x: usize,
    opened: u64,
    proven: u64,
}

/// A count, as a table and a chart show it.
struct CountRow {
    label: &'static str,
    count: u64,
    share: String,
    /// How long its bar is, of 1,000.
    length: u64,
}

/// How wide a day is in the chart of the days.
const WIDTH: usize = 10;

impl Numbers {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["from", "to"])
    }
}

impl Counts {
    /// How high the chart of the days is.
    const HEIGHT: u64 = 1000;

    const fn chart_width(&self) -> usize {
        self.days.len() * WIDTH
    }

    fn bars(&self) -> Vec<DayBars> {
        let most = self.days.iter().map(|day| day.opened).max().unwrap_or_default();
        let bar = |(at, day): (usize, &DayRow)| DayBars {
            x: at * WIDTH,
            opened: part(day.opened, most, Self::HEIGHT),
            proven: part(day.proven, most, Self::HEIGHT),
        };
        self.days.iter().enumerate().map(bar).collect()
    }

    /// By status, and how many of the paid have not returned.
    fn status_rows(&self) -> Vec<CountRow> {
        let all = self.statuses.iter().map(|(_, count)| count).sum();
        let most = self.statuses.iter().map(|(_, count)| *count).max().unwrap_or_default();
        self.statuses.iter().map(|(status, count)| CountRow::of(status, *count, all, most)).collect()
    }

    fn share_not_returned(&self) -> String {
        percent(self.not_returned, self.statuses.iter().map(|(_, count)| count).sum())
    }

    fn step_rows(&self) -> Vec<CountRow> {
        let [opened, ..] = self.steps;
        words::STEPS
            .into_iter()
            .zip(self.steps)
            .map(|(step, count)| CountRow::of(step, count, opened, opened))
            .collect()
    }

    fn time_rows(&self) -> Vec<(&'static str, String, String)> {
        let named = words::TIMES.into_iter().zip(self.times);
        named.filter_map(|(name, times)| times.map(|(p50, p99)| (name, words::span(p50), words::span(p99)))).collect()
    }
}

impl CountRow {
    fn of(label: &'static str, count: u64, all: u64, most: u64) -> Self {
        Self { label, count, share: percent(count, all), length: part(count, most, 1000) }
    }
}

/// A count's share of all.
fn percent(count: u64, all: u64) -> String {
    let tenths = part(count, all, 1000);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// So much of a whole as a count is of all; what is there at all is seen.
fn part(count: u64, all: u64, whole: u64) -> u64 {
    let part = u128::from(count) * u128::from(whole) / u128::from(all.max(1));
    u64::try_from(part).unwrap_or(whole).max(u64::from(count > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_what_is_there_is_never_nothing() {
        assert_eq!(
            [percent(2, 3), percent(3, 3), percent(0, 3), percent(0, 0)],
            ["66.6 %", "100.0 %", "0.0 %", "0.0 %"]
        );
        assert_eq!(percent(1, 1_000_000), "0.1 %");
        assert_eq!([part(1, 4, 1000), part(u64::MAX, u64::MAX, 1000)], [250, 1000]);
    }
}

//! `/numbers`: what became of a merchant's journeys, counted.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::endpoints::{EndpointHealth, health};
use super::journey_view::{is_missing, status};
use super::journeys::Filter;
use super::list::ListQuery;
use super::{ApiResult, Authenticated, at};
use crate::domain::journey::HandedBack;
use crate::domain::{Invalid, Journey, Merchant};
use crate::engine::{CountedDays, Days, Engine, EngineError, JourneyCount, SampledJourney, use_cases};
use crate::web::time;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/numbers", "GET").route(web::get().to(show)));
}

/// What is counted. Beside the days, everything is read off the journeys themselves, or off a sample of them; then
/// these are estimates.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::web) struct Numbers {
    pub from: String,
    pub to: String,
    pub opened: u64,
    pub proven: u64,
    pub days: Vec<DayCount>,
    pub sample: Option<Sample>,
    pub operations: u64,
    #[serde(serialize_with = "as_object")]
    pub statuses: Vec<(&'static str, u64)>,
    pub steps: Steps,
    pub paid_not_returned: u64,
    pub open_to_home_ms: Option<Quantiles>,
    pub return_to_hand_back_ms: Option<Quantiles>,
    pub endpoints: Vec<EndpointHealth>,
}

/// A day, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::web) struct DayCount {
    pub day: String,
    pub opened: u64,
    pub proven: u64,
}

/// The journeys that were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(in crate::web) struct Sample {
    pub size: u64,
    /// In 19 of 20 cases a count is off by at most so many of a hundred journeys.
    pub margin_percent: f64,
}

/// How far customers came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(in crate::web) struct Steps {
    pub opened: u64,
    pub sent_out: u64,
    pub returned: u64,
    pub concluded: u64,
    pub handed_back: u64,
    pub redeemed: u64,
}

/// What half of them stay within, and 99 of 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::web) struct Quantiles {
    pub p50: u64,
    pub p99: u64,
}

fn as_object<S: serde::Serializer>(pairs: &[(&'static str, u64)], to: S) -> Result<S::Ok, S::Error> {
    pairs.iter().copied().collect::<BTreeMap<_, _>>().serialize(to)
}

async fn show(engine: web::Data<Engine>, request: HttpRequest, merchant: Authenticated) -> ApiResult {
    let query = ListQuery::read(&request, &["from", "to"])?;
    let days = read_days(&engine, query.filter("from"), query.filter("to"))?;
    Ok(HttpResponse::Ok().json(numbers(&engine, &merchant, &days).await?))
}

/// Reads which days are asked for.
///
/// # Errors
/// When one of them is not a day, or they are not days that can be counted together.
pub(in crate::web) fn read_days(engine: &Engine, from: Option<&str>, to: Option<&str>) -> Result<Days, Invalid> {
    let day = |name, text: Option<&str>| text.map(|text| time::day_in(name, text)).transpose();
    Days::read(day("from", from)?, day("to", to)?, engine.deps.clock.now())
}

/// Counts a merchant's journeys of these days.
///
/// # Errors
/// When the store is in trouble.
pub(in crate::web) async fn numbers(engine: &Engine, merchant: &Merchant, days: &Days) -> Result<Numbers, EngineError> {
    let counted = use_cases::numbers::of_days(engine, merchant.id, days).await?;
    let named = days.beginnings().map(time::day).zip(&counted.days);
    let days: Vec<_> = named
        .map(|(day, JourneyCount { opened, proven })| DayCount { day, opened: *opened, proven: *proven })
        .collect();
    let day = |day: Option<&DayCount>| day.map(|day| day.day.clone()).unwrap_or_default();
    Ok(Numbers {
        from: day(days.first()),
        to: day(days.last()),
        days,
        endpoints: health(engine, merchant).await?,
        ..tally(&counted)
    })
}

/// Counts the journeys that were read, and makes an estimate of it where these are a sample.
fn tally(counted: &CountedDays) -> Numbers {
    let CountedDays { total, read, is_whole, .. } = counted;
    let size = read.len() as u64;
    // What was opened or tidied away while this was counted is no estimate.
    let all = if *is_whole { size } else { total.opened };
    let of_all = |count: usize| (count as u64).saturating_mul(all).checked_div(size).unwrap_or_default();
    let count =
        |wanted: &dyn Fn(&SampledJourney) -> bool| of_all(read.iter().filter(|sampled| wanted(sampled)).count());
    // Money that is captured or given back is no payment more.
    let is_operation = |journey: &Journey| journey.opening().purpose.operation().is_some();
    let stands = |journey: &Journey, wanted| !is_operation(journey) && status(journey) == wanted;
    let of_status = |wanted| (wanted, count(&|sampled| stands(&sampled.journey, wanted)));
    Numbers {
        from: String::new(),
        to: String::new(),
        opened: total.opened,
        proven: total.proven,
        days: Vec::new(),
        sample: (!is_whole).then(|| Sample { size, margin_percent: margin(size) }),
        operations: count(&|sampled| is_operation(&sampled.journey)),
        statuses: Filter::STATUSES.into_iter().map(of_status).collect(),
        steps: steps(&count),
        paid_not_returned: count(&|sampled| is_missing(&sampled.journey)),
        open_to_home_ms: quantiles(read, |journey, home| home.at.since(journey.opening().opened_at)),
        return_to_hand_back_ms: quantiles(read, |_, home| home.at.since(home.came_back_at)),
        endpoints: Vec::new(),
    }
}

/// Counts how far customers came; from their return on those alone that did return.
fn steps(count: &impl Fn(&dyn Fn(&SampledJourney) -> bool) -> u64) -> Steps {
    let of_customers = |wanted: &dyn Fn(&SampledJourney) -> bool| {
        count(&|sampled| sampled.journey.opening().purpose.needs_customer() && wanted(sampled))
    };
    let of_returned = |wanted: &dyn Fn(&SampledJourney) -> bool| {
        of_customers(&|sampled| sampled.journey.came_back_at().is_some() && wanted(sampled))
    };
    Steps {
        opened: of_customers(&|_| true),
        sent_out: of_customers(&|sampled| !sampled.journey.visits().is_empty()),
        returned: of_returned(&|_| true),
        concluded: of_returned(&|sampled| !sampled.journey.final_outcomes().is_empty()),
        handed_back: of_returned(&|sampled| sampled.journey.first_hand_back().is_some()),
        redeemed: of_returned(&|sampled| sampled.is_redeemed),
    }
}

/// By how many of a hundred journeys a count off so many is wrong at the most, in 19 of 20 cases: 1.96 standard
/// deviations of a share of one half, which varies most.
#[expect(clippy::cast_precision_loss, reason = "a sample is small")]
fn margin(size: u64) -> f64 {
    (980.0 / (size.max(1) as f64).sqrt()).ceil() / 10.0
}

/// What half of these spans stay within, and 99 of 100; of the journeys whose customer was handed back.
fn quantiles(read: &[SampledJourney], span: impl Fn(&Journey, HandedBack) -> std::time::Duration) -> Option<Quantiles> {
    let handed_back =
        read.iter().filter_map(|SampledJourney { journey, .. }| Some((journey, journey.first_hand_back()?)));
    let mut spans: Vec<_> = handed_back.map(|(journey, home)| span(journey, home).as_millis()).collect();
    spans.sort_unstable();
    let at = |share: usize| {
        let place = (spans.len() * share).div_ceil(100).saturating_sub(1);
        spans.get(place).and_then(|span| u64::try_from(*span).ok())
    };
    Some(Quantiles { p50: at(50)?, p99: at(99)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey;

    fn counted(read: Vec<SampledJourney>, opened: u64, is_whole: bool) -> CountedDays {
        CountedDays { days: Vec::new(), total: JourneyCount { opened, proven: 0 }, read, is_whole }
    }

    fn drawn(many: usize) -> Vec<SampledJourney> {
        (0..many).map(|n| SampledJourney { journey: journey(), is_redeemed: n == 0 }).collect()
    }

    #[test]
    fn a_sample_stands_for_all_and_says_how_far_it_may_be_off() {
        let numbers = tally(&counted(drawn(2_500), 1_000_000, false));
        assert_eq!(numbers.sample, Some(Sample { size: 2_500, margin_percent: 2.0 }));
        assert_eq!(numbers.statuses[0], ("open", 1_000_000));
        assert_eq!((numbers.steps.opened, numbers.steps.sent_out), (1_000_000, 0));
        let whole = tally(&counted(drawn(3), 3, true));
        assert_eq!((whole.sample, whole.steps.opened, whole.operations), (None, 3, 0));
        let none = tally(&counted(Vec::new(), 0, true));
        assert_eq!((none.steps, none.open_to_home_ms), (Steps::default(), None));
    }

    #[test]
    fn the_margin_is_that_of_a_sample_of_this_size_and_never_too_small() {
        for (size, margin_of) in [(0, 98.0), (1, 98.0), (100, 9.8), (2_501, 2.0), (5_000, 1.4)] {
            assert!((margin(size) - margin_of).abs() < 1e-9, "{size}: {}", margin(size));
        }
    }
}

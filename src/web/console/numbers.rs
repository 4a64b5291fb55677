//! What became of the merchant's journeys, counted as `/v1/numbers` counts it.

use actix_web::web;
use serde::Deserialize;

use super::form::given;
use super::reply::{page, refused};
use super::viewing::OfMerchant;
use super::webhooks::endpoint_row;
use crate::engine::Days;
use crate::web::pages::instead::PageResult;
use crate::web::v1::numbers::{Quantiles, numbers, read_days};
use crate::web::views::console::{Counts, DayRow, Numbers, Place, Refused, SpanLink};
use crate::web::{page_at, time};

/// The spans that a link leads to, in days until today.
const SPANS: [u64; 3] = [7, 30, 92];

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/numbers", "GET").route(web::get().to(show)));
}

/// The days that are asked for.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Span {
    from: String,
    to: String,
}

async fn show(viewing: OfMerchant, span: web::Query<Span>) -> PageResult {
    let days = match read_days(&viewing.engine, given(&span.from), given(&span.to)) {
        Ok(days) => days,
        Err(invalid) => {
            let Span { from, to } = span.into_inner();
            return Ok(refused(&shown(&viewing, (from, to), None, Refused::by(invalid))));
        }
    };
    let counts = counts(&viewing, &days).await?;
    Ok(page(&shown(&viewing, ends(&days), Some(counts), Refused::default())))
}

fn shown(viewing: &OfMerchant, (from, to): (String, String), counts: Option<Counts>, refused: Refused) -> Numbers {
    let now = viewing.engine.deps.clock.now();
    let link = |days| {
        let (first, last) = ends(&Days::last(days, now));
        SpanLink { days, is_here: (&first, &last) == (&from, &to), from: first, to: last }
    };
    Numbers { frame: viewing.frame(Place::Numbers), spans: SPANS.map(link), from, to, counts, refused }
}

/// The first and the last of them.
fn ends(days: &Days) -> (String, String) {
    let day = |moment: Option<_>| moment.map(time::day).unwrap_or_default();
    (day(days.beginnings().next()), day(days.beginnings().last()))
}

async fn counts(viewing: &OfMerchant, days: &Days) -> Result<Counts, crate::engine::EngineError> {
    let counted = numbers(&viewing.engine, &viewing.merchant, days).await?;
    let steps = counted.steps;
    let endpoint = |health| Some(endpoint_row(health, viewing.merchant.endpoints.at(health.index)?));
    let times = [counted.open_to_home_ms, counted.return_to_hand_back_ms];
    Ok(Counts {
        opened: counted.opened,
        proven: counted.proven,
        days: counted
            .days
            .iter()
            .map(|day| DayRow { day: day.day.clone(), opened: day.opened, proven: day.proven })
            .collect(),
        sample: counted.sample.map(|sample| (sample.size, sample.margin_percent.to_string())),
        operations: counted.operations,
        statuses: counted.statuses,
        steps: [steps.opened, steps.sent_out, steps.returned, steps.concluded, steps.handed_back, steps.redeemed],
        not_returned: counted.paid_not_returned,
        times: times.map(|times| times.map(|Quantiles { p50, p99 }| (p50, p99))),
        endpoints: counted.endpoints.iter().filter(|health| health.is_failing()).filter_map(endpoint).collect(),
        kept_days: viewing.engine.deps.longest_life.as_secs() / (24 * 60 * 60),
    })
}

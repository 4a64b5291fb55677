//! A journey, as several pages need it.

use super::reply::problem;
use super::viewing::OfMerchant;
use crate::domain::Journey;
use crate::engine::{JourneyDetails, use_cases};
use crate::web::pages::instead::Instead;
use crate::web::v1::journey_view::read_id;
use crate::web::views::console::Problem;

/// The amount of a journey, such as `25.00 EUR`; empty where it is not about money.
pub(super) fn amount(journey: &Journey) -> String {
    let amount = journey.opening().purpose.amount();
    amount.map_or_else(String::new, |amount| format!("{amount} {}", amount.currency()))
}

/// A merchant's journey with everything about it.
pub(super) async fn sight(viewing: &OfMerchant, id: &str) -> Result<JourneyDetails, Instead> {
    let not_found = || Instead::from(problem(&Problem::not_found()));
    let (pay_id, id) = read_id(id).map_err(|_| not_found())?;
    let found = use_cases::list::sight(&viewing.engine, viewing.merchant.id, pay_id).await?;
    found.filter(|sight| id.is_none_or(|id| id == *sight.journey.id())).ok_or_else(not_found)
}

/// The page of a journey.
pub(super) fn address(journey: &Journey) -> String {
    format!("/console/journeys/{}", journey.id())
}

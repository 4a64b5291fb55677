//! The first page.

use actix_web::web;

use super::reply::{page, to, when};
use super::viewing::SignedIn;
use crate::domain::delivery::State;
use crate::domain::{KeyName, Merchant, Mode};
use crate::engine::{Engine, EngineError, JourneyFilter, KeyInUse, Whose, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::endpoints::{EndpointHealth, health};
use crate::web::views::console::{Place, Start};

/// How many of the newest journeys are looked at for a webhook that was received.
const LOOKED_AT: usize = 20;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("", "GET").route(web::get().to(start)));
}

async fn start(viewing: SignedIn) -> PageResult {
    let Whose::Merchant(merchant) = &viewing.viewer.whose else {
        return Ok(to(&viewing.engine, "/console/merchants"));
    };
    let engine = &viewing.engine;
    let first = merchant.callbacks.slots().iter().position(Option::is_some);
    let keys = use_cases::secrets::api_keys(engine, merchant).await?;
    let own_keys: Vec<&KeyInUse> = keys.iter().filter(|own| own.key.name != KeyName::demo()).collect();
    let proven = use_cases::list::journeys(engine, merchant.id, JourneyFilter::Proven, None, 1).await?;
    let done = [
        first.is_some(),
        !own_keys.is_empty(),
        !proven.is_empty(),
        has_received(engine, merchant).await?,
        own_keys.iter().any(|own| own.last_used_at.is_some()),
    ];
    let test_from = match first {
        _ if engine.deps.mode_of(merchant) == Mode::Live => "/console/journeys/new".to_owned(),
        Some(index) => format!("/console/callbacks/{index}"),
        None => "/console/callbacks/new".to_owned(),
    };
    let down = merchant.callbacks.slots().iter().enumerate().filter_map(|(index, saved)| {
        let saved = saved.as_ref()?;
        Some((index, saved.url.as_str().to_owned(), when(saved.down_since(engine, merchant)?)))
    });
    let failing = failing(engine, merchant).await?;
    Ok(page(&Start { frame: viewing.frame(Place::Start), done, down: down.collect(), failing, test_from }))
}

/// The endpoints that do not take what they are sent now, and whether each has said that it is gone.
async fn failing(engine: &Engine, merchant: &Merchant) -> Result<Vec<(String, bool)>, EngineError> {
    let health = health(engine, merchant).await?;
    let shown = |health: &EndpointHealth| {
        let endpoint = merchant.endpoints.at(health.index)?;
        Some((endpoint.url.without_query().to_owned(), health.gone))
    };
    Ok(health.iter().filter(|health| health.is_failing()).filter_map(shown).collect())
}

/// Whether a server of the merchant's has received what became of one of its newest journeys.
async fn has_received(engine: &Engine, merchant: &Merchant) -> Result<bool, EngineError> {
    for journey in use_cases::list::journeys(engine, merchant.id, JourneyFilter::All, None, LOOKED_AT).await? {
        let details = use_cases::list::sight(engine, merchant.id, journey.pay_id()).await?;
        let received = |delivery: &crate::domain::Delivery| delivery.state == State::Delivered;
        if details.is_some_and(|details| details.deliveries.iter().any(received)) {
            return Ok(true);
        }
    }
    Ok(false)
}

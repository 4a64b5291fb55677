//! The first page, the API keys, and numbers.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted};
use super::journeys::{derive_once, is_missing};
use super::reply::{page, problem, refused, to, trouble, when};
use super::viewing::{OfMerchant, SignedIn};
use crate::domain::delivery::State;
use crate::domain::{AuditAction, Invalid, Journey, KeyName, KeyNumber, Merchant, Mode, Role, UnixMillis};
use crate::engine::{Engine, EngineError, JourneyFilter, KeyInUse, ScanRange, Whose, derive, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::{journey_view::status, journeys::Filter};
use crate::web::views::console::{Issued, KeyFields, KeyRow, Keys, Numbers, Place, Problem, Refused, Start};

/// How many of the newest journeys are looked at for a webhook that was received.
const LOOKED_AT: usize = 20;

/// How many journeys are counted.
const COUNTED: usize = 2_000;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("", "GET").route(web::get().to(start)))
        .service(page_at("/keys", "GET, POST").route(web::get().to(keys)).route(web::post().to(add_key)))
        .service(page_at("/keys/revoke", "POST").route(web::post().to(revoke_key)))
        .service(page_at("/numbers", "GET").route(web::get().to(numbers)));
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
    Ok(page(&Start { frame: viewing.frame(Place::Start), done, down: down.collect(), test_from }))
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

async fn keys(viewing: OfMerchant) -> PageResult {
    Ok(page(&keys_page(&viewing, KeyFields::default(), Refused::default()).await?))
}

async fn keys_page(viewing: &OfMerchant, new: KeyFields, refused: Refused) -> Result<Keys, EngineError> {
    let row = |own: KeyInUse| KeyRow {
        number: own.key.number.to_string(),
        name: own.key.name.as_str().to_owned(),
        made_at: when(own.key.created_at),
        used_at: own.last_used_at.map(when),
        ends_at: own.key.ends_at.map(when),
    };
    let keys = use_cases::secrets::api_keys(&viewing.engine, &viewing.merchant).await?;
    let keys = keys.into_iter().map(row).collect();
    let once = derive_once(&viewing.engine);
    let new = KeyFields { once, ..new };
    Ok(Keys { frame: viewing.frame(Place::Keys), keys, new, refused })
}

impl Posted for KeyFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn add_key(form: Form<KeyFields>) -> Changed {
    let (by, name) = (&form.by, KeyName::parse(&form.fields.name));
    let added = match name {
        Ok(name) => {
            let content = [name.as_str().as_bytes()];
            let once = derive::reservation_for(by.merchant.id, "console/keys", &form.fields.once, &content);
            use_cases::secrets::add_key_once(&by.engine, by.merchant.id, name, &once).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match added {
        Ok(Some(new)) => {
            let (name, key) = (new.issued.name.as_str(), new.key.reveal().to_owned());
            let shown = Issued::key(by.frame(Place::Keys), name, key);
            form.answer(AuditAction::KeyAdded, &new.issued.number.to_string(), page(&shown)).await
        }
        Ok(None) => Err(not_found().into()),
        Err(EngineError::Refused(invalid)) => {
            Err(refused(&keys_page(by, form.fields.clone(), Refused::by(invalid)).await?).into())
        }
        Err(error) => Err(trouble(&error).into()),
    }
}

/// The key that is to end.
#[derive(Deserialize)]
struct Revoke {
    number: String,
}

impl Posted for Revoke {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn revoke_key(form: Form<Revoke>) -> Changed {
    let (by, number) = (&form.by, form.fields.number.parse::<KeyNumber>().map_err(|_| not_found())?);
    match use_cases::secrets::revoke_key(&by.engine, by.merchant.id, number).await {
        Ok(true) => form.done(AuditAction::KeyRevoked, &number.to_string(), "/console/keys").await,
        Ok(false) => Err(not_found().into()),
        Err(error) => Err(trouble(&error).into()),
    }
}

#[derive(Deserialize)]
struct Span {
    #[serde(default = "a_week")]
    days: u64,
}

const fn a_week() -> u64 {
    7
}

async fn numbers(viewing: OfMerchant, span: web::Query<Span>) -> PageResult {
    let (engine, days) = (&viewing.engine, span.days);
    if !(1..=90).contains(&days) {
        return Err(problem(&Problem::refused(&Invalid::new("days", "is not a number from 1 to 90"))).into());
    }
    let ago = Duration::from_hours(24 * days);
    let epoch = UnixMillis::from_millis(0);
    let from = Some(epoch.plus(engine.deps.clock.now().since(epoch.plus(ago))));
    let range = ScanRange { from, ..ScanRange::of(JourneyFilter::All) };
    // A capture or a refund is not another payment.
    let is_counted = |journey: &Journey| journey.opening().purpose.operation().is_none();
    let selected = use_cases::list::page(engine, viewing.merchant.id, range, COUNTED, is_counted).await?;
    let (found, stopped) = (selected.journeys, selected.stopped.is_some());
    let count = |wanted: &'static str| (wanted, found.iter().filter(|journey| status(journey) == wanted).count());
    Ok(page(&Numbers {
        frame: viewing.frame(Place::Numbers),
        days,
        total: found.len(),
        counts: Filter::STATUSES.into_iter().map(count).collect(),
        not_returned: found.iter().filter(|journey| is_missing(journey)).count(),
        return_millis: return_times(&found),
        stopped: stopped || found.len() == COUNTED,
    }))
}

/// How long half of the customers took from being sent out until they came back, and 99 of 100.
fn return_times(journeys: &[Journey]) -> Option<(u64, u64)> {
    let took = |journey: &Journey| {
        let (left, back) = (journey.visits().first()?.left_at, journey.came_back_at()?);
        u64::try_from(back.since(left).as_millis()).ok()
    };
    let mut all: Vec<u64> = journeys.iter().filter_map(took).collect();
    all.sort_unstable();
    let at = |share: usize| all.get((all.len() * share).div_ceil(100).saturating_sub(1)).copied();
    Some((at(50)?, at(99)?))
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

//! The first page, and the API keys.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted, draw_once};
use super::reply::{page, problem, refused, to, trouble, when};
use super::viewing::{OfMerchant, SignedIn};
use crate::domain::delivery::State;
use crate::domain::{AuditAction, KeyName, KeyNumber, Merchant, Mode, Role};
use crate::engine::{Engine, EngineError, JourneyFilter, KeyInUse, Whose, derive, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::endpoints::{EndpointHealth, health};
use crate::web::views::console::{Issued, KeyFields, KeyRow, Keys, Place, Problem, Refused, Start};

/// How many of the newest journeys are looked at for a webhook that was received.
const LOOKED_AT: usize = 20;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("", "GET").route(web::get().to(start)))
        .service(page_at("/keys", "GET, POST").route(web::get().to(keys)).route(web::post().to(add_key)))
        .service(page_at("/keys/revoke", "POST").route(web::post().to(revoke_key)));
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
    let once = draw_once(&viewing.engine);
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

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

//! `/consents`: what became of them, and how they end.

use std::{collections::BTreeSet, time::Duration};

use actix_web::{HttpRequest, http::StatusCode, web};

use super::answer::{ErrorBody, Reply, Success, answered, list_url, success};
use super::at;
use super::call::{Call, merchant_of, query};
use crate::dialect::yapily::{
    About, Body, Pagination, Query, consent, deleted, force_delete, is_own, read_confirmation,
};
use crate::domain::{Invalid, Journey, JourneyId, MerchantId, UserId, consent::Kind};
use crate::engine::{Changed, Engine, JourneyFilter, Page, ScanRange, derive, find, scan, use_cases};
use crate::web::{Incoming, request_timeout::request_timeout};

/// How far the consents of a list are counted beyond its page.
const COUNTED: usize = 10_000;

/// The most journeys that one list looks at, the newest ones of its users and its time. What lies beyond is neither
/// listed nor counted; the answer says so by a link to where the list goes on.
const LOOKED_AT: usize = 20_000;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let one_consent = at("/consents/{id}", "GET, DELETE");
    config
        .service(at("/consents", "GET").route(web::get().to(answered(list))))
        .service(one_consent.route(web::get().to(answered(one))).route(web::delete().to(answered(delete))))
        .service(at("/consents/{id}/extend", "POST").route(web::post().to(answered(extend))));
}

/// What an authenticated answer says of a consent besides its journey.
pub(super) fn about(engine: &Engine, journey: &Journey) -> About {
    About {
        state: derive::latest_api_state(&engine.deps, journey),
        token: derive::consent_token(&engine.deps, journey),
        now: engine.deps.clock.now(),
    }
}

async fn one(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?.id;
    let found = find::consent_soon(&engine.deps, merchant, id_of(&request)?, request_timeout(&request)?).await?;
    wrapped(&engine, &found.filter(is_own).ok_or_else(unknown)?)
}

async fn delete(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?.id;
    force_delete(query(&request))?;
    let journey = use_cases::consent::revoke(&engine, find(&engine, merchant, id_of(&request)?).await?).await?;
    success(StatusCode::OK, Body::wrapped(deleted(&journey)))
}

async fn extend(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let request = incoming.request.clone();
    let call = Call::read(&engine, incoming).await?;
    let journey = find(&engine, call.merchant.id, id_of(&request)?).await?;
    let at = read_confirmation(&call.body, engine.deps.clock.now())?;
    if journey.opening().purpose.consent().is_none_or(|consent| consent.kind != Kind::Accounts) {
        return Err(Invalid::new("consentId", "names a consent to a payment, which is not confirmed again").into());
    }
    match use_cases::consent::confirm(&engine, journey, at).await? {
        Changed::Done(journey) => wrapped(&engine, &journey),
        // The document has 400 for a status as for a type that cannot be extended, not the 403 of other calls.
        Changed::Cannot(status) => Err(ErrorBody::unusable(status).with_status(StatusCode::BAD_REQUEST)),
    }
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?.id;
    let query = Query::read(query(&request))?;
    let users = users(&engine, merchant, &query).await?;
    let lists = users
        .as_ref()
        .map_or_else(|| vec![JourneyFilter::All], |users| users.iter().copied().map(JourneyFilter::OfUser).collect());
    // The range ends before its moment, the filter with it.
    let before = query.before.map(|before| before.plus(Duration::from_millis(1)));
    let range = ScanRange { lists, before, after: None, from: query.from, most: LOOKED_AT, ..ScanRange::default() };
    let now = engine.deps.clock.now();
    let wanted = |journey: &Journey| {
        is_own(journey) && journey.opening().purpose.consent().is_some() && query.admits(journey, now)
    };
    let page = Page { skip: query.offset, most: query.most() };
    let to = query.offset.saturating_add(query.most()).saturating_add(COUNTED);
    let selected = scan::select_and_count(&engine.deps, merchant, &range, (page, to), wanted).await?;
    let (journeys, total) = (selected.journeys, selected.count);
    let next = selected.stopped.map(|last| {
        // The list goes on at the same moment, behind what this answer has of it.
        let shown = journeys.iter().filter(|journey| journey.opening().opened_at == last.opened_at).count();
        list_url(&engine, "/yapily/consents", &query.beginning(last.opened_at, shown))
    });
    let abouts: Vec<About> = journeys.iter().map(|journey| about(&engine, journey)).collect();
    let items: Vec<_> = journeys.iter().zip(&abouts).map(|(journey, about)| consent(journey, about)).collect();
    let pagination = Pagination::new(total, query.offset, query.limit);
    Ok(Success { next, ..success(StatusCode::OK, Body::list(&items, Some(pagination)))? })
}

/// The users that a query names, each once, if it names any: those that exist and meet both of its filters.
async fn users(engine: &Engine, merchant: MerchantId, query: &Query) -> Result<Option<BTreeSet<UserId>>, ErrorBody> {
    if query.application_users.is_empty() {
        return Ok((!query.users.is_empty()).then(|| query.users.iter().copied().collect()));
    }
    let mut users = BTreeSet::new();
    for own in &query.application_users {
        users.extend(use_cases::users::find_named(engine, merchant, own).await?.map(|user| user.id));
    }
    users.retain(|user| query.users.is_empty() || query.users.contains(user));
    Ok(Some(users))
}

fn wrapped(engine: &Engine, journey: &Journey) -> Reply {
    success(StatusCode::OK, Body::wrapped(consent(journey, &about(engine, journey))))
}

pub(super) async fn find(engine: &Engine, merchant: MerchantId, id: JourneyId) -> Result<Journey, ErrorBody> {
    find::consent(&engine.deps, merchant, id).await?.filter(is_own).ok_or_else(unknown)
}

/// The consent that the path names; what is no id names none.
pub(super) fn id_of(request: &HttpRequest) -> Result<JourneyId, ErrorBody> {
    request.match_info().query("id").parse().map_err(|_| unknown())
}

fn unknown() -> ErrorBody {
    ErrorBody::not_found("There is no such consent")
}

//! Journeys: found, exported, and one with all that happened to it.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use url::form_urlencoded::Serializer;

use super::form::{draw_once, given};
use super::journey::{address, amount, sight};
use super::reply::{page, problem, refused, when};
use super::timeline::live_part;
use super::viewing::OfMerchant;
use crate::dialect::{ixopay, token_io};
use crate::domain::provider_account::name_for_merchant;
use crate::domain::{Invalid, Journey, MerchantTexts, OperationKind, Outcome};
use crate::engine::{Engine, EngineError, JourneyCursor, Selected, derive, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::time::{read_day, rfc3339};
use crate::web::v1::journey_view::{has_link, is_mismatched, is_missing, merchant_texts, read_id, status};
use crate::web::v1::journeys::Filter;
use crate::web::v1::list::{ListQuery, Place as _};
use crate::web::v1::preview::word;
use crate::web::views::console::{Can, JourneyPage, JourneyRow, Journeys, PayLink, Place, Problem, Refused, Search};

/// How many journeys a page shows.
const ON_A_PAGE: usize = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/journeys", "GET").route(web::get().to(list)))
        .service(page_at("/journeys/{journey}", "GET").route(web::get().to(one)));
}

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// The parameters of `GET /v1/journeys` that a search means, but for what it looks for in the merchant's own texts.
fn parameters(search: &Search) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    let mut push = |name: &'static str, text: Cow<'static, str>| pairs.push((name.into(), text));
    match search.status.as_str() {
        "" => {}
        Search::NOT_RETURNED => {
            push("status", "paid".into());
            push("returned", "false".into());
        }
        Search::MISMATCH => push("standing", "mismatch".into()),
        status => push("status", status.to_owned().into()),
    }
    let texts = [("dialect", &search.dialect), ("provider", &search.provider), ("note_prefix", &search.note)];
    for (name, text) in texts.into_iter().chain([("after", &search.after)]) {
        if let Some(text) = given(text) {
            push(name, text.to_owned().into());
        }
    }
    if let Some(day) = given(&search.from) {
        push("opened_from", format!("{day}T00:00:00Z").into());
    }
    if let Some(day) = given(&search.to) {
        let next = read_day(day).map_or_else(|| day.to_owned(), |begins| rfc3339(begins.plus(DAY)));
        push("opened_before", next.into());
    }
    pairs
}

/// What a search looks for in texts: the merchant's reference, which may hold `=`, the provider's, or a text of the
/// metadata.
fn texts(find: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let metadata = find
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, text)| (format!("metadata[{name}]").into(), text.into()));
    let references = ["reference", "provider_reference"].map(|name| (name.into(), find.into()));
    references.into_iter().chain(metadata).collect()
}

/// The query of the console's own list for a search, behind a place.
fn query(search: &Search, after: Option<&str>) -> String {
    let all = [
        ("find", search.find.as_str()),
        ("status", &search.status),
        ("note", &search.note),
        ("dialect", &search.dialect),
        ("provider", &search.provider),
        ("from", &search.from),
        ("to", &search.to),
        ("after", after.unwrap_or_default()),
    ];
    Serializer::new(String::new()).extend_pairs(all.into_iter().filter(|(_, text)| !text.is_empty())).finish()
}

/// What a search finds; with the place at which it goes on. Counts the journeys that it looks at.
pub(super) async fn find(
    viewing: &OfMerchant,
    search: &Search,
    most: usize,
    looked_at: &Cell<usize>,
) -> Result<(Selected, Option<String>), EngineError> {
    let usual = parameters(search);
    let page = ListQuery::read_pairs(usual.clone().into_iter(), &Filter::NAMES)?;
    let filter = Filter::read(&page)?;
    let one = |text| ListQuery::read_pairs(usual.iter().cloned().chain([text]), &Filter::NAMES);
    let pages =
        given(&search.find).map(texts).unwrap_or_default().into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let either = pages.iter().map(Filter::read).collect::<Result<Vec<_>, _>>()?;
    let range = filter.range(page.place()?);
    let wants = |journey: &Journey| {
        looked_at.set(looked_at.get() + 1);
        let engine = &viewing.engine;
        if either.is_empty() {
            filter.wants(engine, journey)
        } else {
            either.iter().any(|one| one.wants(engine, journey))
        }
    };
    let found = use_cases::list::page(&viewing.engine, viewing.merchant.id, range, most, wants).await?;
    let last = found.journeys.last().filter(|_| found.journeys.len() == most).map(JourneyCursor::of);
    let next = last.or(found.stopped).map(|place| place.write());
    Ok((found, next))
}

async fn list(viewing: OfMerchant, search: web::Query<Search>) -> PageResult {
    let search = search.into_inner();
    if let Some(path) = found_by_id(&viewing, &search).await? {
        return Ok(super::reply::to(&viewing.engine, &path));
    }
    match find(&viewing, &search, ON_A_PAGE, &Cell::new(0)).await {
        Ok((found, next)) => {
            let rows = found.journeys.iter().map(row).collect();
            let next = next.map(|next| query(&search, Some(&next)));
            Ok(page(&listed(&viewing, search, rows, (next, found.stopped.is_some()), Refused::default())))
        }
        Err(EngineError::Refused(invalid)) => {
            Ok(refused(&listed(&viewing, search, Vec::new(), (None, false), Refused::by(invalid))))
        }
        Err(error) => Err(error.into()),
    }
}

/// The page of the journey whose id is looked for, in the words of any dialect, if it is an id of one.
async fn found_by_id(viewing: &OfMerchant, search: &Search) -> Result<Option<String>, Instead> {
    let Some(text) = given(&search.find) else { return Ok(None) };
    let token_io = [token_io::read_payment_id, token_io::read_request_id, token_io::read_link_id];
    let of_token_io = || token_io.iter().find_map(|read| read(text).ok()).map(|id| (id.pay_id(), Some(id)));
    let uuid = ixopay::Reference::parse(text).or_else(|| ixopay::Reference::of_own_id(text));
    let of_ixopay = uuid.map(|uuid| (uuid.pay_id(), None));
    let Some((pay_id, id)) = read_id(text).ok().or_else(of_token_io).or(of_ixopay) else { return Ok(None) };
    let found = use_cases::list::sight(&viewing.engine, viewing.merchant.id, pay_id).await?;
    let is_meant =
        |journey: &Journey| id.is_none_or(|id| id == *journey.id()) && uuid.is_none_or(|uuid| uuid.is_of(journey));
    Ok(found.filter(|details| is_meant(&details.journey)).map(|details| address(&details.journey)))
}

fn listed(
    viewing: &OfMerchant,
    search: Search,
    journeys: Vec<JourneyRow>,
    (next, stopped): (Option<String>, bool),
    refused: Refused,
) -> Journeys {
    Journeys {
        frame: viewing.frame(Place::Journeys),
        refused,
        statuses: &Filter::STATUSES,
        dialects: viewing.engine.deps.dialects.iter().map(|dialect| dialect.name()).collect(),
        providers: providers(viewing),
        journeys,
        next,
        stopped,
        query: query(&search, None),
        search,
    }
}

/// The names of the providers of a merchant: its own accounts, then the operator's.
pub(super) fn providers(viewing: &OfMerchant) -> Vec<String> {
    let deps = &viewing.engine.deps;
    let mode = deps.mode_of(&viewing.merchant);
    let own = deps.providers.of_merchant(viewing.merchant.id, mode);
    let operators = deps.providers.operators().iter().filter(|provider| provider.mode() == mode);
    own.iter().chain(operators).map(|provider| name_for_merchant(provider.name()).to_owned()).collect()
}

fn row(journey: &Journey) -> JourneyRow {
    JourneyRow {
        id: journey.id().to_string(),
        opened_at: when(journey.opening().opened_at),
        amount: amount(journey),
        status: status(journey),
        note: journey.opening().purpose.note().to_owned(),
        provider: journey.known_provider().map_or("", name_for_merchant).to_owned(),
        dialect: journey.opening().dialect.clone(),
        operation: journey.opening().purpose.operation().map(|operation| operation.kind.as_str()),
        is_missing: is_missing(journey),
    }
}

async fn one(viewing: OfMerchant, id: web::Path<String>) -> PageResult {
    let details = sight(&viewing, &id).await?;
    let once = draw_once(&viewing.engine);
    let journey = &details.journey;
    let MerchantTexts { reference, metadata } = merchant_texts(&viewing.engine, journey);
    Ok(page(&JourneyPage {
        frame: viewing.frame(Place::Journeys),
        id: journey.id().to_string(),
        operation: journey.opening().purpose.operation().map(|operation| operation.kind.as_str()),
        amount: amount(journey),
        facts: facts(&viewing, journey, reference),
        metadata: metadata.into_iter().collect(),
        link: pay_link(&viewing.engine, journey)?,
        urls: urls(&viewing.engine, journey)?,
        live: live_part(&viewing.merchant, &details),
        can: can(journey),
        once,
    }))
}

fn facts(viewing: &OfMerchant, journey: &Journey, reference: Option<String>) -> Vec<(&'static str, String)> {
    let (opening, operation) = (journey.opening(), journey.opening().purpose.operation());
    let shown = |moment| when(moment).shown;
    let total = |kind| journey.total(kind).map(|total| total.to_string()).unwrap_or_default();
    let payment = journey.latest_payment().and_then(|payment| payment.provider_reference().map(str::to_owned));
    let all = [
        ("journey_id", journey.id().to_string()),
        ("pay_id", journey.pay_id().to_string()),
        ("operation", operation.map(|operation| operation.kind.as_str().to_owned()).unwrap_or_default()),
        ("of", operation.and_then(|operation| operation.of).map(|of| of.to_string()).unwrap_or_default()),
        ("reference", reference.unwrap_or_default()),
        ("note", opening.purpose.note().to_owned()),
        ("dialect", opening.dialect.clone()),
        ("mode", opening.mode.unwrap_or(viewing.engine.deps.usual_mode).as_str().to_owned()),
        ("provider", journey.known_provider().map_or("", name_for_merchant).to_owned()),
        ("payment at the provider", payment.unwrap_or_default()),
        ("standing", if is_mismatched(journey) { Search::MISMATCH.to_owned() } else { String::new() }),
        ("opened_at", shown(opening.opened_at)),
        ("expires_at", shown(opening.expires_at)),
        ("returned_at", journey.came_back_at().map(shown).unwrap_or_default()),
        ("concluded_at", journey.final_outcome().map(|end| shown(end.at)).unwrap_or_default()),
        ("captured", total(OperationKind::Capture)),
        ("refunded", total(OperationKind::Refund)),
        ("charged_back", total(OperationKind::Chargeback)),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The link of a payment that can still be made, where `/v1` gives its link too.
fn pay_link(engine: &Engine, journey: &Journey) -> Result<Option<PayLink>, EngineError> {
    if !journey.is_open() || journey.opening().purpose.checkout().is_none() || !has_link(journey) {
        return Ok(None);
    }
    let text = derive::link(&engine.deps, journey)?;
    Ok(Some(PayLink {
        url: derive::pay_link(&engine.deps, journey)?,
        qr: format!("{}/qr.png?link_id={text}", crate::engine::PAYMENT_PAGE),
    }))
}

fn urls(engine: &Engine, journey: &Journey) -> Result<Vec<(&'static str, String)>, EngineError> {
    if !journey.opening().purpose.needs_customer() {
        return Ok(Vec::new());
    }
    let urls = use_cases::open::outcome_urls(engine, journey)?;
    let named = |(outcome, url): (Outcome, String)| (word(&journey.opening().dialect, outcome), url);
    Ok(urls.into_iter().map(named).collect())
}

/// What can be done to a journey now.
fn can(journey: &Journey) -> Can {
    let outcome = journey.final_outcome().map(|end| end.outcome);
    let is_proven = matches!(outcome, Some(Outcome::Paid | Outcome::Authorised));
    let left = |kind| {
        let left = journey.applicable(kind).filter(|_| is_proven).flatten();
        left.filter(|left| left.minor() > 0).map(|left| left.to_string())
    };
    let (is_reserved, capture) = (outcome == Some(Outcome::Authorised), left(OperationKind::Capture));
    Can {
        cancel: journey.final_outcome().is_none() && journey.opening().purpose.needs_customer(),
        void: is_reserved && capture.is_some(),
        capture,
        refund: left(OperationKind::Refund),
    }
}

/// What is refused of an amount and of everything beside it.
pub(super) fn refused_order(invalid: &Invalid) -> HttpResponse {
    problem(&Problem::refused(invalid))
}

//! A merchant's journeys, with their timelines.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::deliveries::{DeliveryView, Shown};
use super::{ApiResult, Authenticated, endpoints::EndpointView, list::ListQuery, ways::PlannedView};
use crate::domain::{
    Cause, FinalOutcome, Grant, Journey, JourneyId, LedTo, PayId, PaymentStanding, ProviderPayment, ProviderRefusal,
    RecordedResponse, Stage, UnixMillis,
};
use crate::engine::{Engine, JourneyCursor, JourneyDetails, JourneyFilter, derive, use_cases};
use crate::web::{Problem, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/journeys", "GET").route(web::get().to(list)))
        .service(super::at("/journeys/{id}", "GET").route(web::get().to(one)));
}

#[skip_serializing_none]
#[derive(Serialize)]
struct JourneyView {
    journey_id: String,
    pay_id: String,
    dialect: String,
    status: &'static str,
    amount: Option<String>,
    currency: Option<String>,
    note: String,
    opened_at: String,
    expires_at: String,
    concluded_at: Option<String>,
    returned_at: Option<String>,
    provider: Option<String>,
    payment: Option<PaymentView>,
    pay_link: Option<String>,
    callbacks: Callbacks,
}

/// A payment that a provider holds.
#[skip_serializing_none]
#[derive(Serialize)]
struct PaymentView {
    reference: Option<String>,
    standing: &'static str,
    reported: Option<String>,
    reported_at: Option<String>,
}

impl From<&ProviderPayment> for PaymentView {
    fn from(payment: &ProviderPayment) -> Self {
        let (standing, mismatch) = match &payment.standing {
            PaymentStanding::Open => ("open", None),
            PaymentStanding::Over => ("over", None),
            PaymentStanding::Proven => ("proven", None),
            PaymentStanding::Mismatch { reported, at } => ("mismatch", Some((reported.clone(), rfc3339(*at)))),
        };
        let (reported, reported_at) = mismatch.unzip();
        let reference = payment.created.as_ref().map(|created| created.reference.clone());
        Self { reference, standing, reported, reported_at }
    }
}

#[derive(Serialize)]
struct Callbacks {
    destination: Option<PlannedView>,
    background: Vec<PlannedView>,
    endpoints: Vec<EndpointView>,
}

#[derive(Serialize)]
struct JourneyDetailsView {
    #[serde(flatten)]
    journey: JourneyView,
    deliveries: Vec<DeliveryView>,
    timeline: Vec<Event>,
}

#[skip_serializing_none]
#[derive(Serialize, Default)]
struct Event {
    #[serde(skip)]
    millis: u64,
    at: String,
    event: &'static str,
    visit: Option<usize>,
    outcome: Option<&'static str>,
    by: Option<&'static str>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn list(engine: web::Data<Engine>, request: HttpRequest, merchant: Authenticated) -> ApiResult {
    let page = ListQuery::read(&request, &["limit", "after"])?;
    let filter = JourneyFilter::All;
    let journeys = use_cases::list::journeys(&engine, merchant.id, filter, page.place()?, page.limit).await?;
    let next = page.next(&journeys, JourneyCursor::of);
    let views = journeys.iter().map(|journey| view(&engine, journey)).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "journeys": views, "next": next })))
}

async fn one(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let (pay_id, journey_id) = match (id.parse::<PayId>(), id.parse::<JourneyId>()) {
        (Ok(pay_id), _) => (pay_id, None),
        (_, Ok(journey_id)) => (journey_id.pay_id(), Some(journey_id)),
        _ => return Err(Problem::not_found("journey")),
    };
    match use_cases::list::sight(&engine, merchant.id, pay_id).await? {
        Some(sight) if journey_id.is_none_or(|id| id == *sight.journey.id()) => {
            Ok(HttpResponse::Ok().json(sight_view(&engine, &sight)?))
        }
        _ => Err(Problem::not_found("journey")),
    }
}

fn view(engine: &Engine, journey: &Journey) -> Result<JourneyView, Problem> {
    let opening = journey.opening();
    let provider = journey.provider_of(journey.last_visit().unwrap_or_default());
    Ok(JourneyView {
        journey_id: journey.id().to_string(),
        pay_id: journey.pay_id().to_string(),
        dialect: opening.dialect.clone(),
        status: status(journey),
        amount: opening.purpose.amount().map(|amount| amount.to_string()),
        currency: opening.purpose.amount().map(|amount| amount.currency().to_string()),
        note: opening.purpose.note().to_owned(),
        opened_at: rfc3339(opening.opened_at),
        expires_at: rfc3339(opening.expires_at),
        concluded_at: journey.final_outcome().map(|final_outcome| rfc3339(final_outcome.at)),
        returned_at: journey.came_back_at().map(rfc3339),
        provider: Some(provider).filter(|provider| !provider.is_empty()).map(str::to_owned),
        payment: journey.latest_payment().map(PaymentView::from),
        // Where no customer has a part in it nobody is given a link.
        pay_link: opening.purpose.needs_customer().then(|| derive::pay_link(&engine.deps, journey)).transpose()?,
        callbacks: Callbacks {
            destination: opening.plan.destination.as_ref().map(PlannedView::from),
            background: opening.plan.background.iter().map(PlannedView::from).collect(),
            endpoints: opening.plan.endpoints.iter().map(EndpointView::from).collect(),
        },
    })
}

/// `open`, `away`, or the outcome in force.
pub(super) fn status(journey: &Journey) -> &'static str {
    match journey.stage() {
        Stage::Open(_) => "open",
        Stage::Away { .. } | Stage::HandedBack => "away",
        Stage::Concluded(final_outcome) => final_outcome.outcome.as_str(),
    }
}

fn sight_view(engine: &Engine, sight: &JourneyDetails) -> Result<JourneyDetailsView, Problem> {
    let deliveries = sight.deliveries.iter().map(|delivery| DeliveryView::of(&sight.journey, delivery, Shown::Every));
    Ok(JourneyDetailsView {
        journey: view(engine, &sight.journey)?,
        deliveries: deliveries.collect(),
        timeline: timeline(sight),
    })
}

/// What happened, in the order of time.
fn timeline(sight: &JourneyDetails) -> Vec<Event> {
    let journey = &sight.journey;
    let mut events = vec![event(journey.opening().opened_at, "opened")];
    for (number, visit) in (1..).zip(journey.visits()) {
        events.push(Event { visit: Some(number), ..event(visit.left_at, "left") });
        events.extend(visit.answers.iter().filter_map(|answer| tried(answer, number)));
    }
    events.extend(journey.final_outcomes().iter().map(concluded));
    events.extend(journey.reopenings().iter().map(|reopening| event(reopening.at, "asked_again")));
    events.extend(journey.grant().into_iter().flat_map(changes));
    events.extend(sight.redeemed_at.map(|at| event(at, "redeemed")));
    events.sort_by_key(|event| event.millis);
    events
}

/// What became of a consent after it had been given.
fn changes(grant: &Grant) -> impl Iterator<Item = Event> {
    let confirmed = (grant.confirmed_at != grant.given_at).then_some((grant.confirmed_at, "confirmed"));
    let consumed = grant.consumed_at.map(|at| (at, "consumed"));
    let revoked = grant.revoked_at.map(|at| (at, "revoked"));
    [confirmed, consumed, revoked].into_iter().flatten().map(|(at, name)| event(at, name))
}

/// An answer of the bank that concluded nothing.
fn tried(answer: &RecordedResponse, visit: usize) -> Option<Event> {
    let visit = Some(visit);
    match &answer.end {
        Some(LedTo::Failed(error)) => Some(Event { visit, ..refused(error, event(answer.at, "try_failed")) }),
        Some(LedTo::HandedBackEarly) => Some(Event { visit, ..event(answer.at, "handed_back_early") }),
        Some(LedTo::Outcome(_)) | None => None,
    }
}

fn concluded(final_outcome: &FinalOutcome) -> Event {
    let (by, error) = match &final_outcome.cause {
        Cause::Provider(error) => ("bank", error.as_ref()),
        Cause::Customer => ("customer", None),
        Cause::Merchant => ("merchant", None),
        Cause::Time => ("time", None),
    };
    let outcome = Some(final_outcome.outcome.as_str());
    let event = Event { outcome, by: Some(by), ..event(final_outcome.at, "concluded") };
    match error {
        Some(error) => refused(error, event),
        None => event,
    }
}

fn refused(error: &ProviderRefusal, event: Event) -> Event {
    let error_description = error.description().map(str::to_owned);
    Event { error: Some(error.code().to_owned()), error_description, ..event }
}

fn event(moment: UnixMillis, event: &'static str) -> Event {
    Event { millis: moment.as_millis(), at: rfc3339(moment), event, ..Event::default() }
}

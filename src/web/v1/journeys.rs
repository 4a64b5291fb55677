//! A merchant's journeys, with their timelines.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::deliveries::{DeliveryView, Shown};
use super::journey_view::{JourneyView, STANDINGS, merchant_texts, read_id, standing, status, view};
use super::list::{ListQuery, Place as _};
use super::{ApiResult, Authenticated};
use crate::domain::provider_account::name_for_merchant;
use crate::domain::{
    Cause, FinalOutcome, Grant, Invalid, Journey, LedTo, MerchantTexts, ProviderRefusal, RecordedResponse, UnixMillis,
};
use crate::engine::{Engine, JourneyCursor, JourneyDetails, JourneyFilter, ScanRange, Selected, use_cases};
use crate::web::Problem;
use crate::web::time::{read_rfc3339, rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            super::at("/journeys", "GET, POST").route(web::get().to(list)).route(web::post().to(super::payments::open)),
        )
        .service(super::at("/journeys/{id}", "GET").route(web::get().to(one)));
}

/// Which journeys are asked for: those with all of these.
pub(in crate::web) struct Filter<'a> {
    status: Option<&'a str>,
    returned: Option<bool>,
    standing: Option<&'a str>,
    dialect: Option<&'a str>,
    provider: Option<&'a str>,
    note: Option<&'a str>,
    note_prefix: Option<&'a str>,
    reference: Option<&'a str>,
    provider_reference: Option<&'a str>,
    metadata: Vec<(&'a str, &'a str)>,
    opened_from: Option<UnixMillis>,
    opened_before: Option<UnixMillis>,
}

impl<'a> Filter<'a> {
    /// The parameters of the list.
    pub const NAMES: [&'static str; 14] = [
        "limit",
        "after",
        "status",
        "returned",
        "standing",
        "dialect",
        "provider",
        "note",
        "note_prefix",
        "reference",
        "provider_reference",
        "metadata[NAME]",
        "opened_from",
        "opened_before",
    ];

    /// Every status that a journey can have.
    pub const STATUSES: [&'static str; 8] =
        ["open", "away", "paid", "authorised", "done", "cancelled", "failed", "expired"];

    /// Reads the filters of a list.
    ///
    /// # Errors
    /// The first that is not what it may be.
    pub fn read(page: &'a ListQuery) -> Result<Self, Invalid> {
        let status = page.filter("status");
        if status.is_some_and(|status| !Self::STATUSES.contains(&status)) {
            let expected = format!("expected one of {}", Self::STATUSES.join(", "));
            return Err(Invalid::new("status", "is not a status of a journey").hint(expected));
        }
        let returned = match page.filter("returned") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err(Invalid::new("returned", "is neither true nor false")),
        };
        let wanted_standing = page.filter("standing");
        if wanted_standing.is_some_and(|wanted| !STANDINGS.contains(&wanted)) {
            let expected = format!("expected one of {}", STANDINGS.join(", "));
            return Err(Invalid::new("standing", "is not where a payment can stand").hint(expected));
        }
        let [dialect, provider, note, note_prefix, reference, provider_reference] =
            ["dialect", "provider", "note", "note_prefix", "reference", "provider_reference"]
                .map(|name| page.filter(name));
        let time = |name: &'static str| {
            let refused = || Invalid::new(name, "is not a time").hint("expected such as 2026-11-20T15:04:05Z");
            page.filter(name).map(|text| read_rfc3339(text).ok_or_else(refused)).transpose()
        };
        let (opened_from, opened_before) = (time("opened_from")?, time("opened_before")?);
        let metadata = page.members("metadata").collect();
        Ok(Self {
            status,
            returned,
            standing: wanted_standing,
            dialect,
            provider,
            note,
            note_prefix,
            reference,
            provider_reference,
            metadata,
            opened_from,
            opened_before,
        })
    }

    /// Where those that it wants are looked for, behind this place.
    pub fn range(&self, after: Option<JourneyCursor>) -> ScanRange {
        ScanRange { after, from: self.opened_from, before: self.opened_before, ..ScanRange::of(self.list()) }
    }

    /// The list that holds all of them, and as few others as there is a list for.
    fn list(&self) -> JourneyFilter {
        match self.status {
            Some("paid" | "authorised") => JourneyFilter::Proven,
            _ => JourneyFilter::All,
        }
    }

    /// Whether it wants this one.
    pub fn wants(&self, engine: &Engine, journey: &Journey) -> bool {
        let has_customer = journey.opening().purpose.needs_customer();
        let are_texts_wanted = self.reference.is_some() || !self.metadata.is_empty();
        let texts = if are_texts_wanted { merchant_texts(engine, journey) } else { MerchantTexts::default() };
        let provider = || journey.known_provider().map_or("", name_for_merchant);
        let is_at_provider =
            |wanted| journey.payments().any(|(_, payment)| payment.provider_reference() == Some(wanted));
        self.status.is_none_or(|wanted| status(journey) == wanted)
            && self.returned.is_none_or(|wanted| has_customer && journey.came_back_at().is_some() == wanted)
            && self.standing.is_none_or(|wanted| journey.payments().any(|(_, payment)| standing(payment) == wanted))
            && self.dialect.is_none_or(|wanted| journey.opening().dialect == wanted)
            && self.provider.is_none_or(|wanted| provider() == wanted)
            && self.reference.is_none_or(|wanted| texts.reference.as_deref() == Some(wanted))
            && self.provider_reference.is_none_or(is_at_provider)
            && self.metadata.iter().all(|(name, wanted)| texts.metadata.get(*name).is_some_and(|own| own == wanted))
            && self.note.is_none_or(|wanted| journey.opening().purpose.note() == wanted)
            && self.note_prefix.is_none_or(|wanted| journey.opening().purpose.note().starts_with(wanted))
    }
}

#[derive(Serialize)]
struct JourneyDetailsView {
    #[serde(flatten)]
    journey: JourneyView,
    deliveries: Vec<DeliveryView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<OperationView>,
    timeline: Vec<Event>,
}

/// An operation that was applied to a payment.
#[skip_serializing_none]
#[derive(Serialize)]
struct OperationView {
    journey_id: String,
    operation: &'static str,
    amount: Option<String>,
    currency: Option<String>,
    status: &'static str,
    opened_at: String,
    concluded_at: Option<String>,
}

impl OperationView {
    fn of(journey: &Journey) -> Option<Self> {
        let operation = journey.opening().purpose.operation()?;
        Some(Self {
            journey_id: journey.id().to_string(),
            operation: operation.kind.as_str(),
            amount: operation.amount.map(|amount| amount.to_string()),
            currency: operation.amount.map(|amount| amount.currency().to_string()),
            status: status(journey),
            opened_at: rfc3339(journey.opening().opened_at),
            concluded_at: journey.final_outcome().map(|end| rfc3339(end.at)),
        })
    }
}

#[skip_serializing_none]
#[derive(Serialize, Default)]
pub(in crate::web) struct Event {
    #[serde(skip)]
    pub moment: UnixMillis,
    at: String,
    pub event: &'static str,
    pub visit: Option<usize>,
    pub outcome: Option<&'static str>,
    pub by: Option<&'static str>,
    pub error: Option<String>,
    pub error_description: Option<String>,
    pub text: Option<String>,
}

async fn list(engine: web::Data<Engine>, request: HttpRequest, merchant: Authenticated) -> ApiResult {
    let page = ListQuery::read(&request, &Filter::NAMES)?;
    let filter = Filter::read(&page)?;
    let range = filter.range(page.place()?);
    let Selected { journeys, stopped, .. } =
        use_cases::list::page(&engine, merchant.id, range, page.limit, |journey| filter.wants(&engine, journey))
            .await?;
    let next = page.next(&journeys, JourneyCursor::of).or_else(|| stopped.map(|stopped| stopped.write()));
    let views = journeys.iter().map(|journey| view(&engine, journey)).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "journeys": views, "next": next })))
}

async fn one(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let (pay_id, journey_id) = read_id(&id)?;
    match use_cases::list::sight(&engine, merchant.id, pay_id).await? {
        Some(sight) if journey_id.is_none_or(|id| id == *sight.journey.id()) => {
            Ok(HttpResponse::Ok().json(sight_view(&engine, &sight)?))
        }
        _ => Err(Problem::not_found("journey")),
    }
}

fn sight_view(engine: &Engine, sight: &JourneyDetails) -> Result<JourneyDetailsView, Problem> {
    let deliveries = sight.deliveries.iter().map(|delivery| DeliveryView::of(&sight.journey, delivery, Shown::Every));
    Ok(JourneyDetailsView {
        journey: view(engine, &sight.journey)?.with_qr_code(&sight.journey),
        deliveries: deliveries.collect(),
        operations: sight.operations.iter().filter_map(OperationView::of).collect(),
        timeline: timeline(sight),
    })
}

/// What happened, in the order of time.
pub(in crate::web) fn timeline(sight: &JourneyDetails) -> Vec<Event> {
    let journey = &sight.journey;
    let mut events = vec![event(journey.opening().opened_at, "opened")];
    for (number, visit) in (1..).zip(journey.visits()) {
        let text = visit.to.as_ref().and_then(|choice| choice.text.clone());
        events.push(Event { visit: Some(number), text, ..event(visit.left_at, "left") });
        let returns = journey.returns().filter(|(own, _)| usize::from(*own) + 1 == number);
        events.extend(returns.map(|(_, at)| Event { visit: Some(number), ..event(at, "returned") }));
        events.extend(visit.answers.iter().filter_map(|answer| tried(answer, number)));
    }
    events.extend(journey.final_outcomes().iter().map(concluded));
    let handed_back = journey.hand_backs().filter(|handed_back| !handed_back.is_early);
    events.extend(handed_back.map(|handed_back| Event {
        visit: Some(usize::from(handed_back.visit) + 1),
        ..event(handed_back.at, "handed_back")
    }));
    events.extend(journey.reopenings().iter().map(|reopening| event(reopening.at, "asked_again")));
    events.extend(journey.grant().into_iter().flat_map(changes));
    events.extend(journey.all_resumed().iter().map(|resumed| event(resumed.at, "resumed")));
    events.extend(sight.redeemed_at.map(|at| event(at, "redeemed")));
    events.sort_by_key(|event| event.moment);
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
        Some(LedTo::Onward(_)) => Some(Event { visit, ..event(answer.at, "led_on") }),
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
    Event { moment, at: rfc3339(moment), event, ..Event::default() }
}

//! Deliveries in every state, one with its attempts, and sending again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::delivery::{result, row};
use super::form::{Changed, Form, Posted};
use super::reply::{page, problem, refused, trouble, when};
use super::viewing::OfMerchant;
use crate::domain::{AttemptRecord, AuditAction, DeliveryId, Invalid, Role};
use crate::engine::{DeliveryContext, DeliveryCursor, DeliveryFilter, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::time::read_rfc3339;
use crate::web::v1::{deliveries::read_filter, list::ListQuery};
use crate::web::views::console::{AttemptRow, Deliveries, DeliveryPage, Place, Problem};

/// How many deliveries a page shows, and how many are sent again by one press at the most.
const ON_A_PAGE: usize = 50;
const AT_ONCE: usize = 1_000;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/webhooks/deliveries", "GET").route(web::get().to(list)))
        .service(page_at("/webhooks/replay", "POST").route(web::post().to(replay_since)))
        .service(page_at("/webhooks/deliveries/{delivery}", "GET").route(web::get().to(one)))
        .service(page_at("/webhooks/deliveries/{delivery}/replay", "POST").route(web::post().to(replay)));
}

async fn list(viewing: OfMerchant, request: HttpRequest) -> PageResult {
    let unreadable = |_: Invalid| problem(&Problem::unreadable());
    let query = ListQuery::read(&request, &["state", "after"]).map_err(unreadable)?;
    let state = query.filter("state").unwrap_or("dead");
    let filter = read_filter(state).map_err(unreadable)?;
    let after = query.place().map_err(unreadable)?;
    let found = use_cases::deliveries::list(&viewing.engine, viewing.merchant.id, filter, after, ON_A_PAGE).await?;
    let next = query.next(&found, |last| DeliveryCursor::of(&last.delivery));
    let deliveries = found.iter().map(|context| row(&context.journey, &context.delivery)).collect();
    Ok(page(&Deliveries { frame: viewing.frame(Place::Webhooks), state: state.to_owned(), deliveries, next }))
}

async fn one(viewing: OfMerchant, id: web::Path<String>) -> PageResult {
    let id = read_id(&id)?;
    let found = use_cases::deliveries::find(&viewing.engine, viewing.merchant.id, &id).await?;
    let DeliveryContext { delivery, journey } = found.ok_or_else(not_found)?;
    let attempt = |attempt: &AttemptRecord| AttemptRow {
        at: when(attempt.at()),
        took_millis: u64::try_from(attempt.took().as_millis()).unwrap_or(u64::MAX),
        result: result(attempt),
        answer: String::from_utf8_lossy(attempt.excerpt()).into_owned(),
    };
    Ok(page(&DeliveryPage {
        frame: viewing.frame(Place::Webhooks),
        row: row(&journey, &delivery),
        journey: journey.id().to_string(),
        attempts: delivery.attempts.iter().map(attempt).collect(),
    }))
}

/// A press that sends one again.
#[derive(Deserialize)]
struct Replay {}

impl Posted for Replay {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn replay(id: web::Path<String>, form: Form<Replay>) -> Changed {
    let id = read_id(&id)?;
    let replayed = use_cases::deliveries::replay(&form.by.engine, form.by.merchant.id, &id).await?;
    let text = replayed.ok_or_else(not_found)?.delivery.id.to_string();
    form.done(AuditAction::DeliveryReplayed, &text, &format!("/console/webhooks/deliveries/{text}")).await
}

/// The day since which all that were given up are sent again.
#[derive(Deserialize)]
struct Since {
    since: String,
}

impl Posted for Since {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn replay_since(form: Form<Since>) -> Changed {
    let (engine, merchant, day) = (&form.by.engine, form.by.merchant.id, form.fields.since.trim());
    let refusal = || refused(&Problem::refused(&Invalid::new("since", "is not a day").hint("expected 2026-11-30")));
    let since = read_rfc3339(&format!("{day}T00:00:00Z")).ok_or_else(refusal)?;
    let found = use_cases::deliveries::list(engine, merchant, DeliveryFilter::Dead, None, AT_ONCE + 1).await?;
    let wanted: Vec<_> = found.iter().take_while(|context| context.delivery.due_at >= since).collect();
    let (mut count, mut replayed) = (0, Ok(()));
    for context in wanted.iter().take(AT_ONCE) {
        match use_cases::deliveries::replay(engine, merchant, &context.delivery.id).await {
            Ok(again) => count += usize::from(again.is_some()),
            Err(error) => {
                replayed = Err(error);
                break;
            }
        }
    }
    let (action, object) = (AuditAction::DeliveriesReplayed, format!("{count} since {day}"));
    if replayed.is_ok() && wanted.len() <= AT_ONCE {
        return form.done(action, &object, "/console/webhooks/deliveries?state=waiting").await;
    }
    // Those that were sent again before the store failed stand in the log too.
    let done = form.answer(action, &object, page(&Problem::more_to_send(count, day))).await;
    replayed.map_err(|error| trouble(&error))?;
    done
}

fn read_id(text: &str) -> Result<DeliveryId, Instead> {
    text.parse().map_err(|_| not_found().into())
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

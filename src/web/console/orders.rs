//! What is ordered of journeys: new links, withdrawals, captures, releases and refunds.

use std::collections::BTreeMap;

use actix_web::web;
use serde::Deserialize;

use super::form::{Changed, Form, Posted, draw_once, given};
use super::journey::{address, amount, sight};
use super::journeys::{providers, refused_order};
use super::reply::{page, problem, refused, trouble};
use super::viewing::OfMerchant;
use crate::dialect::own::{Capture, NAME, OpenBody, OperationBody};
use crate::domain::{AuditAction, Invalid, OperationKind, Outcome, Role};
use crate::engine::{EngineError, derive, use_cases};
use crate::web::in_language::PageOptions;
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::payments::{order, renamed};
use crate::web::views::console::{LinkFields, LinkForm, Place, Problem, Refused};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/journeys/new", "GET, POST").route(web::get().to(new)).route(web::post().to(make)))
        .service(page_at("/journeys/{journey}/cancel", "POST").route(web::post().to(cancel)))
        .service(page_at("/journeys/{journey}/capture", "POST").route(web::post().to(capture)))
        .service(page_at("/journeys/{journey}/void", "POST").route(web::post().to(void)))
        .service(page_at("/journeys/{journey}/refund", "POST").route(web::post().to(refund)));
}

impl Posted for LinkFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn new(viewing: OfMerchant, options: web::Data<PageOptions>) -> PageResult {
    viewing.check_role(Role::Support)?;
    let once = draw_once(&viewing.engine);
    let fields = LinkFields { currency: "EUR".into(), hours: "24".into(), once, ..LinkFields::default() };
    Ok(page(&link_form(&viewing, &options, fields, Refused::default())))
}

fn link_form(viewing: &OfMerchant, options: &PageOptions, fields: LinkFields, refused: Refused) -> LinkForm {
    let label = |(index, saved): (usize, &crate::domain::SavedCallback)| {
        let name = saved.name.as_ref().map_or_else(String::new, |name| format!("{}, ", name.as_str()));
        (index.to_string(), format!("{index}: {name}{}", saved.url.as_str()))
    };
    let slots = viewing.merchant.callbacks.slots().iter().enumerate();
    let callbacks = slots.filter_map(|(index, saved)| Some((index, saved.as_ref()?))).map(label).collect();
    LinkForm {
        frame: viewing.frame(Place::Journeys),
        fields,
        refused,
        callbacks,
        providers: providers(viewing),
        languages: options.languages.all().map(|language| language.tag()).collect(),
    }
}

async fn make(form: Form<LinkFields>, options: web::Data<PageOptions>) -> Changed {
    let (by, fields) = (&form.by, &form.fields);
    // The same form sent twice makes one link.
    let content = [
        &fields.amount,
        &fields.currency,
        &fields.note,
        &fields.reference,
        &fields.callback,
        &fields.hours,
        &fields.capture,
        &fields.provider,
        &fields.language,
        &fields.metadata,
    ];
    let content = content.map(String::as_bytes);
    let once = derive::reservation_for(by.merchant.id, "console/links", &fields.once, &content);
    let opened = match read(fields) {
        Ok(request) => use_cases::open::open(&by.engine, &by.merchant, NAME, &request, Some(&once)).await,
        Err(invalid) => Err(invalid.into()),
    };
    match opened.map_err(renamed) {
        Ok(journey) => {
            form.end_opened(AuditAction::JourneyOpened, &journey, &journey.id().to_string(), &address(&journey)).await
        }
        Err(EngineError::Refused(invalid)) => {
            Err(refused(&link_form(by, &options, fields.clone(), Refused::by(invalid))).into())
        }
        Err(error) => Err(trouble(&error).into()),
    }
}

fn read(fields: &LinkFields) -> Result<crate::domain::OpenRequest, Invalid> {
    let hours = given(&fields.hours).map(|hours| {
        let seconds = hours.parse::<u64>().ok().and_then(|hours| hours.checked_mul(3600));
        seconds.ok_or_else(|| Invalid::new("expires_in", "is not a whole number of hours"))
    });
    let index = given(&fields.callback).map(|index| {
        index.parse::<usize>().map_err(|_| Invalid::new("callback", "is not the index of a saved callback"))
    });
    OpenBody {
        amount: fields.amount.trim().to_owned(),
        currency: fields.currency.trim().to_owned(),
        note: fields.note.trim().to_owned(),
        reference: fields.reference.trim().to_owned(),
        callback: index.transpose()?.map(Into::into),
        expires_in: hours.transpose()?,
        capture: match fields.capture.as_str() {
            "" | "automatic" => Capture::Automatic,
            "manual" => Capture::Manual,
            _ => return Err(Invalid::new("capture", "is not what it may be").hint("expected automatic or manual")),
        },
        provider: given(&fields.provider).map(Into::into),
        language: given(&fields.language).map(str::to_owned),
        metadata: given(&fields.metadata).map(read_metadata).transpose()?,
        ..OpenBody::default()
    }
    .read()
}

/// The merchant's own texts, one `name=text` on each line.
fn read_metadata(lines: &str) -> Result<BTreeMap<String, String>, Invalid> {
    let refused = |rule| Invalid::new("metadata", rule).hint("expected one name=text on each line");
    let mut texts = BTreeMap::new();
    for line in lines.lines().filter_map(given) {
        let (name, text) = line.split_once('=').ok_or_else(|| refused("has a line without ="))?;
        if texts.insert(name.trim().to_owned(), text.trim().to_owned()).is_some() {
            return Err(refused("names a text twice"));
        }
    }
    Ok(texts)
}

/// A press that withdraws a link.
#[derive(Deserialize)]
struct Cancel {}

impl Posted for Cancel {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn cancel(id: web::Path<String>, form: Form<Cancel>) -> Changed {
    let by = &form.by;
    let journey = sight(by, &id).await?.journey;
    let withdrawn = use_cases::cancel::withdraw(&by.engine, by.merchant.id, journey.pay_id()).await?;
    let withdrawn = withdrawn.ok_or_else(|| problem(&Problem::not_found()))?;
    match withdrawn.final_outcome() {
        Some(end) if end.outcome == Outcome::Cancelled => {
            form.done(AuditAction::JourneyCancelled, &journey.id().to_string(), &address(&journey)).await
        }
        Some(end) => Err(problem(&Problem::has_ended(end.outcome.as_str())).into()),
        None => Err(problem(&Problem::may_be_paying()).into()),
    }
}

/// An order of money.
#[derive(Deserialize)]
struct Order {
    #[serde(default)]
    amount: String,
    once: String,
}

impl Posted for Order {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn capture(id: web::Path<String>, form: Form<Order>) -> Changed {
    ordered(&id, &form, OperationKind::Capture, AuditAction::CaptureOrdered).await
}

async fn void(id: web::Path<String>, form: Form<Order>) -> Changed {
    ordered(&id, &form, OperationKind::Void, AuditAction::VoidOrdered).await
}

async fn refund(id: web::Path<String>, form: Form<Order>) -> Changed {
    ordered(&id, &form, OperationKind::Refund, AuditAction::RefundOrdered).await
}

async fn ordered(id: &str, form: &Form<Order>, kind: OperationKind, action: AuditAction) -> Changed {
    let (by, fields) = (&form.by, &form.fields);
    let journey = sight(by, id).await?.journey;
    let (id, asked) = (journey.id().to_string(), given(&fields.amount));
    // Without an amount it would be all that is left: nobody says that by an empty field.
    if kind != OperationKind::Void && asked.is_none() {
        return Err(refused_order(&Invalid::new("amount", "is missing")).into());
    }
    // The same form sent twice is one order.
    let content = [id.as_bytes(), fields.amount.as_bytes()];
    let once = derive::reservation_for(by.merchant.id, kind.as_str(), &fields.once, &content);
    let body = OperationBody { amount: asked.map(str::to_owned), ..OperationBody::default() };
    match order(&by.engine, &by.merchant, &journey, (kind, body), &once).await.map_err(renamed) {
        Ok(operation) => {
            let parts = [operation.id().to_string(), amount(&operation), format!("of {id}")];
            let object = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            // Why it was refused stands on its own page.
            let has_failed = operation.final_outcome().is_some_and(|end| end.outcome == Outcome::Failed);
            let page = if has_failed { address(&operation) } else { address(&journey) };
            form.end_opened(action, &operation, &object, &page).await
        }
        Err(EngineError::Refused(invalid)) => Err(refused_order(&invalid).into()),
        Err(error) => Err(trouble(&error).into()),
    }
}

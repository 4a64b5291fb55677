//! Webhook endpoints: saved, changed, paused, tried, deleted, with their health; and the signing secret.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::delivery::attempt;
use super::form::{Changed, Form, Posted, draw_once};
use super::reply::{page, problem, refused, trouble, when};
use super::viewing::OfMerchant;
use crate::domain::rotation::USUAL_OVERLAP;
use crate::domain::{AuditAction, Invalid, Role, SavedEndpoint, SealedHeader};
use crate::engine::{Edit, Edited, EditedOnce, EngineError, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::v1::endpoints::{EndpointBody, EndpointHealth, health, seal_header, send_test};
use crate::web::v1::slots::Saved;
use crate::web::views::console::{
    EndpointFields, EndpointForm, EndpointRow, Issued, Place, Problem, Refused, Tested, Webhooks,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/webhooks", "GET").route(web::get().to(list)))
        .service(page_at("/webhooks/new", "GET, POST").route(web::get().to(new)).route(web::post().to(add)))
        .service(page_at("/webhooks/secret", "POST").route(web::post().to(rotate)))
        .service(
            page_at("/webhooks/{index}/edit", "GET, POST").route(web::get().to(edit)).route(web::post().to(change)),
        )
        .service(page_at("/webhooks/{index}/pause", "POST").route(web::post().to(pause)))
        .service(page_at("/webhooks/{index}/resume", "POST").route(web::post().to(resume)))
        .service(page_at("/webhooks/{index}/test", "POST").route(web::post().to(test)))
        .service(page_at("/webhooks/{index}/delete", "POST").route(web::post().to(delete)));
}

impl Posted for EndpointFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

/// The form of a button that says everything by its address.
#[derive(Deserialize)]
struct Press {}

impl Posted for Press {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn list(viewing: OfMerchant) -> PageResult {
    let engine = &viewing.engine;
    let health = health(engine, &viewing.merchant).await?;
    let endpoints = viewing.merchant.endpoints.entries().zip(&health);
    let endpoints = endpoints.map(|((_, endpoint), health)| endpoint_row(health, endpoint)).collect();
    let previous = viewing.merchant.signing_secret.previous(engine.deps.clock.now());
    let old_secret_until = previous.map(|(_, ends_at)| when(ends_at));
    let once = draw_once(engine);
    Ok(page(&Webhooks { frame: viewing.frame(Place::Webhooks), endpoints, old_secret_until, once }))
}

/// An endpoint, with how it does. What stands in the query of its address may be a secret.
pub(super) fn endpoint_row(health: &EndpointHealth, endpoint: &SavedEndpoint) -> EndpointRow {
    EndpointRow {
        index: health.index,
        url: endpoint.url.without_query().to_owned(),
        events: endpoint.notify_on.words().join(", "),
        failing: health.failing,
        dead: health.dead,
        is_paused: endpoint.paused,
        is_gone: health.gone,
    }
}

async fn new(viewing: OfMerchant) -> PageResult {
    viewing.check_role(Role::Admin)?;
    let all = crate::domain::NotifyOn::ALL.words();
    let once = draw_once(&viewing.engine);
    let fields = EndpointFields { once, ..EndpointFields::wanting(String::new(), &all) };
    Ok(page(&form_page(&viewing, None, fields, Refused::default())))
}

async fn add(form: Form<EndpointFields>) -> Changed {
    let merchant = form.by.merchant.id;
    let once = form.reservation(merchant, "console/webhooks", &form.fields.once)?;
    let edited = match read(&form, &[]) {
        Ok(new) => use_cases::profile::edit_once(&form.by.engine, merchant, &Edit::AddEndpoint(new), Some(&once)).await,
        Err(error) => Err(error),
    };
    match edited {
        Ok(EditedOnce::Now(Some(index))) => {
            form.done(AuditAction::EndpointAdded, &index.to_string(), "/console/webhooks").await
        }
        Ok(EditedOnce::Before(_)) => form.take_back("/console/webhooks").await,
        Ok(EditedOnce::Now(None) | EditedOnce::NoSuchSlot) => Err(not_found().into()),
        Err(error) => Err(again(&form, None, error)),
    }
}

async fn edit(viewing: OfMerchant, index: web::Path<usize>) -> PageResult {
    viewing.check_role(Role::Admin)?;
    let saved = viewing.merchant.endpoints.at(*index).ok_or_else(not_found)?;
    let headers = saved.headers.iter().map(|header| format!("{}:\n", header.name)).collect();
    let fields = EndpointFields::wanting(saved.url.as_str().to_owned(), &saved.notify_on.words());
    let fields = EndpointFields { headers, ..fields };
    Ok(page(&form_page(&viewing, Some(*index), fields, Refused::default())))
}

async fn change(index: web::Path<usize>, form: Form<EndpointFields>) -> Changed {
    let saved = form.by.merchant.endpoints.at(*index).ok_or_else(not_found)?;
    let edited = match read(&form, &saved.headers) {
        Ok(mut new) => {
            // Its form and its key are not in this form, and stay.
            (new.form, new.cipher) = (saved.form.clone(), saved.cipher.clone());
            let edit = Edit::ReplaceEndpoint(*index, new);
            use_cases::profile::edit(&form.by.engine, form.by.merchant.id, &edit, None).await
        }
        Err(error) => Err(error),
    };
    match edited {
        Ok(Edited::Done(_)) => form.done(AuditAction::EndpointChanged, &index.to_string(), "/console/webhooks").await,
        Ok(Edited::NoSuchSlot) => Err(not_found().into()),
        Err(error) => Err(again(&form, Some(*index), error)),
    }
}

async fn delete(index: web::Path<usize>, form: Form<Press>) -> Changed {
    let edit = Edit::DeleteEndpoint(*index);
    match use_cases::profile::edit(&form.by.engine, form.by.merchant.id, &edit, None).await? {
        Edited::Done(_) => form.done(AuditAction::EndpointDeleted, &index.to_string(), "/console/webhooks").await,
        Edited::NoSuchSlot => Err(not_found().into()),
    }
}

async fn pause(index: web::Path<usize>, form: Form<Press>) -> Changed {
    if !use_cases::endpoints::pause(&form.by.engine, form.by.merchant.id, *index).await? {
        return Err(not_found().into());
    }
    form.done(AuditAction::EndpointPaused, &index.to_string(), "/console/webhooks").await
}

async fn resume(index: web::Path<usize>, form: Form<Press>) -> Changed {
    if !use_cases::endpoints::resume(&form.by.engine, form.by.merchant.id, *index).await? {
        return Err(not_found().into());
    }
    form.done(AuditAction::EndpointResumed, &index.to_string(), "/console/webhooks").await
}

/// A press that sends a test webhook.
#[derive(Deserialize)]
struct Test {}

impl Posted for Test {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn test(index: web::Path<usize>, form: Form<Test>) -> Changed {
    let (by, index) = (&form.by, *index);
    let sent = send_test(&by.engine, &by.merchant, index).await.ok_or_else(not_found)?;
    let (frame, is_received) = (by.frame(Place::Webhooks), sent.is_received());
    let shown = Tested { frame, index, is_received, attempts: [attempt(&sent.attempt)], id: sent.id };
    form.answer(AuditAction::EndpointTested, &index.to_string(), page(&shown)).await
}

/// A press that replaces the signing secret.
#[derive(Deserialize)]
struct Rotate {
    once: String,
}

impl Posted for Rotate {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn rotate(form: Form<Rotate>) -> Changed {
    let (by, session) = (&form.by, &form.by.viewer.session.id);
    // Sent twice from one session it shows the same secret, and nobody else is shown it.
    let once = [&session.as_bytes()[..], form.fields.once.as_bytes()].concat();
    let rotated =
        use_cases::secrets::rotate_signing_secret_once(&by.engine, by.merchant.id, USUAL_OVERLAP, &once).await;
    let new = rotated.map_err(|error| trouble(&error))?.ok_or_else(not_found)?;
    let shown = Issued::signing_secret(form.by.frame(Place::Webhooks), new.secret.reveal().to_owned());
    form.answer(AuditAction::SecretRotated, "signing_secret", page(&shown)).await
}

fn read(form: &Form<EndpointFields>, kept: &[SealedHeader]) -> Result<SavedEndpoint, EngineError> {
    let wanted = form.fields.events().into_iter().filter(|(_, is_wanted)| *is_wanted);
    let body = EndpointBody {
        url: form.fields.url.trim().to_owned(),
        notify_on: Some(wanted.map(|(word, _)| word.to_owned()).collect()),
        ..EndpointBody::default()
    };
    let endpoint = SavedEndpoint::read(&form.by.engine, form.by.merchant.id, &body)?;
    let lines = form.fields.headers.lines().map(str::trim).filter(|line| !line.is_empty());
    let headers = lines.map(|line| read_header(form, line, kept)).collect::<Result<Vec<_>, _>>()?;
    SealedHeader::check_all(&headers)?;
    Ok(SavedEndpoint { headers, ..endpoint })
}

/// Reads a line of the headers. A name alone keeps the value that is saved.
fn read_header(form: &Form<EndpointFields>, line: &str, kept: &[SealedHeader]) -> Result<SealedHeader, EngineError> {
    let refused = || Invalid::new("headers", "hold a line without a colon").hint("expected such as x-key: value");
    let (name, value) = line.split_once(':').map(|(name, value)| (name.trim(), value.trim())).ok_or_else(refused)?;
    if !value.is_empty() {
        return seal_header(&form.by.engine, form.by.merchant.id, name, value);
    }
    let saved = kept.iter().find(|header| header.name.eq_ignore_ascii_case(name)).cloned();
    Ok(saved.ok_or_else(|| Invalid::new(format!("headers.{name}"), "has no value"))?)
}

fn form_page(viewing: &OfMerchant, index: Option<usize>, fields: EndpointFields, refused: Refused) -> EndpointForm {
    EndpointForm { frame: viewing.frame(Place::Webhooks), index, fields, refused }
}

fn again(form: &Form<EndpointFields>, index: Option<usize>, error: EngineError) -> Instead {
    match error {
        EngineError::Refused(invalid) => {
            refused(&form_page(&form.by, index, form.fields.clone(), Refused::by(invalid))).into()
        }
        error => trouble(&error).into(),
    }
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

//! Saved callbacks: listed, added, changed, deleted, and what a customer's browser opens.

use actix_web::{HttpResponse, web};

use super::form::{Changed, Form, Posted, draw_once, given};
use super::reply::{page, problem, refused, trouble, when};
use super::viewing::OfMerchant;
use crate::dialect::{fields::Fields, own, secpaid};
use crate::domain::merchant::Used;
use crate::domain::{
    AndroidPackage, AppLinks, AuditAction, CallbackUrl, DeviceResponse, Invalid, Merchant, OpenRequest, Redirect, Role,
    SavedCallback,
};
use crate::engine::{CheckedUp, Edit, Edited, EditedOnce, Engine, EngineError, Rehearsal, derive, page_of, use_cases};
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::v1::callbacks::CallbackBody;
use crate::web::v1::{preview::word, slots::Saved};
use crate::web::views::console::{
    Callback, CallbackFields, CallbackForm, CallbackRow, Callbacks, Opens, OpensRow, Place, Preview, Problem, Refused,
    TestFields,
};
use crate::web::{page_at, reply as replies};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/callbacks", "GET").route(web::get().to(list)))
        .service(page_at("/callbacks/new", "GET, POST").route(web::get().to(new)).route(web::post().to(add)))
        .service(page_at("/callbacks/{index}", "GET").route(web::get().to(one)))
        .service(
            page_at("/callbacks/{index}/edit", "GET, POST").route(web::get().to(edit)).route(web::post().to(change)),
        )
        .service(page_at("/callbacks/{index}/delete", "POST").route(web::post().to(delete)))
        .service(page_at("/callbacks/{index}/check-up", "POST").route(web::post().to(check_up)))
        .service(page_at("/callbacks/{index}/test", "POST").route(web::post().to(test)));
}

impl Posted for CallbackFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

impl Posted for TestFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

/// The form of a button that says everything by its address.
#[derive(serde::Deserialize)]
struct Delete {}

impl Posted for Delete {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

/// The form of the button that has a callback looked at.
#[derive(serde::Deserialize)]
struct CheckUp {}

impl Posted for CheckUp {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn list(viewing: OfMerchant) -> PageResult {
    let row = |(index, saved): (usize, &Option<SavedCallback>)| {
        let saved = saved.as_ref()?;
        let is_down = saved.down_since(&viewing.engine, &viewing.merchant).is_some();
        Some(CallbackRow { index, saved: written(saved), is_down })
    };
    let callbacks = viewing.merchant.callbacks.slots().iter().enumerate().filter_map(row).collect();
    Ok(page(&Callbacks { frame: viewing.frame(Place::Callbacks), callbacks }))
}

async fn new(viewing: OfMerchant) -> PageResult {
    viewing.check_role(Role::Admin)?;
    let once = draw_once(&viewing.engine);
    let fields = CallbackFields { once, ..CallbackFields::default() };
    Ok(page(&form_page(&viewing, None, fields, Refused::default())))
}

async fn add(form: Form<CallbackFields>) -> Changed {
    let merchant = form.by.merchant.id;
    let once = form.reservation(merchant, "console/callbacks", &form.fields.once)?;
    let edited = match read(&form) {
        Ok(saved) => use_cases::profile::edit_once(&form.by.engine, merchant, &Edit::Add(saved), Some(&once)).await,
        Err(error) => Err(error),
    };
    match edited {
        Ok(EditedOnce::Now(Some(index))) => {
            form.done(AuditAction::CallbackAdded, &index.to_string(), &address(index)).await
        }
        Ok(EditedOnce::Before(index)) => form.take_back(&address(index)).await,
        Ok(EditedOnce::Now(None) | EditedOnce::NoSuchSlot) => Err(not_found().into()),
        Err(error) => Err(again(&form, None, error)),
    }
}

async fn edit(viewing: OfMerchant, index: web::Path<usize>) -> PageResult {
    viewing.check_role(Role::Admin)?;
    let saved = saved_at(&viewing.merchant, *index)?;
    Ok(page(&form_page(&viewing, Some(*index), written(saved), Refused::default())))
}

async fn change(index: web::Path<usize>, form: Form<CallbackFields>) -> Changed {
    saved_at(&form.by.merchant, *index)?;
    let edited = match read(&form) {
        Ok(saved) => {
            let edit = Edit::Replace(*index, saved);
            use_cases::profile::edit(&form.by.engine, form.by.merchant.id, &edit, None).await
        }
        Err(error) => Err(error),
    };
    match edited {
        Ok(Edited::Done(_)) => form.done(AuditAction::CallbackChanged, &index.to_string(), &address(*index)).await,
        Ok(Edited::NoSuchSlot) => Err(not_found().into()),
        Err(error) => Err(again(&form, Some(*index), error)),
    }
}

async fn delete(index: web::Path<usize>, form: Form<Delete>) -> Changed {
    let edit = Edit::Delete(*index);
    match use_cases::profile::edit(&form.by.engine, form.by.merchant.id, &edit, None).await? {
        Edited::Done(_) => form.done(AuditAction::CallbackDeleted, &index.to_string(), "/console/callbacks").await,
        Edited::NoSuchSlot => Err(not_found().into()),
    }
}

async fn one(viewing: OfMerchant, index: web::Path<usize>) -> PageResult {
    let saved = saved_at(&viewing.merchant, *index)?;
    let test = new_test(&viewing.engine);
    Ok(page(&shown(&viewing, (*index, saved), test, Refused::default())))
}

/// The form of a test journey that has not been made.
fn new_test(engine: &Engine) -> TestFields {
    TestFields { once: draw_once(engine), ..TestFields::default() }
}

/// Looks at the callback from outside, and shows what was found above what is always there.
async fn check_up(index: web::Path<usize>, form: Form<CheckUp>) -> Changed {
    let by = &form.by;
    let saved = saved_at(&by.merchant, *index)?;
    let found = match use_cases::check_up::check_up(&by.engine, &by.merchant, *index).await {
        CheckedUp::Done(found) => found,
        CheckedUp::NoSuchCallback => return Err(not_found().into()),
        CheckedUp::TooOften => return Err(problem(&Problem::asked_too_often()).into()),
    };
    let shown = shown(by, (*index, saved), new_test(&by.engine), Refused::default());
    let checked = page(&Callback { found: Some(found), ..shown });
    form.answer(AuditAction::CallbackCheckedUp, &index.to_string(), checked).await
}

/// Opens a small journey that comes home to this callback, and goes there as its customer.
async fn test(index: web::Path<usize>, form: Form<TestFields>) -> Changed {
    let (by, fields) = (&form.by, form.fields.clone());
    let saved = saved_at(&by.merchant, *index)?;
    if by.engine.deps.mode_of(&by.merchant) != crate::domain::Mode::Test {
        return Err(not_found().into());
    }
    let body = own::OpenBody {
        amount: fields.amount.trim().to_owned(),
        currency: fields.currency.trim().to_owned(),
        note: "Test journey".to_owned(),
        callback: Some((*index).into()),
        ..own::OpenBody::default()
    };
    let once = form.reservation(by.merchant.id, &format!("console/callbacks/{index}/test"), &fields.once)?;
    let opened = match body.read() {
        Ok(request) => use_cases::open::open(&by.engine, &by.merchant, own::NAME, &request, Some(&once)).await,
        Err(invalid) => Err(invalid.into()),
    };
    let journey = match opened {
        Ok(journey) => journey,
        Err(EngineError::Refused(invalid)) => {
            return Err(refused(&shown(by, (*index, saved), fields, Refused::by(invalid))).into());
        }
        Err(error) => return Err(trouble(&error).into()),
    };
    let link = derive::link(&by.engine.deps, &journey)?;
    let checkout = Redirect::own(&by.engine.deps.public_url, page_of(&journey), &[("link_id", &link)]);
    let id = journey.id().to_string();
    form.end_opened_with(AuditAction::TestOpened, &journey, &id, replies::see_other(&checkout)).await
}

fn form_page(viewing: &OfMerchant, index: Option<usize>, fields: CallbackFields, refused: Refused) -> CallbackForm {
    CallbackForm { frame: viewing.frame(Place::Callbacks), index, fields, refused }
}

/// The form once more, with what is wrong in it.
fn again(form: &Form<CallbackFields>, index: Option<usize>, error: EngineError) -> Instead {
    match error {
        EngineError::Refused(invalid) => {
            refused(&form_page(&form.by, index, form.fields.clone(), Refused::by(invalid))).into()
        }
        error => trouble(&error).into(),
    }
}

fn read(form: &Form<CallbackFields>) -> Result<SavedCallback, EngineError> {
    let fields = &form.fields;
    let text = |text: &String| given(text).map(str::to_owned);
    let body = CallbackBody {
        url: fields.url.trim().to_owned(),
        name: text(&fields.name),
        params_in: text(&fields.params_in),
        web: text(&fields.web),
        ios: text(&fields.ios),
        android: text(&fields.android),
        android_package: text(&fields.android_package),
        fallback: text(&fields.fallback),
        app_links: text(&fields.app_links),
        app_store: text(&fields.app_store),
        play_store: text(&fields.play_store),
        on_request: Some(!fields.on_request.is_empty()),
        watched: Some(!fields.watched.is_empty()),
    };
    SavedCallback::read(&form.by.engine, form.by.merchant.id, &body)
}

/// What is saved, as its form has it.
fn written(saved: &SavedCallback) -> CallbackFields {
    let url = |url: &Option<CallbackUrl>| url.as_ref().map_or_else(String::new, |url| url.as_str().to_owned());
    let devices = &saved.device_urls;
    CallbackFields {
        url: saved.url.as_str().to_owned(),
        name: saved.name.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        params_in: saved.params_in.as_str().to_owned(),
        ios: url(&devices.ios),
        android: url(&devices.android),
        android_package: devices.android_package.as_ref().map(AndroidPackage::as_str).unwrap_or_default().to_owned(),
        fallback: url(&devices.fallback),
        web: url(&devices.web),
        app_links: devices.app_links.map(AppLinks::as_str).unwrap_or_default().to_owned(),
        app_store: devices.app_store.as_ref().map_or_else(String::new, |page| page.as_str().to_owned()),
        play_store: devices.play_store.as_ref().map_or_else(String::new, |page| page.as_str().to_owned()),
        on_request: ticked(saved.used == Used::OnRequest),
        watched: ticked(saved.watched),
        once: String::new(),
    }
}

/// A box of a form, as browsers send it.
fn ticked(is_ticked: bool) -> String {
    if is_ticked { "on".to_owned() } else { String::new() }
}

fn shown(
    viewing: &OfMerchant,
    (index, saved): (usize, &SavedCallback),
    test: TestFields,
    refused: Refused,
) -> Callback {
    let previews = [own::NAME, secpaid::NAME].map(|dialect| Preview {
        dialect,
        opens: opens(&viewing.engine, &viewing.merchant, dialect, index).map_err(|error| match error {
            EngineError::Refused(invalid) => invalid.to_string(),
            error => error.to_string(),
        }),
    });
    let frame = viewing.frame(Place::Callbacks);
    let down_since = saved.down_since(&viewing.engine, &viewing.merchant).map(when);
    Callback { frame, index, saved: written(saved), previews: previews.into(), down_since, test, refused, found: None }
}

/// What a customer's browser opens when a journey of this dialect comes home to the callback.
fn opens(engine: &Engine, merchant: &Merchant, dialect: &'static str, index: usize) -> Result<Vec<Opens>, EngineError> {
    let rehearsed = use_cases::open::rehearse(engine, merchant, dialect, &sample(dialect, index)?)?;
    let Some(Rehearsal { urls, devices, .. }) = rehearsed.entries.into_iter().next() else { return Ok(Vec::new()) };
    if devices.is_empty() {
        let row = |(outcome, url)| OpensRow { outcome: word(dialect, outcome), url, elsewhere: None };
        return Ok(vec![Opens { device: None, rows: urls.into_iter().map(row).collect() }]);
    }
    let row = |(outcome, given)| {
        let (url, elsewhere) = match given {
            DeviceResponse::Redirect(redirect) => (redirect.as_str().to_owned(), None),
            DeviceResponse::AppPage(page) => (page.button, page.elsewhere),
        };
        OpensRow { outcome: word(dialect, outcome), url, elsewhere }
    };
    let of_device = |(device, given): (crate::domain::device::Device, Vec<_>)| Opens {
        device: Some(device.as_str()),
        rows: given.into_iter().map(row).collect(),
    };
    Ok(devices.into_iter().map(of_device).collect())
}

/// A call that names the callback.
fn sample(dialect: &str, index: usize) -> Result<OpenRequest, Invalid> {
    if dialect == own::NAME {
        let (amount, currency) = ("1.00".to_owned(), "EUR".to_owned());
        return own::OpenBody { amount, currency, callback: Some(index.into()), ..own::OpenBody::default() }.read();
    }
    let fields = [("amount", "1.00".to_owned()), ("callback_url", index.to_string())];
    let fields = Fields::from_pairs(fields.map(|(name, text)| (name.to_owned(), text)))?;
    secpaid::read_wish(&fields, secpaid::Kind::Basic)
}

fn saved_at(merchant: &Merchant, index: usize) -> Result<&SavedCallback, Instead> {
    merchant.callbacks.at(index).ok_or_else(|| not_found().into())
}

fn address(index: usize) -> String {
    format!("/console/callbacks/{index}")
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

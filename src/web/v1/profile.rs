//! A merchant's profile: its callbacks in stable slots, and its settings; `endpoints.rs` has its payment endpoints.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::endpoints::{self, EndpointView};
use super::public_keys::TokenIoView;
use super::ways::WaysView;
use super::{Call, merchant_of};
use crate::domain::callback::{CallbackUrl, DeviceUrls, Placement, WrittenDeviceUrls};
use crate::domain::invalid::Invalid;
use crate::domain::merchant::{CallbackName, Merchant, SavedCallback, Settings, SettingsPatch, Used};
use crate::domain::terms::{
    AnswersTo, AppLinks, ExtraOutcomes, OneOffUrls, OneTime, SameBrowser, SignedCalls, SignedReturns, WhenLate,
};
use crate::engine::{Edit, Edited, Engine, use_cases};
use crate::web::body::Incoming;
use crate::web::problem::Problem;
use crate::web::time::rfc3339;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/profile", "GET").route(web::get().to(show)))
        .service(
            super::at("/profile/settings", "GET, PATCH").route(web::get().to(settings)).route(web::patch().to(choose)),
        )
        .service(super::at("/profile/callbacks", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(
            super::at("/profile/callbacks/{index}", "GET, PUT, DELETE")
                .route(web::get().to(one))
                .route(web::put().to(replace))
                .route(web::delete().to(delete)),
        );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackBody {
    url: String,
    name: Option<String>,
    params_in: Option<String>,
    web: Option<String>,
    ios: Option<String>,
    android: Option<String>,
    android_package: Option<String>,
    fallback: Option<String>,
    app_links: Option<String>,
    on_request: Option<bool>,
}

#[derive(Serialize)]
struct CallbackView<'a> {
    index: usize,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    params_in: &'static str,
    on_request: bool,
    #[serde(flatten)]
    ways: WaysView,
    unusable_in: Vec<Unusable>,
}

/// A dialect that cannot use a callback, and why.
#[derive(Serialize)]
struct Unusable {
    dialect: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct ProfileView<'a> {
    merchant_id: String,
    short_id: String,
    name: &'a str,
    created_at: String,
    callbacks: Vec<CallbackView<'a>>,
    endpoints: Vec<EndpointView>,
    settings: SettingsView,
    token_io: TokenIoView,
}

#[derive(Serialize)]
struct SettingsView {
    one_time_token: &'static str,
    extra_outcomes: &'static str,
    one_off_urls: &'static str,
    same_browser: &'static str,
    app_links: &'static str,
    when_late: &'static str,
    signed_returns: &'static str,
    one_time_token_life_seconds: u64,
    journey_life_seconds: u64,
    answers_to: &'static str,
    signed_calls: &'static str,
    notice_type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    one_time_token: Option<String>,
    extra_outcomes: Option<String>,
    one_off_urls: Option<String>,
    same_browser: Option<String>,
    app_links: Option<String>,
    when_late: Option<String>,
    signed_returns: Option<String>,
    one_time_token_life_seconds: Option<u64>,
    journey_life_seconds: Option<u64>,
    answers_to: Option<String>,
    signed_calls: Option<String>,
    notice_type: Option<String>,
}

async fn show(engine: web::Data<Engine>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    Ok(HttpResponse::Ok().json(ProfileView {
        merchant_id: merchant.id.to_string(),
        short_id: merchant.id.short(),
        name: merchant.name.as_str(),
        created_at: rfc3339(merchant.created_at),
        callbacks: views(&engine, &merchant),
        endpoints: endpoints::views(&merchant),
        settings: SettingsView::from(&merchant.settings),
        token_io: TokenIoView::of(&engine, &merchant),
    }))
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "callbacks": views(&engine, &merchant) })))
}

async fn one(
    engine: web::Data<Engine>,
    request: HttpRequest,
    index: web::Path<usize>,
) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    let saved = merchant.callbacks.at(*index).ok_or_else(|| Problem::not_found("callback"))?;
    Ok(HttpResponse::Ok().json(view(&engine, &merchant.settings, *index, saved)))
}

async fn add(engine: web::Data<Engine>, incoming: Incoming) -> Result<HttpResponse, Problem> {
    let call = Call::<CallbackBody>::read(&engine, incoming).await?;
    let saved = read_callback(&engine, &call.body)?;
    match use_cases::profile::edit(&engine, call.merchant.id, &Edit::Add(saved.clone()), call.reservation.as_ref())
        .await?
    {
        Edited::Done(Some(index)) => Ok(HttpResponse::Created()
            .insert_header(("Content-Location", format!("/v1/profile/callbacks/{index}")))
            .json(view(&engine, &call.merchant.settings, index, &saved))),
        Edited::Done(None) | Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
    }
}

async fn replace(
    engine: web::Data<Engine>,
    index: web::Path<usize>,
    incoming: Incoming,
) -> Result<HttpResponse, Problem> {
    let call = Call::<CallbackBody>::read(&engine, incoming).await?;
    let saved = read_callback(&engine, &call.body)?;
    match use_cases::profile::edit(&engine, call.merchant.id, &Edit::Replace(*index, saved.clone()), None).await? {
        Edited::Done(_) => Ok(HttpResponse::Ok().json(view(&engine, &call.merchant.settings, *index, &saved))),
        Edited::NoSuchSlot => Err(Problem::not_found("slot")),
    }
}

async fn delete(
    engine: web::Data<Engine>,
    request: HttpRequest,
    index: web::Path<usize>,
) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    match use_cases::profile::edit(&engine, merchant.id, &Edit::Delete(*index), None).await? {
        Edited::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Edited::NoSuchSlot => Err(Problem::not_found("callback")),
    }
}

async fn settings(engine: web::Data<Engine>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    Ok(HttpResponse::Ok().json(SettingsView::from(&merchant.settings)))
}

async fn choose(engine: web::Data<Engine>, incoming: Incoming) -> Result<HttpResponse, Problem> {
    let call = Call::<SettingsBody>::read(&engine, incoming).await?;
    let choices = read_choices(&call.body)?;
    match use_cases::profile::edit(&engine, call.merchant.id, &Edit::Choose(choices.clone()), None).await? {
        Edited::Done(_) => Ok(HttpResponse::Ok().json(SettingsView::from(&choices.over(&call.merchant.settings)))),
        Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
    }
}

fn read_callback(engine: &Engine, body: &CallbackBody) -> Result<SavedCallback, Invalid> {
    let url = CallbackUrl::parse(&body.url, &engine.deps.rules)?;
    let written = WrittenDeviceUrls {
        web: body.web.as_deref(),
        ios: body.ios.as_deref(),
        android: body.android.as_deref(),
        android_package: body.android_package.as_deref(),
        fallback: body.fallback.as_deref(),
        app_links: body.app_links.as_deref(),
    };
    Ok(SavedCallback {
        device_urls: DeviceUrls::parse(written, &url, &engine.deps.rules)?,
        url,
        name: body.name.as_deref().map(CallbackName::parse).transpose()?,
        params_in: body.params_in.as_deref().map(Placement::parse).transpose()?.unwrap_or_default(),
        used: if body.on_request == Some(true) { Used::OnRequest } else { Used::ByDefault },
    })
}

fn views<'a>(engine: &Engine, merchant: &'a Merchant) -> Vec<CallbackView<'a>> {
    let slots = merchant.callbacks.slots().iter().enumerate();
    slots.filter_map(|(index, slot)| Some(view(engine, &merchant.settings, index, slot.as_ref()?))).collect()
}

fn view<'a>(engine: &Engine, settings: &Settings, index: usize, saved: &'a SavedCallback) -> CallbackView<'a> {
    let unusable = engine.deps.dialects.iter().filter_map(|dialect| {
        let (names, params_in) = (settings.signed_returns.beside(dialect.appended()), saved.params_in);
        let own = saved.url.holds_any(&names, params_in).map(|name| ("url", name));
        let (url, name) = own.or_else(|| saved.device_urls.hold_any(&names, params_in))?;
        let of = if url == "url" { String::new() } else { format!("{url} ") };
        let reason = format!("{of}already holds the parameter {name}, which is appended");
        Some(Unusable { dialect: dialect.name(), reason })
    });
    CallbackView {
        index,
        url: saved.url.as_str(),
        name: saved.name.as_ref().map(CallbackName::as_str),
        params_in: saved.params_in.as_str(),
        on_request: saved.used == Used::OnRequest,
        ways: WaysView::from(&saved.device_urls),
        unusable_in: unusable.collect(),
    }
}

impl From<&Settings> for SettingsView {
    fn from(settings: &Settings) -> Self {
        Self {
            one_time_token: settings.one_time_token.as_str(),
            extra_outcomes: settings.extra_outcomes.as_str(),
            one_off_urls: settings.one_off_urls.as_str(),
            same_browser: settings.same_browser.as_str(),
            app_links: settings.app_links.as_str(),
            when_late: settings.when_late.as_str(),
            signed_returns: settings.signed_returns.as_str(),
            one_time_token_life_seconds: settings.token_life.as_secs(),
            journey_life_seconds: settings.journey_life.as_secs(),
            answers_to: settings.answers_to.as_str(),
            signed_calls: settings.signed_calls.as_str(),
            notice_type: settings.notice_type.clone(),
        }
    }
}

fn read_choices(body: &SettingsBody) -> Result<SettingsPatch, Invalid> {
    Ok(SettingsPatch {
        one_time_token: body.one_time_token.as_deref().map(OneTime::parse).transpose()?,
        extra_outcomes: body.extra_outcomes.as_deref().map(ExtraOutcomes::parse).transpose()?,
        one_off_urls: body.one_off_urls.as_deref().map(OneOffUrls::parse).transpose()?,
        same_browser: body.same_browser.as_deref().map(SameBrowser::parse).transpose()?,
        app_links: body.app_links.as_deref().map(AppLinks::parse).transpose()?,
        when_late: body.when_late.as_deref().map(WhenLate::parse).transpose()?,
        signed_returns: body.signed_returns.as_deref().map(SignedReturns::parse).transpose()?,
        token_life: span("one_time_token_life_seconds", body.one_time_token_life_seconds, Settings::TOKEN_LIFE)?,
        journey_life: span("journey_life_seconds", body.journey_life_seconds, Settings::JOURNEY_LIFE)?,
        answers_to: body.answers_to.as_deref().map(AnswersTo::parse).transpose()?,
        signed_calls: body.signed_calls.as_deref().map(SignedCalls::parse).transpose()?,
        notice_type: body.notice_type.as_deref().map(read_notice_type).transpose()?,
    })
}

/// A media type as a header can carry it; empty is the call's own.
fn read_notice_type(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    let fits = text.len() <= 100 && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if fits && (text.is_empty() || text.contains('/')) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("notice_type", "is no media type").hint("expected one such as application/json; charset=utf-8"))
}

fn span(field: &str, seconds: Option<u64>, (least, most): (Duration, Duration)) -> Result<Option<Duration>, Invalid> {
    match seconds.map(Duration::from_secs) {
        Some(span) if !(least..=most).contains(&span) => {
            Err(Invalid::new(field, format!("is not between {} and {} seconds", least.as_secs(), most.as_secs())))
        }
        span => Ok(span),
    }
}

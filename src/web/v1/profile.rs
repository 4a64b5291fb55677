//! A merchant's profile: its callbacks in stable slots, and its settings; `endpoints.rs` has its payment endpoints.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::endpoints::{self, EndpointView};
use super::public_keys::TokenIoView;
use super::ways::WaysView;
use super::{Call, merchant_of};
use crate::domain::callback::{CallbackUrl, DeviceUrls, Placement, WrittenDeviceUrls};
use crate::domain::invalid::Invalid;
use crate::domain::merchant::{CallbackName, Merchant, SavedCallback, Settings, SettingsPatch, Used};
use crate::domain::terms::{Setting, merchant_settings};
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

/// Declares the settings as the API writes them and reads them, from the table of all settings.
macro_rules! bodies {
    ($($group:ident {
        $($(#[$doc:meta])* $name:literal: $written:ty => $field:ident: $type:ty = $default:expr;)*
    })*) => {
        #[derive(Serialize)]
        struct SettingsView {
            $($(#[serde(rename = $name)] $field: $written,)*)*
        }

        impl From<&Settings> for SettingsView {
            fn from(settings: &Settings) -> Self {
                Self { $($($field: settings.$field.written(),)*)* }
            }
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct SettingsBody {
            $($(#[serde(rename = $name)] $field: Option<$written>,)*)*
        }

        impl TryFrom<SettingsBody> for SettingsPatch {
            type Error = Invalid;

            fn try_from(body: SettingsBody) -> Result<Self, Invalid> {
                Ok(Self { $($($field: body.$field.map(|written| Setting::read($name, written)).transpose()?,)*)* })
            }
        }
    };
}

merchant_settings!(bodies);

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
    let choices = SettingsPatch::try_from(call.body)?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_manual_describes_every_setting_with_its_default_and_its_words() {
        let manual: Value = serde_json::from_str(super::super::MANUAL).unwrap();
        let schema = |name: &str| manual["components"]["schemas"][name]["properties"].as_object().unwrap().clone();
        let (shown, read) = (schema("Settings"), schema("SettingsInput"));
        let names: BTreeSet<&str> = Settings::NAMES.iter().copied().collect();
        for schema in [&shown, &read] {
            assert_eq!(schema.keys().map(String::as_str).collect::<BTreeSet<_>>(), names);
        }
        let usual = serde_json::to_value(SettingsView::from(&Settings::default())).unwrap();
        for name in names {
            assert_eq!(shown[name]["default"], usual[name], "{name}");
            let bounds = [&read[name]["minimum"], &read[name]["maximum"]].into_iter().filter(|bound| bound.is_u64());
            for value in read[name]["enum"].as_array().into_iter().flatten().chain(bounds) {
                let body: SettingsBody = serde_json::from_value(json!({ name: value })).unwrap();
                let changed = SettingsPatch::try_from(body).unwrap().over(&Settings::default());
                assert_eq!(serde_json::to_value(SettingsView::from(&changed)).unwrap()[name], *value, "{name}");
            }
        }
    }
}

//! A merchant's profile, and its settings; `callbacks.rs` and `endpoints.rs` have what is saved in slots.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{ApiResult, Call, merchant_of, slots};
use super::{callbacks::CallbackView, endpoints::EndpointView, public_keys::TokenIoView};
use crate::domain::terms::{Setting, merchant_settings};
use crate::domain::{Invalid, SavedCallback, SavedEndpoint, Settings, SettingsPatch};
use crate::engine::{Edit, Edited, Engine, use_cases};

use crate::web::views::console::SettingField;
use crate::web::{Problem, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(super::at("/profile", "GET").route(web::get().to(show))).service(
        super::at("/profile/settings", "GET, PATCH").route(web::get().to(settings)).route(web::patch().to(choose)),
    );
}

#[derive(Serialize)]
struct ProfileView<'a> {
    merchant_id: String,
    short_id: String,
    name: &'a str,
    mode: &'static str,
    created_at: String,
    callbacks: Vec<CallbackView>,
    endpoints: Vec<EndpointView>,
    settings: SettingsView,
    token_io: TokenIoView,
}

/// Declares the settings as the API writes them and reads them, from the table of all settings.
macro_rules! bodies {
    ($($group:ident {
        $($(#[doc = $doc:literal])* $name:literal: $written:ty => $field:ident: $type:ty = $default:expr;)*
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

        /// The settings, as a form shows them.
        pub(in crate::web) fn form_of(settings: &Settings) -> Vec<SettingField> {
            vec![$($(SettingField {
                name: $name,
                meaning: concat!($($doc),*).trim(),
                value: settings.$field.written().to_string(),
                choices: choices_of(&settings.$field),
            },)*)*]
        }

        /// Reads the settings that a form has, by their names.
        pub(in crate::web) fn read_form(given: &BTreeMap<String, String>) -> Result<SettingsPatch, Invalid> {
            Ok(SettingsPatch { $($($field: given.get($name).map(|text| {
                let refused = |_| Invalid::new($name, "is not a whole number");
                Setting::read($name, text.trim().parse::<$written>().map_err(refused)?)
            }).transpose()?,)*)* })
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

/// The words of a setting that is a choice.
const fn choices_of<S: Setting>(_: &S) -> &'static [&'static str] {
    S::CHOICES
}

async fn show(engine: web::Data<Engine>, request: HttpRequest) -> ApiResult {
    let merchant = merchant_of(&engine, &request).await?;
    Ok(HttpResponse::Ok().json(ProfileView {
        merchant_id: merchant.id.to_string(),
        short_id: merchant.id.short(),
        name: merchant.name.as_str(),
        mode: engine.deps.mode_of(&merchant).as_str(),
        created_at: rfc3339(merchant.created_at),
        callbacks: slots::views::<SavedCallback>(&engine, &merchant),
        endpoints: slots::views::<SavedEndpoint>(&engine, &merchant),
        settings: SettingsView::from(&merchant.settings),
        token_io: TokenIoView::of(&engine, &merchant),
    }))
}

async fn settings(engine: web::Data<Engine>, request: HttpRequest) -> ApiResult {
    let merchant = merchant_of(&engine, &request).await?;
    Ok(HttpResponse::Ok().json(SettingsView::from(&merchant.settings)))
}

async fn choose(engine: web::Data<Engine>, call: Call<SettingsBody>) -> ApiResult {
    let choices = SettingsPatch::try_from(call.body)?;
    match use_cases::profile::edit(&engine, call.merchant.id, &Edit::Choose(choices.clone()), None).await? {
        Edited::Done(_) => Ok(HttpResponse::Ok().json(SettingsView::from(&choices.over(&call.merchant.settings)))),
        Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
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

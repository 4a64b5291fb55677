//! What a merchant has chosen, as `/v1/profile/settings` has it.

use std::collections::BTreeMap;

use actix_web::web;
use serde::Deserialize;

use super::form::{Changed, Form, Posted};
use super::reply::{page, problem, refused, trouble};
use super::viewing::OfMerchant;
use crate::domain::{AuditAction, Role};
use crate::engine::{Edit, Edited, EngineError, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::profile::{form_of, read_form};
use crate::web::views::console::{Place, Problem, Refused, SettingField, SettingsPage};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/settings", "GET, POST").route(web::get().to(show)).route(web::post().to(choose)));
}

/// The settings of the form, by their names.
#[derive(Deserialize)]
#[serde(transparent)]
struct Chosen(BTreeMap<String, String>);

impl Posted for Chosen {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn show(viewing: OfMerchant) -> PageResult {
    let settings = form_of(&viewing.merchant.settings);
    Ok(page(&SettingsPage { frame: viewing.frame(Place::Settings), settings, refused: Refused::default() }))
}

async fn choose(form: Form<Chosen>) -> Changed {
    let (by, given) = (&form.by, &form.fields.0);
    let edited = match read_form(given) {
        Ok(patch) => use_cases::profile::edit(&by.engine, by.merchant.id, &Edit::Choose(patch), None).await,
        Err(invalid) => Err(invalid.into()),
    };
    let saved = form_of(&by.merchant.settings);
    match edited {
        Ok(Edited::Done(_)) => {
            let is_new = |setting: &&SettingField| given.get(setting.name).is_some_and(|text| *text != setting.value);
            let names: Vec<_> = saved.iter().filter(is_new).map(|setting| setting.name).collect();
            form.done(AuditAction::SettingsChanged, &names.join(", "), "/console/settings").await
        }
        Ok(Edited::NoSuchSlot) => Err(problem(&Problem::not_found()).into()),
        Err(EngineError::Refused(invalid)) => {
            let filled = |setting: SettingField| SettingField {
                value: given.get(setting.name).cloned().unwrap_or(setting.value),
                ..setting
            };
            let (frame, settings) = (by.frame(Place::Settings), saved.into_iter().map(filled).collect());
            Err(refused(&SettingsPage { frame, settings, refused: Refused::by(invalid) }).into())
        }
        Err(error) => Err(trouble(&error).into()),
    }
}

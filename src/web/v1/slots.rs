//! What a merchant saves in stable slots below `/v1/profile`: each kind is listed, shown, added, replaced and deleted
//! by the same rules.

use actix_web::{HttpResponse, web};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{ApiResult, Authenticated, Call, at};
use crate::domain::{Merchant, MerchantId};
use crate::engine::{Edit, Edited, Engine, EngineError, use_cases};
use crate::web::Problem;

/// What can be saved in a slot.
pub(in crate::web) trait Saved: Clone + 'static {
    /// What many are called, in addresses and in lists.
    const MANY: &'static str;
    /// What one is called, in refusals.
    const ONE: &'static str;
    /// Saves it in a new slot.
    const ADD: fn(Self) -> Edit;
    /// Puts it into a slot.
    const REPLACE: fn(usize, Self) -> Edit;
    /// Leaves a hole in a slot.
    const DELETE: fn(usize) -> Edit;

    /// How a call says it.
    type Body: DeserializeOwned + 'static;
    /// How it is shown.
    type View: Serialize;

    /// Reads it from a call of this merchant.
    ///
    /// # Errors
    /// When it breaks a rule.
    fn read(engine: &Engine, merchant: MerchantId, body: &Self::Body) -> Result<Self, EngineError>;

    /// A merchant's slots, holes as `None`.
    fn slots(merchant: &Merchant) -> &[Option<Self>];

    /// It in the place of what its slot held before: of that, something may stay.
    #[must_use]
    fn in_place_of(self, _before: Option<&Self>) -> Self {
        self
    }

    /// Shows what is in a merchant's slot.
    fn view(&self, engine: &Engine, merchant: &Merchant, index: usize) -> Self::View;
}

/// The routes of what is saved in slots of this kind.
pub(super) fn routes<S: Saved>(config: &mut web::ServiceConfig) {
    let all = at(&format!("/profile/{}", S::MANY), "GET, POST");
    let one_slot = at(&format!("/profile/{}/{{index}}", S::MANY), "GET, PUT, DELETE");
    config.service(all.route(web::get().to(list::<S>)).route(web::post().to(add::<S>))).service(
        one_slot.route(web::get().to(one::<S>)).route(web::put().to(replace::<S>)).route(web::delete().to(delete::<S>)),
    );
}

/// All that a merchant has saved of a kind, holes left out.
pub(in crate::web) fn views<S: Saved>(engine: &Engine, merchant: &Merchant) -> Vec<S::View> {
    let slots = S::slots(merchant).iter().enumerate();
    slots.filter_map(|(index, slot)| Some(slot.as_ref()?.view(engine, merchant, index))).collect()
}

async fn list<S: Saved>(engine: web::Data<Engine>, merchant: Authenticated) -> HttpResponse {
    HttpResponse::Ok().json(json!({ (S::MANY): views::<S>(&engine, &merchant) }))
}

async fn one<S: Saved>(engine: web::Data<Engine>, index: web::Path<usize>, merchant: Authenticated) -> ApiResult {
    let saved = S::slots(&merchant).get(*index).and_then(Option::as_ref).ok_or_else(|| Problem::not_found(S::ONE))?;
    Ok(HttpResponse::Ok().json(saved.view(&engine, &merchant, *index)))
}

async fn add<S: Saved>(engine: web::Data<Engine>, call: Call<S::Body>) -> ApiResult {
    let saved = S::read(&engine, call.merchant.id, &call.body)?;
    let edit = (S::ADD)(saved.clone());
    match use_cases::profile::edit(&engine, call.merchant.id, &edit, call.reservation.as_ref()).await? {
        Edited::Done(Some(index)) => Ok(HttpResponse::Created()
            .insert_header(("Content-Location", format!("/v1/profile/{}/{index}", S::MANY)))
            .json(saved.view(&engine, &call.merchant, index))),
        Edited::Done(None) | Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
    }
}

async fn replace<S: Saved>(engine: web::Data<Engine>, index: web::Path<usize>, call: Call<S::Body>) -> ApiResult {
    let saved = S::read(&engine, call.merchant.id, &call.body)?;
    let saved = saved.in_place_of(S::slots(&call.merchant).get(*index).and_then(Option::as_ref));
    match use_cases::profile::edit(&engine, call.merchant.id, &(S::REPLACE)(*index, saved.clone()), None).await? {
        Edited::Done(_) => Ok(HttpResponse::Ok().json(saved.view(&engine, &call.merchant, *index))),
        Edited::NoSuchSlot => Err(Problem::not_found("slot")),
    }
}

async fn delete<S: Saved>(engine: web::Data<Engine>, index: web::Path<usize>, merchant: Authenticated) -> ApiResult {
    take_away(&engine, &merchant, &(S::DELETE)(*index), S::ONE).await
}

/// Makes an edit that takes something away; `what` it is about is not there, or is gone.
pub(super) async fn take_away(engine: &Engine, merchant: &Merchant, edit: &Edit, what: &str) -> ApiResult {
    match use_cases::profile::edit(engine, merchant.id, edit, None).await? {
        Edited::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Edited::NoSuchSlot => Err(Problem::not_found(what)),
    }
}

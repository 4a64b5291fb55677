//! `/profile/keys`, `/profile/signing-secret`, `/profile/webhook-key`: a merchant replaces its secrets by itself.
//!
//! A secret is shown in the answer that makes it, and never again; so a repetition makes another one, and no
//! `Idempotency-Key` is looked at.

use std::time::Duration;

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::{ApiResult, Authenticated, Call, at, no_store};
use crate::domain::rotation::USUAL_OVERLAP;
use crate::domain::{KeyName, KeyNumber};
use crate::engine::{Engine, KeyInUse, NewKey, WebhookPublicKey, use_cases};
use crate::web::{Problem, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/profile/keys", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(at("/profile/keys/{number}", "DELETE").route(web::delete().to(revoke)))
        .service(at("/profile/keys/{number}/rotate", "POST").route(web::post().to(rotate)))
        .service(at("/profile/signing-secret/rotate", "POST").route(web::post().to(rotate_signing_secret)))
        .service(at("/profile/webhook-key/rotate", "POST").route(web::post().to(rotate_webhook_key)));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationBody {
    overlap_seconds: Option<u64>,
}

impl RotationBody {
    fn overlap(&self) -> Duration {
        overlap(self.overlap_seconds)
    }
}

/// How long a secret that is replaced still counts.
pub(super) fn overlap(seconds: Option<u64>) -> Duration {
    seconds.map_or(USUAL_OVERLAP, Duration::from_secs)
}

#[derive(Serialize)]
struct KeyView {
    number: String,
    name: String,
    created_at: String,
    last_used_at: Option<String>,
    ends_at: Option<String>,
}

#[derive(Serialize)]
struct NewKeyView<'a> {
    number: String,
    name: &'a str,
    api_key: &'a str,
    previous_ends_at: Option<String>,
}

#[derive(Serialize)]
struct NewSecretView<'a> {
    signing_secret: &'a str,
    previous_ends_at: Option<String>,
}

/// A public key that verifies webhooks.
#[derive(Serialize)]
pub(super) struct WebhookKeyView {
    key: String,
    signs_from: Option<String>,
    ends_at: Option<String>,
}

impl From<&WebhookPublicKey> for WebhookKeyView {
    fn from(own: &WebhookPublicKey) -> Self {
        Self { key: own.text(), signs_from: own.signs_from.map(rfc3339), ends_at: own.ends_at.map(rfc3339) }
    }
}

async fn list(engine: web::Data<Engine>, merchant: Authenticated) -> ApiResult {
    let view = |own: KeyInUse| KeyView {
        number: own.key.number.to_string(),
        name: own.key.name.as_str().to_owned(),
        created_at: rfc3339(own.key.created_at),
        last_used_at: own.last_used_at.map(rfc3339),
        ends_at: own.key.ends_at.map(rfc3339),
    };
    let keys: Vec<KeyView> = use_cases::secrets::api_keys(&engine, &merchant).await?.into_iter().map(view).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "keys": keys })))
}

async fn add(engine: web::Data<Engine>, call: Call<KeyBody>) -> ApiResult {
    let new = use_cases::secrets::add_key(&engine, call.merchant.id, KeyName::parse(&call.body.name)?).await?;
    Ok(made(&new.ok_or_else(|| Problem::not_found("merchant"))?))
}

async fn rotate(engine: web::Data<Engine>, number: web::Path<String>, call: Call<RotationBody>) -> ApiResult {
    let number: KeyNumber = number.parse().map_err(|_| no_such_key())?;
    let new = use_cases::secrets::rotate_key(&engine, call.merchant.id, Some(number), call.body.overlap()).await?;
    Ok(made(&new.ok_or_else(no_such_key)?))
}

async fn revoke(engine: web::Data<Engine>, number: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let number: KeyNumber = number.parse().map_err(|_| no_such_key())?;
    if use_cases::secrets::revoke_key(&engine, merchant.id, number).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(no_such_key())
}

async fn rotate_signing_secret(engine: web::Data<Engine>, call: Call<RotationBody>) -> ApiResult {
    let new = use_cases::secrets::rotate_signing_secret(&engine, call.merchant.id, call.body.overlap()).await?;
    let new = new.ok_or_else(|| Problem::not_found("merchant"))?;
    Ok(no_store(StatusCode::CREATED).json(NewSecretView {
        signing_secret: new.secret.reveal(),
        previous_ends_at: new.previous_ends_at.map(rfc3339),
    }))
}

async fn rotate_webhook_key(engine: web::Data<Engine>, call: Call<RotationBody>) -> ApiResult {
    let keys = use_cases::secrets::rotate_webhook_key(&engine, call.merchant.id, call.body.overlap()).await?;
    let keys = keys.ok_or_else(|| Problem::not_found("merchant"))?;
    let keys: Vec<_> = keys.iter().map(WebhookKeyView::from).collect();
    Ok(no_store(StatusCode::CREATED).json(serde_json::json!({ "webhook_public_keys": keys })))
}

pub(super) fn made(new: &NewKey) -> HttpResponse {
    no_store(StatusCode::CREATED).json(NewKeyView {
        number: new.issued.number.to_string(),
        name: new.issued.name.as_str(),
        api_key: new.key.reveal(),
        previous_ends_at: new.replaced_ends_at.map(rfc3339),
    })
}

fn no_such_key() -> Problem {
    Problem::not_found("API key")
}

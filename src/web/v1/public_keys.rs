//! `/profile/public-keys`: the keys that a merchant's calls are signed with, and what its Token.io clients are
//! configured with.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Serialize, de::IgnoredAny};

use super::{ApiResult, Authenticated, at, check_type, json, merchant_of, no_store};
use super::{secrets::WebhookKeyView, slots::take_away};
use crate::dialect::token_io::{member_id, read_public_key};
use crate::domain::{Merchant, PublicKey};
use crate::engine::{Edit, Edited, Engine, WebhookPublicKey, merchant_keys, use_cases};
use crate::web::{BodyTrouble, Incoming, Problem};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/profile/public-keys", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(at("/profile/public-keys/{id}", "DELETE").route(web::delete().to(delete)));
}

#[derive(Serialize)]
struct KeyView<'a> {
    id: &'a str,
    pem: &'a str,
}

/// What a Token.io client must be configured with.
#[derive(Serialize)]
pub(super) struct TokenIoView {
    base_url: String,
    member_id: String,
    basic_authorization: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_public_key: Option<String>,
    /// The key that signs, then the one that will.
    webhook_public_keys: Vec<WebhookKeyView>,
}

impl TokenIoView {
    /// Of this merchant.
    pub fn of(engine: &Engine, merchant: &Merchant) -> Self {
        let keys = merchant_keys::webhook_keys(&engine.deps, merchant);
        Self {
            base_url: engine.deps.public_url.page("/token-io", &[]),
            member_id: member_id(merchant.id),
            basic_authorization: "Basic and the base64 of your API key",
            webhook_public_key: keys.first().map(WebhookPublicKey::text),
            webhook_public_keys: keys.iter().map(WebhookKeyView::from).collect(),
        }
    }
}

async fn list(merchant: Authenticated) -> HttpResponse {
    let keys: Vec<_> = merchant.public_keys.iter().map(view).collect();
    HttpResponse::Ok().json(serde_json::json!({ "public_keys": keys }))
}

async fn add(engine: web::Data<Engine>, incoming: Incoming) -> ApiResult {
    let merchant = merchant_of(&engine, &incoming.request).await?;
    check_type(&incoming.request)?;
    let body = incoming.body?;
    json::read::<IgnoredAny>(&body).map_err(BodyTrouble::Unreadable)?;
    let read = read_public_key(&body).map_err(|invalid| match invalid.field() {
        "body" => Problem::from(BodyTrouble::Unreadable(invalid)),
        _ => invalid.into(),
    })?;
    let key = PublicKey { id: read.id, text: read.pem };
    match use_cases::profile::edit(&engine, merchant.id, &Edit::Register(key.clone()), None).await? {
        Edited::Done(_) => Ok(no_store(StatusCode::CREATED).json(view(&key))),
        Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
    }
}

async fn delete(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    take_away(&engine, &merchant, &Edit::Forget(id.into_inner()), "public key").await
}

fn view(key: &PublicKey) -> KeyView<'_> {
    KeyView { id: &key.id, pem: &key.text }
}

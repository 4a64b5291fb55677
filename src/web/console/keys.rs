//! Keys: those of the API, and the public ones by which webhooks, returns and calls are verified.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted, draw_once, given};
use super::reply::{page, problem, refused, trouble, when};
use super::viewing::OfMerchant;
use crate::dialect::token_io::read_public_key;
use crate::domain::rotation::USUAL_OVERLAP;
use crate::domain::{AuditAction, KeyName, KeyNumber, PublicKey, Role};
use crate::engine::{Edit, Edited, EngineError, KeyInUse, WebhookPublicKey, derive, merchant_keys, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::views::console::{
    Issued, KeyFields, KeyRow, Keys, Place, Problem, PublicKeyFields, Refused, WebhookKeyRow,
};

/// The page.
const KEYS: &str = "/console/keys";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/keys", "GET, POST").route(web::get().to(keys)).route(web::post().to(add)))
        .service(page_at("/keys/rotate", "POST").route(web::post().to(rotate)))
        .service(page_at("/keys/revoke", "POST").route(web::post().to(revoke)))
        .service(page_at("/keys/webhook", "POST").route(web::post().to(rotate_webhook_key)))
        .service(page_at("/keys/public", "POST").route(web::post().to(register)))
        .service(page_at("/keys/public/remove", "POST").route(web::post().to(forget)));
}

/// What of the page's forms is filled in.
#[derive(Default)]
struct Filled {
    key: KeyFields,
    public: PublicKeyFields,
}

async fn keys(viewing: OfMerchant) -> PageResult {
    Ok(page(&keys_page(&viewing, Filled::default(), Refused::default()).await?))
}

async fn keys_page(viewing: &OfMerchant, filled: Filled, refused: Refused) -> Result<Keys, EngineError> {
    let (engine, merchant) = (&viewing.engine, &viewing.merchant);
    let row = |own: KeyInUse| KeyRow {
        number: own.key.number.to_string(),
        name: own.key.name.as_str().to_owned(),
        made_at: when(own.key.created_at),
        used_at: own.last_used_at.map(when),
        ends_at: own.key.ends_at.map(when),
    };
    let webhook_row = |own: &WebhookPublicKey| WebhookKeyRow {
        key: own.text(),
        signs_from: own.signs_from.map(when),
        ends_at: own.ends_at.map(when),
    };
    Ok(Keys {
        frame: viewing.frame(Place::Keys),
        keys: use_cases::secrets::api_keys(engine, merchant).await?.into_iter().map(row).collect(),
        new: KeyFields { once: draw_once(engine), ..filled.key },
        webhook_keys: merchant_keys::webhook_keys(&engine.deps, merchant).iter().map(webhook_row).collect(),
        return_keys: use_cases::verify_return::return_keys(engine).into_iter().map(|own| (own.kid, own.x)).collect(),
        public_keys: merchant.public_keys.iter().map(|own| (own.id.clone(), own.text.clone())).collect(),
        new_public: filled.public,
        refused,
    })
}

impl Posted for KeyFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn add(form: Form<KeyFields>) -> Changed {
    let (by, name) = (&form.by, KeyName::parse(&form.fields.name));
    let added = match name {
        Ok(name) => {
            let content = [name.as_str().as_bytes()];
            let once = derive::reservation_for(by.merchant.id, "console/keys", &form.fields.once, &content);
            use_cases::secrets::add_key_once(&by.engine, by.merchant.id, name, &once).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match added {
        Ok(Some(new)) => {
            let (name, key) = (new.issued.name.as_str(), new.key.reveal().to_owned());
            let shown = Issued::key(by.frame(Place::Keys), name, key);
            form.answer(AuditAction::KeyAdded, &new.issued.number.to_string(), page(&shown)).await
        }
        Ok(None) => Err(not_found().into()),
        Err(error) => again(by, Filled { key: form.fields.clone(), ..Filled::default() }, error).await,
    }
}

/// The page again, with what was filled in and why it was refused.
async fn again(by: &OfMerchant, filled: Filled, error: EngineError) -> Changed {
    match error {
        EngineError::Refused(invalid) => Err(refused(&keys_page(by, filled, Refused::by(invalid)).await?).into()),
        error => Err(trouble(&error).into()),
    }
}

/// The key that is to be replaced.
#[derive(Deserialize)]
struct Rotate {
    number: String,
    once: String,
}

impl Posted for Rotate {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn rotate(form: Form<Rotate>) -> Changed {
    let by = &form.by;
    let number = form.fields.number.parse::<KeyNumber>().map_err(|_| not_found())?;
    let once = form.reservation(by.merchant.id, "console/keys/rotate", &form.fields.once)?;
    match use_cases::secrets::rotate_key_once(&by.engine, by.merchant.id, (number, USUAL_OVERLAP), &once).await {
        Ok(Some(new)) => {
            let (name, key) = (new.issued.name.as_str(), new.key.reveal().to_owned());
            let until = new.replaced_ends_at.map(|at| when(at).shown);
            let shown = Issued::rotated_key(by.frame(Place::Keys), name, key, until.as_deref());
            let object = format!("{number}, now {}", new.issued.number);
            form.answer(AuditAction::KeyRotated, &object, page(&shown)).await
        }
        Ok(None) => Err(not_found().into()),
        Err(error) => again(by, Filled::default(), error).await,
    }
}

/// The key that is to end.
#[derive(Deserialize)]
struct Revoke {
    number: String,
}

impl Posted for Revoke {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn revoke(form: Form<Revoke>) -> Changed {
    let (by, number) = (&form.by, form.fields.number.parse::<KeyNumber>().map_err(|_| not_found())?);
    match use_cases::secrets::revoke_key(&by.engine, by.merchant.id, number).await {
        Ok(true) => form.done(AuditAction::KeyRevoked, &number.to_string(), KEYS).await,
        Ok(false) => Err(not_found().into()),
        Err(error) => Err(trouble(&error).into()),
    }
}

/// A press that replaces the key pair of the webhooks. A second one is refused while the first's overlap lasts.
#[derive(Deserialize)]
struct RotateWebhookKey {}

impl Posted for RotateWebhookKey {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn rotate_webhook_key(form: Form<RotateWebhookKey>) -> Changed {
    let by = &form.by;
    match use_cases::secrets::rotate_webhook_key(&by.engine, by.merchant.id, USUAL_OVERLAP).await {
        Ok(Some(keys)) => {
            let object = keys.last().map_or_else(String::new, WebhookPublicKey::text);
            form.done(AuditAction::WebhookKeyRotated, &object, KEYS).await
        }
        Ok(None) => Err(not_found().into()),
        Err(error) => again(by, Filled::default(), error).await,
    }
}

impl Posted for PublicKeyFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn register(form: Form<PublicKeyFields>) -> Changed {
    let (by, fields) = (&form.by, &form.fields);
    let body = match given(&fields.id) {
        Some(id) => serde_json::json!({ "id": id, "key": fields.key.trim() }),
        None => serde_json::json!({ "key": fields.key.trim() }),
    };
    let registered = match read_public_key(body.to_string().as_bytes()) {
        Ok(read) => {
            let key = PublicKey { id: read.id, text: read.pem };
            let edit = Edit::Register(key.clone());
            use_cases::profile::edit(&by.engine, by.merchant.id, &edit, None).await.map(|edited| (edited, key.id))
        }
        Err(invalid) => Err(invalid.into()),
    };
    match registered {
        Ok((Edited::Done(_), id)) => form.done(AuditAction::PublicKeyAdded, &id, KEYS).await,
        Ok((Edited::NoSuchSlot, _)) => Err(not_found().into()),
        Err(error) => again(by, Filled { public: fields.clone(), ..Filled::default() }, error).await,
    }
}

/// A public key that no call is to be signed with any more.
#[derive(Deserialize)]
struct Forget {
    id: String,
}

impl Posted for Forget {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn forget(form: Form<Forget>) -> Changed {
    let (by, id) = (&form.by, &form.fields.id);
    match use_cases::profile::edit(&by.engine, by.merchant.id, &Edit::Forget(id.clone()), None).await? {
        Edited::Done(_) => form.done(AuditAction::PublicKeyRemoved, id, KEYS).await,
        Edited::NoSuchSlot => Err(not_found().into()),
    }
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

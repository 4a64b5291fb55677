//! `/merchants`: the operator's own API. What `handback merchant` does on the command line, by the operator's key.

use std::future::Future;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use super::list::{ListQuery, Place};
use super::secrets::made;
use super::{ApiResult, at, check_operator, check_type, json as bodies, no_store};
use crate::domain::merchant::Standing;
use crate::domain::{
    ConsoleScope, Invalid, KeyName, Member, MemberName, Merchant, MerchantId, MerchantName, Mode, Role,
};
use crate::engine::{AddedMerchant, Engine, EngineError, use_cases};
use crate::web::{BodyTrouble, Incoming, Problem, idempotency, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/merchants", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(
            at("/merchants/{merchant}", "GET, PATCH, DELETE")
                .route(web::get().to(one))
                .route(web::patch().to(change))
                .route(web::delete().to(erase)),
        )
        .service(at("/merchants/{merchant}/keys", "POST").route(web::post().to(add_key)))
        .service(at("/merchants/{merchant}/console-link", "POST").route(web::post().to(console_link)));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBody {
    name: String,
    mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchBody {
    name: Option<String>,
    disabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    name: String,
}

/// Whom a sign-in link to the console is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    name: String,
    role: String,
}

#[derive(Serialize)]
struct MerchantView<'a> {
    merchant_id: String,
    short_id: String,
    name: &'a str,
    mode: &'static str,
    disabled: bool,
    created_at: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    secrets: Option<SecretsView<'a>>,
}

/// What is shown of a new merchant, and never again.
#[derive(Serialize)]
struct SecretsView<'a> {
    api_key: &'a str,
    signing_secret: &'a str,
}

/// A place in the list of merchants, which is sorted by their age.
impl Place for MerchantId {
    fn write(&self) -> String {
        self.short()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> ApiResult {
    check_operator(&engine, &request).await?;
    let query = ListQuery::read(&request, &["limit", "after"])?;
    let (all, after) = (use_cases::merchants::list(&engine).await?, query.place::<MerchantId>()?);
    let place = |after| {
        let gone = || Invalid::new("after", "names a merchant that is erased").hint("begin anew without it");
        all.iter().position(|own| own.id == after).map(|at| at + 1).ok_or_else(gone)
    };
    let begin = after.map_or(Ok(0), place)?;
    let page: Vec<&Merchant> = all[begin..].iter().take(query.limit).collect();
    let next = query.next(&page, |merchant| merchant.id);
    let merchants: Vec<_> = page.into_iter().map(|merchant| view(&engine, merchant)).collect();
    Ok(HttpResponse::Ok().json(json!({ "merchants": merchants, "next": next })))
}

async fn one(engine: web::Data<Engine>, id: web::Path<String>, request: HttpRequest) -> ApiResult {
    check_operator(&engine, &request).await?;
    shown(&engine, read_id(&id)?).await
}

async fn add(engine: web::Data<Engine>, incoming: Incoming) -> ApiResult {
    check_operator(&engine, &incoming.request).await?;
    // The operator is no merchant, and has keys of its own.
    let nobody = MerchantId::from_bytes([0; 16]);
    let bytes = incoming.body.as_deref().unwrap_or_default();
    let reservation = idempotency::reservation(&incoming.request, nobody, &[bytes])?;
    let body: NewBody = read(incoming)?;
    let mode = body.mode.as_deref().map(Mode::parse).transpose()?.unwrap_or(engine.deps.usual_mode);
    let name = MerchantName::parse(&body.name)?;
    match use_cases::merchants::add_once(&engine, reservation.as_ref(), name, mode).await? {
        AddedMerchant::New(new) => {
            let secrets = SecretsView { api_key: new.api_key.reveal(), signing_secret: new.signing_secret.reveal() };
            let view = MerchantView { secrets: Some(secrets), ..view(&engine, &new.merchant) };
            Ok(no_store(StatusCode::CREATED).json(view))
        }
        AddedMerchant::Known(merchant) => Ok(no_store(StatusCode::OK).json(view(&engine, &merchant))),
    }
}

async fn change(engine: web::Data<Engine>, id: web::Path<String>, incoming: Incoming) -> ApiResult {
    check_operator(&engine, &incoming.request).await?;
    let (id, body): (_, PatchBody) = (read_id(&id)?, read(incoming)?);
    if let Some(name) = body.name {
        there(use_cases::merchants::rename(&engine, id, MerchantName::parse(&name)?)).await?;
    }
    if let Some(disabled) = body.disabled {
        let standing = if disabled { Standing::Disabled } else { Standing::Active };
        there(use_cases::merchants::set_standing(&engine, id, standing)).await?;
    }
    shown(&engine, id).await
}

async fn erase(engine: web::Data<Engine>, id: web::Path<String>, request: HttpRequest) -> ApiResult {
    check_operator(&engine, &request).await?;
    let erased = there(use_cases::merchants::erase(&engine, read_id(&id)?)).await?;
    Ok(HttpResponse::Ok().json(json!({ "journeys": erased.journeys, "users": erased.users })))
}

async fn add_key(engine: web::Data<Engine>, id: web::Path<String>, incoming: Incoming) -> ApiResult {
    check_operator(&engine, &incoming.request).await?;
    let (id, body): (_, KeyBody) = (read_id(&id)?, read(incoming)?);
    let new = there(use_cases::secrets::add_key(&engine, id, KeyName::parse(&body.name)?)).await?;
    Ok(made(&new))
}

async fn console_link(engine: web::Data<Engine>, id: web::Path<String>, incoming: Incoming) -> ApiResult {
    check_operator(&engine, &incoming.request).await?;
    let (id, body): (_, LinkBody) = (read_id(&id)?, read(incoming)?);
    let (name, role) = (MemberName::parse(&body.name)?, Role::parse(&body.role)?);
    let member = Member { scope: ConsoleScope::Merchant(id), role, name, by_mail: false };
    let link = there(use_cases::console::issue_link(&engine, &member)).await?;
    let view = json!({ "url": link.url, "expires_at": rfc3339(link.expires_at) });
    Ok(no_store(StatusCode::CREATED).json(view))
}

fn read<T: DeserializeOwned>(incoming: Incoming) -> Result<T, Problem> {
    check_type(&incoming.request)?;
    Ok(bodies::read(&incoming.body?).map_err(BodyTrouble::Unreadable)?)
}

/// What came of doing something to a merchant that is there.
async fn there<T>(done: impl Future<Output = Result<Option<T>, EngineError>>) -> Result<T, Problem> {
    done.await?.ok_or_else(unknown)
}

async fn shown(engine: &Engine, id: MerchantId) -> ApiResult {
    let merchant = use_cases::authenticate::merchant(engine, id).await?.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(view(engine, &merchant)))
}

fn view<'a>(engine: &Engine, merchant: &'a Merchant) -> MerchantView<'a> {
    MerchantView {
        merchant_id: merchant.id.to_string(),
        short_id: merchant.id.short(),
        name: merchant.name.as_str(),
        mode: engine.deps.mode_of(merchant).as_str(),
        disabled: merchant.standing == Standing::Disabled,
        created_at: rfc3339(merchant.created_at),
        secrets: None,
    }
}

fn read_id(text: &str) -> Result<MerchantId, Problem> {
    text.parse().map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::not_found("merchant")
}

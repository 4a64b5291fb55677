//! `/provider-accounts`: where a merchant's own money is taken.
//!
//! A secret is shown in the answer that makes it, and never again; no `Idempotency-Key` is looked at, since a name is
//! used once.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::{ApiResult, Authenticated, Call, at, no_store};
use crate::domain::{
    AccountKind, AccountLabel, AccountName, AccountState, Currency, Invalid, Merchant, MerchantId, ProviderAccount,
    Secret,
};
use crate::engine::{AccountPatch, Engine, NewAccount, ShownAccount, TestedAccount, use_cases};
use crate::web::{Problem, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/provider-accounts", "GET, POST").route(web::get().to(list)).route(web::post().to(create)))
        .service(
            at("/provider-accounts/{name}", "GET, PATCH, DELETE")
                .route(web::get().to(one))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        )
        .service(at("/provider-accounts/{name}/secret/rotate", "POST").route(web::post().to(rotate)))
        .service(at("/provider-accounts/{name}/test", "POST").route(web::post().to(test)));
}

/// Declares a body: what accounts of all kinds have, and behind the `;` the settings of one kind or another.
macro_rules! body {
    ($name:ident: $($field:ident: $type:ty),+; $($setting:ident),+ $(,)?) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $($field: $type,)+
            $($setting: Option<String>,)+
        }

        impl $name {
            /// The settings that were given, by their names.
            fn settings(&mut self) -> Vec<(&'static str, Secret)> {
                let all = [$((stringify!($setting), self.$setting.take()),)+];
                all.into_iter().filter_map(|(name, value)| Some((name, Secret::new(value?)))).collect()
            }
        }
    };
}

body!(
    NewBody: name: String, kind: String, label: Option<String>, url: String, currencies: Option<Vec<String>>;
    secret, api_key, user, password, shared_secret, member, key_id, private_key, webhook_key, scheme, payee, iban,
    sort_code, account_number, bank, on_behalf_of, application_id, application_secret, institution, country,
);

body!(
    PatchBody: label: Option<String>, url: Option<String>, currencies: Option<Vec<String>>, state: Option<String>;
    password, key_id, private_key, webhook_key, application_secret,
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationBody {
    secret: Option<String>,
    overlap_seconds: Option<u64>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct AccountView<'a> {
    name: &'a str,
    kind: &'static str,
    label: &'a str,
    url: &'a str,
    #[serde(flatten)]
    settings: Map<String, Value>,
    currencies: Vec<String>,
    state: &'static str,
    created_at: String,
    return_url: String,
    notification_url: String,
    secret: Option<&'a str>,
    previous_ends_at: Option<String>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct TestView {
    answers: bool,
    milliseconds: Option<u64>,
    detail: Option<String>,
}

async fn list(engine: web::Data<Engine>, merchant: Authenticated) -> HttpResponse {
    let accounts: Vec<_> = merchant.accounts.iter().map(|account| view(&engine, merchant.id, account)).collect();
    HttpResponse::Ok().json(serde_json::json!({ "provider_accounts": accounts }))
}

async fn one(engine: web::Data<Engine>, name: web::Path<String>, merchant: Authenticated) -> ApiResult {
    Ok(HttpResponse::Ok().json(view(&engine, merchant.id, own(&merchant, &name)?)))
}

async fn create(engine: web::Data<Engine>, mut call: Call<NewBody>) -> ApiResult {
    let settings = call.body.settings();
    let NewBody { name, kind, label, url, currencies, .. } = call.body;
    let name = AccountName::parse(&name)?;
    let new = NewAccount {
        once: None,
        label: AccountLabel::parse(label.as_deref().unwrap_or(name.as_str()))?,
        name,
        kind: AccountKind::parse(&kind)?,
        url,
        settings,
        currencies: read_currencies(&currencies.unwrap_or_default())?,
    };
    let created = use_cases::provider_accounts::create(&engine, &call.merchant, new).await?;
    Ok(shown(&engine, call.merchant.id, StatusCode::CREATED, &created.ok_or_else(unknown)?))
}

async fn change(engine: web::Data<Engine>, name: web::Path<String>, mut call: Call<PatchBody>) -> ApiResult {
    let settings = call.body.settings();
    let PatchBody { label, url, currencies, state, .. } = call.body;
    let patch = AccountPatch {
        label: label.as_deref().map(AccountLabel::parse).transpose()?,
        url,
        settings,
        currencies: currencies.as_deref().map(read_currencies).transpose()?,
        state: state.as_deref().map(AccountState::parse).transpose()?,
    };
    let changed = use_cases::provider_accounts::change(&engine, call.merchant.id, &name, patch).await?;
    Ok(HttpResponse::Ok().json(view(&engine, call.merchant.id, &changed.ok_or_else(unknown)?)))
}

async fn remove(engine: web::Data<Engine>, name: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let is_removed = use_cases::provider_accounts::remove(&engine, &merchant, &name).await?;
    is_removed.then(|| HttpResponse::NoContent().finish()).ok_or_else(unknown)
}

async fn rotate(engine: web::Data<Engine>, name: web::Path<String>, call: Call<RotationBody>) -> ApiResult {
    let overlap = super::secrets::overlap(call.body.overlap_seconds);
    let secret = (call.body.secret.map(Secret::new), overlap);
    let rotated = use_cases::provider_accounts::rotate_secret(&engine, call.merchant.id, &name, secret).await?;
    Ok(shown(&engine, call.merchant.id, StatusCode::CREATED, &rotated.ok_or_else(unknown)?))
}

async fn test(engine: web::Data<Engine>, name: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let tested = use_cases::provider_accounts::test(&engine, &merchant, &name).await?.ok_or_else(unknown)?;
    Ok(no_store(StatusCode::OK).json(match tested {
        TestedAccount::Answers(after) => {
            let milliseconds = u64::try_from(after.as_millis()).ok();
            TestView { answers: true, milliseconds, detail: None }
        }
        TestedAccount::Fails(why) => TestView { answers: false, milliseconds: None, detail: Some(why) },
    }))
}

fn own<'a>(merchant: &'a Merchant, name: &str) -> Result<&'a ProviderAccount, Problem> {
    merchant.accounts.iter().find(|account| account.name.as_str() == name).ok_or_else(unknown)
}

fn view<'a>(engine: &Engine, merchant: MerchantId, account: &'a ProviderAccount) -> AccountView<'a> {
    let provider = account.name.of_merchant(merchant);
    let page = |route: &str| engine.deps.public_url.page(&format!("/{route}/{provider}"), &[]);
    AccountView {
        name: account.name.as_str(),
        kind: account.access.kind().as_str(),
        label: account.label.as_str(),
        url: account.access.url(),
        settings: account.access.shown().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        currencies: account.currencies.iter().map(ToString::to_string).collect(),
        state: account.state.as_str(),
        created_at: rfc3339(account.created_at),
        return_url: page("return"),
        notification_url: page("notify"),
        secret: None,
        previous_ends_at: None,
    }
}

fn shown(engine: &Engine, merchant: MerchantId, status: StatusCode, shown: &ShownAccount) -> HttpResponse {
    no_store(status).json(AccountView {
        secret: shown.secret.as_ref().map(Secret::reveal),
        previous_ends_at: shown.previous_ends_at.map(rfc3339),
        ..view(engine, merchant, &shown.account)
    })
}

pub(in crate::web) fn read_currencies(texts: &[String]) -> Result<Vec<Currency>, Invalid> {
    texts.iter().map(|text| Currency::parse(text).map_err(|invalid| invalid.at("currencies"))).collect()
}

fn unknown() -> Problem {
    Problem::not_found("provider account")
}

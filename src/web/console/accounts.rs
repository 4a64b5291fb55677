//! Provider accounts: connected, changed, tried, disabled and removed. Their forms are made of the settings that each
//! kind has.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted, check_once, draw_once, given};
use super::reply::{page, problem, refused, trouble, when};
use super::viewing::OfMerchant;
use crate::domain::rotation::USUAL_OVERLAP;
use crate::domain::{
    AccountKind, AccountLabel, AccountName, AccountState, AuditAction, Currency, Invalid, ProviderAccount, Role, Secret,
};
use crate::engine::{AccountPatch, EngineError, NewAccount, TestedAccount, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::v1::provider_accounts::read_currencies;
use crate::web::views::console::{
    Account, AccountField, AccountForm, AccountRow, Accounts, Issued, Place, Problem, Refused, tested,
};

/// What every account has beside its name, and can be changed.
const COMMON: [&str; 3] = ["label", "url", "currencies"];

/// The settings that have lines.
const LONG: [&str; 1] = ["private_key"];

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/accounts", "GET").route(web::get().to(list)))
        .service(page_at("/accounts/new", "GET, POST").route(web::get().to(new)).route(web::post().to(add)))
        .service(page_at("/accounts/{account}", "GET").route(web::get().to(one)))
        .service(page_at("/accounts/{account}/change", "POST").route(web::post().to(change)))
        .service(page_at("/accounts/{account}/state", "POST").route(web::post().to(set_state)))
        .service(page_at("/accounts/{account}/test", "POST").route(web::post().to(test)))
        .service(page_at("/accounts/{account}/rotate", "POST").route(web::post().to(rotate)))
        .service(page_at("/accounts/{account}/remove", "POST").route(web::post().to(remove)));
}

/// The fields of a form, by their names in `/v1`. Any of them may be a secret.
#[derive(Deserialize)]
#[serde(transparent)]
struct Given(BTreeMap<String, String>);

impl Posted for Given {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

impl Given {
    /// A field that was filled in, without the spaces around it.
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|text| given(text))
    }

    /// Those of these settings that were filled in. A secret is taken as it is.
    fn settings(&self, names: &[&'static str]) -> Vec<(&'static str, Secret)> {
        let filled = |name: &&'static str| self.text(name).is_some();
        let own = |name: &'static str| self.0.get(name).map(|text| (name, Secret::new(text.clone())));
        names.iter().filter(|name| filled(name)).filter_map(|name| own(name)).collect()
    }

    fn label(&self) -> Result<Option<AccountLabel>, Invalid> {
        self.text("label").map(AccountLabel::parse).transpose()
    }

    fn currencies(&self) -> Result<Vec<Currency>, Invalid> {
        let all = self.text("currencies").unwrap_or_default();
        let texts = all.split([',', ' ']).filter(|text| !text.is_empty()).map(str::to_ascii_uppercase);
        read_currencies(&texts.collect::<Vec<_>>())
    }
}

async fn list(viewing: OfMerchant) -> PageResult {
    let row = |account: &ProviderAccount| AccountRow {
        name: account.name.as_str().to_owned(),
        kind: account.access.kind().as_str(),
        url: account.access.url().to_owned(),
        state: account.state,
    };
    let accounts = viewing.merchant.accounts.iter().map(row).collect();
    Ok(page(&Accounts { frame: viewing.frame(Place::Accounts), accounts }))
}

/// Which kind a new account is of.
#[derive(Deserialize)]
struct KindQuery {
    #[serde(default)]
    kind: String,
}

async fn new(viewing: OfMerchant, query: web::Query<KindQuery>) -> PageResult {
    viewing.check_role(Role::Admin)?;
    Ok(page(&new_form(&viewing, AccountKind::of_word(&query.kind), None, Refused::default())))
}

/// The form of a new account, with what was filled in.
fn new_form(viewing: &OfMerchant, kind: Option<AccountKind>, given: Option<&Given>, refused: Refused) -> AccountForm {
    let own = kind.map_or(&[][..], AccountKind::settings).iter().copied();
    let names = ["name"].into_iter().chain(COMMON).chain(own);
    let value = |name: &str| given.and_then(|given| given.text(name)).unwrap_or_default().to_owned();
    let fields = names.map(|name| field(kind, name, value(name))).collect();
    let once = draw_once(&viewing.engine);
    AccountForm { frame: viewing.frame(Place::Accounts), kind, fields, refused, once }
}

/// A field; a secret is never filled in again.
fn field(kind: Option<AccountKind>, name: &'static str, value: String) -> AccountField {
    let is_secret = kind.is_some_and(|kind| kind.secrets().contains(&name));
    let value = if is_secret { String::new() } else { value };
    AccountField { name, value, is_long: LONG.contains(&name), is_secret }
}

async fn add(form: Form<Given>) -> Changed {
    let kind = AccountKind::parse(form.fields.text("kind").unwrap_or_default());
    let kind = kind.map_err(|invalid| refused(&Problem::refused(&invalid)))?;
    let created = match read_new(&form.fields, kind) {
        Ok(new) => {
            let new = NewAccount { once: Some(once(&form)?), ..new };
            use_cases::provider_accounts::create(&form.by.engine, &form.by.merchant, new).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    let shown = match created {
        Ok(created) => created.ok_or_else(not_found)?,
        Err(EngineError::Refused(invalid)) => {
            let again = new_form(&form.by, Some(kind), Some(&form.fields), Refused::by(invalid));
            return Err(refused(&again).into());
        }
        Err(error) => return Err(trouble(&error).into()),
    };
    let name = shown.account.name.as_str();
    match shown.secret {
        Some(secret) => {
            let secret = Issued::engine_secret(form.by.frame(Place::Accounts), name, secret.reveal().to_owned());
            form.answer(AuditAction::AccountAdded, name, page(&secret)).await
        }
        None => form.done(AuditAction::AccountAdded, name, &address(name)).await,
    }
}

fn read_new(given: &Given, kind: AccountKind) -> Result<NewAccount, Invalid> {
    let name = AccountName::parse(given.text("name").unwrap_or_default())?;
    let label = given.label()?.map_or_else(|| AccountLabel::parse(name.as_str()), Ok)?;
    let url = given.text("url").unwrap_or_default().to_owned();
    Ok(NewAccount {
        label,
        kind,
        url,
        settings: given.settings(kind.settings()),
        currencies: given.currencies()?,
        name,
        once: None,
    })
}

async fn one(viewing: OfMerchant, name: web::Path<String>) -> PageResult {
    Ok(page(&account_page(&viewing, &name, None, Refused::default())?))
}

/// The page of an account, with what was filled in.
fn account_page(viewing: &OfMerchant, name: &str, given: Option<&Given>, refused: Refused) -> Result<Account, Instead> {
    let account = viewing.merchant.accounts.iter().find(|own| own.name.as_str() == name).ok_or_else(not_found)?;
    let (kind, provider) = (account.access.kind(), account.name.of_merchant(viewing.merchant.id));
    let public = |route: &str| viewing.engine.deps.public_url.page(&format!("/{route}/{provider}"), &[]);
    let currencies = account.currencies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let shown = account.access.shown();
    let own = [("kind", kind.as_str().to_owned()), ("created_at", when(account.created_at).shown)];
    let addresses = [("return_url", public("return")), ("notification_url", public("notify"))];
    let saved = |name: &str| match name {
        "label" => account.label.as_str().to_owned(),
        "url" => account.access.url().to_owned(),
        "currencies" => currencies.clone(),
        other => shown.iter().find(|(own, _)| *own == other).map(|(_, text)| text.clone()).unwrap_or_default(),
    };
    let value = |name: &str| given.map_or_else(|| saved(name), |given| given.text(name).unwrap_or_default().to_owned());
    let names = COMMON.into_iter().chain(kind.replaceable().iter().copied());
    let fixed = shown.iter().filter(|(name, _)| !kind.replaceable().contains(name)).cloned();
    Ok(Account {
        frame: viewing.frame(Place::Accounts),
        name: name.to_owned(),
        kind,
        state: account.state,
        facts: own.into_iter().chain(fixed).chain(addresses).collect(),
        fields: names.map(|name| field(Some(kind), name, value(name))).collect(),
        refused,
        tested: None,
        once: draw_once(&viewing.engine),
    })
}

async fn change(name: web::Path<String>, form: Form<Given>) -> Changed {
    let page = account_page(&form.by, &name, Some(&form.fields), Refused::default())?;
    let changed = match read_patch(&form.fields, page.kind) {
        Ok(patch) => use_cases::provider_accounts::change(&form.by.engine, form.by.merchant.id, &name, patch).await,
        Err(invalid) => Err(invalid.into()),
    };
    match changed {
        Ok(changed) => {
            changed.ok_or_else(not_found)?;
            form.done(AuditAction::AccountChanged, &name, &address(&name)).await
        }
        Err(EngineError::Refused(invalid)) => Err(refused(&Account { refused: Refused::by(invalid), ..page }).into()),
        Err(error) => Err(trouble(&error).into()),
    }
}

/// What a form changes: of the settings that its kind lets replace, those that were filled in.
fn read_patch(given: &Given, kind: AccountKind) -> Result<AccountPatch, Invalid> {
    let mut settings = given.settings(kind.replaceable());
    // The form always has the saved key_id, which may be sent only together with a private key.
    let has_key = settings.iter().any(|(name, _)| *name == "private_key");
    settings.retain(|(name, _)| *name != "key_id" || has_key);
    Ok(AccountPatch {
        label: given.label()?,
        url: given.text("url").map(str::to_owned),
        settings,
        currencies: Some(given.currencies()?),
        state: None,
    })
}

async fn set_state(name: web::Path<String>, form: Form<Given>) -> Changed {
    account_page(&form.by, &name, None, Refused::default())?;
    let state = AccountState::parse(form.fields.text("state").unwrap_or_default());
    let state = state.map_err(|invalid| refused(&Problem::refused(&invalid)))?;
    let patch = AccountPatch { state: Some(state), ..AccountPatch::default() };
    let changed = use_cases::provider_accounts::change(&form.by.engine, form.by.merchant.id, &name, patch).await;
    changed.map_err(|error| trouble(&error))?.ok_or_else(not_found)?;
    form.done(AuditAction::AccountChanged, &format!("{name} {}", state.as_str()), &address(&name)).await
}

async fn test(name: web::Path<String>, form: Form<Given>) -> Changed {
    let engine = form.by.engine.clone().into_inner();
    let found = use_cases::provider_accounts::test(&engine, &form.by.merchant, &name).await?.ok_or_else(not_found)?;
    let tested = match &found {
        TestedAccount::Answers(after) => tested(Ok(u64::try_from(after.as_millis()).unwrap_or(u64::MAX))),
        TestedAccount::Fails(why) => tested(Err(why)),
    };
    let account = account_page(&form.by, &name, None, Refused::default())?;
    form.answer(AuditAction::AccountTested, &name, page(&Account { tested: Some(tested), ..account })).await
}

async fn rotate(name: web::Path<String>, form: Form<Given>) -> Changed {
    let by = &form.by;
    let rotated = if let Some(secret) = form.fields.text("secret").map(Secret::new) {
        let given = (Some(secret), USUAL_OVERLAP);
        use_cases::provider_accounts::rotate_secret(&by.engine, by.merchant.id, &name, given).await
    } else {
        let drawn = (USUAL_OVERLAP, &once(&form)?[..]);
        use_cases::provider_accounts::rotate_secret_once(&by.engine, by.merchant.id, &name, drawn).await
    };
    let shown = rotated.map_err(|error| trouble(&error))?.ok_or_else(not_found)?;
    match shown.secret {
        Some(secret) => {
            let secret = Issued::engine_secret(by.frame(Place::Accounts), &name, secret.reveal().to_owned());
            form.answer(AuditAction::AccountSecretRotated, &name, page(&secret)).await
        }
        None => form.done(AuditAction::AccountSecretRotated, &name, &address(&name)).await,
    }
}

async fn remove(name: web::Path<String>, form: Form<Given>) -> Changed {
    let removed = use_cases::provider_accounts::remove(&form.by.engine, &form.by.merchant, &name).await;
    if !removed.map_err(|error| trouble(&error))? {
        return Err(not_found().into());
    }
    form.done(AuditAction::AccountRemoved, &name, "/console/accounts").await
}

/// What makes a form that draws a secret, sent twice from one session, draw one. Nobody else is shown that secret.
fn once(form: &Form<Given>) -> Result<Vec<u8>, Instead> {
    let mark = check_once(form.fields.text("once").unwrap_or_default())?;
    Ok([&form.by.viewer.session.id.as_bytes()[..], mark.as_bytes()].concat())
}

fn address(name: &str) -> String {
    format!("/console/accounts/{name}")
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

//! The operator's console: its merchants, each with a sign-in link, and its providers.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted, draw_once};
use super::reply::{page, problem, refused, trouble, when};
use super::viewing::OfOperator;
use crate::domain::merchant::Standing;
use crate::domain::{
    AuditAction, ConsoleScope, Invalid, Member, MemberName, Merchant, MerchantId, MerchantName, Mode, Role,
};
use crate::engine::{AddedMerchant, EngineError, derive, use_cases};
use crate::health::Health;
use crate::telemetry::metrics::Metrics;
use crate::web::page_at;
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::views::console::{
    Issued, MerchantRow, Merchants, NewMerchantFields, Node, Place, Problem, ProviderRow, Providers, Refused,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/merchants", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(page_at("/merchants/link", "POST").route(web::post().to(link)))
        .service(page_at("/merchants/standing", "POST").route(web::post().to(stand)))
        .service(page_at("/providers", "GET").route(web::get().to(providers)))
        .service(page_at("/node", "GET").route(web::get().to(node)));
}

impl Posted for NewMerchantFields {
    type Of = OfOperator;
    const ROLE: Role = Role::Admin;
}

async fn list(viewing: OfOperator) -> PageResult {
    Ok(page(&merchants_page(&viewing, NewMerchantFields::default(), Refused::default()).await?))
}

async fn merchants_page(
    viewing: &OfOperator,
    new: NewMerchantFields,
    refused: Refused,
) -> Result<Merchants, EngineError> {
    let row = |merchant: &Merchant| MerchantRow {
        id: merchant.id.to_string(),
        name: merchant.name.as_str().to_owned(),
        mode: viewing.engine.deps.mode_of(merchant),
        is_disabled: merchant.standing == Standing::Disabled,
        created_at: when(merchant.created_at),
    };
    let merchants = use_cases::merchants::list(&viewing.engine).await?.iter().map(row).collect();
    let once = draw_once(&viewing.engine);
    let new = NewMerchantFields { once, ..new };
    Ok(Merchants { frame: viewing.frame(Place::Merchants), merchants, new, refused })
}

async fn add(form: Form<NewMerchantFields>) -> Changed {
    let read = || Ok((MerchantName::parse(&form.fields.name)?, Mode::parse(&form.fields.mode)?));
    let (name, mode) = match read() {
        Ok(read) => read,
        Err(invalid) => {
            let again = merchants_page(&form.by, form.fields.clone(), Refused::by(invalid)).await?;
            return Err(refused(&again).into());
        }
    };
    // The operator is not a merchant.
    let (nobody, content) = (MerchantId::from_bytes([0; 16]), [name.as_str().as_bytes(), mode.as_str().as_bytes()]);
    let once = derive::reservation_for(nobody, "console/merchants", &form.fields.once, &content);
    let added = use_cases::merchants::add_once(&form.by.engine, Some(&once), name, mode).await;
    let AddedMerchant::New(new) = added.map_err(|error| trouble(&error))? else {
        return Err(problem(&Problem::sent_before()).into());
    };
    let shown = Issued::merchant(
        form.by.frame(Place::Merchants),
        new.merchant.name.as_str(),
        [
            ("merchant_id", new.merchant.id.to_string()),
            ("api_key", new.api_key.reveal().to_owned()),
            ("signing_secret", new.signing_secret.reveal().to_owned()),
        ],
    );
    form.answer(AuditAction::MerchantAdded, &new.merchant.id.to_string(), page(&shown)).await
}

/// Whom a sign-in link is for.
#[derive(Deserialize)]
struct NewLink {
    merchant: String,
    name: String,
    role: String,
}

impl Posted for NewLink {
    type Of = OfOperator;
    const ROLE: Role = Role::Admin;
}

async fn link(form: Form<NewLink>) -> Changed {
    let scope = ConsoleScope::Merchant(read_id(&form.fields.merchant)?);
    let read = || {
        let (role, name) = (Role::parse(&form.fields.role)?, MemberName::parse(&form.fields.name)?);
        Ok(Member { scope, role, name, by_mail: false })
    };
    let member = read().map_err(|invalid: Invalid| problem(&Problem::refused(&invalid)))?;
    let issued = use_cases::console::issue_link(&form.by.engine, &member).await?.ok_or_else(not_found)?;
    let shown = Issued::link(form.by.frame(Place::Merchants), member.name.as_str(), issued.url);
    let object = format!("{} {} {}", form.fields.merchant, member.role.as_str(), member.name.as_str());
    form.answer(AuditAction::LinkIssued, &object, page(&shown)).await
}

/// A merchant that is to be shut out, or let in again.
#[derive(Deserialize)]
struct Stand {
    merchant: String,
    standing: String,
}

impl Posted for Stand {
    type Of = OfOperator;
    const ROLE: Role = Role::Admin;
}

async fn stand(form: Form<Stand>) -> Changed {
    let id = read_id(&form.fields.merchant)?;
    let (standing, action) = match form.fields.standing.as_str() {
        "disabled" => (Standing::Disabled, AuditAction::MerchantDisabled),
        "active" => (Standing::Active, AuditAction::MerchantEnabled),
        _ => return Err(problem(&Problem::unreadable()).into()),
    };
    use_cases::merchants::set_standing(&form.by.engine, id, standing).await?.ok_or_else(not_found)?;
    form.done(action, &form.fields.merchant, "/console/merchants").await
}

async fn providers(viewing: OfOperator) -> PageResult {
    let away = viewing.engine.providers_away();
    let rows = viewing.engine.deps.providers.operators().iter().map(|provider| {
        let silent = away.iter().find(|(name, span)| name == provider.name() && !span.is_zero());
        ProviderRow {
            name: provider.name().to_owned(),
            label: provider.label().to_owned(),
            mode: provider.mode(),
            takes_payments: provider.takes_payments(),
            silent_seconds: silent.map(|(_, span)| span.as_secs()),
            last_error: viewing.engine.last_error_of(provider.name()).map(|last| (when(last.at), last.error)),
        }
    });
    Ok(page(&Providers { providers: rows.collect(), frame: viewing.frame(Place::Providers) }))
}

async fn node(viewing: OfOperator, health: web::Data<Health>, metrics: web::Data<Metrics>) -> PageResult {
    let (report, work) = (health.look().await, metrics.work());
    let whole = |count: i64| u64::try_from(count).unwrap_or_default();
    let (open, most) = report.connections();
    Ok(page(&Node {
        readiness: report.readiness().as_str(),
        version: env!("CARGO_PKG_VERSION"),
        store: viewing.engine.deps.store.describe(),
        checks: report.checks().map(|(check, trouble)| (check.as_str(), trouble)).collect(),
        connections: (whole(open), whole(most)),
        files: report.files(),
        skew_millis: report.skew_millis(),
        work: [work.under_way, work.hanging, work.queued, work.backing_off],
        lag_millis: u64::try_from(work.lag.as_millis()).unwrap_or(u64::MAX),
        frame: viewing.frame(Place::Node),
    }))
}

fn read_id(text: &str) -> Result<MerchantId, Instead> {
    text.parse().map_err(|_| not_found().into())
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}

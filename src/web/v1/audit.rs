//! `/audit`: who changed what in the console, newest first: the merchant's own, or the operator's by the operator's key.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::list::ListQuery;
use super::{ApiResult, Caller, at};
use crate::domain::{AuditEntry, ConsoleScope};
use crate::engine::{Engine, use_cases};
use crate::web::time::rfc3339;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/audit", "GET").route(web::get().to(list)));
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> ApiResult {
    let scope = match Caller::of(&engine, &request).await? {
        Caller::Operator => ConsoleScope::Operator,
        Caller::Merchant(merchant) => ConsoleScope::Merchant(merchant.id),
    };
    let query = ListQuery::read(&request, &["limit", "after"])?;
    let entries = use_cases::console::audit(&engine, scope, query.place()?, query.limit).await?;
    let next = query.next(&entries, |entry| entry.place);
    let view = |entry: &AuditEntry| {
        json!({
            "at": rfc3339(entry.place.at), "who": entry.who.as_str(), "role": entry.role.as_str(),
            "action": entry.action.as_str(), "object": entry.object,
        })
    };
    let entries: Vec<_> = entries.iter().map(view).collect();
    Ok(HttpResponse::Ok().json(json!({ "entries": entries, "next": next })))
}

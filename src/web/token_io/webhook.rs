//! `/webhook/config`: where every change of new payments goes. Running ones keep what they were opened with.

use actix_web::web;
use serde_json::json;

use super::answer::{ErrorBody, Reply, answered, reply};
use super::{at, call::Call};
use crate::dialect::token_io::read_webhook;
use crate::domain::{AuditAction, ConsoleScope, Member, MemberName, Role, Webhook};
use crate::engine::{Edit, Engine, EngineError, use_cases};
use crate::web::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let own = at("/webhook/config", "DELETE, GET, PUT");
    config.service(
        own.route(web::put().to(answered(put)))
            .route(web::get().to(answered(show)))
            .route(web::delete().to(answered(delete))),
    );
}

async fn put(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let webhook = read_webhook(&call.body, &engine.deps.rules)?;
    edit(&engine, &call, Some(webhook)).await
}

async fn delete(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    edit(&engine, &call, None).await
}

async fn show(engine: web::Data<Engine>, incoming: Incoming) -> Result<Reply, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let webhook = call.merchant.webhook.as_ref();
    let webhook = webhook.ok_or_else(|| ErrorBody::not_found("webhook configuration", None))?;
    reply(json!({ "config": { "type": webhook.types, "url": webhook.url.as_str() } }))
}

/// Changes it, which the audit log has.
async fn edit(engine: &Engine, call: &Call, webhook: Option<Webhook>) -> Result<Reply, ErrorBody> {
    let (merchant, scope) = (call.merchant.id, ConsoleScope::Merchant(call.merchant.id));
    let named = format!("{} {}", call.request.method(), call.request.path());
    let member = Member { scope, role: Role::Admin, name: MemberName::shortened(&call.by)?, by_mail: false };
    let change = Edit::Tell(webhook);
    let work = use_cases::profile::edit(engine, merchant, &change, None);
    let is_away = |error: &EngineError| matches!(error, EngineError::Store(_));
    use_cases::console::audited(engine, &member, (AuditAction::ApiCalled, &named), work, is_away).await?;
    reply(json!({}))
}

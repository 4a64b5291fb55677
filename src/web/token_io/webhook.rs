//! `/webhook/config`: who is told of every change of new payments. Running ones keep what they were opened with.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use super::answer::{ErrorBody, answer, reply};
use super::at;
use super::call::Call;
use crate::dialect::token_io::read_webhook;
use crate::domain::merchant::{Merchant, Webhook};
use crate::engine::{Edit, Engine, use_cases};
use crate::web::body::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let own = at("/webhook/config", "DELETE, GET, PUT");
    config.service(own.route(web::put().to(put)).route(web::get().to(show)).route(web::delete().to(delete)));
}

#[derive(Serialize)]
struct Shown<'a> {
    config: Config<'a>,
}

#[derive(Serialize)]
struct Config<'a> {
    #[serde(rename = "type")]
    types: &'a [String],
    url: &'a str,
}

async fn put(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let saved = async {
        let call = Call::read(&engine, incoming).await?;
        let webhook = read_webhook(&call.body, &engine.deps.rules)?;
        edit(&engine, &call.merchant, Some(webhook)).await
    };
    answer(&engine, saved.await)
}

async fn delete(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let deleted = async {
        let call = Call::read(&engine, incoming).await?;
        edit(&engine, &call.merchant, None).await
    };
    answer(&engine, deleted.await)
}

async fn show(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let shown = async {
        let call = Call::read(&engine, incoming).await?;
        let webhook = call.merchant.webhook.as_ref();
        let webhook = webhook.ok_or_else(|| ErrorBody::not_found("webhook configuration", None))?;
        reply(Shown { config: Config { types: &webhook.types, url: webhook.url.as_str() } })
    };
    answer(&engine, shown.await)
}

async fn edit(engine: &Engine, merchant: &Merchant, webhook: Option<Webhook>) -> Result<String, ErrorBody> {
    use_cases::profile::edit(engine, merchant.id, &Edit::Tell(webhook), None).await?;
    reply(json!({}))
}

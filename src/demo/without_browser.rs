//! Payments whose end is known although no browser brings it home: a customer who pays and never returns, and a payment
//! that the app has created itself.

use actix_web::{HttpResponse, http::StatusCode, middleware::from_fn, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Demo, call::AppCall, form};
use crate::domain::Redirect;
use crate::egress::Call;
use crate::web::views::{DemoError, WithoutBrowser};
use crate::web::{Incoming, own_pages_only, page_at, reply};

/// What the bank plays: paid four seconds after its customer has left, whatever the customer does.
const PLAYED: &str = "asked:4000:paid";

/// The page about such a payment.
const PAGE: &str = "/demo/without-browser";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let own = |path, method| page_at(path, method).wrap(from_fn(own_pages_only));
    config
        .service(own("/demo/never-returns", "POST").route(web::post().to(never_returns)))
        .service(own("/demo/attached", "POST").route(web::post().to(attach)))
        .service(own(PAGE, "GET").route(web::get().to(show)));
}

/// Which payment the page is about.
#[derive(Deserialize)]
struct About {
    journey_id: String,
    attached: Option<bool>,
}

fn own_payment(amount: &str, more: (&str, Value)) -> AppCall {
    let mut body = json!({ "amount": amount, "currency": "EUR", "note": PLAYED });
    body[more.0] = more.1;
    AppCall::own(body)
}

/// Opens a payment, and leaves for the bank as its customer does who is never seen again.
async fn never_returns(demo: web::Data<Demo>, incoming: Incoming) -> HttpResponse {
    let form = form::read(&incoming.body.unwrap_or_default(), demo.untouched());
    let call = own_payment(&form.amount, ("callback", json!(form.url)));
    let (journey, pay_link) = match demo.open_payment(&call).await {
        Ok(opened) => opened,
        Err(reason) => return demo.page(form.clone(), Some(form::error(&form, &reason))).await,
    };
    let link = url::Url::parse(&pay_link).ok();
    let link =
        link.and_then(|url| url.query_pairs().find(|(name, _)| name == "link_id").map(|(_, id)| id.into_owned()));
    let press = Call::post(&format!("{}/payment/pay", demo.api)).form(&[("link_id", link.unwrap_or_default())]);
    // Where it leads to, nobody looks.
    let _ = demo.client.send(press).await;
    about(&demo, &journey, false)
}

/// Opens a payment that the app creates itself, and says which one it has created.
async fn attach(demo: web::Data<Demo>, incoming: Incoming) -> HttpResponse {
    let form = form::read(&incoming.body.unwrap_or_default(), demo.untouched());
    let call = own_payment(&form.amount, ("attach", json!("sandbox")));
    let answer = demo.ask(call.request(&demo.api, &demo.api_key)).await.unwrap_or_default();
    let (Some(id), Some(reference)) = (answer["journey_id"].as_str(), answer["attach"]["reference"].as_str()) else {
        let reason = answer["detail"].as_str().unwrap_or("The gateway did not answer.");
        return demo.page(form.clone(), Some(form::error(&form, reason))).await;
    };
    // As the bank calls it; another bank's kit would say.
    let bind = AppCall::attach(id, &format!("sandbox-{reference}"));
    match demo.ask(bind.request(&demo.api, &demo.api_key)).await {
        Some(journey) if journey["journey_id"].is_string() => about(&demo, &journey, true),
        _ => demo.page(form, Some(DemoError::of_form("The payment could not be attached."))).await,
    }
}

/// On to the page about this payment.
fn about(demo: &Demo, journey: &Value, attached: bool) -> HttpResponse {
    let id = journey["journey_id"].as_str().unwrap_or_default();
    let attached = if attached { "true" } else { "false" };
    let about = [("journey_id", id), ("attached", attached)];
    reply::see_other(&Redirect::own(&demo.public_url, PAGE, &about))
}

async fn show(demo: web::Data<Demo>, about: web::Query<About>) -> HttpResponse {
    let About { journey_id, attached } = about.into_inner();
    let is_id = uuid::Uuid::parse_str(&journey_id).is_ok();
    let look = Call::get(&format!("{}/v1/journeys/{journey_id}", demo.api)).bearer(&demo.api_key);
    let journey = if is_id { demo.ask(look).await.unwrap_or_default() } else { Value::Null };
    let Some(status) = journey["status"].as_str() else { return reply::unknown_link() };
    let attached = attached.unwrap_or_default();
    let amount = journey["amount"].as_str().unwrap_or_default();
    let opens = if attached {
        own_payment(amount, ("attach", json!("sandbox")))
    } else {
        own_payment(amount, ("callback", json!(demo.untouched().url)))
    };
    let mut calls = opens.curl(&demo.public_url);
    if let Some(reference) = journey["attach"]["reference"].as_str() {
        let bind = AppCall::attach(&journey_id, &format!("sandbox-{reference}"));
        calls = format!("{calls}\n\n{}", bind.curl(&demo.public_url));
    }
    let look = format!(
        "curl -s {}/v1/journeys/{journey_id} \\\n  -H \"Authorization: Bearer $KEY\"",
        demo.public_url.as_str()
    );
    reply::page_with(
        StatusCode::OK,
        &WithoutBrowser {
            attached,
            status: status.to_owned(),
            returned_at: journey["returned_at"].as_str().map(str::to_owned),
            address: demo.public_url.page(PAGE, &[("journey_id", &journey_id), ("attached", &attached.to_string())]),
            calls: format!("{calls}\n\n{look}"),
        },
    )
}

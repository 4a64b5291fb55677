//! The sandbox bank's own pages: the page on which a customer decides, and the page that a merchant without an
//! app uses as its callback.
//!
//! It stands beside the gateway as a real bank would, and knows nothing of journeys: what it needs is in the query.

mod parameters;

use actix_web::{HttpResponse, middleware::from_fn, web};
use serde::Deserialize;

use crate::clock::Clock;
use crate::domain::PublicUrl;
use crate::provider::sandbox::{Decision, ReturnTo, Sandbox};
use crate::telemetry::metrics::Route;
use crate::web::views::{Authorise, NeverReturns, Wanted};
use crate::web::{Incoming, own_pages_only, page_at, reply};

pub use parameters::{Redeemer, rows};

/// The sandbox bank's routes. They want [`Sandbox`] and the [`Clock`] as application data.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            page_at("/sandbox/authorise", "GET, POST")
                .wrap(from_fn(own_pages_only))
                .app_data(Route::Sandbox)
                .route(web::get().to(ask))
                .route(web::post().to(decide)),
        )
        .configure(parameters::routes);
}

/// The longest text that the page shows, in characters: none that a journey keeps of a payment is longer.
const SHOWN: usize = 255;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_name: String,
    #[serde(default)]
    bank_name: String,
    #[serde(default)]
    payee: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    scope: String,
    redirect_uri: String,
    state: String,
    #[serde(default)]
    app_url_signature: String,
}

#[derive(Deserialize)]
struct Decided {
    #[serde(default)]
    bank_name: String,
    redirect_uri: String,
    state: String,
    #[serde(default)]
    app_url_signature: String,
    decision: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    delay: String,
    #[serde(default)]
    fail: String,
}

async fn ask(bank: web::Data<Sandbox>, asked: Option<web::Query<Asked>>) -> HttpResponse {
    let Some(web::Query(asked)) = asked else { return reply::unreadable() };
    let Asked { redirect_uri, state, app_url_signature, .. } = asked;
    if bank
        .check(&ReturnTo { redirect_uri: &redirect_uri, state: &state, app_url_signature: &app_url_signature })
        .is_err()
    {
        return reply::unreadable();
    }
    let shown = |text: String| text.chars().take(SHOWN).collect::<String>();
    let amount = shown(asked.amount);
    let wanted = match (asked.scope.as_str(), amount.is_empty()) {
        ("consent", true) => Wanted::Access,
        ("consent", false) => Wanted::PaymentConsent(amount),
        _ => Wanted::Payment(amount),
    };
    let (merchant, client_id, bank) = (shown(asked.client_name), shown(asked.client_id), shown(asked.bank_name));
    let (payee, reference) = (shown(asked.payee), shown(asked.reference));
    reply::page(&Authorise {
        bank,
        merchant,
        payee,
        reference,
        wanted,
        redirect_uri,
        state,
        app_url_signature,
        client_id,
    })
}

async fn decide(bank: web::Data<Sandbox>, clock: web::Data<dyn Clock>, incoming: Incoming) -> HttpResponse {
    let Ok(body) = incoming.body else { return reply::unreadable() };
    let Ok(decided) = serde_urlencoded::from_bytes::<Decided>(&body) else { return reply::unreadable() };
    let decision = match decided.decision.as_str() {
        "approve" => Decision::Code(fresh_code(&**clock)),
        "slow" => Decision::Code(format!("slow:{}", decided.delay)),
        "fail" => Decision::Code(format!("fail:{}", decided.fail)),
        "decline" => Decision::Error("access_denied".into()),
        "error" => Decision::Error(decided.error.clone()),
        "never" => return reply::page(&NeverReturns { bank: decided.bank_name.chars().take(SHOWN).collect() }),
        _ => return reply::unreadable(),
    };
    let Decided { redirect_uri, state, app_url_signature, .. } = &decided;
    match bank.answer(&ReturnTo { redirect_uri, state, app_url_signature }, &decision) {
        Ok(redirect) => reply::see_other(&redirect),
        Err(_) => reply::unreadable(),
    }
}

fn fresh_code(clock: &dyn Clock) -> String {
    let entropy = clock.entropy();
    format!("approved-{:016x}", u64::from_be_bytes(*entropy.first_chunk().unwrap_or(&[0; 8])))
}

/// The address of the page that shows parameters.
pub fn display_url(base: &PublicUrl) -> String {
    base.page("/display-parameters", &[])
}

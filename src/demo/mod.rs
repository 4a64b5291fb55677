//! The newcomer's page: a shop of one button.
//!
//! It is an ordinary merchant's app. It knows an API key and the gateway's address, and calls the same API over HTTP as
//! everybody; nothing here reaches behind it.

mod call;
mod form;
mod without_browser;

use actix_web::{HttpResponse, http::StatusCode, middleware::from_fn, web};
use serde_json::Value;

use crate::domain::{PublicUrl, Secret};
use crate::egress::{Call, Client};
use crate::sandbox::{Redeemer, display_url};
use crate::web::views::{Demo as Page, DemoError, DemoForm, SavedChoice};
use crate::web::{Incoming, own_pages_only, page_at, reply};
use call::AppCall;

/// The demo merchant's app.
pub struct Demo {
    merchant: String,
    api_key: Secret,
    /// The gateway as this machine reaches it.
    api: String,
    /// The gateway as browsers reach it.
    public_url: PublicUrl,
    client: Client,
}

/// The demo's routes. They want [`Demo`] as application data.
pub fn routes(config: &mut web::ServiceConfig) {
    let own = |path, method| page_at(path, method).wrap(from_fn(own_pages_only));
    config
        .service(own("/demo", "GET").route(web::get().to(show)))
        .service(own("/demo/call", "POST").route(web::post().to(call)))
        .service(own("/demo/pay", "POST").route(web::post().to(pay)))
        .configure(without_browser::routes);
}

impl Demo {
    /// The app of `merchant`, which calls the API at `api` with this key.
    pub const fn new(merchant: String, api_key: Secret, api: String, public_url: PublicUrl, client: Client) -> Self {
        Self { merchant, api_key, api, public_url, client }
    }

    fn untouched(&self) -> DemoForm {
        DemoForm::new(&display_url(&self.public_url))
    }

    async fn page(&self, form: DemoForm, error: Option<DemoError>) -> HttpResponse {
        let display_url = display_url(&self.public_url);
        let callbacks = self.callbacks().await;
        let call = AppCall::of(&form, &callbacks, (&self.short_id().await, "order-1042")).curl(&self.public_url);
        let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let page = Page { merchant: self.merchant.clone(), callbacks, display_url, error, call, form };
        reply::page_with(status, &page)
    }

    async fn callbacks(&self) -> Vec<SavedChoice> {
        let call = Call::get(&format!("{}/v1/profile/callbacks", self.api)).bearer(&self.api_key);
        let Ok(answer) = self.client.send(call).await else { return Vec::new() };
        let profile: Value = answer.json().unwrap_or_default();
        let choices = profile["callbacks"].as_array().into_iter().flatten().filter_map(|callback| {
            Some(SavedChoice {
                index: usize::try_from(callback["index"].as_u64()?).ok()?,
                name: callback["name"].as_str().map(str::to_owned),
                url: callback["url"].as_str()?.to_owned(),
            })
        });
        choices.collect()
    }

    /// The merchant's id, in its short form.
    async fn short_id(&self) -> String {
        let profile = self.ask(Call::get(&format!("{}/v1/profile", self.api)).bearer(&self.api_key)).await;
        profile.unwrap_or_default()["short_id"].as_str().unwrap_or_default().to_owned()
    }

    /// A number of the shop's own that no payment of this merchant has yet: behind the last one.
    async fn own_number(&self) -> String {
        let look = Call::get(&format!("{}/v1/journeys?limit=1", self.api)).bearer(&self.api_key);
        let listed = self.ask(look).await.unwrap_or_default();
        format!("d{}", listed["journeys"][0]["pay_id"].as_str().unwrap_or("1"))
    }

    /// The answer to a call, as JSON. `None` where there is none.
    async fn ask(&self, call: Call) -> Option<Value> {
        self.client.send(call).await.ok()?.json().ok()
    }

    /// Makes a call: the whole answer, and the address to pay at, or what the gateway says is wrong.
    async fn open_payment(&self, call: &AppCall) -> Result<(Value, String), String> {
        let answer = self.ask(call.request(&self.api, &self.api_key)).await;
        let body = answer.ok_or_else(|| "The gateway did not answer.".to_owned())?;
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        match text(call.pay_link) {
            Some(pay_link) => Ok((body, pay_link)),
            None => Err(text(call.reason).unwrap_or_else(|| "The gateway gave no reason.".into())),
        }
    }
}

async fn show(demo: web::Data<Demo>) -> HttpResponse {
    demo.page(demo.untouched(), None).await
}

/// Shows the call that this form makes, without making it.
async fn call(demo: web::Data<Demo>, incoming: Incoming) -> HttpResponse {
    let form = form::read(&incoming.body.unwrap_or_default(), demo.untouched());
    demo.page(form, None).await
}

async fn pay(demo: web::Data<Demo>, incoming: Incoming) -> HttpResponse {
    let body = match incoming.body {
        Ok(body) => body,
        Err(trouble) => {
            return demo.page(demo.untouched(), Some(DemoError::of_form(&trouble.to_string()))).await;
        }
    };
    let form = form::read(&body, demo.untouched());
    if let Some(error) = form::missing(&form) {
        return demo.page(form, Some(error)).await;
    }
    let callbacks = demo.callbacks().await;
    let call = AppCall::of(&form, &callbacks, (&demo.short_id().await, &demo.own_number().await));
    match demo.open_payment(&call).await {
        Ok((_, pay_link)) => match reply::own_page(&pay_link, &demo.public_url) {
            Some(response) => response,
            None => demo.page(form, Some(DemoError::of_form("The gateway answered with an unknown link."))).await,
        },
        Err(reason) => {
            let error = form::error(&form, &reason);
            demo.page(form, Some(error)).await
        }
    }
}

#[async_trait::async_trait]
impl Redeemer for Demo {
    async fn redeem(&self, token: &str) -> (String, String) {
        let call = Call::post(&format!("{}/v1/one-time-tokens/redeem", self.api))
            .bearer(&self.api_key)
            .json(&serde_json::json!({ "one_time_token": token }));
        match self.client.send(call).await {
            Err(_) => ("No answer".into(), "The gateway did not answer.".into()),
            Ok(answer) => {
                let status = answer.status().to_string();
                let body: Value = answer.json().unwrap_or_default();
                (status, serde_json::to_string_pretty(&body).unwrap_or_default())
            }
        }
    }
}

//! The newcomer's page: a shop of one button.
//!
//! It is an ordinary merchant's app. It knows an API key and the gateway's address, and calls the same API over HTTP as
//! everybody; nothing here reaches behind the front door.

mod form;

use actix_web::{HttpResponse, web};
use serde_json::Value;

use crate::domain::redirect::PublicUrl;
use crate::domain::secret::Secret;
use crate::sandbox::{Redeemer, display_url};
use crate::web::page::{Demo as Page, DemoForm, SavedChoice};
use crate::web::{Incoming, reply};

/// The demo merchant's app.
pub struct Demo {
    merchant: String,
    api_key: Secret,
    /// The gateway as this machine reaches it.
    api: String,
    /// The gateway as browsers reach it.
    public_url: PublicUrl,
    client: reqwest::Client,
}

/// The demo's routes. They want [`Demo`] as application data.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/demo", web::get().to(show)).route("/demo/pay", web::post().to(pay));
}

impl Demo {
    /// The app of `merchant`, which calls the API at `api` with this key.
    pub const fn new(
        merchant: String,
        api_key: Secret,
        api: String,
        public_url: PublicUrl,
        client: reqwest::Client,
    ) -> Self {
        Self { merchant, api_key, api, public_url, client }
    }

    async fn page(&self, form: DemoForm, error: Option<String>) -> HttpResponse {
        let display_url = display_url(&self.public_url);
        let callbacks = self.callbacks().await;
        let api_hint = form::curl(&form, &self.public_url);
        reply::page(&Page { merchant: self.merchant.clone(), callbacks, display_url, error, api_hint, form })
    }

    async fn callbacks(&self) -> Vec<SavedChoice> {
        let call = self.client.get(format!("{}/v1/profile/callbacks", self.api)).bearer_auth(self.api_key.reveal());
        let Ok(answer) = call.send().await else { return Vec::new() };
        let profile: Value = answer.json().await.unwrap_or_default();
        let choices = profile["callbacks"].as_array().into_iter().flatten().filter_map(|callback| {
            Some(SavedChoice {
                index: usize::try_from(callback["index"].as_u64()?).ok()?,
                name: callback["name"].as_str().map(str::to_owned),
                url: callback["url"].as_str()?.to_owned(),
            })
        });
        choices.collect()
    }

    /// Asks for a link, and answers the address to pay at.
    async fn create_link(&self, form: &DemoForm) -> Result<String, String> {
        let call =
            self.client.post(format!("{}/secpaid/api/v2/createLink", self.api)).header("token", self.api_key.reveal());
        let answer = call.json(&form::create_link(form)).send().await.map_err(|error| error.to_string())?;
        let body: Value = answer.json().await.map_err(|error| error.to_string())?;
        match body["data"]["pay_link"].as_str() {
            Some(pay_link) if body["ResponseCode"] == 1 => Ok(pay_link.to_owned()),
            _ => Err(body["ResponseMsg"].as_str().unwrap_or("The gateway gave no reason.").to_owned()),
        }
    }
}

async fn show(demo: web::Data<Demo>) -> HttpResponse {
    let form = DemoForm::new(&display_url(&demo.public_url));
    demo.page(form, None).await
}

async fn pay(demo: web::Data<Demo>, incoming: Incoming) -> HttpResponse {
    let body = match incoming.body {
        Ok(body) => body,
        Err(trouble) => {
            let untouched = DemoForm::new(&display_url(&demo.public_url));
            return demo.page(untouched, Some(trouble.to_string())).await;
        }
    };
    let form = form::read(&body, DemoForm::new(&display_url(&demo.public_url)));
    match demo.create_link(&form).await {
        Ok(pay_link) => match reply::own_page(&pay_link, &demo.public_url) {
            Some(response) => response,
            None => demo.page(form, Some("The gateway answered with a link that is not its own.".into())).await,
        },
        Err(reason) => demo.page(form, Some(reason)).await,
    }
}

#[async_trait::async_trait]
impl Redeemer for Demo {
    async fn redeem(&self, token: &str) -> (String, String) {
        let call =
            self.client.post(format!("{}/v1/one-time-tokens/redeem", self.api)).bearer_auth(self.api_key.reveal());
        match call.json(&serde_json::json!({ "one_time_token": token })).send().await {
            Err(error) => ("No answer".into(), error.without_url().to_string()),
            Ok(answer) => {
                let status = answer.status().to_string();
                let body: Value = answer.json().await.unwrap_or_default();
                (status, serde_json::to_string_pretty(&body).unwrap_or_default())
            }
        }
    }
}

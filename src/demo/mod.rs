//! The newcomer's page: a shop of one button.
//!
//! It is an ordinary merchant's app. It knows an API key and the gateway's address, and calls the same API over HTTP as
//! everybody; nothing here reaches behind the front door.

mod form;

use actix_web::{HttpResponse, web};
use serde_json::Value;

use crate::domain::redirect::PublicUrl;
use crate::domain::secret::Secret;
use crate::egress::{Call, Client, header::HeaderName};
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
    client: Client,
}

/// The demo's routes. They want [`Demo`] as application data.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/demo", web::get().to(show)).route("/demo/pay", web::post().to(pay));
}

impl Demo {
    /// The app of `merchant`, which calls the API at `api` with this key.
    pub const fn new(merchant: String, api_key: Secret, api: String, public_url: PublicUrl, client: Client) -> Self {
        Self { merchant, api_key, api, public_url, client }
    }

    async fn page(&self, form: DemoForm, error: Option<String>) -> HttpResponse {
        let display_url = display_url(&self.public_url);
        let callbacks = self.callbacks().await;
        let api_hint = form::curl(&form, &self.public_url);
        reply::page(&Page { merchant: self.merchant.clone(), callbacks, display_url, error, api_hint, form })
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

    /// Asks for a link, and answers the address to pay at.
    async fn create_link(&self, form: &DemoForm) -> Result<String, String> {
        let call = Call::post(&format!("{}/secpaid/api/v2/createLink", self.api))
            .secret(HeaderName::from_static("token"), &self.api_key)
            .json(&form::create_link(form));
        let answer = self.client.send(call).await.map_err(|trouble| trouble.to_string())?;
        let body: Value = answer.json().map_err(|error| error.to_string())?;
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
        let call = Call::post(&format!("{}/v1/one-time-tokens/redeem", self.api))
            .bearer(&self.api_key)
            .json(&serde_json::json!({ "one_time_token": token }));
        match self.client.send(call).await {
            Err(trouble) => ("No answer".into(), trouble.to_string()),
            Ok(answer) => {
                let status = answer.status().to_string();
                let body: Value = answer.json().unwrap_or_default();
                (status, serde_json::to_string_pretty(&body).unwrap_or_default())
            }
        }
    }
}

//! The end of a payment in a window of its own: the page that has opened it is told, by its exact origin.
//!
//! Like the page of an app it shows a one-time token, so its address holds a ticket.

use actix_web::{HttpRequest, web};

use super::app_page::{Asked, by_ticket};
use super::{home, instead::PageResult, outcome};
use crate::engine::{Engine, redirect};
use crate::language::Sentence;
use crate::web::views::Popup;
use crate::web::{in_language, page_at, reply};

/// Among the pages of checkouts.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/popup", "GET").route(web::get().to(popup)));
}

async fn popup(engine: web::Data<Engine>, request: HttpRequest, asked: web::Query<Asked>) -> PageResult {
    by_ticket(&engine, &request, &asked, |journey| {
        let Some(told) = redirect::popup_return(&engine.deps, journey, &reply::visitor(&request))? else {
            return Err(home::lead_home(&engine, &request, journey).into());
        };
        let page = in_language::of_journey(&request, journey);
        let merchant = journey.opening().merchant_name.as_str();
        let sentence = outcome::sentence(&engine, &page, journey);
        let parameters = told.parameters.pairs().map(|(name, value)| (name.to_owned(), value.into()));
        Ok(reply::customers_page(&Popup {
            page,
            merchant: merchant.to_owned(),
            outcome_sentence: sentence.unwrap_or_else(|| Sentence::of("app-unconfirmed").name("merchant", merchant)),
            origin: told.origin,
            parameters: serde_json::Value::Object(parameters.collect()).to_string(),
            home: told.home.as_str().to_owned(),
        }))
    })
    .await
}

//! The page that opens a merchant's app, for checkouts and consents alike.
//!
//! A return leads every browser here; which device it is, is asked only now. A device that a redirect does for is sent on
//! at once. The address holds the journey's link alone, and the page's script takes that out of it: what stays in the
//! browser's history opens nothing.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::page::{AppAgain, AppReturn, words};
use super::{problem, reply};
use crate::domain::device::Device;
use crate::domain::door::Homeward;
use crate::domain::journey::Journey;
use crate::engine::Engine;

/// Opens the app of a journey. `told` is what became of it, as a sentence; `None` while nothing has been proven.
pub(super) fn open_app(
    engine: &Engine,
    request: &HttpRequest,
    journey: &Journey,
    told: Option<String>,
) -> HttpResponse {
    let merchant = journey.opening().merchant_name.as_str();
    match engine.app_home(journey, device(request)) {
        Ok(Some(Homeward::Door(door))) => reply::page(&AppReturn {
            merchant: merchant.to_owned(),
            outcome_sentence: told.unwrap_or_else(|| words::app_return::unconfirmed(merchant)),
            door,
        }),
        Ok(Some(Homeward::Redirect(redirect))) => reply::see_other(&redirect),
        Ok(None) => match engine.way_now(journey) {
            Ok(redirect) => reply::see_other(&redirect),
            Err(error) => problem::page_of(&error),
        },
        Err(error) => problem::page_of(&error),
    }
}

/// The page that was loaded again after its script had taken the link out of its address: the script puts it back.
pub(super) fn find_link() -> HttpResponse {
    reply::page(&AppAgain {})
}

fn device(request: &HttpRequest) -> Device {
    let header = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Device::of_user_agent(header.unwrap_or_default())
}

//! Asking for a sign-in link by mail.
//!
//! The caller learns nothing: the answer does not depend on whether anybody has named the address, nor does its time.

use actix_web::{HttpResponse, web};

use super::attempts::SignInAttempts;
use super::form::check_site;
use super::reply::{page, problem, refused};
use super::sign_in::{check_https, ways_in};
use crate::domain::{EmailAddress, Invalid};
use crate::engine::{Engine, use_cases};
use crate::web::pages::instead::PageResult;
use crate::web::pages::link::posted;
use crate::web::views::console::{Problem, Refused};
use crate::web::{Incoming, page_at};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/mail-link", "POST").route(web::post().to(ask)));
}

async fn ask(engine: web::Data<Engine>, attempts: web::Data<SignInAttempts>, incoming: Incoming) -> PageResult {
    let Incoming { request, body } = incoming;
    let now = engine.deps.clock.now();
    attempts.count(&request, now)?;
    check_site(&request)?;
    check_https(&engine)?;
    if !use_cases::console::has_mail(&engine) {
        return Err(problem(&Problem::not_found()).into());
    }
    let fields = posted(body);
    let text = fields.text("email").unwrap_or_default();
    let to = EmailAddress::parse(text).map_err(|invalid| again(&engine, text, invalid))?;
    if let Some(room) = attempts.room_for_mail(to.clone(), now) {
        actix_web::rt::spawn(async move {
            if let Err(error) = use_cases::console::mail_links(&engine, to).await {
                tracing::warn!(error = %error, "mail.link_trouble");
            }
            drop(room);
        });
    }
    Ok(page(&Problem::link_is_mailed()))
}

fn again(engine: &Engine, text: &str, invalid: Invalid) -> HttpResponse {
    refused(&ways_in(engine, text.to_owned(), Refused::by(invalid)))
}

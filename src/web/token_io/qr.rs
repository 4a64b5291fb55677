//! `GET /qr-code`: a picture of an address, for people who pay with a telephone.

use actix_web::{HttpResponse, http::header, web};

use super::answer::{ErrorBody, answer};
use super::{at, call::Call};
use crate::domain::Invalid;
use crate::engine::Engine;
use crate::telemetry::metrics::Route;
use crate::web::{Incoming, views::qr};

/// The longest text that is drawn, in bytes: as long as the longest callback.
const MAX_DATA: usize = 2048;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/qr-code", "GET").app_data(Route::Page).route(web::get().to(draw)));
}

/// Draws one of our addresses for everybody, so that a merchant's page can show it; other texts for members alone: a
/// gateway of payments lends its name to nobody's links.
async fn draw(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let drawn = async {
        let data = read_data(incoming.request.query_string())?;
        let own = data.strip_prefix(engine.deps.public_url.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if !own {
            Call::read(&engine, incoming).await?;
        }
        qr::svg(&data).ok_or_else(|| ErrorBody::from(Invalid::new("data", "is too long for a QR code")))
    };
    match drawn.await {
        Ok(svg) => HttpResponse::Ok()
            .content_type("image/svg+xml")
            .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
            .body(svg),
        Err(refusal) => answer(&engine, Err(refusal)),
    }
}

fn read_data(query: &str) -> Result<String, ErrorBody> {
    let mut sent = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "data");
    let data = sent.next().map(|(_, data)| data.into_owned()).filter(|data| !data.is_empty());
    let data = data.ok_or_else(|| Invalid::new("data", "is required").hint("expected the text to draw"))?;
    if sent.next().is_some() {
        return Err(Invalid::new("data", "came twice").into());
    }
    if data.len() > MAX_DATA {
        return Err(Invalid::new("data", format!("is longer than {MAX_DATA} bytes")).into());
    }
    Ok(data)
}

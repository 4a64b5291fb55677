//! `/.well-known/jwks.json`: the public keys of consent tokens and of signed returns (RFC 7517).

use actix_web::{HttpResponse, web};

use super::page_at;
use crate::engine::{Engine, use_cases};

/// The media type of a key set (RFC 7517, section 8.5.2).
const KEY_SET: &str = "application/jwk-set+json";

/// As long as the operator waits between the two steps of a rotation at the least, so that nobody misses a key.
const KEPT: &str = "public, max-age=300";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/.well-known/jwks.json", "GET").route(web::get().to(keys)));
}

async fn keys(engine: web::Data<Engine>) -> HttpResponse {
    let keys = use_cases::verify_return::key_set(&engine).to_string();
    HttpResponse::Ok().content_type(KEY_SET).insert_header(("Cache-Control", KEPT)).body(keys)
}

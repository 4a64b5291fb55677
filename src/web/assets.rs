//! Static files, which live inside the binary.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpResponse, web};

use super::page::assets::asset;

/// How long a browser may keep a file without asking.
const KEPT: &str = "public, max-age=3600";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/static/{name}", web::get().to(file)).route("/favicon.ico", web::get().to(favicon));
}

async fn file(name: web::Path<String>, known: web::Header<IfNoneMatch>) -> HttpResponse {
    served(&name, &known)
}

async fn favicon(known: web::Header<IfNoneMatch>) -> HttpResponse {
    served("favicon.svg", &known)
}

fn served(name: &str, known: &IfNoneMatch) -> HttpResponse {
    let Some(asset) = asset(name) else { return HttpResponse::NotFound().finish() };
    let tag = EntityTag::new_strong(asset.etag().trim_matches('"').to_owned());
    let unchanged = matches!(known, IfNoneMatch::Items(tags) if tags.iter().any(|own| own.weak_eq(&tag)));
    let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, KEPT))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(header::ETag(tag));
    if unchanged { response.finish() } else { response.content_type(asset.content_type()).body(asset.bytes()) }
}

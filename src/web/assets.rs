//! Static files, which live inside the binary.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpResponse, web};

use super::page::assets::asset;
use super::page_at;

/// How long a browser may keep a file without asking.
const KEPT: &str = "public, max-age=3600";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/static/{name}", "GET").route(web::get().to(file)))
        .service(page_at("/favicon.ico", "GET").route(web::get().to(favicon)));
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
    response.insert_header((header::CACHE_CONTROL, KEPT)).insert_header(header::ETag(tag));
    if unchanged { response.finish() } else { response.content_type(asset.content_type()).body(asset.bytes()) }
}

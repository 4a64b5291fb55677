//! Static files, which live inside the binary: for ever at the addresses that pages name, briefly at their plain names.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpResponse, web};

use super::page_at;
use super::views::assets::{ICON, Lasts, asset};

/// How long a browser may keep what is named by its content: as long as it likes.
const KEPT_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// How long a browser may keep a file of a plain name without asking; only pages of older versions name one.
const KEPT_BRIEFLY: &str = "public, max-age=300";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/static/{name}", "GET").route(web::get().to(file)))
        .service(page_at("/favicon.ico", "GET").route(web::get().to(favicon)));
}

async fn file(name: web::Path<String>, known: web::Header<IfNoneMatch>) -> HttpResponse {
    served(&name, &known)
}

async fn favicon(known: web::Header<IfNoneMatch>) -> HttpResponse {
    served(ICON.name, &known)
}

fn served(name: &str, known: &IfNoneMatch) -> HttpResponse {
    let Some((asset, lasts)) = asset(name) else { return HttpResponse::NotFound().finish() };
    let tag = EntityTag::new_strong(asset.etag.trim_matches('"').to_owned());
    let unchanged = matches!(known, IfNoneMatch::Items(tags) if tags.iter().any(|own| own.weak_eq(&tag)));
    let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    let kept = match lasts {
        Lasts::ForEver => KEPT_FOR_EVER,
        Lasts::UntilUpgraded => KEPT_BRIEFLY,
        Lasts::ForNow => "no-store",
    };
    response.insert_header((header::CACHE_CONTROL, kept)).insert_header(header::ETag(tag));
    if unchanged { response.finish() } else { response.content_type(asset.content_type).body(asset.bytes) }
}

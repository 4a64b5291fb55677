//! Static files, which live inside the binary: for ever at the addresses that pages name, briefly at their plain names.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpResponse, web};
use data_encoding::HEXLOWER;

use super::views::assets::{ICON, Lasts, asset};
use super::views::palette::Palette;
use super::{page_at, problem};
use crate::domain::MerchantId;
use crate::engine::{Engine, use_cases};

/// How long a browser may keep what is named by its content: as long as it likes.
const KEPT_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// How long a browser may keep a file of a plain name without asking; only pages of older versions name one.
const KEPT_BRIEFLY: &str = "public, max-age=300";

/// How long a browser may keep a bank's picture, whose address does not say which one it is.
const KEPT_FOR_A_DAY: &str = "public, max-age=86400";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/static/{name}", "GET").route(web::get().to(file)))
        .service(page_at("/logo/{merchant}/{name}", "GET").route(web::get().to(logo)))
        .service(page_at("/logo/{institution}", "GET").route(web::get().to(bank_logo)))
        .service(page_at("/favicon.ico", "GET").route(web::get().to(favicon)));
}

async fn file(name: web::Path<String>, known: web::Header<IfNoneMatch>) -> HttpResponse {
    served(&name, &known)
}

async fn favicon(known: web::Header<IfNoneMatch>) -> HttpResponse {
    served(ICON.name, &known)
}

/// A merchant's logo: by the name of another picture than it has now, nobody keeps it.
async fn logo(engine: web::Data<Engine>, path: web::Path<(String, String)>) -> HttpResponse {
    let (merchant, name) = path.into_inner();
    let Ok(merchant) = merchant.parse::<MerchantId>() else { return HttpResponse::NotFound().finish() };
    match use_cases::profile::logo(&engine, merchant).await {
        Ok(Some((picture, digest))) => {
            let own = HEXLOWER.encode(&digest);
            let lasts = if name.strip_suffix(".webp") == Some(own.as_str()) { Lasts::ForEver } else { Lasts::ForNow };
            HttpResponse::Ok()
                .insert_header((header::CACHE_CONTROL, kept(lasts)))
                .content_type("image/webp")
                .body(picture)
        }
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => problem::page_of(&error),
    }
}

/// A bank's picture.
async fn bank_logo(engine: web::Data<Engine>, institution: web::Path<String>) -> HttpResponse {
    match use_cases::bank_logos::bank_logo(&engine, &institution).await {
        Some(picture) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, KEPT_FOR_A_DAY))
            .content_type("image/webp")
            .body(picture.bytes.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

fn served(name: &str, known: &IfNoneMatch) -> HttpResponse {
    if let Some((palette, lasts)) = Palette::named(name) {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CACHE_CONTROL, kept(lasts)));
        return response.content_type("text/css; charset=utf-8").body(palette.css);
    }
    let Some((asset, lasts)) = asset(name) else { return HttpResponse::NotFound().finish() };
    let tag = EntityTag::new_strong(asset.etag.trim_matches('"').to_owned());
    let unchanged = matches!(known, IfNoneMatch::Items(tags) if tags.iter().any(|own| own.weak_eq(&tag)));
    let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::CACHE_CONTROL, kept(lasts))).insert_header(header::ETag(tag));
    if unchanged { response.finish() } else { response.content_type(asset.content_type).body(asset.bytes) }
}

/// For how long a browser may keep a file.
const fn kept(lasts: Lasts) -> &'static str {
    match lasts {
        Lasts::ForEver => KEPT_FOR_EVER,
        Lasts::UntilUpgraded => KEPT_BRIEFLY,
        Lasts::ForNow => "no-store",
    }
}

//! The `Idempotency-Key` header.

use actix_web::HttpRequest;

use crate::domain::{Invalid, MerchantId};
use crate::engine::{Reservation, derive};

/// The reservation of a call, if it brought a key: 1 to 255 visible ASCII characters. The same key with the same
/// content is the same call; each path has keys of its own.
///
/// # Errors
/// When the header is there and is no key.
pub fn reservation(
    request: &HttpRequest,
    merchant: MerchantId,
    content: &[&[u8]],
) -> Result<Option<Reservation>, Invalid> {
    let mut headers = request.headers().get_all("idempotency-key");
    let Some(header) = headers.next() else { return Ok(None) };
    let refused = |rule| Err(Invalid::new("Idempotency-Key", rule).hint("expected 1 to 255 visible ASCII characters"));
    if headers.next().is_some() {
        return refused("was sent twice");
    }
    match header.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Some(derive::reservation_for(merchant, request.path(), key, content)))
        }
        _ => refused("is not a key"),
    }
}

//! HTTP Basic (RFC 7617), as two dialects have it: the user is the merchant's id.

use actix_web::{HttpRequest, http::header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::domain::MerchantId;

/// The merchant's id and the password that a call brought. `None` where it brought none, or what is no id.
pub fn basic(request: &HttpRequest) -> Option<(MerchantId, String)> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, encoded) = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?;
    let plain = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, password) = plain.split_once(':')?;
    Some((id.parse().ok()?, password.to_owned()))
}

//! Calls: HTTP Basic with the merchant's id and an API key of its own, and a JSON body.

use actix_web::{HttpRequest, web::Bytes};
use url::form_urlencoded;

use super::answer::ErrorBody;
use crate::domain::Merchant;
use crate::engine::{Engine, Reservation, use_cases};
use crate::web::{Incoming, body::check_type, credentials::basic, idempotency};

/// An authenticated call with a body.
pub(super) struct Call {
    pub merchant: Merchant,
    pub reservation: Option<Reservation>,
    pub body: Bytes,
}

impl Call {
    pub async fn read(engine: &Engine, incoming: Incoming) -> Result<Self, ErrorBody> {
        let merchant = merchant_of(engine, &incoming.request).await?;
        let (request, body) = (incoming.request.clone(), json_of(incoming)?);
        let reservation = idempotency::reservation(&request, merchant.id, &[&body])?;
        Ok(Self { merchant, reservation, body })
    }
}

/// The merchant whose id and key the call brought: they must belong together.
pub(super) async fn merchant_of(engine: &Engine, request: &HttpRequest) -> Result<Merchant, ErrorBody> {
    let (id, key) = basic(request).ok_or_else(ErrorBody::unauthorised)?;
    let merchant = use_cases::authenticate::authenticate(engine, &key).await?;
    merchant.filter(|merchant| merchant.id == id).ok_or_else(ErrorBody::unauthorised)
}

/// The body of a call, which must be JSON, or of no type at all.
pub(super) fn json_of(incoming: Incoming) -> Result<Bytes, ErrorBody> {
    check_type(&incoming.request, &["application/json"])?;
    Ok(incoming.body?)
}

/// The parameters of the query, decoded.
pub(super) fn query(request: &HttpRequest) -> impl Iterator<Item = (String, String)> + use<'_> {
    form_urlencoded::parse(request.query_string().as_bytes()).into_owned()
}

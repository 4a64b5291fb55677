//! The dialects of a house.

use std::sync::Arc;

use crate::dialect::ixopay::Ixopay;
use crate::dialect::plain::Plain;
use crate::dialect::secpaid::SecPaid;
use crate::dialect::token_io::TokenIo;
use crate::dialect::yapily::Yapily;
use crate::domain::dialect::Dialect;
use crate::domain::redirect::PublicUrl;
use crate::engine::PAYMENT_PAGE;
use crate::keys::Keys;

/// Every dialect that the front door speaks.
pub(super) fn dialects(public_url: &PublicUrl, keys: &Keys) -> Vec<Arc<dyn Dialect>> {
    let (public_url, keys) = (public_url.clone(), keys.clone());
    let checkout = move |journey: &_| Some(public_url.page(PAYMENT_PAGE, &[("link_id", &keys.link(journey)?)]));
    let ixopay = Ixopay::new(checkout);
    vec![Arc::new(SecPaid), Arc::new(Yapily), Arc::new(TokenIo), Arc::new(ixopay), Arc::new(Plain)]
}

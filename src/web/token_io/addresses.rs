//! Where browsers are sent: to the bank, or to one of our pages.

use super::{BASE, answer::ErrorBody};
use crate::dialect::token_io::{Standing, Status, link_id, payment_id};
use crate::domain::Journey;
use crate::engine::{Engine, derive};

/// Where a payment's browser must go now, if anywhere.
pub(super) fn redirect_url(engine: &Engine, journey: &Journey) -> Result<Option<String>, ErrorBody> {
    match Standing::now(journey).status {
        Status::PendingRedirectAuth => Ok(derive::provider_redirect(&engine.deps, journey)?),
        Status::PendingRedirectHostedPage => {
            let page = format!("{BASE}/session/{}", payment_id(*journey.id()));
            Ok(Some(engine.deps.public_url.page(&page, &[])))
        }
        Status::PendingRedirectPaymentLink => Ok(Some(link_url(engine, journey))),
        _ => Ok(None),
    }
}

/// Where the customer of a link goes.
pub(super) fn link_url(engine: &Engine, journey: &Journey) -> String {
    engine.deps.public_url.page(&format!("{BASE}/pay-by-link/{}", link_id(*journey.id())), &[])
}

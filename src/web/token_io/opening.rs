//! What calls that open a journey have in common.

use std::sync::Arc;

use super::{answer::ErrorBody, call::Call};
use crate::dialect::token_io::{EVENT, NAME, answered_by_app};
use crate::domain::{AnswersTo, Journey, Merchant, OpenRequest, SameBrowser};
use crate::engine::{Engine, EngineError, use_cases};

/// Opens the journey that a call asks for. A refusal of its callback or its bank names them as the call did.
pub(super) async fn open(
    engine: &Arc<Engine>,
    call: &Call,
    open_request: OpenRequest,
    (callback, bank): (&str, &str),
) -> Result<Journey, ErrorBody> {
    let open_request = answered(&call.merchant, open_request)?;
    let opened = use_cases::open::open(engine, &call.merchant, NAME, &open_request, call.reservation.as_ref()).await;
    opened.map_err(|error| match error {
        EngineError::Refused(invalid) => {
            let own = invalid.moved("callback_url", callback).moved("callback", callback);
            EngineError::Refused(own.moved("institutionId", bank)).into()
        }
        other => other.into(),
    })
}

/// The open request, changed where the merchant's app takes the bank's answers itself.
fn answered(merchant: &Merchant, open_request: OpenRequest) -> Result<OpenRequest, ErrorBody> {
    match (merchant.settings.answers_to, merchant.settings.same_browser) {
        (AnswersTo::Gateway, _) => Ok(open_request),
        (AnswersTo::App, SameBrowser::Checked) => Ok(answered_by_app(open_request)),
        (AnswersTo::App, SameBrowser::Required) => {
            let message = "This member's settings have its app take the bank's answers, and ask for the same browser on \
                           the way back, which only this gateway could check";
            Err(ErrorBody::forbidden(message))
        }
    }
}

/// Where every change of a new payment goes, if anywhere.
pub(super) fn webhook(merchant: &Merchant) -> Option<&str> {
    let webhook = merchant.webhook.as_ref()?;
    webhook.types.iter().any(|kind| kind == EVENT).then(|| webhook.url.as_str())
}

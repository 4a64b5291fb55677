//! `POST /v2/payments`: a payment as a caller asks for it.

use super::{Initiation, Kept, Rejection};
use crate::dialect::Object;
use crate::domain::{Cancel, Checkout, Item, OpenRequest, Purpose, RequestedCallbacks, UnixMillis, Wanted};

/// A payment that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    /// What is to be paid, to whom, and where the browser comes back to.
    pub initiation: Initiation,
    /// Whether the customer has agreed in the caller's own pages already.
    pub consented: bool,
}

impl PaymentRequest {
    /// Reads a body.
    ///
    /// `initialEmbeddedAuth` is checked and not used: the banks here ask their customers themselves.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read(body: &[u8], now: UnixMillis) -> Result<Self, Rejection> {
        let body = Object::of_body(body)?;
        let initiation = Initiation::read(&body, now)?;
        if initiation.callback.is_none() {
            return Err(body.needed_object("initiation")?.missing("callbackUrl").into());
        }
        body.object("initialEmbeddedAuth")?;
        Ok(Self { initiation, consented: body.flag("pispConsentAccepted")?.unwrap_or_default() })
    }

    /// What the journey keeps of it.
    pub(super) fn kept(&self) -> Kept {
        let Initiation { kept, flow, state, .. } = &self.initiation;
        Kept {
            initiation: Some(kept.clone()),
            flow: Some(*flow).filter(|flow| flow.is_hosted()),
            state: state.clone(),
            consented: self.consented,
            ..Kept::default()
        }
    }

    /// The journey that it is. `webhook` is where every change goes.
    ///
    /// The customer goes home whatever came of it, and no token goes along: the caller asks, or reads the webhook.
    pub fn open_request(&self, webhook: Option<&str>) -> OpenRequest {
        let initiation = &self.initiation;
        let only = |url: &str| RequestedCallbacks::Items(vec![Item::Url(url.to_owned())]);
        let purpose = Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(initiation.amount),
            institution: initiation.bank.clone(),
            note: initiation.remittance.clone(),
            cancel: Cancel::Offered,
            payee: Some(initiation.creditor.clone()),
            repeats: None,
        });
        OpenRequest {
            dialect_data: self.kept().written(),
            callback: initiation.callback.as_deref().map_or(RequestedCallbacks::OwnPage, only),
            endpoints: webhook.map_or(RequestedCallbacks::OwnPage, only),
            ..OpenRequest::plain(purpose)
        }
    }
}

//! `POST /v2/payments`: a payment as a caller asks for it.

use super::initiation::{Flow, Initiation};
use super::json::Object;
use super::rejection::Rejection;
use crate::domain::callback::{Item, Placement};
use crate::domain::endpoint::WebhookOptions;
use crate::domain::journey::{Cancel, Checkout, Purpose, Wanted};
use crate::domain::moment::UnixMillis;
use crate::domain::open_request::{OpenRequest, RequestedCallbacks};
use crate::domain::terms::{ExtraOutcomes, OneTime};

/// What is kept of a payment for its answers: `initiation` as it was sent, its flow unless that is `API_ONLY`, the
/// caller's own reference and state, and whether the customer has agreed already.
pub const INITIATION: &str = "initiation";
/// See [`INITIATION`].
pub const FLOW: &str = "flow";
/// See [`INITIATION`].
pub const STATE: &str = "state";
/// See [`INITIATION`].
pub const CONSENTED: &str = "consented";

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

    /// The journey that it is. `webhook` is who is told of every change.
    ///
    /// The customer goes home whatever came of it, and no token goes along: the caller asks, or is told.
    pub fn open_request(&self, webhook: Option<&str>) -> OpenRequest {
        let initiation = &self.initiation;
        let flow = Some(initiation.flow).filter(|flow| *flow != Flow::ApiOnly);
        let extras = [
            Some((INITIATION, initiation.kept.clone())),
            flow.map(|flow| (FLOW, flow.as_str().to_owned())),
            initiation.state.clone().map(|state| (STATE, state)),
            self.consented.then(|| (CONSENTED, String::new())),
        ];
        let endpoint = webhook.map(|url| Item::Url(url.to_owned()));
        OpenRequest {
            purpose: Purpose::Checkout(Checkout {
                wanted: Wanted::Payment(initiation.amount),
                institution: initiation.bank.clone(),
                note: initiation.remittance.clone(),
                cancel: Cancel::Offered,
                payee: Some(initiation.creditor.clone()),
            }),
            extras: extras.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect(),
            callback: initiation
                .callback
                .clone()
                .map_or(RequestedCallbacks::OwnPage, |url| RequestedCallbacks::Items(vec![Item::Url(url)])),
            params_in: Placement::Query,
            endpoints: endpoint
                .map_or(RequestedCallbacks::OwnPage, |endpoint| RequestedCallbacks::Items(vec![endpoint])),
            telling: WebhookOptions::plainly(),
            one_time_token: Some(OneTime::Off),
            extra_outcomes: Some(ExtraOutcomes::On),
            expiry: None,
        }
    }
}

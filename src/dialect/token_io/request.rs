//! `POST /v2/payments`: a payment as a caller asks for it.

use super::initiation::Initiation;
use super::json::Object;
use super::refusal::Refusal;

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
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body = Object::of_body(body)?;
        let initiation = Initiation::read(&body)?;
        if initiation.callback.is_none() {
            return Err(body.needed_object("initiation")?.missing("callbackUrl").into());
        }
        body.object("initialEmbeddedAuth")?;
        Ok(Self { initiation, consented: body.flag("pispConsentAccepted")?.unwrap_or_default() })
    }
}

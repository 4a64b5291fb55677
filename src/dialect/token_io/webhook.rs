//! `PUT /webhook/config`: which events go where (contracts, sections 2 and 8).

use super::Rejection;
use crate::dialect::Object;
use crate::domain::{CallbackUrl, Invalid, Rules, Webhook};

/// Every kind of event that Token.io knows. Of those of this gateway there is one.
const EVENTS: [&str; 11] = [
    super::EVENT,
    "TRANSFER_STATUS_CHANGED",
    "STANDING_ORDER_STATUS_CHANGED",
    "REFUND_STATUS_CHANGED",
    "VRP_STATUS_CHANGED",
    "VRP_CONSENT_STATUS_CHANGED",
    "PAYOUT_STATUS_CHANGED",
    "VIRTUAL_ACCOUNT_CREDIT_RECEIVED",
    "SETTLEMENT_RULE_PAYOUT_EXECUTION_FAILED",
    "BANK_AIS_OUTAGE_STATUS_CHANGED",
    "BANK_SIP_OUTAGE_STATUS_CHANGED",
];

/// Reads `{"config":{"type":[…],"url":"…"}}`.
///
/// # Errors
/// With the path of the first field that breaks a rule.
pub fn read_webhook(body: &[u8], rules: &Rules) -> Result<Webhook, Rejection> {
    let config = Object::of_body(body)?.needed_object("config")?;
    let mut types: Vec<String> = Vec::new();
    for (index, kind) in config.texts("type")?.ok_or_else(|| config.missing("type"))?.into_iter().enumerate() {
        if !EVENTS.contains(&kind.as_str()) {
            let invalid = Invalid::new(format!("{}[{index}]", config.at("type")), "is no kind of event");
            return Err(Rejection::not_allowed(invalid.hint(format!("known are {}", EVENTS.join(", ")))));
        }
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    if types.is_empty() {
        return Err(config.missing("type").hint("expected a list with at least one kind of event").into());
    }
    let place = config.at("url");
    let url = CallbackUrl::parse_called(&config.needed_code("url")?, rules).map_err(|invalid| invalid.at(&place))?;
    Ok(Webhook { types, url })
}

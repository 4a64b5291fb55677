//! Why a payment or a consent failed, as its customer reads it.
//!
//! A bank's `error` decides the key of the text. None of them says anything about money that only a bank can know.

use crate::domain::ProviderRefusal;

/// The key of why a payment failed.
pub fn payment(error: &str) -> &'static str {
    match error {
        own if ProviderRefusal::CUSTOMERS_OWN.contains(&own) => "reason-declined-payment",
        "insufficient_funds" => "reason-insufficient-funds",
        other => trouble(other).unwrap_or("reason-not-accepted-payment"),
    }
}

/// The key of why a consent failed.
pub fn consent(error: &str) -> &'static str {
    match error {
        own if ProviderRefusal::CUSTOMERS_OWN.contains(&own) => "reason-declined-consent",
        other => trouble(other).unwrap_or("reason-not-accepted-consent"),
    }
}

/// What people read of an error that is not a decision, whatever it was about: whose fault it is decides the sentence.
/// `None` of a plain refusal.
fn trouble(error: &str) -> Option<&'static str> {
    Some(match error {
        ours if ProviderRefusal::REQUESTERS_OWN.contains(&ours) => "reason-connection",
        "server_error" | "temporarily_unavailable" => "reason-unavailable",
        "consent_required" => "reason-sign-in-again",
        ProviderRefusal::MALFORMED => "reason-malformed",
        "answer_lost" => "reason-answer-lost",
        "answer_unreadable" => "reason-answer-unreadable",
        "invalid_grant" => "reason-no-longer-valid",
        _ => return None,
    })
}

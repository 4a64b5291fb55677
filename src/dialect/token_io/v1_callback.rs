//! The redirect home of a token request (contracts, section 7, the rows of the first API).
//!
//! Its readers are three, and each ignores what the others read: an app with pages of its own reads `request-id` (and
//! `request_id`, which says the same), one on hosted pages `token-id` and `transfer-status`, and the published SDK
//! `tokenId`, `state` and `signature`. So a success says all of it. Only a failure differs: an app that has named the
//! bank's error is a number of gRPC's, with `+` for the spaces of its message, and others a word.

use std::collections::BTreeMap;

use super::TokenSignature;
use super::v1::{callback_state, names_bank, reason, request_id, token_id, transfer_id};
use crate::domain::{Cause, FinalOutcome, Journey, Outcome, Params};

/// What the redirect home of a token request may append.
pub const APPENDED: [&str; 12] = [
    "request-id",
    "request_id",
    "transfer-id",
    "transfer-status",
    "token-id",
    "tokenId",
    "state",
    "signature",
    "trace-id",
    "error",
    "message",
    "credential-fields",
];

/// A failure, as an app on hosted pages gets it.
const FAILED: &str = "EXCEPTION_INITIATE_BANK_AUTH";

/// What the gateway signs of a token request's redirect home: the SDK verifies that token and state belong together.
pub fn signed_text(journey: &Journey) -> Option<String> {
    let state = callback_state(journey).unwrap_or_default();
    let says = BTreeMap::from([("state", state), ("tokenId", token_id(*journey.id()))]);
    serde_json::to_string(&says).ok()
}

/// What a token request's redirect home says.
pub fn callback_params(
    journey: &Journey,
    final_outcome: Option<&FinalOutcome>,
    signature: Option<&TokenSignature>,
) -> Params {
    let id = request_id(*journey.id());
    let params = Params::default().append_id("request-id", &id).append_id("request_id", &id);
    match final_outcome {
        None => params,
        Some(final_outcome) if final_outcome.outcome.is_proven() => paid(journey, params, signature),
        Some(final_outcome) => failed(journey, params, final_outcome),
    }
}

fn paid(journey: &Journey, params: Params, signature: Option<&TokenSignature>) -> Params {
    let (token, transfer) = (token_id(*journey.id()), transfer_id(*journey.id()));
    params
        .append_id("transfer-id", &transfer)
        .append("transfer-status", "SUCCESS")
        .append_id("token-id", &token)
        .append_id("tokenId", &token)
        .append_some("state", callback_state(journey))
        .append_some("signature", signature.and_then(|signature| serde_json::to_string(signature).ok()))
}

fn failed(journey: &Journey, params: Params, final_outcome: &FinalOutcome) -> Params {
    let message = reason(final_outcome).unwrap_or_default();
    if names_bank(journey) {
        return params
            .append("trace-id", trace_id(journey))
            .append("error", grpc(final_outcome).to_string())
            .append_form_text("message", &message);
    }
    params.append("error", FAILED).append_text("message", &message, str::to_owned)
}

/// Sixteen characters by which a failure can be asked about.
fn trace_id(journey: &Journey) -> String {
    let bytes = journey.id().as_bytes();
    bs58::encode(&bytes[..bytes.len().min(11)]).into_string()
}

/// The number of gRPC's statuses that says how it ended.
fn grpc(final_outcome: &FinalOutcome) -> u8 {
    match (&final_outcome.cause, final_outcome.outcome) {
        (Cause::Customer | Cause::Merchant, _) => 1,
        (Cause::Time, _) | (_, Outcome::Expired) => 4,
        (Cause::Provider(Some(error)), _) => match error.code() {
            "invalid_request" | "invalid_scope" => 3,
            "unauthorized_client" => 7,
            "unsupported_response_type" => 12,
            "server_error" => 13,
            "temporarily_unavailable" => 14,
            // The bank's `access_denied` among them.
            _ => 2,
        },
        (Cause::Provider(None), _) => 2,
    }
}

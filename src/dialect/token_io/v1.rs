//! Token requests: Token.io's first API, as far as its published JavaScript SDK needs it for a payment.
//!
//! How far that is, was read off the SDK itself (npm `@token-io/tpp` 1.0.90, `tests/tokenio`). A member that keeps its
//! keys in the SDK's `ManualCryptoEngine` makes no call to become a member: the keys are in the merchant's profile
//! here. What is left is six calls, and a signature.
//!
//! | of the SDK | call | who may |
//! | --- | --- | --- |
//! | `storeTokenRequest` | `POST /token-requests` | the merchant, signed |
//! | `generateTokenRequestUrl` | none; the customer is sent to `/app/request-token/{id}` | anybody with the id |
//! | `retrieveTokenRequest` | `GET /token-requests/{id}` | anybody with the id, until a day after its end: the SDK sends no credentials |
//! | `getTokenRequestResult` | `GET /token-requests/{id}/token_request_result` | the same |
//! | `parseTokenRequestCallbackUrl` | `GET /resolve-alias`, then `GET /members/{id}` of what that names | everybody |
//!
//! The documents have three more: `GET …/{id}/result`, which says a status besides, `POST …/{id}/authorization`, which
//! answers the bank's address to an app that has pages of its own, and hosted pages at `/session/{id}`. Standing
//! orders, bulk payments, access to accounts, tokens and transfers are not here: the second API is how payments are
//! made.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::checked::{check_execution_date, read_ref_id};
use super::ids::{read, written};
use super::{Flow, Kept, KeptForReturn, Rejection, key::key_id};
use crate::dialect::{Json, Object};
use crate::domain::{
    Amount, Cancel, Cause, Checkout, FinalOutcome, GatewaySignature, Invalid, Item, Journey, JourneyId, OpenRequest,
    Outcome, Purpose, RequestedCallbacks, UnixMillis, Wanted,
};

/// What every id of the first API ends in, but for those of transfers.
const REALM: &str = "5zKtXEAq";

/// What ids of transfers end in, as the contract's example has it.
const TRANSFERS: &str = "5zKcENpV";

/// The member that stands for this gateway itself, as `token.io` does at the vendor's: nobody's id, and 16 zeros.
pub const TOKEN_MEMBER: &str = "m:1111111111111111:5zKtXEAq";

/// The two parts of a request.
const PAYLOAD: &str = "requestPayload";
const OPTIONS: &str = "requestOptions";

/// The longest `refId`, in characters: eighteen are advised, and the vendor's own refusal speaks of 35.
const MAX_REF_ID: usize = 35;

/// The longest of each part, in bytes: a journey keeps both.
const MAX_PART: usize = 8 * 1024;

/// How long after its end anybody with the id of a request can read it: its callback has been read by then, and the id
/// stands in callback URLs, and so in logs.
const READABLE: Duration = Duration::from_hours(24);

/// A request for one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// How much.
    pub amount: Amount,
    /// What the customer reads of it; may be empty.
    pub note: String,
    /// Who is paid, if it names anybody.
    pub payee: Option<String>,
    /// Where the customer goes afterwards.
    pub redirect_url: String,
    /// The institution, unless the customer chooses.
    pub bank: Option<String>,
    /// The member that it says it is for, if it names one by its id.
    pub to: Option<String>,
    /// What must be answered back.
    pub kept: Kept,
}

impl TokenRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read(body: &[u8], now: UnixMillis) -> Result<Self, Rejection> {
        let body = Object::of_body(body)?;
        let payload = body.needed_object(PAYLOAD)?;
        read_ref_id(&payload, MAX_REF_ID)?;
        let transfer = payload.object("transferBody")?.ok_or_else(|| {
            payload
                .missing("transferBody")
                .hint("token requests of this gateway are for one payment: no accounts, no series")
        })?;
        check_execution_date(&transfer, now)?;
        let options = body.object(OPTIONS)?;
        let to = payload.object("to")?.map(|to| to.text("id")).transpose()?.flatten();
        payload.code("callbackState")?;
        let redirect_url = payload.needed_code("redirectUrl")?;
        Ok(Self {
            amount: transfer.amount("lifetimeAmount", Object::needed_number)?,
            note: read_note(&payload, &transfer)?,
            payee: payee(&transfer),
            redirect_url,
            bank: options.map(|options| options.text("bankId")).transpose()?.flatten(),
            to,
            kept: Kept {
                flow: Some(Flow::TokenRequest),
                request_payload: part(&body, PAYLOAD)?,
                request_options: part(&body, OPTIONS)?,
                ..Kept::default()
            },
        })
    }

    /// The journey that it is. Its bank is asked when there is a browser; only the browser learns the outcome, because
    /// webhooks are the second API's.
    pub fn open_request(&self) -> OpenRequest {
        let purpose = Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(self.amount),
            institution: self.bank.clone(),
            note: self.note.clone(),
            cancel: Cancel::Offered,
            payee: self.payee.clone(),
            repeats: None,
        });
        OpenRequest {
            dialect_data: self.kept.written(),
            callback: RequestedCallbacks::Items(vec![Item::Url(self.redirect_url.clone())]),
            ..OpenRequest::plain(purpose)
        }
    }
}

/// What the customer knows the payment by.
fn read_note(payload: &Object, transfer: &Object) -> Result<String, Invalid> {
    let description = payload.text("description")?;
    Ok(description.map_or_else(|| transfer.text("remittanceReference"), |text| Ok(Some(text)))?.unwrap_or_default())
}

/// A part of the body as it was sent.
fn part(body: &Object, name: &str) -> Result<Option<Json>, Invalid> {
    match body.raw(name) {
        Some(raw) if raw.len() > MAX_PART => Err(Invalid::new(name, format!("is longer than {MAX_PART} bytes"))),
        _ => Ok(body.kept(name)),
    }
}

/// Whether a journey that is asked for is a token request.
pub(super) fn is_wished(open_request: &OpenRequest) -> bool {
    Kept::read(&open_request.dialect_data).request_payload.is_some()
}

/// Whether a journey was opened by a token request.
pub fn is_token_request(journey: &Journey) -> bool {
    KeptForReturn::of(journey).is_token_request()
}

/// Whether anybody with the id of a token request may read it, and its result: until 24 hours after its end.
pub fn is_readable(journey: &Journey, now: UnixMillis) -> bool {
    let Some(final_outcome) = journey.final_outcome() else { return true };
    let ended_at = match final_outcome.outcome {
        // Nobody may have looked for long.
        Outcome::Expired => final_outcome.at.min(journey.expires_at()),
        _ => final_outcome.at,
    };
    now.since(ended_at) <= READABLE
}

/// The id of a token request.
pub fn request_id(journey: JourneyId) -> String {
    written("rq", *journey.as_bytes(), REALM)
}

/// Reads the id of a token request.
///
/// # Errors
/// When it is none of ours.
pub fn read_request_id(text: &str) -> Result<JourneyId, Invalid> {
    let id = read(text, "rq", REALM).map(JourneyId::from_bytes);
    id.ok_or_else(|| Invalid::new("tokenRequestId", "is no token request id of this gateway"))
}

/// The id of the token that a paid request comes to.
pub(super) fn token_id(journey: JourneyId) -> String {
    written("tt", *journey.as_bytes(), REALM)
}

/// The id of the transfer that it pays.
pub(super) fn transfer_id(journey: JourneyId) -> String {
    written("t", *journey.as_bytes(), TRANSFERS)
}

/// The `callbackState` of a request, as it was sent; the SDK sends percent-encoded JSON.
pub(super) fn callback_state(journey: &Journey) -> Option<String> {
    Object::of_kept(&Kept::of(journey).request_payload?)?.code("callbackState").ok()?
}

/// Whether the merchant named the institution, as apps do that have pages of their own.
pub(super) fn names_bank(journey: &Journey) -> bool {
    journey.opening().purpose.institution().is_some()
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: String,
    request_payload: Option<Json>,
    request_options: Option<Json>,
}

/// `{"tokenRequest":{…}}`: the request as it was sent, with its id.
///
/// # Errors
/// When it cannot be written.
pub fn token_request(journey: &Journey) -> serde_json::Result<String> {
    let Kept { request_payload, request_options, .. } = Kept::of(journey);
    let view = View { id: request_id(*journey.id()), request_payload, request_options };
    serde_json::to_string(&serde_json::json!({ "tokenRequest": serde_json::value::to_raw_value(&view)? }))
}

/// A signature of the gateway, as the first API writes one. Its fields are in the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSignature {
    /// The member that signed.
    pub member_id: String,
    /// The id of its key.
    pub key_id: String,
    /// Base64url without padding.
    pub signature: String,
}

impl TokenSignature {
    /// The gateway's signature in these words.
    pub fn of(signature: GatewaySignature) -> Self {
        Self {
            member_id: TOKEN_MEMBER.to_owned(),
            key_id: key_id(&signature.key),
            signature: URL_SAFE_NO_PAD.encode(signature.bytes),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberView {
    id: &'static str,
    keys: Vec<KeyView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyView {
    id: String,
    public_key: String,
    level: &'static str,
    algorithm: &'static str,
}

/// `{"member":{…}}`: the member that stands for this gateway, with the keys that verify what it signs.
///
/// # Errors
/// When it cannot be written.
pub fn token_member(keys: &[[u8; 32]]) -> serde_json::Result<String> {
    let key = |key: &[u8; 32]| KeyView {
        id: key_id(key),
        public_key: URL_SAFE_NO_PAD.encode(key),
        level: "LOW",
        algorithm: "ED25519",
    };
    let member = MemberView { id: TOKEN_MEMBER, keys: keys.iter().map(key).collect() };
    serde_json::to_string(&serde_json::json!({ "member": serde_json::value::to_raw_value(&member)? }))
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultView<'a> {
    status: &'static str,
    token_id: Option<String>,
    transfer_id: Option<String>,
    signature: Option<&'a TokenSignature>,
    status_reason_information: Option<String>,
    bank_id: Option<&'a str>,
}

/// What became of a request; `signature` is the gateway's over what its callback says.
///
/// # Errors
/// When it cannot be written.
pub fn token_request_result(journey: &Journey, signature: Option<&TokenSignature>) -> serde_json::Result<String> {
    let outcome = journey.final_outcome().map(|final_outcome| final_outcome.outcome);
    let paid = outcome.is_some_and(Outcome::is_proven);
    let ids = paid.then(|| (token_id(*journey.id()), transfer_id(*journey.id())));
    serde_json::to_string(&ResultView {
        status: match outcome {
            None => "PENDING",
            Some(Outcome::Expired) => "EXPIRED",
            Some(_) if paid => "PROCESSED",
            Some(_) => "REJECTED",
        },
        token_id: ids.as_ref().map(|(token, _)| token.clone()),
        transfer_id: ids.map(|(_, transfer)| transfer),
        signature: signature.filter(|_| paid),
        status_reason_information: journey.final_outcome().and_then(reason),
        bank_id: journey.institution(),
    })
}

/// Why a request came to nothing, in the bank's words where it had any.
pub(super) fn reason(final_outcome: &FinalOutcome) -> Option<String> {
    if final_outcome.outcome.is_proven() {
        return None;
    }
    Some(match &final_outcome.cause {
        Cause::Provider(Some(error)) => error.description().unwrap_or("The bank refused the payment").to_owned(),
        Cause::Provider(None) => "The bank refused the payment".to_owned(),
        Cause::Customer => "The customer has cancelled".to_owned(),
        Cause::Merchant => "The request has been withdrawn".to_owned(),
        Cause::Time => "Nobody finished it in time".to_owned(),
    })
}

/// Who is paid, as the request names them.
fn payee(transfer: &Object) -> Option<String> {
    let instructions = transfer.object("instructions").ok()??;
    let first = instructions.objects("transferDestinations").ok()??.into_iter().next()?;
    first.object("customerData").ok()??.texts("legalNames").ok()??.into_iter().next()
}

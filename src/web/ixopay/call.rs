//! Calls: HTTP Basic with the merchant's id and an API key of its own, and `X-Signature` (contracts/ixopay.md, sections
//! 2 and 3).

use actix_web::{HttpRequest, web::Bytes};

use super::{BASE, answer::ErrorBody};
use crate::dialect::ixopay::{BodyHash, DATE_WINDOW, Message, read_date};
use crate::domain::{Merchant, MerchantId, SignedCalls};
use crate::engine::{Engine, merchant_keys, use_cases};
use crate::web::{BodyTrouble, Incoming, credentials::basic};

/// The longest `Content-Type` that callbacks take over, in bytes.
const MAX_TYPE: usize = 100;

/// An authenticated call.
pub(super) struct Call {
    pub merchant: Merchant,
    pub body: Bytes,
    /// The media type that its callbacks have: the merchant's choice, else the call's own.
    pub notice_type: Option<String>,
    /// The hash that it was signed with, if it was signed.
    pub hash: Option<BodyHash>,
}

impl Call {
    /// Reads a call: whose it is, and whether it is signed as it says.
    pub async fn read(engine: &Engine, incoming: Incoming) -> Result<Self, ErrorBody> {
        let Incoming { request, body } = incoming;
        let (merchant, body) = (merchant_of(engine, &request).await?, body?);
        let hash = signed_with(engine, &merchant, &request, &body)?;
        let own = Some(text(&request, "content-type")).filter(|own| (1..=MAX_TYPE).contains(&own.len()));
        let chosen = Some(merchant.settings.notice_type.as_str()).filter(|chosen| !chosen.is_empty());
        let notice_type = chosen.or(own).map(str::to_owned);
        Ok(Self { merchant, body, notice_type, hash })
    }

    /// Reads a call that has a JSON body.
    pub async fn read_json(engine: &Engine, incoming: Incoming) -> Result<Self, ErrorBody> {
        let sent = text(&incoming.request, "content-type").split(';').next().unwrap_or_default().trim().to_owned();
        let call = Self::read(engine, incoming).await?;
        if sent.is_empty() || sent.eq_ignore_ascii_case("application/json") {
            return Ok(call);
        }
        Err(BodyTrouble::Unsupported("application/json").into())
    }
}

/// The merchant whose id and key the call brought; its id stands in the address, too.
async fn merchant_of(engine: &Engine, request: &HttpRequest) -> Result<Merchant, ErrorBody> {
    let (id, password) = basic(request).ok_or_else(ErrorBody::unauthorised)?;
    let named = request.match_info().get("api_key").and_then(|key| key.parse::<MerchantId>().ok());
    if named != Some(id) {
        return Err(ErrorBody::unauthorised());
    }
    use_cases::authenticate::authenticate_as(engine, id, &password).await?.ok_or_else(ErrorBody::unauthorised)
}

/// The hash that a call was signed with. `None` when it was not signed, and need not be.
fn signed_with(
    engine: &Engine,
    merchant: &Merchant,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Option<BodyHash>, ErrorBody> {
    let mut sent = request.headers().get_all("x-signature");
    let signature = match (sent.next(), sent.next(), merchant.settings.signed_calls) {
        (None, _, SignedCalls::Checked) => return Ok(None),
        (None, _, SignedCalls::Required) => {
            return Err(ErrorBody::unsigned(
                "Invalid signature: the header X-Signature is missing, and this merchant's calls have to be signed",
            ));
        }
        (Some(_), Some(_), _) => {
            return Err(ErrorBody::unsigned("Invalid signature: the header X-Signature has come twice, expected one"));
        }
        // A caller that sends one means it to be checked, and our own are never empty.
        (Some(signature), None, _) => signature.to_str().unwrap_or_default(),
    };
    let dated = if request.headers().contains_key("x-date") { "x-date" } else { "date" };
    if text(request, dated).is_empty() {
        return Err(ErrorBody::unsigned("Invalid signature: a signed call needs the header Date, or X-Date"));
    }
    let date = text(request, dated);
    let uri = request.uri().path_and_query().map_or("", |uri| uri.as_str());
    let message =
        Message { method: request.method().as_str(), body, content_type: text(request, "content-type"), date, uri };
    // What stands before `/api` was put there by us: a client that was given a host alone, or stands behind a proxy,
    // signs the path that it knows.
    let own = Message { uri: uri.strip_prefix(BASE).unwrap_or(uri), ..message };
    // While the secret is being replaced, a client may sign with either.
    let secrets = merchant_keys::signing_secrets(&engine.deps, merchant)?;
    let verified = |secret| message.verify(secret, signature).or_else(|| own.verify(secret, signature));
    let Some(hash) = secrets.iter().find_map(verified) else {
        return Err(ErrorBody::unsigned(
            "Invalid signature: expected base64 of HMAC-SHA512 over method, hash of the body, Content-Type, X-Date or \
             Date, and path with query, with line feeds between them",
        ));
    };
    check_date(engine, date).map(|()| Some(hash))
}

/// A call that was signed long ago was perhaps overheard then.
fn check_date(engine: &Engine, date: &str) -> Result<(), ErrorBody> {
    let Some(at) = read_date(date) else {
        return Err(ErrorBody::unsigned(
            "Invalid signature: the header X-Date, or Date, is not a date (expected Tue, 21 Jul 2020 13:15:03 GMT)",
        ));
    };
    let now = engine.deps.clock.now();
    if at.since(now).max(now.since(at)) > DATE_WINDOW {
        return Err(ErrorBody::unsigned(
            "Invalid signature: the date of the call is more than 24 hours from now; set the clock of your server, and sign \
             the call anew",
        ));
    }
    Ok(())
}

/// The text of a header; empty when there is none, or none that is a text.
fn text<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

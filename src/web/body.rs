//! Bodies: read whole, within a size and a time, and turned into fields.
//!
//! The server below waits for ever for a slow body, so the deadline is ours. Only a body that is read here to its end
//! lets its connection be kept.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use futures_util::{StreamExt, future::LocalBoxFuture};
use percent_encoding::percent_decode;

use crate::dialect::fields::Fields;
use crate::domain::Invalid;
use crate::listener::Connection;

/// How much a body may hold, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// From the end of the head to the end of the body.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 64 * 1024, body_time: Duration::from_secs(5) }
    }
}

/// Why a body was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyTrouble {
    /// It did not come in time.
    #[error("the body did not arrive within {0:?}")]
    Slow(Duration),
    /// It is too large.
    #[error("the body is larger than {0} bytes")]
    Large(usize),
    /// The connection broke.
    #[error("the body broke off")]
    Broken,
    /// It has a form that nothing here reads.
    #[error("the body is of a type that is not read here: expected {0}")]
    Unsupported(&'static str),
    /// It is not what its type says.
    #[error(transparent)]
    Unreadable(#[from] Invalid),
}

impl BodyTrouble {
    /// The status that says so.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Slow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Large(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken | Self::Unreadable(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// A request whose body has been read, or not: each dialect says so in its own words.
pub struct Incoming {
    /// The request's head.
    pub request: HttpRequest,
    /// Its whole body.
    pub body: Result<Bytes, BodyTrouble>,
}

impl FromRequest for Incoming {
    type Error = std::convert::Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        let limits = request.app_data::<web::Data<Limits>>().map_or_else(Limits::default, |limits| ***limits);
        Box::pin(async move {
            let body = read_body(payload, limits).await;
            // What is not read to its end would be taken for the next request.
            if let (Ok(_), Some(connection)) = (&body, request.conn_data::<Connection>()) {
                connection.note_body_read();
            }
            Ok(Self { request, body })
        })
    }
}

async fn read_body(mut payload: Payload, limits: Limits) -> Result<Bytes, BodyTrouble> {
    let whole = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| BodyTrouble::Broken)?;
            if body.len() + chunk.len() > limits.body_bytes {
                return Err(BodyTrouble::Large(limits.body_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(limits.body_time, whole).await.unwrap_or(Err(BodyTrouble::Slow(limits.body_time)))
}

/// Refuses a body whose type is none of the `accepted` ones; one without a type is read.
///
/// # Errors
/// With the first of the accepted types.
pub fn check_type(request: &HttpRequest, accepted: &[&'static str]) -> Result<(), BodyTrouble> {
    let has_none = !request.headers().contains_key(header::CONTENT_TYPE);
    if has_none || accepted.iter().any(|own| request.content_type().eq_ignore_ascii_case(own)) {
        return Ok(());
    }
    Err(BodyTrouble::Unsupported(accepted.first().copied().unwrap_or_default()))
}

/// Turns a JSON, form or multipart body into fields. Without a type, a body that begins with `{` is JSON.
///
/// # Errors
/// When the type is another one, or the body is not what its type says.
pub async fn read_fields(request: &HttpRequest, body: Bytes) -> Result<Fields, BodyTrouble> {
    match request.content_type().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Fields::from_json(&body)?),
        "multipart/form-data" => read_multipart(request, body).await,
        "" if body.is_empty() => Ok(Fields::default()),
        "" if body.trim_ascii_start().starts_with(b"{") => Ok(Fields::from_json(&body)?),
        "" | "application/x-www-form-urlencoded" => read_form(&body),
        _ => {
            Err(BodyTrouble::Unsupported("application/json, application/x-www-form-urlencoded or multipart/form-data"))
        }
    }
}

/// Turns a form into fields.
///
/// # Errors
/// When it is not text in UTF-8, or holds a field twice.
pub fn read_form(body: &[u8]) -> Result<Fields, BodyTrouble> {
    if percent_decode(body).decode_utf8().is_err() {
        return Err(Invalid::new("body", "is not UTF-8").into());
    }
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(body).map_err(|error| Invalid::new("body", format!("is not a form ({error})")))?;
    Ok(Fields::from_pairs(pairs)?)
}

async fn read_multipart(request: &HttpRequest, body: Bytes) -> Result<Fields, BodyTrouble> {
    let unreadable = |rule: String| BodyTrouble::Unreadable(Invalid::new("body", rule));
    let broken = |error: actix_multipart::MultipartError| unreadable(format!("is not multipart ({error})"));
    let whole = futures_util::stream::once(std::future::ready(Ok(body)));
    let mut parts = actix_multipart::Multipart::new(request.headers(), whole);
    let mut pairs = Vec::new();
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(broken)?;
        let name = part.name().unwrap_or_default().to_owned();
        let mut text = BytesMut::new();
        while let Some(chunk) = part.next().await {
            text.extend_from_slice(&chunk.map_err(broken)?);
        }
        let text = String::from_utf8(text.to_vec())
            .map_err(|_| unreadable(format!("has a field {name} that is not UTF-8")))?;
        pairs.push((name, text));
    }
    Ok(Fields::from_pairs(pairs)?)
}

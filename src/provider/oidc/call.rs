//! One call to a bank, and how far it came.
//!
//! What counts is whether the bank may have been asked: a code is taken to it once. Nothing of an answer reaches a
//! sentence but the code of an error, because an answer may hold tokens.

use reqwest::{Error, RequestBuilder, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::error::Category;

use crate::domain::ProviderRefusal;
use crate::provider::{ProviderError, Result};

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// What a bank answered.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// Asks, once.
///
/// # Errors
/// [`ProviderError::Unreachable`] when no connection came about, so that nothing has been asked;
/// [`ProviderError::Unreadable`] when the answer is too long; else [`ProviderError::Unanswered`].
pub(super) async fn call(request: RequestBuilder) -> Result<Reply> {
    let mut response = request.send().await.map_err(|error| trouble(&error))?;
    let (status, mut body) = (response.status(), Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(ProviderError::Unreadable("it is longer than 1 MiB".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body })
}

/// Asks for something that costs nothing to ask for again: so whatever goes wrong, the bank counts as not asked.
///
/// # Errors
/// [`ProviderError::Unreachable`], always; it begins with `what`.
pub(super) async fn call_again(what: &str, request: RequestBuilder) -> Result<Reply> {
    call(request).await.map_err(|trouble| match trouble {
        ProviderError::Unreadable(why) => unreadable(what, &why),
        ProviderError::Unreachable(why)
        | ProviderError::Unanswered(why)
        | ProviderError::NoPayment(why)
        | ProviderError::Forged(why) => ProviderError::Unreachable(format!("{what}: {why}")),
    })
}

/// The trouble with an answer that cannot be read, to a question that costs nothing to ask again.
pub(super) fn unreadable(what: &str, why: &str) -> ProviderError {
    ProviderError::Unreachable(format!("{what}: the answer cannot be read: {why}"))
}

impl Reply {
    /// Reads the body of an answer that is a success.
    ///
    /// # Errors
    /// [`ProviderError::Unreachable`], which begins with `what`: the status is not a success, or the body cannot be
    /// read.
    pub(super) fn of_success<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        if !self.status.is_success() {
            return Err(ProviderError::Unreachable(format!("{what}: answered {}", self.status.as_u16())));
        }
        object(&self.body).map_err(|why| unreadable(what, why))
    }

    /// The error that the answer names, if it names one (RFC 6749, section 5.2).
    pub(super) fn error(&self) -> Option<ProviderRefusal> {
        #[derive(Deserialize)]
        struct Named {
            error: String,
            error_description: Option<String>,
        }
        let Named { error, error_description } = object(&self.body).ok()?;
        (!error.is_empty()).then(|| ProviderRefusal::new(&error, error_description.as_deref()))
    }
}

/// Reads a JSON object. A list would be read as well, field by field.
///
/// # Errors
/// Why it cannot be read, without a word of what it holds.
pub(super) fn object<T: DeserializeOwned>(json: &[u8]) -> Result<T, &'static str> {
    match json.trim_ascii_start().first() {
        None => Err("it is empty"),
        Some(b'{') => serde_json::from_slice(json).map_err(|error| match error.classify() {
            Category::Data => "a field is missing, of another type, or there twice",
            Category::Eof => "its JSON breaks off",
            Category::Io | Category::Syntax => "it is not well-formed JSON",
        }),
        Some(_) => Err("it is not a JSON object"),
    }
}

fn trouble(error: &Error) -> ProviderError {
    if error.is_builder() {
        return ProviderError::Unreachable("its address cannot be called".into());
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => ProviderError::Unreachable("no connection in time".into()),
        (true, false) => {
            ProviderError::Unreachable("no connection: refused, or its name or its certificate is not good".into())
        }
        (false, true) => ProviderError::Unanswered("no answer in time".into()),
        (false, false) => ProviderError::Unanswered("the connection broke".into()),
    }
}

//! One call to a bank, and how far it came.
//!
//! What counts is whether the bank may have been asked: a code is taken to it once. Nothing of an answer reaches a
//! sentence, because an answer may hold tokens.

use reqwest::{Error, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use crate::bank::BankTrouble;

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
/// [`BankTrouble::Unreachable`] when no connection came about, so that nothing has been asked; else
/// [`BankTrouble::Unanswered`].
pub(super) async fn call(request: RequestBuilder) -> Result<Reply, BankTrouble> {
    let mut response = request.send().await.map_err(|error| trouble(&error))?;
    let (status, mut body) = (response.status(), Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(BankTrouble::Unanswered("its answer is longer than 1 MiB".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body })
}

/// Asks for something that costs nothing to ask for again: so whatever goes wrong, the bank counts as not asked.
///
/// # Errors
/// [`BankTrouble::Unreachable`], always; it begins with `what`.
pub(super) async fn call_again(what: &str, request: RequestBuilder) -> Result<Reply, BankTrouble> {
    call(request).await.map_err(|trouble| {
        let (BankTrouble::Unreachable(why) | BankTrouble::Unanswered(why) | BankTrouble::Forged(why)) = trouble;
        BankTrouble::Unreachable(format!("{what}: {why}"))
    })
}

/// Reads a JSON object. A list would be read as well, field by field.
pub(super) fn object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok()).flatten()
}

fn trouble(error: &Error) -> BankTrouble {
    if error.is_builder() {
        return BankTrouble::Unreachable("its address cannot be called".into());
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => BankTrouble::Unreachable("no connection in time".into()),
        (true, false) => {
            BankTrouble::Unreachable("no connection: refused, or its name or its certificate is not good".into())
        }
        (false, true) => BankTrouble::Unanswered("no answer in time".into()),
        (false, false) => BankTrouble::Unanswered("the connection broke".into()),
    }
}

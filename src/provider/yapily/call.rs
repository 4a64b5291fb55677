//! Calls of Yapily's API, and what they are answered.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{AUTHORIZATION, HeaderName};
use reqwest::{Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use super::{Yapily, wire::Failure};
use crate::domain::Secret;
use crate::egress::Call;
use crate::provider::{ProviderError, Result};

/// How long an answer may take: its banks are asked meanwhile.
pub(super) const DEADLINE: Duration = Duration::from_secs(12);

/// How bodies are labelled.
const JSON: &str = "application/json;charset=UTF-8";

/// What a call was answered.
pub(super) enum Answered<T> {
    /// With this.
    Object(T),
    /// That it was not done, by this status.
    Refused(StatusCode, Failure),
}

impl<T> Answered<T> {
    /// What was asked about; it may refuse to answer about that.
    pub(super) fn object(self) -> Result<T> {
        match self {
            Self::Object(object) => Ok(object),
            Self::Refused(status, _) => Err(ProviderError::NoPayment(format!("it answered {}", status.as_u16()))),
        }
    }
}

impl Yapily {
    /// A call of this path.
    pub(super) fn call(&self, method: Method, path: &[&str]) -> Call {
        let mut url = self.config.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let user = format!("{}:{}", self.config.application_id, self.config.application_secret.reveal());
        let credentials = Secret::new(format!("Basic {}", STANDARD.encode(user)));
        Call::new(method, url.as_str()).deadline(DEADLINE).secret(AUTHORIZATION, &credentials)
    }

    /// A call with a consent's token.
    pub(super) fn call_with(&self, method: Method, path: &[&str], agreement: &Secret) -> Call {
        self.call(method, path).secret(HeaderName::from_static("consent"), agreement)
    }

    /// Makes a call, and reads its answer.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<Answered<T>> {
        let reply = self.client.send(call).await?;
        let said = || format!("it answered {}", reply.status().as_u16());
        match reply.status() {
            status if status.is_success() => {
                let read =
                    reply.json().map_err(|_| ProviderError::Unreadable("it is not the JSON that is expected".into()));
                read.map(Answered::Object)
            }
            // It was not done: the credentials, or too many calls.
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => Err(ProviderError::Unreachable(said())),
            StatusCode::NOT_FOUND => Err(ProviderError::NoPayment(said())),
            status @ (StatusCode::BAD_REQUEST
            | StatusCode::FORBIDDEN
            | StatusCode::CONFLICT
            | StatusCode::FAILED_DEPENDENCY) => Ok(Answered::Refused(status, reply.json().unwrap_or_default())),
            _ => Err(ProviderError::Unanswered(said())),
        }
    }
}

/// This call, with this body.
pub(super) fn body(call: Call, value: &impl Serialize) -> Result<Call> {
    let bytes = serde_json::to_vec(value);
    let bytes = bytes.map_err(|_| ProviderError::Unreachable("the call cannot be written".into()))?;
    Ok(call.body(JSON, bytes))
}

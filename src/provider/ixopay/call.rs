//! Signed calls of IXOPAY's Transaction API, and what their answers are worth.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{AUTHORIZATION, DATE, HeaderName};
use reqwest::{Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use url::Position;

use super::signature::{Signed, date};
use super::wire::{Answer, Meaning, Status, Transaction};
use super::{DEADLINE, Ixopay, JSON, is_uuid};
use crate::domain::{ProviderRefusal, Secret};
use crate::egress::Call;
use crate::provider::{ProviderError, Result};

/// What a call came to that begins a transaction.
pub(super) enum Begun {
    /// There is such a transaction now.
    Transaction(Answer),
    /// There was one of this id before.
    Duplicate,
    /// There is none, and will not be.
    Refused(ProviderRefusal),
}

impl Ixopay {
    /// Begins a transaction, once for each id.
    pub(super) async fn begin(&self, what: &str, transaction: &Transaction<'_>) -> Result<Begun> {
        let path = format!("/api/v3/transaction/{}/{what}", self.config.api_key);
        let answer: Answer = self.call(&Method::POST, &path, Some(transaction)).await?;
        if answer.success {
            return Ok(Begun::Transaction(answer));
        }
        match answer.meaning() {
            Meaning::Duplicate => Ok(Begun::Duplicate),
            // It exists; how it ended is not known yet.
            Meaning::Open if answer.uuid.is_some() => Ok(Begun::Transaction(answer)),
            // It exists, and has failed at once.
            _ if answer.uuid.is_some() => Ok(Begun::Refused(answer.refusal())),
            Meaning::NotNow => Err(ProviderError::Unreachable(format!("it answers {}", answer.refusal().code()))),
            Meaning::Open | Meaning::NotFound => {
                Err(ProviderError::Unanswered(format!("it answers {}", answer.refusal().code())))
            }
            Meaning::Refused => Ok(Begun::Refused(answer.refusal())),
        }
    }

    /// The status of the transaction that IXOPAY calls so.
    pub(super) async fn by_uuid(&self, uuid: &str) -> Result<Status> {
        if !is_uuid(uuid) {
            return Err(ProviderError::NoPayment("it is not the form of a uuid".into()));
        }
        self.status(&format!("getByUuid/{uuid}")).await
    }

    /// The status of the transaction that we have called so.
    pub(super) async fn by_reference(&self, reference: &str) -> Result<Status> {
        self.status(&format!("getByMerchantTransactionId/{reference}")).await
    }

    async fn status(&self, which: &str) -> Result<Status> {
        let path = format!("/api/v3/status/{}/{which}", self.config.api_key);
        self.call::<Status>(&Method::GET, &path, None::<&()>).await?.found()
    }

    /// Makes a signed call, and reads its answer; those of 400 and 422 are read as well, since they say why.
    async fn call<A: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<A> {
        let unwritable = || ProviderError::Unreachable("the call cannot be written".into());
        let body = body.map(serde_json::to_vec).transpose().map_err(|_| unwritable())?.unwrap_or_default();
        let mut url = self.config.url.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        let date = date(self.clock.now());
        let uri = &url[Position::BeforePath..Position::AfterQuery];
        let signed = Signed { method: method.as_str(), body: &body, content_type: JSON, date: &date, uri };
        let signature = self.config.secrets.first().and_then(|secret| signed.sign(secret)).ok_or_else(unwritable)?;
        let user = format!("{}:{}", self.config.user, self.config.password.reveal());
        let call = Call::new(method.clone(), url.as_str())
            .deadline(DEADLINE)
            .secret(AUTHORIZATION, &Secret::new(format!("Basic {}", STANDARD.encode(user))))
            .header(DATE, &date)
            // Proxies write Date anew; where there is this one, it counts.
            .header(HeaderName::from_static("x-date"), &date)
            .header(HeaderName::from_static("x-signature"), &signature)
            .body(JSON, body);
        let reply = self.client.send(call).await?;
        let said = || format!("it answered {}", reply.status().as_u16());
        match reply.status() {
            status if status.is_success() => {}
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {}
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::TOO_MANY_REQUESTS => {
                return Err(ProviderError::Unreachable(said()));
            }
            _ => return Err(ProviderError::Unanswered(said())),
        }
        reply.json().map_err(|_| ProviderError::Unreadable("it is not the JSON that is expected".into()))
    }
}

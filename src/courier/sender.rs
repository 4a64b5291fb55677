//! Outgoing calls, as far as the courier needs them.

use std::time::Duration;

use async_trait::async_trait;

use super::OutgoingRequest;
use crate::domain::{AttemptResult, message::Method};
use crate::egress::header::{HeaderName, RETRY_AFTER};
use crate::egress::{self, Call, Client, HttpReply, Trouble};

/// How much of an answer's body is read, in bytes: enough for the word that some dialects' receivers say.
const BODY: usize = 4096;

/// Sends requests.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Makes the request, once, within this time.
    async fn send(&self, outgoing: &OutgoingRequest, deadline: Duration) -> Answered;
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What it met.
    pub attempt_result: AttemptResult,
    /// `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// The body of an answer, as far as it is read; where none came, the reason, in words.
    pub body: Vec<u8>,
}

#[async_trait]
impl Sender for Client {
    async fn send(&self, outgoing: &OutgoingRequest, deadline: Duration) -> Answered {
        let call = Call::new(method(outgoing.method), &outgoing.url);
        let call = match &outgoing.body {
            None => call,
            Some(webhook) => call.body(&webhook.content_type, webhook.body.clone().into_bytes()),
        };
        let call = outgoing.own.iter().fold(call, |call, header| call.own(header.name(), header.value()));
        let named =
            |call: Call, (name, value): &(&'static str, String)| call.header(HeaderName::from_static(name), value);
        let call = outgoing.headers.iter().fold(call, named).deadline(deadline).longest(BODY);
        match Self::send(self, call).await {
            Ok(answer) => answered(&answer),
            Err(Trouble::TooLarge { begun, .. }) => answered(&begun),
            Err(trouble) => Answered {
                attempt_result: attempt_result(&trouble),
                retry_after: None,
                body: trouble.to_string().into_bytes(),
            },
        }
    }
}

fn answered(answer: &HttpReply) -> Answered {
    Answered {
        attempt_result: AttemptResult::Status(answer.status().as_u16()),
        retry_after: answer.header(&RETRY_AFTER).map(str::to_owned),
        body: answer.body().to_vec(),
    }
}

const fn method(method: Method) -> egress::Method {
    match method {
        Method::Get => egress::Method::GET,
        Method::Post => egress::Method::POST,
        Method::Put => egress::Method::PUT,
        Method::Patch => egress::Method::PATCH,
        Method::Delete => egress::Method::DELETE,
    }
}

const fn attempt_result(trouble: &Trouble) -> AttemptResult {
    match trouble {
        Trouble::Refused(_) => AttemptResult::Refused,
        Trouble::Unreachable(_) => AttemptResult::Unreachable,
        Trouble::Unanswered(_) => AttemptResult::Unanswered,
        Trouble::TooLarge { status, .. } => AttemptResult::Status(status.as_u16()),
    }
}

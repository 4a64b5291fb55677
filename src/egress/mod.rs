//! The way out: one kind of HTTP client for the courier, the banks and the demo, behind one address guard.
//!
//! Merchants say where to call, so the guard decides. It judges the URL, because an address in a URL never reaches a
//! resolver, and again each address that a name resolves to, in the resolver, so that what was checked is what is
//! connected to. No redirect is followed, no proxy of the environment is asked, one deadline stands over everything,
//! and an answer is read up to a limit.
//!
//! Behind a [`Client`] are two: one that goes to public addresses by https on allowed ports, and one that goes to the
//! operator's list alone, by http as well and on every port. A URL decides which; neither is handed out, because it
//! would call any address that stands in a URL. Only where the operator wrote the address is there no guard.

mod answer;
mod asked;
mod bank;
mod builder;
mod call;
mod guard;
mod resolver;
mod special;

use std::{sync::Arc, time::Duration};

pub use reqwest::{Method, StatusCode, header};

pub use answer::{HttpReply, Trouble};
pub use bank::bank_client;
pub use builder::Builder;
pub use call::Call;
pub use guard::{Guard, Ports, Reach, Refused};
pub use resolver::{Names, SystemNames};

/// The outgoing HTTP client. A clone shares its connections.
#[derive(Clone)]
pub struct Client {
    /// `None` where the operator wrote every address.
    guard: Option<Arc<Guard>>,
    public: reqwest::Client,
    listed: reqwest::Client,
    deadline: Duration,
}

impl Client {
    /// Begins a client: https to public addresses on port 443, 15 s for a call.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Makes a call, once, and reads its answer.
    ///
    /// # Errors
    /// [`Trouble`], which says whether the call may have been obeyed. When the deadline passes, it may have been; when
    /// the time to connect passes, it was not.
    pub async fn send(&self, call: Call) -> Result<HttpReply, Trouble> {
        let Call { request, deadline, longest } = call;
        let request = request?;
        let reach = self.guard.as_ref().map_or(Ok(Reach::Listed), |guard| guard.check_url(request.url()))?;
        let client = match reach {
            Reach::Public => &self.public,
            Reach::Listed => &self.listed,
        };
        let exchange = answer::exchange(client, request, longest);
        match tokio::time::timeout(deadline.unwrap_or(self.deadline), exchange).await {
            Ok(answered) => answered,
            Err(_) => Err(Trouble::Unanswered("no answer in time".into())),
        }
    }
}

#[cfg(test)]
mod tests;

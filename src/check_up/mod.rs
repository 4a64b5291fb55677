//! Looks at merchants' callbacks from outside, through the address guard: whether they answer, and what would happen to
//! a customer who is sent there.
//!
//! A call must not pass for a customer who comes home. So it is a GET of the callback with nothing appended, with the
//! word `check-up` in each placeholder, without a cookie, and with a user agent that says what it is. No redirect is
//! followed.

mod android;
mod apple;
mod certificate;
mod cookies;
mod page;

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt as _, join_all};

use crate::domain::{CallbackUrl, Finding, Look, SavedCallback, Subject, UnixMillis};
use crate::egress::{Call, Client, HttpReply, Trouble, header};
use crate::engine::deps::CallbackExaminer;

/// How long a check-up may take; what it asks, it asks at the same time.
const DEADLINE: Duration = Duration::from_secs(5);

/// How much of an answer is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// What a call says that it is.
const USER_AGENT: &str = concat!("Handback/", env!("CARGO_PKG_VERSION"), " (check-up)");

/// What browsers accept where a person goes.
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Looks at callbacks with one client.
pub struct Examiner {
    client: Client,
}

impl Examiner {
    /// One that asks with this client, which keeps certificates, and uses no connection twice: how fast an answer is
    /// includes connecting.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    async fn ask(&self, url: &str, longest: usize) -> Result<HttpReply, Trouble> {
        let call = Call::get(url).header(header::USER_AGENT, USER_AGENT).header(header::ACCEPT, ACCEPT);
        match self.client.send(call.deadline(DEADLINE).longest(longest)).await {
            // As much as is read says enough.
            Err(Trouble::TooLarge { begun, .. }) => Ok(*begun),
            answered => answered,
        }
    }

    async fn look_at(&self, of: &'static str, url: &CallbackUrl, now: UnixMillis) -> Vec<Finding> {
        if url.is_app_link() {
            let says = "It opens an app by a scheme of the app's own, so no server can be asked.";
            return vec![Finding::remark((of, Subject::Answer), says, "Try it on a device that has the app.")];
        }
        match url.looked_at() {
            Ok(asked) => page::judge((of, &asked), self.ask(&asked, LONGEST).await, now),
            Err(invalid) => vec![Finding::trouble((of, Subject::Answer), invalid.to_string(), "Save it again.")],
        }
    }

    /// Asks the host of an https address for a file that says which apps may open it; `None` where there is no such host.
    async fn file(&self, url: &CallbackUrl, path: &str) -> Option<(url::Url, Result<HttpReply, Trouble>)> {
        let url = url::Url::parse(&url.looked_at().ok()?).ok().filter(|url| url.scheme() == "https")?;
        let file = url.join(path).ok()?;
        let answer = self.ask(file.as_str(), LONGEST).await;
        Some((url, answer))
    }

    async fn claimed_on_ios(&self, url: &CallbackUrl) -> Vec<Finding> {
        let asked = self.file(url, apple::PATH).await;
        asked.map(|(url, answer)| apple::judge(&url, answer)).into_iter().collect()
    }

    async fn claimed_on_android(&self, url: &CallbackUrl, package: Option<&str>) -> Vec<Finding> {
        let asked = self.file(url, android::PATH).await;
        asked.map(|(_, answer)| android::judge(answer, package)).into_iter().collect()
    }
}

#[async_trait]
impl CallbackExaminer for Examiner {
    async fn check_up(&self, callback: &SavedCallback, now: UnixMillis) -> Vec<Finding> {
        let devices = &callback.device_urls;
        let mut urls = vec![("url", &callback.url)];
        for (of, url) in devices.urls() {
            if !urls.iter().any(|(_, known)| *known == url) {
                urls.push((of, url));
            }
        }
        let mut looks: Vec<BoxFuture<'_, Vec<Finding>>> =
            urls.into_iter().map(|(of, url)| self.look_at(of, url, now).boxed()).collect();
        if let Some(url) = &devices.ios {
            looks.push(self.claimed_on_ios(url).boxed());
        }
        if let Some(url) = &devices.android {
            let package = devices.android_package.as_ref().map(crate::domain::AndroidPackage::as_str);
            looks.push(self.claimed_on_android(url, package).boxed());
        }
        join_all(looks).await.into_iter().flatten().collect()
    }

    async fn look(&self, url: &CallbackUrl) -> Look {
        let Ok(asked) = url.looked_at() else { return Look::Unknown };
        // A page that misses our parameters may say so: only a server that is in trouble, or none, is trouble.
        match self.ask(&asked, 0).await {
            Ok(reply) if reply.status().is_server_error() => Look::InTrouble,
            Ok(_) => Look::Answered,
            Err(Trouble::Refused(_)) => Look::Unknown,
            Err(_) => Look::InTrouble,
        }
    }
}

/// A file that says which apps may open an address, or a sentence why it could not be read.
fn read(answer: Result<HttpReply, Trouble>) -> Result<HttpReply, String> {
    let reply =
        answer.map_err(|trouble| format!("The file that says which apps may open it was not read: {trouble}."))?;
    match reply.status().as_u16() {
        200..300 => Ok(reply),
        status @ 300..400 => Err(format!("The file that says which apps may open it is redirected ({status}).")),
        status => Err(format!("The file that says which apps may open it answers {status}.")),
    }
}

#[cfg(test)]
mod tests;

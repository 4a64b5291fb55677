//! Mail by the operator's SMTP server: sign-in links that people have asked for, and notices.
//!
//! It is sent beside the work. A mail that cannot be sent is tried again twice, then it is lost, and the log says so:
//! nobody waits for it, and nothing depends on it.

mod smtp_url;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::{Error, extension::ClientId};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::sync::Semaphore;

pub use smtp_url::SmtpUrl;

use crate::clock::Clock;
use crate::domain::{EmailAddress, Mail};
use crate::engine::deps::Mailer;

/// How long is waited before each try.
const WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(10), Duration::from_mins(1)];

/// How long one step of the server's may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// The most mails that are under way or wait; more are lost.
const MOST: usize = 500;

/// The operator's SMTP server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: EmailAddress,
    clock: Arc<dyn Clock>,
    room: Arc<Semaphore>,
    waits: [Duration; 3],
}

impl Smtp {
    /// The server of this address, which is sent mail from this sender. It is asked nothing yet.
    pub fn new(url: &SmtpUrl, from: EmailAddress, clock: Arc<dyn Clock>) -> Self {
        // Servers mistrust mail from a host that says it is `localhost`.
        let greeting = ClientId::Domain(from.domain().to_owned());
        let transport = url.builder().hello_name(greeting).timeout(Some(DEADLINE)).build();
        Self { transport, from, clock, room: Arc::new(Semaphore::new(MOST)), waits: WAITS }
    }

    fn message(&self, mail: &Mail) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let (subject, text) = words::written(&mail.message);
        // So that no out-of-office note answers (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(self.from.as_str().parse()?)
            .to(mail.to.as_str().parse()?)
            .subject(subject)
            .message_id(Some(format!("<{:016x}@{}>", self.clock.draw(), self.from.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        Ok(message)
    }
}

impl Mailer for Smtp {
    fn send(&self, mail: Mail) {
        let message = match self.message(&mail) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(error = %error, "mail.unwritable");
                return;
            }
        };
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!(most = MOST, "mail.too_many");
            return;
        };
        let (transport, waits) = (self.transport.clone(), self.waits);
        tokio::spawn(async move {
            deliver(&transport, &message, &waits).await;
            drop(room);
        });
    }
}

async fn deliver(transport: &AsyncSmtpTransport<Tokio1Executor>, message: &Message, waits: &[Duration]) {
    for (tried, wait) in waits.iter().enumerate() {
        tokio::time::sleep(*wait).await;
        let Err(error) = transport.send(message.clone()).await else { return };
        let is_last = error.is_permanent() || tried + 1 == waits.len();
        // What the server says may name the person.
        tracing::warn!(why = why(&error), is_last, "mail.not_sent");
        if is_last {
            return;
        }
    }
}

fn why(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the server answered {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "its certificate is not good".to_owned(),
        None => "no connection, or it broke".to_owned(),
    }
}

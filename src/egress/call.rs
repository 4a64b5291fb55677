//! A call that is to be made: where to, what with, how long, and how much of the answer is read.

use std::{fmt, time::Duration};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;

use super::guard::Refused;
use crate::domain::Secret;

/// How much of an answer's body is read unless the call says otherwise, in bytes.
const LONGEST: usize = 64 * 1024;

/// A call, made once by [`Client::send`](super::Client::send). What is wrong with it is said there.
#[must_use]
pub struct Call {
    pub(super) request: Result<Request, Refused>,
    pub(super) deadline: Option<Duration>,
    pub(super) longest: usize,
}

impl Call {
    /// A call of this method to the URL in this text.
    pub fn new(method: Method, url: &str) -> Self {
        let url = Url::parse(url).map_err(|_| Refused::Unreadable);
        Self { request: url.map(|url| Request::new(method, url)), deadline: None, longest: LONGEST }
    }

    /// A GET of the URL in this text.
    pub fn get(url: &str) -> Self {
        Self::new(Method::GET, url)
    }

    /// A POST to the URL in this text.
    pub fn post(url: &str) -> Self {
        Self::new(Method::POST, url)
    }

    /// Adds a header, beside those of the same name.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.add(name, HeaderValue::from_str(value).map_err(|_| Refused::Unsendable("header")));
        self
    }

    /// Shows a bearer's key (RFC 6750 2.1).
    pub fn bearer(self, key: &Secret) -> Self {
        self.secret(AUTHORIZATION, &Secret::new(format!("Bearer {}", key.reveal())))
    }

    /// Adds a header whose value no log shows.
    pub fn secret(mut self, name: HeaderName, value: &Secret) -> Self {
        let value = HeaderValue::from_str(value.reveal()).map_err(|_| Refused::Unsendable("header"));
        let value = value.map(|mut value| {
            value.set_sensitive(true);
            value
        });
        self.add(name, value);
        self
    }

    /// Adds a header of somebody else's choice, whose value no log shows.
    pub fn own(mut self, name: &str, value: &Secret) -> Self {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            return self.secret(name, value);
        }
        self.refuse(Refused::Unsendable("header"));
        self
    }

    /// Sends these bytes, as this type.
    pub fn body(mut self, content_type: &str, bytes: Vec<u8>) -> Self {
        if let Ok(request) = &mut self.request {
            *request.body_mut() = Some(bytes.into());
        }
        self.header(CONTENT_TYPE, content_type)
    }

    /// Sends a value as JSON.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        if let Ok(bytes) = serde_json::to_vec(value) {
            return self.body("application/json", bytes);
        }
        self.refuse(Refused::Unsendable("body"));
        self
    }

    /// Sends pairs as an HTML form does.
    pub fn form(mut self, value: &impl Serialize) -> Self {
        if let Ok(text) = serde_urlencoded::to_string(value) {
            return self.body("application/x-www-form-urlencoded", text.into_bytes());
        }
        self.refuse(Refused::Unsendable("body"));
        self
    }

    /// How long the call may take, from the look-up of its name to the last byte of its answer, instead of what the
    /// client has for every call.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How many bytes an answer's body may have; by default 65,536.
    pub const fn longest(mut self, bytes: usize) -> Self {
        self.longest = bytes;
        self
    }

    fn add(&mut self, name: HeaderName, value: Result<HeaderValue, Refused>) {
        match (&mut self.request, value) {
            (Ok(request), Ok(value)) => {
                request.headers_mut().append(name, value);
            }
            (Ok(_), Err(refused)) => self.refuse(refused),
            (Err(_), _) => {}
        }
    }

    /// Notes what is wrong, unless something has been wrong before.
    fn refuse(&mut self, refused: Refused) {
        if self.request.is_ok() {
            self.request = Err(refused);
        }
    }
}

/// The method and the host: paths, queries, headers and bodies may hold secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.request {
            Ok(request) => write!(f, "Call({} {})", request.method(), request.url().host_str().unwrap_or_default()),
            Err(refused) => write!(f, "Call({refused:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Header;

    #[test]
    fn what_is_accepted_as_a_header_can_be_sent() {
        let sent = |header: &Header| {
            let call = Call::post("https://a.example/").own(header.name(), header.value());
            call.request.is_ok_and(|request| request.headers().len() == 1 && !format!("{request:?}").contains("hush"))
        };
        let mut accepted = 0;
        for c in (0..=0xff).map(char::from) {
            let tried = [Header::parse(&format!("x{c}y"), "hush"), Header::parse("x", &format!("hush{c}hush"))];
            for header in tried.into_iter().flatten() {
                assert!(sent(&header), "{c:?}");
                accepted += 1;
            }
        }
        assert_eq!(accepted, 77 + 96, "tokens, and visible ASCII with space and tab");
    }

    #[test]
    fn what_is_no_header_is_not_sent() {
        for (name, value) in [("a b", "x"), ("", "x"), ("x", "a\nb")] {
            let call = Call::get("https://a.example/").own(name, &Secret::new(value));
            assert_eq!(call.request.err(), Some(Refused::Unsendable("header")));
        }
    }
}

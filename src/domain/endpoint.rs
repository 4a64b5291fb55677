//! Payment endpoints: servers that receive a POST, as a merchant saves them and as a journey freezes them.

use std::ops::{Deref, DerefMut};

use crate::domain::message::{Header, Message};
use crate::domain::{CallbackUrl, Invalid, NotifyOn, Rules, Sealed, Secret, UnixMillis};

/// A payment endpoint: a server that receives a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Where it is.
    pub url: CallbackUrl,
    /// The slot it came from; `None` for a one-off URL.
    pub slot: Option<usize>,
    /// The form of the body, in its dialect's word; empty is the dialect's own choice.
    pub form: String,
    /// Which events it wants.
    pub notify_on: NotifyOn,
    /// The key that bodies are encrypted with, sealed for the merchant, where a dialect's clients know that.
    pub cipher: Option<Sealed>,
}

impl WebhookEndpoint {
    /// An endpoint at a URL, with nothing else said.
    pub const fn at(url: CallbackUrl) -> Self {
        Self { url, slot: None, form: String::new(), notify_on: NotifyOn::ALL, cipher: None }
    }

    /// Reads where an endpoint is, with nothing else said. It is called by a server.
    ///
    /// # Errors
    /// When the URL breaks a rule for callbacks, or can never be called.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, Invalid> {
        Ok(Self::at(CallbackUrl::parse_called(text, rules)?))
    }

    /// This endpoint with the options of a call, and the key that the call has brought, if any.
    ///
    /// # Errors
    /// When bodies must be encrypted and there is no key.
    pub(super) fn with_options(self, options: &WebhookOptions, brought: Option<&Sealed>) -> Result<Self, Invalid> {
        let cipher = match options.ciphering {
            Ciphering::AsSaved => self.cipher,
            Ciphering::Clear => None,
            Ciphering::Key(_) => brought.cloned(),
            Ciphering::OwnKey => Some(self.cipher.ok_or_else(|| {
                Invalid::new("callback_url", "has no encryption key of its own")
                    .hint("send encryption_key, or save one with the endpoint")
            })?),
        };
        let form = options.form.clone().unwrap_or(self.form);
        Ok(Self { form, notify_on: options.notify_on.unwrap_or(self.notify_on), cipher, ..self })
    }
}

/// A payment endpoint as its merchant has saved it: what journeys freeze of it, and what each attempt looks up anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedEndpoint {
    /// What journeys freeze.
    pub endpoint: WebhookEndpoint,
    /// The merchant's own headers, which go with every attempt.
    pub headers: Vec<SealedHeader>,
    /// Whether its deliveries wait.
    pub paused: bool,
    /// When they last went on after they had waited: no delivery is too old for having waited until then.
    pub resumed_at: Option<UnixMillis>,
}

/// A header of a merchant's own. Its value is sealed, because it may be a key of the receiver's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Its value, sealed for the merchant.
    pub value: Sealed,
}

impl SavedEndpoint {
    /// This endpoint in the place of the one before it. Whether deliveries wait is said by no call that saves one.
    #[must_use]
    pub fn in_place_of(self, before: Option<&Self>) -> Self {
        match before {
            Some(before) => Self { paused: before.paused, resumed_at: before.resumed_at, ..self },
            None => self,
        }
    }

    /// Whether this is where an endpoint of a journey leads: its slot may hold another one by now, whose headers and
    /// pause are none of its business.
    pub fn is_at(&self, url: &CallbackUrl) -> bool {
        self.endpoint.url.without_query() == url.without_query()
    }
}

impl SealedHeader {
    /// Accepts the headers of an endpoint.
    ///
    /// # Errors
    /// When there are more than [`Message::MAX_HEADERS`], one of them comes twice, or one says what the body is.
    pub fn check_all(headers: &[Self]) -> Result<(), Invalid> {
        if headers.len() > Message::MAX_HEADERS {
            return Err(Invalid::new("headers", format!("are more than {}", Message::MAX_HEADERS)));
        }
        for (index, header) in headers.iter().enumerate() {
            let field = format!("headers.{}", header.name);
            if headers.iter().take(index).any(|before| before.name == header.name) {
                return Err(Invalid::new(field, "comes twice, in one spelling or two"));
            }
            if header.name == "content-type" {
                return Err(Invalid::new(field, "is said by the form of the body").hint("leave it out"));
            }
        }
        Ok(())
    }

    /// The header, with its value opened by `open`. `None` when that fails.
    pub fn opened(&self, open: impl FnOnce(&Sealed) -> Option<Secret>) -> Option<Header> {
        Header::parse(&self.name, open(&self.value)?.reveal()).ok()
    }
}

impl From<WebhookEndpoint> for SavedEndpoint {
    fn from(endpoint: WebhookEndpoint) -> Self {
        Self { endpoint, headers: Vec::new(), paused: false, resumed_at: None }
    }
}

impl Deref for SavedEndpoint {
    type Target = WebhookEndpoint;

    fn deref(&self) -> &WebhookEndpoint {
        &self.endpoint
    }
}

impl DerefMut for SavedEndpoint {
    fn deref_mut(&mut self) -> &mut WebhookEndpoint {
        &mut self.endpoint
    }
}

/// How a call wants the payment endpoints of its journey called; what it does not say is as each was saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookOptions {
    /// The form of the body, in its dialect's word.
    pub form: Option<String>,
    /// Which events they want.
    pub notify_on: Option<NotifyOn>,
    /// Whether bodies are encrypted.
    pub ciphering: Ciphering,
}

impl WebhookOptions {
    /// In the words of a dialect that has one body and no encryption: what was saved of these is none of its business.
    pub fn plainly() -> Self {
        Self { form: Some(String::new()), notify_on: None, ciphering: Ciphering::Clear }
    }
}

/// Whether bodies are encrypted, and with whose key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Ciphering {
    /// As each endpoint was saved.
    #[default]
    AsSaved,
    /// They are not.
    Clear,
    /// Each with its endpoint's own key, which must be there.
    OwnKey,
    /// All with this key.
    Key(Secret),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_says_goes_before_what_was_saved() {
        let rules = Rules::default();
        let (saved, brought) = (Sealed::new(vec![1]), Sealed::new(vec![2]));
        let plain = WebhookEndpoint::parse("https://m.example/pay", &rules).unwrap();
        let full = WebhookEndpoint {
            slot: Some(3),
            form: "form".into(),
            notify_on: NotifyOn::SUCCESS,
            cipher: Some(saved.clone()),
            ..plain.clone()
        };
        assert_eq!(full.clone().with_options(&WebhookOptions::default(), None).unwrap(), full);
        let options =
            WebhookOptions { form: Some("nested".into()), notify_on: Some(NotifyOn::ALL), ..WebhookOptions::default() };
        let expected = WebhookEndpoint { form: "nested".into(), notify_on: NotifyOn::ALL, ..full.clone() };
        assert_eq!(full.clone().with_options(&options, None).unwrap(), expected);
        for (ciphering, expected) in [
            (Ciphering::AsSaved, [None, Some(&saved)]),
            (Ciphering::Clear, [None, None]),
            (Ciphering::Key(Secret::new("k")), [Some(&brought), Some(&brought)]),
        ] {
            let options = WebhookOptions { ciphering, ..WebhookOptions::default() };
            let cipher =
                |endpoint: &WebhookEndpoint| endpoint.clone().with_options(&options, Some(&brought)).unwrap().cipher;
            assert_eq!([cipher(&plain).as_ref(), cipher(&full).as_ref()], expected, "{options:?}");
        }
        let own = WebhookOptions { ciphering: Ciphering::OwnKey, ..WebhookOptions::default() };
        assert_eq!(full.with_options(&own, None).unwrap().cipher, Some(saved));
        assert!(plain.with_options(&own, None).is_err(), "never in the clear by mistake");
    }

    #[test]
    fn a_header_comes_once_and_leaves_the_body_alone() {
        let header = |name: &str| SealedHeader { name: name.into(), value: Sealed::new(vec![1]) };
        let refused = |names: &[&str]| {
            let headers: Vec<_> = names.iter().map(|name| header(name)).collect();
            SealedHeader::check_all(&headers).err().map(|invalid| invalid.field().to_owned())
        };
        assert_eq!(refused(&["authorization", "x-key"]), None);
        assert_eq!(refused(&["x-key", "x-key"]).as_deref(), Some("headers.x-key"));
        assert_eq!(refused(&["content-type"]).as_deref(), Some("headers.content-type"));
        let many: Vec<String> = (0..=Message::MAX_HEADERS).map(|n| format!("x-{n}")).collect();
        assert_eq!(refused(&many.iter().map(String::as_str).collect::<Vec<_>>()).as_deref(), Some("headers"));
    }

    #[test]
    fn an_endpoint_is_called_by_a_server() {
        let rules = Rules::default();
        for bad in ["com.example.app://x", "http://m.example/", "x", ""] {
            assert!(WebhookEndpoint::parse(bad, &rules).is_err(), "{bad}");
        }
        assert!(WebhookEndpoint::parse("com.example.app://x", &rules).unwrap_err().rule().contains("no server"));
    }
}

//! The origin of a merchant's page that opens our pages in a window of their own.

use url::Url;

use crate::domain::{Invalid, is_loopback};

/// An origin that is told how a journey ended, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PopupOrigin(
    // One pointer wide: each profile that a call reads has one, and few hold any.
    Option<Box<Origin>>,
);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin(String);

impl PopupOrigin {
    /// The most bytes: a journey keeps it.
    const LONGEST: usize = 255;

    /// Accepts an origin as browsers write it, or nothing: https, or http on loopback, with no more than scheme, host and
    /// port.
    ///
    /// # Errors
    /// When it is another URL, or more than an origin, or has more than 255 bytes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let refused = |rule: &str| Invalid::new("popup_origin", rule).hint("expected one such as https://shop.example");
        if text.len() > Self::LONGEST {
            return Err(refused("is longer than 255 bytes"));
        }
        let url = Url::parse(text).map_err(|_| refused("is not an origin"))?;
        let is_local = url.scheme() == "http" && url.host().is_some_and(|host| is_loopback(&host));
        if url.scheme() != "https" && !is_local {
            return Err(refused("is neither https nor on this machine"));
        }
        let origin = url.origin().ascii_serialization();
        if url.host_str().is_some_and(|host| host.contains('*')) {
            return Err(refused("is a pattern, and not one origin"));
        }
        if origin != text {
            let rule = "is not an origin as a browser would write it";
            return Err(Invalid::new("popup_origin", rule).hint(format!("write it as {origin}")));
        }
        Ok(Self(Some(Box::new(Origin(origin)))))
    }

    /// The origin; empty, where there is none.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |origin| &origin.0)
    }

    /// This, unless it is none.
    pub fn given(&self) -> Option<Self> {
        self.0.is_some().then(|| self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_https_or_on_this_machine_and_nothing_more() {
        for text in [
            "https://shop.example",
            "https://shop.example:8443",
            "http://localhost:3000",
            "http://shop.localhost",
            "http://127.0.0.1",
            "",
        ] {
            let origin = PopupOrigin::parse(text).unwrap();
            assert_eq!((origin.as_str(), origin.given().is_some()), (text, !text.is_empty()));
        }
        let long = format!("https://{}.example", "a".repeat(255));
        for bad in [
            "*",
            "null",
            "https://*.shop.example",
            "https://shop.example/",
            "https://shop.example/pay",
            "https://shop.example?a",
            "https://shop.example#",
            "https://Shop.example",
            "https://shop.example:443",
            "https://user@shop.example",
            "http://shop.example",
            "http://localhost.example",
            "com.example.shop://pay",
            "javascript:alert(1)",
            " https://shop.example",
            "shop.example",
            &long,
        ] {
            assert_eq!(
                PopupOrigin::parse(bad).map_err(|invalid| invalid.field().to_owned()),
                Err("popup_origin".into()),
                "{bad}"
            );
        }
    }
}

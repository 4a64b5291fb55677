//! A page of a merchant's that customers find in the foot of ours: its help, its legal notice.

use url::Url;

use crate::domain::{Invalid, Logo, MerchantColor};

/// An https URL, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageLink(
    // One pointer wide: each profile that a call reads has two of them, and few hold any.
    Option<Box<Address>>,
);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Address(String);

impl PageLink {
    /// The most bytes: every journey keeps it.
    const LONGEST: usize = 255;

    /// Accepts an https URL to which a browser goes exactly as it is written, or nothing.
    ///
    /// # Errors
    /// When it is another URL, names a user, or has more than 255 bytes.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let refused = |rule: &str| Invalid::new(field, rule).hint("expected one such as https://shop.example/help");
        if text.len() > Self::LONGEST {
            return Err(refused("is longer than 255 bytes"));
        }
        let url = Url::parse(text).map_err(|_| refused("is not a URL"))?;
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(refused("is not an https URL"));
        }
        if url.as_str() != text {
            return Err(Invalid::new(field, "is not as a browser would write it").hint(format!("write it as {url}")));
        }
        Ok(Self(Some(Box::new(Address(text.to_owned())))))
    }

    /// The URL; empty, where there is none.
    pub fn as_str(&self) -> &str {
        self.url().unwrap_or_default()
    }

    /// The URL, if there is one.
    pub fn url(&self) -> Option<&str> {
        self.0.as_ref().map(|address| address.0.as_str())
    }
}

/// What a customer's pages show of their merchant beside its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantMarks {
    /// Where customers find help; linked in the foot.
    pub support: PageLink,
    /// The merchant's legal notice; linked in the foot.
    pub legal: PageLink,
    /// Its colour.
    pub color: MerchantColor,
    /// Its logo.
    pub logo: Option<Logo>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_an_https_url_or_none() {
        for text in ["https://shop.example/help", "https://shop.example/?a=b#c"] {
            assert_eq!(PageLink::parse("support_url", text).unwrap().url(), Some(text));
        }
        assert_eq!(PageLink::parse("support_url", "").unwrap().url(), None);
        let long = format!("https://shop.example/{}", "a".repeat(255));
        for bad in [
            "http://shop.example/help",
            "http://127.0.0.1/help",
            "com.example.shop://help",
            "mailto:help@shop.example",
            "javascript:alert(1)",
            "https://shop.example",
            "https://shop.example/a b",
            "shop.example/help",
            "https://user@shop.example/",
            " https://shop.example/",
            &long,
        ] {
            let refused = PageLink::parse("support_url", bad).map_err(|invalid| invalid.field().to_owned());
            assert_eq!(refused, Err("support_url".to_owned()), "{bad}");
        }
    }
}

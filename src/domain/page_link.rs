//! A page of a merchant's that customers find in the foot of ours: its help, its legal notice.

use crate::domain::Invalid;
use crate::domain::callback::{CallbackUrl, Rules};

/// An https URL, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageLink(Option<String>);

impl PageLink {
    /// The most bytes: every journey keeps it.
    const LONGEST: usize = 255;

    /// Accepts an https URL that keeps the rules of callbacks, or nothing.
    ///
    /// # Errors
    /// When it is another URL, has a placeholder, or more than 255 bytes.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let rules = Rules { longest: Self::LONGEST, ..Rules::default() };
        let url = CallbackUrl::parse(text, &rules).map_err(|invalid| invalid.at(field))?;
        if !text.starts_with("https:") || url.holds_placeholder() {
            return Err(
                Invalid::new(field, "is not an https URL").hint("expected one such as https://shop.example/help")
            );
        }
        Ok(Self(Some(text.to_owned())))
    }

    /// The URL, if there is one.
    pub fn url(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// The links in the foot of a customer's pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantLinks {
    /// Where customers find help.
    pub support: PageLink,
    /// The merchant's legal notice.
    pub legal: PageLink,
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
            "https://shop.example/{status}",
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

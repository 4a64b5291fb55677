//! `intent:` links, by which browsers on Android open an app at a press.
//!
//! Written as `Intent.parseUri` of Android reads them: what follows the last `#` belongs to the intent, so the link's
//! own fragment may stay where it is; the link's scheme moves behind it. A browser that finds no app goes to
//! `S.browser_fallback_url`, or to the shop of `package` where there is no fallback. They stand on buttons alone: no
//! redirect may lead to one, and no merchant may save one.

use crate::domain::{Invalid, params::percent_encoded};

/// The name of an app on Android, such as `com.example.shop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidPackage(String);

impl AndroidPackage {
    /// The longest name, in bytes.
    const LONGEST: usize = 223;

    /// Accepts an application id: two or more parts between dots, each a letter and then letters, digits and `_`
    /// (Android's manual, "Configure the app module").
    ///
    /// # Errors
    /// When it has any other form, so that it can never add a part of its own to an intent.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let form = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if text.len() <= Self::LONGEST && text.contains('.') && text.split('.').all(form) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new("android_package", "is not the name of an Android app")
            .hint("expected its application id, such as com.example.shop"))
    }

    /// Restores a name that was parsed when it was stored.
    pub(crate) const fn restored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The intent that opens `url`, a callback as it is written for the customer. `None` when it has no scheme.
pub fn intent_link(url: &str, package: Option<&AndroidPackage>, fallback: Option<&str>) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    let package = package.map_or_else(String::new, |package| format!("package={};", package.as_str()));
    let fallback = fallback.map(percent_encoded);
    let fallback = fallback.map_or_else(String::new, |url| format!("S.browser_fallback_url={url};"));
    Some(format!("intent:{rest}#Intent;scheme={scheme};{package}{fallback}end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_the_link_with_its_scheme_behind_it() {
        let package = AndroidPackage::parse("com.example.shop").unwrap();
        let web = "https://shop.example:8443/paid?a=1&b=%22#top";
        for (url, package, fallback, expected) in [
            (
                "com.example.shop://paid?own=1&pay_id=7",
                None,
                None,
                "intent://paid?own=1&pay_id=7#Intent;scheme=com.example.shop;end",
            ),
            (
                "com.example.shop:/paid?pay_id=7",
                Some(&package),
                None,
                "intent:/paid?pay_id=7#Intent;scheme=com.example.shop;package=com.example.shop;end",
            ),
            (
                "com.example.shop://paid:81/x?pay_id=7#own;end",
                None,
                None,
                "intent://paid:81/x?pay_id=7#own;end#Intent;scheme=com.example.shop;end",
            ),
            (
                "https://shop.example:8443/open?pay_id=7#own",
                Some(&package),
                Some(web),
                "intent://shop.example:8443/open?pay_id=7#own#Intent;scheme=https;package=com.example.shop;\
                 S.browser_fallback_url=https%3A%2F%2Fshop.example%3A8443%2Fpaid%3Fa%3D1%26b%3D%2522%23top;end",
            ),
        ] {
            assert_eq!(intent_link(url, package, fallback).as_deref(), Some(expected));
        }
        assert_eq!(intent_link("nowhere", None, None), None);
    }

    #[test]
    fn nothing_in_a_link_can_add_to_its_intent() {
        let hostile = "com.example.shop://x#Intent;scheme=https;S.browser_fallback_url=https%3A%2F%2Fevil.example;end";
        let intent = intent_link(hostile, None, Some("https://a.example/;end#Intent;component=b")).unwrap();
        // Android reads what follows the last `#`.
        let read = intent.rsplit_once('#').unwrap().1;
        assert_eq!(
            read,
            "Intent;scheme=com.example.shop;S.browser_fallback_url=\
             https%3A%2F%2Fa.example%2F%3Bend%23Intent%3Bcomponent%3Db;end"
        );
    }

    #[test]
    fn a_package_has_parts() {
        for good in ["com.example.shop", "a.b", "Com.Example_1.x9"] {
            assert_eq!(AndroidPackage::parse(good).unwrap().as_str(), good);
        }
        let long = format!("a.{}", "b".repeat(222));
        for bad in ["", "shop", "com.", ".com", "com..x", "com.1x", "com.x;end", "com.x-y", "com.ex ample", &long] {
            assert!(AndroidPackage::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }
}

//! The page that opens a merchant's app.
//!
//! A redirect to a custom scheme leaves the bank's page standing, and a browser allows one launch without a press. So
//! the way into an app is a page with a real button; a small script tries once by itself, and never again.

use askama::Template;

use super::words::app_return as words;

/// Opens the app behind a custom scheme.
#[derive(Debug, Clone, Template)]
#[template(path = "app_return.html")]
pub struct AppReturn {
    /// The name of the merchant whose app it is.
    pub merchant: String,
    /// The link into the app; its scheme has been checked when the callback was accepted, never here.
    pub url: String,
    /// What happened, as a sentence.
    pub outcome_sentence: String,
}

#[cfg(test)]
impl AppReturn {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            merchant: "Demo shop".into(),
            url: "com.example.shop://paid?pay_id=lk_07f3&user_id=5ad1&status=success".into(),
            outcome_sentence: super::words::ended::paid("Demo shop", "25.00 EUR"),
        };
        vec![("app-return", page)]
    }

    pub(super) fn hostile() -> Self {
        Self {
            merchant: "<script>alert(1)</script>".into(),
            url: "com.example.shop://paid?x=\"><script>alert(2)</script>".into(),
            outcome_sentence: "<script>alert(3)</script>".into(),
        }
    }
}

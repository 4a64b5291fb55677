//! The page that opens a merchant's app.
//!
//! A redirect to a custom scheme leaves the bank's page standing, and a browser allows one launch without a press. So
//! the way into an app is a page with a real button; a small script tries once by itself, and never again. Without
//! scripts the button and the link beside it do everything.

use askama::Template;

use super::words::app_return as words;
use crate::domain::app_page::{AppPage, Start};

/// Opens the app.
#[derive(Debug, Clone, Template)]
#[template(path = "app_return.html")]
pub struct AppReturn {
    /// The name of the merchant whose app it is.
    pub merchant: String,
    /// What happened, as a sentence.
    pub outcome_sentence: String,
    /// The links; their schemes have been checked when the callback was accepted, never here.
    pub door: AppPage,
}

impl AppReturn {
    const fn hint(&self) -> &'static str {
        match self.door.start {
            Start::Attempt(_) => words::ATTEMPT,
            Start::Press => words::PRESS,
            Start::Either => words::EITHER,
        }
    }
}

#[cfg(test)]
impl AppReturn {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let link = "com.example.shop://paid?pay_id=lk_07f3&user_id=5ad1&status=success";
        let web = || Some("https://shop.example/paid?pay_id=lk_07f3&user_id=5ad1&status=success".to_owned());
        let intent = "intent://paid?pay_id=lk_07f3#Intent;scheme=com.example.shop;package=com.example.shop;\
                      S.browser_fallback_url=https%3A%2F%2Fshop.example%2Fpaid%3Fpay_id%3Dlk_07f3;end";
        let page = Self {
            merchant: "Demo shop".into(),
            outcome_sentence: super::words::ended::paid("Demo shop", "25.00 EUR"),
            door: AppPage { button: link.into(), start: Start::Attempt(link.into()), elsewhere: None },
        };
        let agreed = super::words::consent::agreed_to_access("Budget Buddy", "26 Feb 2027");
        let door = |button: &str, start| AppPage { button: button.into(), start, elsewhere: web() };
        let on = |button: &str, start| Self { door: door(button, start), ..page.clone() };
        let consent = Self {
            merchant: "Budget Buddy".into(),
            outcome_sentence: agreed,
            ..on("https://app.shop.example/paid?pay_id=lk_07f3", Start::Either)
        };
        vec![
            ("app-return", page.clone()),
            ("app-return-android", on(intent, Start::Attempt(link.into()))),
            ("app-return-press", on("https://app.shop.example/paid?pay_id=lk_07f3", Start::Press)),
            ("app-return-either", consent),
        ]
    }

    pub(super) fn hostile() -> Self {
        let hostile = |number: u8| format!("com.example.shop://paid?x=\"><script>alert({number})</script>");
        Self {
            merchant: "<script>alert(1)</script>".into(),
            outcome_sentence: "<script>alert(3)</script>".into(),
            door: AppPage { button: hostile(2), start: Start::Attempt(hostile(4)), elsewhere: Some(hostile(5)) },
        }
    }
}

//! The newcomer's page: a shop of one button.

use askama::Template;

use super::words::demo as words;

/// Lets a newcomer make a payment, and shows the call that it makes.
#[derive(Debug, Clone, Template)]
#[template(path = "demo.html")]
pub struct Demo {
    /// The name of the demo merchant.
    pub merchant: String,
    /// The callbacks that are in its book.
    pub callbacks: Vec<SavedChoice>,
    /// The address of the page that shows the parameters it receives.
    pub display_url: String,
    /// Why the last press did not work, as a sentence.
    pub error: Option<String>,
    /// The same call with `curl`.
    pub api_hint: String,
    /// What stands in the form; [`DemoForm::new`], or what was sent when it was refused.
    pub form: DemoForm,
}

/// A callback in the merchant's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedChoice {
    /// Its slot.
    pub index: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where it leads.
    pub url: String,
}

/// What stands in the demo's form; its fields are the form's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoForm {
    /// `amount`: in EUR, such as `25.00`.
    pub amount: String,
    /// `note`: what it is for.
    pub note: String,
    /// `callback`: which of the next four counts.
    pub callback: Choice,
    /// `index`: of a saved callback.
    pub index: usize,
    /// `url`: a one-off callback.
    pub url: String,
    /// `list`: several, separated by commas.
    pub list: String,
    /// `app`: a link into an app.
    pub app: String,
    /// `one_time_token`: present when the callback shall carry one.
    pub one_time_token: bool,
    /// `cancellable`: present when the customer may cancel.
    pub cancellable: bool,
}

impl DemoForm {
    /// What a newcomer finds in the form.
    pub fn new(display_url: &str) -> Self {
        Self {
            amount: "25.00".into(),
            note: words::NOTE.into(),
            callback: Choice::Saved,
            index: 0,
            url: format!("{display_url}?from=one-off"),
            list: format!("0,{display_url}?from=list"),
            app: "com.example.shop://paid".into(),
            one_time_token: true,
            cancellable: true,
        }
    }
}

/// Which callback the demo asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// `saved`: one in the book, by its index.
    Saved,
    /// `url`: a one-off URL.
    Url,
    /// `list`: several.
    List,
    /// `app`: a link into an app.
    App,
}

impl Choice {
    /// Its value in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Url => "url",
            Self::List => "list",
            Self::App => "app",
        }
    }

    /// The choice of this value, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Saved, Self::Url, Self::List, Self::App].into_iter().find(|choice| choice.as_str() == text)
    }
}

#[cfg(test)]
impl Demo {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let display_url = "http://127.0.0.1:8080/display-parameters";
        let fresh = Self {
            merchant: "Demo shop".into(),
            callbacks: vec![
                SavedChoice { index: 0, name: Some("show".into()), url: display_url.into() },
                SavedChoice { index: 2, name: None, url: format!("{display_url}?shop=two") },
            ],
            display_url: display_url.into(),
            error: None,
            api_hint: "curl http://127.0.0.1:8080/secpaid/api/v2/createLink \\\n  -H 'token: hb_demo_key' \\\n  \
                       -H 'content-type: application/json' \\\n  -d '{\"amount\": \"25.00\", \"callback_url\": \"0\"}'"
                .into(),
            form: DemoForm::new(display_url),
        };
        let refused = DemoForm {
            callback: Choice::App,
            app: "javascript:alert(1)".into(),
            one_time_token: false,
            cancellable: false,
            ..DemoForm::new(display_url)
        };
        let error = Some("app: expected a scheme of your own, such as com.example.shop://paid".into());
        vec![("demo", fresh.clone()), ("demo-refused", Self { error, form: refused, ..fresh })]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        Self {
            merchant: script.into(),
            callbacks: vec![SavedChoice { index: 0, name: Some(script.into()), url: script.into() }],
            display_url: script.into(),
            error: Some(script.into()),
            api_hint: script.into(),
            form: DemoForm { amount: script.into(), note: script.into(), ..DemoForm::new(script) },
        }
    }
}

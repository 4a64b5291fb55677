//! The newcomer's page: a shop of one button.

use askama::Template;

use super::words::demo as words;
use crate::domain::words::words;

/// Lets a newcomer make a payment, and shows the call that it makes.
#[derive(Debug, Clone, Template)]
#[template(path = "demo.html")]
pub struct Demo {
    /// The name of the demo merchant.
    pub merchant: String,
    /// Its saved callbacks.
    pub callbacks: Vec<SavedChoice>,
    /// The address of the page that shows the parameters it receives.
    pub display_url: String,
    /// Why the last press did not work.
    pub error: Option<DemoError>,
    /// The call that this form makes, with `curl`.
    pub call: String,
    /// What stands in the form; [`DemoForm::new`], or what was sent when it was refused.
    pub form: DemoForm,
}

impl Demo {
    /// Whether it is this field of the form that is wrong.
    fn is_wrong(&self, field: DemoField) -> bool {
        self.error.as_ref().is_some_and(|error| error.field == Some(field))
    }
}

/// What is wrong with the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoError {
    field: Option<DemoField>,
    rule: String,
}

impl DemoError {
    /// A field breaks this rule, such as `is missing`.
    pub fn at(field: DemoField, rule: &str) -> Self {
        Self { field: Some(field), rule: rule.to_owned() }
    }

    /// It is not about one field; a sentence.
    pub fn of_form(sentence: &str) -> Self {
        Self { field: None, rule: sentence.to_owned() }
    }

    /// The field that is wrong.
    pub const fn field(&self) -> Option<DemoField> {
        self.field
    }

    /// What is wrong, with the label of the field.
    pub fn sentence(&self) -> String {
        let text = match self.field {
            Some(field) => format!("{}: {}", field.label(), self.rule),
            None => self.rule.clone(),
        };
        format!("{}.", text.trim_end_matches('.'))
    }
}

/// A field of the demo's form in which something can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoField {
    /// `amount`
    Amount,
    /// `note`
    Note,
    /// `index`
    Index,
    /// `url`
    Url,
    /// `list`
    List,
    /// `app`
    App,
}

impl DemoField {
    const fn label(self) -> &'static str {
        match self {
            Self::Amount => words::AMOUNT_LABEL,
            Self::Note => words::NOTE_LABEL,
            Self::Index => words::SAVED_LABEL,
            Self::Url => words::URL_LABEL,
            Self::List => words::LIST,
            Self::App => words::APP_LABEL,
        }
    }
}

/// A callback that the merchant has saved.
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
    /// `api`: which API the app speaks.
    pub api: Api,
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
            api: Api::SecPaid,
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

words! {
    /// Which API the demo's app speaks, with its value in the form.
    pub enum Api {
        /// SecPaid's.
        SecPaid = "secpaid",
        /// Handback's own.
        Own = "handback",
        /// Token.io's, on hosted pages.
        TokenIo = "token_io",
        /// IXOPAY's.
        Ixopay = "ixopay",
    }
}

impl Api {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecPaid => "SecPaid",
            Self::Own => "Handback",
            Self::TokenIo => "Token.io",
            Self::Ixopay => "IXOPAY",
        }
    }
}

words! {
    /// Which callback the demo asks for, with its value in the form.
    pub enum Choice {
        /// A saved one, by its index.
        Saved = "saved",
        /// A one-off URL.
        Url = "url",
        /// Several.
        List = "list",
        /// A link into an app.
        App = "app",
    }
}

impl Choice {
    /// The field that goes with it.
    pub const fn field(self) -> DemoField {
        match self {
            Self::Saved => DemoField::Index,
            Self::Url => DemoField::Url,
            Self::List => DemoField::List,
            Self::App => DemoField::App,
        }
    }
}

//! Refusals, in Token.io's envelope (contracts, section 9).

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::domain::{Invalid, words::words};

/// Why a call's fields are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A field breaks a rule.
    Field(FieldRule, Invalid),
    /// A card number stands in a text, where it would be seen by people who must not.
    CardNumber(Invalid),
    /// There is no such bank here.
    NoSuchBank(String),
    /// The bank cannot do what was asked for.
    NotByThisBank(String, String),
}

words! {
    /// Which kind of rule a field breaks, with its `errorCode`.
    pub enum FieldRule {
        /// It has been used before.
        NotUnique = "Field.NotUnique",
        /// It must be there.
        Expected = "Field.Expected",
        /// It has another form.
        InvalidFormat = "Field.InvalidFormat",
        /// Its form is right, and its value is not allowed.
        Invalid = "Field.Invalid",
    }
}

/// A broken rule is one of form, unless somebody says otherwise; a missing field says so itself.
impl From<Invalid> for Rejection {
    fn from(invalid: Invalid) -> Self {
        let rule = if invalid.rule() == super::json::REQUIRED { FieldRule::Expected } else { FieldRule::InvalidFormat };
        Self::Field(rule, invalid)
    }
}

impl Rejection {
    /// A value that may be used once, and has been.
    pub fn not_unique(invalid: Invalid) -> Self {
        Self::Field(FieldRule::NotUnique, invalid)
    }

    /// A value of the right form that is not allowed.
    pub fn not_allowed(invalid: Invalid) -> Self {
        Self::Field(FieldRule::Invalid, invalid)
    }

    /// Its code and its sentence, with the field or the bank that it is about.
    pub fn failure(&self) -> Failure<'_> {
        let failure = |error_code, message| Failure { error_code: Some(error_code), message, ..Failure::default() };
        match self {
            Self::Field(rule, invalid) => {
                Failure { paths: Some([invalid.field()]), ..failure(rule.as_str(), invalid.to_string()) }
            }
            Self::CardNumber(invalid) => {
                Failure { paths: Some([invalid.field()]), ..failure("PanDetected", invalid.to_string()) }
            }
            Self::NoSuchBank(bank) => {
                let message = "initiation.bankId: names no bank of this gateway".to_owned();
                Failure { bank_id: Some(bank), ..failure("Bank.RegistrationNotFound", message) }
            }
            Self::NotByThisBank(bank, what) => {
                let message = format!("initiation.bankId: names a bank that {what}");
                Failure { bank_id: Some(bank), ..failure("Bank.FeatureNotSupported", message) }
            }
        }
    }
}

/// A refusal's body.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure<'a> {
    /// What kind of refusal it is; Token.io has none for those that ask who is calling.
    pub error_code: Option<&'static str>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// By which the operator finds the call.
    pub token_trace_id: String,
    /// The field it is about.
    pub paths: Option<[&'a str; 1]>,
    /// The bank it is about.
    pub bank_id: Option<&'a str>,
    /// The payment it is about.
    pub payment_id: Option<&'a str>,
}

impl Failure<'_> {
    /// The whole body.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which none of ours is known to do.
    pub fn written(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Enveloped<'a> {
            error: &'a Failure<'a>,
        }
        serde_json::to_string(&Enveloped { error: self })
    }
}

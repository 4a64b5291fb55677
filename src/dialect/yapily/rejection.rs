//! Refusals, in the words of Yapily's table (contracts, section 6.3).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::domain::{Cause, FinalOutcome, ProviderRefusal, words::words};

words! {
    /// Who said no, with its word on a callback.
    pub enum Source {
        /// The customer.
        User = "user",
        /// The bank, or anybody else who is not the customer.
        Institution = "institution",
    }
}

impl Source {
    /// Its word in an error's `source`.
    pub const fn in_capitals(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Institution => "INSTITUTION",
        }
    }
}

/// Why a consent was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The word: `access_denied`, `invalid_grant`, …
    pub error: &'static str,
    /// Who refused.
    pub source: Source,
    /// The bank's text, or a sentence of our own.
    pub description: String,
}

impl Rejection {
    /// What a final outcome that is no agreement says.
    pub fn of(final_outcome: &FinalOutcome) -> Self {
        match &final_outcome.cause {
            Cause::Provider(Some(error)) => Self::of_bank(error),
            Cause::Provider(None) => Self::unnamed("The institution gave no reason."),
            Cause::Customer => Self::of_bank(&ProviderRefusal::new("access_denied", None)),
            Cause::Merchant => Self::unnamed("The consent was revoked before the customer had agreed."),
            Cause::Time => Self::unnamed("Nobody finished the authorisation in time."),
        }
    }

    /// What a bank's error is in Yapily's words.
    pub fn of_bank(error: &ProviderRefusal) -> Self {
        let (word, source) = word_of(error);
        let own = match source {
            Source::User => "The customer did not agree.",
            Source::Institution => "The institution could not or would not.",
        };
        Self { error: word, source, description: error.description().unwrap_or(own).to_owned() }
    }

    /// A description as a callback has it: in standard base64, padded and not wrapped.
    pub fn encode(description: &str) -> String {
        STANDARD.encode(description)
    }

    fn unnamed(description: &str) -> Self {
        Self { error: "uncategorized_error", source: Source::Institution, description: description.to_owned() }
    }
}

/// The table, row by row.
fn word_of(error: &ProviderRefusal) -> (&'static str, Source) {
    match error.code() {
        _ if error.is_customers_refusal() => ("access_denied", Source::User),
        "invalid_grant"
        | "consent_required"
        | "server_error"
        | "temporarily_unavailable"
        | "request_not_supported"
        | "request_uri_not_supported" => ("invalid_grant", Source::Institution),
        "invalid_request"
        | "registration_not_supported"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "invalid_scope" => ("institution_server_error", Source::Institution),
        "invalid_client" => ("configuration_error", Source::Institution),
        _ => ("uncategorized_error", Source::Institution),
    }
}

//! The kinds of problems that our own API answers, and a page about each: the address that the `type` of a problem
//! names.

use actix_web::{HttpResponse, http::StatusCode, web};

use super::views::{AboutProblem, ProblemPage};
use super::{page_at, reply};
use crate::domain::PublicUrl;

/// Declares the kinds of problems, each with the last part of its address, what it is in a few words, and what it means
/// for the caller.
macro_rules! kinds {
    ($($kind:ident = $path:literal, $title:literal, $meaning:literal;)+) => {
        /// What kind of problem it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemKind {
            $(#[doc = concat!($title, ".")] $kind,)+
        }

        impl ProblemKind {
            /// Every kind.
            const ALL: &[Self] = &[$(Self::$kind),+];

            /// The last part of its address, what it is in a few words, and what it means for the caller.
            const fn words(self) -> (&'static str, &'static str, &'static str) {
                match self {
                    $(Self::$kind => ($path, $title, $meaning),)+
                }
            }
        }
    };
}

kinds! {
    Invalid = "invalid", "An input breaks a rule",
        "The call was understood, and a value in it is not allowed. The members field and rule say which and why; hint says what would be accepted.";
    Body = "body", "The body was not read",
        "The body is not what this address takes: it is too large, of another type, incomplete, or not the JSON that is expected.";
    Unauthorised = "unauthorised", "No valid API key",
        "The call needs the header Authorization: Bearer with an API key that is valid.";
    Forbidden = "forbidden", "The operator's alone",
        "This call needs the operator's key; a merchant's cannot make it.";
    Disabled = "disabled", "The merchant is disabled",
        "The operator has disabled this merchant. Its running journeys go on; new ones are refused.";
    NotFound = "not-found", "Not found",
        "Nothing is known by this address, id or token, or it belongs to another merchant.";
    Method = "method", "Method not allowed",
        "The address is there, and takes other methods: the header Allow lists them.";
    KeyReused = "idempotency-key-reused", "The idempotency key was used for another request",
        "The same Idempotency-Key came before with another path or body. A new call needs a new key.";
    Spent = "spent", "Redeemed already",
        "The one-time token has been redeemed by another call; spent_at says when.";
    Expired = "expired", "Expired",
        "The one-time token was not redeemed in time; expired_at says when that ended.";
    OutcomeUnknown = "outcome-unknown", "Ask again with the same key",
        "The store did not say whether the one-time token is spent now. The same call with the same Idempotency-Key tells.";
    NotAuthorised = "not-authorised", "Not in force yet",
        "The customer has not agreed to the consent yet, or is asked again. It may be in force later.";
    Ended = "ended", "Not in force",
        "The consent has ended, or was never given.";
    Conflict = "conflict", "It cannot be done to this journey",
        "The journey does not stand so that the call could be obeyed, or its provider has not said that it is closed: the members field and rule say why.";
    ProviderAway = "provider-away", "The provider does not answer",
        "The provider could not be asked, so nothing was done. The same call may be repeated in a moment.";
    NotConsumable = "not-consumable", "It cannot be consumed",
        "Only a consent that is in force can be consumed; consent_status says where it stands.";
    CallbackEnded = "callback-ended", "The callback has ended",
        "The first end of a callback stands: a different result, or a cancellation, comes too late.";
    TooOften = "too-often", "Asked too often",
        "What the call asks for is done once a second at the most. Make it again in a moment.";
    StoreAway = "store-away", "Try again",
        "The store does not answer at the moment. Make the same call again, with the same Idempotency-Key if there was one.";
    Internal = "internal", "Something is missing here",
        "This is a mistake of the gateway, and has been logged.";
}

impl ProblemKind {
    /// What it is, in a few words.
    pub const fn title(self) -> &'static str {
        self.words().1
    }

    /// The address of its page (RFC 9457, section 3.1.1).
    pub fn address(self, base: &PublicUrl) -> String {
        format!("{}{}", base.as_str(), self.path())
    }

    /// The path of its page: the address without the host.
    pub fn path(self) -> String {
        format!("/problems/{}", self.words().0)
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/problems/{kind}", "GET").route(web::get().to(page)));
}

async fn page(kind: web::Path<String>) -> HttpResponse {
    match ProblemKind::ALL.iter().map(|known| known.words()).find(|(path, ..)| *path == kind.as_str()) {
        Some((_, title, meaning)) => reply::page(&AboutProblem { title, meaning }),
        None => reply::problem_page(StatusCode::NOT_FOUND, ProblemPage::no_such_page()),
    }
}

//! The kinds of problems that our own API answers, and a page about each: the address that the `type` of a problem
//! names.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::views::ProblemPage;
use super::{page_at, reply};
use crate::domain::redirect::PublicUrl;

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// An input breaks a rule.
    Invalid,
    /// The body was not read.
    Body,
    /// No valid API key.
    Unauthorised,
    /// The operator's alone.
    Forbidden,
    /// The merchant is disabled.
    Disabled,
    /// Not found.
    NotFound,
    /// Method not allowed.
    Method,
    /// The idempotency key was used for another request.
    KeyReused,
    /// Redeemed already.
    Spent,
    /// Expired.
    Expired,
    /// Ask again with the same key.
    OutcomeUnknown,
    /// Not in force yet.
    NotAuthorised,
    /// Not in force.
    Ended,
    /// It cannot be consumed.
    NotConsumable,
    /// The callback has ended.
    CallbackEnded,
    /// Try again.
    StoreAway,
    /// Something is missing here.
    Internal,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Invalid,
        Self::Body,
        Self::Unauthorised,
        Self::Forbidden,
        Self::Disabled,
        Self::NotFound,
        Self::Method,
        Self::KeyReused,
        Self::Spent,
        Self::Expired,
        Self::OutcomeUnknown,
        Self::NotAuthorised,
        Self::Ended,
        Self::NotConsumable,
        Self::CallbackEnded,
        Self::StoreAway,
        Self::Internal,
    ];

    /// The last part of its address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Body => "body",
            Self::Unauthorised => "unauthorised",
            Self::Forbidden => "forbidden",
            Self::Disabled => "disabled",
            Self::NotFound => "not-found",
            Self::Method => "method",
            Self::KeyReused => "idempotency-key-reused",
            Self::Spent => "spent",
            Self::Expired => "expired",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::NotAuthorised => "not-authorised",
            Self::Ended => "ended",
            Self::NotConsumable => "not-consumable",
            Self::CallbackEnded => "callback-ended",
            Self::StoreAway => "store-away",
            Self::Internal => "internal",
        }
    }

    /// What it is, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invalid => "An input breaks a rule",
            Self::Body => "The body was not read",
            Self::Unauthorised => "No valid API key",
            Self::Forbidden => "The operator's alone",
            Self::Disabled => "The merchant is disabled",
            Self::NotFound => "Not found",
            Self::Method => "Method not allowed",
            Self::KeyReused => "The idempotency key was used for another request",
            Self::Spent => "Redeemed already",
            Self::Expired => "Expired",
            Self::OutcomeUnknown => "Ask again with the same key",
            Self::NotAuthorised => "Not in force yet",
            Self::Ended => "Not in force",
            Self::NotConsumable => "It cannot be consumed",
            Self::CallbackEnded => "The callback has ended",
            Self::StoreAway => "Try again",
            Self::Internal => "Something is missing here",
        }
    }

    /// What it means for the caller.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Invalid => {
                "The call was understood, and a value in it is not allowed. The members field and rule say which and why; hint says what would be accepted."
            }
            Self::Body => {
                "The body is not what this address takes: it is too large, of another type, incomplete, or not the JSON that is expected."
            }
            Self::Unauthorised => "The call needs the header Authorization: Bearer with an API key that is valid.",
            Self::Forbidden => "This call needs the operator's key; a merchant's cannot make it.",
            Self::Disabled => {
                "The operator has disabled this merchant. Its running journeys go on; new ones are refused."
            }
            Self::NotFound => "Nothing is known by this address, id or token, or it belongs to another merchant.",
            Self::Method => "The address is there, and takes other methods: the header Allow lists them.",
            Self::KeyReused => {
                "The same Idempotency-Key came before with another path or body. A new call needs a new key."
            }
            Self::Spent => "The one-time token has been redeemed by another call; spent_at says when.",
            Self::Expired => "The one-time token was not redeemed in time; expired_at says when that ended.",
            Self::OutcomeUnknown => {
                "The store did not say whether the one-time token is spent now. The same call with the same Idempotency-Key tells."
            }
            Self::NotAuthorised => {
                "The customer has not agreed to the consent yet, or is asked again. It may be in force later."
            }
            Self::Ended => "The consent has ended, or was never given.",
            Self::NotConsumable => {
                "Only a consent that is in force can be consumed; consent_status says where it stands."
            }
            Self::CallbackEnded => {
                "The first end of a callback stands: a different result, or a cancellation, comes too late."
            }
            Self::StoreAway => {
                "The store does not answer at the moment. Make the same call again, with the same Idempotency-Key if there was one."
            }
            Self::Internal => "This is a mistake of the gateway, and has been logged.",
        }
    }

    /// The address of its page (RFC 9457, section 3.1.1).
    pub fn address(self, base: &PublicUrl) -> String {
        format!("{}{}", base.as_str(), self.path())
    }

    /// The same without the host, which leads to the same page.
    pub fn path(self) -> String {
        format!("/problems/{}", self.as_str())
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/problems/{kind}", "GET").route(web::get().to(page)));
}

async fn page(kind: web::Path<String>) -> HttpResponse {
    match ProblemKind::ALL.into_iter().find(|known| known.as_str() == *kind) {
        Some(kind) => reply::page(&ProblemPage::about(kind.title(), kind.meaning())),
        None => reply::problem_page(StatusCode::NOT_FOUND, &ProblemPage::no_such_page()),
    }
}

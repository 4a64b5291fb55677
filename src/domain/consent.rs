//! Consents: what an app asks a bank's customer to agree to, and what is left when the customer has agreed.
//!
//! A consent begins as the purpose of a journey. When the bank proves it, the journey keeps a [`Grant`], which has
//! transitions of its own for as long as it lasts: confirmed, consumed, revoked, given anew.

use std::time::Duration;

use super::id::UserId;
use super::moment::Moment;
use super::money::Amount;
use super::secret::{Sealed, Secret};
use super::user::ApplicationUser;

/// How long a consent lasts when nobody asked for less: 90 days, as account access does in the UK.
pub const LIFE: Duration = Duration::from_hours(90 * 24);

/// A consent that a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// To what.
    pub kind: Kind,
    /// Who is asked.
    pub user: UserId,
    /// The merchant's own id of that user, if it has one.
    pub application_user: Option<ApplicationUser>,
    /// At which institution; `None` where the customer chooses on a page of ours.
    pub institution: Option<String>,
    /// The features that are asked for, in the dialect's words.
    pub scope: Vec<String>,
    /// Until when it is asked for; never longer than [`LIFE`] after it has been given.
    pub until: Option<Moment>,
    /// Who takes the bank's answer.
    pub answer_to: AnswerTo,
}

/// What a consent is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Reading accounts.
    Accounts,
    /// One payment, which the customer sees on our pages.
    Payment {
        /// How much.
        amount: Amount,
        /// To whom.
        payee: String,
        /// What for; may be empty.
        reference: String,
    },
}

/// Who takes the bank's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerTo {
    /// This gateway, at `/return/{bank}`.
    Gateway,
    /// The app, at an address that its merchant registered; it brings us the code itself.
    App(String),
}

/// What a customer's agreement left: the consent token, what the bank gave us, and how long it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The consent token, signed once: every reader gets the same bytes.
    pub token: Sealed,
    /// What the bank's token endpoint answered, for the operator's own API.
    pub bank: Sealed,
    /// The bank's id of it, if the bank named one.
    pub bank_consent: Option<String>,
    /// When it was first given, or given anew.
    pub given_at: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// When the customer last confirmed to the merchant that it shall go on.
    pub confirmed_at: Moment,
    /// When the operator executed its payment.
    pub consumed_at: Option<Moment>,
    /// When the merchant revoked it.
    pub revoked_at: Option<Moment>,
}

/// Where a consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The customer is asked.
    Awaited,
    /// The customer has agreed before, and is asked again.
    AwaitedAgain,
    /// The bank has proven the customer's agreement.
    Authorised,
    /// Its one payment has been executed.
    Consumed,
    /// The customer said no.
    Rejected,
    /// The merchant ended it.
    Revoked,
    /// The bank could not or would not.
    Failed,
    /// Its time is over, or nobody finished it in time.
    Expired,
}

/// What a bank's token endpoint gave, before it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankTokens {
    /// Its answer, as JSON.
    pub json: Secret,
    /// The bank's id of the consent, if it named one.
    pub consent: Option<String>,
}

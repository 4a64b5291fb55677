//! What is mailed to people, before it has words.

use crate::domain::EmailAddress;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: EmailAddress,
    /// What it says.
    pub message: MailMessage,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailMessage {
    /// Sign-in links, which the person has asked for.
    SignInLinks(Vec<MailedLink>),
    /// A webhook endpoint does not take what it is sent.
    EndpointTrouble {
        /// The merchant's name.
        merchant: String,
        /// Where the endpoint is, without its query.
        url: String,
        /// Whether it has said that it is gone; else it has failed for an hour.
        is_gone: bool,
        /// The page of the console that shows it.
        page: String,
    },
}

/// A sign-in link of one console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedLink {
    /// The merchant's name.
    pub merchant: String,
    /// The link.
    pub url: String,
}

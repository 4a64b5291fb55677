//! The kinds of provider accounts, and which settings each has.

use crate::domain::words::words;

words! {
    /// By which API a provider is reached.
    pub enum AccountKind("kind") {
        /// Our own protocol over HTTP.
        Http = "http",
        /// IXOPAY's, by a connector.
        Connector = "ixopay",
        /// Token.io's, by a member.
        Member = "token_io",
        /// Yapily's, by an application.
        Application = "yapily",
    }
}

impl AccountKind {
    /// The settings of an account of this kind, besides those that every account has.
    pub const fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Http => &["secret"],
            Self::Connector => &["api_key", "user", "password", "shared_secret"],
            Self::Member => &[
                "member",
                "key_id",
                "private_key",
                "webhook_key",
                "scheme",
                "payee",
                "iban",
                "sort_code",
                "account_number",
                "bank",
                "on_behalf_of",
            ],
            Self::Application => &[
                "application_id",
                "application_secret",
                "institution",
                "payee",
                "iban",
                "sort_code",
                "account_number",
                "country",
            ],
        }
    }

    /// Those of them that are secrets: never shown once they are given.
    pub const fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Http => &["secret"],
            Self::Connector => &["password", "shared_secret"],
            Self::Member => &["private_key"],
            Self::Application => &["application_secret"],
        }
    }

    /// Those of them that are replaced by a change of the account: its payments under way must stay what they are.
    pub const fn replaceable(self) -> &'static [&'static str] {
        match self {
            Self::Http => &[],
            Self::Connector => &["password"],
            Self::Member => &["key_id", "private_key", "webhook_key"],
            Self::Application => &["application_secret"],
        }
    }

    /// The one of them that shows to the provider who calls, and is not a secret of both sides.
    pub const fn credential(self) -> Option<&'static str> {
        match self {
            Self::Http => None,
            Self::Connector => Some("password"),
            Self::Member => Some("private_key"),
            Self::Application => Some("application_secret"),
        }
    }
}

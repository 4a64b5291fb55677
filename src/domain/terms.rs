//! The terms of a journey: what its merchant had chosen when it opened.

use std::time::Duration;

use super::invalid::Invalid;
use super::signed_return::PARAMETER;

/// The merchant's choices, as they stood when the journey opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrozenSettings {
    /// Whether callbacks carry a one-time token.
    pub one_time_token: OneTime,
    /// How long such a token lives.
    pub token_life: Duration,
    /// What becomes of a failure.
    pub extra_outcomes: ExtraOutcomes,
    /// Whether the browser's cookie is required.
    pub same_browser: SameBrowser,
    /// How an app link is opened.
    pub app_links: AppLinks,
    /// What a customer sees when the bank is late.
    pub when_late: WhenLate,
    /// Whether the way home carries a signature.
    pub signed_returns: SignedReturns,
}

/// Declares a choice between two words, as settings hold them.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident: $field:literal, $(#[$doc_a:meta])* $a:ident = $text_a:literal, $(#[$doc_b:meta])* $b:ident = $text_b:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[$doc_a])* $a,
            $(#[$doc_b])* $b,
        }

        impl $name {
            /// Reads its word.
            ///
            /// # Errors
            /// When `text` is neither of the two.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                match text {
                    $text_a => Ok(Self::$a),
                    $text_b => Ok(Self::$b),
                    _ => Err(Invalid::new($field, concat!("is neither ", $text_a, " nor ", $text_b))),
                }
            }

            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$a => $text_a,
                    Self::$b => $text_b,
                }
            }
        }
    };
}

choice!(
    /// Whether a callback carries a one-time token.
    OneTime: "one_time_token",
    /// It does not.
    Off = "off",
    /// It does.
    On = "on"
);
choice!(
    /// What becomes of a payment that fails or expires.
    ExtraOutcomes: "extra_outcomes",
    /// The customer comes back to the checkout and may try again.
    Off = "off",
    /// The customer is handed back with `status=failed` or `status=expired`.
    On = "on"
);
choice!(
    /// Whether a journey may bring a callback of its own.
    OneOffUrls: "one_off_urls",
    /// Any URL that keeps the rules.
    Allowed = "allowed",
    /// Saved callbacks only.
    SavedOnly = "saved_only"
);
choice!(
    /// Who takes the bank's answer from the browser, where a dialect lets its merchants choose.
    AnswersTo: "answers_to",
    /// This gateway.
    Gateway = "gateway",
    /// The merchant's app, which brings it here.
    App = "app"
);
choice!(
    /// Whether a merchant's calls have to be signed, where a dialect knows signed calls.
    SignedCalls: "signed_calls",
    /// A signature is checked when it is there.
    Checked = "checked",
    /// A call without one is refused.
    Required = "required"
);
choice!(
    /// Whether a return must come from the browser that left (rule 7 of the design).
    SameBrowser: "same_browser",
    /// The cookie is checked when it is there: a bank's app may come back in another browser.
    Checked = "checked",
    /// A return without the cookie is refused.
    Required = "required"
);
choice!(
    /// How an app link is opened.
    AppLinks: "app_links",
    /// By a page of ours with a button, which strands nobody.
    Page = "page",
    /// By a bare 303, for flows inside an app's own web view.
    Direct = "direct"
);
choice!(
    /// What a customer sees when the bank has not answered within the budget.
    WhenLate: "when_late",
    /// A page of ours that moves on by itself.
    Wait = "wait",
    /// Where the callback carries a one-time token: the merchant at once, without a status.
    HandBack = "hand_back"
);

/// Whether the way home carries a signature over what we append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedReturns {
    /// It does not.
    Off,
    /// One of HMAC-SHA256, under a secret that the merchant shares with us.
    Hmac,
    /// One of Ed25519, which anybody can verify by a public key.
    Ed25519,
}

impl SignedReturns {
    /// Reads its word.
    ///
    /// # Errors
    /// When `text` is none of the three.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let all = [Self::Off, Self::Hmac, Self::Ed25519];
        let refused = || Invalid::new("signed_returns", "is neither off nor hmac nor ed25519");
        all.into_iter().find(|choice| choice.as_str() == text).ok_or_else(refused)
    }

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Hmac => "hmac",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The names that no callback may hold: those that a dialect appends, and that of the signature where there is one.
    pub fn beside(self, appended: &[&'static str]) -> Vec<&'static str> {
        let own: &[_] = if self == Self::Off { &[] } else { &[PARAMETER] };
        [appended, own].concat()
    }
}

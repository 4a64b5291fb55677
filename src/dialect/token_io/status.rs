//! The statuses of payments, as far as they are ours (contracts, section 6).

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The bank is asked where to send the browser.
    Pending,
    /// The browser must be sent to the bank.
    PendingRedirectAuth,
    /// The browser must be sent to one of our pages.
    PendingRedirectHostedPage,
    /// The browser must be sent to a payment link.
    PendingRedirectPaymentLink,
    /// The browser came back, and the bank is being asked.
    PendingRedirectAuthVerification,
    /// The bank has accepted the payment.
    Completed,
    /// The bank has refused it.
    Rejected,
    /// The bank has refused it, for want of money.
    RejectedInsufficientFunds,
    /// The bank could not be asked, or nobody agreed in time.
    Failed,
    /// The customer said no.
    Declined,
    /// The bank did not answer in time.
    Expired,
    /// The bank was asked, its answer was lost, and it will not be asked again.
    NoFinalStatusAvailable,
    /// It was withdrawn.
    Canceled,
}

/// Token.io's words, those included that are never ours: a filter may name them.
const WORDS: [&str; 22] = [
    "INITIATION_PENDING",
    "INITIATION_PENDING_REDIRECT_AUTH",
    "INITIATION_PENDING_REDIRECT_HP",
    "INITIATION_PENDING_REDIRECT_PBL",
    "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION",
    "INITIATION_COMPLETED",
    "INITIATION_REJECTED",
    "INITIATION_REJECTED_INSUFFICIENT_FUNDS",
    "INITIATION_FAILED",
    "INITIATION_DECLINED",
    "INITIATION_EXPIRED",
    "INITIATION_NO_FINAL_STATUS_AVAILABLE",
    "CANCELED",
    "INITIATION_PENDING_EMBEDDED_AUTH",
    "INITIATION_PENDING_EMBEDDED_AUTH_VERIFICATION",
    "INITIATION_PENDING_DECOUPLED_AUTH",
    "INITIATION_PENDING_REDEMPTION",
    "INITIATION_PENDING_REDEMPTION_VERIFICATION",
    "INITIATION_PROCESSING",
    "SETTLEMENT_IN_PROGRESS",
    "SETTLEMENT_COMPLETED",
    "SETTLEMENT_INCOMPLETE",
];

impl Status {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        WORDS[self as usize]
    }

    /// Whether the browser must be sent somewhere.
    pub const fn sends_browser(self) -> bool {
        matches!(self, Self::PendingRedirectAuth | Self::PendingRedirectHostedPage | Self::PendingRedirectPaymentLink)
    }

    /// The word, if it is one of Token.io's.
    pub fn parse(word: &str) -> Option<&'static str> {
        WORDS.into_iter().find(|one| *one == word)
    }
}

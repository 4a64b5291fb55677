//! The statuses of payments, as far as they are ours (contracts, section 6).

use crate::domain::words::words;

words! {
    /// Where a payment stands.
    pub enum Status {
        /// The bank is asked where to send the browser.
        Pending = "INITIATION_PENDING",
        /// The browser must be sent to the bank.
        PendingRedirectAuth = "INITIATION_PENDING_REDIRECT_AUTH",
        /// The browser must be sent to one of our pages.
        PendingRedirectHostedPage = "INITIATION_PENDING_REDIRECT_HP",
        /// The browser must be sent to a payment link.
        PendingRedirectPaymentLink = "INITIATION_PENDING_REDIRECT_PBL",
        /// The browser came back, and the bank is being asked.
        PendingRedirectAuthVerification = "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION",
        /// The bank has accepted the payment.
        Completed = "INITIATION_COMPLETED",
        /// The bank has refused it.
        Rejected = "INITIATION_REJECTED",
        /// The bank has refused it, for want of money.
        RejectedInsufficientFunds = "INITIATION_REJECTED_INSUFFICIENT_FUNDS",
        /// The bank could not be asked, or nobody agreed in time.
        Failed = "INITIATION_FAILED",
        /// The customer said no.
        Declined = "INITIATION_DECLINED",
        /// The bank did not answer in time.
        Expired = "INITIATION_EXPIRED",
        /// The bank was asked, its answer was lost, and it will not be asked again.
        NoFinalStatusAvailable = "INITIATION_NO_FINAL_STATUS_AVAILABLE",
        /// It was withdrawn.
        Canceled = "CANCELED",
    }
}

/// Token.io's other words, which are never ours: a filter may name them.
const NEVER_OURS: [&str; 9] = [
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
    /// Whether the browser must be sent somewhere.
    pub const fn sends_browser(self) -> bool {
        matches!(self, Self::PendingRedirectAuth | Self::PendingRedirectHostedPage | Self::PendingRedirectPaymentLink)
    }

    /// Whether the word is one of Token.io's, ours or not.
    pub(super) fn is_known(word: &str) -> bool {
        Self::of_word(word).is_some() || NEVER_OURS.contains(&word)
    }
}

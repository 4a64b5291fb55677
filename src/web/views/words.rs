//! Every sentence of the pages that developers see, in English: the front page, the demo shop, the test bank and what
//! stands in for an app. What customers read is in [`crate::language`].

/// What stands on every page.
pub(super) mod demo;
pub(super) mod without_browser;

pub(super) mod layout {
    pub const LANG: &str = "en";
    pub const BRAND: &str = "Handback";
}

pub(super) mod sandbox {
    pub const BANK: &str = "Test bank";
    pub const BANNER: &str = "This is a test bank. No money moves.";
    pub const TITLE: &str = "Confirm the payment";
    pub const CONSENT_TO_PAYMENT: &str = "Agree to a payment";
    pub const CONSENT_TO_ACCESS: &str = "Share your account data";
    pub const ACCESS: &str = "Your accounts, their balances and their transactions can be read from now on. No real account \
                              is read.";
    pub const TO: &str = "To";
    pub const FOR: &str = "For";
    pub const ASKED_BY: &str = "Requested by";
    pub const APPROVE: &str = "Approve";
    pub const DECLINE: &str = "Decline";
    pub const OTHERS: &str = "Other answers";
    pub const ERROR: &str = "Answer with an error";
    pub const SEND_ERROR: &str = "Send this error";
    pub const SLOW: &str = "Approve, but the bank answers slowly";
    pub const SEND_SLOW: &str = "Approve slowly";
    pub const FAIL: &str = "Approve, then the payment fails";
    pub const FAIL_CONSENT: &str = "Approve, then the bank goes back on it";
    pub const SEND_FAIL: &str = "Approve and fail";
    pub const NEVER: &str = "Never come back";
    pub const THREE_SECONDS: &str = "after 3 seconds";
    pub const THIRTY_SECONDS: &str = "after 30 seconds";
    pub const NEVER_TITLE: &str = "The bank does not send you back";
    pub const NEVER_SENTENCE: &str = "As asked: this is where a real customer would be stranded. The payment stays open \
                                      until its link expires; open the link again to go on.";

    pub fn asked_by(client_id: &str, redirect_uri: &str) -> String {
        format!("Requested by {client_id}, to return to {redirect_uri}")
    }
}

pub(super) mod parameters {
    pub const TITLE: &str = "What came back";
    pub const LEDE: &str = "This page stands in for your app. It shows what its callback received.";
    pub const NAME: &str = "Parameter";
    pub const VALUE: &str = "Value";
    pub const DECODED: &str = "Decoded";
    pub const EMPTY: &str = "empty";
    pub const NONE: &str = "No parameters came with this visit.";
    pub const FRAGMENT: &str = "behind #";
    pub const FRAGMENT_NOTE: &str = "Only the browser sees what stands behind #; a script on this page adds it above.";
    pub const REDEEM: &str = "Redeem the one-time token";
    pub const REDEEM_NOTE: &str = "Your app does this with its API key. A second time answers 410.";
    pub const REDEEMED: &str = "One-time token";
    pub const REDEEMED_LEDE: &str = "This is what the app learns when it redeems the token.";
    pub const ANSWER: &str = "Answer";
    pub const AGAIN: &str = "Make another payment";
}

pub(super) mod front {
    pub const TITLE: &str = "Handback";
    pub const LEDE: &str = "A callback gateway for payments and bank consent.";
    pub const WHAT: &str = "It takes a customer’s browser to a checkout page or a bank, and hands it back to the URL that the \
                            merchant chose, with the outcome: at once, and once.";
    pub const DEMO: &str = "Try a payment";
    pub const API: &str = "API description";
}
